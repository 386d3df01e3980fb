"""Guests: the list of them, one as it is now, how it is configured, its snapshots."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from services.cluster.model import BackupFacts, GuestSnapshot, GuestState
from services.cluster.parse_guest import SnapshotReading
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.errors import NotReadYet
from services.tools.fields import AnyNode
from services.tools.figures import (
    UNKNOWN,
    count,
    told,
    told_age,
    told_bytes,
    told_part,
    told_share,
    told_span,
    told_truth,
)
from services.tools.hands import Hands
from services.tools.naming import find_guest, find_node
from services.tools.reading.found import found_facts, found_list, read_now, snapshot_of
from services.tools.reading.places import read_place
from services.tools.spec import Arguments, Found, Tool
from services.tools.subject import OfGuest, told_state
from services.tools.tables import Column, list_facts, list_rows, plain

MOST = 200


class Which(Arguments):
    """Arguments of list_guests: what is left out does not narrow."""

    node: AnyNode = None
    state: Annotated[
        Literal["running", "paused", "stopped", "unknown"] | None,
        Field(description="Only guests in this state."),
    ] = None
    kind: Annotated[
        Literal["qemu", "lxc"] | None,
        Field(description="Only virtual machines (qemu) or only containers (lxc)."),
    ] = None
    tag: Annotated[str | None, Field(max_length=64, description="Only guests with this tag.")] = (
        None
    )
    search: Annotated[
        str | None, Field(max_length=64, description="Only guests with this in their name.")
    ] = None
    by: Annotated[
        Literal["cpu", "memory", "disk"] | None,
        Field(description="Those first that use most of it (of disk: were given most)."),
    ] = None
    most: Annotated[int, Field(ge=1, le=MOST, description="How many at most.")] = MOST


_WEIGHTS: Mapping[str, Callable[[GuestSnapshot], float]] = {
    "cpu": lambda guest: (guest.cpu_fraction or 0) * (guest.cpu_count or 1),
    "memory": lambda guest: guest.mem_used_bytes or 0,
    "disk": lambda guest: guest.disk_total_bytes or 0,
}

GUEST_COLUMNS: tuple[Column[GuestSnapshot], ...] = (
    Column("vmid", "vmid", lambda g: g.vmid),
    Column("name", "name", lambda g: g.name),
    Column("kind", "kind", lambda g: g.kind),
    Column("node", "node", lambda g: g.node),
    Column("state", "state", lambda g: "template" if g.template else g.state.value),
    Column("cpu", "cpu_fraction", lambda g: g.cpu_fraction, told_share),
    Column(
        "cores", "cpu_count", lambda g: g.cpu_count, lambda n: UNKNOWN if n is None else f"{n:g}"
    ),
    Column("memory", "mem_used_bytes", lambda g: g.mem_used_bytes, told_bytes),
    Column("of", "mem_total_bytes", lambda g: g.mem_total_bytes, told_bytes),
    Column("disk", "disk_total_bytes", lambda g: g.disk_total_bytes, told_bytes),
    Column("uptime", "uptime_s", lambda g: g.uptime_s, told_span),
    Column("ha", "ha_state", lambda g: g.ha_state),
    Column("lock", "lock", lambda g: g.lock),
    Column("tags", "tags", lambda g: g.tags),
    Column(
        "protected", "protected", lambda g: g.protected, lambda p: "protected" if p else UNKNOWN
    ),
)

SNAPSHOT_COLUMNS: tuple[Column[SnapshotReading], ...] = (
    Column("name", "name", lambda s: s.name),
    Column(
        "taken",
        "taken_at",
        lambda s: s.taken_at,
        lambda at: f"{at:%Y-%m-%d %H:%M} UTC" if at else UNKNOWN,
    ),
    Column("memory", "with_memory", lambda s: s.with_memory, told_truth),
    Column("follows", "parent", lambda s: s.parent),
    Column("description", "description", lambda s: s.description),
)


@answering
async def _list_guests(arguments: Which, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    if snapshot.guests_at is None:
        raise NotReadYet
    node = find_node(snapshot, arguments.node).name if arguments.node else None
    search = (arguments.search or "").lower()
    guests = [
        guest
        for guest in snapshot.guests.values()
        if node in (None, guest.node)
        and arguments.state in (None, guest.state.value)
        and arguments.kind in (None, guest.kind.value)
        and (arguments.tag is None or arguments.tag in guest.tags)
        and search in (guest.name or "").lower()
    ]
    if arguments.by:
        guests.sort(key=_WEIGHTS[arguments.by], reverse=True)
    running = sum(guest.state is GuestState.RUNNING for guest in guests)
    narrow = "narrow it by node, state or tag"
    listing = list_rows(guests, GUEST_COLUMNS, most=arguments.most, narrow=narrow)
    headline = f"{count(len(guests), 'guest')}, {running} running" if guests else "No such guests"
    return found_list(headline, listing, under="guests", hands=hands, read_at=snapshot.guests_at)


@answering
async def _guest_status(arguments: OfGuest, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    guest = find_guest(snapshot, arguments.guest)
    place, status = await read_place(hands, guest)
    now = hands.clock.now()
    backups = snapshot.backups
    last_backup_at = backups.last_backup_at.get(guest.vmid) if backups else None
    managed = status.ha_managed
    facts = [
        ("state", told_state(status)),
        ("kind", "virtual machine" if guest.kind.value == "qemu" else "container"),
        ("node", place.node),
        ("cpu", f"{told_share(status.cpu_fraction)} of {told(guest.cpu_count)} cores"),
        ("memory", told_part(status.mem_used_bytes, status.mem_total_bytes)),
        ("disk", told_part(status.disk_used_bytes, status.disk_total_bytes)),
        ("uptime", told_span(status.uptime_s)),
        (
            "network in, out",
            f"{told_bytes(status.net_in_bytes)}, {told_bytes(status.net_out_bytes)}",
        ),
        ("high availability", told(status.ha_state) if managed else told_truth(managed)),
        ("guest agent configured", told_truth(status.agent_configured)),
        ("lock", told(status.lock)),
        ("tags", told(status.tags or guest.tags)),
        ("pool", told(guest.pool)),
        ("template", "yes" if status.template else UNKNOWN),
        ("last backup", told_age(last_backup_at, now) if last_backup_at else _no_backup(backups)),
        ("protected", "yes: Jarvis acts on it for nobody" if guest.protected else UNKNOWN),
    ]
    data = {name: plain(getattr(status, name)) for name in status.__slots__} | {
        "vmid": guest.vmid,
        "kind": guest.kind.value,
        "node": place.node,
        "protected": guest.protected,
        "last_backup_at": plain(last_backup_at),
    }
    return found_facts(
        f"Guest {guest.label}", list_facts(facts), hands=hands, read_at=now, data=data
    )


def _no_backup(backups: BackupFacts | None) -> str:
    return UNKNOWN if backups is None or backups.unseen_because else "none seen"


@answering
async def _guest_config(arguments: OfGuest, hands: Hands) -> Found:
    guest = find_guest(snapshot_of(hands), arguments.guest)
    place, _ = await read_place(hands, guest)
    config = await hands.cluster.lookups.fetch_guest_config(place)
    facts = [
        ("name", told(config.name)),
        ("system", told(config.os_type)),
        ("cores", f"{told(config.cores)} in {told(config.sockets or 1)} socket(s)"),
        ("cpu type", told(config.cpu_type)),
        ("memory", told_bytes(config.mem_bytes)),
        ("swap", told_bytes(config.swap_bytes)),
        ("starts at boot", told_truth(bool(config.starts_at_boot))),
        ("guest agent", told_truth(config.agent_enabled)),
        ("guarded against removal", told_truth(bool(config.delete_guarded))),
        *((slot, line) for slot, line in config.disks),
        *((slot, line) for slot, line in config.nets),
        ("tags", told(config.tags)),
        ("description", " ".join((config.description or UNKNOWN).split())[:500]),
    ]
    data = {
        name: plain(getattr(config, name))
        for name in config.__slots__
        if name not in ("disks", "nets")
    } | {"vmid": guest.vmid, "disks": dict(config.disks), "nets": dict(config.nets)}
    return found_facts(
        f"Configuration of {guest.label}, with changes that wait for its next start",
        list_facts(facts),
        hands=hands,
        read_at=hands.clock.now(),
        data=data,
    )


@answering
async def _list_snapshots(arguments: OfGuest, hands: Hands) -> Found:
    guest = find_guest(snapshot_of(hands), arguments.guest)
    place, _ = await read_place(hands, guest)
    found = await hands.cluster.lookups.fetch_snapshots(place)
    if found is None:
        return Found(outcome=Outcome.FAILED, because=f"{place.node} sent no list of snapshots")
    listing = list_rows(found, SNAPSHOT_COLUMNS, most=MOST)
    headline = f"{count(len(found), 'snapshot')} of {guest.label}, newest first"
    if not found:
        headline = f"{guest.label} has no snapshots"
    return read_now(headline, listing, under="snapshots", hands=hands, data={"vmid": guest.vmid})


TOOLS: tuple[Tool[Which] | Tool[OfGuest], ...] = (
    Tool(
        name="list_guests",
        summary="List virtual machines and containers, all or those of a node, state, kind or tag.",
        arguments=Which,
        tier=Tier.GREEN,
        reads="the snapshot: /cluster/resources",
        run=_list_guests,
    ),
    Tool(
        name="get_guest_status",
        summary="Tell how one guest is at this moment: state, load, memory, lock, HA, last backup.",
        arguments=OfGuest,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/{qemu|lxc}/{vmid}/status/current, and the snapshot",
        run=_guest_status,
    ),
    Tool(
        name="get_guest_config",
        summary="Tell how a guest is configured: cores, memory, disks, network, options.",
        arguments=OfGuest,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/{qemu|lxc}/{vmid}/config",
        run=_guest_config,
    ),
    Tool(
        name="list_snapshots",
        summary="List a guest's snapshots, newest first.",
        arguments=OfGuest,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/{qemu|lxc}/{vmid}/snapshot",
        run=_list_snapshots,
    ),
)
