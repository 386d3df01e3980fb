"""Which guest, node or storage is meant: found in the snapshot, or refused with the nearest names.

Nothing is guessed: a name that fits nothing, or more than one, refuses the call.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from services.cluster.model import (
    ClusterSnapshot,
    GuestSnapshot,
    NodeSnapshot,
    StorageSnapshot,
)
from services.tools.errors import NamedTwice, NotNamed, NotReadYet

NEAREST = 3
_LABEL = re.compile(r"(?P<name>.+) \((?P<vmid>\d{1,9})\)", re.ASCII)


def find_guest(snapshot: ClusterSnapshot, name: str) -> GuestSnapshot:
    """The guest of that number, unique name, or both: `104`, `media`, `media (104)`.

    Raises CallRefused.
    """
    if snapshot.guests_at is None:
        raise NotReadYet
    guests = snapshot.guests
    if (label := _LABEL.fullmatch(name)) is not None:
        guest = guests.get(int(label["vmid"]))
        if guest is None or guest.name != label["name"]:
            raise NotNamed("guest", name, nearest(name, (each.label for each in guests.values())))
        return guest
    if name.isascii() and name.isdigit() and (guest := guests.get(int(name))) is not None:
        return guest
    found = [each for each in guests.values() if each.name == name]
    if not found:
        found = [each for each in guests.values() if (each.name or "").lower() == name.lower()]
    if len(found) > 1:
        told = [f"{each.vmid} on {each.node}" for each in found]
        raise NamedTwice("guest", name, told, how="its number")
    if not found:
        raise NotNamed("guest", name, _near_guests(snapshot, name))
    return found[0]


def find_node(snapshot: ClusterSnapshot, name: str) -> NodeSnapshot:
    """The node of that name, however it is spelt. Raises CallRefused."""
    if snapshot.nodes_at is None:
        raise NotReadYet
    found = snapshot.nodes.get(name) or next(
        (node for node in snapshot.nodes.values() if node.name.lower() == name.lower()), None
    )
    if found is None:
        raise NotNamed("node", name, nearest(name, snapshot.nodes))
    return found


def find_storage(snapshot: ClusterSnapshot, name: str, node: str | None = None) -> StorageSnapshot:
    """The storage of that name, as a node that answers sees it.

    One that several nodes have, each its own, wants the node named. Raises CallRefused.
    """
    if snapshot.storages_at is None:
        raise NotReadYet
    at = find_node(snapshot, node).name if node is not None else None
    rows = [
        each
        for each in snapshot.storages.values()
        if each.storage == name and at in (None, each.node)
    ]
    if not rows:
        where = f"storage on {at}" if at else "storage"
        seen = sorted({s.storage for s in snapshot.storages.values() if at in (None, s.node)})
        raise NotNamed(where, name, nearest(name, seen) or seen[:NEAREST])
    if len(rows) > 1 and not all(each.shared for each in rows):
        told = [f"on {each.node}" for each in rows]
        raise NamedTwice("storage", name, told, how="its node as well")
    return min(rows, key=lambda each: (not snapshot.is_online(each.node), not each.active))


def online_nodes(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """The nodes that answer, in their order."""
    return tuple(node.name for node in snapshot.online)


def _near_guests(snapshot: ClusterSnapshot, name: str) -> list[str]:
    by_name = {each.name: each.label for each in snapshot.guests.values() if each.name}
    by_number = {str(vmid): each.label for vmid, each in snapshot.guests.items()}
    return [(by_name | by_number)[match] for match in nearest(name, [*by_name, *by_number])]


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The few names most like it, for whoever has slipped."""
    return get_close_matches(name, list(known), n=NEAREST, cutoff=0.5)
