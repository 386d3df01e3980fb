"""Damping: what changes again and again is told once, and once more when it is calm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from services.cluster.changes import (
    GuestCalmed,
    GuestCrashed,
    GuestFlapping,
    GuestHalted,
    GuestHappening,
    GuestPaused,
    GuestRestarted,
    GuestResumed,
    GuestStarted,
    GuestStopped,
    NodeCalmed,
    NodeFlapping,
    NodeMissedProbes,
)
from services.cluster.model import ClusterSnapshot
from services.events import Happening

CHANGES_TO_FLAP = 5
WITHIN_S = 300.0
CALM_AFTER_S = 300.0

DAMPED = (
    GuestCrashed,
    GuestHalted,
    GuestPaused,
    GuestRestarted,
    GuestResumed,
    GuestStarted,
    GuestStopped,
    NodeMissedProbes,
)
"""What may be held back. A node's fall and return never are: three probes damp them already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flap:
    """The recent changes of one guest or node."""

    changes: tuple[datetime, ...] = ()
    """Those of the last five minutes, oldest first."""
    last_at: datetime
    held_back: int | None = None
    """How many were not told since it was told to be flapping; None while it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapMemory:
    """What damping remembers between two snapshots, by the happenings' subject."""

    flaps: Mapping[str, Flap] = field(default_factory=lambda: MappingProxyType({}))


def damp(
    memory: FlapMemory, happenings: Sequence[Happening], snapshot: ClusterSnapshot
) -> tuple[FlapMemory, tuple[Happening, ...]]:
    """What of `happenings` is to be told now, and what to remember.

    The fifth change within five minutes is told as flapping, the following are held back until
    five minutes have passed without any; then it is told where the guest came to rest.
    """
    if not happenings and not memory.flaps:
        return memory, ()
    flaps = dict(memory.flaps)
    told: list[Happening] = []
    for happening in happenings:
        if not isinstance(happening, DAMPED):
            told.append(happening)
            continue
        flap = _after(flaps.get(happening.subject), happening.at)
        if flap.held_back is not None:
            flap = replace(flap, held_back=flap.held_back + 1)
        elif len(flap.changes) >= CHANGES_TO_FLAP:
            flap = replace(flap, held_back=0)
            told.append(_flapping(happening, flap))
        else:
            told.append(happening)
        flaps[happening.subject] = flap
    for subject, flap in list(flaps.items()):
        if abs((snapshot.taken_at - flap.last_at).total_seconds()) >= CALM_AFTER_S:
            del flaps[subject]
            if flap.held_back is not None:
                told.extend(_calmed(subject, flap.held_back, snapshot))
    return FlapMemory(flaps=MappingProxyType(flaps)), tuple(told)


def _after(flap: Flap | None, at: datetime) -> Flap:
    if flap is None:
        return Flap(changes=(at,), last_at=at)
    recent = [then for then in flap.changes if abs((at - then).total_seconds()) < WITHIN_S]
    return replace(flap, changes=(*recent, at)[-CHANGES_TO_FLAP:], last_at=at)


def _flapping(happening: Happening, flap: Flap) -> Happening:
    within_s = abs((flap.changes[-1] - flap.changes[0]).total_seconds())
    changes = len(flap.changes)
    if isinstance(happening, GuestHappening):
        return GuestFlapping(
            at=happening.at,
            vmid=happening.vmid,
            name=happening.name,
            node=happening.node,
            changes=changes,
            within_s=within_s,
        )
    return NodeFlapping(
        at=happening.at, node=happening.node or "", changes=changes, within_s=within_s
    )


def _calmed(subject: str, held_back: int, snapshot: ClusterSnapshot) -> list[Happening]:
    kind, _, name = subject.partition("/")
    at = snapshot.taken_at
    if kind == "node":
        return [NodeCalmed(at=at, node=name, held_back=held_back)]
    guest = snapshot.guests.get(int(name))
    if guest is None:
        return []
    return [
        GuestCalmed(
            at=at,
            vmid=guest.vmid,
            name=guest.name,
            node=guest.node,
            state=guest.state,
            held_back=held_back,
        )
    ]


class FlapDamper:
    """Holds the memory between polls; call `damp` after every one, also when nothing happened."""

    def __init__(self) -> None:
        self.memory = FlapMemory()

    def damp(
        self, happenings: Sequence[Happening], snapshot: ClusterSnapshot
    ) -> tuple[Happening, ...]:
        """What of `happenings` is to be told; `snapshot` is the newest."""
        self.memory, told = damp(self.memory, happenings, snapshot)
        return told
