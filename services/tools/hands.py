"""What a tool's function works with."""

from dataclasses import dataclass

from services.clock import Clock
from services.cluster.service import ClusterService
from services.journal import Journal
from services.nodes.service import Nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """The services a tool may reach: no database, no page, no other tool."""

    cluster: ClusterService
    nodes: Nodes
    journal: Journal
    clock: Clock
    loopback_only: bool = False
    """Whether probes of the network may leave this machine; see services/dialing.py."""
