"""`/cluster/tasks`, `/nodes/{node}/tasks`, and one task's `status` and `log`."""

from services.cluster import wire
from services.cluster.model import TaskOutcome, TaskSnapshot
from services.cluster.upid import parse_upid

LOG_LINE_LIMIT = 2_000
"""Characters of a log's line; what is longer is cut."""


def parse_tasks(payload: object) -> tuple[TaskSnapshot, ...]:
    """Read a list of tasks, newest first; rows without a UPID are passed over."""
    found: dict[str, TaskSnapshot] = {}
    for row in wire.rows(payload):
        task = parse_task(row)
        if task is not None:
            found[task.upid] = task
    return tuple(
        sorted(found.values(), key=lambda task: (task.started_at, task.upid), reverse=True)
    )


def parse_task(payload: object) -> TaskSnapshot | None:
    """Read one task: a row of a list, or `/nodes/{node}/tasks/{upid}/status`."""
    row = wire.fields(payload)
    upid = parse_upid(row.get("upid"))
    if upid is None:
        return None
    started_at = wire.moment(row.get("starttime")) or upid.started_at
    if started_at is None:
        return None
    status = wire.text(row.get("status"))
    exit_status = wire.text(row.get("exitstatus"))
    ended_at = wire.moment(row.get("endtime"))
    if exit_status is None and status not in {None, "running", "RUNNING", "stopped"}:
        exit_status = status
    return TaskSnapshot(
        upid=row["upid"],
        node=upid.node,
        kind=upid.kind,
        subject_id=upid.subject_id,
        user=upid.user,
        started_at=started_at,
        ended_at=ended_at,
        outcome=_outcome(status, exit_status, ended=ended_at is not None),
        exit_status=exit_status,
    )


def parse_task_log(payload: object) -> tuple[str, ...]:
    """Read `/nodes/{node}/tasks/{upid}/log`: the lines by their numbers, oldest first."""
    lines: dict[int, str] = {}
    for row in wire.rows(payload):
        number, line = wire.whole(row.get("n")), row.get("t")
        if number is not None and isinstance(line, str):
            lines[number] = "".join(
                char if char.isprintable() else " " for char in line[:LOG_LINE_LIMIT]
            ).rstrip()
    return tuple(lines[number] for number in sorted(lines))


def _outcome(status: str | None, exit_status: str | None, *, ended: bool) -> TaskOutcome:
    if exit_status is None:
        return TaskOutcome.UNKNOWN if ended or status == "stopped" else TaskOutcome.RUNNING
    if exit_status == "OK":
        return TaskOutcome.OK
    if exit_status.startswith("WARNINGS"):
        return TaskOutcome.WARNINGS
    return TaskOutcome.FAILED
