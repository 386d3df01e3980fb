"""One terminal: a pseudo-terminal on a node, the last of its output, and the pages that look."""

import asyncio
from dataclasses import replace
from typing import Protocol

import asyncssh

from services.clock import Clock, pause
from services.nodes.commands import quote
from services.nodes.pty import Pty, PtyEnding, open_pty
from services.nodes.terminal_flow import decide_hold
from services.nodes.terminal_gate import TerminalUse
from services.nodes.terminal_model import (
    Over,
    Sized,
    TerminalFacts,
    TerminalState,
    sane_size,
)
from services.nodes.terminal_ring import Ring
from services.nodes.terminal_viewer import Viewer
from services.tasks import Tasks

REDRAW_PAUSE_S = 0.05
"""Between the two sizes that make a full-screen programme draw itself again."""


class Changed(Protocol):
    """Told whenever the facts of a terminal have changed."""

    def __call__(self, terminal: "Terminal") -> None: ...


class Terminal:
    """Lives from being asked for until it is closed; outlives its connection and its pages.

    It is the `PtyEars` of its pseudo-terminal and what its viewers watch.
    """

    def __init__(
        self,
        facts: TerminalFacts,
        *,
        owner: str,
        user: str,
        cols: int,
        rows: int,
        clock: Clock,
        tasks: Tasks,
        changed: Changed,
        ring: Ring | None = None,
    ) -> None:
        self.facts = facts
        self.owner = owner
        self.user = user
        self.ring = ring or Ring()
        self.over: Over | None = None
        self.ended = asyncio.Event()
        self.dismissed = False
        self.stirred = asyncio.Event()
        self.cols, self.rows = sane_size(cols, rows)
        self.typed_bytes = 0
        self._clock = clock
        self._tasks = tasks
        self._changed = changed
        self._pty: Pty | None = None
        self._held = False
        self._viewers: list[Viewer] = []
        self._writer: Viewer | None = None
        self._alone_from = 0
        self._owed: list[tuple[Viewer, int]] = []
        self._opened_at_s = clock.monotonic_s()

    async def open(self, connection: asyncssh.SSHClientConnection) -> None:
        """Start its programme. Raises NodesError."""
        place, size = self.facts.place, (self.cols, self.rows)
        command = quote(place.argv) if place.argv is not None else None
        pty = await open_pty(
            connection, command, node=place.node, cols=size[0], rows=size[1], ears=self
        )
        if self.over is not None:
            pty.close()
            return
        self._pty = pty
        self._opened_at_s = self._clock.monotonic_s()
        if size != (self.cols, self.rows):  # a page has said so while the channel was opened
            pty.resize(self.cols, self.rows)
        self._regulate()
        key = connection.get_server_host_key()
        self.tell(
            state=TerminalState.OPEN,
            opened_at=self._clock.now(),
            fingerprint=key.get_fingerprint() if key is not None else None,
            because=None,
        )

    @property
    def looked_at(self) -> bool:
        """Whether any page looks."""
        return bool(self._viewers)

    def dismiss(self, because: str) -> None:
        """End it, to be forgotten."""
        self.dismissed = True
        self.close(because)
        self.stirred.set()

    def close(self, because: str, *, away: bool = False) -> None:
        """End it now; a second time changes nothing."""
        if self._pty is not None:
            self._pty.close()
        self._end(Over(because=because), away=away)

    def tell(self, **changes: object) -> None:
        """Change what is told of it."""
        self.facts = replace(self.facts, **changes)  # type: ignore[arg-type]
        self._changed(self)

    def use(self, *, opened: bool) -> TerminalUse:
        """How it was used, for the record."""
        return TerminalUse(
            began_at=self.facts.opened_at or self.facts.asked_at,
            lasted_s=self._clock.monotonic_s() - self._opened_at_s if opened else 0.0,
            typed_bytes=self.typed_bytes,
            shown_bytes=self.ring.end,
            because=self.over.because if self.over is not None else "",
            opened=opened,
        )

    def attach(self, *, since: int | None = None) -> Viewer:
        """Let one more page look, from byte `since` on if that is still kept.

        The first one sets the size; any other does once it asks for it.
        """
        viewer = Viewer(self, since=since)
        self._viewers.append(viewer)
        if self._writer is None:
            self._writer = viewer
        self.stirred.set()
        self._regulate()
        return viewer

    def detach(self, viewer: Viewer) -> None:
        """A page no longer looks; the last one leaves the terminal alone."""
        self._viewers.remove(viewer)
        self._owed = [owed for owed in self._owed if owed[0] is not viewer]
        if self._writer is viewer:
            self._writer = self._viewers[-1] if self._viewers else None
            if self._writer is not None:
                self._writer.tell_size()
        if not self._viewers:
            self._alone_from = self.ring.end
        self.stirred.set()
        self._regulate()

    def claim(self, viewer: Viewer, cols: int, rows: int) -> None:
        """This page sets the size from now on, and types."""
        size = sane_size(cols, rows)
        if self._writer is viewer and size == (self.cols, self.rows):
            return
        self._writer = viewer
        if size != (self.cols, self.rows):
            self.cols, self.rows = size
            if self._pty is not None:
                self._pty.resize(*size)
        for each in self._viewers:
            each.tell_size()

    def type(self, viewer: Viewer, data: bytes) -> None:
        """Input of a page; of one that only looks it is what its screen answers by itself."""
        if self._pty is None or self.over is not None or viewer is not self._writer:
            viewer.tell_taken(len(data))
            return
        self.typed_bytes += len(data)
        self._pty.write(data)
        self._owed.append((viewer, len(data)))
        if self._pty.has_room:
            self.hear_room()

    def size_for(self, viewer: Viewer) -> Sized:
        """Its size, and whether this viewer is the one that sets it."""
        return Sized(cols=self.cols, rows=self.rows, writing=viewer is self._writer)

    def drawn(self) -> None:
        """A page has drawn something."""
        self._regulate()

    def want_redraw(self) -> None:
        """What drew the screen is no longer kept: let its programme draw it anew."""
        if self._pty is not None and self.over is None and self.rows > 1:
            self._tasks.start(self._redraw(), name=f"terminal redraw {self.facts.id}")

    async def _redraw(self) -> None:
        """A programme draws itself again when its size changes, so it does for a moment."""
        assert self._pty is not None
        self._pty.resize(self.cols, self.rows - 1)
        if not await pause(REDRAW_PAUSE_S, self.ended):
            self._pty.resize(self.cols, self.rows)

    def hear(self, output: bytes) -> None:
        """The programme's output."""
        self.ring.append(output)
        for viewer in self._viewers:
            viewer.wake()
        self._regulate()

    def hear_room(self) -> None:
        """The node has taken what was typed."""
        owed, self._owed = self._owed, []
        for viewer, count in owed:
            viewer.tell_taken(count)

    def hear_end(self, ending: PtyEnding) -> None:
        """The programme is over, or the connection broke."""
        over = Over(because=self._told(ending), exit_status=ending.exit_status)
        self._end(over, away=ending.broken)

    def _told(self, ending: PtyEnding) -> str:
        node = self.facts.place.node
        what = "the shell" if self.facts.place.guest is None else "the console"
        if ending.broken:
            return f"the connection to {node} was lost"
        if ending.exit_signal is not None:
            return f"{what} was ended by SIG{ending.exit_signal}"
        if ending.exit_status:
            return f"{what} ended with status {ending.exit_status}"
        return f"{what} has ended"

    def _end(self, over: Over, *, away: bool) -> None:
        if self.over is not None:
            return
        self.over = over
        self._owed.clear()
        self.ended.set()
        for viewer in self._viewers:
            viewer.wake()
        self.tell(
            state=TerminalState.ENDED,
            because=over.because,
            exit_status=over.exit_status,
            away=away,
            approval_id=None,
        )

    def _regulate(self) -> None:
        if self._pty is None:
            return
        held = decide_hold(
            self._held,
            [viewer.unseen for viewer in self._viewers],
            self.ring.end - self._alone_from,
        )
        if held != self._held:
            self._held = held
            self._pty.hold(held)
