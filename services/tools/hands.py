"""What a tool's function works with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.clock import Clock
from services.cluster.service import ClusterService
from services.journal import Journal
from services.nodes.service import Nodes
from services.safety.actors import Actor
from services.safety.touches import Touch, TouchKind


async def _keep_no_task(_: str) -> None:
    """Of hands that no gate has lent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """The services a tool may reach: no database, no page, no other tool."""

    cluster: ClusterService
    nodes: Nodes
    journal: Journal
    clock: Clock
    loopback_only: bool = False
    """Whether probes of the network may leave this machine; see services/dialing.py."""
    docker_node: str | None = None
    """The node, or a name of SSH_NODES, whose Docker daemon is Jarvis's own."""
    docker_vmid: int | None = None
    """The guest that daemon runs in, if it does not run on the node itself."""
    actor: Actor | None = None
    """For whom the call is made; the gate fills it in."""
    touches: tuple[Touch, ...] | None = None
    """What the gate has judged it to act upon, which a name may no longer stand for."""
    keep_task: Callable[[str], Awaitable[None]] = _keep_no_task
    """Puts the UPID of the change on record, before its end is waited for; never raises. The gate
    fills it in."""

    @property
    def by(self) -> str:
        """`person/owner`, for what is kept with the name of who did it."""
        return self.actor.id if self.actor else "—"

    def was_judged(self, kind: TouchKind, id: str) -> bool:
        """Whether this very thing is what the gate has let the call act upon."""
        judged = self.touches
        return judged is None or any(touch.kind is kind and touch.id == id for touch in judged)
