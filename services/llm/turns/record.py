"""What a turn leaves on record: its messages, its questions to a person, and how it ended."""

import structlog

from services.clock import Clock
from services.llm.conversations.conversations import Conversations
from services.llm.messages import Message, ProviderName, Role, Text, ToolUse
from services.llm.turn import Turn
from services.llm.turn_events import MessageStored, TurnOutcome
from services.llm.turns.aftermath import Aftermath
from services.llm.turns.agent import Ending
from services.llm.turns.board import Board
from services.llm.turns.endings import left_over, use_of, waiting_call
from services.safety.actors import Actor
from services.safety.errors import GateError
from services.tools.gate.gate import Gate

log = structlog.get_logger("talk")

STOP_BECAUSE = "the answer was stopped"
BROKEN = "the talk itself failed; the log of Jarvis tells where"


class TurnRecord:
    """Keeps what turns say while they run, and what is left when they end before their end."""

    def __init__(
        self,
        gate: Gate,
        conversations: Conversations,
        board: Board,
        aftermath: Aftermath,
        *,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._conversations = conversations
        self._board = board
        self._aftermath = aftermath
        self._clock = clock

    async def store(self, turn: Turn, message: Message) -> None:
        """Keep a message of the turn, and tell who listens of it."""
        await self._keep(turn, [message])
        self._tell(turn, message)

    async def keep_waiting(self, turn: Turn, use: ToolUse, approval_id: str) -> None:
        """Remember which call of the turn a question is about."""
        await self._conversations.keep_waiting(waiting_call(turn, use, approval_id))

    async def forget_waiting(self, approval_id: str) -> None:
        """The question is over."""
        await self._conversations.forget_waiting(approval_id)

    async def end_stopped(
        self, turn: Turn, because: str, *, by: Actor | None, let_go: bool
    ) -> Ending:
        """Keep what was said, answer what was asked for, and take the questions back.

        :param by: who stopped it; where nobody did, its questions stand.
        :param let_go: whether it ends alone, so that what its questions lead to is told after it.
        """
        if by is not None:
            await self._take_back(turn, by)
        await self._keep_left(turn, left_over(turn, because, waits=by is None))
        if let_go:
            await self._hand_over(turn)
        if by is not None:
            self._follow_running(turn)
        return Ending(outcome=TurnOutcome.STOPPED, because=because)

    async def end_broken(self, turn: Turn) -> Ending:
        """Keep what was said, and say that it has no end."""
        messages = left_over(turn, BROKEN)
        if not messages or messages[-1].role is Role.TOOL:
            messages.append(
                turn.message(
                    Role.ASSISTANT,
                    (Text(text=f"This answer has no end: {BROKEN}."),),
                    provider=ProviderName.DIRECT,
                    ended_by=BROKEN,
                )
            )
        await self._keep_left(turn, messages)
        return Ending(outcome=TurnOutcome.FAILED, because=BROKEN)

    async def close(self, turn: Turn, *, keeps_open: bool) -> None:
        """The turn is over; one that `keeps_open` is taken up by the next start of the house."""
        try:
            await self._keep(turn, turn.said)
            if not keeps_open:
                await self._conversations.close_turn(
                    turn.conversation_id, turn=turn.id, at=self._clock.now()
                )
        except Exception:
            log.exception("the end of a turn is not on record", conversation=turn.conversation_id)

    async def _take_back(self, turn: Turn, by: Actor) -> None:
        """Refuse what waits; what was approved already runs on, and its end is told later."""
        for use_id, approval_id in list(turn.approvals.items()):
            try:
                await self._gate.refuse(approval_id, by, STOP_BECAUSE)
            except GateError as error:
                log.info("a question was not taken back", because=error.because)
                self._aftermath.follow(waiting_call(turn, use_of(turn, use_id), approval_id))
            else:
                await self.forget_waiting(approval_id)

    async def _hand_over(self, turn: Turn) -> None:
        """Let the end of what still waits be told after the turn."""
        for answer in turn.answers.values():
            if answer.approval_id:  # it was decided in this very moment, and is told
                await self.forget_waiting(answer.approval_id)
        for use_id, approval_id in turn.approvals.items():
            call = waiting_call(turn, use_of(turn, use_id), approval_id)
            await self._conversations.keep_waiting(call)  # whoever kept it may have been cut off
            self._aftermath.follow(call)

    def _follow_running(self, turn: Turn) -> None:
        """Let the end of changes that go on without the turn be told."""
        for use_id, carried in turn.running.items():
            call = waiting_call(turn, use_of(turn, use_id), "")
            self._aftermath.follow_running(call, carried)

    async def _keep_left(self, turn: Turn, messages: list[Message]) -> None:
        """Append the last messages; all of the turn is kept with them, so that none comes late."""
        turn.said += messages
        await self._keep(turn, turn.said)
        for message in messages:
            self._tell(turn, message)

    async def _keep(self, turn: Turn, messages: list[Message]) -> None:
        if messages:
            await self._conversations.keep(messages, turn=turn.id, question=turn.question.id)

    def _tell(self, turn: Turn, message: Message) -> None:
        self._board.publish(
            MessageStored(conversation_id=turn.conversation_id, turn_id=turn.id, message=message)
        )
