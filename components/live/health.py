"""How the cluster is, in one word with its reasons; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from components.live.recorded import RecordedEvent
from services.cluster.model import (
    ClusterSnapshot,
    EndpointStatus,
    GuestState,
    Level,
    NodeSnapshot,
    NodeState,
    SourceState,
    StorageSnapshot,
    TaskOutcome,
    Tier,
    TierStatus,
)
from services.tools.gate_events import told_who

Word = Literal["NOMINAL", "BUSY", "ATTENTION", "ALARM", "UNKNOWN"]
Mood = Literal["calm", "busy", "attention", "alarm", "unknown"]

BUSY_CPU_FRACTION = 0.8
HOT_C = 70.0
REASONS_TOLD = 6

_LEVELS = {Level.CRITICAL: "StorageNearlyFull", Level.WARNING: "StorageRoseAbove"}
"""The event that told of it."""

_MOODS: dict[Word, Mood] = {
    "NOMINAL": "calm",
    "BUSY": "busy",
    "ATTENTION": "attention",
    "ALARM": "alarm",
    "UNKNOWN": "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One word and why, the gravest reason first."""

    word: Word
    reasons: tuple[str, ...]
    alarms: int = 0
    """How many of the reasons, from the first, are alarms; the rest only want attention."""

    @property
    def mood(self) -> Mood:
        """The word as the reactor shows it."""
        return _MOODS[self.word]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """One thing that is not as it should be, and the event that told of it."""

    text: str
    subject: str = ""
    kind: str = ""
    """Of the event; empty where none is told, and nobody can take note of it."""
    alarm: bool = False


def decide_health(
    snapshot: ClusterSnapshot | None,
    tiers: Mapping[Tier, TierStatus],
    endpoints: Sequence[EndpointStatus],
    feed: Sequence[RecordedEvent],
    unwritten: str | None = None,
    noted: Sequence[RecordedEvent] = (),
) -> Health:
    """The word for the whole cluster.

    What is not seen is not fine: while nodes cannot be read, the word is UNKNOWN whatever the
    last figures said. `unwritten` says why the journal takes no events. What somebody has
    acknowledged, in the `feed` or among the `noted` of longer ago, no longer gives the word; it is
    still told, after all else, for it is still so.
    """
    critical = tiers.get(Tier.CRITICAL)
    if critical is not None and critical.state is SourceState.FAILING:
        return Health(word="UNKNOWN", reasons=(critical.because or "Proxmox does not answer",))
    if snapshot is None or snapshot.nodes_at is None:
        return Health(word="UNKNOWN", reasons=("the cluster has not been read yet",))
    newest = _newest_by_subject(feed, noted)
    alarms: list[str] = []
    warnings = [unwritten] if unwritten else []
    known: list[str] = []
    for finding in _findings(snapshot, tiers, endpoints, feed):
        told = newest.get((finding.subject, finding.kind))
        if told is not None and told.acknowledged_at is not None:
            known.append(f"{finding.text}, acknowledged by {told_who(told.acknowledged_by)}")
        else:
            (alarms if finding.alarm else warnings).append(finding.text)
    if alarms:
        reasons = tuple((alarms + warnings + known)[:REASONS_TOLD])
        return Health(word="ALARM", reasons=reasons, alarms=min(len(alarms), len(reasons)))
    if warnings:
        return Health(word="ATTENTION", reasons=tuple((warnings + known)[:REASONS_TOLD]))
    if work := _work(snapshot):
        return Health(word="BUSY", reasons=tuple((work + known)[:REASONS_TOLD]))
    return Health(word="NOMINAL", reasons=tuple(known[:REASONS_TOLD]) or (_all_well(snapshot),))


def _newest_by_subject(
    *told: Sequence[RecordedEvent],
) -> Mapping[tuple[str, str], RecordedEvent]:
    """The last event of each kind about each subject: a new one is not yet acknowledged."""
    newest: dict[tuple[str, str], RecordedEvent] = {}
    for events in told:
        for event in events:
            key = (event.subject, event.kind)
            if key not in newest or newest[key].id < event.id:
                newest[key] = event
    return newest


def _all_well(snapshot: ClusterSnapshot) -> str:
    nodes = (
        "1 node answers" if len(snapshot.nodes) == 1 else f"all {len(snapshot.nodes)} nodes answer"
    )
    return nodes if snapshot.quorate is None else f"{nodes}, quorum stands"


