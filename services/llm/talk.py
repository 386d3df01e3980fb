"""The talk as the rest of the house sees it: say something, listen, look back, and stop it."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import structlog

from db import Database
from db.rows_conversations import ConversationRow
from services.clock import Clock
from services.cluster.service import ClusterService
from services.events import Bus
from services.journal import Journal
from services.llm.conversations.conversations import Conversations
from services.llm.messages import Message, Role, Text
from services.llm.models.models import Models
from services.llm.routing import Picked
from services.llm.talk_errors import (
    EmptyMessage,
    NotAPerson,
    NothingRuns,
    TooLong,
    TooManyTurns,
    TurnRuns,
)
from services.llm.turn_events import Doing, LiveTurn, MessageStored, TurnBegan, TurnEvent
from services.llm.turns.aftermath import Aftermath
from services.llm.turns.board import Board, TalkChanged
from services.llm.turns.record import TurnRecord
from services.llm.turns.running import RunningTurns
from services.llm.turns.surroundings import Past, Surroundings
from services.nodes.service import Nodes
from services.safety.actors import Actor
from services.tasks import Tasks
from services.tools.calls import ToolResult
from services.tools.gate.gate import Gate
from services.tools.gate.left import LeftCall

__all__ = ["Form", "Talk", "TalkChanged", "TalkConfig", "Wish"]

log = structlog.get_logger("talk")

Form = Literal["markdown", "json"]
Wish = Literal["claude", "local", "direct", "tools", "no tools", ""]
"""What a route should have been; empty takes the word back."""
MESSAGE_CHARS_MOST = 32_000
TURNS_MOST = 8
CUT_OFF = "its question was asked anew"
DELETED = "its conversation was deleted"
GREETED_MOST = 2
"""So many messages a conversation has after a greeting and its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkConfig:
    """What the talk needs of the settings."""

    address: str = "sir"
    """How the user is addressed; empty for not at all."""


