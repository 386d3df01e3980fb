"""The steps from an empty file to the present one."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db import Database
from db.copies import ask_copy
from db.errors import DatabaseTooNew
from db.migrations import APPLICATION_ID, MIGRATIONS, Migration, apply_migrations, read_version
from db.queries.audit import find_audit, record_audit
from db.queries.events import find_events
from db.rows import NewAudit

ROWS = {
    "events": "INSERT INTO events (at, kind, severity, node, subject, text) VALUES"
    " ('2026-01-02T03:04:05.678Z', 'NodeWentDown', 'alarm', 'pve', 'node/pve', 'pve is down')",
    "snapshots": "INSERT INTO snapshots (taken_at, nodes_count, guests_count, payload) VALUES"
    " ('2026-01-02T03:04:05.678Z', 4, 20, x'00')",
    "users": "INSERT INTO users (id, name, created_at) VALUES"
    " (1, 'owner', '2026-01-02T03:04:05.678Z')",
    "sessions": "INSERT INTO sessions VALUES ('ab', 1, '2026-01-02T03:04:05.678Z',"
    " '2026-01-02T03:04:05.678Z', '2026-02-02T03:04:05.678Z', '192.0.2.4', 'browser')",
    "preferences": "INSERT INTO preferences VALUES (1, '{}', '2026-01-02T03:04:05.678Z')",
    "audit": "INSERT INTO audit VALUES (1, '2026-01-02T03:04:05.678Z', 'user/owner', 'sign-in',"
    " '', 'done', '', '{}', '', 'ff')",
    "approvals": "INSERT INTO approvals VALUES (1, 'ab', 'c1', 'stop_guest', '{}', 'ff', 'person',"
    " 'owner', 's', 'owner', '', 2, '', '[]', '[]', '{}', '2026-01-02T03:04:05.678Z',"
    " '2026-01-02T03:09:05.678Z', 'lapsed', NULL, NULL, '', NULL)",
    "gate_state": "INSERT INTO gate_state VALUES ('stand-down', '{}', '2026-01-02T03:04:05.678Z')",
    "open_calls": "INSERT INTO open_calls VALUES (1)",
    "event_acks": "INSERT INTO event_acks VALUES (1, '2026-01-02T03:04:05.678Z', 'person/owner')",
    "links": "INSERT INTO links VALUES ('ab', 1, '2026-01-02T03:14:05.678Z')",
    "host_keys": "INSERT INTO host_keys VALUES (1, 'pve', '192.0.2.10', 'SHA256:ab', 'ssh-ed25519"
    " AA', '2026-01-02T03:04:05.678Z', 'person/owner', NULL, NULL)",
    "model_requests": "INSERT INTO model_requests VALUES (1, '2026-01-02T03:04:05.678Z', 'claude',"
    " 'claude-x', 10, 20, 30, 40, 0, 50, 60, 70.5, 80.5, 'asked', 'c', 'm', 's', 'owner',"
    " 'person/owner', 'done', '')",
    "costs_by_hour": "INSERT INTO costs_by_hour VALUES ('2026-01-02T03', 'claude', 'claude-x',"
    " 1, 0, 0, 10, 20, 30, 40, 50, 60)",
    "costs_by_conversation": "INSERT INTO costs_by_conversation VALUES ('c',"
    " '2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z', 1, 0, 0, 10, 20, 30, 40, 50, 60)",
    "routes": "INSERT INTO routes VALUES (1, '2026-01-02T03:04:05.678Z', 'c', 'm', 'how is it?',"
    " 'claude', 'routine', 1, 'tools', 'state', 0.9, 0.2, 'it asks for state', '[]', 'local',"
    " '2026-01-02T03:05:05.678Z', 'person/owner')",
    "conversations": "INSERT INTO conversations VALUES ('c', 'owner', 'Status', 'status', 1,"
    " '2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z', NULL, NULL)",
    "messages": "INSERT INTO messages (id, conversation, turn, role, parts_json, words, at)"
    " VALUES ('m', 'c', 't', 'user', '[]', 'how is it?', '2026-01-02T03:04:05.678Z')",
    "waiting_calls": "INSERT INTO waiting_calls VALUES ('ab', 'c', 't', 'm', 'c1', 'stop_guest')",
}
"""A row for each table, put in in this order, as some belong to others."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jarvis.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        yield opened


def tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows}


