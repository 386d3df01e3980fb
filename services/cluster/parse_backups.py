"""What lies on storages, and which guests are backed up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from services.cluster import wire

_FILE = re.compile(r":backup/(?:.*/)?vzdump-(?:qemu|lxc|openvz)-(\d{1,9})-", re.ASCII)
_PBS = re.compile(
    r":backup/(?:vm|ct)/(\d{1,9})/(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeReading:
    """One volume of `/nodes/{node}/storage/{storage}/content`."""

    volid: str
    content: str | None
    """`backup`, `images`, `iso`, `rootdir`, `vztmpl`…"""
    format: str | None
    size_bytes: int | None
    created_at: datetime | None
    vmid: int | None


def parse_storage_content(payload: object) -> tuple[VolumeReading, ...]:
    """Read `/nodes/{node}/storage/{storage}/content`."""
    found: list[VolumeReading] = []
    for row in wire.rows(payload):
        volid = wire.text(row.get("volid"))
        if volid is None:
            continue
        in_name, in_pbs = _FILE.search(volid), _PBS.search(volid)
        named = in_name or in_pbs
        content = wire.text(row.get("content")) or ("backup" if ":backup/" in volid else None)
        vmid = wire.size(row.get("vmid")) or (int(named[1]) if named else None)
        found.append(
            VolumeReading(
                volid=volid,
                content=content,
                format=wire.text(row.get("format")),
                size_bytes=wire.size(row.get("size")),
                created_at=wire.moment(row.get("ctime")) or _time_in_name(in_pbs),
                vmid=vmid or None,
            )
        )
    return tuple(found)


def _time_in_name(found: re.Match[str] | None) -> datetime | None:
    if found is None:
        return None
    try:
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[1:])
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def parse_backups(payload: object) -> Mapping[int, datetime]:
    """The newest backup of each vmid in a storage's content; those without a time are left out."""
    newest: dict[int, datetime] = {}
    for volume in parse_storage_content(payload):
        if volume.content != "backup" or volume.vmid is None or volume.created_at is None:
            continue
        if volume.vmid not in newest or volume.created_at > newest[volume.vmid]:
            newest[volume.vmid] = volume.created_at
    return MappingProxyType(newest)


def parse_not_backed_up(payload: object) -> tuple[int, ...] | None:
    """Read `/cluster/backup-info/not-backed-up`: sorted vmids; None where it is no list."""
    if not isinstance(payload, list | tuple):
        return None
    vmids = {wire.size(row.get("vmid")) for row in wire.rows(payload)}
    return tuple(sorted(vmid for vmid in vmids if vmid is not None))
