"""What the queries of conversations take and hand back: frozen values, aware times, exact money."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRow:
    """A conversation as a list shows it."""

    id: str
    title: str
    pinned: bool
    at: datetime
    """When it began."""
    last_at: datetime
    """When something was last said in it."""
    messages_count: int
    """How many messages stand in it; those that were cut off are not counted."""
    cost_usd: Decimal
    """What all of it has cost, what was cut off included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message as it is stored; what a part is only the talk itself knows."""

    id: str
    conversation: str
    turn: str
    """The turn it belongs to: a person's message and all that came of it share one."""
    answers: str | None
    """The person's message it is an answer to; None for that message itself."""
    role: str
    parts_json: str
    words: str
    """Its words in the form in which they are searched for; empty for what tools found."""
    at: datetime
    provider: str | None = None
    model: str | None = None
    usage_json: str | None = None
    cost_usd: Decimal | None = None
    total_ms: int | None = None
    because: str = ""
    ended_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTurn:
    """A turn that had begun and not ended when it was last heard of."""

    conversation: str
    user: str
    turn: str
    question: str
    """The person's message it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCall:
    """A call of a turn that waits for a person, so that its end finds the way to the talk."""

    approval: str
    conversation: str
    turn: str
    question: str
    call: str
    tool: str
