"""Time is handed in: services ask a clock, so that a test can own it."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the wall time and a time that never jumps."""

    def now(self) -> datetime:
        """The wall time: aware, UTC."""

    def monotonic_s(self) -> float:
        """Seconds since some fixed moment; never goes back when the wall clock is set."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()


def as_stored(moment: datetime) -> str:
    """ISO 8601 with milliseconds and `Z`, the one form in which times are stored and sent."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone was handed in: {moment!r}; give an aware one")
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def from_stored(text: str) -> datetime:
    """The aware moment that `as_stored` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
