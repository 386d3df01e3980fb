"""The stored feed: newest first, in pages, filtered, and never read from end to end."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from db import Database
from db.entities import Entities
from db.queries.events import feed_statement, find_event, find_events, record_events
from db.times import as_stored, from_stored
from tests.support.stored_events import event
from tests.support.turned_clock import NOON


def test_times_are_stored_in_utc_and_sort_as_they_stand() -> None:
    later = datetime.fromisoformat("2026-11-20T13:00:00.1239+01:00")

    assert as_stored(later) == "2026-11-20T12:00:00.123Z"
    assert as_stored(later) > as_stored(NOON)
    assert from_stored(as_stored(NOON)) == NOON
    with pytest.raises(ValueError, match="zone"):
        as_stored(datetime(2026, 1, 1))  # noqa: DTZ001


async def test_recorded_events_come_back_newest_first(database: Database) -> None:
    rows = await database.run(record_events, [event(n) for n in range(5)])

    found = await database.run(find_events, limit=3)

    assert [row.id for row in found] == [row.id for row in rows][:1:-1]
    assert found[0].text == "guest 4 started"
    assert found[0].at == NOON + timedelta(seconds=4)
    assert await database.run(find_event, rows[0].id) == rows[0]
    assert await database.run(find_event, 10_000) is None


async def test_a_page_of_the_feed_goes_on_where_the_one_before_ended(database: Database) -> None:
    await database.run(record_events, [event(n) for n in range(25)])

    seen: list[int] = []
    before: int | None = None
    while page := await database.run(find_events, before_id=before, limit=10):
        seen += [row.id for row in page]
        before = page[-1].id

    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 25


async def test_the_feed_is_filtered_by_severity_and_node(database: Database) -> None:
    places = ["pve", "home", None]
    kinds = ["info", "good", "warning", "alarm"]
    written = await database.run(
        record_events,
        [event(n, severity=kinds[n % 4], node=places[n % 3]) for n in range(120)],
    )

    for severities in (None, ["alarm"], ["alarm", "warning"], kinds, []):
        for nodes in (None, ["pve"], ["pve", "home"], ["nowhere"], []):
            for before in (None, 60):
                wanted = [
                    row
                    for row in reversed(written)
                    if (severities is None or row.severity in severities)
                    and (nodes is None or row.node in nodes)
                    and (before is None or row.id < before)
                ][:15]
                found = await database.run(
                    find_events, before_id=before, limit=15, severities=severities, nodes=nodes
                )
                assert found == wanted, (severities, nodes, before)

    with pytest.raises(ValueError, match="severity"):
        await database.run(find_events, severities=["'; DROP TABLE events"])


@pytest.mark.parametrize(
    ("severities", "nodes"),
    [
        pytest.param(None, None, id="everything"),
        pytest.param(["alarm", "warning"], None, id="by severity"),
        pytest.param(None, ["pve", "home"], id="by node"),
        pytest.param(["alarm"], ["pve"], id="by both"),
    ],
)
async def test_a_page_of_the_feed_reads_no_table_from_end_to_end(
    database: Database, severities: list[str] | None, nodes: list[str] | None
) -> None:
    sql, values = feed_statement(before_id=1_000, limit=50, severities=severities, nodes=nodes)

    def explain(entities: Entities) -> list[str]:
        rows: list[Any] = entities.db.execute(f"EXPLAIN QUERY PLAN {sql}", {}, values).fetchall()
        return [str(row[3]) for row in rows]

    plan = await database.run(explain)

    assert any("SEARCH" in line for line in plan), plan
    assert not [line for line in plan if re.match(r"SCAN events\b", line)], plan
    for line in plan:
        if line.startswith("SEARCH events") and "PRIMARY KEY" not in line:
            assert "COVERING INDEX events_by_" in line, plan
