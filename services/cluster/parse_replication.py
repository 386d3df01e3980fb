"""`/nodes/{node}/replication`: which guests are copied to another node, and how that goes."""

from dataclasses import dataclass
from datetime import datetime

from services.cluster import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicationReading:
    """One job."""

    id: str
    """`104-0`."""
    vmid: int | None
    source: str | None
    target: str | None
    schedule: str | None
    enabled: bool
    last_sync_at: datetime | None
    duration_s: float | None
    fail_count: int | None
    error: str | None


def parse_replication(payload: object) -> tuple[ReplicationReading, ...] | None:
    """Read `/nodes/{node}/replication`, sorted by id; None where it is no list."""
    if not isinstance(payload, list | tuple):
        return None
    found: dict[str, ReplicationReading] = {}
    for row in wire.rows(payload):
        id_ = wire.text(row.get("id"))
        if id_ is not None:
            found[id_] = ReplicationReading(
                id=id_,
                vmid=wire.size(row.get("guest")) or wire.size(id_.partition("-")[0]),
                source=wire.text(row.get("source")),
                target=wire.text(row.get("target")),
                schedule=wire.text(row.get("schedule")),
                enabled=not wire.truth(row.get("disable")),
                last_sync_at=wire.moment(row.get("last_sync")),
                duration_s=wire.number(row.get("duration")),
                fail_count=wire.whole(row.get("fail_count")),
                error=wire.text(row.get("error")),
            )
    return tuple(found[id_] for id_ in sorted(found))
