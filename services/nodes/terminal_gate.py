"""What a terminal asks of the gate: whether it may be opened, and that it is on record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.nodes.terminal_model import TerminalPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """It may be opened now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A person has to decide first."""

    approval_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It is not opened."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalAsk:
    """Who wants a terminal, and where; nothing in it is a secret."""

    session: str
    """The key of the signed-in session."""
    user: str
    place: TerminalPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalUse:
    """How a terminal was used, for the record: how long and how much, never what."""

    began_at: datetime
    lasted_s: float
    typed_bytes: int
    shown_bytes: int
    because: str
    """Why it is over."""
    opened: bool = True
    """False where it did not come about."""


class TerminalGate(Protocol):
    """The gate, as far as terminals know it.

    A terminal is root on a node: the first of a session waits for a person's word, the ones after
    it are only put on record.
    """

    async def may_open(self, ask: TerminalAsk) -> Granted | Waiting | Refused:
        """Decide, or ask a person; never waits for one."""

    async def settled(self, approval_id: str) -> Granted | Refused:
        """Wait until the person has decided, or the question has lapsed."""

    async def withdraw(self, approval_id: str, because: str) -> None:
        """A terminal no longer waits for this; once none does, nobody is asked any more."""

    async def audit_opened(self, ask: TerminalAsk) -> int:
        """Put on record that a terminal is about to open; it does not open where this raises."""

    async def audit_closed(self, audit_id: int, ask: TerminalAsk, use: TerminalUse) -> None:
        """Complete that record."""
