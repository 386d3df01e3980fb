"""The world's clock: it runs at a speed; what nodes tell may jump, time itself does not."""

import time
from collections.abc import Callable


class Clock:
    """World time in seconds since the epoch.

    `now` only ever runs forward, `speed` times as fast as the wall.
    `told` is what the clocks of the nodes say: `now` plus any jump.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        began: float | None = None,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.speed = speed
        self.began = time.time() if began is None else began
        self.jump_s = 0.0
        self._tick = tick
        self._started = tick()

    @property
    def now(self) -> float:
        return self.began + (self._tick() - self._started) * self.speed

    def told(self, at: float) -> int:
        """What a node's clock shows at that world time."""
        return int(at + self.jump_s)
