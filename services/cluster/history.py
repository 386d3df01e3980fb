"""What a drawer shows beyond the snapshot: charts, configuration, snapshots and tasks."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from services.clock import Clock
from services.cluster.client import Question, asking, timeless
from services.cluster.errors import ClusterError, RequestRefused
from services.cluster.gather import Asker, told_gaps
from services.cluster.model import ClusterSnapshot, GuestSnapshot, TaskSnapshot
from services.cluster.parse_guest import (
    GuestConfig,
    SnapshotReading,
    parse_guest_config,
    parse_snapshots,
)
from services.cluster.parse_rrd import History, parse_rrd
from services.cluster.parse_tasks import parse_tasks
from services.cluster.task_questions import ask_task, ask_task_log
from services.cluster.upid import parse_upid

Span = Literal["1h", "24h", "7d"]
Kind = Literal["node", "guest", "storage"]

TIMEFRAMES: dict[Span, str] = {"1h": "hour", "24h": "day", "7d": "week"}
FRESH_S = 30.0
"""For so long an answer is given again instead of asked for."""
TASK_FRESH_S = 2.0
"""The same for a task, which a person watches while it runs."""
KEPT_HIGH_WATER = 64
"""Answers kept; past it the oldest goes."""
TASKS_SHOWN = 20


class NotKnown(ClusterError):
    """The snapshot has no such node, guest or storage."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"There is no {kind} {id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFacts:
    """What a guest's drawer tells; a part that could not be read is None, `because` says why."""

    read_at: datetime
    config: GuestConfig | None
    snapshots: tuple[SnapshotReading, ...] | None
    tasks: tuple[TaskSnapshot, ...] | None
    because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """What a node's drawer tells beside its NodeDetail."""

    read_at: datetime
    tasks: tuple[TaskSnapshot, ...] | None
    because: str | None = None


@dataclass(slots=True)
class _Kept:
    until_s: float
    answer: Any = field(repr=False)


class Archive:
    """Fetches what a person opens; asks once for many who look at the same."""

    def __init__(self, asker: Asker, *, clock: Clock) -> None:
        self._asker = asker
        self._clock = clock
        self._kept: dict[Question[Any], _Kept] = {}
        self._forgotten = 0

    async def fetch_history(
        self, snapshot: ClusterSnapshot, kind: Kind, id: str, span: Span
    ) -> History:
        """The measurements of a node (`pve`), guest (`104`) or storage (`pve/local-zfs`).

        Raises NotKnown, or the ClusterError that kept it from being read.
        """
        path = _path_of(snapshot, kind, id)
        question = asking(
            timeless(parse_rrd), *path, "rrddata", timeframe=TIMEFRAMES[span], cf="AVERAGE"
        )
        history: History = await self._fetch(question)
        return history

    async def fetch_guest_facts(self, snapshot: ClusterSnapshot, vmid: int) -> GuestFacts:
        """Configuration, snapshots and latest tasks of a guest. Raises as fetch_history does."""
        path = _path_of(snapshot, "guest", str(vmid))
        gaps: list[str] = []
        config, snapshots, tasks = await asyncio.gather(
            self._part(asking(timeless(parse_guest_config), *path, "config"), gaps),
            self._part(asking(timeless(parse_snapshots), *path, "snapshot"), gaps),
            self._part(_tasks_on(path[1], vmid=vmid), gaps),
        )
        return GuestFacts(
            config=config,
            snapshots=snapshots,
            tasks=tasks,
            read_at=self._clock.now(),
            because=told_gaps(gaps),
        )

    async def fetch_node_facts(self, snapshot: ClusterSnapshot, node: str) -> NodeFacts:
        """Latest tasks of a node. Raises as fetch_history does."""
        path = _path_of(snapshot, "node", node)
        gaps: list[str] = []
        tasks = await self._part(_tasks_on(path[1]), gaps)
        return NodeFacts(tasks=tasks, read_at=self._clock.now(), because=told_gaps(gaps))

    async def fetch_task(self, upid: str) -> TaskSnapshot | None:
        """A task as it stands now (`/nodes/{node}/tasks/{upid}/status`); None for no answer of use.

        Raises as fetch_history does.
        """
        question = ask_task(_node_of(upid), upid)
        found: TaskSnapshot | None = await self._fetch(question, fresh_s=TASK_FRESH_S)
        return found

    async def fetch_task_log(self, upid: str) -> tuple[str, ...]:
        """The log of a task as it is now, oldest line first. Raises as fetch_history does."""
        question = ask_task_log(_node_of(upid), upid)
        lines: tuple[str, ...] = await self._fetch(question, fresh_s=TASK_FRESH_S)
        return lines

    def forget(self) -> None:
        """Give no answer again that was asked for before now: something was changed."""
        self._kept.clear()
        self._forgotten += 1

    async def _part(self, question: Question[Any], gaps: list[str]) -> Any:
        try:
            return await self._fetch(question)
        except RequestRefused as refusal:
            gaps.append(refusal.because)
            return None

    async def _fetch(self, question: Question[Any], *, fresh_s: float = FRESH_S) -> Any:
        kept = self._kept.get(question)
        if kept is not None and self._clock.monotonic_s() < kept.until_s:
            return kept.answer
        forgotten = self._forgotten
        answer = await self._asker.fetch(question)
        if forgotten != self._forgotten:
            return answer
        self._kept.pop(question, None)
        while len(self._kept) >= KEPT_HIGH_WATER:
            del self._kept[next(iter(self._kept))]
        self._kept[question] = _Kept(self._clock.monotonic_s() + fresh_s, answer)
        return answer


def _node_of(upid: str) -> str:
    task = parse_upid(upid)
    if task is None:
        raise NotKnown("task", upid[:80])
    return task.node


def _tasks_on(node: str, **params: str | int) -> Question[tuple[TaskSnapshot, ...]]:
    # Proxmox lists only ended tasks unless it is asked for all.
    return asking(
        timeless(parse_tasks), "nodes", node, "tasks", source="all", limit=TASKS_SHOWN, **params
    )


def _path_of(snapshot: ClusterSnapshot, kind: Kind, id: str) -> tuple[str, ...]:
    match kind:
        case "node" if id in snapshot.nodes:
            return ("nodes", id)
        case "guest" if (guest := _guest(snapshot, id)) is not None:
            return ("nodes", guest.node, guest.kind.value, str(guest.vmid))
        case "storage" if (found := snapshot.storages.get(f"storage/{id}")) is not None:
            return ("nodes", found.node, "storage", found.storage)
    raise NotKnown(kind, id)


def _guest(snapshot: ClusterSnapshot, id: str) -> GuestSnapshot | None:
    return snapshot.guests.get(int(id)) if id.isascii() and id.isdigit() else None