def shape(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()


def test_the_steps_are_numbered_from_one_without_gaps() -> None:
    assert [step.number for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
    assert len({step.name for step in MIGRATIONS}) == len(MIGRATIONS)


def test_an_empty_file_gets_every_table(connection: sqlite3.Connection, path: Path) -> None:
    applied = apply_migrations(connection, MIGRATIONS, path=path)

    assert applied == [step.number for step in MIGRATIONS]
    assert tables(connection) == {*ROWS, "migrations", "sqlite_sequence"}


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_file_of_an_earlier_version_keeps_its_rows(version: int, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "jarvis.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        apply_migrations(connection, MIGRATIONS[:version], path=path)
        held = tables(connection) - {"migrations", "sqlite_sequence"}
        assert held <= ROWS.keys(), "a table without a row here would not be missed"
        before: dict[str, list[tuple[object, ...]]] = {}
        for name in (name for name in ROWS if name in held):
            connection.execute(ROWS[name])
        for name in held:
            columns = [of[1] for of in connection.execute(f"PRAGMA table_info({name})")]
            select = f"SELECT {', '.join(columns)} FROM {name}"
            before[select] = connection.execute(select).fetchall()
            assert len(before[select]) == 1, name

    database = Database(folder, slow_query_ms=1_000)
    database.open()
    events = database.run_blocking(find_events)
    database.close()

    assert [event.text for event in events] == ["pve is down"]
    with closing(sqlite3.connect(path)) as connection:
        assert read_version(connection) == MIGRATIONS[-1].number
        for select, rows in before.items():
            assert connection.execute(select).fetchall() == rows, select
        with closing(sqlite3.connect(tmp_path / "fresh.db", isolation_level=None)) as fresh:
            apply_migrations(fresh, MIGRATIONS, path=path)
            assert shape(fresh) == shape(connection)


def test_applying_twice_changes_nothing(connection: sqlite3.Connection, path: Path) -> None:
    apply_migrations(connection, MIGRATIONS, path=path)
    first = shape(connection)
    ledger = connection.execute("SELECT * FROM migrations").fetchall()

    assert apply_migrations(connection, MIGRATIONS, path=path) == []

    assert shape(connection) == first
    assert connection.execute("SELECT * FROM migrations").fetchall() == ledger


def test_a_newer_file_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    database = Database(folder, slow_query_ms=1_000)
    database.open()
    database.close()
    newest = MIGRATIONS[-1].number
    with closing(sqlite3.connect(database.path, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO migrations VALUES (?, 'from tomorrow', '2030-01-01T00:00:00.000Z')",
            (newest + 1,),
        )
        connection.execute("PRAGMA journal_mode = DELETE")  # as in a backup
    before = database.path.read_bytes()

    with pytest.raises(DatabaseTooNew) as refused:
        database.open()

    text = str(refused.value)
    assert str(newest) in text
    assert str(newest + 1) in text
    assert str(database.path) in text
    assert "backup" in text
    assert not database.is_open
    assert database.path.read_bytes() == before
    with pytest.raises(DatabaseTooNew, match=str(database.path)):
        ask_copy(database, lambda _: None)


def test_a_step_that_fails_leaves_nothing_behind(
    connection: sqlite3.Connection, path: Path
) -> None:
    def break_off(opened: sqlite3.Connection) -> None:
        opened.execute("CREATE TABLE half (id INTEGER)")
        opened.execute("CREATE TABLE half (id INTEGER)")

    broken = Migration(number=MIGRATIONS[-1].number + 1, name="broken", apply=break_off)

    with pytest.raises(sqlite3.OperationalError):
        apply_migrations(connection, (*MIGRATIONS, broken), path=path)

    assert "half" not in tables(connection)
    assert read_version(connection) == MIGRATIONS[-1].number


KILLED = """
import sqlite3, sys
from pathlib import Path
from db.migrations import MIGRATIONS, Migration, apply_migrations

def stand_still(opened):
    opened.execute("CREATE TABLE half (id INTEGER)")
    opened.execute("INSERT INTO events (at, kind, severity, subject, text)"
                   " VALUES ('2026-01-01T00:00:00.000Z', 'k', 'info', 's', 't')")
    print("in the middle", flush=True)
    sys.stdin.read()

path = Path(sys.argv[1])
opened = sqlite3.connect(path, isolation_level=None)
opened.execute("PRAGMA journal_mode = WAL")
step = Migration(number=len(MIGRATIONS) + 1, name="half", apply=stand_still)
apply_migrations(opened, (*MIGRATIONS, step), path=path)
"""


def test_a_process_killed_in_the_middle_of_a_step_leaves_the_version_before(
    tmp_path: Path,
) -> None:
    database = Database(tmp_path, slow_query_ms=1_000)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(database.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")
        assert any(b"in the middle" in line for line in lines)
        process.send_signal(signal.SIGKILL)

    database.open()
    events = database.run_blocking(find_events)
    database.close()

    assert events == []
    with closing(sqlite3.connect(database.path)) as connection:
        assert read_version(connection) == MIGRATIONS[-1].number
        assert "half" not in tables(connection)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_file_says_whose_it_is_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    database = Database(tmp_path, slow_query_ms=1_000)
    database.open()
    database.run_blocking(
        record_audit,
        NewAudit(
            at=datetime(2026, 1, 2, tzinfo=UTC), actor="system", action="test", outcome="done"
        ),
    )
    entries = database.run_blocking(find_audit, limit=5)
    database.close()

    assert len(entries) == 1
    assert database.path.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(database.path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
