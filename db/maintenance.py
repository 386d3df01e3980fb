"""The care of the file: checkpoint, integrity, retention, space, backup.

What would hold up queries for long runs in short steps, or beside them on a connection of its own.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from db.database import Database, connect
from db.errors import DatabaseDamaged
from db.queries.events import delete_events_before
from db.queries.routes import delete_routes_before
from db.queries.snapshots import delete_snapshots_before

BATCH = 2_000
"""Rows deleted in one transaction: a few milliseconds each."""
VACUUM_PAGES = 500
BACKUP_PAGES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What the database takes on the disk."""

    file_bytes: int
    wal_bytes: int
    free_bytes: int
    """Inside the file, to be given back by `give_back_space`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """How many rows of each kind were past their time."""

    events: int
    snapshots: int
    routes: int


async def delete_expired_rows(
    database: Database, *, events_before: datetime, snapshots_before: datetime
) -> Gone:
    """Delete old events, the router's decisions of their age, and old snapshots, in batches."""
    return Gone(
        events=await _in_batches(database, delete_events_before, events_before),
        snapshots=await _in_batches(database, delete_snapshots_before, snapshots_before),
        routes=await _in_batches(database, delete_routes_before, events_before),
    )


async def _in_batches(database: Database, delete: Callable[..., int], moment: datetime) -> int:
    gone = 0
    while True:
        deleted = await database.run(delete, moment, batch=BATCH)
        gone += deleted
        if deleted < BATCH:
            return gone


async def checkpoint(database: Database) -> None:
    """Fold what can be folded of the write-ahead log into the file, without waiting."""

    def fold() -> None:
        with closing(connect(database.path)) as connection:
            # sqlite-only: there is a write-ahead log of our own to care for
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    await asyncio.to_thread(fold)


async def give_back_space(database: Database) -> int:
    """Hand free pages back to the file system, some at a time; tells how many bytes went."""

    def step() -> tuple[int, int]:
        with closing(connect(database.path)) as connection:
            # sqlite-only: incremental vacuum
            before = connection.execute("PRAGMA freelist_count").fetchone()[0]
            connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
            after = connection.execute("PRAGMA freelist_count").fetchone()[0]
            size = connection.execute("PRAGMA page_size").fetchone()[0]
        return after, (before - after) * size

    given_back = 0
    while True:
        left, step_bytes = await asyncio.to_thread(step)
        given_back += step_bytes
        if left == 0 or step_bytes <= 0:
            return given_back


async def check_integrity(database: Database) -> None:
    """Let SQLite read the whole file. Raises DatabaseDamaged with what it found."""

    def check() -> list[str]:
        with closing(connect(database.path)) as connection:
            # sqlite-only: SQLite's own checks
            rows = connection.execute("PRAGMA integrity_check(20)").fetchall()
            findings = [str(row[0]) for row in rows if row[0] != "ok"]
            for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check"):
                findings.append(f"row {rowid} of {table} points to no row of {parent}")
        return findings

    try:
        findings = await asyncio.to_thread(check)
    except sqlite3.DatabaseError as error:
        raise DatabaseDamaged(path=database.path, findings=[str(error)]) from error
    if findings:
        raise DatabaseDamaged(path=database.path, findings=findings)


async def back_up(database: Database, target: Path) -> Path:
    """Copy the open database to `target`, whole and consistent, while queries go on.

    The copy appears under its name only when it is complete and found sound; else nothing is left
    of it. Raises DatabaseDamaged where the database is not sound, OSError and sqlite3.Error where
    it cannot be read or the copy cannot be written.
    """

    def copy() -> None:
        part = target.with_name(target.name + ".part")
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            _copy_pages(database.path, part)
            part.replace(target)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
            raise DatabaseDamaged(path=database.path, findings=[str(error)]) from error
        finally:
            part.unlink(missing_ok=True)

    target.parent.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(copy)
    return target


def _copy_pages(path: Path, part: Path) -> None:
    with closing(connect(path)) as source, closing(sqlite3.connect(part)) as copied:
        # sqlite-only: the online backup
        source.backup(copied, pages=BACKUP_PAGES, sleep=0.01)
        # A copy is one file: it must not wait for a log that was not copied.
        copied.execute("PRAGMA journal_mode = DELETE")
        # Pages are copied unread, so a damaged file would push a sound backup out unseen.
        found = [str(row[0]) for row in copied.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise DatabaseDamaged(path=path, findings=found)


def measure_sizes(database: Database) -> Sizes:
    """Look at the file; blocks for a moment."""
    wal = database.path.with_name(database.path.name + "-wal")
    with closing(connect(database.path)) as connection:
        # sqlite-only: pages that hold nothing
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    return Sizes(
        file_bytes=database.path.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        free_bytes=free * size,
    )
