"""Rules in a model's place: the same loop asks them, so their calls go through the same gate."""

from collections.abc import AsyncGenerator

from services.cluster.model import ClusterSnapshot
from services.llm.direct.planning import plan
from services.llm.direct.plans import Plan, Planned
from services.llm.direct.telling import ASKED_LEAD, LEAD, tell
from services.llm.direct.understanding import understand
from services.llm.messages import ProviderName, Role, ToolUse, Usage
from services.llm.provider import (
    Answered,
    Meter,
    ModelRequest,
    ProviderEvent,
    StopReason,
    TextDelta,
)
from services.llm.routing import Inventory, strip_mention
from services.llm.turn import Deed, Turn
from services.safety.actors import RULES

MODEL = RULES
PLAIN = frozenset({"help", "thanks", "greeting", "assent", "decline"})


class DirectProvider:
    """Answers one turn. It costs nothing and is always there."""

    name = ProviderName.DIRECT

    def __init__(self, turn: Turn, *, inventory: Inventory, snapshot: ClusterSnapshot) -> None:
        self._turn = turn
        self._inventory = inventory
        self._snapshot = snapshot

    async def stream(
        self, request: ModelRequest, meter: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """See `services.llm.provider.Provider.stream`; `request` tells nothing new to it."""
        turn = self._turn
        if meter is not None:
            meter.model, meter.first_token_ms = MODEL, 0.0
        before = [m.text for m in turn.history if m.role is Role.USER]
        wish = understand(
            strip_mention(turn.question.text) or turn.question.text,
            self._inventory,
            before=before,
        )
        planned = plan(wish, self._snapshot, now=turn.question.at)
        missing = [call for call in planned.calls if self._deed(call) is None]
        if missing:
            yield _answered("", uses=tuple(_use(turn, call) for call in missing))
            return
        text = self._tell(wish.intent, planned) or tell(
            wish, self._deeds(planned), lead=ASKED_LEAD if self._was_chosen else LEAD
        )
        yield TextDelta(text=text)
        yield _answered(text)

    def _tell(self, intent: str, planned: Plan) -> str:
        if planned.calls:
            return ""
        lead = ASKED_LEAD if self._was_chosen else LEAD
        opening = lead.partition(";")[0] + "."
        return planned.told if intent in PLAIN - {"help"} else f"{opening} {planned.told}"

    @property
    def _was_chosen(self) -> bool:
        """Whether a person wanted no model, or none was needed."""
        turn = self._turn
        return turn.route.step == "forced" and not turn.steps

    def _deed(self, call: Planned) -> Deed | None:
        """What came of that call in this turn, whoever asked for it."""
        for deed in self._turn.deeds:
            if deed.use.tool == call.tool and all(
                str(deed.use.arguments.get(name)) == str(value)
                for name, value in call.arguments.items()
            ):
                return deed
        return None

    def _deeds(self, planned: Plan) -> list[Deed]:
        """What the calls came to, and what was read back after them."""
        found = [deed for call in planned.calls if (deed := self._deed(call)) is not None]
        writes = [deed for deed in found if deed.writes]
        if not writes:
            return found
        since = self._turn.deeds.index(writes[-1])
        return [*found, *(deed for deed in self._turn.deeds[since + 1 :] if not deed.writes)]


def _use(turn: Turn, call: Planned) -> ToolUse:
    return ToolUse(id=f"direct-{turn.new_id()}", tool=call.tool, arguments=dict(call.arguments))


def _answered(text: str, *, uses: tuple[ToolUse, ...] = ()) -> Answered:
    return Answered(
        text=text,
        tool_uses=uses,
        stop=StopReason.TOOL_USE if uses else StopReason.END,
        usage=Usage(),
        model=MODEL,
        first_token_ms=0.0,
    )
