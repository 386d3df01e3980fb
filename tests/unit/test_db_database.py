"""The database's door: transactions, thread, slow queries, the end."""

import asyncio
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

import db.queries.audit
from db import Database
from db.entities import Entities
from db.errors import DatabaseClosed, DatabaseDamaged, DatabaseInUse, DatabaseUnusable
from db.maintenance import (
    Gone,
    back_up,
    check_integrity,
    checkpoint,
    delete_expired_rows,
    give_back_space,
    measure_sizes,
)
from db.queries.accounts import record_first_user
from db.queries.audit import find_audit, find_broken_audit, record_audit
from db.queries.events import feed_statement, find_event, find_events, record_events
from db.queries.snapshots import find_latest_snapshot, record_snapshot
from db.rows import NewAudit, NewEvent
from db.times import as_stored, from_stored

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path, slow_query_ms=10_000)
    opened.open()
    yield opened
    opened.close()


def event(n: int, *, severity: str = "info", node: str | None = "pve") -> NewEvent:
    return NewEvent(
        at=NOW + timedelta(seconds=n),
        kind="GuestStarted",
        severity=severity,
        node=node,
        subject=f"guest/{n}",
        text=f"guest {n} started",
    )


def test_times_are_stored_in_utc_and_sort_as_they_stand() -> None:
    later = datetime.fromisoformat("2026-11-20T13:00:00.1239+01:00")

    assert as_stored(later) == "2026-11-20T12:00:00.123Z"
    assert as_stored(later) > as_stored(NOW)
    assert from_stored(as_stored(NOW)) == NOW
    with pytest.raises(ValueError, match="zone"):
        as_stored(datetime(2026, 1, 1))  # noqa: DTZ001


async def test_recorded_events_come_back_newest_first(database: Database) -> None:
    rows = await database.run(record_events, [event(n) for n in range(5)])

    found = await database.run(find_events, limit=3)

    assert [row.id for row in found] == [row.id for row in rows][:1:-1]
    assert found[0].text == "guest 4 started"
    assert found[0].at == NOW + timedelta(seconds=4)
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


async def test_a_query_that_raises_leaves_nothing(database: Database) -> None:
    def write_and_fail(entities: Entities) -> None:
        record_events(entities, [event(1)])
        raise LookupError("in the middle")

    with pytest.raises(LookupError, match="in the middle"):
        await database.run(write_and_fail)

    assert await database.run(find_events) == []