def _findings(
    snapshot: ClusterSnapshot,
    tiers: Mapping[Tier, TierStatus],
    endpoints: Sequence[EndpointStatus],
    feed: Sequence[RecordedEvent],
) -> Iterator[_Finding]:
    if snapshot.quorate is False:
        yield _Finding(text="quorum is lost: Proxmox refuses changes", alarm=True)
    for node in snapshot.nodes.values():
        yield from _of_node(node)
    yield from _crashed(snapshot, feed)
    yield from _full_storages(snapshot)
    yield from _absent_storages(snapshot)
    for tier, status in tiers.items():
        if tier is not Tier.CRITICAL and status.state is SourceState.FAILING:
            because = status.because or f"the {tier.value} figures cannot be read"
            yield _Finding(text=because)
    failing = {status.because for status in tiers.values()}
    for endpoint in endpoints:
        if endpoint.healthy is False and endpoint.because and endpoint.because not in failing:
            yield _Finding(
                text=endpoint.because, subject=f"source/{endpoint.url}", kind="EndpointRefused"
            )


def _of_node(node: NodeSnapshot) -> Iterator[_Finding]:
    subject = f"node/{node.name}"
    match node.state:
        case NodeState.DOWN:
            yield _Finding(
                text=f"{node.name} is down", subject=subject, kind="NodeWentDown", alarm=True
            )
        case NodeState.UNREACHABLE:
            yield _Finding(text=f"{node.name} does not answer")
        case NodeState.UNKNOWN:
            yield _Finding(
                text=f"{node.name} reports nothing", subject=subject, kind="NodeWentSilent"
            )
        case NodeState.ONLINE if node.detail is not None:
            detail = node.detail
            if detail.temperature_c is not None and detail.temperature_c >= HOT_C:
                where = detail.temperature_of or "a drive"
                yield _Finding(text=f"{node.name}: {where} at {detail.temperature_c:.0f}\u00a0°C")
            if detail.failed_services:
                yield _Finding(text=f"{node.name}: {', '.join(detail.failed_services)} failed")


def _full_storages(snapshot: ClusterSnapshot) -> Iterator[_Finding]:
    told = set()
    for storage in snapshot.storages.values():
        label = _named(storage)
        if storage.level not in _LEVELS or (label, storage.level) in told:
            continue
        told.add((label, storage.level))
        share = storage.used_fraction
        full = "nearly full" if share is None else f"{_percent(share)} full"
        yield _Finding(
            text=f"{label} is {full}",
            subject=f"storage/{label}",
            kind=_LEVELS[storage.level],
            alarm=storage.level is Level.CRITICAL,
        )


def _named(storage: StorageSnapshot) -> str:
    return storage.storage if storage.shared else f"{storage.node}/{storage.storage}"


def _crashed(snapshot: ClusterSnapshot, feed: Sequence[RecordedEvent]) -> Iterator[_Finding]:
    told = set()
    for event in feed:
        if not event.subject.startswith("guest/") or event.subject in told:
            continue
        told.add(event.subject)
        vmid = event.subject.removeprefix("guest/")
        guest = snapshot.guests.get(int(vmid)) if vmid.isdigit() else None
        if event.kind == "GuestCrashed" and guest is not None and guest.state is GuestState.STOPPED:
            yield _Finding(
                text=f"{guest.label} stopped and no task had asked it to",
                subject=event.subject,
                kind=event.kind,
            )


def _absent_storages(snapshot: ClusterSnapshot) -> Iterator[_Finding]:
    for storage in snapshot.storages.values():
        node = snapshot.nodes.get(storage.node)
        if storage.active is False and node is not None and node.state is NodeState.ONLINE:
            yield _Finding(
                text=f"{storage.storage} is not available on {storage.node}",
                subject=f"storage/{_named(storage)}",
                kind="StorageLost",
            )


def _work(snapshot: ClusterSnapshot) -> list[str]:
    found = []
    running = [task for task in snapshot.tasks if task.outcome is TaskOutcome.RUNNING]
    if running:
        kinds = ", ".join(sorted({task.kind for task in running}))
        found.append(f"{len(running)} {'task runs' if len(running) == 1 else 'tasks run'}: {kinds}")
    found += [
        f"{node.name} at {_percent(node.cpu_fraction)} CPU"
        for node in snapshot.nodes.values()
        if node.cpu_fraction is not None and node.cpu_fraction >= BUSY_CPU_FRACTION
    ]
    return found


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.0f}\u00a0%"
