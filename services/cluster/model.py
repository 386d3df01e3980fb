"""The cluster as it was last read: frozen values with their units in their names.

`None` means unknown; it never stands for zero. Every figure carries, through the `*_at` of its
section, the moment it was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from services.cluster.node_services import ServiceReading
from services.cluster.policy import DEFAULT_POLICY, Policy


class NodeState(StrEnum):
    """What is known of a node's life."""

    ONLINE = "online"
    UNKNOWN = "unknown"
    """Corosync sees it, but its status daemon reports nothing (or Jarvis has only just come)."""
    UNREACHABLE = "unreachable"
    """It missed the last probe; too early to call it down."""
    DOWN = "down"
    """It missed three probes in a row."""


class GuestKind(StrEnum):
    """The two kinds of guest Proxmox runs."""

    QEMU = "qemu"
    LXC = "lxc"


class GuestState(StrEnum):
    """What is known of a guest's life."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class Level(StrEnum):
    """Where a figure stands against its two lines."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class TaskOutcome(StrEnum):
    """How a Proxmox task stands."""

    RUNNING = "running"
    OK = "ok"
    WARNINGS = "warnings"
    """Done, with warnings in its log: a success."""
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDetail:
    """What the routine tier reads of one node (`/nodes/{node}/…`)."""

    read_at: datetime
    cpu_model: str | None = None
    pve_version: str | None = None
    kernel: str | None = None
    load_1m: float | None = None
    load_5m: float | None = None
    load_15m: float | None = None
    mem_available_bytes: int | None = None
    swap_used_bytes: int | None = None
    swap_total_bytes: int | None = None
    updates_count: int | None = None
    security_updates_count: int | None = None
    certificate_expires_at: datetime | None = None
    services: tuple[ServiceReading, ...] | None = None
    """Those that Proxmox lists; None where they could not be read."""
    temperature_c: float | None = None
    """The hottest drive's temperature (SMART); processors are not in the API."""
    temperature_of: str | None = None
    """What was measured, such as `nvme0n1`."""
    because: str | None = None
    """Why some of this could not be read, for a person."""

    @property
    def services_to_see_to(self) -> tuple[ServiceReading, ...]:
        """Those that have failed, or rest although the node cannot do without them."""
        return tuple(service for service in self.services or () if service.wants_a_look)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSnapshot:
    """One node of the cluster."""

    name: str
    state: NodeState
    state_since: datetime
    missed_probes: int = 0
    """Kept while the node is only `unknown` again: its absence ends when it is online."""
    missed_at: datetime | None = None
    """When the last missed probe was counted."""
    down_since: datetime | None = None
    """When it was called down; kept until it is online again."""
    last_online_at: datetime | None = None
    """The last reading that had it online before it went away; unset until it has been away."""
    returned_at: datetime | None = None
    """When it last came back from an absence or a restart."""
    cpu_fraction: float | None = None
    cpu_count: int | None = None
    mem_used_bytes: int | None = None
    mem_total_bytes: int | None = None
    root_used_bytes: int | None = None
    root_total_bytes: int | None = None
    uptime_s: int | None = None
    detail: NodeDetail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSnapshot:
    """One virtual machine or container."""

    vmid: int
    kind: GuestKind
    node: str
    state: GuestState
    state_since: datetime
    state_detail: str | None = None
    """Proxmox's own word where it says more than the state: `io-error`, `prelaunch`…"""
    told_state: GuestState | None = None
    """The last state that counted. Passed over are `unknown`, and a stop that is seen while the
    guest's node has only just returned or the guest has only just moved."""
    node_since: datetime | None = None
    """Since when it is on this node; unset until it has moved."""
    name: str | None = None
    template: bool = False
    cpu_fraction: float | None = None
    """Of the guest's own CPUs, 0 to 1."""
    cpu_count: float | None = None
    mem_used_bytes: int | None = None
    mem_total_bytes: int | None = None
    disk_used_bytes: int | None = None
    """Unknown for virtual machines: Proxmox cannot see inside their disks."""
    disk_total_bytes: int | None = None
    uptime_s: int | None = None
    tags: tuple[str, ...] = ()
    lock: str | None = None
    ha_state: str | None = None
    pool: str | None = None
    protected: bool = False
    """Jarvis refuses every action on it."""

    @property
    def id(self) -> str:
        """`guest/104`: unique in the cluster and stable across migrations."""
        return f"guest/{self.vmid}"

    @property
    def label(self) -> str:
        """`media (104)`, or only the vmid where no name is known."""
        return f"{self.name} ({self.vmid})" if self.name else str(self.vmid)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSnapshot:
    """One storage as one node sees it; a shared storage has a row for each node."""

    node: str
    storage: str
    active: bool | None
    kind: str | None = None
    """Proxmox's plugin type: `zfspool`, `lvmthin`, `dir`, `nfs`, `pbs`…"""
    shared: bool = False
    content: tuple[str, ...] = ()
    used_bytes: int | None = None
    total_bytes: int | None = None
    level: Level = Level.UNKNOWN
    told_level: Level = Level.UNKNOWN
    """The last level that was known."""
    told_active: bool | None = None
    """The last `active` that was known."""

    @property
    def id(self) -> str:
        """`storage/pve/local-zfs`, as Proxmox writes it."""
        return f"storage/{self.node}/{self.storage}"

    @property
    def used_fraction(self) -> float | None:
        """0 to 1, unknown unless both figures are known and the total is not zero."""
        if self.used_bytes is None or not self.total_bytes:
            return None
        return self.used_bytes / self.total_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSnapshot:
    """One Proxmox task (`/cluster/tasks`)."""

    upid: str
    node: str
    kind: str
    """`qmstart`, `vzdump`, `aptupdate`…"""
    subject_id: str | None
    """What it works on, usually a vmid."""
    user: str
    started_at: datetime
    ended_at: datetime | None
    outcome: TaskOutcome
    exit_status: str | None = None
    """Proxmox's own words, such as `OK`, `WARNINGS: 2` or an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFacts:
    """What the routine tier knows of backups."""

    read_at: datetime
    last_backup_at: Mapping[int, datetime] = field(default_factory=lambda: MappingProxyType({}))
    """By vmid, the newest one found on any storage."""
    guests_without_job: tuple[int, ...] | None = None
    """vmids that no backup job covers; unknown where the API would not tell."""
    unseen_because: str | None = None
    """Why there may be backups that were not seen; a guest without one is unknown then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSnapshot:
    """The whole cluster at one moment. Nodes, guests and storages are keyed and sorted."""

    taken_at: datetime
    name: str | None = None
    """Unknown for a node that stands alone."""
    standalone: bool | None = None
    pve_version: str | None = None
    quorate: bool | None = None
    """Whether Proxmox accepts changes; a node that stands alone always does."""
    quorum_lost_at: datetime | None = None
    """Since when there is no majority; kept until one has lasted from one probe to the next."""
    quorum_back_at: datetime | None = None
    """When the majority was seen again after the loss."""
    nodes_expected: int | None = None
    quorum_at: datetime | None = None
    nodes: Mapping[str, NodeSnapshot] = field(default_factory=lambda: MappingProxyType({}))
    nodes_at: datetime | None = None
    addresses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By node, its IP address in the cluster's network; a node that is away keeps its own."""
    guests: Mapping[int, GuestSnapshot] = field(default_factory=lambda: MappingProxyType({}))
    guests_at: datetime | None = None
    storages: Mapping[str, StorageSnapshot] = field(default_factory=lambda: MappingProxyType({}))
    storages_at: datetime | None = None
    tasks: tuple[TaskSnapshot, ...] = ()
    """Newest first: all that run, and the most recent that ended."""
    tasks_at: datetime | None = None
    failed_upids: tuple[str, ...] = ()
    """Tasks known to have failed, so that each is told once."""
    backups: BackupFacts | None = None
    policy: Policy = DEFAULT_POLICY
    """What it was judged by."""

    @property
    def online(self) -> tuple[NodeSnapshot, ...]:
        """The nodes that answer."""
        return tuple(node for node in self.nodes.values() if node.state is NodeState.ONLINE)

    @property
    def nodes_online(self) -> int:
        """How many nodes answer."""
        return len(self.online)

    def is_online(self, node: str) -> bool:
        """Whether that node answers; one that nobody knows does not."""
        known = self.nodes.get(node)
        return known is not None and known.state is NodeState.ONLINE


class Tier(StrEnum):
    """The four rhythms in which the cluster is read."""

    CRITICAL = "critical"
    IMPORTANT = "important"
    ROUTINE = "routine"
    BACKGROUND = "background"


class SourceState(StrEnum):
    """How a tier's reading goes."""

    WAITING = "waiting"
    """Never read yet."""
    OK = "ok"
    LATE = "late"
    """The last tick was skipped because the one before still ran."""
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierStatus:
    """What a tier shows of itself."""

    tier: Tier
    interval_s: float
    state: SourceState = SourceState.WAITING
    last_ok_at: datetime | None = None
    failing_since: datetime | None = None
    because: str | None = None
    """Why it fails, in words for a person."""
    brief: str | None = None
    """The same in so few words that every panel has room for it, where there are fewer."""
    remedy: str | None = None
    """What a person can do about it, when something can be done."""
    next_at: datetime | None = None
    skipped_ticks: int = 0
    requests: int = 0
    """Requests the last finished tick made."""
    duration_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStatus:
    """One address of the Proxmox API and its health."""

    url: str
    healthy: bool | None
    in_use: bool
    because: str | None = None
    refused: bool = False
    """Whether it is its certificate that keeps it out."""
    retry_at: datetime | None = None
