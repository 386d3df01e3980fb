"""What can happen to a guest."""

from dataclasses import dataclass
from typing import ClassVar

from services.cluster.model import GuestState
from services.cluster.spans import told_duration
from services.events import Happening, Severity


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


_PURPOSES = {
    "vzdump": " for a backup",
    "qmrollback": " for a rollback",
    "vzrollback": " for a rollback",
    "qmigrate": " for a migration",
    "vzmigrate": " for a migration",
    "hamigrate": " for a migration",
    "migrateall": " for a migration",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestAsked(GuestHappening):
    """Something happened to a guest that a task of Proxmox may have asked for."""

    by: str | None = None
    """Who had started the task, such as `root@pam`."""
    task: str | None = None
    """The kind of task, such as `qmshutdown`."""

    @property
    def asked(self) -> str:
        """`, asked by root@pam`, ` for a backup`, or nothing where no task is known."""
        if self.task in _PURPOSES:
            return _PURPOSES[self.task]
        return f", asked by {self.by}" if self.by else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestStarted(GuestAsked):
    """A guest runs that did not."""

    def sentence(self) -> str:
        after = " after a backup" if self.task == "vzdump" else self.asked
        return f"{self.label} started on {self.node}{after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestStopped(GuestAsked):
    """A guest stopped: a task had asked it to, or the tasks could not be read."""

    def sentence(self) -> str:
        return f"{self.label} stopped on {self.node}{self.asked}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestCrashed(GuestHappening):
    """A guest stopped and no task had asked it to."""

    severity: ClassVar[Severity] = Severity.ALARM

    def sentence(self) -> str:
        return f"{self.label} stopped on {self.node} and no task had asked it to"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestStayedDown(GuestHappening):
    """A guest that ran before its node went away does not run since the node is back."""

    severity: ClassVar[Severity] = Severity.WARNING

    def sentence(self) -> str:
        return f"{self.label} ran before {self.node} went away and has not started since"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestPaused(GuestAsked):
    """A guest was paused or suspended."""

    severity: ClassVar[Severity] = Severity.WARNING

    def sentence(self) -> str:
        return f"{self.label} is paused on {self.node}{self.asked}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestHalted(GuestHappening):
    """QEMU has stopped a guest that cannot go on, such as after an I/O error."""

    severity: ClassVar[Severity] = Severity.ALARM
    state: str
    """QEMU's word for it: `io-error`, `internal-error`, `guest-panicked` or `watchdog`."""

    def sentence(self) -> str:
        return f"{self.label} stands still on {self.node}: QEMU reports {self.state}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestResumed(GuestAsked):
    """A guest that was paused runs on."""

    def sentence(self) -> str:
        return f"{self.label} runs again on {self.node}{self.asked}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestRestarted(GuestAsked):
    """A guest's uptime began anew without its absence having been seen."""

    def sentence(self) -> str:
        return f"{self.label} restarted on {self.node}{self.asked}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestMigrated(GuestHappening):
    """A guest is on another node than before."""

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
class GuestCalmed(GuestHappening):
    """A guest that was flapping has kept its state for some minutes."""

    state: GuestState
    """Where it came to rest."""
    held_back: int

    def sentence(self) -> str:
        changes = "1 change was" if self.held_back == 1 else f"{self.held_back} changes were"
        return f"{self.label} is calm again: {self.state} on {self.node}; {changes} held back"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestsAppeared(Happening):
    """Many guests came into sight at once; told as one."""

    count: int

    @property
    def subject(self) -> str:
        return "cluster"

    def sentence(self) -> str:
        return f"{self.count} guests came into sight at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestsVanished(Happening):
    """Many guests went out of sight at once: sooner a right that was lost than a removal."""

    severity: ClassVar[Severity] = Severity.ALARM
    count: int

    @property
    def subject(self) -> str:
        return "cluster"

    def sentence(self) -> str:
        return (
            f"{self.count} guests are no longer listed: "
            "they were removed, or the token lost VM.Audit on them"
        )
