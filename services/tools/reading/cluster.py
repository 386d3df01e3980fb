"""The cluster as a whole, its resources, its nodes."""

from services.cluster.errors import ClusterError, ClusterStopped
from services.cluster.model import (
    ClusterSnapshot,
    GuestState,
    Level,
    NodeDetail,
    NodeSnapshot,
    NodeState,
    SourceState,
    TaskOutcome,
)
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.fields import NodeName
from services.tools.figures import (
    UNKNOWN,
    count,
    told,
    told_age,
    told_bytes,
    told_celsius,
    told_part,
    told_share,
    told_span,
)
from services.tools.hands import Hands
from services.tools.naming import find_node
from services.tools.reading.found import found_facts, found_list, snapshot_of
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import Column, list_facts, list_rows, plain


class Nothing(Arguments):
    """No arguments."""


class OfNode(Arguments):
    """Arguments of a tool about one node."""

    node: NodeName


NODE_COLUMNS: tuple[Column[NodeSnapshot], ...] = (
    Column("node", "node", lambda n: n.name),
    Column("state", "state", lambda n: n.state),
    Column("cpu", "cpu_fraction", lambda n: n.cpu_fraction, told_share),
    Column("cores", "cpu_count", lambda n: n.cpu_count),
    Column("memory", "mem_used_bytes", lambda n: n.mem_used_bytes, told_bytes),
    Column("of", "mem_total_bytes", lambda n: n.mem_total_bytes, told_bytes),
    Column("root", "root_used_bytes", lambda n: n.root_used_bytes, told_bytes),
    Column("of", "root_total_bytes", lambda n: n.root_total_bytes, told_bytes),
    Column("uptime", "uptime_s", lambda n: n.uptime_s, told_span),
    Column("version", "pve_version", lambda n: n.detail.pve_version if n.detail else None),
    Column("updates", "updates_count", lambda n: n.detail.updates_count if n.detail else None),
)


