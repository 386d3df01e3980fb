"""Looking through the audit, taking it away as a file, and the seal on it."""

import csv
import io
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from db.rows_gate import AuditSearch
from tests.support.gate_house import MODEL, OWNER, GateHouse


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[GateHouse]:
    """Three calls: one at noon, one ten minutes later, one refused another ten later."""
    opened = await GateHouse(tmp_path).open()
    await opened.ask("get_guest_status", MODEL, guest=104)
    opened.clock.turn(600)
    await opened.ask("start_guest", OWNER, reason="=cmd|' /C calc'!A0", guest=112)
    opened.clock.turn(600)
    await opened.ask("stop_guest", MODEL, reason="100 % sure_thing über", guest=103)
    yield opened
    await opened.shut()


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        (AuditSearch(), [5, 4, 3, 2, 1]),
        (AuditSearch(actor="person/owner"), [4, 3]),
        (AuditSearch(action="get_guest_status"), [2, 1]),
        (AuditSearch(outcome="refused"), [5]),
        (AuditSearch(target="guest/112"), [4, 3]),
        (AuditSearch(target="guest/11"), []),
        (AuditSearch(text="SURE_THING"), [5]),
        (AuditSearch(text="sureXthing"), []),
        (AuditSearch(text="ÜBER"), [5]),
        (AuditSearch(text="100 %"), [5]),
        (AuditSearch(text="1%4"), []),
        (AuditSearch(text="'; DROP TABLE audit; --"), []),
        (AuditSearch(actor="model/claude", outcome="done"), [2]),
    ],
    ids=str,
)
async def test_entries_are_found_by(house: GateHouse, search: AuditSearch, ids: list[int]) -> None:
    assert [row.id for row in await house.gate.audit.search(search)] == ids


async def test_entries_are_found_by_time(house: GateHouse) -> None:
    middle = house.clock.now() - timedelta(minutes=10)

    since = await house.gate.audit.search(AuditSearch(since=middle))
    until = await house.gate.audit.search(AuditSearch(until=middle))

    assert ([row.id for row in since], [row.id for row in until]) == ([5, 4, 3], [2, 1])


async def test_pages_follow_one_another(house: GateHouse) -> None:
    first = await house.gate.audit.search(AuditSearch(), limit=2)
    second = await house.gate.audit.search(AuditSearch(), before_id=first[-1].id, limit=2)

    assert [row.id for row in (*first, *second)] == [5, 4, 3, 2]


async def test_the_audit_leaves_as_json(house: GateHouse) -> None:
    pieces = [piece async for piece in house.gate.audit.export_json(AuditSearch())]
    nothing = [p async for p in house.gate.audit.export_json(AuditSearch(actor="nobody"))]

    told = json.loads("".join(pieces))
    assert [row["id"] for row in told] == [1, 2, 3, 4, 5]
    assert told[4]["detail"]["reason"] == "100 % sure_thing über"
    assert told[0]["at"] == "2026-11-20T12:00:00.000Z"
    assert json.loads("".join(nothing)) == []


async def test_the_audit_leaves_as_csv_that_computes_nothing(house: GateHouse) -> None:
    await house.gate.audit.record(OWNER, "note", "=1+1", "done", because="-2+3")

    pieces = [piece async for piece in house.gate.audit.export_csv(AuditSearch())]

    rows = list(csv.DictReader(io.StringIO("".join(pieces))))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert (rows[5]["target"], rows[5]["because"]) == ("'=1+1", "'-2+3")
    assert json.loads(rows[2]["detail_json"])["reason"] == "=cmd|' /C calc'!A0"


async def test_a_changed_entry_is_found(house: GateHouse) -> None:
    assert await house.broken() is None
    await house.shut()
    with closing(sqlite3.connect(house.database.path)) as connection, connection:
        with pytest.raises(sqlite3.IntegrityError, match="only ever appended"):
            connection.execute("DELETE FROM audit WHERE id = 3")
        connection.execute("DROP TRIGGER audit_is_not_deleted")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM audit WHERE id = 3")
    await house.open()

    assert await house.broken() == 4
