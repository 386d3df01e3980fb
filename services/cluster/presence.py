"""Whether the Proxmox API as a whole is there: told once when it is lost, once when it is back."""

from services.clock import Clock
from services.cluster.changes import ProxmoxLost, ProxmoxRegained
from services.cluster.errors import CertificateRefused, ClusterError, ProxmoxUnreachable
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
