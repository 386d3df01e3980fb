"""The ZFS pools behind a node's ZFS storages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import Storage

if TYPE_CHECKING:
    from .world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One pool and how full it is; bytes as `zpool` counts them, with ZFS's own share."""

    name: str
    storage: Storage
    size_bytes: int
    allocated_bytes: int
    state: str = "ONLINE"
    """`ONLINE` or `DEGRADED`, as ZFS says it."""

    @property
    def fragmented_percent(self) -> int:
        return min(80, 4 + int(40 * self.allocated_bytes / self.size_bytes))


def pools_of(world: "World", node: str) -> list[Pool]:
    """By name."""
    pools = []
    state = "DEGRADED" if world.nodes[node].pools_degraded else "ONLINE"
    for storage in world.storages_of(node):
        if storage.plugin == "zfspool":
            size = int(storage.total_bytes * 1.03)
            pools.append(
                Pool(
                    name="rpool" if storage.name == "local-zfs" else storage.name,
                    storage=storage,
                    size_bytes=size,
                    allocated_bytes=min(size, int(world.storage_used(storage))),
                    state=state,
                )
            )
    return pools
