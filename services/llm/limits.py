"""How far one turn may go: rounds, time and tokens. Time stands still while a person decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.clock import Clock
from services.llm.messages import Usage

ROUNDS_MOST = 8
TURN_S = 120.0
TOKENS_MOST = 250_000
"""Read and written over all rounds of one turn, what the cache held included."""
OVERRIDE_FACTOR = 2
"""Under an override there is more to do."""
IDLE_ROUNDS_MOST = 2
"""So many rounds in a row may ask for nothing that was not asked for before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one turn may take."""

    rounds: int = ROUNDS_MOST
    seconds: float = TURN_S
    tokens: int = TOKENS_MOST

    @classmethod
    def of(cls, *, override: bool) -> "Limits":
        """The usual ones, or those under an open override."""
        if not override:
            return cls()
        return cls(rounds=ROUNDS_MOST * OVERRIDE_FACTOR, tokens=TOKENS_MOST * OVERRIDE_FACTOR)


def over_limit(
    limits: Limits, *, rounds: int, spent_s: float, tokens: int, idle_rounds: int
) -> str | None:
    """Which limit is met, as a clause for a person; None while the turn may go on."""
    if rounds >= limits.rounds:
        return f"{limits.rounds} rounds of looking things up are the most for one message"
    if spent_s >= limits.seconds:
        return f"{limits.seconds:g}\u00a0s are the most for one message"
    if tokens >= limits.tokens:
        return f"{limits.tokens:,} tokens are the most for one message"
    if idle_rounds >= IDLE_ROUNDS_MOST:
        return "the same was asked for again and again"
    return None


def tokens_of(usage: Usage) -> int:
    """Everything that was read and written."""
    return (
        usage.input_tokens
        + usage.output_tokens
        + usage.cache_read_tokens
        + usage.cache_write_tokens
    )


class TurnTime:
    """Counts the seconds of a turn by the steady clock, but for those in which it is held."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._most_s = seconds
        self._counted_s = 0.0
        self._since_s: float | None = clock.monotonic_s()
        self._holds = 0

    @property
    def spent_s(self) -> float:
        """Seconds that count."""
        running_s = self._clock.monotonic_s() - self._since_s if self._since_s is not None else 0.0
        return self._counted_s + running_s

    @property
    def left_s(self) -> float:
        """Seconds until the limit; never below zero."""
        return max(0.0, self._most_s - self.spent_s)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Time that does not count; may be nested and may overlap."""
        if self._since_s is not None:
            self._counted_s, self._since_s = self.spent_s, None
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                self._since_s = self._clock.monotonic_s()
