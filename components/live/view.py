"""What a page shows, as plain values drawn from one snapshot; pure.

A `View` has panels; a panel has `meta` and rows by key. `patch` (in `components/live/patch.py`)
tells what changed between two views; the browser merges it into its store.

The message is `{"seq", "now", "reset"?, "panels": {name: {"meta"?, "set"?, "del"?, "order"?}}}`.
A `null` is unknown, and so is a field that was never sent. Times are seconds since the epoch,
memory and disks are MiB to three significant digits, CPU is a fraction of 1 to the hundredth:
noise below a displayed digit changes nothing and costs no byte.

Meta of every panel: `state` (loading, empty, ok, stale, failed), `as_of`, `stale_after` (s; the
browser turns an ok panel stale when its figures are older), `because`, `brief` (the same in fewer
words, where there are), `remedy`, `retry_at`.

Panels, what their meta has besides, and the fields of their rows by key:

top: health, reasons, quorate, online, expected, up, off, unknown, templates, cluster, version,
    endpoints [{url, healthy, used, because, retry_at}]. No rows.
nodes, by name: name, state, since, seen, cpu, cpus, mem, memtotal, root, roottotal, boot, guests,
    and from the routine tier model, pve, kernel, load [1, 5, 15 min], swap, swaptotal, updates,
    security, cert, services [unwell], temp (°C), tempof, hot, because, detail_at (when all
    of these were read), and over SSH ssh (the state of the connection), sshsays, fingerprint (of a
    key that waits for a person), pools [[name, state, why it is not sound]], units [failed ones],
    drives [[device, passes, why it fails]], each with *_at (when it was read) and *_says (why it
    could not be the last time), and temp with temp_at and temp_says where it is a processor's; ills
    [[what is wrong, in brief, whether it is an alarm]], absent where nothing is, and held: why it
    may not go down, where what is protected forbids it. The meta's
    old_after: past how many seconds detail, temp, pools, units and drives are shown with their
    age. On a reset, and when its past was read, also spark: CPU in per cent, a point a minute,
    oldest first, with the minute of as_of last, null for a gap; the browser goes on from there.
guests, by vmid; meta up, off, unknown, templates: vmid, kind, name, node, state, since, template,
    cpu, cpus, mem, memtotal, disk, disktotal, boot, tags, lock, ha, pool, prot, held (why nothing
    may be done to it, where it is protected), backup (of the newest seen; false: none was seen),
    job (whether a backup job covers it).
storage, by id (`storage/<node>/<storage>`, a shared one `storage/<storage>`): label, kind, used,
    total, share, level, active, shared, nodes, missing [nodes that lack it], content.
tasks, by UPID; meta running: upid, node, kind, of, user, started, ended, outcome, exit.
feed, by id: id, at, severity, node, subject, text, kind, and where somebody has taken note of it
    acked (when) and acked_by.
talk: doing (thinking, acting, waiting, answering; null while silent), today and limit (dollars),
    spent, scripted, providers [{name, state, because, remedy, model}]. No rows.
gate; meta waiting, override {user, until}, stood_down {since, by, because} (false while Jarvis may
    act), passkey: by approval id, those that wait first: id, tool, args [[name, text]], reason,
    asker (as a person reads it), tier, why, blast [[label, text]], asked, expires, state (pending,
    approved, refused, lapsed, cancelled, spent), decided_by, decided, outcome, told.
reactor: mood (calm, busy, attention, alarm, unknown), health, reasons, alarms (so many of the
    reasons, from the first; the rest only want attention), load (of all CPUs). No rows.

`nodes`, `storage`, `tasks` and `gate` come in the `order` told; guests are sorted in the browser,
and the feed is newest first by id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from components.live.ailments import find_ailments, old_after_s
from components.live.gate_rows import CLOSED_GATE, GateView, gate_meta, gate_rows
from components.live.health import Health, decide_health
from components.live.recorded import RecordedEvent
from components.live.rows import (
    draw_event,
    draw_guest,
    draw_node,
    draw_storages,
    draw_task,
    epoch,
    steady_boot,
)
from components.live.talk_rows import SILENCE, TalkView, talk_meta
from components.live.watch_rows import OLD_AFTER_S, draw_ills, draw_watch
from services.cluster.model import (
    ClusterSnapshot,
    EndpointStatus,
    GuestState,
    SourceState,
    TaskOutcome,
    Tier,
    TierStatus,
)
from services.nodes.model import NodeWatch
from services.safety.protection import Subject, find_holds
from services.safety.touches import TouchKind

Row = Mapping[str, Any]

TASKS_SHOWN = 40
LOOK = "`jarvis doctor` lists the rights that are missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel: what holds for all of it, and its rows."""

    meta: Row
    rows: Mapping[str, Row] = field(default_factory=lambda: MappingProxyType({}))
    order: tuple[str, ...] | None = None
    """The rows' order; None where the browser sorts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything a page shows, before anything of it is sent."""

    panels: Mapping[str, Panel] = field(default_factory=lambda: MappingProxyType({}))


