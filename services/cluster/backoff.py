"""How long to wait before the next attempt: longer each time, and never in step with others."""

from collections.abc import Callable
from dataclasses import dataclass

Chance = Callable[[], float]
"""Hands back a figure from 0 up to 1; `random.random` in life, something fixed in a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Doubles from `first_s` up to `most_s`; each delay is 50 to 100 % of that."""

    first_s: float
    most_s: float

    def delay_s(self, failures: int, chance: Chance) -> float:
        """Seconds to wait after so many failures in a row (1 or more)."""
        doubled = self.first_s * 2.0 ** min(max(failures, 1) - 1, 30)
        return min(doubled, self.most_s) * (0.5 + chance() / 2)
