"""Where a terminal may be: nodes of the cluster, and guests that run; pure."""

from services.cluster.model import ClusterSnapshot, GuestKind, GuestState, NodeState
from services.nodes.terminal_errors import TerminalRefused
from services.nodes.terminal_model import TerminalPlace

_STATES = {
    GuestState.STOPPED: "is off",
    GuestState.PAUSED: "is paused",
    GuestState.UNKNOWN: "is not known to run",
}


def find_place(snapshot: ClusterSnapshot, node: str, vmid: int | None) -> TerminalPlace:
    """The place a page asks for; a guest is sought on the node it is on now.

    Raises TerminalRefused where there is none.
    """
    if vmid is None:
        if node not in snapshot.nodes:
            raise TerminalRefused(f"There is no node {node[:60]}")
        return TerminalPlace(node=node)
    guest = snapshot.guests.get(vmid)
    if guest is None:
        raise TerminalRefused(f"There is no guest {vmid}")
    if guest.state is not GuestState.RUNNING:
        raise TerminalRefused(f"{guest.label} {_STATES[guest.state]}", "Start it first")
    return TerminalPlace(
        node=guest.node,
        guest=vmid,
        guest_name=guest.name,
        container=guest.kind is GuestKind.LXC,
    )


def why_away(snapshot: ClusterSnapshot, place: TerminalPlace) -> str | None:
    """Why nobody would answer there, if that is known beforehand; a person need not be asked."""
    node = snapshot.nodes.get(place.node)
    if node is None or node.state is not NodeState.DOWN:
        return None
    since = node.down_since or node.state_since
    return f"{place.node} is down since {since:%H:%M} UTC"
