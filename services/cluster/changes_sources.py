"""What can happen to the ways in which Jarvis knows of the cluster, seen from Jarvis."""

from dataclasses import dataclass
from typing import ClassVar

from services.cluster.errors import told_address
from services.cluster.model import Tier
from services.cluster.spans import told_duration
from services.events import Happening, Severity


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointLost(Happening):
    """One endpoint failed twice in a row while another one answers."""

    severity: ClassVar[Severity] = Severity.WARNING
    url: str
    because: str

    @property
    def subject(self) -> str:
        return f"source/{self.url}"

    def sentence(self) -> str:
        return f"{self.because}; another address is asked meanwhile"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRegained(Happening):
    """An endpoint that was told as lost or refused answers again."""

    severity: ClassVar[Severity] = Severity.GOOD
    url: str
    away_s: float

    @property
    def subject(self) -> str:
        return f"source/{self.url}"

    def sentence(self) -> str:
        return f"{told_address(self.url)} answers again after {told_duration(self.away_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLost(Happening):
    """A tier other than the critical one fails again and again while Proxmox answers that one."""

    severity: ClassVar[Severity] = Severity.WARNING
    tier: Tier
    because: str
    remedy: str | None = None

    @property
    def subject(self) -> str:
        return f"source/{self.tier.value}"

    def sentence(self) -> str:
        what = f"The {self.tier.value} figures cannot be read: {self.because}"
        return f"{what}{'. ' + self.remedy if self.remedy else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRegained(Happening):
    """A tier whose failing was told reads again."""

    severity: ClassVar[Severity] = Severity.GOOD
    tier: Tier
    away_s: float

    @property
    def subject(self) -> str:
        return f"source/{self.tier.value}"

    def sentence(self) -> str:
        return f"The {self.tier.value} figures are read again after {told_duration(self.away_s)}"
