"""How the cluster is, in one word with its reasons; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from components.live.recorded import RecordedEvent
from services.cluster.model import (
    ClusterSnapshot,
    EndpointStatus,
    GuestState,
    Level,
    NodeState,
    SourceState,
    TaskOutcome,
    Tier,
    TierStatus,
)

Word = Literal["NOMINAL", "BUSY", "ATTENTION", "ALARM", "UNKNOWN"]
Mood = Literal["calm", "busy", "attention", "alarm", "unknown"]

BUSY_CPU_FRACTION = 0.8
HOT_C = 70.0
REASONS_TOLD = 6

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


def decide_health(
    snapshot: ClusterSnapshot | None,
    tiers: Mapping[Tier, TierStatus],
    endpoints: Sequence[EndpointStatus],
    feed: Sequence[RecordedEvent],
    unwritten: str | None = None,
) -> Health:
    """The word for the whole cluster.

    What is not seen is not fine: while nodes cannot be read, the word is UNKNOWN whatever the
    last figures said. `unwritten` says why the journal takes no events.
    """
    critical = tiers.get(Tier.CRITICAL)
    if critical is not None and critical.state is SourceState.FAILING:
        return Health(word="UNKNOWN", reasons=(critical.because or "Proxmox does not answer",))
    if snapshot is None or snapshot.nodes_at is None:
        return Health(word="UNKNOWN", reasons=("the cluster has not been read yet",))
    warnings = _warnings(snapshot, tiers, endpoints, feed)
    if unwritten:
        warnings.insert(0, unwritten)
    if alarms := _alarms(snapshot):
        told = tuple((alarms + warnings)[:REASONS_TOLD])
        return Health(word="ALARM", reasons=told, alarms=min(len(alarms), len(told)))
    if warnings:
        return Health(word="ATTENTION", reasons=tuple(warnings[:REASONS_TOLD]))
    if work := _work(snapshot):
        return Health(word="BUSY", reasons=tuple(work[:REASONS_TOLD]))
    return Health(word="NOMINAL", reasons=(_all_well(snapshot),))


def _all_well(snapshot: ClusterSnapshot) -> str:
    nodes = (
        "1 node answers" if len(snapshot.nodes) == 1 else f"all {len(snapshot.nodes)} nodes answer"
    )
    return nodes if snapshot.quorate is None else f"{nodes}, quorum stands"


def _alarms(snapshot: ClusterSnapshot) -> list[str]:
    found = []
    if snapshot.quorate is False:
        found.append("quorum is lost: Proxmox refuses changes")
    found += [
        f"{node.name} is down" for node in snapshot.nodes.values() if node.state is NodeState.DOWN
    ]
    found += _full_storages(snapshot, Level.CRITICAL)
    return found


def _full_storages(snapshot: ClusterSnapshot, level: Level) -> list[str]:
    told: dict[str, str] = {}
    for storage in snapshot.storages.values():
        if storage.level is level:
            label = storage.storage if storage.shared else f"{storage.node}/{storage.storage}"
            share = storage.used_fraction
            full = "nearly full" if share is None else f"{_percent(share)} full"
            told[label] = f"{label} is {full}"
    return list(told.values())


def _warnings(
    snapshot: ClusterSnapshot,
    tiers: Mapping[Tier, TierStatus],
    endpoints: Sequence[EndpointStatus],
    feed: Sequence[RecordedEvent],
) -> list[str]:
    found = []
    for node in snapshot.nodes.values():
        if node.state is NodeState.UNREACHABLE:
            found.append(f"{node.name} does not answer")
        elif node.state is NodeState.UNKNOWN:
            found.append(f"{node.name} reports nothing")
        if node.state is NodeState.ONLINE and node.detail is not None:
            detail = node.detail
            if detail.temperature_c is not None and detail.temperature_c >= HOT_C:
                found.append(
                    f"{node.name}: {detail.temperature_of or 'a drive'} "
                    f"at {detail.temperature_c:.0f}\u00a0°C"
                )
            if detail.failed_services:
                found.append(f"{node.name}: {', '.join(detail.failed_services)} failed")
    found += _crashed(snapshot, feed)
    found += _full_storages(snapshot, Level.WARNING)
    found += _absent_storages(snapshot)
    for tier, status in tiers.items():
        if tier is not Tier.CRITICAL and status.state is SourceState.FAILING:
            found.append(status.because or f"the {tier.value} figures cannot be read")
    found += [
        endpoint.because
        for endpoint in endpoints
        if endpoint.healthy is False and endpoint.because and endpoint.because not in found
    ]
    return found


def _crashed(snapshot: ClusterSnapshot, feed: Sequence[RecordedEvent]) -> list[str]:
    found, told = [], set()
    for event in feed:
        if not event.subject.startswith("guest/") or event.subject in told:
            continue
        told.add(event.subject)
        vmid = event.subject.removeprefix("guest/")
        guest = snapshot.guests.get(int(vmid)) if vmid.isdigit() else None
        if event.kind == "GuestCrashed" and guest is not None and guest.state is GuestState.STOPPED:
            found.append(f"{guest.label} stopped and no task had asked it to")
    return found


def _absent_storages(snapshot: ClusterSnapshot) -> list[str]:
    return [
        f"{storage.storage} is not available on {storage.node}"
        for storage in snapshot.storages.values()
        if storage.active is False
        and (node := snapshot.nodes.get(storage.node)) is not None
        and node.state is NodeState.ONLINE
    ]


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
