"""What can happen to the ways in which Jarvis knows of the cluster, seen from Jarvis."""

from dataclasses import dataclass
from typing import ClassVar

from services.cluster.errors import told_address
from services.cluster.model import Tier
from services.cluster.spans import told_duration
from services.events import Happening, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxmoxHappening(Happening):
    """Something happened to the Proxmox API as a whole."""

    @property
    def subject(self) -> str:
        return "source/proxmox"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHappening(Happening):
    """Something happened to one address of the API."""

    url: str

    @property
    def subject(self) -> str:
        return f"source/{self.url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingHappening(Happening):
    """Something happened to one rhythm of reading."""

    tier: Tier

    @property
    def subject(self) -> str:
        return f"source/{self.tier.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxmoxLost(ProxmoxHappening):
    """No endpoint of the Proxmox API answers as it should."""

    severity: ClassVar[Severity] = Severity.ALARM
    because: str
    remedy: str | None = None

    def sentence(self) -> str:
        return f"{self.because}{'. ' + self.remedy if self.remedy else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxmoxRegained(ProxmoxHappening):
    """The Proxmox API answers again."""

    severity: ClassVar[Severity] = Severity.GOOD
    away_s: float

    def sentence(self) -> str:
        return f"Proxmox answers again after {told_duration(self.away_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRefused(EndpointHappening):
    """One endpoint was refused or refused us, for a reason a person must look at."""

    severity: ClassVar[Severity] = Severity.WARNING
    because: str

    def sentence(self) -> str:
        return self.because


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointLost(EndpointHappening):
    """One endpoint failed twice in a row while another one answers."""

    severity: ClassVar[Severity] = Severity.WARNING
    because: str

    def sentence(self) -> str:
        return f"{self.because}; another address is asked meanwhile"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRegained(EndpointHappening):
    """An endpoint that was told as lost or refused answers again."""

    severity: ClassVar[Severity] = Severity.GOOD
    away_s: float

    def sentence(self) -> str:
        return f"{told_address(self.url)} answers again after {told_duration(self.away_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLost(ReadingHappening):
    """A tier other than the critical one fails again and again while Proxmox answers that one."""

    severity: ClassVar[Severity] = Severity.WARNING
    because: str
    remedy: str | None = None

    def sentence(self) -> str:
        what = f"The {self.tier.value} figures cannot be read: {self.because}"
        return f"{what}{'. ' + self.remedy if self.remedy else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRegained(ReadingHappening):
    """A tier whose failing was told reads again."""

    severity: ClassVar[Severity] = Severity.GOOD
    away_s: float

    def sentence(self) -> str:
        return f"The {self.tier.value} figures are read again after {told_duration(self.away_s)}"
