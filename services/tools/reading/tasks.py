"""Tasks of Proxmox: which there are, and what one of them says."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.cluster.errors import ClusterStopped, RequestRefused
from services.cluster.model import TaskOutcome, TaskSnapshot
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.fields import AnyNode, GuestName, Lines, Rows, Upid
from services.tools.figures import UNKNOWN, count, told, told_age, told_span
from services.tools.hands import Hands
from services.tools.naming import find_guest, find_node, online_nodes
from services.tools.reading.found import found_facts, found_list, snapshot_of
from services.tools.reading.storage import told_moment
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import Column, list_facts, list_rows, plain


class Tasks(Arguments):
    """Arguments of list_tasks."""

    node: AnyNode = None
    guest: Annotated[GuestName | None, Field(description="Only tasks of this guest.")] = None
    running: Annotated[bool, Field(description="Only tasks that run now.")] = False
    failed: Annotated[bool, Field(description="Only tasks that failed.")] = False
    most: Rows = 30


class TaskLog(Arguments):
    """Arguments of get_task_log."""

    upid: Upid
    lines: Lines = 50


def _columns(now: datetime) -> tuple[Column[TaskSnapshot], ...]:
    return (
        Column("started", "started_at", lambda t: t.started_at, told_moment),
        Column("kind", "kind", lambda t: t.kind),
        Column("of", "subject_id", lambda t: t.subject_id),
        Column("node", "node", lambda t: t.node),
        Column("outcome", "outcome", lambda t: t.outcome),
        Column("took", "duration_s", lambda t: _took_s(t, now), told_span),
        Column("by", "user", lambda t: t.user),
        Column("says", "exit_status", lambda t: t.exit_status, _says),
        Column("upid", "upid", lambda t: t.upid),
    )


def _took_s(task: TaskSnapshot, now: datetime) -> float:
    return max(0.0, ((task.ended_at or now) - task.started_at).total_seconds())


def _says(value: object) -> str:
    return UNKNOWN if value == "OK" else told(value)


@answering
async def _list_tasks(arguments: Tasks, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    node = find_node(snapshot, arguments.node).name if arguments.node else None
    guest = find_guest(snapshot, arguments.guest) if arguments.guest else None
    now = hands.clock.now()
    gaps: list[str] = []
    if node is None and guest is None:
        tasks, read_at = list(snapshot.tasks), snapshot.tasks_at
    else:
        tasks, read_at = [], now
        for each in [node] if node else online_nodes(snapshot):
            try:
                tasks += await hands.cluster.lookups.fetch_tasks(
                    each, vmid=guest.vmid if guest else None
                )
            except ClusterStopped:
                raise
            except RequestRefused as refusal:
                gaps.append(f"{each} could not be asked: {refusal.because}")
    wanted = [
        task
        for task in tasks
        if (not arguments.running or task.outcome is TaskOutcome.RUNNING)
        and (not arguments.failed or task.outcome is TaskOutcome.FAILED)
    ]
    wanted.sort(key=lambda task: (task.started_at, task.upid), reverse=True)
    listing = list_rows(wanted, _columns(now), most=arguments.most, narrow="name a node or a guest")
    running = sum(task.outcome is TaskOutcome.RUNNING for task in wanted)
    failed = sum(task.outcome is TaskOutcome.FAILED for task in wanted)
    headline = f"{count(len(wanted), 'task')}, {running} running, {failed} failed, newest first"
    if not wanted:
        headline = "No such tasks"
    return found_list(
        headline, listing, under="tasks", hands=hands, read_at=read_at, notes=tuple(gaps)
    )


@answering
async def _task_log(arguments: TaskLog, hands: Hands) -> Found:
    lookups = hands.cluster.lookups
    upid = arguments.upid if arguments.upid.endswith(":") else f"{arguments.upid}:"
    task = await lookups.fetch_task(upid)
    if task is None:
        return Found(outcome=Outcome.FAILED, because=f"Proxmox says nothing of the task {upid}")
    lines = await lookups.fetch_task_log(upid)
    now = hands.clock.now()
    kept = lines[-arguments.lines :]
    facts = [
        ("kind", f"{task.kind} {told(task.subject_id)} on {task.node}"),
        ("outcome", task.outcome.value),
        ("says", told(task.exit_status)),
        ("started", f"{told_moment(task.started_at)}, {told_age(task.started_at, now)}"),
        ("took", told_span(_took_s(task, now))),
        ("by", task.user),
        ("log", f"{count(len(lines), 'line')}, the last {len(kept)}:" if kept else "empty"),
    ]
    data = {column.key: plain(column.value(task)) for column in _columns(now)}
    return found_facts(
        f"Task {upid}",
        "\n".join([list_facts(facts), *kept]),
        hands=hands,
        read_at=now,
        data={**data, "lines": list(kept), "left_out": len(lines) - len(kept)},
    )


TOOLS: tuple[Tool[Tasks] | Tool[TaskLog], ...] = (
    Tool(
        name="list_tasks",
        summary="List Proxmox's tasks, newest first: all recent ones, or those of a node or guest.",
        arguments=Tasks,
        tier=Tier.GREEN,
        timeout_s=60.0,
        reads="the snapshot: /cluster/tasks; GET /nodes/{node}/tasks where one is named",
        run=_list_tasks,
    ),
    Tool(
        name="get_task_log",
        summary="Tell how a task stands or ended, with the last lines of its log.",
        arguments=TaskLog,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/tasks/{upid}/status and /log",
        run=_task_log,
    ),
)
