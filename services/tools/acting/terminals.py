"""What opens a node to a person: a root shell, and the trust in its host key."""

from typing import Annotated

from pydantic import Field

from services.cluster.model import ClusterSnapshot
from services.nodes.errors import HostKeyNotShown
from services.safety.tiers import Tier
from services.safety.touches import Touch
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.errors import NotAsThings
from services.tools.fields import GuestName, NodeName
from services.tools.hands import Hands
from services.tools.naming import find_guest, find_node
from services.tools.spec import Arguments, Found, Tool
from services.tools.subject import touch_of, touch_of_node

FINGERPRINT_PATTERN = r"^SHA256:[A-Za-z0-9+/]{43}=?$"


class Shell(Arguments):
    """Arguments of open_terminal."""

    node: NodeName
    guest: Annotated[
        GuestName | None, Field(description="A guest on it, to be entered through the node.")
    ] = None


class HostKey(Arguments):
    """Arguments of trust_host_key."""

    node: NodeName
    fingerprint: Annotated[
        str,
        Field(pattern=FINGERPRINT_PATTERN, description="The fingerprint it shows: SHA256:…"),
    ]


def _touches_shell(arguments: Shell, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    touched = [touch_of_node(arguments.node, snapshot, ends=False)]
    if arguments.guest is not None:
        touched.append(touch_of(arguments.guest, snapshot, ends=False))
    return tuple(touched)


def _touches_key(arguments: HostKey, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return (touch_of_node(arguments.node, snapshot, ends=False),)


@answering
async def _open_terminal(arguments: Shell, hands: Hands) -> Found:
    """The gate's word that a root shell may be opened; the terminal itself opens it."""
    snapshot = hands.cluster.snapshot
    node = find_node(snapshot, arguments.node).name
    where = node
    if arguments.guest is not None:
        guest = find_guest(snapshot, arguments.guest)
        if guest.node != node:
            raise NotAsThings(f"{guest.label} is on {guest.node}, not on {node}")
        where = f"{guest.label} through {node}"
    told = f"A root shell on {where} may be opened"
    return Found(text=told, data={"node": node, "guest": arguments.guest}, verified=True)


@answering
async def _trust(arguments: HostKey, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node).name
    known = _trusted(hands, node)
    if known == arguments.fingerprint:
        told = f"{arguments.fingerprint} was trusted for {node} already"
        return Found(outcome=Outcome.DONE, because=told, text=told, verified=True)
    try:
        await hands.nodes.trust_host_key(node, arguments.fingerprint, by=hands.by)
    except HostKeyNotShown as error:
        raise NotAsThings(error.because) from error
    good = _trusted(hands, node) == arguments.fingerprint
    told = f"{node} is trusted by its host key {arguments.fingerprint}"
    return Found(
        outcome=Outcome.DONE if good else Outcome.FAILED,
        because="" if good else f"{node} is still not trusted by {arguments.fingerprint}",
        text=told if good else "",
        data={"node": node, "fingerprint": arguments.fingerprint},
        verified=good,
        read_at=hands.clock.now(),
    )


def _trusted(hands: Hands, node: str) -> str | None:
    link = next((each for each in hands.nodes.host_keys() if each.node == node), None)
    return link.trusted_fingerprint if link else None


TOOLS: tuple[Tool[Shell] | Tool[HostKey], ...] = (
    Tool(
        name="open_terminal",
        summary="Open a root shell on a node, or in a guest through it, for a person at the page.",
        arguments=Shell,
        tier=Tier.RED,
        reads="the snapshot",
        changes="opens a root shell",
        verified_by="the terminal shows it",
        touches=_touches_shell,
        run=_open_terminal,
    ),
    Tool(
        name="trust_host_key",
        summary="Trust the SSH host key a node shows, after a person has compared it.",
        arguments=HostKey,
        tier=Tier.RED,
        reads="the host keys shown and trusted",
        changes="the list of trusted host keys",
        verified_by="the key is read back as trusted",
        touches=_touches_key,
        run=_trust,
    ),
)
