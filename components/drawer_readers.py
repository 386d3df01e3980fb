"""The drawer's readers over the cluster service and the journal."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from components.drawer import Charted, Readers, Span
from components.live.recorded import RecordedEvent
from services.cluster.history import GuestFacts, NodeFacts
from services.cluster.model import ClusterSnapshot, TaskSnapshot
from services.cluster.parse_rrd import History


class ClusterReader(Protocol):
    """The cluster service, as far as the drawer reads it."""

    @property
    def snapshot(self) -> ClusterSnapshot:
        """The cluster as it was last read."""

    async def fetch_history(self, kind: Charted, id: str, span: Span) -> History:
        """The measurements of a node, a guest, or a storage as one node sees it."""

    async def fetch_guest_facts(self, vmid: int) -> GuestFacts:
        """Configuration, snapshots and latest tasks."""

    async def fetch_node_facts(self, node: str) -> NodeFacts:
        """Latest tasks."""

    async def fetch_task(self, upid: str) -> TaskSnapshot | None:
        """A task as it stands; None where its node no longer knows it."""

    async def fetch_task_log(self, upid: str) -> Sequence[str]:
        """The log of a task, oldest line first."""


def readers_over(
    cluster: ClusterReader,
    *,
    event: Callable[[int], Awaitable[RecordedEvent | None]] | None = None,
) -> Readers:
    """Everything a drawer asks for; `event` is the journal's `find_event`."""

    async def history(kind: Charted, id: str, span: Span) -> History:
        asked = find_storage(cluster.snapshot, id) if kind == "storage" else id
        return await cluster.fetch_history(kind, asked, span)

    return Readers(
        history=history,
        guest=cluster.fetch_guest_facts,
        node=cluster.fetch_node_facts,
        event=event,
        task=cluster.fetch_task,
        task_log=cluster.fetch_task_log,
    )


def find_storage(snapshot: ClusterSnapshot, id: str) -> str:
    """`nas`, shared by all nodes, as a node that has it active sees it: `pve/nas`."""
    if "/" in id:
        return id
    seen = [one for one in snapshot.storages.values() if one.shared and one.storage == id]
    best = next((one for one in seen if one.active), seen[0] if seen else None)
    return id if best is None else f"{best.node}/{best.storage}"
