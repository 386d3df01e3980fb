"""What was told of storages before a restart, so that a standing warning is told once; pure."""

from collections.abc import Iterable, Mapping

from db.rows import EventRow
from services.cluster.model import Level

KINDS = ("StorageRoseAbove", "StorageNearlyFull", "StorageFellBelow")
"""The kinds of events that tell where a storage stands."""


def read_told(rows: Iterable[EventRow]) -> Mapping[str, Level]:
    """The level that was last told, by subject (`storage/pve/local-zfs`).

    From rows of the journal, oldest first; a row that makes no sense says nothing.
    """
    told: dict[str, Level] = {}
    for row in rows:
        if row.kind in KINDS and (level := _level(row)) is not None:
            told[row.subject] = level
    return told


def _level(row: EventRow) -> Level | None:
    level = row.detail.get("level")
    return Level(level) if level in tuple(Level) else None
