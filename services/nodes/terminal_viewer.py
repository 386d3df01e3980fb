"""One page's look at a terminal: what it is handed next, and what it has drawn of it."""

import asyncio
from typing import Protocol

from services.clock import pause
from services.nodes.terminal_flow import FRAME_BYTES, UNSEEN_HIGH_WATER
from services.nodes.terminal_model import Begun, Output, Over, Piece, Sized, Taken
from services.nodes.terminal_ring import Ring

PLENTY_BYTES = 16 * 1024
"""So much is sent at once; less waits a moment for more, unless nothing was sent just before."""
GATHER_S = 0.004
TAKEN_TOLD_BYTES = 16 * 1024
"""Input is told as taken in steps of so much; a page may have more than that on the way."""


class Watched(Protocol):
    """What a viewer needs to know of its terminal."""

    @property
    def ring(self) -> Ring:
        """Its output."""

    @property
    def over(self) -> Over | None:
        """How it ended, once it has."""

    def size_for(self, viewer: "Viewer") -> Sized:
        """Its size, and whether this viewer is the one that sets it."""

    def drawn(self) -> None:
        """A viewer has drawn something."""

    def want_redraw(self) -> None:
        """A screen was begun in the middle of a full-screen programme."""


class Viewer:
    """Hands out the pieces for one page, in order; `Terminal.attach` makes it."""

    def __init__(self, terminal: Watched, *, since: int | None) -> None:
        self._terminal = terminal
        self._wake = asyncio.Event()
        self._plenty = asyncio.Event()
        self._size_due = True
        self._taken = 0
        self._over_told = False
        self._sent_at_s = 0.0
        self._begun: Begun | None = self._begin(since)

    @property
    def unseen(self) -> int:
        """Bytes of the output that this page has not drawn yet."""
        return self._terminal.ring.end - self._drawn

    def _begin(self, since: int | None) -> Begun:
        ring = self._terminal.ring
        if since is not None and ring.start <= since <= ring.end:
            begun = Begun(at=since, fresh=False, replayed_to=ring.end)
        else:
            replay = ring.replay()
            begun = Begun(
                at=replay.at, fresh=True, first=replay.first, cut=replay.cut, replayed_to=ring.end
            )
            if replay.cut and replay.alternate:
                self._terminal.want_redraw()
        self._sent = self._drawn = begun.at
        return begun

    def wake(self) -> None:
        """There may be something to hand out."""
        self._wake.set()
        if self._terminal.ring.end - self._sent >= PLENTY_BYTES:
            self._plenty.set()

    def tell_size(self) -> None:
        """The size has changed, or whose it is."""
        self._size_due = True
        self._plenty.set()
        self._wake.set()

    def tell_taken(self, count: int) -> None:
        """So many bytes more of this page's input are with the node."""
        self._taken += count
        if self._taken >= TAKEN_TOLD_BYTES:
            self._plenty.set()
            self._wake.set()

    def acknowledge(self, at: int) -> None:
        """The page has drawn everything up to `at`. Raises ValueError for what it was not sent."""
        if at > self._sent:
            raise ValueError(f"byte {at} was not sent, only those up to {self._sent}")
        if at > self._drawn:
            self._drawn = at
            self._terminal.drawn()
            self._wake.set()

    async def next(self) -> Piece:
        """The next piece, waited for; after `Over` there is none."""
        while True:
            if (note := self._note()) is not None:
                return note
            if self._sent < self._terminal.ring.start:
                self._begun = self._begin(None)
                self._size_due = True
                continue
            if ready := self._ready():
                if ready < PLENTY_BYTES and await self._gather():
                    continue
                return self._output()
            over = self._terminal.over
            if over is not None and self._sent == self._terminal.ring.end and not self._over_told:
                self._over_told = True
                return over
            self._wake.clear()
            await self._wake.wait()

    def _note(self) -> Piece | None:
        if self._size_due:
            self._size_due = False
            return self._terminal.size_for(self)
        if self._begun is not None:
            begun, self._begun = self._begun, None
            return begun
        if self._taken >= TAKEN_TOLD_BYTES:
            taken, self._taken = self._taken, 0
            return Taken(count=taken)
        return None

    def _ready(self) -> int:
        """Bytes that may be sent: not more than a page may leave undrawn."""
        may = UNSEEN_HIGH_WATER - (self._sent - self._drawn)
        return max(0, min(self._terminal.ring.end - self._sent, may))

    async def _gather(self) -> bool:
        """Wait for more, if something was sent just now; whether that was so."""
        left_s = self._sent_at_s + GATHER_S - asyncio.get_running_loop().time()
        if left_s <= 0:
            return False
        self._plenty.clear()
        if not await pause(left_s, self._plenty):
            self._sent_at_s = 0.0
        return True

    def _output(self) -> Output:
        data = self._terminal.ring.read(self._sent, min(self._ready(), FRAME_BYTES))
        self._sent += len(data)
        self._sent_at_s = asyncio.get_running_loop().time()
        return Output(data=data)
