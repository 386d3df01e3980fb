"""What Jarvis finds when it first reads the whole cluster; pure."""

from services.cluster.changes import WatchBegan
from services.cluster.model import ClusterSnapshot, GuestState


def find_on_arrival(old: ClusterSnapshot, new: ClusterSnapshot) -> tuple[WatchBegan, ...]:
    """One event with the first whole reading, none ever after; a gap in the journal ends there."""
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
    )
