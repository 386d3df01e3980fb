"""The last minutes of each node's CPU: read once from Proxmox's archive, then kept by each reading.

A point is a minute, and holds what was read last in it. What nobody measured stays a gap, and so
does what a rhythm above a minute passes over: the archive is asked only after a silence.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Protocol

import structlog

from services.clock import Clock
from services.cluster.changes import PastRead, SnapshotTaken
from services.cluster.errors import ClusterError
from services.cluster.history import Kind, Span
from services.cluster.model import ClusterSnapshot, NodeSnapshot, NodeState
from services.cluster.parse_rrd import History, Metric
from services.events import Bus
from services.tasks import Tasks

log = structlog.get_logger("cluster.recent")

MINUTE_S = 60
MINUTES_KEPT = 60
MINUTES_TOLD = 40

Minutes = MutableMapping[int, float]
"""CPU as a fraction, by minute since the epoch; a minute that nobody measured is absent."""


class Fetch(Protocol):
    """Reads the past; `services.cluster.service.ClusterService.fetch_history`."""

    def __call__(self, kind: Kind, id: str, span: Span) -> Awaitable[History]: ...


class Recent:
    """Keeps the last minutes; `start` it before the first reading, so that it misses none."""

    def __init__(
        self, fetch: Fetch, *, bus: Bus, clock: Clock, tasks: Tasks, rhythm_s: float
    ) -> None:
        """`rhythm_s` is how often the nodes are read while all is well."""
        self._fetch = fetch
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._usual = int(rhythm_s // MINUTE_S) + 1
        """From one reading to the next it may be so many minutes, and be no silence."""
        self._nodes: dict[str, Minutes] = {}
        self._heard: dict[str, int] = {}
        self._taken_at: datetime | None = None
        self._wanted: dict[str, None] = {}
        self._reads = False
        self._unsubscribe: Callable[[], None] | None = None

    def start(self) -> None:
        """Listen to what is read of the cluster."""
        self._unsubscribe = self._bus.subscribe(SnapshotTaken, self._on_snapshot, name="recent")

    def stop(self) -> None:
        """Listen no longer."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    def line(self, node: str, until: datetime) -> tuple[float | None, ...]:
        """The CPU of up to 40 minutes as fractions, oldest first, with the minute of `until` last.

        It begins with the first minute that is known; None is a gap.
        """
        return line_of(self._nodes.get(node, {}), minute_of(until))

    def take(self, snapshot: ClusterSnapshot) -> None:
        """Keep what a reading tells, and have the past read of nodes that were not heard before."""
        at = snapshot.nodes_at
        if at is None or at == self._taken_at:
            return
        self._taken_at = at
        minute = minute_of(at)
        for gone in self._nodes.keys() - snapshot.nodes.keys():
            del self._nodes[gone]
            self._heard.pop(gone, None)
        for name, node in snapshot.nodes.items():
            cpu = _cpu_of(node)
            put(self._nodes.setdefault(name, {}), minute, cpu)
            if cpu is None:
                self._heard.pop(name, None)
                continue
            if abs(minute - self._heard.get(name, 0)) > self._usual:
                self._wanted[name] = None
            self._heard[name] = minute
        if self._wanted and not self._reads:
            self._reads = True
            # Apart, or its requests would count as those of the tick that began it.
            self._tasks.start(self._read_past(), name="recent minutes", apart=True)

    async def _on_snapshot(self, event: SnapshotTaken) -> None:
        self.take(event.snapshot)

    async def _read_past(self) -> None:
        """One node after the other: nobody waits for it."""
        try:
            while self._wanted:
                name = next(iter(self._wanted))
                del self._wanted[name]
                await self._read_past_of(name)
        finally:
            self._reads = False

    async def _read_past_of(self, name: str) -> None:
        try:
            history = await self._fetch("node", name, "1h")
        except ClusterError as error:
            log.debug("the last minutes could not be read", node=name, because=error.because)
            return
        now = self._clock.now()
        if (minutes := self._nodes.get(name)) is not None:
            fill(minutes, minutes_of(history, minute_of(now)))
            self._bus.publish(PastRead(at=now, name=name))


def minute_of(moment: datetime) -> int:
    """Minutes since the epoch, of the moment in whole seconds, as times are told everywhere."""
    return round(moment.timestamp()) // MINUTE_S


def line_of(minutes: Mapping[int, float], until: int) -> tuple[float | None, ...]:
    """The points up to and with that minute, from the first that is known."""
    began = until - MINUTES_TOLD + 1
    first = min((minute for minute in minutes if began <= minute <= until), default=until + 1)
    return tuple(minutes.get(minute) for minute in range(first, until + 1))


def put(minutes: Minutes, minute: int, cpu: float | None) -> None:
    """Let this be what is known of that minute, and of none after it; the oldest goes."""
    for stray in [one for one in minutes if not minute - MINUTES_KEPT < one < minute]:
        del minutes[stray]
    if cpu is not None:
        minutes[minute] = cpu


def fill(minutes: Minutes, past: Mapping[int, float]) -> None:
    """Lay the past below what is known, and only below: a reading of our own goes first."""
    newest = max(minutes, default=0)
    for minute, cpu in past.items():
        if newest - MINUTES_KEPT < minute < newest:
            minutes.setdefault(minute, cpu)


def minutes_of(history: History, now: int) -> Minutes:
    """The CPU of `rrddata` by minute of our own clock; its row of 12:01:00 is what came before.

    A node's clock may be wrong: then its newest row is the minute that has just ended here.
    """
    if not history.times:
        return {}
    ahead = history.times[-1] // MINUTE_S - now
    shift = 1 if abs(ahead) <= 1 else 1 + ahead
    return {
        time // MINUTE_S - shift: cpu
        for time, cpu in zip(history.times, history[Metric.CPU_FRACTION], strict=True)
        if cpu is not None
    }


def _cpu_of(node: NodeSnapshot) -> float | None:
    return node.cpu_fraction if node.state is NodeState.ONLINE else None
