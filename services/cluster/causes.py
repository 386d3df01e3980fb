"""Which task of Proxmox had asked for what happened to a guest."""

from collections.abc import Iterable
from datetime import datetime

from services.cluster.model import ClusterSnapshot, TaskSnapshot

STOPS = frozenset(
    {
        "hamigrate",
        "hastop",
        "migrateall",
        "qmdestroy",
        "qmigrate",
        "qmreboot",
        "qmreset",
        "qmrestore",
        "qmrollback",
        "qmshutdown",
        "qmstop",
        "qmsuspend",
        "qmtemplate",
        "stopall",
        "suspendall",
        "vzdestroy",
        "vzdump",
        "vzmigrate",
        "vzreboot",
        "vzrestore",
        "vzrollback",
        "vzshutdown",
        "vzstop",
        "vzsuspend",
    }
)
STARTS = frozenset(
    {
        "hamigrate",
        "hastart",
        "migrateall",
        "qmigrate",
        "qmreboot",
        "qmreset",
        "qmrollback",
        "qmstart",
        "startall",
        "vzdump",
        "vzmigrate",
        "vzreboot",
        "vzrollback",
        "vzstart",
    }
)
PAUSES = frozenset({"qmpause", "qmsuspend", "suspendall", "vzdump", "vzsuspend"})
RESUMES = frozenset({"qmresume", "vzdump", "vzresume"})
_LIFE = STOPS | STARTS | PAUSES | RESUMES

_LEAVES_RUNNING = STOPS & STARTS
SEEN_S = 60.0
"""How long after its end a task may still show in the readings: Proxmox tells states late."""
RECENT_S = 900.0
"""A task that ended longer ago asked for nothing that happens now."""


def known_tasks(old: ClusterSnapshot, new: ClusterSnapshot) -> tuple[TaskSnapshot, ...]:
    """The tasks of both snapshots, newest first, as the newer one has them."""
    by_upid = {task.upid: task for task in (*old.tasks, *new.tasks)}
    return tuple(sorted(by_upid.values(), key=lambda task: task.started_at, reverse=True))


def find_cause(
    tasks: Iterable[TaskSnapshot],
    kinds: frozenset[str],
    *,
    vmid: int,
    nodes: frozenset[str],
    locked: bool,
    at: datetime,
    seen_at: datetime | None = None,
) -> TaskSnapshot | None:
    """The task of one of `kinds` that is the last word on this guest's life, if it is recent.

    `tasks` come newest first; an older stop explains nothing once the guest was started again. A
    task without a subject is for all guests of its node, a backup among them only for one that is
    `locked` by it. At `seen_at` the guest was still as it had been before: what leaves a guest
    running, and had ended well before that, did not stop it since.
    """
    subject = str(vmid)
    for task in tasks:
        if task.kind not in _LIFE:
            continue
        if task.subject_id is None:
            if task.node not in nodes or (task.kind == "vzdump" and not locked):
                continue
        elif task.subject_id != subject:
            continue
        if task.ended_at is not None and abs((at - task.ended_at).total_seconds()) > RECENT_S:
            return None
        if task.kind in _LEAVES_RUNNING and _ended_before(task, seen_at):
            return None
        return task if task.kind in kinds else None
    return None


def _ended_before(task: TaskSnapshot, seen_at: datetime | None) -> bool:
    if task.ended_at is None or seen_at is None:
        return False
    return (seen_at - task.ended_at).total_seconds() > SEEN_S
