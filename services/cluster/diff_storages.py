"""What happened to storages between two snapshots; one that nodes share is told once."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypedDict

from services.cluster.changes_storages import (
    StorageFellBelow,
    StorageLost,
    StorageNearlyFull,
    StorageReturned,
    StorageRoseAbove,
    subject_of,
)
from services.cluster.model import ClusterSnapshot, Level, StorageSnapshot
from services.cluster.policy import Policy
from services.events import Happening

_RANK = {Level.UNKNOWN: 0, Level.OK: 1, Level.WARNING: 2, Level.CRITICAL: 3}

Rows = list[StorageSnapshot]


class _Told(TypedDict):
    node: str | None
    storage: str
    shared: bool


def diff_storages(old: ClusterSnapshot, new: ClusterSnapshot) -> Iterator[Happening]:
    """Storages that crossed a line, were lost or came back."""
    if old.storages_at is None or old.storages is new.storages:
        return
    before_all = _grouped(old)
    for key, rows in _grouped(new).items():
        before = before_all.get(key)
        if before is not None:
            yield from _crossed(_level(before), rows, new.taken_at, new.policy)
            yield from _availability(before, rows, new.taken_at)


def find_storages_on_arrival(
    new: ClusterSnapshot, told: Mapping[str, Level]
) -> Iterator[Happening]:
    """Where storages stand at the first reading, as far as it was not told before a restart.

    `told` is the level that was last told, by subject; what was never told of was well.
    """
    for rows in _grouped(new).values():
        first = rows[0]
        subject = subject_of(first.storage, None if first.shared else first.node)
        yield from _crossed(told.get(subject, Level.OK), rows, new.taken_at, new.policy)


def _grouped(snapshot: ClusterSnapshot) -> dict[str, Rows]:
    groups: dict[str, Rows] = {}
    for row in snapshot.storages.values():
        groups.setdefault(row.storage if row.shared else row.id, []).append(row)
    return groups


def _crossed(was: Level, rows: Rows, at: datetime, policy: Policy) -> Iterator[Happening]:
    now = _level(rows)
    fractions = [row.used_fraction for row in rows if row.used_fraction is not None]
    if Level.UNKNOWN in (was, now) or was is now or not fractions:
        return
    told = _told(rows)
    used_fraction = max(fractions)
    rises = _RANK[now] > _RANK[was]
    crossed = now if rises else was
    line_fraction = (
        policy.storage_critical_fraction
        if crossed is Level.CRITICAL
        else policy.storage_warning_fraction
    )
    if rises:
        rise = StorageNearlyFull if now is Level.CRITICAL else StorageRoseAbove
        yield rise(
            at=at, level=now, used_fraction=used_fraction, line_fraction=line_fraction, **told
        )
    else:
        yield StorageFellBelow(
            at=at, level=now, used_fraction=used_fraction, line_fraction=line_fraction, **told
        )


def _availability(before: Rows, rows: Rows, at: datetime) -> Iterator[Happening]:
    was = {row.node: row.told_active for row in before}
    lost = tuple(row.node for row in rows if row.told_active is False and was.get(row.node))
    back = tuple(row.node for row in rows if row.told_active and was.get(row.node) is False)
    told = _told(rows)
    if lost:
        yield StorageLost(at=at, nodes=lost, **told)
    if back:
        yield StorageReturned(at=at, nodes=back, **told)


def _level(rows: Rows) -> Level:
    return max((row.told_level for row in rows), key=_RANK.__getitem__)


def _told(rows: Rows) -> _Told:
    first = rows[0]
    return _Told(
        node=None if first.shared else first.node, storage=first.storage, shared=first.shared
    )
