"""One guest: its configuration and its snapshots."""

import re
from dataclasses import dataclass
from datetime import datetime

from services.cluster import wire

_DISK = re.compile(r"(?:scsi|sata|ide|virtio|mp|efidisk|tpmstate)\d+|rootfs", re.ASCII)
_NET = re.compile(r"net\d+", re.ASCII)
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestConfig:
    """`/nodes/{node}/{qemu|lxc}/{vmid}/config`."""

    name: str | None = None
    description: str | None = None
    os_type: str | None = None
    cores: int | None = None
    sockets: int | None = None
    cpu_type: str | None = None
    mem_bytes: int | None = None
    swap_bytes: int | None = None
    starts_at_boot: bool | None = None
    """None where it is not set: Proxmox's default is no."""
    agent_enabled: bool | None = None
    """Configured, which does not mean that it answers; None where it is not set."""
    delete_guarded: bool | None = None
    """Proxmox's own `protection` against removal."""
    disks: tuple[tuple[str, str], ...] = ()
    """Slot and volume, such as `("scsi0", "local-lvm:vm-100-disk-0,size=32G")`."""
    nets: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()


def parse_guest_config(payload: object) -> GuestConfig:
    """Read a guest's configuration; `memory` is in MiB and may be text or a list of options."""
    row = wire.fields(payload)
    description = row.get("description")
    return GuestConfig(
        name=wire.text(row.get("name")) or wire.text(row.get("hostname")),
        description=description[:4096] if isinstance(description, str) and description else None,
        os_type=wire.text(row.get("ostype")),
        cores=wire.size(row.get("cores")),
        sockets=wire.size(row.get("sockets")),
        cpu_type=wire.text(row.get("cpu")),
        mem_bytes=_mebibytes(row.get("memory")),
        swap_bytes=_mebibytes(row.get("swap")),
        starts_at_boot=wire.truth(row.get("onboot")),
        agent_enabled=_agent(row.get("agent")),
        delete_guarded=wire.truth(row.get("protection")),
        disks=_slots(row, _DISK),
        nets=_slots(row, _NET),
        tags=wire.words(row.get("tags"), ";,"),
    )


def _mebibytes(value: object) -> int | None:
    if isinstance(value, str):
        value = value.partition(",")[0].removeprefix("current=")
    read = wire.whole(value)
    return read * _MIB if read is not None and read < 2**40 else None


def _agent(value: object) -> bool | None:
    if not isinstance(value, str):
        return wire.truth(value)
    return wire.truth(value.partition(",")[0].removeprefix("enabled="))


def _slots(row: wire.Row, shape: re.Pattern[str]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for slot, value in row.items():
        if isinstance(slot, str) and len(slot) < 32 and shape.fullmatch(slot):
            line = wire.text(value)
            if line is not None:
                found.append((slot, line))
    return tuple(sorted(found, key=lambda entry: _natural(entry[0])))


def _natural(slot: str) -> tuple[str, int]:
    letters = slot.rstrip("0123456789")
    return letters, int(slot[len(letters) :] or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotReading:
    """One snapshot of a guest."""

    name: str
    taken_at: datetime | None
    description: str | None
    parent: str | None
    with_memory: bool


def parse_snapshots(payload: object) -> tuple[SnapshotReading, ...] | None:
    """Read a guest's snapshots, newest first, without the pseudo entry `current`.

    None where it is no list: not known is not the same as none.
    """
    if not isinstance(payload, list | tuple):
        return None
    found: list[SnapshotReading] = []
    for row in wire.rows(payload):
        name = wire.text(row.get("name"))
        if name is not None and name != "current":
            found.append(
                SnapshotReading(
                    name=name,
                    taken_at=wire.moment(row.get("snaptime")),
                    description=wire.text(row.get("description")),
                    parent=wire.text(row.get("parent")),
                    with_memory=wire.truth(row.get("vmstate")) or False,
                )
            )
    found.sort(key=lambda snapshot: snapshot.taken_at.timestamp() if snapshot.taken_at else 0.0)
    return tuple(reversed(found))


def parse_snapshot_below(payload: object) -> str | None:
    """The snapshot a guest stands on, from the same list: the parent of its `current`."""
    for row in wire.rows(payload):
        if row.get("name") == "current":
            return wire.text(row.get("parent"))
    return None