class Talk:
    """Conversations of people with Jarvis. Start it on the event loop, after the gate.

    Whoever calls is a signed-in person (`Actor` of kind PERSON with `user`); a conversation belongs
    to a user, and to everyone else it does not exist. All that is refused raises TalkError.
    """

    def __init__(
        self,
        models: Models,
        gate: Gate,
        cluster: ClusterService,
        nodes: Nodes,
        journal: Journal,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        config: TalkConfig,
    ) -> None:
        self._gate = gate
        self._clock = clock
        self._board = Board(bus, clock)
        self._conversations = Conversations(database)
        self._surroundings = Surroundings(models, gate, cluster, nodes, journal, clock)
        self._reserved: set[str] = set()
        """Conversations in which a turn is about to begin."""
        self._aftermath = Aftermath(
            self._conversations,
            gate,
            clock=clock,
            tasks=tasks,
            new_id=_new_id,
            tell=self._tell_stored,
            quiet=lambda conversation_id: self._turns.quiet(conversation_id),
        )
        self._turns = RunningTurns(
            models,
            gate,
            self._conversations,
            self._surroundings,
            self._board,
            TurnRecord(gate, self._conversations, self._board, self._aftermath, clock=clock),
            snapshot=lambda: cluster.snapshot,
            clock=clock,
            tasks=tasks,
            address=config.address,
            new_id=_new_id,
        )

    async def start(self) -> None:
        """Close what a restart has cut off, and say so in the conversations."""
        await self._aftermath.take_up()

    async def tell_left(self, left: LeftCall, result: ToolResult) -> None:
        """Put what came of a call that a restart has cut off on its card, if it was asked here."""
        await self._aftermath.tell_left(left, result)

    async def stop(self, because: str) -> None:
        """End every turn; what was said is kept, and what waits for a person goes on waiting."""
        await self._turns.stop(because)

    async def say(
        self,
        conversation_id: str | None,
        text: str,
        by: Actor,
        *,
        picked: Picked = Picked.AUTO,
    ) -> TurnBegan:
        """Say something; the answer comes to the listeners. None begins a conversation.

        It comes back once the message is stored and it is decided who answers. A turn that does
        nothing but wait for a person ends; its question to them stands.
        """
        user = _user(by)
        words = await self._words(text)
        if conversation_id is not None:
            found = await self._conversations.find(conversation_id, user)
        id = conversation_id or _new_id()
        with self._reserve(id):
            await self._turns.let_go(id)
            question = self._question(id, words)
            if conversation_id is None:
                await self._conversations.begin(id, question, user=user)
            elif found.messages_count <= GREETED_MOST:
                await self._conversations.name_after(found, question, user=user)
            return await self._begin(question, by, picked, keep_question=True)

    async def stop_turn(self, conversation_id: str, by: Actor) -> None:
        """Stop the answer that is being given; comes back when it has ended."""
        await self._conversations.find(conversation_id, _user(by))
        if not await self._turns.stop_one(conversation_id, by):
            raise NothingRuns

    async def regenerate(
        self,
        conversation_id: str,
        by: Actor,
        *,
        message_id: str | None = None,
        picked: Picked | None = None,
    ) -> TurnBegan:
        """Answer the question of that message anew, or the last one; what came after it is cut off.

        Questions to a person that come of what is cut off are taken back. None lets the router
        choose.
        """
        user = _user(by)
        if message_id is None:
            question = await self._conversations.find_last_question(conversation_id, user)
        else:
            question = await self._conversations.find_question_of(conversation_id, user, message_id)
        with self._reserve(conversation_id):
            await self._cut(conversation_id, question, by, itself=False)
            return await self._begin(question, by, picked or Picked.AUTO, keep_question=False)

    async def resend(
        self,
        conversation_id: str,
        message_id: str,
        text: str,
        by: Actor,
        *,
        picked: Picked | None = None,
    ) -> TurnBegan:
        """Put another message in the place of one; what came after it is cut off, as above."""
        user = _user(by)
        words = await self._words(text)
        old = await self._conversations.find_question(conversation_id, user, message_id)
        with self._reserve(conversation_id):
            await self._cut(conversation_id, old, by, itself=True)
            question = self._question(conversation_id, words)
            return await self._begin(question, by, picked or Picked.AUTO, keep_question=True)

    def listen(
        self, conversation_id: str, listener: Callable[[TurnEvent], None]
    ) -> Callable[[], None]:
        """Be told of every event of a conversation's turns; hands back what ends it.

        The listener is called on the loop and must not wait. The caller has checked whose
        conversation it is (`find_messages` does).
        """
        return self._board.listen(conversation_id, listener)

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Be called when a conversation was named, pinned, deleted or spoken in, whoever's it is;
        hands back what ends it. As with `listen`, the watcher must not wait."""
        return self._board.watch(watcher)

    def live(self, conversation_id: str) -> LiveTurn | None:
        """What stands of the turn that runs there; None when none does."""
        return self._board.live(conversation_id)

    @property
    def doing(self) -> Doing | None:
        """What Jarvis does over all conversations; None when nothing."""
        return self._board.doing

    def doing_for(self, user: str) -> Mapping[str, Doing]:
        """What is being done in each conversation of that user in which a turn runs."""
        return self._board.doing_for(user)

    async def find_messages(
        self, conversation_id: str, user: str, *, before_id: str | None = None, limit: int = 50
    ) -> list[Message]:
        """The latest messages, oldest first; those before `before_id` when given."""
        return await self._conversations.find_messages(
            conversation_id, user, before_id=before_id, limit=limit
        )

    async def find_conversations(
        self, user: str, *, text: str = "", limit: int = 50
    ) -> list[ConversationRow]:
        """Pinned ones first, then by when something was last said.

        With `text` those that hold its words, in any order; what is in "quotes" stands together.
        """
        return await self._conversations.find_all(user, text=text, limit=limit)

    async def find_conversation(self, conversation_id: str, user: str) -> ConversationRow:
        """One conversation."""
        return await self._conversations.find(conversation_id, user)

    async def rename(self, conversation_id: str, user: str, title: str) -> None:
        """Give it another title."""
        await self._conversations.rename(conversation_id, user, await self._gate.conceal(title))
        self._board.tell_changed()

    async def pin(self, conversation_id: str, user: str, pinned: bool) -> None:
        """Keep it at the top of the list, or no longer."""
        await self._conversations.pin(conversation_id, user, pinned)
        self._board.tell_changed()

    async def delete(self, conversation_id: str, user: str) -> None:
        """Delete it with all its messages; a turn that runs in it is stopped first."""
        await self._conversations.find(conversation_id, user)
        by = Actor.of_person(user, session=None)
        await self._turns.stop_one(conversation_id, by)
        await self._aftermath.withdraw(conversation_id, because=DELETED)
        await self._conversations.delete(conversation_id, user)
        self._board.tell_changed()

    async def export(self, conversation_id: str, user: str, form: Form) -> str:
        """The whole of it as a document."""
        return await self._conversations.export(conversation_id, user, form)

    async def should_have_been(self, message_id: str, wish: Wish, by: Actor) -> bool:
        """Keep what a person says of a route: of the user's message, or of an answer to it.

        Tells whether there was a decision to speak of.
        """
        return await self._conversations.record_feedback(
            message_id, wish, user=_user(by), at=self._clock.now(), by=by.id
        )

    async def _cut(self, id: str, question: Message, by: Actor, *, itself: bool) -> None:
        """Cut off what came of a question, with what waits for a person because of it."""
        if self._turns.only_waits(id):
            await self._turns.stop_one(id, by)
        await self._conversations.cut(id, since_id=question.id, itself=itself)
        await self._aftermath.withdraw(id, because=CUT_OFF, of=question.id)

    async def _begin(
        self, question: Message, by: Actor, picked: Picked, *, keep_question: bool
    ) -> TurnBegan:
        before = None if keep_question else question.id
        history = await self._conversations.find_history(question.conversation_id, before_id=before)
        past = await self._past(history)
        return await self._turns.begin(question, past, by, picked, keep_question=keep_question)

    async def _past(self, history: tuple[Message, ...]) -> Past:
        asked = [message.id for message in history if message.role is Role.USER]
        route = await self._conversations.find_route(asked[-1]) if asked else None
        waiting = {one.id for one in self._gate.pending}
        here = {approval for message in history for approval in _approvals(message)}
        return Past(
            messages=history,
            last_needed_tools=route.needs_tools if route is not None else None,
            pending_approval=bool(waiting & here),
        )

    async def _words(self, text: str) -> str:
        """What was typed, without a passkey in it. Raises EmptyMessage and TooLong."""
        words = text.strip()
        if not words:
            raise EmptyMessage
        if len(words) > MESSAGE_CHARS_MOST:
            raise TooLong(len(words), MESSAGE_CHARS_MOST)
        return await self._gate.conceal(words)

    def _question(self, conversation_id: str, words: str) -> Message:
        return Message(
            id=_new_id(),
            conversation_id=conversation_id,
            role=Role.USER,
            parts=(Text(text=words),),
            at=self._clock.now(),
        )

    @contextmanager
    def _reserve(self, conversation_id: str) -> Iterator[None]:
        """Let nobody else begin a turn there meanwhile. Raises TurnRuns and TooManyTurns."""
        waits = self._turns.only_waits(conversation_id)
        if conversation_id in self._reserved or (self._turns.runs(conversation_id) and not waits):
            raise TurnRuns
        if self._turns.count - waits + len(self._reserved) >= TURNS_MOST:
            raise TooManyTurns(TURNS_MOST)
        self._reserved.add(conversation_id)
        try:
            yield
        finally:
            self._reserved.discard(conversation_id)

    def _tell_stored(self, conversation_id: str, message: Message) -> None:
        self._board.publish(
            MessageStored(conversation_id=conversation_id, turn_id="", message=message)
        )
        self._board.tell_changed()


def _user(by: Actor) -> str:
    if not by.is_person or by.user is None:
        raise NotAPerson
    return by.user


def _approvals(message: Message) -> list[str]:
    found = (getattr(part, "approval_id", None) for part in message.parts)
    return [id for id in found if id]


def _new_id() -> str:
    return secrets.token_hex(12)
