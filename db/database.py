"""The door to the file: one folder, one thread, one query at a time."""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from pony import orm

from db.entities import Entities, define_entities
from db.errors import DatabaseClosed, DatabaseDamaged, DatabaseInUse, DatabaseUnusable
from db.migrations import APPLICATION_ID, MIGRATIONS, apply_migrations, refuse_newer

log = structlog.get_logger("db")

P = ParamSpec("P")
R = TypeVar("R")

FILE_NAME = "jarvis.db"
BUSY_TIMEOUT_MS = 5_000


def connect(path: Path) -> sqlite3.Connection:
    """A connection of its own, in autocommit mode, with the pragmas every connection wants."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    apply_pragmas(connection)
    return connection


def apply_pragmas(connection: sqlite3.Connection) -> None:
    """Set what SQLite forgets with each connection."""
    # sqlite-only: settings of the file and of the connection
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_size_limit = 16777216")


class Database:
    """The database in `folder`; created when missing, migrated when older than the code."""

    def __init__(self, folder: Path, *, slow_query_ms: float) -> None:
        self.path = folder.absolute() / FILE_NAME
        self._slow_query_ms = slow_query_ms
        self._thread: ThreadPoolExecutor | None = None
        self._entities: Entities | None = None
        self._lock: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether queries are taken."""
        return self._thread is not None

    def is_in_use(self) -> bool:
        """Whether another process has the folder now; changes nothing."""
        try:
            self._take_folder()
        except (DatabaseInUse, OSError) as error:
            return isinstance(error, DatabaseInUse)
        self._leave_folder()
        return False

    def open(self) -> None:
        """Create or migrate the file and make ready for queries; blocks for some milliseconds.

        Raises DatabaseTooNew when a later version wrote the file, DatabaseInUse, DatabaseUnusable
        or DatabaseDamaged.
        """
        if self._thread is not None:
            return
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="db")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._take_folder()
            self._entities = thread.submit(self._prepare).result()
        except BaseException as error:
            thread.shutdown()
            self._leave_folder()
            if isinstance(error, OSError):
                cause = error.strerror or str(error)
                raise DatabaseUnusable(path=self.path, cause=cause) from error
            if isinstance(error, sqlite3.OperationalError):
                raise DatabaseUnusable(path=self.path, cause=str(error)) from error
            if isinstance(error, sqlite3.DatabaseError):
                raise DatabaseDamaged(path=self.path, findings=[str(error)]) from error
            raise
        self._thread = thread

    def close(self) -> None:
        """Finish what was asked, fold the WAL into the file and let go of it.

        Blocks until the queries that wait are done.
        """
        if self._thread is None:
            return
        thread, self._thread = self._thread, None
        try:
            thread.submit(self._let_go).result()
        finally:
            thread.shutdown()
            self._entities = None
            self._leave_folder()

    async def run(
        self,
        query: Callable[Concatenate[Entities, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `query(entities, …)` in the database's thread, in one transaction.

        It commits when the query returns and rolls back when it raises. When the caller is
        cancelled, a query that has begun still ends one way or the other.
        Raises DatabaseClosed, and whatever the query raises.
        """
        return await asyncio.wrap_future(self._submit(query, *args, **kwargs))

    def run_blocking(
        self,
        query: Callable[Concatenate[Entities, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """As `run`, for a command line without an event loop; never call it on one."""
        return self._submit(query, *args, **kwargs).result()

    def _submit(
        self, query: Callable[Concatenate[Entities, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> Future[R]:
        if self._thread is None or self._entities is None:
            raise DatabaseClosed(path=self.path)
        entities = self._entities

        def work() -> R:
            began = time.perf_counter()
            try:
                with orm.db_session:
                    return query(entities, *args, **kwargs)
            finally:
                self._log_if_slow(entities, query, (time.perf_counter() - began) * 1000)

        return self._thread.submit(work)

    def _take_folder(self) -> None:
        # The folder itself is locked: it adds no file, and the system lets go with the process.
        lock = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise DatabaseInUse(path=self.path) from None
        self._lock = lock

    def _leave_folder(self) -> None:
        if self._lock is not None:
            lock, self._lock = self._lock, None
            os.close(lock)

    def _prepare(self) -> Entities:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            # Before the pragmas: they would write into the header of a file not to be changed.
            if refuse_newer(connection, MIGRATIONS, path=self.path) == 0:
                # sqlite-only: must stand before the first table
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self.path.chmod(0o600)
            apply_pragmas(connection)
            apply_migrations(connection, MIGRATIONS, path=self.path)
        db: Any = orm.Database()

        @db.on_connect(provider="sqlite")  # type: ignore[untyped-decorator]
        def _(_: Any, connection: sqlite3.Connection) -> None:
            apply_pragmas(connection)

        entities = define_entities(db)
        db.bind(provider="sqlite", filename=str(self.path), timeout=BUSY_TIMEOUT_MS / 1000)
        db.generate_mapping(create_tables=False, check_tables=True)
        db.merge_local_stats()
        return entities

    def _let_go(self) -> None:
        if self._entities is not None:
            self._entities.db.disconnect()
        with closing(connect(self.path)) as connection:
            # sqlite-only: the write-ahead log goes into the file, so that one file is all there is
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _log_if_slow(
        self, entities: Entities, query: Callable[..., Any], duration_ms: float
    ) -> None:
        stats = entities.db.local_stats
        if duration_ms >= self._slow_query_ms:
            log.warning(
                "slow query",
                query=getattr(query, "__name__", repr(query)),
                duration_ms=round(duration_ms, 1),
                limit_ms=self._slow_query_ms,
                statements=[" ".join(sql.split()) for sql in stats if sql],
            )
        entities.db.merge_local_stats()
