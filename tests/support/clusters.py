"""Made-up clusters for tests of the page: small parts, and one whole of any size."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from services.cluster.model import (
    ClusterSnapshot,
    GuestKind,
    GuestSnapshot,
    GuestState,
    Level,
    NodeSnapshot,
    NodeState,
    SourceState,
    StorageSnapshot,
    Tier,
    TierStatus,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GIB = 1024**3


def at(seconds: float) -> datetime:
    """So many seconds after NOON."""
    return NOON + timedelta(seconds=seconds)


def make_node(
    name: str = "pve", state: NodeState = NodeState.ONLINE, **more: object
) -> NodeSnapshot:
    """An online node with plausible figures."""
    figures: dict[str, object] = {
        "cpu_fraction": 0.2,
        "cpu_count": 8,
        "mem_used_bytes": 10 * GIB,
        "mem_total_bytes": 32 * GIB,
        "root_used_bytes": 20 * GIB,
        "root_total_bytes": 94 * GIB,
        "uptime_s": 86_400,
    }
    return NodeSnapshot(name=name, state=state, state_since=NOON, **{**figures, **more})  # type: ignore[arg-type]


def make_guest(
    vmid: int = 104, state: GuestState = GuestState.RUNNING, **more: object
) -> GuestSnapshot:
    """A running virtual machine with plausible figures."""
    figures: dict[str, object] = {
        "name": f"guest-{vmid}",
        "kind": GuestKind.QEMU,
        "node": "pve",
        "cpu_fraction": 0.1,
        "cpu_count": 2.0,
        "mem_used_bytes": 2 * GIB,
        "mem_total_bytes": 4 * GIB,
        "uptime_s": 3_600,
    }
    return GuestSnapshot(vmid=vmid, state=state, state_since=NOON, **{**figures, **more})  # type: ignore[arg-type]


def make_storage(
    storage: str = "local", node: str = "pve", share: float | None = 0.4, **more: object
) -> StorageSnapshot:
    """An active storage of 1000 GiB."""
    figures: dict[str, object] = {
        "active": True,
        "kind": "dir",
        "level": Level.OK,
        "used_bytes": None if share is None else round(share * 1000 * GIB),
        "total_bytes": 1000 * GIB,
    }
    return StorageSnapshot(storage=storage, node=node, **{**figures, **more})  # type: ignore[arg-type]


def make_snapshot(
    *,
    nodes: Iterable[NodeSnapshot] | None = None,
    guests: Iterable[GuestSnapshot] = (),
    storages: Iterable[StorageSnapshot] = (),
    at: datetime = NOON,
    **more: object,
) -> ClusterSnapshot:
    """A cluster that was wholly read at one moment."""
    nodes = [make_node()] if nodes is None else list(nodes)
    known: dict[str, object] = {
        "quorate": True,
        "nodes_expected": len(nodes),
        "quorum_at": at,
        "nodes_at": at,
        "guests_at": at,
        "storages_at": at,
        "tasks_at": at,
    }
    return ClusterSnapshot(
        taken_at=at,
        nodes={node.name: node for node in sorted(nodes, key=lambda node: node.name)},
        guests={guest.vmid: guest for guest in sorted(guests, key=lambda guest: guest.vmid)},
        storages={storage.id: storage for storage in storages},
        **{**known, **more},  # type: ignore[arg-type]
    )


def make_tiers(**states: TierStatus) -> dict[Tier, TierStatus]:
    """All four tiers, well; `critical=...` and the like replace one."""
    intervals = {
        Tier.CRITICAL: 12.0,
        Tier.IMPORTANT: 32.0,
        Tier.ROUTINE: 300.0,
        Tier.BACKGROUND: 1800.0,
    }
    return {
        tier: states.get(tier.value)
        or TierStatus(tier=tier, interval_s=interval_s, state=SourceState.OK, last_ok_at=NOON)
        for tier, interval_s in intervals.items()
    }


def make_failing(tier: Tier, interval_s: float, because: str = "Proxmox stalls") -> TierStatus:
    """A tier that fails and tries again in 12 s."""
    return TierStatus(
        tier=tier,
        interval_s=interval_s,
        state=SourceState.FAILING,
        because=because,
        remedy="Run `jarvis doctor`",
        failing_since=NOON,
        next_at=NOON + timedelta(seconds=12),
    )
