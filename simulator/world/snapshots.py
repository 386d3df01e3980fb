"""Snapshots of guests: taken, gone back to, deleted; each a task that locks its guest."""

from .actions import hold, kind_of, lasts_for
from .errors import Refused
from .guests import begin_run, end_run
from .model import GIB, Guest, Snapshot, Task, Who
from .world import World


def take_snapshot(
    world: World, guest: Guest, who: Who, name: str, *, description: str = "", vmstate: bool = False
) -> str:
    if any(snapshot.name == name for snapshot in guest.snapshots):
        raise Refused(f"snapshot name '{name}' already used")

    def then(_: Task) -> str | None:
        storage = world.find_storage(guest.node, guest.storage)
        if storage is not None and world.storage_used(storage) > 0.97 * storage.total_bytes:
            return f"snapshot create failed: {storage.name}: out of space"
        parent = guest.snapshots[-1].name if guest.snapshots else None
        guest.snapshots.append(
            Snapshot(
                name=name,
                taken_at=world.now,
                description=description,
                parent=parent,
                vmstate=vmstate,
            )
        )
        if storage is not None:
            storage.added_bytes += GIB
        return None

    lines = [f"snapshotting 'drive-scsi0' ({guest.storage}:vm-{guest.vmid}-disk-0)"]
    lasts = lasts_for(world, 1.0, 2.5, guest, "snapshot")
    return hold(
        world,
        guest,
        who,
        kind_of(guest, "snapshot"),
        "snapshot",
        lasts_s=lasts,
        lines=lines,
        then=then,
    ).upid


def _snapshot_of(guest: Guest, name: str) -> Snapshot:
    found = next((snapshot for snapshot in guest.snapshots if snapshot.name == name), None)
    if found is None:
        raise Refused(f"snapshot '{name}' does not exist")
    return found


def roll_back(world: World, guest: Guest, who: Who, name: str, *, start_it: bool = False) -> str:
    snapshot = _snapshot_of(guest, name)
    newest = guest.snapshots[-1]
    if guest.storage == "local-zfs" and newest is not snapshot:
        raise Refused(
            f"can't rollback, '{name}' is not most recent snapshot on"
            f" '{guest.storage}:vm-{guest.vmid}-disk-0'"
        )

    def then(_: Task) -> str | None:
        if guest.is_running:
            end_run(world, guest)
        if snapshot.vmstate or start_it:
            begin_run(world, guest)
        return None

    return hold(
        world,
        guest,
        who,
        kind_of(guest, "rollback"),
        "rollback",
        lasts_s=lasts_for(world, 1.5, 3.0, guest, "rollback"),
        lines=[],
        then=then,
    ).upid


def delete_snapshot(world: World, guest: Guest, who: Who, name: str) -> str:
    snapshot = _snapshot_of(guest, name)

    def then(_: Task) -> str | None:
        for other in guest.snapshots:
            if other.parent == name:
                other.parent = snapshot.parent
        guest.snapshots.remove(snapshot)
        storage = world.find_storage(guest.node, guest.storage)
        if storage is not None:
            storage.added_bytes -= GIB
        return None

    return hold(
        world,
        guest,
        who,
        kind_of(guest, "delsnapshot"),
        "snapshot-delete",
        lasts_s=lasts_for(world, 1.0, 2.5, guest, "delsnapshot"),
        lines=[],
        then=then,
    ).upid
