"""How each provider stands: what the router goes by and a page shows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.llm.errors import ModelLoading, ProviderError, told_name
from services.llm.messages import ProviderName
from services.llm.models.breaker import Breaker
from services.llm.routing.availability import Availability


class ProviderState(StrEnum):
    """How a provider stands."""

    OFF = "off"
    """It is not set up, or may not be dialled here."""
    UNKNOWN = "unknown"
    """It was not looked at yet."""
    READY = "ready"
    LOADING = "loading"
    """Its model is still being loaded."""
    FAILING = "failing"
    """It failed, not often enough yet to be left alone."""
    RESTING = "resting"
    """It is left alone until `next_try_at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """A provider as a page shows it."""

    provider: ProviderName
    state: ProviderState
    because: str = ""
    """Why it is not ready."""
    remedy: str | None = None
    since: datetime | None = None
    """Since when it fails."""
    next_try_at: datetime | None = None
    failures: int = 0
    """In a row."""
    model: str | None = None
    """The one it usually answers with."""
    window_tokens: int | None = None


class Standing:
    """One provider's: its breaker, and what a look at it found."""

    def __init__(self, breaker: Breaker, *, missing: ProviderError | None) -> None:
        """:param missing: why there is no such provider; None where there is."""
        self.breaker = breaker
        self.is_loading = False
        self.unfit = ""
        """Why its usual model cannot be asked."""
        self.model: str | None = None
        self.window_tokens: int | None = None
        self._missing = missing
        self._looked = False

    def note_look(self, error: ProviderError | None = None) -> None:
        """It was looked at, and answered or failed."""
        self._looked = True
        self.is_loading = isinstance(error, ModelLoading)
        if error is None:
            self.breaker.note_look()
        elif not self.is_loading:
            self.breaker.note_failure(error, by_look=True)

    def bar(self, error: ProviderError) -> None:
        """It may never be asked here."""
        self._missing = error

    @property
    def because_not(self) -> str:
        """Why it cannot be asked right now; empty when it can.

        One that failed once or twice can: how else would it be found well again. But not a local
        model that was just not there; it is looked at again in a moment.
        """
        status = self.status
        match status.state:
            case ProviderState.READY | ProviderState.UNKNOWN:
                return self.unfit
            case ProviderState.FAILING:
                near = self.breaker.provider is ProviderName.LOCAL
                return status.because if near and self.breaker.a_look_tells else self.unfit
            case _:
                return status.because

    @property
    def status(self) -> ProviderStatus:
        """As a page shows it."""
        state, because, remedy = self._state()
        return ProviderStatus(
            provider=self.breaker.provider,
            state=state,
            because=because,
            remedy=remedy,
            since=self.breaker.since,
            next_try_at=self.breaker.next_try_at,
            failures=self.breaker.failures,
            model=self.model,
            window_tokens=self.window_tokens,
        )

    def _state(self) -> tuple[ProviderState, str, str | None]:
        breaker = self.breaker
        if self._missing is not None:
            return ProviderState.OFF, self._missing.because, self._missing.remedy
        if breaker.fault is not None:
            state = ProviderState.RESTING if breaker.is_resting else ProviderState.FAILING
            return state, _told_fault(breaker), breaker.fault.remedy
        if self.is_loading:
            loading = ModelLoading()
            return ProviderState.LOADING, loading.because, loading.remedy
        if self.unfit:
            return ProviderState.FAILING, self.unfit, None
        return (ProviderState.READY if self._looked else ProviderState.UNKNOWN), "", None


def decide_availability(claude: Standing, local: Standing) -> Availability:
    """Which providers can be asked right now."""
    return Availability(
        claude=not claude.because_not,
        local=not local.because_not,
        because_claude=claude.because_not,
        because_local=local.because_not,
        local_window_tokens=local.window_tokens,
        online=not claude.breaker.is_cut_off,
    )


def _told_fault(breaker: Breaker) -> str:
    assert breaker.fault is not None
    if breaker.is_resting and breaker.next_try_at is not None:
        again = (
            f"{told_name(breaker.provider)} is tried again at {breaker.next_try_at:%H:%M:%S} UTC"
        )
        return f"{breaker.fault.because}; {again}"
    return breaker.fault.because
