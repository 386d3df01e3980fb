"""What can happen to a node."""

from dataclasses import dataclass
from typing import ClassVar

from services.cluster.spans import told_duration
from services.events import Happening, Severity


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
class NodeWentSilent(NodeHappening):
    """A node is in the cluster, but its status daemon has told nothing for a minute."""

    severity: ClassVar[Severity] = Severity.WARNING
    silent_s: float

    def sentence(self) -> str:
        return (
            f"{self.node} is in the cluster but has reported no figures for "
            f"{told_duration(self.silent_s)}: look at its pvestatd"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReportedAgain(NodeHappening):
    """A node's status daemon tells its figures again."""

    severity: ClassVar[Severity] = Severity.GOOD
    silent_s: float

    def sentence(self) -> str:
        return f"{self.node} reports figures again after {told_duration(self.silent_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFlapping(NodeHappening):
    """A node misses probes again and again."""

    severity: ClassVar[Severity] = Severity.WARNING
    changes: int
    within_s: float

    def sentence(self) -> str:
        return (
            f"{self.node} was away {self.changes} times in {told_duration(self.within_s)}; "
            "further short absences are held back until it is calm"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCalmed(NodeHappening):
    """A node that was flapping has missed no probe for some minutes."""

    severity: ClassVar[Severity] = Severity.GOOD
    held_back: int

    def sentence(self) -> str:
        times = (
            "1 short absence was"
            if self.held_back == 1
            else (f"{self.held_back} short absences were")
        )
        return f"{self.node} is calm again; {times} held back"
