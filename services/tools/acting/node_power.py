"""The power of nodes: woken, rebooted, shut down."""

from services.cluster.model import ClusterSnapshot, NodeSnapshot, NodeState
from services.cluster.orders import nodes as orders
from services.cluster.parse_cluster import StatusReading
from services.cluster.parse_node import NodeStatusReading
from services.safety.tiers import Tier
from services.safety.touches import Touch, TouchKind
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.effects import (
    Words,
    conclude,
    deadline_of,
    look_for_s,
    look_until,
    poll_soon,
    send,
)
from services.tools.errors import NotAsThings
from services.tools.figures import told_span
from services.tools.hands import Hands
from services.tools.naming import find_node
from services.tools.reading.cluster import OfNode
from services.tools.spec import Found, Tool
from services.tools.subject import refuse_without_quorum

WAKE_S = 210.0
BOOT_S = 900.0
HALT_S = 420.0
LOOKS_S = 5.0


def _touches(arguments: OfNode, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    node = find_node(snapshot, arguments.node).name
    return (Touch(kind=TouchKind.NODE_POWER, id=node, node=node, ends=True),)


def _touches_woken(arguments: OfNode, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    node = find_node(snapshot, arguments.node).name
    return (Touch(kind=TouchKind.NODE_POWER, id=node, node=node, ends=False),)


def _refuse_away(node: NodeSnapshot) -> None:
    if node.state in (NodeState.DOWN, NodeState.UNREACHABLE):
        raise NotAsThings(f"{node.name} is {node.state}: it cannot be told anything")


@answering
async def _wake(arguments: OfNode, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node).name
    report = await hands.nodes.wake(node)
    poll_soon(hands, nodes=True)
    data = {"node": node, "sent_by": list(report.sent_by), "after_s": report.after_s}
    lines = [report.because]
    if report.sent_by:
        lines.append(f"Called by: {', '.join(report.sent_by)}")
    return Found(
        outcome=Outcome.DONE if report.awake else Outcome.FAILED,
        because="" if report.awake and report.sent_by else report.because,
        text="\n".join(lines),
        data=data,
        verified=report.awake,
        read_at=hands.clock.now(),
    )


@answering
async def _reboot(arguments: OfNode, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node)
    _refuse_away(node)
    await refuse_without_quorum(hands)
    lookups = hands.cluster.lookups
    before = await lookups.fetch_node_status(node.name)
    began_s = hands.clock.monotonic_s()
    deadline_s = deadline_of(hands, BOOT_S)
    sent = await send(hands, orders.reboot_node(node.name), label=node.name, deadline_s=deadline_s)
    poll_soon(hands, nodes=True)

    def anew(status: NodeStatusReading) -> bool:
        if status.uptime_s is None:
            return False
        since_s = hands.clock.monotonic_s() - began_s
        return status.uptime_s < since_s or (
            before.uptime_s is not None and status.uptime_s < before.uptime_s
        )

    seen = await look_until(
        hands,
        lambda: lookups.fetch_node_status(node.name),
        anew,
        until_s=look_for_s(hands, sent, deadline_s=deadline_s, patient=True),
        last_pause_s=LOOKS_S,
    )
    poll_soon(hands, nodes=True)
    took = told_span(hands.clock.monotonic_s() - began_s)
    uptime = told_span(seen.found.uptime_s if seen.found else None)
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=node.name,
            done=f"{node.name} is back {took} after the request, up for {uptime}",
            undone=f"{node.name} has not gone down, and is up for {uptime}",
        ),
        data={
            "node": node.name,
            "uptime_before_s": before.uptime_s,
            "uptime_s": seen.found.uptime_s if seen.found else None,
        },
    )


@answering
async def _shut_down(arguments: OfNode, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node)
    if node.state is NodeState.DOWN:
        told = f"{node.name} was down already; nothing was sent"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    _refuse_away(node)
    await refuse_without_quorum(hands)
    deadline_s = deadline_of(hands, HALT_S)
    sent = await send(
        hands, orders.shut_down_node(node.name), label=node.name, deadline_s=deadline_s
    )

    def gone(status: StatusReading) -> bool:
        return status.online.get(node.name) is False

    seen = await look_until(
        hands,
        hands.cluster.lookups.fetch_cluster_status,
        gone,
        until_s=look_for_s(hands, sent, deadline_s=deadline_s, patient=True),
        last_pause_s=LOOKS_S,
    )
    poll_soon(hands, nodes=True)
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=node.name,
            done=f"{node.name} has left the cluster and is down",
            undone=f"{node.name} is still seen in the cluster",
        ),
        data={"node": node.name},
    )


TOOLS: tuple[Tool[OfNode], ...] = (
    Tool(
        name="wake_node",
        summary="Wake a sleeping node over the network and wait until it answers.",
        arguments=OfNode,
        tier=Tier.YELLOW,
        timeout_s=WAKE_S,
        reads="the snapshot, the node's SSH port",
        changes="POST /nodes/{node}/wakeonlan; else a magic packet, else WOL_URL",
        verified_by="the cluster sees it online, or its SSH port takes a connection",
        touches=_touches_woken,
        run=_wake,
    ),
    Tool(
        name="reboot_node",
        summary="Reboot a node: every guest on it goes down and those that start at boot return.",
        arguments=OfNode,
        tier=Tier.RED,
        timeout_s=BOOT_S,
        reads="GET /nodes/{node}/status",
        changes="POST /nodes/{node}/status command=reboot",
        verified_by="it answers again with an uptime that began after the request",
        touches=_touches,
        run=_reboot,
    ),
    Tool(
        name="shutdown_node",
        summary="Shut a node down: every guest on it goes down with it.",
        arguments=OfNode,
        tier=Tier.RED,
        timeout_s=HALT_S,
        reads="GET /cluster/status",
        changes="POST /nodes/{node}/status command=shutdown",
        verified_by="the other nodes no longer see it in the cluster",
        touches=_touches,
        run=_shut_down,
    ),
)
