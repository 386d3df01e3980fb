"""What is wrong with the wire itself: stalls, resets, bursts of errors. The server asks here."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

STALL_S = 15.0
_BURST = (
    (500, "unable to open file '/etc/pve/.version' - Input/output error"),
    (503, "Service Unavailable"),
    (500, "got no worker upid - start worker failed"),
)


@dataclass(slots=True)
class Trouble:
    """Each set holds the endpoints (node names) that suffer; the server reads it per request."""

    stalled: set[str] = field(default_factory=set)
    reset: set[str] = field(default_factory=set)
    erring: set[str] = field(default_factory=set)
    stall_s: float = STALL_S
    _eased: asyncio.Event = field(default_factory=asyncio.Event)
    _number: Iterator[int] = field(default_factory=count)

    async def hold(self, node: str) -> None:
        """Keep a request waiting while that endpoint is stalled, at most `stall_s`."""
        if node not in self.stalled:
            return
        try:
            async with asyncio.timeout(self.stall_s):
                await self.wait_while(lambda: node in self.stalled)
        except TimeoutError:
            return

    async def wait_while(self, suffering: Callable[[], bool]) -> None:
        """Wait for as long as that holds; looked at whenever something is eased."""
        while suffering():
            await self._eased.wait()

    def ease(self) -> None:
        """Let the requests look again whether they still have to wait."""
        self._eased.set()
        self._eased = asyncio.Event()

    def next_error(self, node: str) -> tuple[int, str] | None:
        """The error of the burst that endpoint is in, None when it is well."""
        return _BURST[next(self._number) % len(_BURST)] if node in self.erring else None