EMPTY_VIEW = View()


def draw_view(
    snapshot: ClusterSnapshot | None,
    tiers: Mapping[Tier, TierStatus],
    endpoints: Sequence[EndpointStatus] = (),
    feed: Sequence[RecordedEvent] = (),
    *,
    unwritten: str | None = None,
    noted: Sequence[RecordedEvent] = (),
    watches: Mapping[str, NodeWatch] = MappingProxyType({}),
    gate: GateView = CLOSED_GATE,
    talk: TalkView = SILENCE,
    before: View = EMPTY_VIEW,
) -> View:
    """Draw the page's values; `feed` is newest first, `unwritten` why it may lack something.

    `noted` are acknowledged events that are older than the feed.
    `before` is the view this one follows: a boot time that differs from it by less than the
    jitter of the clocks stays as it was.
    """
    health = decide_health(snapshot, tiers, endpoints, feed, unwritten, noted, watches)
    shown = snapshot or ClusterSnapshot(taken_at=datetime.fromtimestamp(0).astimezone())
    holds = find_holds(shown, gate.place)
    return View(
        panels=MappingProxyType(
            {
                "top": _draw_top(shown, tiers, endpoints, health),
                "nodes": _draw_nodes(shown, tiers, watches, holds, before.panels.get("nodes")),
                "guests": _draw_guests(shown, tiers, holds, before.panels.get("guests")),
                "storage": _draw_storage(shown, tiers),
                "tasks": _draw_tasks(shown, tiers),
                "feed": _draw_feed(feed, unwritten),
                "gate": _draw_gate(gate),
                "talk": Panel(meta=talk_meta(talk)),
                "reactor": _draw_reactor(shown, tiers, health),
            }
        )
    )


def _source(tiers: Mapping[Tier, TierStatus], tier: Tier, read_at: datetime | None) -> Row:
    status = tiers.get(tier)
    told: Row = {"because": None, "brief": None, "remedy": None, "retry_at": None}
    wrong = False
    if status is not None and (status.state is SourceState.FAILING or _left_out(status, read_at)):
        wrong = True
        remedy = status.remedy if status.state is SourceState.FAILING else LOOK
        told = {
            "because": status.because,
            "brief": status.brief,
            "remedy": remedy,
            "retry_at": epoch(status.next_at),
        }
    well, ill = ("loading", "failed") if read_at is None else ("ok", "stale")
    return {
        "state": ill if wrong else well,
        "as_of": epoch(read_at),
        "stale_after": _stale_after_s(status),
        **told,
    }


def _left_out(status: TierStatus, read_at: datetime | None) -> bool:
    """Whether a tier that reads the rest had to leave this out, the last time at least."""
    if status.because is None or status.last_ok_at is None:
        return False
    if read_at is None:
        return True
    return (status.last_ok_at - read_at).total_seconds() > status.interval_s / 2


def _stale_after_s(status: TierStatus | None) -> int | None:
    return round(old_after_s(status.interval_s)) if status else None


def _meta(source: Row, *, empty: bool, **more: Any) -> Row:
    state = "empty" if empty and source["state"] == "ok" else source["state"]
    return {**source, "state": state, **more}


def _draw_top(
    snapshot: ClusterSnapshot,
    tiers: Mapping[Tier, TierStatus],
    endpoints: Sequence[EndpointStatus],
    health: Health,
) -> Panel:
    counts = _count_guests(snapshot)
    return Panel(
        meta={
            **_source(tiers, Tier.CRITICAL, snapshot.nodes_at),
            "health": health.word,
            "reasons": list(health.reasons),
            "quorate": snapshot.quorate,
            "quorum_because": _why_no_quorum(snapshot, tiers),
            "online": snapshot.nodes_online if snapshot.nodes_at else None,
            "expected": snapshot.nodes_expected
            or (len(snapshot.nodes) if snapshot.nodes_at else None),
            "cluster": snapshot.name,
            "version": snapshot.pve_version,
            "endpoints": [
                {
                    "url": endpoint.url,
                    "healthy": endpoint.healthy,
                    "used": endpoint.in_use,
                    "because": endpoint.because,
                    "retry_at": epoch(endpoint.retry_at),
                }
                for endpoint in endpoints
            ],
            **counts,
        }
    )


def _why_no_quorum(snapshot: ClusterSnapshot, tiers: Mapping[Tier, TierStatus]) -> str | None:
    """What kept the quorum from being read, where it is not known."""
    status = tiers.get(Tier.CRITICAL)
    return status.because if status is not None and snapshot.quorate is None else None


