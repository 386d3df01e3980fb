"""What is left of turns after they ended: those a restart cut off, and calls that still wait."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from db.errors import DatabaseClosed
from db.rows_conversations import OpenTurn, WaitingCall
from services.clock import Clock
from services.llm.as_text import as_text
from services.llm.conversations.conversations import Conversations
from services.llm.conversations.pruning import cap_result, make_digest
from services.llm.messages import Message, ProviderName, Role, Text, ToolAnswer, ToolUse
from services.llm.turns.tool_calls import still_waiting, told_result
from services.llm.wrapping import one_line
from services.safety.tiers import Tier
from services.tasks import Tasks
from services.tools.calls import Outcome, ToolResult
from services.tools.gate.gate import Gate
from services.tools.gate.left import LeftCall

log = structlog.get_logger("talk")

RESTARTED = (
    "Jarvis was started anew in the middle of this answer, so it has no end. What a call had done "
    "by then is not known until it is read. Ask again to go on."
)
RESTARTED_BECAUSE = "Jarvis was started anew in the middle"
LOOKED_UP = "How the task ends that it had begun is looked up, and told on its card."
LOOKED_UP_BECAUSE = f"{RESTARTED_BECAUSE}; how its task ends is being looked up"
WAITS_STILL = "A call of it still waits for your decision; what comes of it will be told here."
DECIDED_LATER = "it was decided after the turn had ended"
ENDED_LATER = "it ended after the answer was stopped"
RESULT_CHARS = 1_200

Tell = Callable[[str, Message], None]
"""Tells whoever listens to a conversation of a message that is no turn's."""
NewId = Callable[[], str]


class Aftermath:
    """Takes up what the last run left, and tells the end of calls whose turn is over."""

    def __init__(
        self,
        conversations: Conversations,
        gate: Gate,
        *,
        clock: Clock,
        tasks: Tasks,
        new_id: NewId,
        tell: Tell,
        quiet: Callable[[str], Awaitable[None]],
    ) -> None:
        """:param quiet: comes back when no turn of that conversation does anything but wait."""
        self._conversations = conversations
        self._gate = gate
        self._clock = clock
        self._tasks = tasks
        self._new_id = new_id
        self._tell = tell
        self._quiet = quiet

    async def take_up(self) -> None:
        """Close the turns that were cut off, and wait for what is still to be decided."""
        waiting = await self._conversations.find_waiting()
        for turn in await self._conversations.find_open_turns():
            await self._close(turn, [one for one in waiting if one.turn == turn.turn])
        for one in waiting:
            self.follow(one)

    def follow(self, call: WaitingCall) -> None:
        """Tell in the conversation what comes of this call, whenever that is."""
        self._tasks.start(self._follow(call), name=f"talk:after:{call.approval[:8]}")

    def follow_running(self, call: WaitingCall, carried: asyncio.Task[ToolResult]) -> None:
        """Tell what comes of a call that went on when its turn was stopped."""
        self._tasks.start(self._follow_running(call, carried), name=f"talk:after:{call.tool}")

    async def tell_left(self, left: LeftCall, result: ToolResult) -> None:
        """Put what came of a call that a restart has cut off on its card."""
        if left.user is None:
            return
        message = await self._conversations.replace_answer(
            left.user,
            left.id,
            left.begun.action,
            since=left.begun.at,
            anew=lambda answer: _anew(answer, result),
        )
        if message is not None:
            self._tell(message.conversation_id, message)

    async def withdraw(self, conversation: str, *, because: str, of: str | None = None) -> None:
        """Take back what waits there for a person, and tell nothing of it.

        With `of`, only what came of that question, or of one that is cut off.
        """
        waiting = {one.id for one in self._gate.pending}
        for call in await self._conversations.find_waiting():
            if call.conversation != conversation or call.approval not in waiting:
                continue
            if of not in (None, call.question) and await self._conversations.stands(
                conversation, call.question
            ):
                continue
            await self._conversations.forget_waiting(call.approval)
            await self._gate.withdraw(call.approval, because)

    async def _close(self, turn: OpenTurn, waiting: list[WaitingCall]) -> None:
        log.warning("a turn was cut off by the end of the last run", conversation=turn.conversation)
        messages: list[Message] = []
        history = await self._conversations.find_history(turn.conversation)
        if (asked := _last_unanswered(history)) is not None:
            messages.append(self._lost(asked, {one.call: one.approval for one in waiting}, turn))
        answers = [part for one in messages for part in one.parts if isinstance(part, ToolAnswer)]
        text = RESTARTED
        if any(answer.because == LOOKED_UP_BECAUSE for answer in answers):
            text = f"{text} {LOOKED_UP}"
        pending = {one.id for one in self._gate.pending}
        if any(one.approval in pending for one in waiting):
            text = f"{text} {WAITS_STILL}"
        messages.append(
            self._message(turn.conversation, text, because="", ended_by=RESTARTED_BECAUSE)
        )
        await self._conversations.keep(messages, turn=turn.turn, question=turn.question)
        await self._conversations.close_turn(
            turn.conversation, turn=turn.turn, at=self._clock.now()
        )

    def _lost(self, asked: Message, approvals: Mapping[str, str], turn: OpenTurn) -> Message:
        """The answers that a restart has cut off; what still waits for a person says so."""
        pending = {one.id: one.tier for one in self._gate.pending}
        answers = []
        for use in asked.tool_uses:
            approval = approvals.get(use.id)
            if approval is not None and approval in pending:
                answers.append(still_waiting(use, approval, pending[approval]))
            else:
                left = self._gate.find_left(use.id, use.tool, turn.user)
                answers.append(_unknown(use, approval, left))
        return Message(
            id=self._new_id(),
            conversation_id=asked.conversation_id,
            role=Role.TOOL,
            parts=tuple(answers),
            at=self._clock.now(),
        )

    async def _follow(self, call: WaitingCall) -> None:
        result = await self._gate.settled(call.approval)
        await self._quiet(call.conversation)
        try:
            if not await self._conversations.forget_waiting(call.approval):
                return  # the conversation is gone, or somebody has told it
            text = f"The call `{call.tool}` that waited for you {_told(result)}"
            message = self._message(call.conversation, text, because=DECIDED_LATER)
            await self._conversations.keep([message], turn=call.turn, question=call.question)
        except DatabaseClosed:
            log.debug("the end of a call is told after the next start", approval=call.approval)
            return
        self._tell(call.conversation, message)

    async def _follow_running(self, call: WaitingCall, carried: asyncio.Task[ToolResult]) -> None:
        await asyncio.wait([carried])
        if carried.cancelled():
            return
        await self._quiet(call.conversation)
        try:
            if not await self._conversations.stands(call.conversation, call.question):
                return
            text = f"The call `{call.tool}` that ran on {_told_ran(carried.result())}"
            message = self._message(call.conversation, text, because=ENDED_LATER)
            await self._conversations.keep([message], turn=call.turn, question=call.question)
        except DatabaseClosed:
            log.debug("the end of a call is not told: the house is shut", tool=call.tool)
            return
        self._tell(call.conversation, message)

    def _message(
        self, conversation: str, text: str, *, because: str, ended_by: str = ""
    ) -> Message:
        return Message(
            id=self._new_id(),
            conversation_id=conversation,
            role=Role.ASSISTANT,
            parts=(Text(text=text),),
            at=self._clock.now(),
            provider=ProviderName.DIRECT,
            because=because,
            ended_by=ended_by,
        )