@answering
async def _cluster_status(_: Nothing, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    now = hands.clock.now()
    away = [node for node in snapshot.nodes.values() if node.state is not NodeState.ONLINE]
    states = [guest.state for guest in snapshot.guests.values() if not guest.template]
    full = [s for s in snapshot.storages.values() if s.level in (Level.WARNING, Level.CRITICAL)]
    running = [task for task in snapshot.tasks if task.outcome is TaskOutcome.RUNNING]
    failing = [each for each in hands.cluster.tiers.values() if each.state is SourceState.FAILING]
    endpoints = hands.cluster.endpoints
    uncovered = _uncovered(snapshot)
    facts = [
        ("name", told(snapshot.name) if not snapshot.standalone else "a node that stands alone"),
        ("Proxmox VE", told(snapshot.pve_version)),
        ("quorum", _quorum(snapshot)),
        ("nodes", f"{snapshot.nodes_online} of {len(snapshot.nodes)} online"),
        *((f"  {node.name}", _seen(node)) for node in away),
        ("guests", _guests(states)),
        ("storages", count(len(snapshot.storages), "storage")),
        *((f"  {s.id}", f"{told_share(s.used_fraction)} used, {s.level}") for s in full),
        ("running tasks", str(len(running))),
        (
            "without backup job",
            told(uncovered) if uncovered else "none" if uncovered == () else "—",
        ),
        ("endpoints", f"{sum(e.healthy is not False for e in endpoints)} of {len(endpoints)} well"),
        *((f"  {e.url}", told(e.because)) for e in endpoints if e.healthy is False),
        *((f"reading {t.tier}", f"fails: {t.because}") for t in failing),
    ]
    data = {
        "name": snapshot.name,
        "pve_version": snapshot.pve_version,
        "quorate": snapshot.quorate,
        "nodes_online": snapshot.nodes_online,
        "nodes": len(snapshot.nodes),
        "nodes_away": [node.name for node in away],
        "guests": len(states),
        "guests_running": states.count(GuestState.RUNNING),
        "storages_full": [s.id for s in full],
        "tasks_running": [task.upid for task in running],
        "guests_without_job": plain(uncovered),
    }
    quorum_age = told_age(snapshot.quorum_at, now)
    headline = f"The cluster (quorum read {quorum_age})"
    return found_facts(
        headline, list_facts(facts), hands=hands, read_at=snapshot.nodes_at, data=data
    )


def _uncovered(snapshot: ClusterSnapshot) -> tuple[int, ...] | None:
    """The guests no backup job covers; a template is made anew and not missed. None: not known."""
    found = snapshot.backups.guests_without_job if snapshot.backups else None
    if found is None:
        return None
    templates = {guest.vmid for guest in snapshot.guests.values() if guest.template}
    return tuple(vmid for vmid in found if vmid not in templates)


def _told_services(detail: NodeDetail) -> str:
    if detail.services is None:
        return UNKNOWN
    return ", ".join(f"{one.name} {one.complaint}" for one in detail.services_to_see_to) or "none"


def _quorum(snapshot: ClusterSnapshot) -> str:
    if snapshot.quorate is False:
        return "LOST: Proxmox accepts no change"
    return "—" if snapshot.quorate is None else "yes"


def _seen(node: NodeSnapshot) -> str:
    # The watch began then, or what is told changed while it was watched: not when it was started.
    return f"{node.state}, seen so since {node.state_since:%Y-%m-%d %H:%M:%S} UTC"


def _guests(states: list[GuestState]) -> str:
    parts = [f"{states.count(state)} {state}" for state in GuestState if states.count(state)]
    return f"{len(states)}: {', '.join(parts)}" if states else "none"


@answering
async def _cluster_resources(_: Nothing, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    nodes = snapshot.online
    cores = sum(node.cpu_count or 0 for node in nodes)
    busy = sum((node.cpu_fraction or 0) * (node.cpu_count or 0) for node in nodes)
    used = sum(node.mem_used_bytes or 0 for node in nodes)
    total = sum(node.mem_total_bytes or 0 for node in nodes)
    given = sum(
        guest.mem_total_bytes or 0
        for guest in snapshot.guests.values()
        if guest.state is GuestState.RUNNING
    )
    once = {s.storage if s.shared else s.id: s for s in snapshot.storages.values() if s.total_bytes}
    stored = sum(s.used_bytes or 0 for s in once.values())
    room = sum(s.total_bytes or 0 for s in once.values())
    facts = [
        ("processors", f"{busy:.1f} of {cores} cores busy ({told_share(busy / cores)})")
        if cores
        else ("processors", "—"),
        ("memory", told_part(used, total or None)),
        ("memory given to running guests", told_bytes(given)),
        ("storage, each shared one once", told_part(stored, room or None)),
    ]
    listing = list_rows(nodes, NODE_COLUMNS)
    data = {
        "cpu_cores": cores,
        "cpu_busy_cores": round(busy, 2),
        "mem_used_bytes": used,
        "mem_total_bytes": total,
        "guest_mem_given_bytes": given,
        "storage_used_bytes": stored,
        "storage_total_bytes": room,
        "nodes": list(listing.rows),
    }
    text = f"{list_facts(facts)}\n{listing.text}"
    headline = f"Resources of {count(len(nodes), 'online node')}"
    return found_facts(headline, text, hands=hands, read_at=snapshot.nodes_at, data=data)


@answering
async def _list_nodes(_: Nothing, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    listing = list_rows(snapshot.nodes.values(), NODE_COLUMNS)
    headline = f"{count(len(snapshot.nodes), 'node')}, {snapshot.nodes_online} online"
    return found_list(headline, listing, under="nodes", hands=hands, read_at=snapshot.nodes_at)


@answering
async def _node_status(arguments: OfNode, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    node = find_node(snapshot, arguments.node)
    now = hands.clock.now()
    guests = [guest for guest in snapshot.guests.values() if guest.node == node.name]
    running = sum(guest.state is GuestState.RUNNING for guest in guests)
    facts = [
        ("state", _seen(node)),
        ("guests", f"{len(guests)}, {running} running"),
    ]
    data = {
        "node": node.name,
        "state": node.state.value,
        "state_since": plain(node.state_since),
        "guests": [guest.vmid for guest in guests],
    }
    try:
        fresh = await hands.cluster.lookups.fetch_node_status(node.name)
    except ClusterStopped:
        raise
    except ClusterError as error:
        because = f"{node.name} itself could not be read: {error.because}"
        last = [
            ("uptime when last seen", told_span(node.uptime_s)),
            ("last online", told_age(node.last_online_at, now)),
            ("not read", error.because),
        ]
        return found_facts(
            f"Node {node.name}",
            list_facts([*facts, *last]),
            hands=hands,
            read_at=snapshot.nodes_at,
            data=data,
            because=because,
        )
    detail = node.detail
    loads = [fresh.load_1m, fresh.load_5m, fresh.load_15m]
    waiting = told_share(fresh.io_wait_fraction)
    facts += [
        ("processor", f"{told(fresh.cpu_model)}, {told(fresh.cpu_count)} threads"),
        ("cpu", f"{told_share(fresh.cpu_fraction)}, waiting for disks {waiting}"),
        ("load 1, 5, 15 min", told([f"{load:.2f}" for load in loads if load is not None])),
        ("memory", told_part(fresh.mem_used_bytes, fresh.mem_total_bytes)),
        ("swap", told_part(fresh.swap_used_bytes, fresh.swap_total_bytes)),
        ("root file system", told_part(fresh.root_used_bytes, fresh.root_total_bytes)),
        ("uptime", told_span(fresh.uptime_s)),
        ("Proxmox VE", told(fresh.pve_version)),
        ("kernel", told(fresh.kernel)),
        ("boots by", told(fresh.boot_mode)),
    ]
    if detail is not None:
        facts += [
            ("updates waiting", told(detail.updates_count)),
            ("failed services", _told_services(detail)),
            ("certificate expires", told_age(detail.certificate_expires_at, now)),
            ("hottest drive", told_celsius(detail.temperature_c)),
            ("details read", told_age(detail.read_at, now)),
        ]
        for name in ("updates_count", "certificate_expires_at"):
            data[name] = plain(getattr(detail, name))
        to_see_to = [service.name for service in detail.services_to_see_to]
        data["failed_services"] = None if detail.services is None else to_see_to
    data |= {name: plain(getattr(fresh, name)) for name in fresh.__slots__}
    return found_facts(f"Node {node.name}", list_facts(facts), hands=hands, read_at=now, data=data)


TOOLS: tuple[Tool[Nothing] | Tool[OfNode], ...] = (
    Tool(
        name="get_cluster_status",
        summary="Tell how the cluster is: quorum, nodes, guests, full storages, what is failing.",
        arguments=Nothing,
        tier=Tier.GREEN,
        reads="the snapshot: /cluster/resources, /cluster/status, /cluster/tasks",
        run=_cluster_status,
    ),
    Tool(
        name="get_cluster_resources",
        summary="Tell how much of the processors, memory and storage is used, in all and by node.",
        arguments=Nothing,
        tier=Tier.GREEN,
        reads="the snapshot: /cluster/resources",
        run=_cluster_resources,
    ),
    Tool(
        name="list_nodes",
        summary="List the nodes with their state, load, memory and uptime.",
        arguments=Nothing,
        tier=Tier.GREEN,
        reads="the snapshot: /cluster/resources",
        run=_list_nodes,
    ),
    Tool(
        name="get_node_status",
        summary="Tell all about one node: load, memory, swap, kernel, updates, failed services.",
        arguments=OfNode,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/status, and the snapshot",
        run=_node_status,
    ),
)
