"""What the world is made of. State changes only in `world/`; the API reads and asks.

Times are seconds of the world's own clock (`World.now`, an epoch that no clock jump touches).
What a node *reports* as time goes through `World.told`.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

GIB = 1 << 30
MIB = 1 << 20
LOG_KEPT = 1000
"""Lines of a machine's own log; the oldest go."""

Kind = Literal["qemu", "lxc"]


class Power(StrEnum):
    """Whether a node has power, as the person standing in front of it sees it."""

    ON = "on"
    OFF = "off"
    BOOTING = "booting"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """How a guest behaves: means, and the waves its load rides on."""

    cpu: float
    """Mean load as a fraction of its own cores."""
    mem: float
    """Mean fraction of its memory that is in use."""
    net_bps: float
    disk_bps: float
    grows_bytes_day: float
    key: int
    waves: tuple[tuple[float, float, float], ...]
    """(amplitude, angular speed in rad/s, phase)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of a journal; `at` is world time, `priority` syslog's, 6 being plain information."""

    at: float
    program: str
    pid: int
    text: str
    unit: str = ""
    """The service it belongs to, without `.service`."""
    priority: int = 6

    @property
    def line(self) -> str:
        """As it stands behind time and host."""
        return f"{self.program}[{self.pid}]: {self.text}"


@dataclass(slots=True, kw_only=True)
class Snapshot:
    name: str
    taken_at: float
    description: str = ""
    parent: str | None = None
    vmstate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A physical disk of a node."""

    dev: str
    kind: Literal["nvme", "ssd", "hdd"]
    model: str
    serial: str
    size_bytes: int
    wear_left_percent: int | None
    health: str = "PASSED"
    used: str = "LVM"


@dataclass(slots=True, kw_only=True)
class Node:
    name: str
    nodeid: int
    ip: str
    mac: str | None
    cpu_model: str
    mhz: float
    sockets: int
    cores: int
    threads: int
    mem_bytes: int
    swap_bytes: int
    root_bytes: int
    root_used_bytes: int
    own_cpu: float
    own_mem_bytes: int
    key: int
    disks: tuple[Disk, ...]
    booted_at: float
    power: Power = Power.ON
    frozen: bool = False
    lost_at: float | None = None
    """When the others lost it (power or freeze); None while it is in the cluster."""
    heat_c: float = 0.0
    heats: list[tuple[float, float]] = field(default_factory=list)
    """(since, `heat_c`), as `World.changed` noted it: history keeps what was."""
    pools_degraded: bool = False
    """Whether a device of each of its ZFS pools has too many errors."""
    outages: list[tuple[float, float | None]] = field(default_factory=list)
    stopped_services: set[str] = field(default_factory=set)
    """By the API's names, where it has one; so are the two below."""
    failed_services: set[str] = field(default_factory=set)
    services_since: dict[str, float] = field(default_factory=dict)
    """When one was last started or stopped."""
    log: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=LOG_KEPT))
    """What was done on it through a shell, for its journal."""
    pending_updates: int = 0
    refreshed_on: int = 0
    """The day, counted from 1970, on which the package lists were last fetched."""

    @property
    def is_up(self) -> bool:
        """It runs and answers."""
        return self.power in (Power.ON, Power.STOPPING) and not self.frozen

    def heat_at(self, at: float) -> float:
        """The `heat_c` of that time."""
        return next((heat for since, heat in reversed(self.heats) if since <= at), 0.0)

    def was_up(self, at: float) -> bool:
        """Whether it ran at that time; before the first known outage it always did."""
        return not any(start <= at and (end is None or at < end) for start, end in self.outages)


