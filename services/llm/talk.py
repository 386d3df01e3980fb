"""The talk as the rest of the house sees it: say something, listen, look back, and stop it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from db import Database
from db.rows_conversations import ConversationRow
from services.clock import Clock
from services.cluster.service import ClusterService
from services.events import Bus, Event
from services.journal import Journal
from services.llm.messages import Message
from services.llm.models import Models
from services.llm.routing import Picked
from services.llm.turns import Doing, LiveTurn, TurnBegan, TurnEvent
from services.nodes.service import Nodes
from services.safety.actors import Actor
from services.tasks import Tasks
from services.tools.gate import Gate

Form = Literal["markdown", "json"]
Wish = Literal["claude", "local", "direct", "tools", "no tools", ""]
"""What a route should have been; empty takes the word back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkConfig:
    """What the talk needs of the settings."""

    address: str = "sir"
    """How the user is addressed; empty for not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkChanged(Event):
    """The list of conversations, or what Jarvis does, has changed."""


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
        raise NotImplementedError

    async def start(self) -> None:
        """Close what a restart has cut off, and say so in the conversations."""
        raise NotImplementedError

    async def stop(self, because: str) -> None:
        """End every turn; what was said is kept."""
        raise NotImplementedError

    async def say(
        self,
        conversation_id: str | None,
        text: str,
        by: Actor,
        *,
        picked: Picked = Picked.AUTO,
    ) -> TurnBegan:
        """Say something; the answer comes to the listeners. None begins a conversation.

        It comes back once the message is stored and it is decided who answers.
        """
        raise NotImplementedError

    async def stop_turn(self, conversation_id: str, by: Actor) -> None:
        """Stop the answer that is being given; comes back when it has ended."""
        raise NotImplementedError

    async def regenerate(
        self, conversation_id: str, by: Actor, *, picked: Picked | None = None
    ) -> TurnBegan:
        """Answer the last question anew; the present answer is cut off. None chooses as before."""
        raise NotImplementedError

    async def resend(
        self, conversation_id: str, message_id: str, text: str, by: Actor
    ) -> TurnBegan:
        """Put another message in the place of one; what came after it is cut off."""
        raise NotImplementedError

    def listen(
        self, conversation_id: str, listener: Callable[[TurnEvent], None]
    ) -> Callable[[], None]:
        """Be told of every event of a conversation's turns; hands back what ends it.

        The listener is called on the loop and must not wait. The caller has checked whose
        conversation it is (`find_messages` does).
        """
        raise NotImplementedError

    def live(self, conversation_id: str) -> LiveTurn | None:
        """What stands of the turn that runs there; None when none does."""
        raise NotImplementedError

    @property
    def doing(self) -> Doing | None:
        """What Jarvis does over all conversations; None when nothing."""
        raise NotImplementedError

    def doing_for(self, user: str) -> Mapping[str, Doing]:
        """What is being done in each conversation of that user in which a turn runs."""
        raise NotImplementedError

    async def find_messages(
        self, conversation_id: str, user: str, *, before_id: str | None = None, limit: int = 50
    ) -> list[Message]:
        """The latest messages, oldest first; those before `before_id` when given."""
        raise NotImplementedError

    async def find_conversations(
        self, user: str, *, text: str = "", limit: int = 50
    ) -> list[ConversationRow]:
        """Pinned ones first, then by when something was last said; those in which `text` stands."""
        raise NotImplementedError

    async def find_conversation(self, conversation_id: str, user: str) -> ConversationRow:
        """One conversation."""
        raise NotImplementedError

    async def rename(self, conversation_id: str, user: str, title: str) -> None:
        """Give it another title."""
        raise NotImplementedError

    async def pin(self, conversation_id: str, user: str, pinned: bool) -> None:
        """Keep it at the top of the list, or no longer."""
        raise NotImplementedError

    async def delete(self, conversation_id: str, user: str) -> None:
        """Delete it with all its messages; a turn that runs in it is stopped first."""
        raise NotImplementedError

    async def export(self, conversation_id: str, user: str, form: Form) -> str:
        """The whole of it as a document."""
        raise NotImplementedError

    async def should_have_been(self, message_id: str, wish: Wish, by: Actor) -> bool:
        """Keep what a person says of a route: of the user's message, or of an answer to it.

        Tells whether there was a decision to speak of.
        """
        raise NotImplementedError
