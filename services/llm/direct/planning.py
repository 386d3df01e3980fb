"""Which calls answer a wish; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from services.cluster.model import ClusterSnapshot
from services.llm.as_text import as_text
from services.llm.direct.understanding import CHANGES, Thing, Wish

LINES: Final = 20
BACKUPS_MOST: Final = 10
"""So many backups are listed; of the others it is told how many there are."""
TASKS_MOST: Final = 200
NODES_MOST: Final = 8
"""So many nodes are asked one by one for what only each of them tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One call, with all its arguments."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The calls of a wish, or why there are none."""

    calls: tuple[Planned, ...] = ()
    told: str = ""
    """What is answered where nothing has to be looked up."""


_ON_THING: Final[Mapping[tuple[str, str], str]] = {
    ("start", "guest"): "start_guest",
    ("start", "node"): "wake_node",
    ("start", "container"): "start_container",
    ("restart", "guest"): "reboot_guest",
    ("restart", "node"): "reboot_node",
    ("restart", "container"): "restart_container",
    ("stop", "guest"): "shutdown_guest",
    ("stop", "node"): "shutdown_node",
    ("stop", "container"): "stop_container",
    ("resume", "guest"): "resume_guest",
    ("backup", "guest"): "start_backup",
    ("snapshot", "guest"): "create_snapshot",
}
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
        return _change(wish, now=now)
    if wish.intent in _SAID:
        return Plan(told=_SAID[wish.intent])
    node, guest = wish.first("node"), wish.first("guest")
    if wish.intent == "temperatures":
        return _temperatures(wish, snapshot)
    if wish.intent == "down":
        return Plan(calls=(_call("get_cluster_status"), _call("list_guests", state="stopped")))
    if wish.intent == "snapshots":
        if guest is None:
            return Plan(told="Of which guest? Name one, such as `snapshots of media`.")
        return Plan(calls=(_call("list_snapshots", guest=guest.reference),))
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
    return Plan(calls=tuple(_call(tool, **given) for tool in tools))


def _change(wish: Wish, *, now: datetime) -> Plan:
    if not wish.things:
        return Plan(told=f"{wish.intent.capitalize()} what? Name a guest, a node or a container.")
    if len(wish.things) > 1:
        named = ", ".join(as_text(thing.label) for thing in wish.things)
        return Plan(told=f"One at a time without a model: which of {named}? Nothing was sent.")
    thing = wish.things[0]
    tool = _ON_THING.get((wish.intent, thing.what))
    if tool is None:
        return Plan(told=f"I know no way to {wish.intent} the {thing.what} {as_text(thing.label)}.")
    given: dict[str, Any] = {thing.what: thing.reference}
    if tool == "create_snapshot":
        given["snapshot"] = f"jarvis-{now:%Y%m%d-%H%M%S}"
    return Plan(calls=(_call(tool, **given),))


def _backups(guest: Thing | None, storage: Thing | None) -> Plan:
    if guest is not None:
        return Plan(calls=(_call("list_backups", guest=guest.reference, most=BACKUPS_MOST),))
    if storage is not None:
        return Plan(calls=(_call("list_backups", storage=storage.name, most=BACKUPS_MOST),))
    return Plan(
        calls=(
            _call("guests_without_backup"),
            _call("list_tasks", failed=True, most=TASKS_MOST),
            _call("list_backups", most=BACKUPS_MOST),
        )
    )


def _temperatures(wish: Wish, snapshot: ClusterSnapshot) -> Plan:
    node = wish.first("node")
    guest = wish.first("guest")
    if node is None and guest is not None and guest.vmid and guest.vmid in snapshot.guests:
        node = Thing(what="node", name=snapshot.guests[guest.vmid].node)
    if node is None:
        return Plan(calls=(_call("get_temperatures"),))
    calls = [_call("get_temperatures", node=node.name)]
    if not wish.asks_why:
        # A guest beside the node is asked after as well: `is media up, and how hot is pve?`
        calls += _things(Wish(intent="thing", things=_others(wish))).calls
    if wish.asks_why:
        calls += [
            _call("get_node_status", node=node.name),
            _call("list_guests", node=node.name, state="running"),
        ]
    return Plan(calls=tuple(calls))


def _others(wish: Wish) -> tuple[Thing, ...]:
    return tuple(thing for thing in wish.things if thing.what != "node")


def _each_node(wish: Wish, node: Thing | None, snapshot: ClusterSnapshot) -> Plan:
    tool = _EACH_NODE[wish.intent]
    more = {"lines": LINES} if tool == "read_journal" else {}
    if node is not None:
        return Plan(calls=(_call(tool, node=node.name, **more),))
    if wish.intent == "updates":
        names = tuple(snapshot.nodes)[:NODES_MOST]
        return Plan(calls=tuple(_call(tool, node=name) for name in names))
    return Plan(told=f"Of which node? There are {', '.join(snapshot.nodes) or 'none known yet'}.")


def _things(wish: Wish) -> Plan:
    calls = []
    node, storage = wish.first("node"), wish.first("storage")
    for thing in wish.things[:4]:
        if storage is not None and thing is node:
            continue  # it says where the storage is
        match thing.what:
            case "guest":
                calls.append(_call("get_guest_status", guest=thing.reference))
            case "node":
                calls.append(_call("get_node_status", node=thing.name))
            case "storage":
                calls.append(_call("list_storage", **({"node": node.name} if node else {})))
            case "container":
                calls.append(_call("list_containers"))
    return Plan(calls=tuple(dict.fromkeys(calls)))


def _call(tool: str, **arguments: Any) -> Planned:
    return Planned(tool=tool, arguments=_Frozen(arguments))


class _Frozen(dict[str, Any]):
    """Arguments that can stand in a set."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted((name, str(value)) for name, value in self.items())))


HELP: Final = """\
Without a model I understand plain questions and orders by rule:

- `status`, `what is down`, `nodes`, `guests`, `how is media`, `how is pve`
- `temps`, `why is pve hot`, `storage`, `disk health`, `zfs`
- `backups`, `what has no backup`, `snapshots of media`, `updates`
- `what happened`, `tasks`, `containers`, `quorum`, `journal of pve`
- `start win11`, `restart media`, `stop media`, `back up media`, `snapshot media`, `wake agent`

What interrupts anything waits for your approval, as always."""
_SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "help": HELP,
        "explain": f"What something is and how it works, only a model explains.\n\n{HELP}",
        "thanks": "You are welcome.",
        "greeting": "Good day. Ask for `status`, or for `help` to see what I understand.",
        "assent": "Approvals are given on their card, not in words. Nothing was sent.",
        "decline": "Very well. Nothing was sent.",
    }
)
