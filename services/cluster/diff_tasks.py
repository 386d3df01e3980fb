"""Which Proxmox tasks failed between two snapshots."""

from collections.abc import Iterator

from services.cluster.changes_tasks import BackupFailed, TaskFailed
from services.cluster.model import ClusterSnapshot, TaskOutcome
from services.events import Happening

CONSOLES = frozenset({"vncproxy", "vncshell", "termproxy", "spiceproxy", "spiceshell"})
"""They end with an error whenever a window is closed."""

OLD_S = 3_600.0
"""A failure that comes to light later, as when a node returns, is no news."""


def diff_tasks(old: ClusterSnapshot, new: ClusterSnapshot) -> Iterator[Happening]:
    """Tasks that failed, each UPID once, oldest first."""
    if old.tasks_at is None or old.failed_upids is new.failed_upids:
        return
    known = set(old.failed_upids)
    watched = {task.upid for task in old.tasks if task.outcome is TaskOutcome.RUNNING}
    for task in reversed(new.tasks):
        if task.outcome is not TaskOutcome.FAILED or task.upid in known or task.kind in CONSOLES:
            continue
        ended_at = task.ended_at or task.started_at
        if task.upid not in watched and (new.taken_at - ended_at).total_seconds() > OLD_S:
            continue
        failure = BackupFailed if task.kind == "vzdump" else TaskFailed
        yield failure(
            at=new.taken_at,
            upid=task.upid,
            node=task.node,
            kind=task.kind,
            subject_id=task.subject_id,
            exit_status=task.exit_status or "no reason given",
        )
