"""How a guest's life is judged from one reading to the next."""

from datetime import datetime

from services.cluster.model import GuestSnapshot, GuestState, NodeSnapshot, NodeState
from services.cluster.observe_nodes import is_settling
from services.cluster.parse_resources import GuestReading
from services.cluster.policy import Policy


def observe_guest(
    old: GuestSnapshot | None,
    row: GuestReading,
    node: NodeSnapshot | None,
    at: datetime,
    *,
    policy: Policy,
) -> GuestSnapshot:
    """One guest's row laid upon what was known of it.

    Proxmox repeats the last figures of a dead node's guests for five minutes, as `running`: while
    the node is not online they are not known.
    """
    seen = node is None or node.state is NodeState.ONLINE
    state = row.state if seen else GuestState.UNKNOWN
    node_since = _node_since(old, row, at)
    unknown = state is GuestState.UNKNOWN
    held = old if unknown else None
    new = GuestSnapshot(
        vmid=row.vmid,
        kind=row.kind,
        node=row.node,
        state=state,
        state_since=old.state_since if old is not None and old.state is state else at,
        state_detail=row.state_detail if seen else None,
        told_state=_told_state(old, state, node_since, node, at, policy),
        node_since=node_since,
        name=row.name or (old.name if old is not None else None),
        template=row.template or (held.template if held is not None else False),
        cpu_fraction=row.cpu_fraction if seen else None,
        cpu_count=row.cpu_count or (held.cpu_count if held is not None else None),
        mem_used_bytes=row.mem_used_bytes if seen else None,
        mem_total_bytes=row.mem_total_bytes or (held.mem_total_bytes if held is not None else None),
        disk_used_bytes=row.disk_used_bytes if seen else None,
        disk_total_bytes=row.disk_total_bytes
        or (held.disk_total_bytes if held is not None else None),
        uptime_s=row.uptime_s if seen else None,
        tags=row.tags,
        lock=row.lock,
        ha_state=row.ha_state,
        pool=row.pool,
        protected=row.vmid in policy.protected_vmids or policy.protected_tag in row.tags,
    )
    return old if old == new else new


def _node_since(old: GuestSnapshot | None, row: GuestReading, at: datetime) -> datetime | None:
    if old is None:
        return None
    return old.node_since if old.node == row.node else at


def is_guest_settling(
    node_since: datetime | None, node: NodeSnapshot | None, at: datetime, policy: Policy
) -> bool:
    """Whether a guest has only just moved, or its node has only just come back from a start."""
    if node_since is not None and abs((at - node_since).total_seconds()) < policy.moving_s:
        return True
    return is_settling(node, at, policy) and not _was_up_meanwhile(node, at, policy)


def _was_up_meanwhile(node: NodeSnapshot | None, at: datetime, policy: Policy) -> bool:
    """Whether a node that has come back was only out of sight, and its guests ran on.

    Its daemon sends the uptime before the guests' states, and the storages' last: of those it
    proves nothing.
    """
    if node is None or node.returned_at is None or node.uptime_s is None:
        return False
    return node.uptime_s - (at - node.returned_at).total_seconds() > policy.settling_s


def _told_state(
    old: GuestSnapshot | None,
    state: GuestState,
    node_since: datetime | None,
    node: NodeSnapshot | None,
    at: datetime,
    policy: Policy,
) -> GuestState | None:
    told = old.told_state if old is not None else None
    if state is GuestState.UNKNOWN or state is told:
        return told
    if (
        state is GuestState.STOPPED
        and told is not None
        and is_guest_settling(node_since, node, at, policy)
    ):
        return told
    return state
