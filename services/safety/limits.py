"""How much each asker may ask for: calls a minute, changes an hour, the same again within seconds.

A limit is no judgement of a call: it stops a loop, whoever went round in it.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.clock import Clock
from services.safety.actors import Actor, ActorKind

HOUR_S: Final = 3_600.0
MINUTE_S: Final = 60.0
KEYS_HIGH_WATER: Final = 512
"""Askers remembered; past it the one quiet for longest is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one kind of asker."""

    calls_per_minute: int
    changes_per_hour: int
    repeat_s: float
    """The very same call is refused for so long after it was last let through."""
    repeats_reads: bool = False
    """Whether reading the same again at once is answered all the same."""


LIMITS: Final[Mapping[ActorKind, Limits]] = {
    ActorKind.PERSON: Limits(
        calls_per_minute=120, changes_per_hour=120, repeat_s=2.0, repeats_reads=True
    ),
    ActorKind.MODEL: Limits(calls_per_minute=60, changes_per_hour=30, repeat_s=5.0),
    ActorKind.MONITOR: Limits(calls_per_minute=60, changes_per_hour=12, repeat_s=60.0),
    ActorKind.API: Limits(calls_per_minute=60, changes_per_hour=30, repeat_s=5.0),
    ActorKind.MCP: Limits(calls_per_minute=60, changes_per_hour=20, repeat_s=5.0),
}
"""The same numbers stand in docs/safety.md."""


def key_of(actor: Actor) -> str:
    """Who is counted together: a kind, and the person it acts for or else its name."""
    return f"{actor.kind.value}/{actor.user or actor.name}"


@dataclass(slots=True)
class _Record:
    calls: deque[float] = field(default_factory=deque)
    changes: deque[float] = field(default_factory=deque)
    runs: dict[str, float] = field(default_factory=dict)
    """Digest of each change let through of late, and when."""
    reads: dict[str, float] = field(default_factory=dict)
    """The same of what only reads; a change makes all of it worth asking again."""


class Limiter:
    """Counts by the steady clock. What is refused is not counted, so waiting always helps."""

    def __init__(self, clock: Clock, limits: Mapping[ActorKind, Limits] = LIMITS) -> None:
        self._clock = clock
        self._limits = limits
        self._records: dict[str, _Record] = {}

    def take_up(self, changes: Iterable[tuple[str, float]]) -> None:
        """Count changes of before the start: whose, and how many seconds ago."""
        now_s = self._clock.monotonic_s()
        for key, ago_s in sorted(changes, key=lambda change: -change[1]):
            self._record(key).changes.append(now_s - ago_s)

    def refuses_call(self, actor: Actor) -> str | None:
        """Count one call, or tell why it is one too many."""
        now_s = self._clock.monotonic_s()
        limits = self._limits[actor.kind]
        record = self._record(key_of(actor))
        _forget(record.calls, now_s - MINUTE_S)
        if len(record.calls) >= limits.calls_per_minute:
            wait_s = record.calls[0] + MINUTE_S - now_s
            return (
                f"{limits.calls_per_minute} calls were made within a minute, which is the most; "
                f"the next may come in {max(1, round(wait_s))}\u00a0s"
            )
        record.calls.append(now_s)
        return None

    def refuses_run(self, actor: Actor, digest: str, *, changes: bool) -> str | None:
        """Count a call that is about to run, or tell why it is one too many or too soon again."""
        now_s = self._clock.monotonic_s()
        limits = self._limits[actor.kind]
        record = self._record(key_of(actor))
        _forget(record.changes, now_s - HOUR_S)
        made = record.runs if changes else record.reads
        for run in [run for run, at_s in made.items() if now_s - at_s >= limits.repeat_s]:
            del made[run]
        if digest in made and (changes or not limits.repeats_reads):
            ago_s = now_s - made[digest]
            return (
                f"the very same call was made {ago_s:.0f}\u00a0s ago; "
                f"it may be made again after {limits.repeat_s:g}\u00a0s"
            )
        if changes and len(record.changes) >= limits.changes_per_hour:
            wait_min = (record.changes[0] + HOUR_S - now_s) / 60
            return (
                f"{limits.changes_per_hour} changes were made within an hour, which is the most; "
                f"the next may come in {max(1, round(wait_min))}\u00a0min"
            )
        made[digest] = now_s
        if changes:
            record.changes.append(now_s)
            record.reads.clear()
        return None

    def _record(self, key: str) -> _Record:
        record = self._records.pop(key, None) or _Record()
        self._records[key] = record
        while len(self._records) > KEYS_HIGH_WATER:
            self._records.pop(next(iter(self._records)))
        return record


def _forget(moments: deque[float], before_s: float) -> None:
    while moments and moments[0] <= before_s:
        moments.popleft()
