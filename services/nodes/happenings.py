"""What can happen between Jarvis and a node over SSH."""

from dataclasses import dataclass
from typing import ClassVar

from services.cluster.spans import told_duration
from services.events import Event, Happening, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesWatched(Event):
    """What is known of the nodes over SSH has changed. Not kept in the journal."""

    node: str | None = None
    """Which of them; None where it is not one node alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHappening(Happening):
    """Something happened to the SSH connection to a node."""

    node: str

    @property
    def subject(self) -> str:
        return f"node/{self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyWaits(SshHappening):
    """A node showed a first host key; a person has to trust it before anything is sent."""

    severity: ClassVar[Severity] = Severity.WARNING
    host: str
    fingerprint: str

    def sentence(self) -> str:
        return (
            f"{self.node} shows its host key for the first time: {self.fingerprint} waits for you"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyRefused(SshHappening):
    """A node showed another host key than the trusted one; the connection was refused."""

    severity: ClassVar[Severity] = Severity.ALARM
    host: str
    fingerprint: str
    trusted: str

    def sentence(self) -> str:
        return (
            f"{self.node} shows another host key than the trusted one: refused "
            f"({self.fingerprint}, trusted {self.trusted})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyTrusted(SshHappening):
    """A person has trusted the host key a node shows."""

    fingerprint: str
    by: str

    def sentence(self) -> str:
        return f"{self.by} trusted the host key of {self.node}: {self.fingerprint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyForgotten(SshHappening):
    """A person has withdrawn the trust in a host key; the next one shown waits anew."""

    severity: ClassVar[Severity] = Severity.WARNING
    fingerprint: str
    by: str

    def sentence(self) -> str:
        return f"{self.by} withdrew the trust in the host key of {self.node}: {self.fingerprint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshLost(SshHappening):
    """A node is online and twice in a row could not be reached over SSH."""

    severity: ClassVar[Severity] = Severity.WARNING
    because: str

    def sentence(self) -> str:
        return f"SSH to {self.node} is lost while the node is online: {self.because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshRecovered(SshHappening):
    """A node that was told as lost is reached over SSH again."""

    severity: ClassVar[Severity] = Severity.GOOD
    away_s: float

    def sentence(self) -> str:
        return f"SSH to {self.node} works again after {told_duration(self.away_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeWoken(SshHappening):
    """A node that was asked to wake up answers."""

    severity: ClassVar[Severity] = Severity.GOOD
    sent_by: tuple[str, ...]
    after_s: float

    def sentence(self) -> str:
        return f"{self.node} is awake {told_duration(self.after_s)} after it was called"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOverheats(SshHappening):
    """A processor was above the line three times in a row."""

    severity: ClassVar[Severity] = Severity.WARNING
    cpu_c: float
    line_c: float
    cpu_of: str | None = None

    def sentence(self) -> str:
        what = f" ({self.cpu_of})" if self.cpu_of else ""
        return f"{self.node} runs hot: {self.cpu_c:.0f} °C{what}, above {self.line_c:g} °C"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCooled(SshHappening):
    """A processor that was too hot was well below the line three times in a row."""

    severity: ClassVar[Severity] = Severity.GOOD
    cpu_c: float

    def sentence(self) -> str:
        return f"{self.node} has cooled down to {self.cpu_c:.0f} °C"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrivesOverheat(SshHappening):
    """The hottest drive of a node was at the line or above it three times in a row."""

    severity: ClassVar[Severity] = Severity.WARNING
    drive_c: float
    line_c: float

    def sentence(self) -> str:
        return (
            f"A drive of {self.node} runs hot: {self.drive_c:.0f} °C, "
            f"the line is {self.line_c:g} °C"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DrivesCooled(SshHappening):
    """No drive of a node that had one too hot was near the line, three times in a row."""

    severity: ClassVar[Severity] = Severity.GOOD
    drive_c: float

    def sentence(self) -> str:
        return f"The hottest drive of {self.node} has cooled down to {self.drive_c:.0f} °C"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveFailing(SshHappening):
    """SMART says of a drive, twice in a row, that it fails or will."""

    severity: ClassVar[Severity] = Severity.ALARM
    device: str
    model: str | None = None
    because: str

    def sentence(self) -> str:
        model = f" ({self.model})" if self.model else ""
        return f"{self.device}{model} on {self.node} is failing: {self.because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveRecovered(SshHappening):
    """A drive that was told as failing passes again, as after it was replaced."""

    severity: ClassVar[Severity] = Severity.GOOD
    device: str

    def sentence(self) -> str:
        return f"{self.device} on {self.node} passes SMART again"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDegraded(SshHappening):
    """A ZFS pool was not sound twice in a row."""

    severity: ClassVar[Severity] = Severity.ALARM
    pool: str
    state: str
    because: str

    def sentence(self) -> str:
        return f"ZFS pool {self.pool} on {self.node} is {self.state}: {self.because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRecovered(SshHappening):
    """A ZFS pool that was told as degraded is sound again."""

    severity: ClassVar[Severity] = Severity.GOOD
    pool: str

    def sentence(self) -> str:
        return f"ZFS pool {self.pool} on {self.node} is sound again"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFailed(SshHappening):
    """A systemd unit has failed or rests where it must not, and still did so a little later."""

    severity: ClassVar[Severity] = Severity.WARNING
    unit: str
    rests: bool = False
    """It has not failed, but does not run, and its node cannot do without it."""

    def sentence(self) -> str:
        if self.rests:
            return f"{self.unit} does not run on {self.node}, which cannot do without it"
        return f"{self.unit} has failed on {self.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRecovered(SshHappening):
    """A systemd unit that was told as failed, or as one that does not run, is so no more."""

    severity: ClassVar[Severity] = Severity.GOOD
    unit: str

    def sentence(self) -> str:
        return f"{self.unit} is well again on {self.node}"
