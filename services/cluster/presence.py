"""Whether the Proxmox API is there, as a whole and for each tier: each loss and return once."""

from dataclasses import dataclass

from services.clock import Clock
from services.cluster.changes import ProxmoxLost, ProxmoxRegained, ReadingLost, ReadingRegained
from services.cluster.errors import CertificateRefused, ClusterError, ProxmoxUnreachable
from services.cluster.model import Tier
from services.events import Happening

FAILURES_BEFORE_LOST = 2
"""Proxmox's own proxy restarts at night and is away for a second; that is no loss."""


class Presence:
    """Turns the critical tier's outcomes into ProxmoxLost and ProxmoxRegained."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._first_failure_s = 0.0
        self._told = False

    @property
    def lost(self) -> bool:
        """Whether the loss has been told and not yet its end."""
        return self._told

    def failed(self, error: ClusterError, *, began_s: float | None = None) -> Happening | None:
        """Another attempt failed, begun at that steady time; the loss, when it is time to tell it.

        A refusal (token, right, certificate) is told at once, as waiting does not mend it.
        """
        if self._failures == 0:
            # An API that stalls was away for all the time that was waited for it.
            self._first_failure_s = self._clock.monotonic_s() if began_s is None else began_s
        self._failures += 1
        if self._told or (self._failures < FAILURES_BEFORE_LOST and not _is_refusal(error)):
            return None
        self._told = True
        return ProxmoxLost(at=self._clock.now(), because=error.because, remedy=error.remedy)

    def answered(self) -> Happening | None:
        """An attempt went well; the return, when a loss had been told."""
        was_told, self._told = self._told, False
        self._failures = 0
        if not was_told:
            return None
        away_s = self._clock.monotonic_s() - self._first_failure_s
        return ProxmoxRegained(at=self._clock.now(), away_s=away_s)


def _is_refusal(error: ClusterError) -> bool:
    if isinstance(error, ProxmoxUnreachable):
        return all(isinstance(fault, CertificateRefused) for fault in error.faults)
    return True


@dataclass(slots=True)
class _Failing:
    """A tier that fails, in steady seconds."""

    began_s: float
    failed_s: float
    proved_s: float | None = None
    """When the critical tier had read since: the failing is then the tier's own."""
    told: bool = False


class TierPresence:
    """Turns the outcomes of all tiers into ReadingLost and ReadingRegained of the others.

    What fails all of them is Proxmox's loss and no tier's. So a tier is lost when it fails again
    after the critical one, asked since its first failure, has read.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failing: dict[Tier, _Failing] = {}

    def failed(
        self, tier: Tier, error: ClusterError, *, began_s: float, lost: bool
    ) -> Happening | None:
        """An attempt failed, begun at that steady time; the tier's loss, when it is to be told.

        `lost` is whether Proxmox is told as lost: then no tier is, and no failure counts.
        """
        if lost:
            self._failing = {each: known for each, known in self._failing.items() if known.told}
            return None
        if tier is Tier.CRITICAL:
            for known in self._failing.values():
                known.proved_s = None
            return None
        now_s = self._clock.monotonic_s()
        failing = self._failing.setdefault(tier, _Failing(began_s=began_s, failed_s=now_s))
        if failing.told or failing.proved_s is None or began_s < failing.proved_s:
            return None
        failing.told = True
        return ReadingLost(
            at=self._clock.now(), tier=tier, because=error.because, remedy=error.remedy
        )

    def answered(self, tier: Tier, *, began_s: float) -> Happening | None:
        """An attempt went well; the tier's return, when its loss had been told."""
        now_s = self._clock.monotonic_s()
        if tier is Tier.CRITICAL:
            for known in self._failing.values():
                if known.proved_s is None and began_s >= known.failed_s:
                    known.proved_s = now_s
            return None
        failing = self._failing.pop(tier, None)
        if failing is None or not failing.told:
            return None
        return ReadingRegained(at=self._clock.now(), tier=tier, away_s=now_s - failing.began_s)
