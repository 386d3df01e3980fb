"""How a storage is judged from one reading to the next."""

from datetime import datetime

from services.cluster.model import Level, NodeSnapshot, NodeState, StorageSnapshot
from services.cluster.observe_nodes import is_settling
from services.cluster.parse_resources import StorageReading
from services.cluster.policy import Policy


def observe_storage(
    old: StorageSnapshot | None,
    row: StorageReading,
    node: NodeSnapshot | None,
    at: datetime,
    *,
    policy: Policy,
) -> StorageSnapshot:
    """One storage's row laid upon what was known of it.

    A storage its node has not reported for minutes is inactive, unless the node itself is away or
    has only just returned, or the storage is seen for the first time: then it is not known.
    """
    online = node is None or node.state is NodeState.ONLINE
    active: bool | None = None
    if online and row.available:
        active = True
    elif online and old is not None and not is_settling(node, at, policy):
        active = False
    known = active is True
    told_level = old.told_level if old else Level.UNKNOWN
    used_bytes = row.used_bytes if known else None
    total_bytes = row.total_bytes or (None if known or old is None else old.total_bytes)
    level = Level.UNKNOWN
    if used_bytes is not None and total_bytes:
        level = decide_level(used_bytes / total_bytes, told_level, policy)
    new = StorageSnapshot(
        node=row.node,
        storage=row.storage,
        active=active,
        kind=row.kind or (old.kind if old else None),
        shared=row.shared,
        content=row.content or (old.content if old else ()),
        used_bytes=used_bytes,
        total_bytes=total_bytes,
        level=level,
        told_level=told_level if level is Level.UNKNOWN else level,
        told_active=(old.told_active if old else None) if active is None else active,
    )
    return old if old == new else new


def decide_level(used_fraction: float, before: Level, policy: Policy) -> Level:
    """Where a use stands against the two lines; a line once crossed holds some points longer."""
    slack = policy.storage_hysteresis_fraction
    if used_fraction >= policy.storage_critical_fraction:
        return Level.CRITICAL
    if before is Level.CRITICAL and used_fraction >= policy.storage_critical_fraction - slack:
        return Level.CRITICAL
    if used_fraction >= policy.storage_warning_fraction:
        return Level.WARNING
    if (
        before in (Level.WARNING, Level.CRITICAL)
        and used_fraction >= policy.storage_warning_fraction - slack
    ):
        return Level.WARNING
    return Level.OK
