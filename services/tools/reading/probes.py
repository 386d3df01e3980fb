"""Looks at the network: does a host answer, is a port open, what does a name mean.

From Jarvis itself where it may dial that address; else, and for every ping, from a node over SSH.
"""

import asyncio
import os
import re
import socket
from typing import Annotated

from pydantic import Field

from services.dialing import is_loopback
from services.nodes.errors import OutputBroken
from services.nodes.readings import NOT_FOUND
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.errors import NotAsThings
from services.tools.fields import NODE_PATTERN, HostName
from services.tools.hands import Hands
from services.tools.naming import find_node, online_nodes
from services.tools.reading.found import snapshot_of
from services.tools.spec import Arguments, Found, Tool

CONNECT_S = 3.0
PINGS = 3
ADDRESSES_TOLD = 10
_PORT_SCRIPT = 'exec 3<>"/dev/tcp/$1/$2"'
_LOSS = re.compile(r"(?P<sent>\d+) packets transmitted, (?P<back>\d+) (?:packets )?received")
_TIMES = re.compile(r"= (?P<least>[\d.]+)/(?P<mean>[\d.]+)/(?P<most>[\d.]+)")

From = Annotated[
    str | None,
    Field(
        pattern=NODE_PATTERN,
        description="The node to look from, over SSH; when left out, Jarvis or any node.",
    ),
]


class Ping(Arguments):
    """Arguments of ping_host."""

    host: HostName
    from_node: From = None


class Port(Arguments):
    """Arguments of check_port."""

    host: HostName
    port: Annotated[int, Field(ge=1, le=65_535, description="The TCP port.")]
    from_node: From = None


class Name(Arguments):
    """Arguments of resolve_name."""

    name: HostName
    from_node: From = None


def _node(hands: Hands, wanted: str | None) -> str:
    """The node to look from. Raises CallRefused."""
    snapshot = snapshot_of(hands)
    if wanted is not None:
        return find_node(snapshot, wanted).name
    online = online_nodes(snapshot)
    if not online:
        raise NotAsThings("No node is online to look from")
    return online[0]


def _may_dial(hands: Hands, host: str) -> bool:
    return not hands.loopback_only or is_loopback(host)


@answering
async def _ping(arguments: Ping, hands: Hands) -> Found:
    node = _node(hands, arguments.from_node)
    argv = ["ping", "-n", "-c", str(PINGS), "-W", "2", arguments.host]
    result = await hands.nodes.run(node, argv)
    loss = _LOSS.search(result.stdout)
    now = hands.clock.now()
    if loss is None:
        why = " ".join((result.stderr or result.stdout).split())[:200] or "ping wrote nothing"
        return Found(outcome=Outcome.FAILED, because=f"{arguments.host} from {node}: {why}")
    back, sent = int(loss["back"]), int(loss["sent"])
    times = _TIMES.search(result.stdout)
    mean_ms = float(times["mean"]) if times else None
    took = f", {mean_ms:g} ms on average" if mean_ms is not None else ""
    return Found(
        text=f"{arguments.host} answers {back} of {sent} pings from {node}{took}",
        data={
            "host": arguments.host,
            "from": node,
            "answers": back > 0,
            "sent": sent,
            "received": back,
            "mean_ms": mean_ms,
        },
        read_at=now,
    )


@answering
async def _port(arguments: Port, hands: Hands) -> Found:
    host, port = arguments.host, arguments.port
    if arguments.from_node is None and _may_dial(hands, host):
        place = "Jarvis"
        open_, why = await _dial(host, port)
    else:
        place = _node(hands, arguments.from_node)
        open_, why = await _dial_from(hands, place, host, port)
    told = f"Port {port} of {host} is open, seen from {place}"
    if not open_:
        told = f"Port {port} of {host} cannot be reached from {place}: {why}"
    return Found(
        text=told,
        data={"host": host, "port": port, "from": place, "open": open_, "because": why or None},
        read_at=hands.clock.now(),
    )


async def _dial(host: str, port: int) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return False, "no answer came in time"
    except OSError as error:
        return False, os.strerror(error.errno) if error.errno else str(error)
    writer.close()
    return True, ""


async def _dial_from(hands: Hands, node: str, host: str, port: int) -> tuple[bool, str]:
    """The same from a node: by bash itself, or by nc where its bash knows no network.

    Raises NodesError where neither can tell.
    """
    script = ["bash", "-c", _PORT_SCRIPT, "probe", host, str(port)]
    result = await hands.nodes.run(node, ["timeout", f"{CONNECT_S:g}", *script])
    if "No such file or directory" in result.stderr:
        result = await hands.nodes.run(node, ["nc", "-z", "-w", f"{CONNECT_S:g}", host, str(port)])
        if result.exit_status == NOT_FOUND:
            raise OutputBroken(node, "nc", "neither bash nor nc can open a connection there")
    if result.ok:
        return True, ""
    # 124 is what `timeout` ends with where the time was over.
    late = result.exit_status == 124
    return False, "no answer came in time" if late else _last_line(result.stderr)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].rpartition(": ")[2] if lines else "it was refused"


@answering
async def _resolve(arguments: Name, hands: Hands) -> Found:
    name = arguments.name
    if arguments.from_node is None and _may_dial(hands, name):
        place = "Jarvis"
        addresses, why = await _look_up(name)
    else:
        place = _node(hands, arguments.from_node)
        result = await hands.nodes.run(place, ["getent", "ahosts", name])
        found = [line.split()[0] for line in result.stdout.splitlines() if line.split()]
        addresses, why = list(dict.fromkeys(found)), "it does not resolve"
    data = {"name": name, "from": place, "addresses": addresses[:ADDRESSES_TOLD]}
    if not addresses:
        return Found(outcome=Outcome.EMPTY, because=f"{name} seen from {place}: {why}", data=data)
    return Found(
        text=f"{name} is {', '.join(addresses[:ADDRESSES_TOLD])}, seen from {place}",
        data=data,
        read_at=hands.clock.now(),
    )


async def _look_up(name: str) -> tuple[list[str], str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return [], getattr(error, "strerror", None) or "it does not resolve"
    return list(dict.fromkeys(str(address[0]) for *_, address in found)), ""


TOOLS: tuple[Tool[Ping] | Tool[Port] | Tool[Name], ...] = (
    Tool(
        name="ping_host",
        summary="Ping a host from a node and tell how many answers came, and how fast.",
        arguments=Ping,
        tier=Tier.GREEN,
        reads="ping over SSH",
        run=_ping,
    ),
    Tool(
        name="check_port",
        summary="Tell whether a TCP port of a host can be reached; nothing is sent to it.",
        arguments=Port,
        tier=Tier.GREEN,
        reads="a TCP connection from Jarvis, or from a node over SSH",
        run=_port,
    ),
    Tool(
        name="resolve_name",
        summary="Tell which addresses a host name stands for.",
        arguments=Name,
        tier=Tier.GREEN,
        reads="the resolver of Jarvis, or of a node over SSH",
        run=_resolve,
    ),
)
