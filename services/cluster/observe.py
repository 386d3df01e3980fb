"""A reading laid upon the last snapshot: pure merges that carry their own memory.

Each function hands back the next snapshot. Objects that did not change are the same objects, and a
section that was not read, could not be read, or is older than what is known stays as it was. When a
reading has rows that could not be told apart, what is missing from it is kept: it may be one of
those rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from services.cluster.model import (
    BackupFacts,
    ClusterSnapshot,
    NodeDetail,
    NodeSnapshot,
    TaskOutcome,
    TaskSnapshot,
)
from services.cluster.observe_guests import observe_guest
from services.cluster.observe_nodes import is_next_probe, observe_node, observe_online
from services.cluster.observe_storages import observe_storage
from services.cluster.parse_cluster import StatusReading, VersionReading
from services.cluster.parse_resources import ResourcesReading, Section
from services.cluster.policy import Policy

__all__ = [
    "Policy",
    "observe_backups",
    "observe_details",
    "observe_resources",
    "observe_status",
    "observe_tasks",
    "observe_version",
]

OVERTAKEN_WITHIN_S = 60.0
"""A reading older than the one held is dropped; when it is older by more, a clock was set."""

ENDED_TASKS_LIMIT = 200
FAILED_UPIDS_LIMIT = 1_000

K = TypeVar("K", int, str)
S = TypeVar("S")
R = TypeVar("R")


def observe_resources(
    previous: ClusterSnapshot, reading: ResourcesReading, at: datetime, *, policy: Policy
) -> ClusterSnapshot:
    """Lay a reading of `/cluster/resources` upon `previous`, section by section.

    A reading of the nodes alone touches neither guests nor storages.
    """
    nodes, nodes_at = previous.nodes, previous.nodes_at
    if Section.NODES in reading.covers and not _is_overtaken(reading.seen_at, nodes_at):
        nodes = _merge(
            nodes,
            reading.nodes,
            lambda old, row: observe_node(old, row, at, seen_before_at=nodes_at, policy=policy),
            keep_missing=reading.skipped > 0,
        )
        nodes_at = reading.seen_at
    guests, guests_at = previous.guests, previous.guests_at
    if Section.GUESTS in reading.covers and not _is_overtaken(reading.seen_at, guests_at):
        guests = _merge(
            guests,
            reading.guests,
            lambda old, row: observe_guest(old, row, nodes.get(row.node), at, policy=policy),
            keep_missing=reading.skipped > 0,
        )
        guests_at = reading.seen_at
    storages, storages_at = previous.storages, previous.storages_at
    if Section.STORAGES in reading.covers and not _is_overtaken(reading.seen_at, storages_at):
        storages = _merge(
            storages,
            reading.storages,
            lambda old, row: observe_storage(old, row, nodes.get(row.node), at, policy=policy),
            keep_missing=reading.skipped > 0,
        )
        storages_at = reading.seen_at
    return replace(
        previous,
        taken_at=at,
        nodes=nodes,
        nodes_at=nodes_at,
        guests=guests,
        guests_at=guests_at,
        storages=storages,
        storages_at=storages_at,
        policy=policy,
    )


def observe_status(
    previous: ClusterSnapshot, reading: StatusReading, at: datetime, *, policy: Policy
) -> ClusterSnapshot:
    """Lay a reading of `/cluster/status` upon `previous`: quorum, and who Corosync sees.

    It may take a known node's life away or give it back, but it brings no node and removes none:
    `/cluster/resources` does.
    """
    if not reading.readable or _is_overtaken(reading.seen_at, previous.quorum_at):
        return previous
    nodes: dict[str, NodeSnapshot] = {}
    for name, node in previous.nodes.items():
        nodes[name] = observe_online(
            node, reading.online.get(name), at, seen_before_at=previous.nodes_at, policy=policy
        )
    lost_at, back_at = _quorum_memory(previous, reading.quorate, at, policy)
    return replace(
        previous,
        taken_at=at,
        name=reading.name,
        standalone=reading.standalone,
        quorate=reading.quorate,
        quorum_lost_at=lost_at,
        quorum_back_at=back_at,
        nodes_expected=reading.nodes_expected,
        quorum_at=reading.seen_at,
        nodes=_reused(previous.nodes, nodes),
        addresses=_known_addresses(previous.addresses, reading.addresses),
        policy=policy,
    )


def _known_addresses(held: Mapping[str, str], read: Mapping[str, str]) -> Mapping[str, str]:
    known = {**held, **read}
    return held if known == held else MappingProxyType(known)


def _quorum_memory(
    previous: ClusterSnapshot, quorate: bool | None, at: datetime, policy: Policy
) -> tuple[datetime | None, datetime | None]:
    lost_at, back_at = previous.quorum_lost_at, previous.quorum_back_at
    if quorate is False:
        return lost_at or at, None
    if quorate is None or lost_at is None:
        return lost_at, back_at
    if back_at is not None and is_next_probe(back_at, at, policy):
        return None, None
    return lost_at, back_at or at


def observe_version(previous: ClusterSnapshot, reading: VersionReading | None) -> ClusterSnapshot:
    """Note which Proxmox answers; an unreadable answer changes nothing."""
    if reading is None or reading.version == previous.pve_version:
        return previous
    return replace(previous, pve_version=reading.version)


def observe_tasks(
    previous: ClusterSnapshot, tasks: tuple[TaskSnapshot, ...], at: datetime
) -> ClusterSnapshot:
    """Put `tasks` in the place of those known: all that run, and the newest that ended.

    Which ones failed is remembered beyond the list, for a task that leaves it and comes back.
    """
    kept: list[TaskSnapshot] = []
    ended = 0
    for task in sorted(tasks, key=lambda task: task.started_at, reverse=True):
        if task.outcome is not TaskOutcome.RUNNING:
            ended += 1
            if ended > ENDED_TASKS_LIMIT:
                continue
        kept.append(task)
    known = set(previous.failed_upids)
    failed = [
        task.upid for task in kept if task.outcome is TaskOutcome.FAILED and task.upid not in known
    ]
    return replace(
        previous,
        taken_at=at,
        tasks=previous.tasks if previous.tasks == tuple(kept) else tuple(kept),
        tasks_at=at,
        failed_upids=(*failed, *previous.failed_upids)[:FAILED_UPIDS_LIMIT]
        if failed
        else previous.failed_upids,
    )


def observe_details(
    previous: ClusterSnapshot, details: Mapping[str, NodeDetail], at: datetime
) -> ClusterSnapshot:
    """Put each detail with its node; a node without a new one keeps the old, with its age."""
    nodes = {
        name: replace(node, detail=details[name]) if name in details else node
        for name, node in previous.nodes.items()
    }
    return replace(previous, taken_at=at, nodes=_reused(previous.nodes, nodes))


def observe_backups(
    previous: ClusterSnapshot, backups: BackupFacts, at: datetime
) -> ClusterSnapshot:
    """Take what is known of backups; where some could not be seen, older finds are kept."""
    held = previous.backups
    if held is not None and backups.unseen_because is not None:
        newest = dict(held.last_backup_at)
        for vmid, made_at in backups.last_backup_at.items():
            newest[vmid] = max(made_at, newest.get(vmid, made_at))
        backups = replace(backups, last_backup_at=MappingProxyType(newest))
    if held is not None and backups.guests_without_job is None:
        backups = replace(backups, guests_without_job=held.guests_without_job)
    return replace(previous, taken_at=at, backups=backups)


def _is_overtaken(seen_at: datetime, held_at: datetime | None) -> bool:
    if held_at is None:
        return False
    return 0 < (held_at - seen_at).total_seconds() < OVERTAKEN_WITHIN_S


def _merge(
    held: Mapping[K, S],
    read: Mapping[K, R],
    observe: Callable[[S | None, R], S],
    *,
    keep_missing: bool,
) -> Mapping[K, S]:
    keys: list[K] = list(read)
    if keep_missing:
        keys += [key for key in held if key not in read]
    merged: dict[K, S] = {}
    for key in sorted(keys):
        row = read.get(key)
        merged[key] = held[key] if row is None else observe(held.get(key), row)
    return _reused(held, merged)


def _reused(held: Mapping[K, S], merged: dict[K, S]) -> Mapping[K, S]:
    """The old mapping when it holds the very same objects."""
    same = len(held) == len(merged) and all(held.get(key) is value for key, value in merged.items())
    return held if same else MappingProxyType(merged)
