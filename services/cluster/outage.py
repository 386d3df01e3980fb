"""Whether one address of the API is there: told once when it is lost, once when it is back."""

from services.clock import Clock
from services.cluster.changes_sources import EndpointLost, EndpointRefused, EndpointRegained
from services.cluster.errors import CertificateRefused, EndpointFault
from services.events import Happening

FAILURES_BEFORE_LOST = 2
"""A proxy that restarts at night fails once, and the probe after its rest finds it well."""


class Outage:
    """Turns what happens at one address into EndpointRefused, EndpointLost, EndpointRegained."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._failures = 0
        self._first_failure_s: float | None = None
        self._refused = False
        self._told_lost = False
        self._told = False

    def failed(self, fault: EndpointFault, *, rested: bool, bridged: bool) -> Happening | None:
        """Another fault; the loss, when it is time to tell it.

        One that comes before the address has `rested` from the one before is the same failure
        seen twice. Only while it is `bridged` by another address is its loss told: where none
        answers, that is the news. A certificate is told at once, as waiting does not mend it.
        """
        if self._first_failure_s is None:
            self._first_failure_s = self._clock.monotonic_s()
        was_refused, self._refused = self._refused, isinstance(fault, CertificateRefused)
        if self._refused:
            self._failures = 0
            if was_refused:
                return None
            self._told = True
            return EndpointRefused(at=self._clock.now(), url=self._url, because=fault.because)
        if not rested:
            return None
        self._failures += 1
        if self._told_lost or not bridged or self._failures < FAILURES_BEFORE_LOST:
            return None
        self._told = self._told_lost = True
        return EndpointLost(at=self._clock.now(), url=self._url, because=fault.because)

    def answered(self) -> Happening | None:
        """It answers; the return, when a loss had been told."""
        first_s, was_told = self._first_failure_s, self._told
        self._first_failure_s = None
        self._failures = 0
        self._refused = self._told_lost = self._told = False
        if first_s is None or not was_told:
            return None
        away_s = self._clock.monotonic_s() - first_s
        return EndpointRegained(at=self._clock.now(), url=self._url, away_s=away_s)
