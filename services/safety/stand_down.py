"""The kill switch: while it is thrown, nothing acts on its own."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StandDownState:
    """Whether Jarvis is stood down, since when, by whom and why; kept in the database."""

    active: bool = False
    since: datetime | None = None
    by: str | None = None
    """`person/owner`, as the audit names it."""
    because: str = ""


STANDING: StandDownState = StandDownState()
"""Nobody has stood Jarvis down."""
