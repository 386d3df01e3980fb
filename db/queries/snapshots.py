"""Snapshots of the cluster, compressed."""

from datetime import datetime
from typing import Any

from pony import orm

from db.entities import Entities
from db.rows import SnapshotRow
from db.times import as_stored, from_stored


def record_snapshot(
    entities: Entities, *, taken_at: datetime, nodes_count: int, guests_count: int, payload: bytes
) -> int:
    """Keep one snapshot; hands back its number."""
    entity = entities.Snapshot(
        taken_at=as_stored(taken_at),
        nodes_count=nodes_count,
        guests_count=guests_count,
        payload=payload,
    )
    entity.flush()
    return int(entity.id)


def find_latest_snapshot(
    entities: Entities, *, before: datetime | None = None
) -> SnapshotRow | None:
    """The newest snapshot, or the newest one taken before a moment."""
    snapshots = orm.select(snapshot for snapshot in entities.Snapshot)
    if before is not None:
        moment = as_stored(before)
        snapshots = snapshots.filter(lambda snapshot: snapshot.taken_at < moment)
    found = snapshots.order_by(orm.desc(entities.Snapshot.taken_at)).first()
    return _row(found) if found else None


def delete_snapshots_before(entities: Entities, moment: datetime, *, batch: int) -> int:
    """Delete at most `batch` of the oldest snapshots before `moment`; tells how many went."""
    cursor = entities.db.execute(
        "DELETE FROM snapshots WHERE id IN"
        " (SELECT id FROM snapshots WHERE taken_at < $cut ORDER BY taken_at LIMIT $batch)",
        {},
        {"cut": as_stored(moment), "batch": batch},
    )
    return int(cursor.rowcount)


def _row(entity: Any) -> SnapshotRow:
    return SnapshotRow(
        id=entity.id,
        taken_at=from_stored(entity.taken_at),
        nodes_count=entity.nodes_count,
        guests_count=entity.guests_count,
        payload=bytes(entity.payload),
    )
