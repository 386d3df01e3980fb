"""What changed between two snapshots, as happenings: pure, and silent on a first reading."""

from services.cluster.changes import QuorumLost, QuorumRegained
from services.cluster.diff_guests import diff_guests
from services.cluster.diff_nodes import diff_nodes
from services.cluster.diff_storages import diff_storages
from services.cluster.diff_tasks import diff_tasks
from services.cluster.model import ClusterSnapshot
from services.events import Happening


def diff(old: ClusterSnapshot, new: ClusterSnapshot) -> tuple[Happening, ...]:
    """Everything worth telling between `old` and `new`: what explains first, what follows after.

    Lay all readings of one tick upon the snapshot before asking, so that a stop meets its task.
    """
    if old is new:
        return ()
    return (
        *diff_quorum(old, new),
        *diff_nodes(old, new),
        *diff_storages(old, new),
        *diff_guests(old, new),
        *diff_tasks(old, new),
    )


def diff_quorum(old: ClusterSnapshot, new: ClusterSnapshot) -> tuple[Happening, ...]:
    """A loss is told at once, also on the first reading; the return when it has lasted a probe."""
    lost, was_lost = new.quorum_lost_at is not None, old.quorum_lost_at is not None
    if lost == was_lost:
        return ()
    happening = QuorumLost if lost else QuorumRegained
    return (
        happening(
            at=new.taken_at, nodes_online=new.nodes_online, nodes_expected=new.nodes_expected
        ),
    )
