"""Which Docker daemon is meant, and how it is spoken to: on a node, or within a guest of it."""

from collections.abc import Sequence
from dataclasses import replace

from services.cluster.model import ClusterSnapshot, GuestKind, NodeState
from services.nodes.errors import OutputBroken
from services.nodes.model import CommandResult
from services.nodes.parse_docker import parse_guest_exec
from services.nodes.readings import DockerPlace
from services.tools.errors import NotAsThings, NotNamed
from services.tools.hands import Hands
from services.tools.naming import find_guest, find_node

AGENT_GRACE_S = 10.0


def find_docker(hands: Hands, host: str | None) -> DockerPlace:
    """The daemon of a node, of a guest, or of Jarvis itself where none is named.

    Raises CallRefused.
    """
    snapshot = hands.cluster.snapshot
    if host is not None:
        return place_of(snapshot, host)
    if hands.docker_vmid is not None:
        return place_of(snapshot, str(hands.docker_vmid))
    if hands.docker_node is not None:
        return DockerPlace(node=hands.docker_node)
    raise NotAsThings(
        "No Docker daemon is configured: name a node or guest as host, or set JARVIS_DOCKER_NODE "
        "or JARVIS_DOCKER_VMID"
    )


def place_of(snapshot: ClusterSnapshot, host: str) -> DockerPlace:
    """The daemon of that node or guest. Raises CallRefused."""
    try:
        return DockerPlace(node=find_node(snapshot, host).name)
    except NotNamed:
        guest = find_guest(snapshot, host)
    node = snapshot.nodes.get(guest.node)
    if node is not None and node.state is not NodeState.ONLINE:
        raise NotAsThings(f"{guest.label} is on {guest.node}, which is {node.state}")
    return DockerPlace(node=guest.node, vmid=guest.vmid, is_container=guest.kind is GuestKind.LXC)


def host_of(place: DockerPlace) -> str:
    """The node's name, or the guest's number."""
    return place.node if place.vmid is None else str(place.vmid)


def told_place(place: DockerPlace) -> str:
    """`pve`, or `guest 103`."""
    return place.node if place.vmid is None else f"guest {place.vmid}"


async def run_docker(
    hands: Hands, place: DockerPlace, words: Sequence[str], *, timeout_s: float = 30.0
) -> CommandResult:
    """Run `docker …` there. Raises NodesError."""
    argv = ("docker", *words)
    if place.vmid is None:
        return await hands.nodes.run(place.node, argv, timeout_s=timeout_s)
    if place.is_container:
        inside = ("pct", "exec", str(place.vmid), "--", *argv)
        return await hands.nodes.run(place.node, inside, timeout_s=timeout_s)
    waits = str(int(timeout_s))
    inside = ("qm", "guest", "exec", str(place.vmid), "--timeout", waits, "--", *argv)
    outer = await hands.nodes.run(place.node, inside, timeout_s=timeout_s + AGENT_GRACE_S)
    told = parse_guest_exec(outer.stdout) if outer.ok else None
    if told is None:
        why = " ".join(outer.stderr.split())[:200] or "the guest agent gave no answer"
        raise OutputBroken(place.node, "qm guest exec", why)
    status, out, err = told
    return replace(outer, exit_status=status, stdout=out, stderr=err)
