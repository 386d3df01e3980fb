"""What happened to nodes between two snapshots."""

from collections.abc import Iterator
from datetime import datetime

from services.cluster.changes_nodes import (
    NodeCameUp,
    NodeJoined,
    NodeLeft,
    NodeMissedProbes,
    NodeReportedAgain,
    NodeRestarted,
    NodeWentDown,
    NodeWentSilent,
)
from services.cluster.model import ClusterSnapshot, NodeSnapshot, NodeState
from services.cluster.observe_nodes import has_restarted
from services.events import Happening

SILENT_AFTER_S = 60.0
"""A node's status daemon may be busy for a while; a fresh node takes some seconds to report."""


def diff_nodes(old: ClusterSnapshot, new: ClusterSnapshot) -> Iterator[Happening]:
    """Nodes that went, came, restarted, fell silent, joined or left."""
    if old.nodes_at is None:
        return
    at = new.taken_at
    for name, node in new.nodes.items():
        before = old.nodes.get(name)
        if before is None:
            yield NodeJoined(at=at, node=name)
        else:
            yield from _life(before, node, at)
            yield from _silence(before, node, old.taken_at, at)
    for name in old.nodes:
        if name not in new.nodes:
            yield NodeLeft(at=at, node=name)


def _life(before: NodeSnapshot, node: NodeSnapshot, at: datetime) -> Iterator[Happening]:
    if before is node:
        return
    name = node.name
    if before.down_since is None and node.down_since is not None:
        yield NodeWentDown(at=at, node=name, missed_probes=node.missed_probes)
    elif node.state is not NodeState.ONLINE:
        return
    elif before.missed_probes:
        away_since = before.last_online_at or before.down_since or before.missed_at or at
        away_s = max(0.0, (at - away_since).total_seconds())
        if before.down_since is not None:
            yield NodeCameUp(at=at, node=name, away_s=away_s)
        elif node.uptime_s is not None and node.uptime_s < away_s:
            yield NodeRestarted(at=at, node=name, uptime_s=node.uptime_s)
        else:
            yield NodeMissedProbes(at=at, node=name, missed_probes=before.missed_probes)
    elif node.uptime_s is not None and has_restarted(before.uptime_s, node.uptime_s):
        yield NodeRestarted(at=at, node=name, uptime_s=node.uptime_s)


def _silence(
    before: NodeSnapshot, node: NodeSnapshot, old_at: datetime, at: datetime
) -> Iterator[Happening]:
    if before.state is not NodeState.UNKNOWN or before.missed_probes:
        return
    told_s = (old_at - before.state_since).total_seconds()
    silent_s = (at - before.state_since).total_seconds()
    if node.state is NodeState.UNKNOWN and told_s < SILENT_AFTER_S <= silent_s:
        yield NodeWentSilent(at=at, node=node.name, silent_s=silent_s)
    elif node.state is NodeState.ONLINE and told_s >= SILENT_AFTER_S:
        yield NodeReportedAgain(at=at, node=node.name, silent_s=silent_s)
