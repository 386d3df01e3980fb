"""The first whole reading is told once."""

from datetime import UTC, datetime

import pytest

from db.rows import EventRow
from services.cluster.arrival import find_on_arrival
from services.cluster.changes import WatchBegan
from services.cluster.changes_storages import StorageFellBelow, StorageNearlyFull, StorageRoseAbove
from services.cluster.model import ClusterSnapshot, Level
from services.cluster.told import read_told
from services.events import Happening
from tests.support.cluster_story import Story
from tests.support.clusters import NOON, make_snapshot, make_storage


def test_the_first_whole_reading_says_what_is_watched() -> None:
    story = Story()
    blank = ClusterSnapshot(taken_at=story.now)
    story.read()

    told = find_on_arrival(blank, story.snapshot)[0]

    assert isinstance(told, WatchBegan)
    assert told.nodes_known == len(story.snapshot.nodes)
    assert told.nodes_online == told.nodes_known
    assert told.guests_up + told.guests_off == len(story.snapshot.guests)
    assert f"guests: {told.guests_up} up" in told.sentence()


def test_a_later_reading_is_no_arrival() -> None:
    story = Story()
    story.read()
    first = story.snapshot
    story.read()

    assert find_on_arrival(first, story.snapshot) == ()


def test_an_arrival_waits_for_the_guests() -> None:
    story = Story()
    blank = ClusterSnapshot(taken_at=story.now)

    assert find_on_arrival(blank, blank) == ()


def standing(used_fraction: float, told: dict[str, Level]) -> list[Happening]:
    level = (
        Level.CRITICAL
        if used_fraction > 0.9
        else Level.WARNING
        if used_fraction > 0.8
        else Level.OK
    )
    storage = make_storage(
        "local-zfs",
        node="pve",
        used_bytes=round(used_fraction * 1_000_000),
        total_bytes=1_000_000,
        level=level,
        told_level=level,
    )
    found = find_on_arrival(ClusterSnapshot(taken_at=NOON), make_snapshot(storages=[storage]), told)
    return [one for one in found if not isinstance(one, WatchBegan)]


def test_a_storage_that_is_full_already_is_told() -> None:
    (full,) = standing(0.97, {})
    (above,) = standing(0.87, {})

    assert isinstance(full, StorageNearlyFull)
    assert type(above) is StorageRoseAbove
    assert above.subject == "storage/pve/local-zfs"
    assert standing(0.5, {}) == []


def test_what_was_told_before_a_restart_is_not_told_anew() -> None:
    subject = "storage/pve/local-zfs"

    assert standing(0.87, {subject: Level.WARNING}) == []
    assert isinstance(standing(0.97, {subject: Level.WARNING})[0], StorageNearlyFull)
    assert isinstance(standing(0.5, {subject: Level.WARNING})[0], StorageFellBelow)


@pytest.mark.parametrize("detail", ['{"level": "warning"}', "{}", "[]", "rubbish", '{"level": 3}'])
def test_the_journal_tells_where_storages_stood(detail: str) -> None:
    row = EventRow(
        id=1,
        at=datetime(2026, 3, 1, tzinfo=UTC),
        kind="StorageRoseAbove",
        severity="warning",
        node="pve",
        subject="storage/pve/local-zfs",
        text="",
        detail_json=detail,
    )

    told = read_told([row])

    assert told == ({row.subject: Level.WARNING} if "warning" in detail else {})
