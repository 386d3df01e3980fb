"""The override: for minutes, one person may do what nobody else ever may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

MOST_MINUTES: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideState:
    """An override that is open."""

    user: str
    session: str
    """It ends with this session."""
    opened_at: datetime
    until: datetime
    """Over from this very moment on."""
