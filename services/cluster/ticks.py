"""What the poller tells besides what happens to the cluster."""

from dataclasses import dataclass

from services.cluster.model import ClusterSnapshot
from services.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingFellDue(Event):
    """The background tier came round: store this snapshot, then tidy. Not kept in the journal."""

    snapshot: ClusterSnapshot
