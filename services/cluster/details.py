"""What the routine tier reads: each node's details, and the backups."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from services.clock import Clock
from services.cluster.client import asking, timeless
from services.cluster.errors import PermissionMissing
from services.cluster.gather import AT_ONCE, Asker, Gathering, told_gaps
from services.cluster.model import (
    BackupFacts,
    ClusterSnapshot,
    NodeDetail,
    NodeState,
    StorageSnapshot,
)
from services.cluster.parse_backups import parse_backups, parse_not_backed_up
from services.cluster.parse_disks import SmartReading, hottest, parse_disks, parse_smart
from services.cluster.parse_node import (
    parse_apt_updates,
    parse_certificates,
    parse_node_status,
    parse_services,
    serving_certificate,
)
from services.cluster.rights import backups_barred, parse_granted

COOL_KINDS = frozenset({"nvme", "ssd"})
"""Drives that are asked how warm they are; asking a resting hard disk would wake it."""


async def fetch_details(
    asker: Asker, snapshot: ClusterSnapshot, clock: Clock
) -> tuple[Mapping[str, NodeDetail], Gathering]:
    """Details of every node that is online, by name, and what was refused on the way.

    A node that cannot be read costs only itself.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    whole = Gathering(asker, turns)
    online = snapshot.online
    parts = [Gathering(asker, turns) for _ in online]
    details = await asyncio.gather(
        *(
            fetch_node_detail(part, node.name, clock)
            for part, node in zip(parts, online, strict=True)
        )
    )
    for part in parts:
        whole.refusals.extend(part.refusals)
    found = {node.name: detail for node, detail in zip(online, details, strict=True)}
    return MappingProxyType(found), whole


async def fetch_node_detail(part: Gathering, node: str, clock: Clock) -> NodeDetail:
    """One node's details; what could not be read is None, and `because` says why.

    A node that does not tell its status is asked nothing else.
    """
    status = await part.ask(asking(timeless(parse_node_status), "nodes", node, "status"))
    if status is None:
        return NodeDetail(read_at=clock.now(), because=part.gaps)
    services, updates, certificates, warmest = await asyncio.gather(
        part.ask(asking(timeless(parse_services), "nodes", node, "services")),
        part.ask(asking(timeless(parse_apt_updates), "nodes", node, "apt", "update")),
        part.ask(asking(timeless(parse_certificates), "nodes", node, "certificates", "info")),
        _fetch_warmest_drive(part, node),
    )
    certificate = serving_certificate(certificates) if certificates else None
    return NodeDetail(
        read_at=clock.now(),
        cpu_model=status.cpu_model,
        pve_version=status.pve_version,
        kernel=status.kernel,
        load_1m=status.load_1m,
        load_5m=status.load_5m,
        load_15m=status.load_15m,
        mem_available_bytes=status.mem_available_bytes,
        swap_used_bytes=status.swap_used_bytes,
        swap_total_bytes=status.swap_total_bytes,
        updates_count=updates.count if updates else None,
        security_updates_count=updates.security_count if updates else None,
        certificate_expires_at=certificate.expires_at if certificate else None,
        services=services,
        temperature_c=warmest[1] if warmest else None,
        temperature_of=warmest[0] if warmest else None,
        because=part.gaps,
    )


async def _fetch_warmest_drive(part: Gathering, node: str) -> tuple[str, float] | None:
    drives = await part.ask(asking(timeless(parse_disks), "nodes", node, "disks", "list")) or ()
    cool = [drive for drive in drives if drive.kind in COOL_KINDS]
    answers = await asyncio.gather(
        *(
            part.ask(
                asking(timeless(parse_smart), "nodes", node, "disks", "smart", disk=drive.devpath)
            )
            for drive in cool
        )
    )
    told: dict[str, SmartReading] = {
        drive.name: answer for drive, answer in zip(cool, answers, strict=True) if answer
    }
    return hottest(told)


async def fetch_backups(
    asker: Asker, snapshot: ClusterSnapshot, clock: Clock
) -> tuple[BackupFacts, Gathering]:
    """The newest backup of each guest on any storage, and the guests no job covers.

    Proxmox leaves backups out of a listing for a token that may not see them, without a word: so
    the right is looked at first, and an empty list is never taken for no backups.
    """
    part = Gathering(asker, asyncio.Semaphore(AT_ONCE))
    granted = await part.ask(asking(timeless(parse_granted), "access", "permissions"))
    seen: list[StorageSnapshot] = []
    for storage in backup_storages(snapshot):
        barred = backups_barred(granted, storage.storage) if granted is not None else None
        if barred is None:
            seen.append(storage)
        else:
            part.refusals.append(PermissionMissing("backups", barred))
    listed = await asyncio.gather(*(_fetch_newest(part, each) for each in seen))
    unseen_because = told_gaps([*(r.because for r in part.refusals), *_out_of_reach(snapshot)])
    uncovered = await part.ask(
        asking(timeless(parse_not_backed_up), "cluster", "backup-info", "not-backed-up")
    )
    newest: dict[int, datetime] = {}
    for found in listed:
        for vmid, taken_at in (found or {}).items():
            newest[vmid] = max(taken_at, newest.get(vmid, taken_at))
    facts = BackupFacts(
        read_at=clock.now(),
        last_backup_at=MappingProxyType(newest),
        guests_without_job=uncovered,
        unseen_because=unseen_because,
    )
    return facts, part


async def _fetch_newest(part: Gathering, storage: StorageSnapshot) -> Any:
    return await part.ask(
        asking(
            timeless(parse_backups),
            *("nodes", storage.node, "storage", storage.storage, "content"),
            content="backup",
        )
    )


def backup_storages(snapshot: ClusterSnapshot) -> Sequence[StorageSnapshot]:
    """The storages that hold backups and can be asked, a shared one on one node only."""
    found: dict[str, StorageSnapshot] = {}
    for storage in _may_hold_backups(snapshot):
        node = snapshot.nodes.get(storage.node)
        if storage.active and node is not None and node.state is NodeState.ONLINE:
            found.setdefault(_named(storage), storage)
    return tuple(found.values())


def _out_of_reach(snapshot: ClusterSnapshot) -> Sequence[str]:
    """Why backups on the other storages cannot be seen: a line for each storage."""
    asked = {_named(storage) for storage in backup_storages(snapshot)}
    names = dict.fromkeys(_named(storage) for storage in _may_hold_backups(snapshot))
    return [f"Backups on {name} are out of reach" for name in names if name not in asked]


def _may_hold_backups(snapshot: ClusterSnapshot) -> Iterator[StorageSnapshot]:
    return (each for each in snapshot.storages.values() if "backup" in each.content)


def _named(storage: StorageSnapshot) -> str:
    return storage.storage if storage.shared else f"{storage.storage} of {storage.node}"
