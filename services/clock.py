"""Time is handed in: services ask a clock, so that a test can own it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

from db.times import as_stored, from_stored

__all__ = ["Clock", "SystemClock", "as_stored", "from_stored", "pause"]


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


async def pause(seconds: float, until: asyncio.Event | None = None) -> bool:
    """Wait so long, or until the event is set where there is one; whether it was."""
    if until is None:
        await asyncio.sleep(seconds)
        return False
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return False
    return True
