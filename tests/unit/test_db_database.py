"""The database's door: transactions, thread, slow queries, the end."""

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import pytest
import structlog

from db import Database
from db.entities import Entities
from db.errors import DatabaseClosed, DatabaseDamaged, DatabaseInUse, DatabaseUnusable
from db.queries.accounts import record_first_user
from db.queries.audit import find_audit
from db.queries.events import find_events, record_events
from db.rows import NewAudit
from tests.support.stored_events import event
from tests.support.turned_clock import NOON


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
        go_on.wait(60)
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


async def test_there_is_only_one_first_user(database: Database) -> None:
    audit = NewAudit(at=NOON, actor="anyone", action="set-up", outcome="done")

    made = await asyncio.gather(
        *(
            database.run(
                record_first_user, name=name, password_hash="$argon2id$x", at=NOON, audit=audit
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
