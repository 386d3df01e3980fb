"""What was read a moment ago, for whoever asks the very same at once.

The gate answers nobody the same read twice within seconds; a person who asks again, or has an
answer given anew, is served from here instead. Any change of theirs makes all of it worth asking
again.
"""

from services.clock import Clock
from services.safety.actors import ActorKind
from services.safety.limits import LIMITS
from services.tools.calls import Outcome, ToolResult

FRESH_S = LIMITS[ActorKind.MODEL].repeat_s
KEPT_MOST = 128


class FreshReads:
    """Results of reads by user and call; nothing of it is older than a few seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, ToolResult]] = {}
        self._changes: dict[str, int] = {}

    def find(self, user: str, key: str) -> ToolResult | None:
        """The result of that call, while it is fresh."""
        found = self._kept.get((user, key))
        if found is None or self._clock.monotonic_s() - found[0] >= FRESH_S:
            return None
        return found[1]

    def changes(self, user: str) -> int:
        """How often something was changed for a user: to be had before a read begins."""
        return self._changes.get(user, 0)

    def keep(self, user: str, key: str, result: ToolResult, *, since: int) -> None:
        """Remember a read, but none that failed, nor one in whose time something was changed."""
        if result.outcome not in (Outcome.DONE, Outcome.EMPTY) or since != self.changes(user):
            return
        self._kept.pop((user, key), None)
        self._kept[user, key] = (self._clock.monotonic_s(), result)
        while len(self._kept) > KEPT_MOST:
            self._kept.pop(next(iter(self._kept)))

    def forget(self, user: str) -> None:
        """Something was changed for this user."""
        self._changes[user] = self.changes(user) + 1
        for key in [key for key in self._kept if key[0] == user]:
            del self._kept[key]
