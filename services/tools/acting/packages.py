"""Packages of a node: their lists read anew, and what waits installed."""

import re

from services.cluster.model import ClusterSnapshot
from services.cluster.orders.nodes import refresh_packages
from services.nodes.errors import NodesError, OutputBroken
from services.safety.tiers import Tier
from services.safety.touches import Touch
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
    send,
    sent_before,
)
from services.tools.figures import count, told_span
from services.tools.hands import Hands
from services.tools.naming import find_node
from services.tools.reading.cluster import OfNode
from services.tools.spec import CutOff, Found, Tool
from services.tools.subject import touch_of_node

REFRESH_S = 180.0
UPGRADE_S = 1_800.0
TAIL_LINES = 25
UPGRADE_ARGV = (
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "APT_LISTCHANGES_FRONTEND=none",
    "apt-get",
    "--yes",
    "-o",
    "Dpkg::Options::=--force-confdef",
    "-o",
    "Dpkg::Options::=--force-confold",
    "dist-upgrade",
)
"""Proxmox wants dist-upgrade; files somebody has changed stay as they are."""
LIST_ARGV = ("apt", "list", "--upgradable")
_LISTED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9+.\-]*)/\S+ ", re.MULTILINE)


def parse_upgradable(text: str) -> tuple[str, ...]:
    """The packages in what `apt list --upgradable` writes, in the C locale."""
    return tuple(dict.fromkeys(found["name"] for found in _LISTED.finditer(text)))


async def _upgradable(node: str, hands: Hands) -> tuple[str, ...]:
    """What apt lists; raises NodesError where it lists nothing because it did not work."""
    result = await hands.nodes.run(node, LIST_ARGV, timeout_s=60.0)
    if not result.ok:
        told = " ".join(result.stderr.split())[:200] or f"it ended with {result.exit_status}"
        raise OutputBroken(node, "apt list --upgradable", told)
    return parse_upgradable(result.stdout)


def _touches(arguments: OfNode, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return (touch_of_node(arguments.node, snapshot, ends=False),)


@answering
async def _refresh(arguments: OfNode, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node).name
    deadline_s = deadline_of(hands, REFRESH_S)
    sent = await send(hands, refresh_packages(node), label=node, deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s)
    return await _read_lists(hands, node, sent, until_s=until_s)


async def _look_back_at_lists(arguments: OfNode, hands: Hands, cut: CutOff) -> Found:
    node, sent = find_node(hands.cluster.snapshot, arguments.node).name, sent_before(cut)
    return await _read_lists(hands, node, sent, until_s=look_back_s(hands, sent))


async def _read_lists(hands: Hands, node: str, sent: Sent, *, until_s: float) -> Found:
    # What has not changed looks as if nobody had looked: only the task tells the two apart.
    well = sent.end is not None and sent.end.succeeded
    seen = await look_until(
        hands,
        lambda: hands.cluster.lookups.fetch_packages(node),
        lambda found: well and found is not None,
        until_s=until_s,
    )
    waiting = len(seen.found or ())
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=node,
            done=f"The package lists of {node} are fresh: {count(waiting, 'package')} can be "
            "upgraded",
            undone=f"the package lists of {node} are as old as they were",
        ),
        data={"node": node, "count": waiting},
    )


@answering
async def _upgrade(arguments: OfNode, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node).name
    before = await _upgradable(node, hands)
    if not before:
        told = f"Nothing waited to be upgraded on {node}; nothing was run"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    result = await hands.nodes.run(node, UPGRADE_ARGV, timeout_s=UPGRADE_S - 150)
    took = told_span(result.duration_ms / 1000)
    try:
        left = await _upgradable(node, hands)
    except NodesError as error:
        because = f"apt-get ended with {result.exit_status}, but could not be checked: "
        return Found(outcome=Outcome.UNKNOWN, because=because + error.because)
    good = result.ok and not left
    if good:
        because = ""
    elif not result.ok:
        because = f"apt-get on {node} ended with status {result.exit_status}"
    else:
        because = f"{count(len(left), 'package')} of {node} can still be upgraded"
    tail = (result.stdout + result.stderr).splitlines()[-TAIL_LINES:]
    headline = f"{len(before) - len(left)} of {count(len(before), 'package')} upgraded in {took}"
    return Found(
        outcome=Outcome.DONE if good else Outcome.FAILED,
        because=because,
        text="\n".join([headline, "Last lines of apt-get:", *(f"  {line}" for line in tail)]),
        data={
            "node": node,
            "upgraded": [name for name in before if name not in left],
            "left": list(left),
            "exit_status": result.exit_status,
        },
        verified=good,
        read_at=hands.clock.now(),
    )


TOOLS: tuple[Tool[OfNode], ...] = (
    Tool(
        name="refresh_apt_cache",
        summary="Read a node's package lists anew, so that get_updates is fresh; nothing is "
        "installed.",
        arguments=OfNode,
        tier=Tier.YELLOW,
        timeout_s=REFRESH_S,
        reads="GET /nodes/{node}/apt/update",
        changes="POST /nodes/{node}/apt/update",
        verified_by="its task ended well, and the list of updates is read",
        touches=_touches,
        run=_refresh,
        look_back=_look_back_at_lists,
    ),
    Tool(
        name="upgrade_packages",
        summary="Install every update that waits on a node; services may restart, guests run on.",
        arguments=OfNode,
        tier=Tier.RED,
        timeout_s=UPGRADE_S,
        reads="apt list --upgradable over SSH",
        changes="apt-get dist-upgrade over SSH, keeping changed configuration files",
        verified_by="apt-get ended with 0, and apt lists nothing more to upgrade",
        touches=_touches,
        run=_upgrade,
    ),
)
