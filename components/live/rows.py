"""The rows of the panels, each figure rounded to what the page can show; pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import floor, log10
from typing import Any

from components.live.cpu_model import shorten_cpu_model
from components.live.recorded import RecordedEvent
from services.cluster.model import (
    BackupFacts,
    GuestSnapshot,
    Level,
    NodeDetail,
    NodeSnapshot,
    NodeState,
    StorageSnapshot,
    TaskSnapshot,
)
from services.nodes.detectors import DRIVE_HOT_C
from services.tools.gate.events import told_who

MIB = 1024 * 1024
BOOT_JITTER_S = 20
"""Two boot times nearer than this are the same boot, seen through two roundings."""

_WORST = {Level.CRITICAL: 3, Level.WARNING: 2, Level.OK: 1, Level.UNKNOWN: 0}


def epoch(moment: datetime | None) -> int | None:
    """Whole seconds since the epoch."""
    return None if moment is None else round(moment.timestamp())


def mib(size_bytes: int | None) -> int | None:
    """Bytes as MiB to three significant digits of the unit they are shown in."""
    if size_bytes is None:
        return None
    whole = size_bytes / MIB
    if whole < 1000:
        return round(whole)
    shown = whole
    unit = 1
    while shown >= 1024:
        shown /= 1024
        unit *= 1024
    step = 10 ** (floor(log10(shown)) - 2) * unit if shown else 1
    return round(round(whole / step) * step)


def total_mib(size_bytes: int | None) -> int | None:
    """Bytes as whole MiB, for capacities: they hardly ever change."""
    return None if size_bytes is None else round(size_bytes / MIB)


def fraction(value: float | None) -> float | None:
    """A fraction to the hundredth, which is one per cent on the page."""
    return None if value is None else round(value, 2)


def steady_boot(
    read_at: datetime | None, uptime_s: int | None, before: Mapping[str, Any] | None
) -> int | None:
    """When it booted, in epoch seconds; the earlier row's answer while it differs by jitter only.

    A guest or node that has no uptime has not booted: unknown.
    """
    if read_at is None or not uptime_s:
        return None
    boot = round(read_at.timestamp() - uptime_s)
    earlier = before.get("boot") if before else None
    if earlier is not None and abs(earlier - boot) <= BOOT_JITTER_S:
        return int(earlier)
    return boot


def draw_node(node: NodeSnapshot, *, boot: int | None, guests: int) -> dict[str, Any]:
    """A row of the nodes panel; what the routine tier knows rides along."""
    return {
        "name": node.name,
        "state": node.state.value,
        "since": epoch(node.state_since),
        "seen": None if node.state is NodeState.ONLINE else epoch(node.last_online_at),
        "cpu": fraction(node.cpu_fraction),
        "cpus": node.cpu_count,
        "mem": mib(node.mem_used_bytes),
        "memtotal": total_mib(node.mem_total_bytes),
        "root": mib(node.root_used_bytes),
        "roottotal": total_mib(node.root_total_bytes),
        "boot": boot,
        "guests": guests,
        **_draw_detail(node.detail),
    }


def _draw_detail(detail: NodeDetail | None) -> dict[str, Any]:
    if detail is None:
        return {}
    loads = (detail.load_1m, detail.load_5m, detail.load_15m)
    return {
        "model": shorten_cpu_model(detail.cpu_model),
        "pve": detail.pve_version,
        "kernel": detail.kernel,
        "load": None if None in loads else [round(load or 0.0, 1) for load in loads],
        "swap": mib(detail.swap_used_bytes),
        "swaptotal": total_mib(detail.swap_total_bytes),
        "updates": detail.updates_count,
        "security": detail.security_updates_count,
        "cert": epoch(detail.certificate_expires_at),
        "services": [f"{one.name} {one.complaint}" for one in detail.services_to_see_to],
        "temp": None if detail.temperature_c is None else round(detail.temperature_c),
        "tempof": detail.temperature_of,
        "hot": detail.temperature_c is not None and detail.temperature_c >= DRIVE_HOT_C,
        "detail_at": epoch(detail.read_at),
        "because": detail.because,
    }


def draw_guest(
    guest: GuestSnapshot, *, boot: int | None, backups: BackupFacts | None = None
) -> dict[str, Any]:
    """A row of the guest list."""
    return {
        "vmid": guest.vmid,
        "kind": guest.kind.value,
        "name": guest.name,
        "node": guest.node,
        "state": guest.state.value,
        "since": epoch(guest.state_since),
        "template": guest.template,
        "cpu": fraction(guest.cpu_fraction),
        "cpus": guest.cpu_count,
        "mem": mib(guest.mem_used_bytes),
        "memtotal": total_mib(guest.mem_total_bytes),
        "disk": mib(guest.disk_used_bytes),
        "disktotal": total_mib(guest.disk_total_bytes),
        "boot": boot,
        "tags": list(guest.tags),
        "lock": guest.lock,
        "ha": guest.ha_state,
        "pool": guest.pool,
        "prot": guest.protected,
        **_draw_backup(guest.vmid, backups),
    }


def _draw_backup(vmid: int, backups: BackupFacts | None) -> dict[str, Any]:
    if backups is None:
        return {"backup": None, "job": None}
    taken_at = backups.last_backup_at.get(vmid)
    uncovered = backups.guests_without_job
    unseen = None if backups.unseen_because else False
    return {
        "backup": unseen if taken_at is None else epoch(taken_at),
        "job": None if uncovered is None else vmid not in uncovered,
    }


def draw_storages(storages: Iterable[StorageSnapshot]) -> dict[str, dict[str, Any]]:
    """The storages, fullest first, a shared one folded into a single row.

    The row of a shared storage shows a node that sees it; it is active where any node has it
    active, and its level is the worst that any node tells.
    """
    folded: dict[str, list[StorageSnapshot]] = {}
    for storage in storages:
        key = f"storage/{storage.storage}" if storage.shared else storage.id
        folded.setdefault(key, []).append(storage)
    rows = [(key, _draw_storage(seen)) for key, seen in folded.items()]
    rows.sort(key=lambda pair: -1.0 if pair[1]["share"] is None else pair[1]["share"], reverse=True)
    return dict(rows)


def _draw_storage(seen: list[StorageSnapshot]) -> dict[str, Any]:
    best = next((one for one in seen if one.active and one.used_fraction is not None), seen[0])
    known = {one.active for one in seen}
    share = best.used_fraction
    return {
        "label": best.storage if best.shared else f"{best.node}/{best.storage}",
        "kind": best.kind,
        "used": mib(best.used_bytes),
        "total": total_mib(best.total_bytes),
        "share": None if share is None else round(share, 2),
        "level": max((one.level for one in seen), key=_WORST.__getitem__).value,
        "active": True if True in known else (False if known == {False} else None),
        "shared": best.shared,
        "nodes": sorted(one.node for one in seen),
        "missing": sorted(one.node for one in seen if one.active is False),
        "content": list(best.content),
    }


def draw_task(task: TaskSnapshot) -> dict[str, Any]:
    """A row of the task list."""
    return {
        "upid": task.upid,
        "node": task.node,
        "kind": task.kind,
        "of": task.subject_id,
        "user": task.user,
        "started": epoch(task.started_at),
        "ended": epoch(task.ended_at),
        "outcome": task.outcome.value,
        "exit": task.exit_status,
    }


def draw_event(event: RecordedEvent) -> Mapping[str, Any]:
    """A row of the feed; `at` in seconds since the epoch."""
    return {
        "id": event.id,
        "at": round(event.at.timestamp(), 1),
        "severity": str(event.severity),
        "node": event.node,
        "subject": event.subject,
        "text": event.text,
        "kind": event.kind,
        "acked": epoch(event.acknowledged_at),
        "acked_by": told_who(event.acknowledged_by) if event.acknowledged_by else None,
    }
