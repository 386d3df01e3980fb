"""Tasks with UPIDs: they start, write their log line by line, end, and stay in the archive."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from .clock import Clock
from .model import Node, Task, Who

KEPT_PER_NODE = 400

Effect = Callable[[], None]
Ending = Callable[[Task], str | None]


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    effect: Effect = field(compare=False)


class Agenda:
    """What will happen when; `advance` makes it happen in order."""

    def __init__(self) -> None:
        self._heap: list[_Due] = []
        self._number = count()
        self.at = float("-inf")
        """The moment now being played; effects see it as the present."""

    def after(self, at: float, effect: Effect) -> None:
        """Do `effect` at that world time."""
        heappush(self._heap, _Due(at, next(self._number), effect))

    def advance(self, now: float) -> None:
        """Let everything due by `now` happen, each at its own moment."""
        while self._heap and self._heap[0].at <= now:
            due = heappop(self._heap)
            self.at = max(self.at, due.at)
            due.effect()
        self.at = max(self.at, now)


class TaskLog:
    """All tasks of all nodes. The newest are kept, like Proxmox's archive."""

    def __init__(self, clock: Clock, agenda: Agenda) -> None:
        self._clock = clock
        self._agenda = agenda
        self._pids = count(11_000)
        self._tasks: dict[str, Task] = {}
        self._by_node: dict[str, list[Task]] = {}

    def start(
        self,
        node: Node,
        kind: str,
        of: str,
        who: Who,
        *,
        lasts_s: float,
        lines: Iterable[str] = (),
        then: Ending | None = None,
    ) -> Task:
        """Start a task that ends by itself after `lasts_s`.

        `then` makes its effect at the end and hands back the exit status, None meaning OK.
        Lines are spread over its life; an error is added as Proxmox does (`TASK ERROR: …`).
        """
        task = self.record(node, kind, of, who, at=self._agenda.at)
        written = list(lines)
        for index, text in enumerate(written):
            task.lines.append((task.started_at + lasts_s * index / len(written), text))

        def finish() -> None:
            if task.is_running:
                self.end(task, (then(task) if then else None) or "OK")

        self._agenda.after(task.started_at + lasts_s, finish)
        return task

    def record(self, node: Node, kind: str, of: str, who: Who, *, at: float) -> Task:
        """Enter a task that runs until `end` is called for it."""
        pid = next(self._pids) % 4_194_304
        pstart = max(0, int((at - node.booted_at) * 100)) & 0xFFFFFFFF
        told = self._clock.told(at)
        upid = f"UPID:{node.name}:{pid:08X}:{pstart:08X}:{told:08X}:{kind}:{of}:{who}:"
        task = Task(
            upid=upid,
            node=node.name,
            pid=pid,
            pstart=pstart,
            kind=kind,
            of=of,
            user=who.user,
            tokenid=who.tokenid,
            started_at=at,
            told_started=told,
        )
        self._tasks[upid] = task
        kept = self._by_node.setdefault(node.name, [])
        kept.append(task)
        if len(kept) > KEPT_PER_NODE:
            oldest = next((old for old in kept if not old.is_running), None)
            if oldest is not None:
                kept.remove(oldest)
                self._tasks.pop(oldest.upid, None)
        return task

    def end(self, task: Task, exitstatus: str, *, at: float | None = None) -> None:
        """Close a task with its exit status."""
        task.ended_at = self._agenda.at if at is None else at
        task.exitstatus = exitstatus
        if exitstatus == "OK" or exitstatus.startswith("WARNINGS:"):
            text = "TASK OK" if exitstatus == "OK" else f"TASK {exitstatus}"
        else:
            text = f"TASK ERROR: {exitstatus}"
        task.lines.append((task.ended_at, text))

    def find(self, upid: str) -> Task | None:
        return self._tasks.get(upid)

    def of_node(self, node: str) -> list[Task]:
        """Oldest first."""
        return self._by_node.get(node, [])

    def all(self) -> list[Task]:
        return list(self._tasks.values())

    def kill(self, node: str) -> None:
        """The node lost power: what ran there ended without a word."""
        for task in self.of_node(node):
            if task.is_running:
                task.ended_at = self._agenda.at
                task.exitstatus = "unexpected status"
