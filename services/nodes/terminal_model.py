"""What is told of a terminal, and what is handed to a page that looks: frozen values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_COLS = 1_000
MOST_ROWS = 500
LEAST_COLS = 2


class TerminalState(StrEnum):
    """Where a terminal is between being asked for and being over."""

    WAITING = "waiting"
    """A person has to decide whether it may be opened."""
    CONNECTING = "connecting"
    OPEN = "open"
    ENDED = "ended"
    """Over, or never begun; `because` tells why. What was on its screen can still be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalPlace:
    """Where a terminal is: a node, or a guest through its node."""

    node: str
    guest: int | None = None
    """The vmid."""
    guest_name: str | None = None
    container: bool = False
    """Whether the guest is a container, which is entered; a machine's serial console is opened."""

    @property
    def told(self) -> str:
        """`pve`, or `media (104) on pve`."""
        if self.guest is None:
            return self.node
        return f"{self.guest_name or 'guest'} ({self.guest}) on {self.node}"

    @property
    def argv(self) -> tuple[str, ...] | None:
        """What is run on the node; None for its login shell."""
        if self.guest is None:
            return None
        return ("pct", "enter", str(self.guest)) if self.container else (
            "qm", "terminal", str(self.guest)
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalFacts:
    """One terminal as a page tells of it."""

    id: str
    place: TerminalPlace
    state: TerminalState
    asked_at: datetime
    because: str | None = None
    """Why it is over, or what it waits for."""
    away: bool = False
    """Over because the node does not answer; waking it may help."""
    approval_id: str | None = None
    """The question a person has to decide, while it waits."""
    opened_at: datetime | None = None
    fingerprint: str | None = None
    """`SHA256:…` of the node's trusted host key, behind which it is open."""
    exit_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The next bytes of the output."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What follows begins at `at`: on a screen wiped clean, or where the page had left off."""

    at: int
    fresh: bool
    """Whether the screen is wiped and `first` said before the output."""
    first: bytes = b""
    cut: bool = False
    """Whether older output is no longer kept."""
    replayed_to: int = 0
    """Up to here the output is old: what it asks the terminal has been answered long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """How large the terminal is, and whether this page is the one that says so."""

    cols: int
    rows: int
    writing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """So many bytes of this page's input have been handed to the node."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The terminal has ended and all of its output was handed over."""

    because: str
    exit_status: int | None = None


Piece = Output | Begun | Sized | Taken | Over


def sane_size(cols: int, rows: int) -> tuple[int, int]:
    """A size within what a terminal can have."""
    return max(LEAST_COLS, min(cols, MOST_COLS)), max(1, min(rows, MOST_ROWS))
