"""How each of the four rhythms goes: well, late, or failing, and when it comes again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from services.clock import Clock
from services.cluster.backoff import Backoff, Chance
from services.cluster.errors import ClusterError
from services.cluster.model import SourceState, Tier, TierStatus

CRITICAL_RETRY = Backoff(first_s=2.0, most_s=15.0)


def retry_for(tier: Tier, interval_s: float) -> Backoff:
    """The delays between a tier's attempts while it fails.

    The critical tier retries within 15 s; no other waits beyond four of its intervals, or 60 s
    where that is more.
    """
    if tier is Tier.CRITICAL:
        return CRITICAL_RETRY
    return Backoff(first_s=min(interval_s, 8.0), most_s=max(4 * interval_s, 60.0))


class TierRecord:
    """The state of one tier; each change hands back the new TierStatus to be told."""

    def __init__(self, tier: Tier, interval_s: float, *, clock: Clock, chance: Chance) -> None:
        self.status = TierStatus(tier=tier, interval_s=interval_s)
        self._retry = retry_for(tier, interval_s)
        self._clock = clock
        self._chance = chance
        self._failures = 0

    def planned(self, next_at: datetime | None) -> TierStatus:
        """The next tick is set for another moment."""
        self.status = replace(self.status, next_at=next_at)
        return self.status

    def skipped(self) -> TierStatus:
        """A tick came while the one before still ran."""
        failing = self.status.state is SourceState.FAILING
        self.status = replace(
            self.status,
            state=SourceState.FAILING if failing else SourceState.LATE,
            because=self.status.because if failing else "The reading before still waits",
            skipped_ticks=self.status.skipped_ticks + 1,
        )
        return self.status

    def succeeded(
        self, *, gaps: str | None, next_at: datetime | None, requests: int, duration_ms: float
    ) -> TierStatus:
        """A tick read what it wanted; `gaps` tells what it had to leave out."""
        self._failures = 0
        now = self._clock.now()
        self.status = replace(
            self.status,
            state=SourceState.OK,
            last_ok_at=now,
            failing_since=None,
            because=gaps,
            brief=None,
            remedy=None,
            next_at=next_at,
            requests=requests,
            duration_ms=duration_ms,
        )
        return self.status

    def failed(self, error: ClusterError, *, requests: int, duration_ms: float) -> TierStatus:
        """A tick could not read what it is for; the next comes after a growing delay."""
        self._failures += 1
        now = self._clock.now()
        delay_s = self._retry.delay_s(self._failures, self._chance)
        self.status = replace(
            self.status,
            state=SourceState.FAILING,
            failing_since=self.status.failing_since or now,
            because=error.because,
            brief=error.brief,
            remedy=error.remedy,
            next_at=now + timedelta(seconds=delay_s),
            requests=requests,
            duration_ms=duration_ms,
        )
        return self.status


def statuses(records: Mapping[Tier, TierRecord]) -> Mapping[Tier, TierStatus]:
    """The state of every tier, not to be changed."""
    return MappingProxyType({tier: record.status for tier, record in records.items()})
