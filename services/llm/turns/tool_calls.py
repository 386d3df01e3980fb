"""The calls of an answer as the gate will read them, and their results as a model reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from services.llm.messages import ToolAnswer, ToolUse
from services.llm.turn import Turn
from services.safety.approvals import canonical
from services.safety.tiers import Tier
from services.tools.calls import NOTHING, Outcome, Payload, ToolResult
from services.tools.spec import Arguments, Tool

log = structlog.get_logger("talk")

WAITS = "it waits for your decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A use, read as far as it can be."""

    use: ToolUse
    tool: Tool[Any] | None
    arguments: Arguments | None
    """None where they cannot be read; the gate says what is wrong with them."""
    plain: Payload
    tier: Tier | None

    @property
    def reads(self) -> bool:
        """Whether it only reads, or will not even be tried."""
        return self.tier is None or self.tier is Tier.GREEN

    @property
    def writes(self) -> bool:
        """Whether it can change anything."""
        return self.tool is not None and self.tier is not None and self.tier > Tier.GREEN

    @property
    def key(self) -> str:
        """The same for the same call, however it was written."""
        return f"{self.use.tool} {canonical(_jsonable(self.plain))}"


def judge(use: ToolUse, registry: Mapping[str, Tool[Any]]) -> Judged:
    """Read a use as the gate will: its tool, its arguments, its tier."""
    tool = registry.get(use.tool)
    nothing = Judged(use=use, tool=tool, arguments=None, plain=use.arguments, tier=None)
    if tool is None:
        return nothing
    try:
        arguments = tool.arguments.model_validate(dict(use.arguments))
        tier = tool.judge(arguments).tier
    except Exception as error:  # noqa: BLE001 - whatever it is, the gate says what is wrong
        log.debug("a call cannot be read", tool=use.tool, because=type(error).__name__)
        return nothing
    return Judged(
        use=use,
        tool=tool,
        arguments=arguments,
        plain=arguments.model_dump(mode="json"),
        tier=tier,
    )


def told_result(result: ToolResult) -> str:
    """What a model reads of a result: why it is not plainly done, and what was found."""
    parts = [result.because.rstrip(".") + "."] if result.because else []
    if result.text and result.text.rstrip(".") != result.because.rstrip("."):
        parts.append(result.text)
    return "\n".join(parts)


def unanswered(
    turn: Turn, uses: Sequence[ToolUse], because: str, *, waits: bool
) -> tuple[ToolAnswer, ...]:
    """The answers of a round that was cut off: what ended, and for the others that nobody knows.

    :param waits: whether its questions to a person still stand.
    """
    return tuple(
        turn.answers.get(use.id)
        or (
            still_waiting(use, turn.approvals[use.id], turn.tiers.get(use.id))
            if waits and use.id in turn.approvals
            else _broken_off(turn, use, because)
        )
        for use in uses
    )


def still_waiting(use: ToolUse, approval_id: str, tier: Tier | None) -> ToolAnswer:
    """The answer to a use whose turn is over, while a person still has to decide."""
    return ToolAnswer(
        id=use.id,
        tool=use.tool,
        outcome=Outcome.WAITING,
        text=f"{WAITS}; nothing was done yet",
        digest=WAITS,
        because=WAITS,
        tier=tier,
        approval_id=approval_id,
    )


def _broken_off(turn: Turn, use: ToolUse, because: str) -> ToolAnswer:
    """A read that was stopped found nothing; of a change nobody knows."""
    tier = turn.tiers.get(use.id)
    reads = tier is Tier.GREEN
    return ToolAnswer(
        id=use.id,
        tool=use.tool,
        outcome=Outcome.FAILED if reads else Outcome.UNKNOWN,
        text=because if reads else f"{because}; what it did is not known",
        digest=because,
        because=because,
        tier=tier,
        approval_id=turn.approvals.get(use.id),
    )


def refused(use: ToolUse, because: str) -> ToolResult:
    return ToolResult(
        call_id=use.id, tool=use.tool, outcome=Outcome.REFUSED, because=because, data=NOTHING
    )


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    return value if isinstance(value, str | int | bool | None) else str(value)
