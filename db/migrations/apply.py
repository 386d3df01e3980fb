"""Brings a file to the present version: each step whole or not at all, never twice, never back."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from db.errors import DatabaseTooNew
from db.times import as_stored

log = structlog.get_logger("db")

APPLICATION_ID = 0x4A525653
"""Marks the file as Jarvis's in its header (`JRVS`)."""

_LEDGER = """
CREATE TABLE IF NOT EXISTS migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step: its number counts from 1 without gaps, its name says what it brings."""

    number: int
    name: str
    apply: Callable[[sqlite3.Connection], None]


def read_version(connection: sqlite3.Connection) -> int:
    """The number of the last step in the file; 0 for an empty one."""
    # sqlite-only: the list of tables
    known = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
    ).fetchone()[0]
    if not known:
        return 0
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()[0])


def refuse_newer(connection: sqlite3.Connection, steps: Sequence[Migration], *, path: Path) -> int:
    """The number of the last step in the file.

    Raises DatabaseTooNew where it is none of `steps`; the file is only read.
    """
    newest = steps[-1].number if steps else 0
    found = read_version(connection)
    if found > newest:
        raise DatabaseTooNew(path=path, file_version=found, code_version=newest)
    return found


def apply_migrations(
    connection: sqlite3.Connection, steps: Sequence[Migration], *, path: Path
) -> list[int]:
    """Apply the steps the file lacks, each in its own transaction; hands back their numbers.

    `connection` must be in autocommit mode (`isolation_level=None`).
    Raises DatabaseTooNew, with the file untouched, when it holds a step that is not in `steps`.
    """
    newest = steps[-1].number if steps else 0
    found = refuse_newer(connection, steps, path=path)
    missing = [step for step in steps if step.number > found]
    applied = [step.number for step in missing if _apply_one(connection, step)]
    if applied:
        log.info("database migrated", path=str(path), before=found, now=newest)
    return applied


def _apply_one(connection: sqlite3.Connection, step: Migration) -> bool:
    connection.execute("BEGIN IMMEDIATE")  # sqlite-only: one writer, from the start
    try:
        connection.execute(_LEDGER)
        # Another process may have applied it while this one waited for the lock.
        if read_version(connection) >= step.number:
            connection.execute("ROLLBACK")
            return False
        step.apply(connection)
        connection.execute(
            "INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)",
            (step.number, step.name, as_stored(datetime.now(UTC))),
        )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return True
