"""What Jarvis finds when it first reads the whole cluster; pure."""

from collections.abc import Mapping
from types import MappingProxyType

from services.cluster.changes import WatchBegan
from services.cluster.diff_storages import find_storages_on_arrival
from services.cluster.model import ClusterSnapshot, GuestState, Level
from services.events import Happening


def find_on_arrival(
    old: ClusterSnapshot, new: ClusterSnapshot, told: Mapping[str, Level] = MappingProxyType({})
) -> tuple[Happening, ...]:
    """What the first whole reading finds, nothing ever after; a gap in the journal ends there.

    `told` is where storages stood when it was last told, by subject.
    """
    if old.guests_at is not None or new.guests_at is None or new.nodes_at is None:
        return ()
    states = [guest.state for guest in new.guests.values() if not guest.template]
    return (
        WatchBegan(
            at=new.taken_at,
            cluster=new.name,
            nodes_online=new.nodes_online,
            nodes_known=len(new.nodes),
            guests_up=sum(state in (GuestState.RUNNING, GuestState.PAUSED) for state in states),
            guests_off=states.count(GuestState.STOPPED),
        ),
        *(find_storages_on_arrival(new, told) if new.storages_at is not None else ()),
    )
