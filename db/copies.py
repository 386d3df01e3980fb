"""A database of which a copy is asked, because a running Jarvis has its folder to itself."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from db.database import FILE_NAME, Database
from db.errors import DatabaseTooNew
from db.maintenance import back_up

T = TypeVar("T")


def ask_copy(database: Database, ask: Callable[[Database], T]) -> T:
    """Copy `database`, ask the copy, and throw it away; blocks, for a command line.

    Raises DatabaseError, OSError, sqlite3.Error, and whatever `ask` raises.
    """
    with TemporaryDirectory() as folder:
        copy = Database(Path(folder), slow_query_ms=float("inf"))
        asyncio.run(back_up(database, Path(folder) / FILE_NAME))
        try:
            copy.open()
        except DatabaseTooNew as error:
            # Of the copy, whose place means nothing to anybody.
            raise DatabaseTooNew(
                path=database.path,
                file_version=error.file_version,
                code_version=error.code_version,
            ) from None
        try:
            return ask(copy)
        finally:
            copy.close()