def _count_guests(snapshot: ClusterSnapshot) -> Row:
    if snapshot.guests_at is None:
        return {"up": None, "off": None, "unknown": None, "templates": None}
    up = off = unknown = templates = 0
    for guest in snapshot.guests.values():
        if guest.template:
            templates += 1
        elif guest.state is GuestState.STOPPED:
            off += 1
        elif guest.state is GuestState.UNKNOWN:
            unknown += 1
        else:
            up += 1
    return {"up": up, "off": off, "unknown": unknown, "templates": templates}


def _draw_gate(gate: GateView) -> Panel:
    rows = gate_rows(gate)
    return Panel(meta=gate_meta(gate), rows=rows, order=tuple(rows))


def _draw_nodes(
    snapshot: ClusterSnapshot,
    tiers: Mapping[Tier, TierStatus],
    watches: Mapping[str, NodeWatch],
    holds: Mapping[Subject, str],
    before: Panel | None,
) -> Panel:
    guests: dict[str, int] = {}
    for guest in snapshot.guests.values():
        if not guest.template:
            guests[guest.node] = guests.get(guest.node, 0) + 1
    rows = {}
    rows_before = before.rows if before else {}
    for name, node in snapshot.nodes.items():
        earlier, watch = rows_before.get(name), watches.get(name)
        boot = steady_boot(snapshot.nodes_at, node.uptime_s, earlier)
        rows[name] = {
            **draw_node(node, boot=boot, guests=guests.get(name, 0)),
            **draw_watch(watch, earlier),
            **draw_ills(find_ailments(node, watch)),
            "held": holds.get((TouchKind.NODE_POWER, name)),
        }
    source = _source(tiers, Tier.CRITICAL, snapshot.nodes_at)
    old_after = {**OLD_AFTER_S, "detail": _stale_after_s(tiers.get(Tier.ROUTINE))}
    meta = _meta(source, empty=not rows, old_after=old_after)
    return Panel(meta=meta, rows=rows, order=tuple(rows))


def _draw_guests(
    snapshot: ClusterSnapshot,
    tiers: Mapping[Tier, TierStatus],
    holds: Mapping[Subject, str],
    before: Panel | None,
) -> Panel:
    rows = {}
    rows_before = before.rows if before else {}
    for vmid, guest in snapshot.guests.items():
        key = str(vmid)
        boot = steady_boot(snapshot.guests_at, guest.uptime_s, rows_before.get(key))
        rows[key] = {
            **draw_guest(guest, boot=boot, backups=snapshot.backups),
            "held": holds.get((TouchKind.GUEST, key)),
        }
    source = _source(tiers, Tier.IMPORTANT, snapshot.guests_at)
    return Panel(meta=_meta(source, empty=not rows, **_count_guests(snapshot)), rows=rows)


def _draw_storage(snapshot: ClusterSnapshot, tiers: Mapping[Tier, TierStatus]) -> Panel:
    rows = draw_storages(snapshot.storages.values())
    source = _source(tiers, Tier.IMPORTANT, snapshot.storages_at)
    return Panel(meta=_meta(source, empty=not rows), rows=rows, order=tuple(rows))


def _draw_tasks(snapshot: ClusterSnapshot, tiers: Mapping[Tier, TierStatus]) -> Panel:
    under_way = [task for task in snapshot.tasks if task.outcome is TaskOutcome.RUNNING]
    ended = [task for task in snapshot.tasks if task.outcome is not TaskOutcome.RUNNING]
    room = max(0, TASKS_SHOWN - len(under_way))
    # However many came after it, a task that still runs is not left out.
    rows = {task.upid: draw_task(task) for task in [*under_way, *ended[:room]]}
    running = len(under_way)
    source = _source(tiers, Tier.IMPORTANT, snapshot.tasks_at)
    meta = _meta(source, empty=not rows, running=running)
    return Panel(meta=meta, rows=rows, order=tuple(rows))


def _draw_feed(feed: Sequence[RecordedEvent], unwritten: str | None) -> Panel:
    rows = {str(event.id): draw_event(event) for event in feed}
    state = "stale" if unwritten else "ok" if rows else "empty"
    return Panel(meta={"state": state, "because": unwritten}, rows=rows)


def _draw_reactor(
    snapshot: ClusterSnapshot, tiers: Mapping[Tier, TierStatus], health: Health
) -> Panel:
    busy = capacity = 0.0
    for node in snapshot.online:
        if node.cpu_fraction is not None and node.cpu_count:
            busy += node.cpu_fraction * node.cpu_count
            capacity += node.cpu_count
    return Panel(
        meta={
            **_source(tiers, Tier.CRITICAL, snapshot.nodes_at),
            "mood": health.mood,
            "health": health.word,
            "reasons": list(health.reasons),
            "alarms": health.alarms,
            "load": round(busy / capacity, 2) if capacity else None,
        }
    )
