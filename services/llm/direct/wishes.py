"""What a message wants, as the rules have understood it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A guest, node, storage or container that was named."""

    what: str
    name: str
    vmid: int | None = None

    @property
    def label(self) -> str:
        """`media (104)`, or the name."""
        return f"{self.name} ({self.vmid})" if self.vmid is not None else self.name

    @property
    def reference(self) -> str:
        """How a tool is told of it: a guest by its number, which is never another's."""
        return str(self.vmid) if self.vmid is not None else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted, and of whom."""

    intent: str
    """A key of the plans; `help` where nothing fits."""
    things: tuple[Thing, ...] = ()
    asks_why: bool = False
    place: Thing | None = None
    """Of an order: where its object is said to be, as in `restart media on pve`."""
    target: Thing | None = None
    """Of an order: where its object shall go, as in `move media to home`."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What else it says: of an order the snapshot or the service, of a question what narrows it."""
    unread: str = ""
    """Of an order: what stands in it that the rules do not understand. It is not carried out."""

    def first(self, *kinds: str) -> Thing | None:
        """The first thing of one of these kinds."""
        return next((thing for thing in self.things if thing.what in kinds), None)


CHANGES: Final = frozenset(
    {
        "start",
        "restart",
        "stop",
        "kill",
        "reset",
        "suspend",
        "resume",
        "backup",
        "snapshot",
        "move",
        "roll back",
        "drop snapshot",
        "upgrade",
    }
)
"""Intents that change something."""
