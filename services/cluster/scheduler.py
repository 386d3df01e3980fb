"""When each tier comes: APScheduler's intervals, moved where a failure or a clock asks for it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from functools import partial

import structlog
from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from services.clock import Clock
from services.cluster.model import Tier
from services.tasks import Tasks

log = structlog.get_logger("cluster.scheduler")

WATCH_S = 2.0
JUMP_S = 2.0
"""A wall clock that moved this much against the steady one has been set."""


class _LettingEnd(AsyncIOExecutor):  # type: ignore[misc]
    """Cancels no job at the end: each is over at once, and a cancelled one is told as a failure."""

    def shutdown(self, wait: bool = True) -> None:
        """See `apscheduler.executors.base.BaseExecutor.shutdown`."""
        self._pending_futures.clear()


class TierScheduler:
    """Calls `tick(tier)` in a task of its own, at each tier's interval; never waits for it."""

    def __init__(
        self,
        tick: Callable[[Tier], Coroutine[None, None, None]],
        intervals_s: Mapping[Tier, float],
        *,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._tick = tick
        self._intervals_s = dict(intervals_s)
        self._clock = clock
        self._tasks = tasks
        self._scheduler = AsyncIOScheduler(timezone=UTC, executors={"default": _LettingEnd()})
        self._jobs: dict[Tier, Job] = {}
        self._wall_minus_steady_s = 0.0
        self._watch: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        """Whether ticks may still come."""
        return bool(self._scheduler.running)

    def start(self, first_at: Mapping[Tier, datetime]) -> None:
        """Begin; each tier's first tick is at the moment given for it."""
        for tier, interval_s in self._intervals_s.items():
            self._jobs[tier] = self._scheduler.add_job(
                partial(self._fire, tier),
                "interval",
                seconds=interval_s,
                next_run_time=first_at[tier],
                name=f"poll:{tier}",
                coalesce=True,
                misfire_grace_time=None,
            )
        self._wall_minus_steady_s = self._offset_s()
        self._scheduler.start()
        self._watch_the_clock()

    def stop(self, because: str) -> None:
        """Call no further tick."""
        if self._watch is not None:
            self._watch.cancel()
        if self.running:
            self._scheduler.shutdown(wait=False)
            log.debug("scheduler stopped", because=because)

    def plan(self, tier: Tier, at: datetime) -> None:
        """Let the next tick come at another moment; the interval counts from there."""
        if tier in self._jobs and self.running:
            self._jobs[tier].modify(next_run_time=at)

    def next_at(self, tier: Tier) -> datetime | None:
        """When a tier comes next; None before the start."""
        job = self._jobs.get(tier)
        return getattr(job, "next_run_time", None)

    async def _fire(self, tier: Tier) -> None:
        if not self.running:
            return  # it fell due in the moment of the end
        self._tasks.start(self._tick(tier), name=f"poll:{tier}")

    def _watch_the_clock(self) -> None:
        """APScheduler goes by the wall clock: one set back by an hour would silence it as long."""
        jumped_s = self._offset_s() - self._wall_minus_steady_s
        if abs(jumped_s) > JUMP_S:
            self._wall_minus_steady_s += jumped_s
            log.info("wall clock was set, every tier comes now", by_s=round(jumped_s, 1))
            for tier in self._jobs:
                self.plan(tier, self._clock.now())
        self._watch = asyncio.get_running_loop().call_later(WATCH_S, self._watch_the_clock)

    def _offset_s(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic_s()
