"""What can happen to a cluster, as events in the past tense with a sentence for a person."""

from dataclasses import dataclass
from typing import ClassVar

from services.cluster.changes_guests import (
    GuestAsked,
    GuestCalmed,
    GuestCrashed,
    GuestCreated,
    GuestFlapping,
    GuestHalted,
    GuestHappening,
    GuestMigrated,
    GuestPaused,
    GuestRemoved,
    GuestRestarted,
    GuestResumed,
    GuestsAppeared,
    GuestStarted,
    GuestStayedDown,
    GuestStopped,
    GuestsVanished,
)
from services.cluster.changes_nodes import (
    NodeCalmed,
    NodeCameUp,
    NodeFlapping,
    NodeHappening,
    NodeJoined,
    NodeLeft,
    NodeMissedProbes,
    NodeReportedAgain,
    NodeRestarted,
    NodeWentDown,
    NodeWentSilent,
)
from services.cluster.changes_sources import (
    EndpointLost,
    EndpointRefused,
    EndpointRegained,
    ProxmoxLost,
    ProxmoxRegained,
    ReadingLost,
    ReadingRegained,
)
from services.cluster.changes_storages import (
    StorageFellBelow,
    StorageHappening,
    StorageLost,
    StorageNearlyFull,
    StorageReturned,
    StorageRoseAbove,
)
from services.cluster.changes_tasks import (
    BackupFailed,
    TaskFailed,
)
from services.cluster.model import (
    ClusterSnapshot,
    Tier,
    TierStatus,
)
from services.cluster.spans import (
    told_duration,
)
from services.events import Event, Happening, Severity

__all__ = [
    "BackupFailed",
    "EndpointLost",
    "EndpointRefused",
    "EndpointRegained",
    "GuestAsked",
    "GuestCalmed",
    "GuestCrashed",
    "GuestCreated",
    "GuestFlapping",
    "GuestHalted",
    "GuestHappening",
    "GuestMigrated",
    "GuestPaused",
    "GuestRemoved",
    "GuestRestarted",
    "GuestResumed",
    "GuestStarted",
    "GuestStayedDown",
    "GuestStopped",
    "GuestsAppeared",
    "GuestsVanished",
    "NodeCalmed",
    "NodeCameUp",
    "NodeFlapping",
    "NodeHappening",
    "NodeJoined",
    "NodeLeft",
    "NodeMissedProbes",
    "NodeReportedAgain",
    "NodeRestarted",
    "NodeWentDown",
    "NodeWentSilent",
    "PastRead",
    "ProxmoxLost",
    "ProxmoxRegained",
    "QuorumLost",
    "QuorumRegained",
    "ReadingLost",
    "ReadingRegained",
    "SnapshotTaken",
    "StorageFellBelow",
    "StorageHappening",
    "StorageLost",
    "StorageNearlyFull",
    "StorageReturned",
    "StorageRoseAbove",
    "TaskFailed",
    "TierStatusChanged",
    "WatchBegan",
    "told_duration",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(Event):
    """A tier has read the cluster: here is the newest snapshot. Not kept in the journal."""

    snapshot: ClusterSnapshot
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class TierStatusChanged(Event):
    """A tier finished, failed, was skipped, or planned its next tick. Not kept in the journal."""

    status: TierStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRead(Event):
    """What a node did in its last minutes was read from its archive. Not kept in the journal."""

    name: str
    """The node's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchBegan(Happening):
    """Jarvis has read the whole cluster for the first time since it started."""

    cluster: str | None
    nodes_online: int
    nodes_known: int
    guests_up: int
    guests_off: int

    @property
    def subject(self) -> str:
        return "cluster"

    def sentence(self) -> str:
        return (
            f"Watching {self.cluster or 'the node'}: {self.nodes_online} of {self.nodes_known} "
            f"nodes online, guests: {self.guests_up} up, {self.guests_off} off"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumLost(Happening):
    """The cluster has no majority: Proxmox refuses every change."""

    severity: ClassVar[Severity] = Severity.ALARM
    nodes_online: int
    nodes_expected: int | None

    @property
    def subject(self) -> str:
        return "cluster"

    def sentence(self) -> str:
        wanted = f" of {self.nodes_expected}" if self.nodes_expected else ""
        return f"Quorum lost with {self.nodes_online}{wanted} nodes: Proxmox refuses changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumRegained(Happening):
    """The cluster has its majority again."""

    severity: ClassVar[Severity] = Severity.GOOD
    nodes_online: int
    nodes_expected: int | None

    @property
    def subject(self) -> str:
        return "cluster"

    def sentence(self) -> str:
        wanted = f" of {self.nodes_expected}" if self.nodes_expected else ""
        return f"Quorum is back with {self.nodes_online}{wanted} nodes"
