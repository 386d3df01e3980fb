"""How a node's life is judged from one reading to the next."""

from datetime import datetime

from services.cluster.model import NodeSnapshot, NodeState
from services.cluster.parse_resources import NodeReading
from services.cluster.policy import Policy

UPTIME_SLACK_S = 20
"""Proxmox's uptimes are as old as the node's last broadcast: a little less is no restart."""

PROBE_GAP = 0.75
"""Share of the probe interval that must lie between two probes that both count."""


def is_next_probe(last_at: datetime, at: datetime, policy: Policy) -> bool:
    """Whether a reading at `at` is another probe after the one at `last_at`.

    The tiers read the same nodes in different rhythms; what comes within three quarters of the
    critical interval is the same probe. A clock that was set back counts as time gone by.
    """
    gap_s = (at - last_at).total_seconds()
    return gap_s < 0 or gap_s >= PROBE_GAP * policy.probe_interval_s


def has_restarted(old_uptime_s: int | None, new_uptime_s: int | None) -> bool:
    """Whether an uptime began anew; unknown ones prove nothing."""
    if old_uptime_s is None or new_uptime_s is None:
        return False
    return new_uptime_s < old_uptime_s - UPTIME_SLACK_S


def is_settling(node: NodeSnapshot | None, at: datetime, policy: Policy) -> bool:
    """Whether a node has come back so short a time ago that what it carries is not judged yet."""
    if node is None or node.returned_at is None:
        return False
    # A reading of guests may be a little older than the one that saw the node return.
    return abs((at - node.returned_at).total_seconds()) < policy.settling_s


def observe_node(
    old: NodeSnapshot | None,
    row: NodeReading,
    at: datetime,
    *,
    seen_before_at: datetime | None,
    policy: Policy,
) -> NodeSnapshot:
    """One node's row laid upon what was known of it.

    `offline` is Corosync's word: unreachable at once, down after `probes_to_down` probes.
    `unknown` (or no word) means that Corosync sees the node but its status daemon tells nothing:
    no missed probe, and no return either, as its figures are not to be had. So the count of a node
    on its way back stands still until it is `online`, and it is told as back only then.
    """
    if row.status == "online":
        new = _online(old, row, at)
    elif row.status == "offline":
        new = _missed(old, row.name, at, seen_before_at, policy)
    else:
        new = _unknown(old, row.name, at, seen_before_at)
    if row.status != "online":
        new = _with_capacities(new, old, row)
    return old if old == new else new


def observe_online(
    node: NodeSnapshot,
    online: bool | None,
    at: datetime,
    *,
    seen_before_at: datetime | None,
    policy: Policy,
) -> NodeSnapshot:
    """What Corosync alone says of a known node (`/cluster/status`).

    Seen again, it is `unknown` until its own row tells that it is online.
    """
    if online is False:
        new = _missed(node, node.name, at, seen_before_at, policy)
    elif online and node.state in (NodeState.UNREACHABLE, NodeState.DOWN):
        new = _unknown(node, node.name, at, seen_before_at)
    else:
        return node
    new = _with_capacities(new, node, None)
    return node if node == new else new


def _online(old: NodeSnapshot | None, row: NodeReading, at: datetime) -> NodeSnapshot:
    was_online = old is not None and old.state is NodeState.ONLINE
    restarted = old is not None and was_online and has_restarted(old.uptime_s, row.uptime_s)
    returned = old is not None and (old.missed_probes > 0 or restarted)
    return NodeSnapshot(
        name=row.name,
        state=NodeState.ONLINE,
        state_since=old.state_since if old is not None and was_online else at,
        last_online_at=old.last_online_at if old else None,
        returned_at=at if returned else (old.returned_at if old else None),
        cpu_fraction=row.cpu_fraction,
        cpu_count=row.cpu_count,
        mem_used_bytes=row.mem_used_bytes,
        mem_total_bytes=row.mem_total_bytes,
        root_used_bytes=row.root_used_bytes,
        root_total_bytes=row.root_total_bytes,
        uptime_s=row.uptime_s,
        detail=old.detail if old else None,
    )


def _missed(
    old: NodeSnapshot | None,
    name: str,
    at: datetime,
    seen_before_at: datetime | None,
    policy: Policy,
) -> NodeSnapshot:
    missed_probes = old.missed_probes if old else 0
    missed_at = old.missed_at if old else None
    if missed_at is None or is_next_probe(missed_at, at, policy):
        missed_probes, missed_at = missed_probes + 1, at
    down_since = old.down_since if old else None
    if down_since is None and missed_probes >= policy.probes_to_down:
        down_since = at
    state = NodeState.UNREACHABLE if down_since is None else NodeState.DOWN
    return NodeSnapshot(
        name=name,
        state=state,
        state_since=old.state_since if old and old.state is state else at,
        missed_probes=missed_probes,
        missed_at=missed_at,
        down_since=down_since,
        last_online_at=_last_online_at(old, seen_before_at),
        returned_at=old.returned_at if old else None,
        detail=old.detail if old else None,
    )


def _unknown(
    old: NodeSnapshot | None, name: str, at: datetime, seen_before_at: datetime | None
) -> NodeSnapshot:
    return NodeSnapshot(
        name=name,
        state=NodeState.UNKNOWN,
        state_since=old.state_since if old and old.state is NodeState.UNKNOWN else at,
        missed_probes=old.missed_probes if old else 0,
        missed_at=old.missed_at if old else None,
        down_since=old.down_since if old else None,
        last_online_at=_last_online_at(old, seen_before_at),
        returned_at=old.returned_at if old else None,
        detail=old.detail if old else None,
    )


def _last_online_at(old: NodeSnapshot | None, seen_before_at: datetime | None) -> datetime | None:
    if old is None:
        return None
    return seen_before_at if old.state is NodeState.ONLINE else old.last_online_at


def _with_capacities(
    new: NodeSnapshot, old: NodeSnapshot | None, row: NodeReading | None
) -> NodeSnapshot:
    """A node that is away keeps what it is built of; its figures are not known."""
    return NodeSnapshot(
        name=new.name,
        state=new.state,
        state_since=new.state_since,
        missed_probes=new.missed_probes,
        missed_at=new.missed_at,
        down_since=new.down_since,
        last_online_at=new.last_online_at,
        returned_at=new.returned_at,
        cpu_count=(row.cpu_count if row else None) or (old.cpu_count if old else None),
        mem_total_bytes=(row.mem_total_bytes if row else None)
        or (old.mem_total_bytes if old else None),
        root_total_bytes=(row.root_total_bytes if row else None)
        or (old.root_total_bytes if old else None),
        detail=new.detail,
    )
