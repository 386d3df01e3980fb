"""What is known of the nodes over SSH: frozen values with their units in their names.

`None` means unknown; it never stands for zero.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a command on a node left behind."""

    node: str
    argv: tuple[str, ...]
    exit_status: int | None
    """None when a signal ended it."""
    exit_signal: str | None = None
    stdout: str = ""
    stderr: str = ""
    cut_bytes: int = 0
    """How much of both was left out, past what is kept."""
    duration_ms: float = 0.0
    ran_at: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether it ended with status 0."""
        return self.exit_status == 0


class LinkState(StrEnum):
    """How the SSH connection to a node stands."""

    UNUSED = "unused"
    """Nothing has asked for it yet, or it was idle and closed."""
    CONNECTED = "connected"
    AWAY = "away"
    """It could not be reached; it is tried again at `retry_at`."""
    KEY_UNKNOWN = "key unknown"
    """It shows a first host key, which waits for a person."""
    KEY_CHANGED = "key changed"
    """It shows another host key than the one that was trusted: refused."""
    REFUSED = "refused"
    """It does not take our key or our user."""
    OFF = "off"
    """No key file or no address is configured for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLink:
    """The SSH connection to one node."""

    node: str
    state: LinkState
    host: str | None = None
    port: int | None = None
    fingerprint: str | None = None
    """`SHA256:…` of the key it shows, where one was seen."""
    trusted_fingerprint: str | None = None
    because: str | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One plausible reading of a node's sensors."""

    chip: str
    label: str
    kind: str
    """`temperature`, `fan` or `power`."""
    figure: float
    """°C, revolutions a minute, or watts."""
    critical: float | None = None
    """The chip's own limit, where it tells a plausible one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorReading:
    """The sensors of one node at one moment."""

    node: str
    read_at: datetime
    cpu_c: float | None = None
    """The processor: package or Tctl before single cores."""
    cpu_of: str | None = None
    """What was taken for the processor, such as `coretemp Package id 0`."""
    hottest_drive_c: float | None = None
    sensors: tuple[Sensor, ...] = ()
    because: str | None = None
    """Why something is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveHealth:
    """What SMART says of one drive."""

    device: str
    model: str | None = None
    serial: str | None = None
    passed: bool | None = None
    temperature_c: float | None = None
    power_on_hours: int | None = None
    wear_percent_used: float | None = None
    reallocated_sectors: int | None = None
    pending_sectors: int | None = None
    media_errors: int | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolHealth:
    """One ZFS pool."""

    name: str
    state: str
    """`ONLINE`, `DEGRADED`, `FAULTED`… as ZFS says it."""
    size_bytes: int | None = None
    allocated_bytes: int | None = None
    errors: str | None = None
    scan: str | None = None
    """Scrub or resilver, as ZFS tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerContainer:
    """One container of a Docker daemon."""

    id: str
    name: str
    image: str
    state: str
    """`running`, `exited`, `restarting`… as Docker says it."""
    status: str
    """`Up 3 days (healthy)`, as Docker says it."""
    health: str | None = None
    ports: str = ""
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWatch:
    """Everything read over SSH of one node; each part has its own age and reason."""

    node: str
    link: NodeLink
    sensors: SensorReading | None = None
    sensors_because: str | None = None
    """Why the sensors could not be read the last time; what is shown of them is older."""
    line_c: float | None = None
    """Above it the processor is too hot."""
    hot: bool = False
    """Whether it was told as too hot and has not cooled since."""
    drive_hot: bool = False
    """The same of its hottest drive."""
    drives: tuple[DriveHealth, ...] = ()
    drives_at: datetime | None = None
    drives_because: str | None = None
    pools: tuple[PoolHealth, ...] = ()
    pools_at: datetime | None = None
    pools_because: str | None = None
    failed_units: tuple[str, ...] = field(default=())
    failed_units_at: datetime | None = None
    failed_units_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeReport:
    """How an attempt to wake a node went."""

    node: str
    sent_by: tuple[str, ...]
    """Each way that was tried, in order: `node pve`, `magic packet`, `http service`."""
    awake: bool
    """Whether the node answered afterwards."""
    after_s: float | None = None
    because: str = ""
