"""What cannot be taken back: volumes removed from storages, disks wiped."""

from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import Refused
from .model import Node, Storage, Task, Who
from .volumes import Volume, archive_name, volumes_on

if TYPE_CHECKING:
    from .world import World

REMOVE_S = 0.8
WIPE_S = 1.5


def find_volume(world: "World", storage: Storage, volid: str) -> Volume:
    """One thing on a storage, by its whole id or by what follows the colon. Raises Refused."""
    whole = volid if volid.startswith(f"{storage.name}:") else f"{storage.name}:{volid}"
    for volume in volumes_on(world, storage):
        if volume.volid == whole:
            return volume
    raise Refused(f"volume '{whole}' does not exist")


def remove_volume(world: "World", node: Node, storage: Storage, volume: Volume, who: Who) -> str:
    """A task that removes it; hands back its UPID. Raises Refused."""
    if volume.content in ("images", "rootdir"):
        raise Refused(f"cannot remove image, a guest with VMID '{volume.vmid}' exists!")
    if volume.protected:
        name = volume.volid.partition(":")[2]
        raise Refused(f"cannot remove protected volume '{name}' on '{storage.name}'")

    def then(_: Task) -> str | None:
        for backup in world.backups:
            name = archive_name(backup, world.told(backup.at))
            if backup.storage == storage.name and volume.volid.endswith(f"/{name}"):
                world.backups.remove(backup)
                storage.added_bytes -= backup.size_bytes
                break
        else:
            storage.removed.add(volume.volid)
        world.changed()
        return None

    owner = f"{volume.vmid}@" if volume.vmid is not None else ""
    lines = [f"Removed volume '{volume.volid}'"]
    of = f"{owner}{storage.name}"
    return world.tasks.start(node, "imgdel", of, who, lasts_s=REMOVE_S, lines=lines, then=then).upid


def wipe_disk(world: "World", node: Node, dev: str, who: Who) -> str:
    """A task that wipes a disk which nothing uses; hands back its UPID. Raises Refused."""
    disk = next((one for one in node.disks if one.dev == dev), None)
    if disk is None:
        raise Refused("not a valid block device")
    if disk.used in ("LVM", "ZFS"):
        raise Refused(f"disk/partition '{dev}p3' has a holder")

    def then(_: Task) -> str | None:
        node.disks = tuple(replace(one, used="") if one.dev == dev else one for one in node.disks)
        world.changed()
        return None

    name = dev.rpartition("/")[2]
    return world.tasks.start(node, "wipedisk", name, who, lasts_s=WIPE_S, then=then).upid
