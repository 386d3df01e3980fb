"""Which call carries out an order, or why none is sent; pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.cluster.model import ClusterSnapshot
from services.llm.as_text import as_text
from services.llm.direct.plans import Plan, call
from services.llm.direct.wishes import Thing, Wish

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
    ("kill", "guest"): "stop_guest",
    ("reset", "guest"): "reset_guest",
    ("suspend", "guest"): "suspend_guest",
    ("resume", "guest"): "resume_guest",
    ("backup", "guest"): "start_backup",
    ("snapshot", "guest"): "create_snapshot",
    ("drop snapshot", "guest"): "delete_snapshot",
    ("roll back", "guest"): "rollback_snapshot",
    ("move", "guest"): "migrate_guest",
    ("upgrade", "node"): "upgrade_packages",
}
_ON_SERVICE: Final = {"restart": "restart_service", "stop": "stop_service"}
_NAMES_SNAPSHOT: Final = ("drop snapshot", "roll back")
_TAKEN: Final[Mapping[str, tuple[str, ...]]] = {"move": ("node",), "backup": ("storage",)}
"""What can be the target of an order."""
PLAIN_ORDERS: Final = (
    "`restart media`, `restart pveproxy on pve`, `move media to home`, `snapshot media`"
)


def plan_change(wish: Wish, snapshot: ClusterSnapshot, *, now: datetime) -> Plan:
    """The one call that an order comes to. Nothing is sent for one that was not read whole."""
    if because := _why_not(wish, snapshot):
        return Plan(told=f"{because} Nothing was sent.")
    if "service" in wish.words and wish.place is not None:
        tool = _ON_SERVICE[wish.intent]
        return Plan(calls=(call(tool, node=wish.place.name, service=wish.words["service"]),))
    thing = wish.things[0]
    given: dict[str, Any] = {thing.what: thing.reference}
    if wish.intent == "snapshot":
        given["snapshot"] = f"jarvis-{now:%Y%m%d-%H%M%S}"
    elif "snapshot" in wish.words:
        given["snapshot"] = wish.words["snapshot"]
    elif "to_disk" in wish.words:
        given["to_disk"] = True
    if thing.what == "container" and wish.place is not None:
        given["host"] = wish.place.reference
    if wish.target is not None:
        given["target" if wish.intent == "move" else "storage"] = wish.target.name
    return Plan(calls=(call(_ON_THING[wish.intent, thing.what], **given),))


def _why_not(wish: Wish, snapshot: ClusterSnapshot) -> str:
    if wish.unread:
        return (
            f"I read an order to {wish.intent} and do not understand “{as_text(wish.unread)}” in "
            f"it. Without a model I take one plain order at a time, such as {PLAIN_ORDERS}."
        )
    if "service" in wish.words:
        return ""
    if not wish.things:
        return f"{wish.intent.capitalize()} what? Name a guest, a node or a container."
    if len(wish.things) > 1:
        named = ", ".join(as_text(thing.label) for thing in wish.things)
        return f"One at a time without a model: which of {named}?"
    thing = wish.things[0]
    label = as_text(thing.label)
    if (wish.intent, thing.what) not in _ON_THING:
        return f"I know no way to {wish.intent} the {thing.what} {label}."
    if wish.intent in _NAMES_SNAPSHOT and "snapshot" not in wish.words:
        return f"Which snapshot? Name it: {_example(wish.intent, as_text(thing.name))}."
    if wish.intent == "move" and wish.target is None:
        return f"Where to? Name the node: `move {as_text(thing.name)} to …`."
    return _misplaced(wish, thing, snapshot)


def _example(intent: str, guest: str) -> str:
    return (
        f"`roll back {guest} to …`" if intent == "roll back" else f"`delete snapshot … of {guest}`"
    )


def _misplaced(wish: Wish, thing: Thing, snapshot: ClusterSnapshot) -> str:
    """Why what the order says of places cannot be meant."""
    target, place = wish.target, wish.place
    if target is not None and target.what not in _TAKEN.get(wish.intent, ()):
        return f"I know no way to {wish.intent} {as_text(thing.label)} to {as_text(target.label)}."
    if place is None or thing.what == "container":
        return ""
    guest = snapshot.guests.get(thing.vmid) if thing.vmid is not None else None
    if guest is None or place.what != "node":
        return f"I do not understand “on {as_text(place.label)}” of {as_text(thing.label)}."
    if guest.node != place.name:
        return f"{as_text(thing.label)} is on {as_text(guest.node)}, not on {as_text(place.name)}."
    return ""
