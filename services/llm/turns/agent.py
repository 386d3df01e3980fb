"""The loop of a turn: ask, stream, run the calls, append, again, until there are none.

What an answer may not do is decided here, in code: it may not speak of a change before a read has
shown its effect, nor claim one that nobody made.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from services.cluster.model import ClusterSnapshot
from services.llm.errors import capital
from services.llm.judging.claims import NOTHING_CHANGED, asks_for_tools, find_false_claim
from services.llm.judging.targets import Read
from services.llm.judging.verify import find_unread
from services.llm.limits import over_limit
from services.llm.messages import Message, ProviderName, Role, Text, ToolAnswer, ToolUse
from services.llm.provider import StopReason
from services.llm.turn import Deed, Turn
from services.llm.turn_events import TurnOutcome
from services.llm.turns.chain import Chain, NobodyAnswers, Said, TimeIsOver, withdraw
from services.llm.turns.rounds import Rounds
from services.tools.calls import Outcome

log = structlog.get_logger("talk")

REREADS_MOST = 2
"""So often the state is read back in one turn because the model did not."""
READ_BACK = "a change is read back before it is spoken of"
NO_SUCH_CHANGE = "it told of a change that nobody made"
CORRECT = (
    "Read the state back before you answer. No call of this turn has changed anything, so "
    "“{claim}” is not so. Say what is so, or ask for the call."
)
WANTS_TOOLS = "it needs the tools after all"
TIGHT_RATIO = 0.8
"""So full the window of the local model may be before a new session is offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a turn ended."""

    outcome: TurnOutcome
    because: str = ""


class Store(Protocol):
    """Keeps the messages of a turn."""

    async def __call__(self, turn: Turn, message: Message) -> None:
        """Keep it, and tell whoever listens."""


class Agent:
    """Runs turns; everything that belongs to one is in its `Turn`."""

    def __init__(
        self,
        chain: Chain,
        *,
        store: Store,
        snapshot: Callable[[], ClusterSnapshot],
        writes: Callable[[str], bool],
        answered_directly: Callable[[Turn, str, float], Awaitable[None]],
    ) -> None:
        """:param writes: whether the tool of that name changes anything."""
        self._chain = chain
        self._store = store
        self._snapshot = snapshot
        self._writes = writes
        self._answered_directly = answered_directly

    async def run(self, turn: Turn, rounds: Rounds) -> Ending:
        """The whole turn. Cancelled, it leaves what it has in `turn`."""
        try:
            while True:
                if limit := self._over(turn):
                    return await self._end_limited(turn, limit)
                said = await self._chain.ask(turn)
                turn.rounds += 1
                if uses := _wanted(said):
                    await self._act(turn, rounds, said, uses)
                elif said.answered.stop is StopReason.PAUSE:
                    await self._keep(turn, said)
                elif reads := self._unread(turn):
                    await self._read_back(turn, rounds, said, reads)
                elif claim := self._false_claim(turn, said):
                    if turn.corrected:
                        return await self._end(turn, said, remark=NOTHING_CHANGED)
                    self._correct(turn, said, claim)
                elif not turn.needs_tools and asks_for_tools(said.answered.text):
                    self._hand_tools(turn, said)
                else:
                    return await self._end(turn, said)
        except TimeIsOver:
            return await self._end_limited(turn, f"{turn.limits.seconds:g}\u00a0s are over")
        except NobodyAnswers as nobody:
            return await self._fail(turn, nobody.because)

    def _over(self, turn: Turn) -> str | None:
        return over_limit(
            turn.limits,
            rounds=turn.rounds,
            spent_s=turn.time.spent_s,
            tokens=turn.tokens,
            idle_rounds=turn.idle_rounds,
        )

    async def _act(self, turn: Turn, rounds: Rounds, said: Said, uses: tuple[ToolUse, ...]) -> None:
        message = await self._keep(turn, said, uses)
        await self._run(turn, rounds, message, uses)

    async def _run(
        self, turn: Turn, rounds: Rounds, message: Message, uses: tuple[ToolUse, ...]
    ) -> None:
        answers = await rounds.run(
            uses,
            message_id=message.id,
            model=message.model or str(message.provider),
            words=message.text,
        )
        await self._append(turn, turn.message(Role.TOOL, answers))

    async def _append(self, turn: Turn, message: Message) -> None:
        turn.said.append(message)
        await self._store(turn, message)

    async def _keep(
        self, turn: Turn, said: Said, uses: tuple[ToolUse, ...] = (), *, ended_by: str = ""
    ) -> Message:
        """Append an answer to the turn, and keep it."""
        answered = said.answered
        words = (Text(text=answered.text),) if answered.text.strip() else ()
        message = turn.message(
            Role.ASSISTANT,
            (*words, *uses),
            id=said.partial.message_id,
            provider=said.provider,
            model=answered.model,
            usage=answered.usage,
            cost_usd=answered.cost_usd,
            ended_by=ended_by,
        )
        if answered.opaque:
            turn.opaque[message.id] = answered.opaque
        turn.partial = turn.correction = None
        await self._append(turn, message)
        return message

    def _unread(self, turn: Turn) -> list[Read]:
        if turn.rereads >= REREADS_MOST:
            return []
        return find_unread(turn.deeds, self._snapshot())

    async def _read_back(self, turn: Turn, rounds: Rounds, said: Said, reads: list[Read]) -> None:
        """Read what the model did not, in its place, and ask it once more."""
        turn.rereads += 1
        withdraw(turn, said.partial, READ_BACK)
        uses = tuple(
            ToolUse(id=f"read-{turn.new_id()}", tool=read.tool, arguments=read.arguments)
            for read in reads
        )
        message = turn.message(
            Role.ASSISTANT,
            uses,
            provider=said.provider,
            model=said.answered.model,
            usage=said.answered.usage,
        )
        message = replace(message, because=f"{message.because}; {READ_BACK}")
        turn.partial = None
        await self._append(turn, message)
        await self._run(turn, rounds, message, uses)

    def _false_claim(self, turn: Turn, said: Said) -> str | None:
        return find_false_claim(
            said.answered.text,
            done=[deed.use.tool for deed in turn.deeds if deed.writes and _ran(deed)],
            earlier=[
                part.tool
                for message in turn.history
                for part in message.parts
                if isinstance(part, ToolAnswer)
                and self._writes(part.tool)
                and part.outcome in (Outcome.DONE, Outcome.UNKNOWN)
            ],
            read=[deed.use.tool for deed in turn.deeds if not deed.writes],
        )

    def _correct(self, turn: Turn, said: Said, claim: str) -> None:
        log.warning("an answer told of a change that nobody made", provider=said.provider)
        turn.corrected = True
        withdraw(turn, said.partial, NO_SUCH_CHANGE)
        turn.correction = (said.answered.text, CORRECT.format(claim=claim[:200]))
        turn.partial = None

    def _hand_tools(self, turn: Turn, said: Said) -> None:
        """It was thought to need no tools, and says that it does."""
        turn.needs_tools = True
        withdraw(turn, said.partial, WANTS_TOOLS)
        turn.partial = None
        turn.steps.append(WANTS_TOOLS)
        if ProviderName.CLAUDE in turn.providers:
            turn.providers.remove(ProviderName.CLAUDE)
            turn.providers.insert(0, ProviderName.CLAUDE)

    async def _end(self, turn: Turn, said: Said, *, remark: str = "") -> Ending:
        answered = said.answered
        ended_by = _told_end(said)
        text = answered.text
        if not text.strip():
            text = f"{capital(ended_by)}." if ended_by else "I have nothing to add."
        if remark:
            text = f"{text.rstrip()}\n\n{remark}"
        if (ratio := answered.window_used_ratio) is not None and ratio >= TIGHT_RATIO:
            text = f"{text.rstrip()}\n\n{_told_window(ratio, answered.left_out_messages)}"
        whole = replace(said, answered=replace(answered, text=text, tool_uses=()))
        message = await self._keep(turn, whole, ended_by=ended_by)
        if said.provider is ProviderName.DIRECT:
            await self._answered_directly(turn, message.text, answered.total_ms)
        return Ending(outcome=TurnOutcome.DONE, because=ended_by)

    async def _end_limited(self, turn: Turn, limit: str) -> Ending:
        """Say where it stopped, with what was said so far kept."""
        partial, turn.partial = turn.partial, None
        told = f"I stopped here: {limit}. What was found so far stands above."
        if partial is not None:
            text = "\n\n".join(filter(None, (partial.text.strip(), told)))
            message = turn.cut_off(partial, text, ended_by=limit)
        else:
            message = turn.message(
                Role.ASSISTANT, (Text(text=told),), provider=turn.providers[0], ended_by=limit
            )
        await self._append(turn, message)
        return Ending(outcome=TurnOutcome.LIMITED, because=limit)

    async def _fail(self, turn: Turn, because: str) -> Ending:
        message = turn.message(
            Role.ASSISTANT,
            (Text(text=f"Nobody could answer: {because}."),),
            provider=ProviderName.DIRECT,
            ended_by=because,
        )
        await self._append(turn, message)
        return Ending(outcome=TurnOutcome.FAILED, because=because)


def _ran(deed: Deed) -> bool:
    """Whether a change has come about; of a command it is known that it ended well, no more."""
    told = deed.result.outcome
    return told is Outcome.DONE or (deed.use.tool == "run_command" and told is Outcome.UNKNOWN)


def _wanted(said: Said) -> tuple[ToolUse, ...]:
    """What it asks for; a call is only whole where the model stopped in order to ask."""
    if said.answered.stop is not StopReason.TOOL_USE:
        return ()
    return _told_apart(said.answered.tool_uses)


def _told_apart(uses: tuple[ToolUse, ...]) -> tuple[ToolUse, ...]:
    """Each with an id of its own within the answer."""
    seen: dict[str, int] = {}
    apart = []
    for use in uses:
        seen[use.id] = seen.get(use.id, 0) + 1
        apart.append(use if seen[use.id] == 1 else replace(use, id=f"{use.id}-{seen[use.id]}"))
    return tuple(apart)


_ENDS: Mapping[StopReason, str] = {
    StopReason.MAX_TOKENS: "it reached the longest an answer may be",
    StopReason.REFUSAL: "Claude declined to answer",
}


def _told_end(said: Said) -> str:
    return said.answered.because or _ENDS.get(said.answered.stop, "")


def _told_window(ratio: float, left_out: int) -> str:
    left = f"; {left_out} earlier messages were left out" if left_out else ""
    return (
        f"*The local model's window is {min(ratio, 1) * 100:.0f}\u00a0% full{left}. "
        "Start a new session for a fresh one.*"
    )