@dataclass(slots=True, kw_only=True)
class Guest:
    vmid: int
    kind: Kind
    name: str
    node: str
    cores: int
    mem_bytes: int
    disk_bytes: int
    disk_used_bytes: int
    """Used at the world's start; it grows by `nature.grows_bytes_day`."""
    storage: str
    nature: Nature
    mac: str
    ostype: str
    tags: tuple[str, ...] = ()
    template: bool = False
    onboot: bool = True
    protection: bool = False
    ha: bool = False
    hastate: str | None = None
    pool: str | None = None
    agent: bool = False
    """The QEMU agent is configured; `agent_alive` tells whether it answers."""
    agent_alive: bool = True
    backed_up: bool = True
    warns: str | None = None
    """What its start warns of; such a task ends with WARNINGS."""
    description: str = ""
    state: Literal["running", "stopped", "paused"] = "stopped"
    started_at: float | None = None
    pid: int | None = None
    lock: str | None = None
    snapshots: list[Snapshot] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    """Configuration keys set through the API that the model itself does not know."""
    digest: int = 0
    """Counts configuration changes."""
    cpu_known: tuple[float, float] = (0.0, 0.0)
    """(when, load) last computed: its node's load is made of it at the same moment."""
    stopped_services: set[str] = field(default_factory=set)
    failed_services: set[str] = field(default_factory=set)
    services_since: dict[str, float] = field(default_factory=dict)
    log: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=LOG_KEPT))
    """What was done in it through a shell, for its journal."""
    runs: list[tuple[float, float | None]] = field(default_factory=list)
    """(from, to) of each run since the world began; empty when it never ran."""

    @property
    def is_running(self) -> bool:
        """There is a process: running, or paused."""
        return self.state != "stopped"

    @property
    def word(self) -> str:
        """What Proxmox calls it: VM or CT."""
        return "VM" if self.kind == "qemu" else "CT"

    def ran_at(self, at: float) -> float | None:
        """Since when it had been running at that time, None when it was off."""
        for start, end in reversed(self.runs):
            if start <= at:
                return start if end is None or at < end else None
        return self.runs[0][0] - 30 * 86_400.0 if self.runs else None


@dataclass(slots=True, kw_only=True)
class Storage:
    """One storage; a local one belongs to one node, a shared one is seen by all of `nodes`."""

    name: str
    plugin: str
    content: str
    shared: bool
    nodes: tuple[str, ...]
    total_bytes: int
    used_bytes: int
    """Used at the world's start; it grows by `grows_bytes_day`."""
    grows_bytes_day: float
    key: int
    added_bytes: int = 0
    """What backups and snapshots have put there since, less what was removed."""
    filled: float | None = None
    """Fraction forced by a fault; None lets it grow naturally."""
    levels: list[tuple[float, float | None, int]] = field(default_factory=list)
    """(since, `filled`, `added_bytes`), as `World.changed` noted it: history keeps what was."""
    active: bool = True
    path: str | None = None
    removed: set[str] = field(default_factory=set)
    """Installation images that were there once."""

    def level_at(self, at: float) -> tuple[float | None, int]:
        """The `filled` and `added_bytes` of that time."""
        for since, filled, added_bytes in reversed(self.levels):
            if since <= at:
                return filled, added_bytes
        return None, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup archive on a backup storage."""

    vmid: int
    kind: Kind
    at: float
    size_bytes: int
    storage: str
    notes: str = ""
    protected: bool = False


@dataclass(slots=True, kw_only=True)
class Task:
    """A task as the node's task log keeps it."""

    upid: str
    node: str
    pid: int
    pstart: int
    kind: str
    of: str
    """The id field of the UPID: a vmid, a service, or empty."""
    user: str
    tokenid: str | None
    started_at: float
    told_started: int
    """The start as the node's clock told it; part of the UPID."""
    ended_at: float | None = None
    exitstatus: str | None = None
    lines: list[tuple[float, str]] = field(default_factory=list)
    """(when it is written, text)."""

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    @property
    def who(self) -> str:
        """user, or user!token."""
        return f"{self.user}!{self.tokenid}" if self.tokenid else self.user


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """In whose name something is done."""

    user: str
    tokenid: str | None = None

    def __str__(self) -> str:
        return f"{self.user}!{self.tokenid}" if self.tokenid else self.user


ROOT = Who(user="root@pam")