async def test_queries_run_in_one_thread_that_is_not_the_loops(database: Database) -> None:
    def which(_: Entities) -> int:
        return threading.get_ident()

    threads = set(await asyncio.gather(*(database.run(which) for _ in range(5))))

    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_a_cancelled_caller_leaves_a_whole_transaction_and_a_working_door(
    database: Database,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def write_slowly(entities: Entities) -> None:
        record_events(entities, [event(1)])
        begun.set()
        go_on.wait(10)
        record_events(entities, [event(2)])

    caller = asyncio.ensure_future(database.run(write_slowly))
    assert await asyncio.to_thread(begun.wait, 10)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()

    assert len(await database.run(find_events)) == 2


async def test_a_slow_query_is_logged_without_its_values(tmp_path: Path) -> None:
    database = Database(tmp_path, slow_query_ms=0.001)
    database.open()
    try:
        with structlog.testing.capture_logs() as lines:
            await database.run(find_events, before_id=4711, severities=["alarm"])
    finally:
        database.close()

    (line,) = [line for line in lines if line["event"] == "slow query"]
    assert line["query"] == "find_events"
    assert line["duration_ms"] > 0
    (statement,) = line["statements"]
    assert "FROM events" in statement
    assert "4711" not in str(line)
    assert "alarm" not in str(line)


async def test_a_fast_query_is_not_logged(database: Database) -> None:
    with structlog.testing.capture_logs() as lines:
        await database.run(find_events)

    assert lines == []


async def test_closing_finishes_what_was_asked_and_folds_the_log_in(tmp_path: Path) -> None:
    database = Database(tmp_path, slow_query_ms=10_000)
    database.open()
    asked = [asyncio.ensure_future(database.run(record_events, [event(n)])) for n in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(database.close)
    await asyncio.gather(*asked)

    assert [path.name for path in tmp_path.iterdir()] == ["jarvis.db"]
    with pytest.raises(DatabaseClosed, match="open"):
        await database.run(find_events)
    database.open()
    assert len(await database.run(find_events)) == 20
    database.close()


async def test_two_files_may_be_open_at_once(tmp_path: Path) -> None:
    one = Database(tmp_path / "one", slow_query_ms=10_000)
    two = Database(tmp_path / "two", slow_query_ms=10_000)
    one.open()
    two.open()
    try:
        await one.run(record_events, [event(1)])

        assert len(await one.run(find_events)) == 1
        assert await two.run(find_events) == []
    finally:
        one.close()
        two.close()


async def test_every_connection_has_the_pragmas(database: Database) -> None:
    def pragmas(entities: Entities) -> list[Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [entities.db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await database.run(pragmas) == ["wal", 1, 1, 5_000]


async def test_a_backup_is_a_whole_database(database: Database, tmp_path: Path) -> None:
    await database.run(record_events, [event(n) for n in range(100)])

    target = await back_up(database, tmp_path / "backups" / "jarvis-2026-11-20.db")

    await database.run(record_events, [event(101)])
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.stat().st_mode & 0o077 == 0
    folder = tmp_path / "restored"
    folder.mkdir()
    (folder / "jarvis.db").write_bytes(target.read_bytes())
    restored = Database(folder, slow_query_ms=10_000)
    restored.open()
    try:
        await check_integrity(restored)
        assert len(await restored.run(find_events, limit=500)) == 100
    finally:
        restored.close()


async def test_retention_deletes_the_old_and_gives_space_back(database: Database) -> None:
    await database.run(record_events, [event(n) for n in range(6_000)])
    for day in range(3):
        await database.run(
            record_snapshot,
            taken_at=NOW + timedelta(days=day),
            nodes_count=4,
            guests_count=20,
            payload=bytes(200_000),
        )
    await checkpoint(database)
    before = measure_sizes(database)

    gone = await delete_expired_rows(
        database,
        events_before=NOW + timedelta(seconds=5_000),
        snapshots_before=NOW + timedelta(days=2),
    )
    given_back = await give_back_space(database)
    await checkpoint(database)

    assert gone == Gone(events=5_000, snapshots=2, routes=0)
    assert len(await database.run(find_events, limit=500)) == 500
    latest = await database.run(find_latest_snapshot)
    assert latest is not None
    assert latest.taken_at == NOW + timedelta(days=2)
    assert latest.payload == bytes(200_000)
    assert await database.run(find_latest_snapshot, before=NOW + timedelta(days=2)) is None
    assert given_back > 400_000
    assert measure_sizes(database).file_bytes < before.file_bytes
    await check_integrity(database)


async def test_a_damaged_file_is_told_with_what_was_found(tmp_path: Path) -> None:
    database = Database(tmp_path, slow_query_ms=10_000)
    database.open()
    await database.run(record_events, [event(n) for n in range(5_000)])
    database.close()
    with database.path.open("r+b") as file:
        file.seek(database.path.stat().st_size // 2)
        file.write(b"\xff" * 20_000)

    database.open()
    try:
        with pytest.raises(DatabaseDamaged, match="backup"):
            await check_integrity(database)
    finally:
        database.close()


async def test_the_audit_is_a_chain_that_shows_a_broken_link(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.queries.audit, "VERIFY_PAGE", 2)
    for n in range(3):
        await database.run(
            record_audit,
            NewAudit(at=NOW, actor="user/owner", action="sign-in", outcome="done", target=str(n)),
        )
    assert await database.run(find_broken_audit) is None

    def forge(entities: Entities) -> None:
        entities.db.execute("DROP TRIGGER audit_is_not_changed")
        entities.db.execute("UPDATE audit SET outcome = 'refused' WHERE id = 2")

    await database.run(forge)

    assert await database.run(find_broken_audit) == 2
    assert [row.id for row in await database.run(find_audit, before_id=3, limit=5)] == [2, 1]


@pytest.mark.parametrize("statement", ["UPDATE audit SET outcome = 'x'", "DELETE FROM audit"])
async def test_the_audit_can_only_be_appended_to(database: Database, statement: str) -> None:
    await database.run(
        record_audit, NewAudit(at=NOW, actor="system", action="start", outcome="done")
    )

    def change(entities: Entities) -> None:
        entities.db.execute(statement)

    with pytest.raises(Exception, match="only ever appended"):
        await database.run(change)

    assert len(await database.run(find_audit, limit=5)) == 1
    assert await database.run(find_broken_audit) is None


async def test_there_is_only_one_first_user(database: Database) -> None:
    audit = NewAudit(at=NOW, actor="anyone", action="set-up", outcome="done")

    made = await asyncio.gather(
        *(
            database.run(
                record_first_user, name=name, password_hash="$argon2id$x", at=NOW, audit=audit
            )
            for name in ("owner", "stranger")
        )
    )

    assert [user.name if user else None for user in made] == ["owner", None]
    assert len(await database.run(find_audit, limit=5)) == 1


def test_what_another_database_must_rewrite_is_marked_and_few() -> None:
    root = Path(__file__).parents[2] / "db"
    marks = {
        path.relative_to(root).as_posix(): path.read_text().count("# sqlite-only:")
        for path in root.rglob("*.py")
    }
    unmarked = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"PRAGMA|sqlite_master|RAISE\(", path.read_text())
        and "# sqlite-only:" not in path.read_text()
    ]

    assert unmarked == []
    in_queries = {name for name, count in marks.items() if name.startswith("queries/") and count}
    assert in_queries == {"queries/conversations.py"}
    assert sum(marks.values()) <= 17


def test_a_folder_is_for_one_jarvis_at_a_time(database: Database, tmp_path: Path) -> None:
    second = Database(tmp_path, slow_query_ms=10_000)

    with pytest.raises(DatabaseInUse) as refused:
        second.open()

    assert str(tmp_path) in str(refused.value)
    assert "JARVIS_DATA_DIR" in str(refused.value)
    assert not second.is_open
    database.close()
    second.open()
    assert second.is_open
    second.close()


def test_a_folder_that_cannot_be_made_is_told_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    database = Database(tmp_path / "taken" / "data", slow_query_ms=10_000)

    with pytest.raises(DatabaseUnusable) as refused:
        database.open()

    assert "Not a directory" in str(refused.value)
    assert "JARVIS_DATA_DIR" in str(refused.value)
    assert not database.is_open


def test_what_is_no_file_cannot_be_opened_as_one(tmp_path: Path) -> None:
    (tmp_path / "jarvis.db").mkdir()

    with pytest.raises(DatabaseUnusable, match=r"jarvis\.db"):
        Database(tmp_path, slow_query_ms=10_000).open()


def test_a_file_that_is_no_database_is_damaged_and_left_as_it_is(tmp_path: Path) -> None:
    scribbled = b"nothing that SQLite ever wrote\n" * 500
    (tmp_path / "jarvis.db").write_bytes(scribbled)
    database = Database(tmp_path, slow_query_ms=10_000)

    with pytest.raises(DatabaseDamaged, match="backup"):
        database.open()

    assert (tmp_path / "jarvis.db").read_bytes() == scribbled
    (tmp_path / "jarvis.db").unlink()
    database.open()
    assert database.is_open
    database.close()
