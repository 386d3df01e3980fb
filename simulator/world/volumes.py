"""What lies on a storage: guests' disks, backup archives, installation images and templates."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .figures import guest_disk
from .model import GIB, MIB, Backup, Guest, Storage

if TYPE_CHECKING:
    from .world import World

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One thing on a storage. Bytes; `at` is world time."""

    volid: str
    content: str
    format: str
    size_bytes: int
    at: float | None = None
    vmid: int | None = None
    subtype: str | None = None
    used_bytes: int | None = None
    notes: str | None = None
    protected: bool = False


_IMAGES = (
    ("iso", "iso", "debian-13.1.0-amd64-netinst.iso", 783 * MIB),
    ("iso", "iso", "ubuntu-24.04.3-live-server-amd64.iso", 3_303_444_480),
    ("iso", "iso", "virtio-win-0.1.285.iso", 790 * MIB),
    ("vztmpl", "tzst", "debian-13-standard_13.1-2_amd64.tar.zst", 130 * MIB),
    ("vztmpl", "txz", "alpine-3.22-default_20250617_amd64.tar.xz", 3 * MIB),
)


def disk_name(guest: Guest, plugin: str) -> str:
    """The volume name of a guest's first disk, in the manner of the storage's plugin."""
    stem = "base" if guest.template else "vm"
    match plugin:
        case "zfspool" if guest.kind == "lxc":
            return f"subvol-{guest.vmid}-disk-0"
        case "dir" | "nfs" | "cifs":
            suffix = "raw" if guest.kind == "lxc" else "qcow2"
            return f"{guest.vmid}/{stem}-{guest.vmid}-disk-0.{suffix}"
    return f"{stem}-{guest.vmid}-disk-0"


def archive_name(backup: Backup, told_at: int) -> str:
    """The file name vzdump gives an archive; the time is the node's own, in UTC."""
    when = dt.datetime.fromtimestamp(told_at, dt.UTC).strftime("%Y_%m_%d-%H_%M_%S")
    suffix = "vma.zst" if backup.kind == "qemu" else "tar.zst"
    return f"vzdump-{backup.kind}-{backup.vmid}-{when}.{suffix}"


def volumes_on(world: "World", storage: Storage) -> Iterator[Volume]:
    """Everything on one storage that its content types allow."""
    allowed = storage.content.split(",")
    if "images" in allowed or "rootdir" in allowed:
        yield from _disks(world, storage)
    if "backup" in allowed:
        yield from _archives(world, storage)
    if storage.path is not None:
        yield from _installation_images(world, storage, allowed)


def _disks(world: "World", storage: Storage) -> Iterator[Volume]:
    files = storage.plugin in ("dir", "nfs", "cifs")
    for guest in sorted(world.guests.values(), key=lambda guest: guest.vmid):
        if guest.storage != storage.name or guest.node not in storage.nodes:
            continue
        name = disk_name(guest, storage.plugin)
        kind = "subvol" if name.startswith("subvol") else "raw"
        yield Volume(
            volid=f"{storage.name}:{name}",
            content="images" if guest.kind == "qemu" else "rootdir",
            format=name.rpartition(".")[2] if files else kind,
            size_bytes=guest.disk_bytes,
            at=world.began - (30 + guest.vmid % 200) * DAY_S,
            vmid=guest.vmid,
            used_bytes=guest_disk(guest, world.now, world.began) if files else None,
        )


def _archives(world: "World", storage: Storage) -> Iterator[Volume]:
    for backup in world.backups:
        if backup.storage != storage.name:
            continue
        name = archive_name(backup, world.told(backup.at))
        yield Volume(
            volid=f"{storage.name}:backup/{name}",
            content="backup",
            format="vma.zst" if backup.kind == "qemu" else "tar.zst",
            size_bytes=backup.size_bytes,
            at=backup.at,
            vmid=backup.vmid,
            subtype=backup.kind,
            notes=backup.notes or None,
            protected=backup.protected,
        )


def _installation_images(world: "World", storage: Storage, allowed: list[str]) -> Iterator[Volume]:
    for number, (content, kind, name, size) in enumerate(_IMAGES):
        if content not in allowed or (not storage.shared and size > GIB):
            continue
        if f"{storage.name}:{content}/{name}" in storage.removed:
            continue
        yield Volume(
            volid=f"{storage.name}:{content}/{name}",
            content=content,
            format=kind,
            size_bytes=size,
            at=world.began - (20 + 9 * number) * DAY_S,
        )
