"""Which calls answer a wish; pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from services.cluster.model import ClusterSnapshot
from services.llm.as_text import as_text
from services.llm.direct.changes import PLAIN_ORDERS, plan_change
from services.llm.direct.plans import Plan, Planned, call
from services.llm.direct.wishes import CHANGES, Thing, Wish

LINES: Final = 20
BACKUPS_MOST: Final = 10
"""So many backups are listed; of the others it is told how many there are."""
TASKS_MOST: Final = 200
RANKED_MOST: Final = 5
NAMES_MOST: Final = 12
NODES_MOST: Final = 8
"""So many nodes are asked one by one for what only each of them tells."""


_PLAIN: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("get_cluster_status", "list_nodes"),
    "nodes": ("list_nodes",),
    "temperatures": ("get_temperatures",),
    "no-backup": ("guests_without_backup",),
    "storage": ("list_storage",),
    "drives": ("get_disk_health",),
    "pools": ("get_zfs_health",),
    "versions": ("list_nodes",),
    "ha": ("get_ha_status",),
    "replication": ("get_replication",),
}
_EACH_NODE: Final = {
    "updates": "get_updates",
    "network": "get_network",
    "services": "get_node_services",
    "journal": "read_journal",
}


def plan(wish: Wish, snapshot: ClusterSnapshot, *, now: datetime) -> Plan:
    """The calls that answer it."""
    if wish.intent in CHANGES:
        return plan_change(wish, snapshot, now=now)
    if wish.intent in _SAID:
        return Plan(told=_SAID[wish.intent])
    if wish.intent in _PLANNED:
        return _PLANNED[wish.intent](wish, snapshot)
    if wish.intent in _EACH_NODE:
        return _each_node(wish, snapshot)
    tools = _PLAIN.get(wish.intent)
    if tools is None:
        return Plan(told=HELP)
    node = wish.first("node") if wish.intent in _OF_NODE else None
    given = {"node": node.name} if node else {}
    return Plan(calls=tuple(call(tool, **given) for tool in tools))


def _down(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    return Plan(calls=(call("get_cluster_status"), call("list_guests", state="stopped")))


def _snapshots(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    guest = wish.first("guest")
    if guest is None:
        return Plan(told="Of which guest? Name one, such as `snapshots of media`.")
    return Plan(calls=(call("list_snapshots", guest=guest.reference),))


def _guests(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    node = wish.first("node")
    given: dict[str, Any] = {"node": node.name} if node else {}
    if "running" in wish.words:
        given["state"] = "running"
    return Plan(calls=(call("list_guests", **given),))


def _containers(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    """Docker's; but those of a node are its LXC guests, unless Docker is named."""
    node, guest = wish.first("node"), wish.first("guest")
    if node is not None and "docker" not in wish.words:
        return Plan(calls=(call("list_guests", node=node.name, kind="lxc"),))
    host = guest or node
    return Plan(calls=(call("list_containers", **({"host": host.reference} if host else {})),))


