"""The drawer's readers over the cluster's archive and the journal."""

from collections.abc import Awaitable, Callable, Sequence

from components.drawer import Charted, Readers, Span
from components.live.view import RecordedEvent
from services.cluster.errors import ClusterError
from services.cluster.history import Archive, GuestFacts, NodeFacts
from services.cluster.model import ClusterSnapshot
from services.cluster.parse_rrd import History


class NothingRead(ClusterError):
    """The cluster has not been read yet, so nothing in it can be opened."""

    def __init__(self) -> None:
        super().__init__("The cluster has not been read yet")


def readers_over(
    archive: Archive,
    latest: Callable[[], ClusterSnapshot | None],
    *,
    event: Callable[[int], Awaitable[RecordedEvent | None]] | None = None,
    task_log: Callable[[str], Awaitable[Sequence[str]]] | None = None,
) -> Readers:
    """Readers that look names up in the `latest` snapshot; `event` is the journal's find_event."""

    def known() -> ClusterSnapshot:
        snapshot = latest()
        if snapshot is None:
            raise NothingRead
        return snapshot

    async def history(kind: Charted, id: str, span: Span) -> History:
        snapshot = known()
        asked = find_storage(snapshot, id) if kind == "storage" else id
        return await archive.fetch_history(snapshot, kind, asked, span)

    async def guest(vmid: int) -> GuestFacts:
        return await archive.fetch_guest_facts(known(), vmid)

    async def node(name: str) -> NodeFacts:
        return await archive.fetch_node_facts(known(), name)

    return Readers(history=history, guest=guest, node=node, event=event, task_log=task_log)


def find_storage(snapshot: ClusterSnapshot, id: str) -> str:
    """`nas`, shared by all nodes, as a node that has it active sees it: `pve/nas`."""
    if "/" in id:
        return id
    seen = [one for one in snapshot.storages.values() if one.shared and one.storage == id]
    best = next((one for one in seen if one.active), seen[0] if seen else None)
    return id if best is None else f"{best.node}/{best.storage}"
