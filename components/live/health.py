"""How the cluster is, in one word with its reasons; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from components.live.ailments import Ailment, find_ailments
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
from services.cluster.spans import told_duration
from services.nodes.model import NodeWatch
from services.tools.gate.events import told_who

Word = Literal["NOMINAL", "BUSY", "ATTENTION", "ALARM", "UNKNOWN"]
Mood = Literal["calm", "busy", "attention", "alarm", "unknown"]

BUSY_CPU_FRACTION = 0.8
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
    thing: str = ""
    """Which of several things of the subject, as the event's sentence names it."""
    alarm: bool = False


def decide_health(
    snapshot: ClusterSnapshot | None,
    tiers: Mapping[Tier, TierStatus],
    endpoints: Sequence[EndpointStatus],
    feed: Sequence[RecordedEvent],
    unwritten: str | None = None,
    noted: Sequence[RecordedEvent] = (),
    watches: Mapping[str, NodeWatch] = MappingProxyType({}),
) -> Health:
    """The word for the whole cluster.

    What is not seen is not fine: while nodes cannot be read, the word is UNKNOWN whatever the
    last figures said. `watches` is what SSH found, by node; a finding whose reading is old says
    how old. `unwritten` says why the journal takes no events. What somebody has
    acknowledged, in the `feed` or among the `noted` of longer ago, no longer gives the word; it is
    still told, after all else, for it is still so.
    """
    critical = tiers.get(Tier.CRITICAL)
    if critical is not None and critical.state is SourceState.FAILING:
        return Health(word="UNKNOWN", reasons=(critical.because or "Proxmox does not answer",))
    if snapshot is None or snapshot.nodes_at is None:
        return Health(word="UNKNOWN", reasons=("the cluster has not been read yet",))
    told_by = _told_by_subject(feed, noted)
    alarms: list[str] = []
    warnings = [unwritten] if unwritten else []
    known: list[str] = []
    for finding in _findings(snapshot, tiers, endpoints, feed, watches):
        told = _last_word(told_by.get((finding.subject, finding.kind), ()), finding.thing)
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


def _told_by_subject(
    *told: Sequence[RecordedEvent],
) -> Mapping[tuple[str, str], Sequence[RecordedEvent]]:
    by_subject: dict[tuple[str, str], list[RecordedEvent]] = {}
    for events in told:
        for event in events:
            by_subject.setdefault((event.subject, event.kind), []).append(event)
    return by_subject


def _last_word(told: Sequence[RecordedEvent], thing: str) -> RecordedEvent | None:
    """The last event that tells of the thing: a new one is not yet acknowledged.

    Who has taken note of one drive has not taken note of another.
    """
    about = [event for event in told if not thing or f" {thing} " in f" {event.text} "]
    return max(about, key=lambda event: event.id, default=None)


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
    watches: Mapping[str, NodeWatch],
) -> Iterator[_Finding]:
    if snapshot.quorate is False:
        yield _Finding(
            text="quorum is lost: Proxmox refuses changes",
            subject="cluster",
            kind="QuorumLost",
            alarm=True,
        )
    routine = tiers.get(Tier.ROUTINE)
    routine_s = routine.interval_s if routine is not None else None
    for node in snapshot.nodes.values():
        yield from _of_node(node)
        for ailment in find_ailments(node, watches.get(node.name), routine_s=routine_s):
            yield _as_finding(node.name, ailment, snapshot.nodes_at)
    yield from _crashed(snapshot, feed)
    yield from _full_storages(snapshot)
    yield from _absent_storages(snapshot)
    for tier, status in tiers.items():
        if tier is not Tier.CRITICAL and status.state is SourceState.FAILING:
            because = status.because or f"the {tier.value} figures cannot be read"
            yield _Finding(text=because, subject=f"source/{tier.value}", kind="ReadingLost")
    failing = {status.because for status in tiers.values()}
    for endpoint in endpoints:
        if endpoint.healthy is False and endpoint.because and endpoint.because not in failing:
            yield _Finding(
                text=endpoint.because,
                subject=f"source/{endpoint.url}",
                kind="EndpointRefused" if endpoint.refused else "EndpointLost",
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
        case NodeState.ONLINE:
            return


def _as_finding(node: str, ailment: Ailment, now: datetime | None) -> _Finding:
    text = f"{node}: {ailment.text}"
    if now is not None and ailment.read_at is not None and ailment.old_after_s is not None:
        age_s = (now - ailment.read_at).total_seconds()
        if age_s > ailment.old_after_s:
            text = f"{text}, as of {told_duration(_in_steps(age_s))} ago"
    return _Finding(
        text=text,
        subject=f"node/{node}",
        kind=ailment.kind,
        thing=ailment.thing,
        alarm=ailment.alarm,
    )


def _in_steps(age_s: float) -> float:
    """Whole minutes, later whole hours: a reason that changed with each tick would be told anew."""
    step_s = 60 if age_s < 7_200 else 3_600
    return age_s // step_s * step_s


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
