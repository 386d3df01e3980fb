"""What can happen to a Proxmox task."""

from dataclasses import dataclass
from typing import ClassVar

from services.events import Happening, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed(Happening):
    """A Proxmox task ended with an error; told once for each UPID."""

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
