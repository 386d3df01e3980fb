"""What can be wrong with the database.

DatabaseError
├── DatabaseTooNew      a later version of Jarvis wrote the file
├── DatabaseDamaged     SQLite's own check found faults
├── DatabaseInUse       another Jarvis works in the same folder
├── DatabaseUnusable    the folder or the file cannot be opened for writing
└── DatabaseClosed      a query was asked for before open() or after close()
"""

import sqlite3
from pathlib import Path

DISK_FAULTS = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    )
)
"""SQLite's own codes, without what they add in their upper bytes."""


def is_disk_fault(error: BaseException) -> bool:
    """Whether the disk is at fault: it is full, cannot be written to, or does not answer."""
    met: set[int] = set()
    told: BaseException | None = error
    while told is not None and id(told) not in met:
        met.add(id(told))
        if isinstance(told, sqlite3.Error):
            return (getattr(told, "sqlite_errorcode", 0) & 0xFF) in DISK_FAULTS
        # Pony wraps what SQLite raises, once or twice.
        told = getattr(told, "original_exc", None) or told.__cause__ or told.__context__
    return False


class DatabaseError(Exception):
    """The database cannot be used as it should."""


class DatabaseTooNew(DatabaseError):
    """The file was written by a later version, and this one does not know its tables."""

    def __init__(self, *, path: Path, file_version: int, code_version: int) -> None:
        self.path = path
        self.file_version = file_version
        self.code_version = code_version
        super().__init__(
            f"The database {path} is of version {file_version}; this Jarvis knows versions up to "
            f"{code_version}. Start the newer Jarvis that wrote it, or restore a backup made "
            "before the upgrade. Nothing was changed."
        )


class DatabaseDamaged(DatabaseError):
    """SQLite found the file or its rows inconsistent."""

    def __init__(self, *, path: Path, findings: list[str]) -> None:
        self.path = path
        self.findings = findings
        super().__init__(
            f"The database {path} is damaged: {'; '.join(findings[:3])}. Stop Jarvis, keep the "
            "file aside, and restore the newest backup."
        )


class DatabaseInUse(DatabaseError):
    """Another process has the folder; two would each tell every change and miss the other's."""

    def __init__(self, *, path: Path) -> None:
        self.path = path
        super().__init__(
            f"The folder {path.parent} is in use by another Jarvis. Stop that one, or give this "
            "one a folder of its own with JARVIS_DATA_DIR."
        )


class DatabaseUnusable(DatabaseError):
    """The system does not let the file be opened and written."""

    def __init__(self, *, path: Path, cause: str) -> None:
        self.path = path
        super().__init__(
            f"The database {path} cannot be opened: {cause}. JARVIS_DATA_DIR must name a folder "
            "that this user may write to, on a disk with space left."
        )


class DatabaseClosed(DatabaseError):
    """The database is not open."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(f"The database {path} is not open; call open() before asking it anything")
