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
