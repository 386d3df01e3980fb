"""What is told of terminals in the journal: who was root where, and for how long."""

from dataclasses import dataclass

from services.cluster.spans import told_duration
from services.events import Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalHappening(Happening):
    """Something happened to a terminal on a node, or in a guest of it."""

    node: str
    guest: int | None = None
    guest_name: str | None = None
    user: str

    @property
    def subject(self) -> str:
        return f"node/{self.node}" if self.guest is None else f"guest/{self.guest}"

    @property
    def place(self) -> str:
        """`pve`, or `media (104)`."""
        if self.guest is None:
            return self.node
        return f"{self.guest_name} ({self.guest})" if self.guest_name else f"guest {self.guest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOpened(TerminalHappening):
    """A person has a terminal."""

    def sentence(self) -> str:
        return f"{self.user} opened a terminal on {self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEnded(TerminalHappening):
    """That terminal is over."""

    lasted_s: float
    because: str

    def sentence(self) -> str:
        lasted = told_duration(self.lasted_s)
        return f"The terminal of {self.user} on {self.place} ended after {lasted}: {self.because}"
