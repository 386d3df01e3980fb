"""A look at what a call would touch, at the moment it is asked for and again when it runs.

What cannot be read in time is told with its reason; the snapshot then serves, with its age.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeVar

from services.cluster.errors import ClusterError
from services.cluster.model import ClusterSnapshot, GuestState, NodeState
from services.cluster.parse_guest import GuestConfig, SnapshotReading
from services.cluster.parse_guest_status import GuestStatusReading
from services.cluster.places import GuestPlace
from services.safety.touches import Touch, TouchKind
from services.tools.hands import Hands

T = TypeVar("T")

LOOK_S: Final = 3.0
"""For so long a card waits for fresh readings."""
MOST_GUESTS: Final = 4
"""Guests read anew for one call; what is told of the others is the snapshot's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSight:
    """One guest as it was just read; a part that could not be read is None."""

    status: GuestStatusReading | None = None
    config: GuestConfig | None = None
    snapshots: tuple[SnapshotReading, ...] | None = None
    because: str = ""
    """Why something is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was just read, by vmid."""

    guests: Mapping[int, GuestSight] = field(default_factory=lambda: MappingProxyType({}))


Standing = Mapping[str, str]
"""How the touched things stand, as far as it is known: `guest/104 state` to `running`."""


async def look_at(touches: Sequence[Touch], hands: Hands, *, whole: bool) -> Sight:
    """Read the guests among the touches; with `whole` their configuration and snapshots too."""
    snapshot = hands.cluster.snapshot
    named = (touch.id for touch in touches if touch.kind is TouchKind.GUEST)
    vmids = [int(id_) for id_ in dict.fromkeys(named) if id_.isascii() and id_.isdigit()]
    known = [snapshot.guests[vmid] for vmid in vmids if vmid in snapshot.guests][:MOST_GUESTS]
    places = [GuestPlace.of(guest) for guest in known]
    seen = await asyncio.gather(*(_look_at_guest(place, hands, whole) for place in places))
    return Sight(guests=dict(zip((place.vmid for place in places), seen, strict=True)))


async def _look_at_guest(place: GuestPlace, hands: Hands, whole: bool) -> GuestSight:
    read = hands.cluster.lookups
    gaps: list[str] = []
    status, config, snapshots = await asyncio.gather(
        _part(lambda: read.fetch_guest_status(place), gaps),
        _part(lambda: read.fetch_guest_config(place), gaps) if whole else _nothing(),
        _part(lambda: read.fetch_snapshots(place), gaps) if whole else _nothing(),
    )
    return GuestSight(
        status=status, config=config, snapshots=snapshots, because="; ".join(dict.fromkeys(gaps))
    )


async def _nothing() -> None:
    return None


async def _part(ask: Callable[[], Awaitable[T]], gaps: list[str]) -> T | None:
    try:
        async with asyncio.timeout(LOOK_S):
            return await ask()
    except ClusterError as error:
        gaps.append(error.because)
    except TimeoutError:
        gaps.append(f"no answer within {LOOK_S:g} s")
    return None


def standing_of(touches: Sequence[Touch], snapshot: ClusterSnapshot, sight: Sight) -> Standing:
    """How the things touched stand; what is not known is left out."""
    standing: dict[str, str] = {}
    for touch in touches:
        if touch.kind is TouchKind.GUEST and touch.id.isascii() and touch.id.isdigit():
            standing |= _guest_standing(int(touch.id), snapshot, sight)
        if touch.kind is TouchKind.NODE_POWER and (node := snapshot.nodes.get(touch.id)):
            if node.state in (NodeState.ONLINE, NodeState.DOWN):
                standing[f"node/{node.name} state"] = node.state.value
            if snapshot.quorate is not None:
                standing["cluster quorum"] = "there" if snapshot.quorate else "lost"
    return standing


def _guest_standing(vmid: int, snapshot: ClusterSnapshot, sight: Sight) -> dict[str, str]:
    guest = snapshot.guests.get(vmid)
    if guest is None:
        return {f"guest/{vmid} place": "nowhere"} if snapshot.guests_at else {}
    fresh = sight.guests.get(vmid)
    status = fresh.status if fresh else None
    state = status.state if status else guest.state
    lock = status.lock if status else guest.lock
    told = {f"guest/{vmid} place": guest.node, f"guest/{vmid} lock": lock or "none"}
    if state is not GuestState.UNKNOWN:
        told[f"guest/{vmid} state"] = state.value
    return told


def changed_since(asked: Standing, now: Standing) -> str | None:
    """What is no longer as it was when a person was asked, as a clause; None where all is."""
    for name, before in asked.items():
        after = now.get(name)
        if after is not None and after != before:
            return f"{name} was {before} when it was asked, and is {after} now"
    return None
