"""Services of a node: restarted, stopped. Proxmox's own by its API, others over SSH."""

from collections.abc import Awaitable, Callable
from typing import Final

from services.cluster.model import ClusterSnapshot
from services.cluster.node_services import ServiceReading
from services.cluster.orders import nodes as orders
from services.nodes.errors import OutputBroken
from services.safety.tiers import Tier, Verdict
from services.safety.touches import Touch, TouchKind
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.effects import (
    Sent,
    Words,
    conclude,
    deadline_of,
    look_back_s,
    look_for_s,
    look_until,
    poll_soon,
    send,
    sent_before,
)
from services.tools.errors import NotNamed
from services.tools.hands import Hands
from services.tools.naming import find_node
from services.tools.reading.nodes import OfService
from services.tools.spec import CutOff, Found, Tool

TIMEOUT_S = 120.0
HARMLESS: Final = frozenset(
    {
        "chrony",
        "cron",
        "ksmtuned",
        "postfix",
        "pveproxy",
        "pvescheduler",
        "pvestatd",
        "smartd",
        "smartmontools",
        "spiceproxy",
        "systemd-timesyncd",
    }
)
"""Units whose restart takes neither guests, nor their disks or network, nor the node's place in
the cluster, nor the way by which it is reached: clocks, mail, statistics, schedules, the web page.
Whatever else there is, known or not, waits for a person."""


def unit_of(service: str) -> str:
    """The unit's name without `.service`."""
    return service.removesuffix(".service")


def _tier(arguments: OfService) -> Verdict:
    unit = unit_of(arguments.service)
    if unit in HARMLESS:
        return Verdict(Tier.YELLOW, f"{unit} is one of those whose restart harms nothing")
    return Verdict(
        Tier.RED, f"{unit} is not one of the services whose restart is known to harm nothing"
    )


def _touches(arguments: OfService, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    node = find_node(snapshot, arguments.node).name
    return (Touch(kind=TouchKind.SERVICE, id=unit_of(arguments.service), node=node, ends=True),)


def _runs(service: ServiceReading | None) -> bool:
    return service is not None and service.state == "running"


def _rests(service: ServiceReading | None) -> bool:
    return service is not None and service.state in ("dead", "stopped", "failed")


async def _act(arguments: OfService, hands: Hands, *, stop: bool) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node).name
    unit = unit_of(arguments.service)
    listed = {each.name: each for each in await hands.cluster.lookups.fetch_services(node) or ()}
    service = listed.get(unit)
    if service is None or service.unit_state == "not-found":
        return await _act_over_ssh(node, unit, hands, stop=stop)
    if stop and _rests(service):
        told = f"{unit} on {node} was stopped already; nothing was sent"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    change = orders.stop_service(node, unit) if stop else orders.restart_service(node, unit)
    deadline_s = deadline_of(hands, TIMEOUT_S)
    sent = await send(hands, change, label=f"{unit} on {node}", deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s)
    return await _read(hands, node, unit, sent, stop=stop, until_s=until_s)


def _looks_back(*, stop: bool) -> Callable[[OfService, Hands, CutOff], Awaitable[Found]]:
    async def look_back(arguments: OfService, hands: Hands, cut: CutOff) -> Found:
        node = find_node(hands.cluster.snapshot, arguments.node).name
        unit, sent = unit_of(arguments.service), sent_before(cut)
        until_s = look_back_s(hands, sent)
        return await _read(hands, node, unit, sent, stop=stop, until_s=until_s)

    return look_back


async def _read(
    hands: Hands, node: str, unit: str, sent: Sent, *, stop: bool, until_s: float
) -> Found:
    # A restart leaves a service as it was: only its task tells the two apart.
    well = stop or (sent.doubt is None and (sent.end is None or sent.end.succeeded))
    seen = await look_until(
        hands,
        lambda: hands.cluster.lookups.fetch_service(node, unit),
        lambda found: well and (_rests(found) if stop else _runs(found)),
        until_s=until_s,
    )
    poll_soon(hands)
    state = (seen.found.state if seen.found else None) or "not to be read"
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=f"{unit} on {node}",
            done=f"{unit} on {node} is {'stopped' if stop else 'restarted and running'}",
            undone=f"{unit} on {node} is {state}",
        ),
        data={"node": node, "service": unit, "state": seen.found.state if seen.found else None},
    )


async def _act_over_ssh(node: str, unit: str, hands: Hands, *, stop: bool) -> Found:
    shown = await hands.nodes.run(node, ["systemctl", "show", "-p", "LoadState", "--value", unit])
    state = shown.stdout.strip()
    if not shown.ok or not state:
        told = " ".join(shown.stderr.split())[:200] or f"it ended with {shown.exit_status}"
        raise OutputBroken(node, "systemctl show", told)
    if state == "not-found":
        raise NotNamed(f"service on {node} called", unit, ())
    verb = "stop" if stop else "restart"
    result = await hands.nodes.run(node, ["systemctl", verb, unit], timeout_s=TIMEOUT_S - 60)
    active = await hands.nodes.run(node, ["systemctl", "is-active", unit])
    state = active.stdout.strip() or "unknown"
    good = result.ok and (state in ("inactive", "failed") if stop else state == "active")
    told = " ".join(result.stderr.split())[:300]
    because = "" if good else f"{unit} on {node} is {state}{f': {told}' if told else ''}"
    return Found(
        outcome=Outcome.DONE if good else Outcome.FAILED,
        because=because,
        text=f"{unit} on {node} is {state} after systemctl {verb}",
        data={"node": node, "service": unit, "state": state, "exit_status": result.exit_status},
        verified=good,
        read_at=hands.clock.now(),
    )


@answering
async def _restart(arguments: OfService, hands: Hands) -> Found:
    return await _act(arguments, hands, stop=False)


@answering
async def _stop(arguments: OfService, hands: Hands) -> Found:
    return await _act(arguments, hands, stop=True)


TOOLS: tuple[Tool[OfService], ...] = (
    Tool(
        name="restart_service",
        summary="Restart a service of a node; one that could take guests or the network along "
        "waits for a person.",
        arguments=OfService,
        tier=_tier,
        timeout_s=TIMEOUT_S,
        reads="GET /nodes/{node}/services; systemctl over SSH for what Proxmox does not list",
        changes="POST /nodes/{node}/services/{service}/restart; systemctl restart",
        verified_by="its task ended well and the service is read as running",
        touches=_touches,
        run=_restart,
        look_back=_looks_back(stop=False),
    ),
    Tool(
        name="stop_service",
        summary="Stop a service of a node.",
        arguments=OfService,
        tier=Tier.RED,
        timeout_s=TIMEOUT_S,
        reads="GET /nodes/{node}/services; systemctl over SSH for what Proxmox does not list",
        changes="POST /nodes/{node}/services/{service}/stop; systemctl stop",
        verified_by="the service is read as not running",
        touches=_touches,
        run=_stop,
        look_back=_looks_back(stop=True),
    ),
)