def _last_unanswered(history: Sequence[Message]) -> Message | None:
    """The last message that asked for calls, if no answer follows it."""
    for message in reversed(history):
        if message.role is Role.TOOL:
            return None
        if message.tool_uses:
            return message
    return None


def _unknown(use: ToolUse, approval: str | None, left: LeftCall | None) -> ToolAnswer:
    because, text = RESTARTED_BECAUSE, f"{RESTARTED_BECAUSE}; what it did is not known"
    if left is not None and left.upid is not None:
        because = text = LOOKED_UP_BECAUSE
    elif left is not None and left.tier > Tier.GREEN:
        because = text = left.because
    return ToolAnswer(
        id=use.id,
        tool=use.tool,
        outcome=Outcome.UNKNOWN,
        text=text,
        digest=because,
        because=because,
        tier=left.tier if left is not None else None,
        approval_id=approval,
    )


def _anew(answer: ToolAnswer, result: ToolResult) -> ToolAnswer:
    """The answer to a call whose end was looked up."""
    return replace(
        answer,
        outcome=result.outcome,
        text=cap_result(told_result(result)),
        digest=make_digest(result.outcome, result.text, result.because),
        because=result.because,
        duration_ms=result.duration_ms,
        tier=result.tier,
    )


def _told(result: ToolResult) -> str:
    """The end of a call that waited; what was found is quoted letter by letter."""
    head = {
        Outcome.DONE: "was approved and is done",
        Outcome.EMPTY: "was approved and is done",
        Outcome.REFUSED: "was not done",
        Outcome.FAILED: "was approved and did not come about",
        Outcome.TIMED_OUT: "was approved and took too long; what it has done is not known",
        Outcome.UNKNOWN: "was approved, and its effect is not known",
        Outcome.WAITING: "still waits",
    }[result.outcome]
    return head + _quoted(result)


def _told_ran(result: ToolResult) -> str:
    """The same of a call that ran when its turn was stopped."""
    head = {
        Outcome.DONE: "is done",
        Outcome.EMPTY: "is done",
        Outcome.REFUSED: "was not done",
        Outcome.FAILED: "did not come about",
        Outcome.TIMED_OUT: "took too long; what it has done is not known",
        Outcome.UNKNOWN: "has ended, and its effect is not known",
        Outcome.WAITING: "waits for a person",
    }[result.outcome]
    return head + _quoted(result)


def _quoted(result: ToolResult) -> str:
    found = as_text(one_line(told_result(result), limit_chars=RESULT_CHARS))
    return f": {found}" if found else "."
