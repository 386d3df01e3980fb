"""What keeps guests alive across nodes: high availability and replication."""

from datetime import datetime

from services.cluster.errors import ClusterStopped, RequestRefused
from services.cluster.model import ClusterSnapshot
from services.cluster.parse_cluster import HaService
from services.cluster.parse_replication import ReplicationReading
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.figures import UNKNOWN, count, told, told_age, told_span, told_truth
from services.tools.hands import Hands
from services.tools.naming import online_nodes
from services.tools.reading.cluster import Nothing
from services.tools.reading.found import read_now, snapshot_of
from services.tools.spec import Found, Tool
from services.tools.tables import Column, list_facts, list_rows


def _name(vmid: int | None, snapshot: ClusterSnapshot) -> str | None:
    guest = snapshot.guests.get(vmid) if vmid is not None else None
    return guest.name if guest else None


def _ha_columns(snapshot: ClusterSnapshot) -> tuple[Column[HaService], ...]:
    return (
        Column("resource", "sid", lambda s: s.sid),
        Column("name", "name", lambda s: _name(s.vmid, snapshot)),
        Column("node", "node", lambda s: s.node),
        Column("state", "state", lambda s: s.state),
        Column("wanted", "wanted_state", lambda s: s.wanted_state),
    )


@answering
async def _ha_status(_: Nothing, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    ha = await hands.cluster.lookups.fetch_ha()
    if ha is None:
        because = "Proxmox sent no status of high availability"
        return Found(outcome=Outcome.FAILED, because=because)
    listing = list_rows(ha.services, _ha_columns(snapshot))
    facts = [
        ("quorum", told_truth(ha.quorate)),
        ("master", ha.master or "none: it idles"),
        ("fencing", told(ha.fencing)),
        *((f"node {node.node}", told(node.status)) for node in ha.nodes),
    ]
    headline = f"{count(len(ha.services), 'guest')} under high availability"
    if not ha.services:
        headline = "No guest is under high availability"
    return read_now(
        headline,
        listing,
        under="services",
        hands=hands,
        data={
            "quorate": ha.quorate,
            "master": ha.master,
            "fencing": ha.fencing,
            "nodes": {node.node: node.status for node in ha.nodes},
        },
        notes=(list_facts(facts),),
    )


def _job_columns(
    snapshot: ClusterSnapshot, now: datetime
) -> tuple[Column[ReplicationReading], ...]:
    return (
        Column("job", "id", lambda r: r.id),
        Column("guest", "vmid", lambda r: r.vmid),
        Column("name", "name", lambda r: _name(r.vmid, snapshot)),
        Column("from", "source", lambda r: r.source),
        Column("to", "target", lambda r: r.target),
        Column("schedule", "schedule", lambda r: r.schedule),
        Column("enabled", "enabled", lambda r: r.enabled, told_truth),
        Column("last", "last_sync_at", lambda r: r.last_sync_at, lambda at: told_age(at, now)),
        Column("took", "duration_s", lambda r: r.duration_s, told_span),
        Column(
            "failures", "fail_count", lambda r: r.fail_count, lambda n: told(n) if n else UNKNOWN
        ),
        Column("error", "error", lambda r: r.error),
    )


@answering
async def _replication(_: Nothing, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    jobs: dict[str, ReplicationReading] = {}
    gaps: list[str] = []
    for node in online_nodes(snapshot):
        try:
            for job in await hands.cluster.lookups.fetch_replication(node) or ():
                jobs[job.id] = job
        except ClusterStopped:
            raise
        except RequestRefused as refusal:
            gaps.append(f"{node} could not be asked: {refusal.because}")
    ordered = [jobs[id_] for id_ in sorted(jobs)]
    failing = [job.id for job in ordered if job.fail_count or job.error]
    listing = list_rows(ordered, _job_columns(snapshot, hands.clock.now()))
    bad = told(failing) if failing else "none"
    headline = f"{count(len(jobs), 'replication job')}; failing: {bad}"
    if not jobs:
        headline = "No guest is replicated to another node"
    return read_now(headline, listing, under="jobs", hands=hands, notes=tuple(gaps))


TOOLS: tuple[Tool[Nothing], ...] = (
    Tool(
        name="get_ha_status",
        summary="Tell how high availability stands: quorum, master, fencing, its guests.",
        arguments=Nothing,
        tier=Tier.GREEN,
        reads="GET /cluster/ha/status/current",
        run=_ha_status,
    ),
    Tool(
        name="get_replication",
        summary="List the jobs that copy guests to other nodes, and which of them fail.",
        arguments=Nothing,
        tier=Tier.GREEN,
        timeout_s=60.0,
        reads="GET /nodes/{node}/replication",
        run=_replication,
    ),
)
