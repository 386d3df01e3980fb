"""Leaves a provider alone that fails repeatedly, longer each time, and tries it again."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta

import structlog

from services.clock import Clock
from services.cluster.backoff import Backoff, Chance
from services.events import Event
from services.llm.errors import (
    KeyRefused,
    ProviderError,
    ProviderFault,
    ProviderResting,
    ProviderTimedOut,
    ProviderUnreachable,
    RequestRefused,
)
from services.llm.happenings import ModelLost, ModelRecovered
from services.llm.messages import ProviderName
from services.llm.provider import Answered, Meter, ModelRequest, Provider, ProviderEvent

log = structlog.get_logger("llm")

FAILURES_TO_REST = 3
LONG_WAIT_S = 5.0
"""A provider that asks for a longer rest gets it at once."""
_A_LOOK_TELLS = (ProviderUnreachable, ProviderTimedOut, KeyRefused)
"""Faults that a look at the provider would meet as well; of others only a request can tell."""


class Breaker:
    """One provider's record. All of it runs on the event loop and never awaits."""

    def __init__(
        self,
        provider: ProviderName,
        *,
        clock: Clock,
        chance: Chance,
        publish: Callable[[Event], None],
        backoff: Backoff,
    ) -> None:
        self.provider = provider
        self.failures = 0
        self.fault: ProviderFault | None = None
        """The last one; None while it is well."""
        self.since: datetime | None = None
        self.next_try_at: datetime | None = None
        self._clock = clock
        self._chance = chance
        self._publish = publish
        self._backoff = backoff
        self._rests = 0
        self._until_s: float | None = None
        self._lost_at_s: float | None = None
        self._on_trial = False
        self._failed_look = False

    @property
    def is_resting(self) -> bool:
        """Whether it is left alone now."""
        return self._until_s is not None and self._clock.monotonic_s() < self._until_s

    @property
    def rest_s(self) -> float:
        """How long it is still left alone; 0 when it may be tried."""
        return max(0.0, (self._until_s or 0.0) - self._clock.monotonic_s())

    @property
    def wants_a_look(self) -> bool:
        """Whether it failed, does not rest, and a look can tell if it is back."""
        return self.fault is not None and not self.is_resting and self.a_look_tells

    @property
    def a_look_tells(self) -> bool:
        """Whether it failed in a way that a look would meet as well."""
        return self._failed_look or isinstance(self.fault, _A_LOOK_TELLS)

    @property
    def is_cut_off(self) -> bool:
        """Whether it could not even be reached when it was last tried."""
        return isinstance(self.fault, ProviderUnreachable | ProviderTimedOut)

    def admit(self) -> None:
        """Let a request through: any while it is well, one at a time after a rest.

        Raises ProviderResting.
        """
        if self._until_s is None:
            return
        if self.is_resting or self._on_trial:
            assert self.fault is not None
            until = max(self.next_try_at or self._clock.now(), self._clock.now())
            raise ProviderResting(self.provider, self.fault.because, until)
        self._on_trial = True

    def release(self) -> None:
        """A request ended that says nothing of the provider."""
        self._on_trial = False

    def note_success(self) -> None:
        """It answered."""
        lost_at_s, self._lost_at_s = self._lost_at_s, None
        self.failures = self._rests = 0
        self.fault = self.since = self.next_try_at = self._until_s = None
        self._on_trial = False
        if lost_at_s is not None:
            away_s = self._clock.monotonic_s() - lost_at_s
            log.info("provider answers again", provider=self.provider, away_s=round(away_s, 1))
            self._publish(
                ModelRecovered(at=self._clock.now(), provider=self.provider, away_s=away_s)
            )

    def note_look(self) -> None:
        """It could be looked at; a success, unless it failed in a way that a look cannot tell."""
        if self.fault is None or self.a_look_tells:
            self.note_success()

    def note_failure(self, error: ProviderError, *, by_look: bool = False) -> None:
        """It did not answer, or not well. A request it refused shows that it lives."""
        if isinstance(error, RequestRefused):
            self.note_success()
            return
        if not isinstance(error, ProviderFault):
            self.release()
            return
        if self.is_resting:
            return  # it was asked before the rest began
        self.failures += 1
        self.fault = error
        self._failed_look = by_look
        self.since = self.since or self._clock.now()
        told_to_wait = (error.retry_after_s or 0.0) > LONG_WAIT_S
        enough = error.certain or told_to_wait or self.failures >= FAILURES_TO_REST
        if self._until_s is not None or enough:
            self._rest(error)
        self._on_trial = False

    def _rest(self, error: ProviderFault) -> None:
        self._rests += 1
        delay_s = max(
            self._backoff.delay_s(self._rests, self._chance),
            min(error.retry_after_s or 0.0, self._backoff.most_s),
        )
        now_s = self._clock.monotonic_s()
        self._until_s = now_s + delay_s
        self.next_try_at = self._clock.now() + timedelta(seconds=delay_s)
        if self._lost_at_s is not None:
            log.debug("provider rests again", provider=self.provider, rest_s=round(delay_s, 1))
            return
        self._lost_at_s = now_s
        log.warning(
            "provider rests",
            provider=self.provider,
            because=error.because,
            failures=self.failures,
            rest_s=round(delay_s, 1),
        )
        self._publish(
            ModelLost(
                at=self._clock.now(),
                provider=self.provider,
                because=error.because,
                remedy=error.remedy,
            )
        )


class Guarded:
    """A provider behind its breaker."""

    def __init__(
        self,
        inner: Provider,
        breaker: Breaker,
        *,
        changed: Callable[[ProviderError | None], None],
    ) -> None:
        """:param changed: called with the error, or None after an answer, once it is on record."""
        self._inner = inner
        self._breaker = breaker
        self._changed = changed

    @property
    def name(self) -> ProviderName:
        """Which one it is."""
        return self._inner.name

    async def stream(
        self, request: ModelRequest, meter: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """See `services.llm.provider.Provider.stream`; raises ProviderResting as well."""
        self._breaker.admit()
        told = False
        try:
            async with aclosing(self._inner.stream(request, meter)) as events:
                async for event in events:
                    if isinstance(event, Answered):
                        told = True
                        self._breaker.note_success()
                        self._changed(None)
                    yield event
        except ProviderError as error:
            told = True
            self._breaker.note_failure(error)
            self._changed(error)
            raise
        finally:
            if not told:
                self._breaker.release()
