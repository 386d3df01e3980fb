"""Housekeeping on a disk with no room left is told in one line; a fault of ours keeps its trace."""

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from db import Database
from db.entities import Entities
from db.queries.events import record_events
from services.cluster.ticks import HousekeepingFellDue
from services.events import Bus
from services.housekeeping import keep_house
from services.tasks import Tasks
from tests.support.clusters import make_snapshot
from tests.support.stored_events import event
from tests.support.turned_clock import NOON


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    tasks = Tasks()
    yield Bus(tasks)
    await tasks.stop(because="the test is over")


def fill(entities: Entities) -> None:
    """Write until SQLite says that there is no room, of which it is given little."""
    entities.db.execute("PRAGMA max_page_count = 1")  # the least it takes is what there is
    record_events(entities, [event(n) for n in range(5_000)])


async def test_a_full_disk_is_one_line_and_the_next_round_does_its_work(
    bus: Bus, database: Database
) -> None:
    rounds = iter([fill, record_all])
    keep_house(bus, "snapshot", lambda _: database.run(next(rounds)))

    with capture_logs() as logs:
        for _ in range(2):
            bus.publish(HousekeepingFellDue(at=NOON, snapshot=make_snapshot()))
        await bus.drained()

    (told,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (told["event"], told["name"]) == ("housekeeping failed", "snapshot")
    assert "full" in told["because"]
    assert "exc_info" not in told
    assert next(rounds, None) is None


def record_all(entities: Entities) -> None:
    """What a round writes where there is room."""
    entities.db.execute("PRAGMA max_page_count = 1000000")
    record_events(entities, [event(1)])


async def test_a_fault_that_is_not_the_disk_s_keeps_its_traceback(bus: Bus) -> None:
    async def slip(_: HousekeepingFellDue) -> None:
        raise ValueError("a slip of ours")

    keep_house(bus, "snapshot", slip)

    with capture_logs() as logs:
        bus.publish(HousekeepingFellDue(at=NOON, snapshot=make_snapshot()))
        await bus.drained()

    (told,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert told["event"] == "subscriber failed"
    assert told["exc_info"]
