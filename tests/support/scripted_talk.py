"""A talk whose every event a test gives by hand, for the page that listens to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from db.rows_conversations import ConversationRow
from services.llm.messages import Message, ProviderName, Role, Text
from services.llm.routing import Picked
from services.llm.talk_errors import NoSuchConversation, TalkError
from services.llm.turn_events import Doing, LiveTurn, TurnBegan, TurnEvent
from services.safety.actors import Actor
from tests.support.turned_clock import NOON

TURN = "t1"


def said(id: str, text: str = "words", *, role: Role = Role.USER, of: str = "c1") -> Message:
    """A message of plain words."""
    return Message(id=id, conversation_id=of, role=role, parts=(Text(text=text),), at=NOON)


def began(question: Message) -> TurnBegan:
    """The beginning of a turn."""
    return TurnBegan(
        conversation_id=question.conversation_id,
        turn_id=TURN,
        message=question,
        provider=ProviderName.CLAUDE,
        because="it names a guest",
    )


@dataclass
class ScriptedTalk:
    """Keeps conversations of one user in memory, and what was asked of it."""

    user: str = "owner"
    rows: dict[str, ConversationRow] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    turns: dict[str, LiveTurn] = field(default_factory=dict)
    listeners: dict[str, list[Callable[[TurnEvent], None]]] = field(default_factory=dict)
    watchers: list[Callable[[], None]] = field(default_factory=list)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    refuses: TalkError | None = None
    keeps_feedback: bool = True

    def begin(self, id: str, *messages: Message, title: str = "Disks") -> None:
        """A conversation that is there already."""
        self.rows[id] = ConversationRow(
            id=id,
            title=title,
            pinned=False,
            at=NOON,
            last_at=NOON + timedelta(seconds=len(self.rows)),
            messages_count=len(messages),
            cost_usd=Decimal("0.0041"),
        )
        self.messages[id] = list(messages)

    def publish(self, event: TurnEvent) -> None:
        """Something of a turn has happened."""
        for listener in list(self.listeners.get(event.conversation_id, [])):
            listener(event)

    async def say(
        self, conversation_id: str | None, text: str, by: Actor, *, picked: Picked = Picked.AUTO
    ) -> TurnBegan:
        self._note("say", conversation_id, text, by.user, picked)
        id = conversation_id or "new"
        if conversation_id is None:
            self.begin(id)
        question = said(f"q{len(self.messages[id])}", text, of=id)
        return self._ask(question)

    async def stop_turn(self, conversation_id: str, by: Actor) -> None:
        self._note("stop", conversation_id, by.user)

    async def regenerate(
        self,
        conversation_id: str,
        by: Actor,
        *,
        message_id: str | None = None,
        picked: Picked | None = None,
    ) -> TurnBegan:
        self._note("regenerate", conversation_id, message_id, picked)
        question = self.messages[conversation_id][0]
        del self.messages[conversation_id][0:]
        return self._ask(question)

    async def resend(
        self,
        conversation_id: str,
        message_id: str,
        text: str,
        by: Actor,
        *,
        picked: Picked | None = None,
    ) -> TurnBegan:
        self._note("resend", conversation_id, message_id, text, picked)
        self.messages[conversation_id].clear()
        return self._ask(said("q-again", text, of=conversation_id))

    def listen(
        self, conversation_id: str, listener: Callable[[TurnEvent], None]
    ) -> Callable[[], None]:
        listeners = self.listeners.setdefault(conversation_id, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        self.watchers.append(watcher)
        return lambda: self.watchers.remove(watcher) if watcher in self.watchers else None

    def live(self, conversation_id: str) -> LiveTurn | None:
        return self.turns.get(conversation_id)

    def doing_for(self, user: str) -> Mapping[str, Doing]:
        return {id: turn.doing for id, turn in self.turns.items() if user == self.user}

    async def find_messages(
        self, conversation_id: str, user: str, *, before_id: str | None = None, limit: int = 50
    ) -> list[Message]:
        self._check(conversation_id, user)
        all = self.messages[conversation_id]
        if before_id is not None:
            all = all[: [message.id for message in all].index(before_id)]
        return all[-limit:]

    async def find_conversations(
        self, user: str, *, text: str = "", limit: int = 50
    ) -> list[ConversationRow]:
        self._note("list", text, limit)
        return list(self.rows.values())[:limit]

    async def find_conversation(self, conversation_id: str, user: str) -> ConversationRow:
        self._check(conversation_id, user)
        count = len(self.messages[conversation_id])
        return replace(self.rows[conversation_id], messages_count=count)

    async def rename(self, conversation_id: str, user: str, title: str) -> None:
        self._note("rename", conversation_id, title)

    async def pin(self, conversation_id: str, user: str, pinned: bool) -> None:
        self._note("pin", conversation_id, pinned)

    async def delete(self, conversation_id: str, user: str) -> None:
        self._note("delete", conversation_id)

    async def should_have_been(self, message_id: str, wish: str, by: Actor) -> bool:
        self._note("should", message_id, wish)
        return self.keeps_feedback

    def _ask(self, question: Message) -> TurnBegan:
        id = question.conversation_id
        self.messages[id].append(question)
        self.turns[id] = LiveTurn(
            conversation_id=id, turn_id=TURN, began_at=NOON, doing=Doing.THINKING
        )
        event = began(question)
        self.publish(event)
        return event

    def _check(self, conversation_id: str, user: str) -> None:
        if user != self.user or conversation_id not in self.rows:
            raise NoSuchConversation

    def _note(self, *asked: Any) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.asked.append(asked)
