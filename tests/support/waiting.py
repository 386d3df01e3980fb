"""Waiting for a condition with a deadline, instead of for a time."""

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], object], what: str, *, within_s: float = 15.0) -> None:
    """Return as soon as `condition` holds; fail with what was awaited when it does not."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise AssertionError(f"waited {within_s:g} s in vain for: {what}")
        await asyncio.sleep(0.02)