def _tasks(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    node, guest = wish.first("node"), wish.first("guest")
    given: dict[str, Any] = {flag: True for flag in ("failed", "running") if flag in wish.words}
    if guest is not None:
        given["guest"] = guest.reference
    elif node is not None:
        given["node"] = node.name
    return Plan(calls=(call("list_tasks", **given, **_most(wish)),))


def _events(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    node = wish.first("node")
    given = {"node": node.name} if node else {}
    if least := next((word for word in ("alarm", "warning") if word in wish.words), ""):
        given["at_least"] = least
    return Plan(calls=(call("get_recent_events", **given, **_most(wish)),))


def _failures(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    """Of a node what its journal says; of the cluster what was told and which tasks failed."""
    node, guest = wish.first("node"), wish.first("guest")
    if guest is not None:
        failed = call("list_tasks", guest=guest.reference, failed=True, most=LINES)
        return Plan(calls=(call("get_guest_status", guest=guest.reference), failed))
    if node is not None:
        journal = call("read_journal", node=node.name, priority="err", lines=LINES)
        return Plan(calls=(journal, call("list_tasks", node=node.name, failed=True, most=LINES)))
    return Plan(
        calls=(
            call("list_tasks", failed=True, most=LINES),
            call("get_recent_events", at_least="warning", most=LINES),
        )
    )


def _most_of(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    """Who uses most: guests, unless nodes are asked after."""
    node = wish.first("node")
    metric = wish.words.get("metric")
    if "nodes" in wish.words and node is None:
        return Plan(calls=(call("list_nodes"),))
    given: dict[str, Any] = {"node": node.name} if node else {}
    if metric != "disk":
        given["state"] = "running"
    given["most"] = min(int(wish.words.get("most") or RANKED_MOST), TASKS_MOST) or RANKED_MOST
    metrics = (metric,) if metric else ("cpu", "memory")
    return Plan(calls=tuple(call("list_guests", by=one, **given) for one in metrics))


def _trend(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    calls = []
    node = wish.first("node")
    for thing in wish.things:
        if thing.what in ("guest", "storage"):
            at = {"node": node.name} if node and thing.what == "storage" else {}
            given = {"kind": thing.what, "name": thing.reference, "span": wish.words["span"]}
            calls.append(call("get_metrics_history", **given, **at))
    if not calls and node is not None:
        calls = [call("get_metrics_history", kind="node", name=node.name, span=wish.words["span"])]
    return Plan(calls=tuple(calls)) if calls else Plan(told=HELP)


def _certificates(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    names = tuple(snapshot.nodes)[:NODES_MOST]
    return Plan(calls=tuple(call("get_node_status", node=name) for name in names))


def _network(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    guests = [thing for thing in wish.things if thing.what == "guest"]
    if guests:
        return Plan(calls=tuple(call("get_guest_addresses", guest=g.reference) for g in guests))
    return _each_node(wish, snapshot)


def _most(wish: Wish) -> dict[str, int]:
    number = int(wish.words.get("most") or 0)
    return {"most": min(number, TASKS_MOST)} if number else {}


def _stranger(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    names = sorted(guest.name for guest in snapshot.guests.values() if guest.name)[:NAMES_MOST]
    known = f" Its guests are {', '.join(as_text(name) for name in names)}" if names else ""
    more = len(snapshot.guests) - len(names)
    known += f" and {more} more." if known and more > 0 else "." if known else ""
    return Plan(told=f"Nothing in this cluster is called “{as_text(wish.words['name'])}”.{known}")


def _of_backups(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    return _backups(wish.first("guest"), wish.first("storage"))


def _backups(guest: Thing | None, storage: Thing | None) -> Plan:
    if guest is not None:
        return Plan(calls=(call("list_backups", guest=guest.reference, most=BACKUPS_MOST),))
    if storage is not None:
        return Plan(calls=(call("list_backups", storage=storage.name, most=BACKUPS_MOST),))
    return Plan(
        calls=(
            call("guests_without_backup"),
            call("list_tasks", failed=True, most=TASKS_MOST),
            call("list_backups", most=BACKUPS_MOST),
        )
    )


def _temperatures(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    node = wish.first("node")
    guest = wish.first("guest")
    if node is None and guest is not None and guest.vmid and guest.vmid in snapshot.guests:
        node = Thing(what="node", name=snapshot.guests[guest.vmid].node)
    if node is None:
        return Plan(calls=(call("get_temperatures"),))
    calls = [call("get_temperatures", node=node.name)]
    if not wish.asks_why:
        # A guest beside the node is asked after as well: `is media up, and how hot is pve?`
        calls += _things(Wish(intent="thing", things=_others(wish)), snapshot).calls
    if wish.asks_why:
        calls += [
            call("get_node_status", node=node.name),
            call("list_guests", node=node.name, state="running"),
        ]
    return Plan(calls=tuple(calls))


def _others(wish: Wish) -> tuple[Thing, ...]:
    return tuple(thing for thing in wish.things if thing.what != "node")


def _each_node(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    node = wish.first("node")
    tool = _EACH_NODE[wish.intent]
    more = {"lines": LINES} if tool == "read_journal" else {}
    if node is not None:
        return Plan(calls=(call(tool, node=node.name, **more),))
    if wish.intent == "updates":
        if len(snapshot.nodes) > NODES_MOST:
            return Plan(calls=(call("list_nodes"),))
        return Plan(calls=tuple(call(tool, node=name) for name in snapshot.nodes))
    return Plan(told=f"Of which node? There are {', '.join(snapshot.nodes) or 'none known yet'}.")


def _things(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    calls: list[Planned] = []
    node, storage = wish.first("node"), wish.first("storage")
    for thing in wish.things[:4]:
        if storage is not None and thing is node:
            continue  # it says where the storage is
        match thing.what:
            case "guest":
                calls.append(call("get_guest_status", guest=thing.reference))
            case "node":
                calls.append(call("get_node_status", node=thing.name))
            case "storage":
                calls.append(call("list_storage", **({"node": node.name} if node else {})))
            case "container":
                calls.append(call("list_containers"))
    return Plan(calls=tuple(one for at, one in enumerate(calls) if one not in calls[:at]))


_OF_NODE: Final = ("storage", "drives", "pools")
_PLANNED: Final[Mapping[str, Callable[[Wish, ClusterSnapshot], Plan]]] = MappingProxyType(
    {
        "temperatures": _temperatures,
        "down": _down,
        "snapshots": _snapshots,
        "backups": _of_backups,
        "guests": _guests,
        "containers": _containers,
        "tasks": _tasks,
        "events": _events,
        "failures": _failures,
        "most": _most_of,
        "trend": _trend,
        "certificates": _certificates,
        "network": _network,
        "stranger": _stranger,
        "thing": _things,
    }
)

HELP: Final = """\
Without a model I understand plain questions and orders by rule:

- `status`, `what is down`, `nodes`, `guests`, `how is media`, `how is pve`
- `temps`, `why is pve hot`, `storage`, `disk health`, `zfs`
- `backups`, `what has no backup`, `snapshots of media`, `updates`
- `what happened`, `failed tasks`, `containers`, `quorum`, `journal of pve`
- `ip of media`, `top memory`, `busiest node`, `when will local-zfs be full`, `uptime of pve`
- `start win11`, `restart media`, `stop media`, `back up media`, `snapshot media`, `wake agent`
- `move media to home`, `roll back media to …`, `restart pveproxy on pve`, `upgrade pve`

What interrupts anything waits for your approval, as always."""
_SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "help": HELP,
        "explain": f"What something is and how it works, only a model explains.\n\n{HELP}",
        "cost": "What answers have cost stands on the page of costs: write `/cost`.",
        "thanks": "You are welcome.",
        "greeting": "Good day. Ask for `status`, or for `help` to see what I understand.",
        "beyond": f"No rule reads such an order; a model would. I take plain ones, such as "
        f"{PLAIN_ORDERS}. Nothing was sent.",
        "assent": "Approvals are given on their card, not in words. Nothing was sent.",
        "decline": "Very well. Nothing was sent.",
    }
)
