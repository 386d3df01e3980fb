"""What is left of turns after they ended: those a restart cut off, and calls that still wait."""

from collections.abc import Awaitable, Callable

import structlog

from db.errors import DatabaseClosed
from db.rows_conversations import OpenTurn, WaitingCall
from services.clock import Clock
from services.llm.conversations import Conversations
from services.llm.messages import Message, ProviderName, Role, Text, ToolAnswer
from services.llm.tool_calls import told_result
from services.llm.wrapping import one_line
from services.tasks import Tasks
from services.tools.calls import Outcome, ToolResult
from services.tools.gate import Gate

log = structlog.get_logger("talk")

RESTARTED = (
    "Jarvis was started anew in the middle of this answer, so it has no end. What a call had done "
    "by then is not known until it is read. Ask again to go on."
)
RESTARTED_BECAUSE = "Jarvis was started anew in the middle"
WAITS_STILL = "A call of it still waits for your decision; what comes of it will be told here."
DECIDED_LATER = "it was decided after the turn had ended"
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
        """:param quiet: comes back when no turn runs in that conversation."""
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
            waits = any(one.turn == turn.turn for one in waiting)
            await self._close(turn, waits=waits)
        for one in waiting:
            self.follow(one)

    def follow(self, call: WaitingCall) -> None:
        """Tell in the conversation what comes of this call, whenever that is."""
        self._tasks.start(self._follow(call), name=f"talk:after:{call.approval[:8]}")

    async def _close(self, turn: OpenTurn, *, waits: bool) -> None:
        log.warning("a turn was cut off by the end of the last run", conversation=turn.conversation)
        messages: list[Message] = []
        history = await self._conversations.find_history(turn.conversation)
        if history and history[-1].tool_uses:
            messages.append(self._lost(history[-1]))
        text = f"{RESTARTED} {WAITS_STILL}" if waits else RESTARTED
        messages.append(
            self._message(turn.conversation, text, because="", ended_by=RESTARTED_BECAUSE)
        )
        await self._conversations.keep(messages, turn=turn.turn, question=turn.question)
        await self._conversations.close_turn(
            turn.conversation, turn=turn.turn, at=self._clock.now()
        )

    def _lost(self, asked: Message) -> Message:
        return Message(
            id=self._new_id(),
            conversation_id=asked.conversation_id,
            role=Role.TOOL,
            parts=tuple(
                ToolAnswer(
                    id=use.id,
                    tool=use.tool,
                    outcome=Outcome.UNKNOWN,
                    text=f"{RESTARTED_BECAUSE}; what it did is not known",
                    digest=RESTARTED_BECAUSE,
                    because=RESTARTED_BECAUSE,
                )
                for use in asked.tool_uses
            ),
            at=self._clock.now(),
        )

    async def _follow(self, call: WaitingCall) -> None:
        result = await self._gate.settled(call.approval)
        await self._quiet(call.conversation)
        try:
            if not await self._conversations.forget_waiting(call.approval):
                return  # the conversation is gone, or somebody has told it
            message = self._message(call.conversation, _told(call, result), because=DECIDED_LATER)
            await self._conversations.keep([message], turn=call.turn, question=call.question)
        except DatabaseClosed:
            log.debug("the end of a call is told after the next start", approval=call.approval)
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


def _told(call: WaitingCall, result: ToolResult) -> str:
    """The end of a call in a sentence or two; what was found is quoted as it is."""
    head = {
        Outcome.DONE: "was approved and is done",
        Outcome.EMPTY: "was approved and is done",
        Outcome.REFUSED: "was not done",
        Outcome.FAILED: "was approved and did not come about",
        Outcome.TIMED_OUT: "was approved and took too long; what it has done is not known",
        Outcome.UNKNOWN: "was approved, and its effect is not known",
        Outcome.WAITING: "still waits",
    }[result.outcome]
    found = one_line(told_result(result), limit_chars=RESULT_CHARS).replace("`", "'")
    return f"The call `{call.tool}` that waited for you {head}{f': {found}' if found else '.'}"
