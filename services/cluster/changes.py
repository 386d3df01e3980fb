"""What can happen to a cluster, as events in the past tense with a sentence for a person."""

from dataclasses import dataclass
from typing import ClassVar

from services.cluster.model import ClusterSnapshot, Level, Tier, TierStatus
from services.events import Event, Happening, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(Event):
    """A tier has read the cluster: here is the newest snapshot. Not kept in the journal."""

    snapshot: ClusterSnapshot
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class TierStatusChanged(Event):
    """A tier finished, failed, was skipped, or planned its next tick. Not kept in the journal."""

    status: TierStatus


def told_duration(seconds: float) -> str:
    """A span as a person says it: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7_200:
        return f"{round(whole / 60)} min"
    if whole < 172_800:
        hours, rest = divmod(whole, 3_600)
        return f"{hours} h {rest // 60} min" if rest >= 60 else f"{hours} h"
    days, rest = divmod(whole, 86_400)
    return f"{days} d {rest // 3_600} h" if rest >= 3_600 else f"{days} d"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHappening(Happening):
    """Something happened to a node."""

    node: str

    @property
    def subject(self) -> str:
        return f"node/{self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWentDown(NodeHappening):
    """A node missed three probes in a row."""

    severity: ClassVar[Severity] = Severity.ALARM
    missed_probes: int

    def sentence(self) -> str:
        return f"{self.node} is down: {self.missed_probes} probes in a row went unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCameUp(NodeHappening):
    """A node that was down answers again."""

    severity: ClassVar[Severity] = Severity.GOOD
    away_s: float

    def sentence(self) -> str:
        return f"{self.node} is back after {told_duration(self.away_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMissedProbes(NodeHappening):
    """A node was away for too short a time to be called down; the whole flap is this one event."""

    missed_probes: int

    def sentence(self) -> str:
        probes = "1 probe" if self.missed_probes == 1 else f"{self.missed_probes} probes"
        return f"{self.node} missed {probes} and answers again"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRestarted(NodeHappening):
    """A node's uptime began anew without its absence having been seen."""

    severity: ClassVar[Severity] = Severity.WARNING
    uptime_s: int

    def sentence(self) -> str:
        return f"{self.node} has restarted: up for {told_duration(self.uptime_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeJoined(NodeHappening):
    """A node appeared in the cluster."""

    def sentence(self) -> str:
        return f"{self.node} joined the cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLeft(NodeHappening):
    """A node is no longer a member of the cluster."""

    severity: ClassVar[Severity] = Severity.WARNING

    def sentence(self) -> str:
        return f"{self.node} is no longer a member of the cluster"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestHappening(Happening):
    """Something happened to a guest."""

    vmid: int
    name: str | None
    node: str

    @property
    def subject(self) -> str:
        return f"guest/{self.vmid}"

    @property
    def label(self) -> str:
        """`media (104)`, or only the vmid where no name is known."""
        return f"{self.name} ({self.vmid})" if self.name else f"guest {self.vmid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestStarted(GuestHappening):
    """A guest runs that did not."""

    def sentence(self) -> str:
        return f"{self.label} started on {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestStopped(GuestHappening):
    """A guest stopped, and a task of Proxmox had asked it to."""

    by: str | None = None

    def sentence(self) -> str:
        asked = f", asked by {self.by}" if self.by else ""
        return f"{self.label} stopped on {self.node}{asked}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestCrashed(GuestHappening):
    """A guest stopped and no task had asked it to."""

    severity: ClassVar[Severity] = Severity.ALARM

    def sentence(self) -> str:
        return f"{self.label} stopped on {self.node} and no task had asked it to"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestPaused(GuestHappening):
    """A guest was paused or suspended."""

    severity: ClassVar[Severity] = Severity.WARNING

    def sentence(self) -> str:
        return f"{self.label} is paused on {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestRestarted(GuestHappening):
    """A guest's uptime began anew without its absence having been seen."""

    def sentence(self) -> str:
        return f"{self.label} restarted on {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestMigrated(GuestHappening):
    """A guest runs on another node than before."""

    from_node: str

    def sentence(self) -> str:
        return f"{self.label} moved from {self.from_node} to {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestCreated(GuestHappening):
    """A guest appeared."""

    def sentence(self) -> str:
        return f"{self.label} was created on {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestRemoved(GuestHappening):
    """A guest is gone from the cluster."""

    severity: ClassVar[Severity] = Severity.WARNING

    def sentence(self) -> str:
        return f"{self.label} no longer exists; it was on {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFlapping(GuestHappening):
    """A guest changed state so often that its changes are no longer told one by one."""

    severity: ClassVar[Severity] = Severity.WARNING
    changes: int
    within_s: float

    def sentence(self) -> str:
        return (
            f"{self.label} changed state {self.changes} times in {told_duration(self.within_s)}; "
            "further changes are held back until it is calm"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageHappening(Happening):
    """Something happened to a storage as one node sees it."""

    node: str
    storage: str
    shared: bool = False

    @property
    def subject(self) -> str:
        return f"storage/{self.node}/{self.storage}"

    @property
    def label(self) -> str:
        """`pve/local-zfs`, or only `nas` for a storage that all nodes share."""
        return self.storage if self.shared else f"{self.node}/{self.storage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRoseAbove(StorageHappening):
    """A storage's use crossed a line upwards; `severity` on the row follows the level."""

    severity: ClassVar[Severity] = Severity.WARNING
    level: Level
    used_fraction: float
    line_fraction: float

    def sentence(self) -> str:
        return f"{self.label} is {self.used_fraction:.0%} full, above {self.line_fraction:.0%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageNearlyFull(StorageRoseAbove):
    """A storage crossed the critical line."""

    severity: ClassVar[Severity] = Severity.ALARM


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFellBelow(StorageHappening):
    """A storage's use fell clearly below the line it had crossed."""

    severity: ClassVar[Severity] = Severity.GOOD
    used_fraction: float

    def sentence(self) -> str:
        return f"{self.label} has room again: {self.used_fraction:.0%} full"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLost(StorageHappening):
    """A storage is no longer active on a node that is online."""

    severity: ClassVar[Severity] = Severity.WARNING

    def sentence(self) -> str:
        return f"{self.storage} is not available on {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReturned(StorageHappening):
    """A storage is active again."""

    severity: ClassVar[Severity] = Severity.GOOD

    def sentence(self) -> str:
        return f"{self.storage} is available again on {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed(Happening):
    """A Proxmox task ended with an error."""

    severity: ClassVar[Severity] = Severity.WARNING
    upid: str
    node: str
    kind: str
    subject_id: str | None
    exit_status: str

    @property
    def subject(self) -> str:
        return f"task/{self.upid}"

    def sentence(self) -> str:
        of = f" of {self.subject_id}" if self.subject_id else ""
        return f"Task {self.kind}{of} failed on {self.node}: {self.exit_status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFailed(TaskFailed):
    """A backup ended with an error."""

    severity: ClassVar[Severity] = Severity.ALARM

    def sentence(self) -> str:
        of = f" of {self.subject_id}" if self.subject_id else ""
        return f"The backup{of} failed on {self.node}: {self.exit_status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxmoxLost(Happening):
    """No endpoint of the Proxmox API answers as it should."""

    severity: ClassVar[Severity] = Severity.ALARM
    because: str
    remedy: str | None = None

    @property
    def subject(self) -> str:
        return "source/proxmox"

    def sentence(self) -> str:
        return f"{self.because}{'. ' + self.remedy if self.remedy else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxmoxRegained(Happening):
    """The Proxmox API answers again."""

    severity: ClassVar[Severity] = Severity.GOOD
    away_s: float

    @property
    def subject(self) -> str:
        return "source/proxmox"

    def sentence(self) -> str:
        return f"Proxmox answers again after {told_duration(self.away_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRefused(Happening):
    """One endpoint was refused or refused us, for a reason a person must look at."""

    severity: ClassVar[Severity] = Severity.WARNING
    url: str
    because: str

    @property
    def subject(self) -> str:
        return f"source/{self.url}"

    def sentence(self) -> str:
        return self.because
