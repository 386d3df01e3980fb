"""The network addresses of one guest, told by what is inside it."""

from typing import Any

from services.cluster.model import GuestKind, GuestState
from services.cluster.parse_addresses import GuestInterface
from services.cluster.parse_guest_status import GuestStatusReading
from services.cluster.places import GuestPlace
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.hands import Hands
from services.tools.naming import find_guest
from services.tools.reading.found import read_now, snapshot_of
from services.tools.reading.places import read_place
from services.tools.spec import Found, Tool
from services.tools.subject import OfGuest, told_state
from services.tools.tables import Column, list_rows

MOST = 40
TOLD_FIRST = 4
"""Addresses in the first line; all of them stand below it."""

ADDRESS_COLUMNS: tuple[Column[GuestInterface], ...] = (
    Column("interface", "interface", lambda i: i.name),
    Column("mac", "mac", lambda i: i.mac),
    Column("addresses", "addresses", lambda i: i.addresses),
    Column("link-local", "link_local", lambda i: i.link_local),
    Column("inner", "inner", lambda i: i.inner, lambda v: "within the guest" if v else "—"),
)


@answering
async def _guest_addresses(arguments: OfGuest, hands: Hands) -> Found:
    guest = find_guest(snapshot_of(hands), arguments.guest)
    place, status = await read_place(hands, guest)
    if (unasked := _not_to_be_asked(place, status)) is not None:
        return unasked
    reading = await hands.cluster.lookups.fetch_addresses(place)
    if reading.interfaces is None:
        return _untold(place, reading.refused)
    listing = list_rows(reading.interfaces, ADDRESS_COLUMNS, most=MOST)
    found = reading.addresses
    data = _placed(place) | {"addresses": list(found)}
    teller = "its guest agent" if place.kind is GuestKind.QEMU else "its node"
    headline = f"{place.label} has {_named(found)}, as {teller} tells"
    return read_now(headline, listing, under="interfaces", hands=hands, data=data)


def _placed(place: GuestPlace) -> dict[str, Any]:
    return {"vmid": place.vmid, "kind": place.kind.value, "node": place.node}


def _named(addresses: tuple[str, ...]) -> str:
    if not addresses:
        return "no network address by which it is reached from outside"
    left = len(addresses) - TOLD_FIRST
    more = f" and {left} more" if left > 0 else ""
    return f"{', '.join(addresses[:TOLD_FIRST])}{more}"


def _not_to_be_asked(place: GuestPlace, status: GuestStatusReading) -> Found | None:
    """Why nothing within the guest can answer; None where it may."""
    if status.template:
        because = f"{place.label} is a template, which never runs and so has no addresses"
    elif status.state is GuestState.STOPPED:
        because = f"{place.label} is {told_state(status)}, so it has no addresses. Start it first"
    elif status.state is GuestState.PAUSED and place.kind is GuestKind.QEMU:
        because = f"{place.label} is {told_state(status)}, so its agent cannot answer. Resume it"
        return Found(outcome=Outcome.FAILED, because=because)
    else:
        return None
    data = _placed(place) | {"addresses": [], "interfaces": [], "left_out": 0}
    return Found(outcome=Outcome.EMPTY, because=because, text=because, data=data)


def _untold(place: GuestPlace, refused: str | None) -> Found:
    if place.kind is GuestKind.LXC:
        because = f"{place.node} sent no list of the interfaces of {place.label}"
    elif refused is None:
        because = f"The guest agent of {place.label} sent no list of interfaces"
    else:
        because = (
            f"The guest agent of {place.label} will not tell: {refused.rstrip('.')}. Update it, or "
            "allow guest-network-get-interfaces in its configuration"
        )
    return Found(outcome=Outcome.FAILED, because=because)


TOOLS: tuple[Tool[OfGuest], ...] = (
    Tool(
        name="get_guest_addresses",
        summary="Tell a guest's network addresses (IP, MAC), as its agent or its container tells "
        "them.",
        arguments=OfGuest,
        tier=Tier.GREEN,
        reads="GET …/status/current, then GET /nodes/{node}/qemu/{vmid}/agent/"
        "network-get-interfaces or GET /nodes/{node}/lxc/{vmid}/interfaces",
        run=_guest_addresses,
    ),
)
