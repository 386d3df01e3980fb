"""What can happen to a storage."""

from dataclasses import dataclass
from typing import ClassVar

from services.cluster.model import Level
from services.events import Happening, Severity


def told_percent(fraction: float) -> str:
    """`87 %`, rounded as the page rounds it: two figures for one thing would be one too many."""
    return f"{int(fraction * 100 + 0.5)}\N{NO-BREAK SPACE}%"


def told_list(names: tuple[str, ...]) -> str:
    """`home, pve and agent`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def subject_of(storage: str, node: str | None) -> str:
    """`storage/pve/local-zfs`, or `storage/nas` for one that nodes share (no `node`)."""
    return f"storage/{storage}" if node is None else f"storage/{node}/{storage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageHappening(Happening):
    """Something happened to a storage; one that nodes share has no `node`, and is told once."""

    storage: str
    shared: bool = False

    @property
    def subject(self) -> str:
        return subject_of(self.storage, None if self.shared else self.node)

    @property
    def label(self) -> str:
        """`pve/local-zfs`, or only `nas` for a storage that all nodes share."""
        return self.storage if self.shared or self.node is None else f"{self.node}/{self.storage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRoseAbove(StorageHappening):
    """A storage's use crossed the warning line upwards."""

    severity: ClassVar[Severity] = Severity.WARNING
    level: Level
    used_fraction: float
    line_fraction: float

    def sentence(self) -> str:
        used, line = told_percent(self.used_fraction), told_percent(self.line_fraction)
        return f"{self.label} is {used} full, above {line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageNearlyFull(StorageRoseAbove):
    """A storage crossed the critical line."""

    severity: ClassVar[Severity] = Severity.ALARM


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFellBelow(StorageHappening):
    """A storage's use fell clearly below the line it had crossed."""

    severity: ClassVar[Severity] = Severity.GOOD
    level: Level
    """Where it stands now: `ok`, or `warning` when it was critical."""
    used_fraction: float
    line_fraction: float

    def sentence(self) -> str:
        full = told_percent(self.used_fraction)
        if self.level is Level.OK:
            return f"{self.label} has room again: {full} full"
        return f"{self.label} is back below {told_percent(self.line_fraction)}: {full} full"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLost(StorageHappening):
    """A storage is no longer active on nodes that are online."""

    severity: ClassVar[Severity] = Severity.WARNING
    nodes: tuple[str, ...]

    def sentence(self) -> str:
        return f"{self.storage} is not available on {told_list(self.nodes)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReturned(StorageHappening):
    """A storage is active again."""

    severity: ClassVar[Severity] = Severity.GOOD
    nodes: tuple[str, ...]

    def sentence(self) -> str:
        return f"{self.storage} is available again on {told_list(self.nodes)}"
