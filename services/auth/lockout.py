"""Growing delays for whoever keeps guessing, kept for each account and for each address."""

import math
from collections import OrderedDict
from dataclasses import dataclass

from services.clock import Clock

KEYS_HIGH_WATER = 4_096
"""Accounts and addresses remembered; past it the one quiet for longest is forgotten."""
FORGOTTEN_AFTER_S = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How fast the waiting grows: free attempts, then 2, 4, 8… s up to `last_s`."""

    free: int
    last_s: float


ACCOUNT = Delays(free=3, last_s=60.0)
"""Short at most, so that a stranger cannot keep the owner out."""
ADDRESS = Delays(free=3, last_s=900.0)


@dataclass(slots=True)
class _Record:
    failures: int
    tried_at_s: float
    until_s: float


class Lockout:
    """Counts an attempt when it begins, so that many at once cannot slip through."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait_s(self, keys: dict[str, Delays]) -> int:
        """Whole seconds until these may try again; 0 when they may now."""
        now = self._clock.monotonic_s()
        records = (self._find(key, now) for key in keys)
        waits = (math.ceil(record.until_s - now) for record in records if record)
        return max([0, *waits])

    def charge(self, keys: dict[str, Delays]) -> int:
        """Count an attempt as failed; hands back the seconds to wait should it really fail."""
        now = self._clock.monotonic_s()
        wait_s = 0.0
        for key, delays in keys.items():
            record = self._find(key, now) or _Record(0, now, now)
            record.failures += 1
            record.tried_at_s = now
            beyond = record.failures - delays.free
            delay_s = min(delays.last_s, 2.0 ** min(beyond, 20)) if beyond > 0 else 0.0
            record.until_s = now + delay_s
            wait_s = max(wait_s, delay_s)
            self._records[key] = record
            self._records.move_to_end(key)
        while len(self._records) > KEYS_HIGH_WATER:
            self._records.popitem(last=False)
        return math.ceil(wait_s)

    def forgive(self, keys: dict[str, Delays]) -> None:
        """Forget the failures of someone who got in."""
        for key in keys:
            self._records.pop(key, None)

    def failures(self, key: str) -> int:
        """How often this one failed of late."""
        record = self._find(key, self._clock.monotonic_s())
        return record.failures if record else 0

    def _find(self, key: str, now: float) -> _Record | None:
        record = self._records.get(key)
        if record and now - max(record.tried_at_s, record.until_s) > FORGOTTEN_AFTER_S:
            del self._records[key]
            return None
        return record
