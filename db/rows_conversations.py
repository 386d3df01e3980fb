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
