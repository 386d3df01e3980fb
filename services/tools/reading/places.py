"""A guest looked at where it is now, which need not be where the snapshot had it."""

from services.cluster.lookups import GuestGone
from services.cluster.model import GuestSnapshot
from services.cluster.parse_guest_status import GuestStatusReading
from services.cluster.places import GuestPlace
from services.tools.hands import Hands


async def read_place(hands: Hands, guest: GuestSnapshot) -> tuple[GuestPlace, GuestStatusReading]:
    """Where a guest is and how it is. Raises ClusterError: GuestGone when it is no more."""
    lookups = hands.cluster.lookups
    place = GuestPlace.of(guest)
    try:
        return place, await lookups.fetch_guest_status(place)
    except GuestGone:
        moved = await lookups.find_guest(guest.vmid)
        if moved is None or moved.node == place.node:
            raise
        place = GuestPlace.of(moved)
        return place, await lookups.fetch_guest_status(place)
