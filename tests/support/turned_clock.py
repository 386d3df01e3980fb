"""A clock that only a test turns."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class TurnedClock:
    """Stands still until it is turned; the wall time can be set apart from the steady one."""

    def __init__(self, at: datetime = NOON) -> None:
        self._now = at
        self._monotonic_s = 1_000.0

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def turn(self, seconds: float) -> datetime:
        """Let time pass on both."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds
        return self._now

    def set_wall(self, at: datetime) -> None:
        """Set the wall time as an operator or NTP would; the steady one knows nothing of it."""
        self._now = at
