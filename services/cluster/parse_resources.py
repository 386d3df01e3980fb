"""`/cluster/resources`: nodes, guests and storages in one answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from services.cluster import wire
from services.cluster.model import GuestKind, GuestState

LARGEST_VMID = 999_999_999


class Section(StrEnum):
    """A part of the cluster that one reading can cover; the values are those of `?type=`."""

    NODES = "node"
    GUESTS = "vm"
    STORAGES = "storage"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReading:
    """A node's row as it was sent."""

    name: str
    status: str | None
    """`online`, `offline` or `unknown`."""
    cpu_fraction: float | None = None
    cpu_count: int | None = None
    mem_used_bytes: int | None = None
    mem_total_bytes: int | None = None
    root_used_bytes: int | None = None
    root_total_bytes: int | None = None
    uptime_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestReading:
    """A guest's row as it was sent."""

    vmid: int
    kind: GuestKind
    node: str
    state: GuestState
    state_detail: str | None = None
    """Proxmox's own word where it says more than the state, such as `io-error`."""
    name: str | None = None
    template: bool = False
    cpu_fraction: float | None = None
    cpu_count: float | None = None
    mem_used_bytes: int | None = None
    mem_total_bytes: int | None = None
    disk_used_bytes: int | None = None
    disk_total_bytes: int | None = None
    uptime_s: int | None = None
    tags: tuple[str, ...] = ()
    lock: str | None = None
    ha_state: str | None = None
    pool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReading:
    """A storage's row as it was sent, one for each node."""

    node: str
    storage: str
    available: bool
    """Whether its node has reported it in the last minutes."""
    kind: str | None = None
    shared: bool = False
    content: tuple[str, ...] = ()
    used_bytes: int | None = None
    total_bytes: int | None = None

    @property
    def id(self) -> str:
        return f"storage/{self.node}/{self.storage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcesReading:
    """One answer of `/cluster/resources`, its rows keyed."""

    seen_at: datetime
    covers: frozenset[Section]
    """The sections that were asked for and could be read; the others say nothing at all."""
    nodes: Mapping[str, NodeReading]
    guests: Mapping[int, GuestReading]
    storages: Mapping[str, StorageReading]
    skipped: int
    """Rows that could not be told apart: while there are any, an absent row proves nothing."""


def parse_resources(
    payload: object, seen_at: datetime, *, only: Section | None = None
) -> ResourcesReading:
    """Read `/cluster/resources`, asked with `?type=<only>` or for everything.

    Proxmox lists every node even to a token without rights, so an answer to a question for nodes
    that names none is no answer: it covers nothing.
    """
    nodes: dict[str, NodeReading] = {}
    guests: dict[int, GuestReading] = {}
    storages: dict[str, StorageReading] = {}
    skipped = 0
    listed = payload if isinstance(payload, list | tuple) else ()
    for row in listed:
        kind = row.get("type") if isinstance(row, dict) else None
        if kind == "qemu" or kind == "lxc":
            if (guest := _guest(row, _KINDS[kind])) is None:
                skipped += 1
            else:
                guests[guest.vmid] = guest
        elif kind == "storage":
            if (storage := _storage(row)) is None:
                skipped += 1
            else:
                storages[storage.id] = storage
        elif kind == "node":
            if (node := _node(row)) is None:
                skipped += 1
            else:
                nodes[node.name] = node
        elif not isinstance(kind, str) or _is_of_ours(row.get("id")):
            skipped += 1
    covers = frozenset(Section) if only is None else frozenset({only})
    if not isinstance(payload, list | tuple) or (Section.NODES in covers and not nodes):
        covers = frozenset()
    return ResourcesReading(
        seen_at=seen_at,
        covers=covers,
        nodes=MappingProxyType(nodes),
        guests=MappingProxyType(guests),
        storages=MappingProxyType(storages),
        skipped=skipped,
    )


def _is_of_ours(identity: object) -> bool:
    """Whether an `id` is of a kind that is read here, so that its row's type must be damaged."""
    return isinstance(identity, str) and identity.startswith(("node/", "qemu/", "lxc/", "storage/"))


def _node(row: wire.Row) -> NodeReading | None:
    get = row.get
    name = wire.text(get("node"))
    if name is None:
        return None
    return NodeReading(
        name=name,
        status=wire.text(get("status")),
        cpu_fraction=wire.fraction(get("cpu")),
        cpu_count=wire.size(get("maxcpu")),
        mem_used_bytes=wire.whole(get("mem")),
        mem_total_bytes=wire.size(get("maxmem")),
        root_used_bytes=wire.whole(get("disk")),
        root_total_bytes=wire.size(get("maxdisk")),
        uptime_s=wire.whole(get("uptime")),
    )


_KINDS = {"qemu": GuestKind.QEMU, "lxc": GuestKind.LXC}

_STATES = {
    "running": GuestState.RUNNING,
    "stopped": GuestState.STOPPED,
    "paused": GuestState.PAUSED,
    "suspended": GuestState.PAUSED,
    "io-error": GuestState.PAUSED,
    "internal-error": GuestState.PAUSED,
    "guest-panicked": GuestState.PAUSED,
    "watchdog": GuestState.PAUSED,
}
"""QEMU's run states that last; those it only passes through (`prelaunch`, `inmigrate`,
`save-vm`…) are no news and stay unknown."""


def guest_state(status: str | None, lock: str | None) -> GuestState:
    """What Proxmox's `status` says of a guest's life.

    A stopped machine is woken into `prelaunch` to be backed up: its guest still does not run.
    """
    if status == "prelaunch" and lock == "backup":
        return GuestState.STOPPED
    return _STATES.get(status or "", GuestState.UNKNOWN)


def _guest(row: wire.Row, kind: GuestKind) -> GuestReading | None:
    get = row.get
    vmid = wire.whole(get("vmid"))
    if vmid is None:
        vmid = wire.whole((wire.text(get("id")) or "").rpartition("/")[2])
    node = wire.text(get("node"))
    if not vmid or vmid > LARGEST_VMID or node is None:
        return None
    status = wire.text(get("status"))
    lock = wire.text(get("lock"))
    state = guest_state(status, lock)
    uptime_s = wire.whole(get("uptime"))
    tags = get("tags")
    return GuestReading(
        vmid=vmid,
        kind=kind,
        node=node,
        state=state,
        state_detail=status if status != state else None,
        name=wire.text(get("name")),
        template=get("template") in (1, "1"),
        cpu_fraction=wire.fraction(get("cpu")),
        cpu_count=wire.number(get("maxcpu")) or None,
        mem_used_bytes=wire.whole(get("mem")),
        mem_total_bytes=wire.size(get("maxmem")),
        disk_used_bytes=wire.size(get("disk")),
        disk_total_bytes=wire.size(get("maxdisk")),
        uptime_s=uptime_s if uptime_s or state is GuestState.RUNNING else None,
        tags=wire.words(tags, ";,") if tags else (),
        lock=lock,
        ha_state=wire.text(get("hastate")),
        pool=wire.text(get("pool")),
    )


def _storage(row: wire.Row) -> StorageReading | None:
    get = row.get
    storage, node = wire.text(get("storage")), wire.text(get("node"))
    if storage is None or node is None:
        return None
    total_bytes = wire.size(get("maxdisk"))
    return StorageReading(
        node=node,
        storage=storage,
        available=get("status") == "available",
        kind=wire.text(get("plugintype")),
        shared=wire.truth(get("shared")) or False,
        content=tuple(sorted(wire.words(get("content")))),
        used_bytes=wire.whole(get("disk")) if total_bytes else None,
        total_bytes=total_bytes,
    )
