"""The journal: what is shown is in the database, and a failing disk loses nothing in silence."""

import asyncio
import json
import random
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import services.journal
from db import Database
from db.entities import Entities
from db.queries.events import find_events_of_kinds
from db.queries.snapshots import find_latest_snapshot
from services.cluster.changes import GuestCrashed, NodeWentDown, QuorumLost
from services.cluster.model import (
    ClusterSnapshot,
    GuestKind,
    GuestSnapshot,
    GuestState,
    NodeSnapshot,
    NodeState,
)
from services.events import Bus, Event
from services.journal import (
    EventAcknowledged,
    EventRecorded,
    Journal,
    JournalFailing,
    JournalRecovered,
)
from services.tasks import Tasks
from tests.support.turned_clock import TurnedClock

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NODE = NodeSnapshot(name="pve", state=NodeState.ONLINE, state_since=NOW, cpu_fraction=0.25)


class House:
    """A journal over a real file, and what it published."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder, slow_query_ms=10_000)
        self.database.open()
        self.clock = TurnedClock()
        self.tasks = Tasks()
        self.bus = Bus(self.tasks)
        self.heard: list[Event] = []
        self.journal = Journal(
            self.database,
            self.bus,
            self.clock,
            self.tasks,
            event_retention_days=30,
            snapshot_retention_days=7,
            chance=random.Random(1),
        )
        self.bus.subscribe(Event, self._hear, name="listener")
        self.journal.start()

    async def _hear(self, event: Event) -> None:
        self.heard.append(event)

    def recorded(self) -> list[str]:
        return [event.row.text for event in self.heard if isinstance(event, EventRecorded)]

    async def until(self, condition: Any, what: str) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.005)
        assert condition(), what


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(services.journal, "BACKOFF_FIRST_S", 0.01)
    monkeypatch.setattr(services.journal, "BACKOFF_LAST_S", 0.02)
    built = House(tmp_path)
    yield built
    await built.journal.stop(because="the test is over")
    await built.tasks.stop(because="the test is over")
    built.database.close()


def down(n: int = 3) -> NodeWentDown:
    return NodeWentDown(at=NOW, node="pve", missed_probes=n)


def break_disk(entities: Entities) -> None:
    entities.db.execute("ALTER TABLE events RENAME TO away")


def mend_disk(entities: Entities) -> None:
    entities.db.execute("ALTER TABLE away RENAME TO events")


async def test_an_event_is_told_only_once_it_is_a_row(house: House) -> None:
    house.bus.publish(down())
    house.bus.publish(QuorumLost(at=NOW, nodes_online=1, nodes_expected=4))
    await house.until(lambda: len(house.recorded()) == 2, "two rows told")

    rows = await house.journal.find_events()

    told = [event.row for event in house.heard if isinstance(event, EventRecorded)]
    assert rows == told[::-1]
    first = told[0]
    assert (first.kind, first.severity, first.node, first.subject) == (
        "NodeWentDown",
        "alarm",
        "pve",
        "node/pve",
    )
    assert first.text == down().sentence()
    assert json.loads(first.detail_json) == {"missed_probes": 3}
    assert await house.journal.find_event(first.id) == first


async def test_an_acknowledged_event_is_the_last_word_until_it_happens_again(house: House) -> None:
    notes = [down(), GuestCrashed(at=NOW, node="pve", vmid=104, name="media"), down(4)]
    for event in notes:
        house.bus.publish(event)
    await house.until(lambda: len(house.recorded()) == 3, "three rows told")
    again, crash, first = await house.journal.find_events()

    for row in (first, crash, again):
        await house.journal.acknowledge_event(row.id, by="owner")
    await house.journal.acknowledge_event(again.id, by="somebody else")

    def words() -> list[tuple[int, str, bool]]:
        return [
            (event.row.id, event.row.acknowledged_by, event.is_last_word)
            for event in house.heard
            if isinstance(event, EventAcknowledged)
        ]

    await house.until(lambda: len(words()) == 4, "four words")
    assert words() == [
        (first.id, "owner", False),
        (crash.id, "owner", True),
        (again.id, "owner", True),
        (again.id, "owner", True),
    ]
    noted = await house.journal.find_noted_events()
    assert [(row.id, row.acknowledged_at) for row in noted] == [
        (again.id, house.clock.now()),
        (crash.id, house.clock.now()),
    ]
    house.bus.publish(down(5))
    await house.until(lambda: len(house.recorded()) == 4, "the fourth row")
    assert [row.id for row in await house.journal.find_noted_events()] == [crash.id]


async def test_events_of_some_kinds_are_found_newest_first(house: House) -> None:
    crash = GuestCrashed(at=NOW, node="pve", vmid=104, name="media")
    for event in (down(), crash, down(4), crash):
        house.bus.publish(event)
    await house.until(lambda: len(house.recorded()) == 4, "four rows told")

    found = await house.database.run(find_events_of_kinds, ("GuestCrashed", "NodeCameUp"))
    limited = await house.database.run(find_events_of_kinds, ("GuestCrashed",), limit=1)

    assert [row.kind for row in found] == ["GuestCrashed", "GuestCrashed"]
    assert found[0].id > found[1].id
    assert limited == found[:1]
    assert await house.database.run(find_events_of_kinds, ()) == []


async def test_what_is_no_event_cannot_be_acknowledged(house: House) -> None:
    assert await house.journal.acknowledge_event(4711, by="owner") is None
    assert not [event for event in house.heard if isinstance(event, EventAcknowledged)]


async def test_a_burst_keeps_its_order(house: House) -> None:
    for n in range(700):
        house.bus.publish(down(n))
    await house.until(lambda: len(house.recorded()) == 700, "700 rows told")

    assert house.recorded() == [down(n).sentence() for n in range(700)]


async def test_a_failing_disk_is_told_and_nothing_is_lost(house: House) -> None:
    await house.database.run(break_disk)
    house.bus.publish(down(1))
    await house.until(lambda: not house.journal.status.healthy, "the failure is seen")
    house.bus.publish(down(2))
    await house.until(lambda: house.journal.status.waiting == 2, "two wait")
    house.clock.turn(90)

    assert house.recorded() == []
    status = house.journal.status
    assert status.failing_since == NOW
    assert "events" in str(status.because)
    (failing,) = [event for event in house.heard if isinstance(event, JournalFailing)]
    assert "cannot be written" in failing.sentence()

    await house.database.run(mend_disk)
    await house.until(lambda: len(house.recorded()) == 3, "both and the recovery are told")

    assert house.recorded()[:2] == [down(1).sentence(), down(2).sentence()]
    (recovered,) = [event for event in house.heard if isinstance(event, JournalRecovered)]
    assert (recovered.away_s, recovered.written, recovered.lost) == (90, 2, 0)
    assert house.journal.status.healthy
    assert len([e for e in house.heard if isinstance(e, JournalFailing)]) == 1


async def test_what_cannot_be_kept_is_counted_and_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.journal, "WAITING_HIGH_WATER", 10)
    await house.database.run(break_disk)
    house.bus.publish(down(0))
    await house.until(lambda: not house.journal.status.healthy, "the failure is seen")
    for n in range(1, 15):
        house.bus.publish(down(n))
    await house.until(lambda: house.journal.status.lost >= 4, "losses are counted")
    lost = house.journal.status.lost

    await house.database.run(mend_disk)
    await house.until(lambda: house.journal.status.healthy, "the journal is well again")
    await house.until(lambda: len(house.recorded()) == 16 - lost, "what was kept is told")

    (recovered,) = [event for event in house.heard if isinstance(event, JournalRecovered)]
    assert recovered.lost == lost
    assert f"{lost} could not be kept" in recovered.sentence()
    assert down(14).sentence() in house.recorded()


async def test_stopping_writes_what_waits(tmp_path: Path) -> None:
    house = House(tmp_path)
    for n in range(300):
        house.bus.publish(down(n))

    await house.journal.stop(because="the test says so")

    assert len(await house.journal.find_events(limit=500)) == 300
    await house.tasks.stop(because="the test is over")
    house.database.close()


async def test_stopping_does_not_wait_for_a_disk_that_fails(house: House) -> None:
    await house.database.run(break_disk)
    house.bus.publish(down())
    await house.until(lambda: not house.journal.status.healthy, "the failure is seen")

    async with asyncio.timeout(30):
        await house.journal.stop(because="the test says so")

    assert house.journal.status.waiting == 1
    await house.database.run(mend_disk)


async def test_a_cluster_that_was_not_read_yet_is_not_kept_as_an_empty_one(house: House) -> None:
    await house.journal.record_snapshot(ClusterSnapshot(taken_at=NOW))

    assert await house.database.run(find_latest_snapshot) is None


async def test_a_snapshot_is_kept_without_what_is_unknown(house: House) -> None:
    guest = GuestSnapshot(
        vmid=104,
        kind=GuestKind.QEMU,
        node="pve",
        state=GuestState.RUNNING,
        state_since=NOW,
        name="media",
        tags=("tv",),
    )
    snapshot = ClusterSnapshot(
        taken_at=NOW, name="lab", quorate=True, nodes={"pve": NODE}, guests={104: guest}
    )

    await house.journal.record_snapshot(snapshot)

    row = await house.database.run(find_latest_snapshot)
    assert row is not None
    assert (row.taken_at, row.nodes_count, row.guests_count) == (NOW, 1, 1)
    kept = json.loads(zlib.decompress(row.payload))
    assert kept["taken_at"] == "2026-11-20T12:00:00.000Z"
    assert kept["nodes"]["pve"]["cpu_fraction"] == 0.25
    assert kept["guests"]["104"]["tags"] == ["tv"]
    assert "mem_used_bytes" not in kept["guests"]["104"]
    assert "tasks" not in kept


async def test_housekeeping_deletes_what_is_past_its_time(house: House) -> None:
    old = GuestCrashed(at=NOW - timedelta(days=31), vmid=1, name=None, node="pve")
    young = GuestCrashed(at=NOW - timedelta(days=29), vmid=2, name=None, node="pve")
    house.bus.publish(old)
    house.bus.publish(young)
    await house.until(lambda: len(house.recorded()) == 2, "both are rows")
    await house.journal.record_snapshot(
        ClusterSnapshot(taken_at=NOW - timedelta(days=8), nodes={"pve": NODE})
    )

    await house.journal.housekeep()

    assert [row.text for row in await house.journal.find_events()] == [young.sentence()]
    assert await house.database.run(find_latest_snapshot) is None
