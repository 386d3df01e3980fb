"""Which calls answer a wish; pure."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from services.cluster.model import ClusterSnapshot
from services.llm.direct.changes import PLAIN_ORDERS, plan_change
from services.llm.direct.plans import Plan, call
from services.llm.direct.wishes import CHANGES, Thing, Wish

LINES: Final = 20
BACKUPS_MOST: Final = 10
"""So many backups are listed; of the others it is told how many there are."""
TASKS_MOST: Final = 200
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
    "events": ("get_recent_events",),
    "tasks": ("list_tasks",),
    "containers": ("list_containers",),
    "ha": ("get_ha_status",),
    "replication": ("get_replication",),
    "guests": ("list_guests",),
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
    node, guest = wish.first("node"), wish.first("guest")
    if wish.intent == "temperatures":
        return _temperatures(wish, snapshot)
    if wish.intent == "down":
        return Plan(calls=(call("get_cluster_status"), call("list_guests", state="stopped")))
    if wish.intent == "snapshots":
        if guest is None:
            return Plan(told="Of which guest? Name one, such as `snapshots of media`.")
        return Plan(calls=(call("list_snapshots", guest=guest.reference),))
    if wish.intent == "backups":
        return _backups(guest, wish.first("storage"))
    if wish.intent in _EACH_NODE:
        return _each_node(wish, node, snapshot)
    if wish.intent == "thing":
        return _things(wish)
    tools = _PLAIN.get(wish.intent)
    if tools is None:
        return Plan(told=HELP)
    takes_node = node is not None and wish.intent in (
        "storage",
        "drives",
        "pools",
        "events",
        "guests",
    )
    given = {"node": node.name} if takes_node and node is not None else {}
    return Plan(calls=tuple(call(tool, **given) for tool in tools))


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
        calls += _things(Wish(intent="thing", things=_others(wish))).calls
    if wish.asks_why:
        calls += [
            call("get_node_status", node=node.name),
            call("list_guests", node=node.name, state="running"),
        ]
    return Plan(calls=tuple(calls))


def _others(wish: Wish) -> tuple[Thing, ...]:
    return tuple(thing for thing in wish.things if thing.what != "node")


def _each_node(wish: Wish, node: Thing | None, snapshot: ClusterSnapshot) -> Plan:
    tool = _EACH_NODE[wish.intent]
    more = {"lines": LINES} if tool == "read_journal" else {}
    if node is not None:
        return Plan(calls=(call(tool, node=node.name, **more),))
    if wish.intent == "updates":
        names = tuple(snapshot.nodes)[:NODES_MOST]
        return Plan(calls=tuple(call(tool, node=name) for name in names))
    return Plan(told=f"Of which node? There are {', '.join(snapshot.nodes) or 'none known yet'}.")


def _things(wish: Wish) -> Plan:
    calls = []
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
    return Plan(calls=tuple(dict.fromkeys(calls)))


HELP: Final = """\
Without a model I understand plain questions and orders by rule:

- `status`, `what is down`, `nodes`, `guests`, `how is media`, `how is pve`
- `temps`, `why is pve hot`, `storage`, `disk health`, `zfs`
- `backups`, `what has no backup`, `snapshots of media`, `updates`
- `what happened`, `tasks`, `containers`, `quorum`, `journal of pve`
- `start win11`, `restart media`, `stop media`, `back up media`, `snapshot media`, `wake agent`
- `move media to home`, `roll back media to …`, `restart pveproxy on pve`, `upgrade pve`

What interrupts anything waits for your approval, as always."""
_SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "help": HELP,
        "explain": f"What something is and how it works, only a model explains.\n\n{HELP}",
        "thanks": "You are welcome.",
        "greeting": "Good day. Ask for `status`, or for `help` to see what I understand.",
        "beyond": f"No rule reads such an order; a model would. I take plain ones, such as "
        f"{PLAIN_ORDERS}. Nothing was sent.",
        "assent": "Approvals are given on their card, not in words. Nothing was sent.",
        "decline": "Very well. Nothing was sent.",
    }
)
