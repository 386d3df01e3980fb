"""`/nodes/{node}/disks/zfs`: the ZFS pools of a node."""

from dataclasses import dataclass

from services.cluster import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolReading:
    """One pool, as the API lists it."""

    name: str
    health: str | None
    """`ONLINE`, `DEGRADED`, `FAULTED`…"""
    size_bytes: int | None
    allocated_bytes: int | None
    fragmentation_percent: float | None


def parse_pools(payload: object) -> tuple[PoolReading, ...] | None:
    """Read `/nodes/{node}/disks/zfs`, sorted by name; None where it is no list."""
    if not isinstance(payload, list | tuple):
        return None
    found: dict[str, PoolReading] = {}
    for row in wire.rows(payload):
        name = wire.text(row.get("name"))
        if name is not None:
            found[name] = PoolReading(
                name=name,
                health=wire.text(row.get("health")),
                size_bytes=wire.size(row.get("size")),
                allocated_bytes=wire.whole(row.get("alloc")),
                fragmentation_percent=wire.number(row.get("frag")),
            )
    return tuple(found[name] for name in sorted(found))
