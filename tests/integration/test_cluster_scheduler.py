"""When the tiers come: in their rhythm, and again at once after the clock was set."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.cluster.model import Tier
from services.cluster.scheduler import TierScheduler
from services.tasks import Tasks
from tests.support.waiting import until


class SetClock:
    """The machine's clock, which a test can set."""

    def __init__(self):
        self.set_by = timedelta()

    def now(self):
        return datetime.now(UTC) + self.set_by

    def monotonic_s(self):
        return asyncio.get_running_loop().time()


@pytest.fixture
async def ticking():
    tasks, clock, ticks = Tasks(), SetClock(), []
    started = []

    async def tick(tier):
        ticks.append(tier)

    def start(interval_s, first_in_s=0.0):
        scheduler = TierScheduler(tick, {Tier.CRITICAL: interval_s}, clock=clock, tasks=tasks)
        scheduler.start({Tier.CRITICAL: clock.now() + timedelta(seconds=first_in_s)})
        started.append(scheduler)
        return scheduler

    yield clock, ticks, start
    for scheduler in started:
        scheduler.stop("the test is over")
    await asyncio.sleep(0)
    assert await tasks.stop(because="the test is over") == []


async def test_a_tier_comes_in_its_rhythm(ticking):
    _, ticks, start = ticking
    scheduler = start(0.1)

    await until(lambda: len(ticks) >= 4, "four ticks", within_s=2)

    assert scheduler.next_at(Tier.CRITICAL) is not None


async def test_a_tick_that_was_moved_comes_when_it_was_moved_to(ticking):
    clock, ticks, start = ticking
    scheduler = start(600, first_in_s=600)

    scheduler.plan(Tier.CRITICAL, clock.now())

    await until(lambda: ticks, "the moved tick", within_s=2)


async def test_a_clock_set_back_does_not_silence_the_tiers(ticking):
    clock, ticks, start = ticking
    start(600, first_in_s=600)

    clock.set_by = timedelta(hours=-1)

    await until(lambda: ticks, "a tick after the clock was set back", within_s=30)


async def test_a_tick_that_falls_due_in_the_moment_of_the_end_is_no_failure(ticking, caplog):
    _, ticks, start = ticking
    scheduler = start(600)

    scheduler.stop("the house ends")
    await until(lambda: not scheduler.running, "the end of the scheduler", within_s=2)

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    assert ticks == []
