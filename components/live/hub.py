"""The hub: listens to the bus, draws the view once a tick, and keeps every page in step.

Ten pages cost what one costs: a view is drawn, compared and encoded once, and the same text goes
to each page that is in step. A page that is not (new, hidden until now, fallen behind) gets the
whole view, encoded once too.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import structlog

from components.live.gate_rows import CLOSED_GATE, GateView
from components.live.patch import encode, patch, whole
from components.live.recorded import RecordedEvent
from components.live.rows import draw_event
from components.live.talk_rows import SILENCE, TalkView
from components.live.view import EMPTY_VIEW, View, draw_view
from services.auth.happenings import SessionsEnded
from services.clock import Clock
from services.cluster.changes import PastRead, SnapshotTaken, TierStatusChanged
from services.cluster.model import (
    ClusterSnapshot,
    EndpointStatus,
    Tier,
    TierStatus,
)
from services.events import Bus, Event
from services.journal import EventAcknowledged, EventRecorded, JournalFailing
from services.llm.happenings import CostCounted, ModelsChanged
from services.llm.talk import TalkChanged
from services.nodes.happenings import NodesWatched
from services.nodes.model import NodeWatch
from services.tasks import Tasks
from services.tools.gate.events import GateChanged

log = structlog.get_logger("live")

TICK_S = 0.15
"""With it a change that just missed a draw still stands on the page 250 ms after the poll began."""
FAREWELL_S = 0.25
FEED_KEPT = 200
RING_KEPT = 32
"""Patches kept for a page that missed a few; past it the page gets the whole view."""


class Page(Protocol):
    """One open page, as far as the hub knows it."""

    seq: int
    """The last message it was given; -1 wants the whole view."""
    session: str
    """The key of the session it was opened under."""

    @property
    def listening(self) -> bool:
        """Whether a message would be shown: connected, visible, and not behind with reading."""

    def send(self, code: str) -> None:
        """Hand the page a script; never waits."""


class EndpointReader(Protocol):
    """Tells the API endpoints' health; the poller or its client."""

    def __call__(self) -> Sequence[EndpointStatus]: ...


class WatchReader(Protocol):
    """Tells what was read of the nodes over SSH; `services.nodes.service.Nodes.watches`."""

    def __call__(self) -> Mapping[str, NodeWatch]: ...


class LineReader(Protocol):
    """Tells a node's CPU minute by minute; `services.cluster.recent.Recent.line`."""

    def __call__(self, node: str, until: datetime) -> Sequence[float | None]: ...


GateReader = Callable[[], Awaitable[GateView]]
"""Tells how the gate stands, with the latest questions."""


def _no_watches() -> Mapping[str, NodeWatch]:
    return {}


def _no_line(node: str, until: datetime) -> Sequence[float | None]:
    return ()


async def _no_gate() -> GateView:
    return CLOSED_GATE


class Hub:
    """Draws for all pages; `start` it once the bus runs, `stop` it before the server goes."""

    def __init__(
        self,
        bus: Bus,
        tasks: Tasks,
        clock: Clock,
        *,
        endpoints: EndpointReader = tuple,
        watches: WatchReader = _no_watches,
        gate: GateReader = _no_gate,
        talk: Callable[[], TalkView] = lambda: SILENCE,
        line: LineReader = _no_line,
    ) -> None:
        self._bus = bus
        self._tasks = tasks
        self._clock = clock
        self._endpoints = endpoints
        self._watches = watches
        self._read_gate = gate
        self._talk = talk
        self._line = line
        self._gate = CLOSED_GATE
        self._snapshot: ClusterSnapshot | None = None
        self._tiers: dict[Tier, TierStatus] = {}
        self._feed: deque[RecordedEvent] = deque(maxlen=FEED_KEPT)
        self._noted: dict[tuple[str, str], RecordedEvent] = {}
        self._unwritten: str | None = None
        self._new_lines: set[str] = set()
        self._view: View = EMPTY_VIEW
        self._seq = 0
        self._ring: deque[tuple[int, str]] = deque(maxlen=RING_KEPT)
        self._whole: str | None = None
        self._dirty = asyncio.Event()
        self._pages: set[Page] = set()
        self._unsubscribe: list[Callable[[], None]] = []
        self._drawing: asyncio.Task[None] | None = None
        self.draws = 0
        self.sent_bytes = 0

    @property
    def pages(self) -> int:
        """How many pages are open, listening or not."""
        return len(self._pages)

    @property
    def view(self) -> View:
        """The view last drawn."""
        return self._view

    def start(
        self,
        *,
        snapshot: ClusterSnapshot | None = None,
        tiers: Mapping[Tier, TierStatus] | None = None,
        feed: Iterable[RecordedEvent] = (),
        noted: Iterable[RecordedEvent] = (),
        gate: GateView = CLOSED_GATE,
    ) -> None:
        """Begin with what is known already: the journal's last rows, newest first, and those that
        are acknowledged and still the last word on their subject."""
        self._snapshot = snapshot
        self._tiers = dict(tiers or {})
        self._feed.extend(list(feed)[:FEED_KEPT])
        self._noted = {(row.subject, row.kind): row for row in noted}
        self._gate = gate
        self._unsubscribe = [
            self._bus.subscribe(SnapshotTaken, self._on_snapshot, name="live snapshot"),
            self._bus.subscribe(PastRead, self._on_past_read, name="live lines"),
            self._bus.subscribe(TierStatusChanged, self._on_tier, name="live tiers"),
            self._bus.subscribe(EventRecorded, self._on_recorded, name="live feed"),
            self._bus.subscribe(EventAcknowledged, self._on_acknowledged, name="live noted"),
            self._bus.subscribe(JournalFailing, self._on_journal_failing, name="live journal"),
            self._bus.subscribe(SessionsEnded, self._on_sessions_ended, name="live sessions"),
            self._bus.subscribe(NodesWatched, self._on_news, name="live watches"),
            self._bus.subscribe(ModelsChanged, self._on_news, name="live models"),
            self._bus.subscribe(CostCounted, self._on_news, name="live costs"),
            self._bus.subscribe(TalkChanged, self._on_news, name="live talk"),
            self._bus.subscribe(GateChanged, self._on_gate, name="live gate"),
        ]
        self._dirty.set()
        self._drawing = self._tasks.start(self._run(), name="live hub")

    async def stop(self, *, because: str) -> None:
        """Tell every page why it will lose its server, and give them a moment to hear it."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        # A patch after the word would let the pages believe that all is well.
        if self._drawing is not None:
            self._drawing.cancel(because)
        self.tell_all("connection", {"state": "restarting", "because": because})
        if self._pages:
            await asyncio.sleep(FAREWELL_S)

    def open(self, page: Page) -> None:
        """Take a page on; it gets the whole view with the next tick."""
        page.seq = -1
        self._pages.add(page)
        self._dirty.set()

    def close(self, page: Page) -> None:
        """Forget a page."""
        self._pages.discard(page)

    def wake(self) -> None:
        """Serve the pages with the next tick, such as one that has just become visible."""
        self._dirty.set()

    def tell(self, page: Page, topic: str, payload: Mapping[str, Any]) -> None:
        """Hand one page a word outside the view: its browser notifies `tell:<topic>`."""
        page.send(f"jarvis.tell({json.dumps(topic)},{_quoted(encode(dict(payload)))})")

    def tell_all(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Hand every page the same word."""
        for page in list(self._pages):
            self.tell(page, topic, payload)

    def end(self, sessions: Collection[str]) -> int:
        """Send the pages of these sessions to sign in again; tells how many there were."""
        ended = [page for page in self._pages if page.session in sessions]
        for page in ended:
            self.tell(page, "ended", {})
            self.close(page)
        return len(ended)

    async def _on_sessions_ended(self, event: SessionsEnded) -> None:
        self.end(event.keys)

    async def _on_news(self, event: Event) -> None:
        self._dirty.set()

    async def _on_gate(self, event: GateChanged) -> None:
        self._gate = await self._read_gate()
        self._dirty.set()

    async def _on_snapshot(self, event: SnapshotTaken) -> None:
        self._snapshot = event.snapshot
        self._dirty.set()

    async def _on_past_read(self, event: PastRead) -> None:
        self._new_lines.add(event.name)
        self._dirty.set()

    async def _on_tier(self, event: TierStatusChanged) -> None:
        self._tiers[event.status.tier] = event.status
        self._dirty.set()

    async def _on_journal_failing(self, event: JournalFailing) -> None:
        self._unwritten = event.sentence()
        self._dirty.set()

    async def _on_recorded(self, event: EventRecorded) -> None:
        self._unwritten = None
        self._feed.appendleft(event.row)
        self._noted.pop((event.row.subject, event.row.kind), None)
        self._dirty.set()

    async def _on_acknowledged(self, event: EventAcknowledged) -> None:
        row = event.row
        if event.is_last_word:
            self._noted[row.subject, row.kind] = row
        self._dirty.set()
        for index, held in enumerate(self._feed):
            if held.id == row.id:
                self._feed[index] = row
                return
        # The store has it no longer; a page may have read it for its drawer, or further down.
        self.tell_all("event", draw_event(row))

    async def _run(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            began_s = self._clock.monotonic_s()
            try:
                self.draw()
                self._serve()
            except Exception:
                log.exception("the pages could not be served")
            spent_s = self._clock.monotonic_s() - began_s
            await asyncio.sleep(max(TICK_S - spent_s, 0.01))

    def draw(self) -> None:
        """Draw the view, and if it differs from the last, encode what changed."""
        view = draw_view(
            self._snapshot,
            self._tiers,
            self._endpoints(),
            tuple(self._feed),
            unwritten=self._unwritten,
            noted=tuple(self._noted.values()),
            watches=self._watches(),
            gate=self._gate,
            talk=self._talk(),
            before=self._view,
        )
        self.draws += 1
        changed = patch(self._view, view)
        self._view = view
        self._tell_new_lines(changed)
        if changed:
            self._seq += 1
            self._ring.append((self._seq, self._script(encode(changed))))

    def _tell_new_lines(self, changed: dict[str, Any]) -> None:
        """A page moves a node's line by itself; only what was read of the past is told it."""
        told = self._new_lines & self._view.panels["nodes"].rows.keys()
        self._new_lines -= told
        for name in told:
            rows = changed.setdefault("nodes", {}).setdefault("set", {})
            rows.setdefault(name, {})["spark"] = self._spark(name)

    def _spark(self, name: str) -> list[int | None]:
        until = self._snapshot.nodes_at if self._snapshot is not None else None
        line = () if until is None else self._line(name, until)
        return [None if cpu is None else round(cpu * 100) for cpu in line]

    def _serve(self) -> None:
        self._whole = None
        for page in list(self._pages):
            if not page.listening:
                page.seq = -1
            elif page.seq != self._seq:
                try:
                    self._catch_up(page)
                except Exception:
                    log.exception("a page could not be served, it is let go")
                    self.close(page)

    def _catch_up(self, page: Page) -> None:
        missed = [code for seq, code in self._ring if seq > page.seq]
        if page.seq < 0 or len(missed) != self._seq - page.seq:
            code = self._whole_script()
        else:
            code = ";".join(missed)
        page.send(code)
        page.seq = self._seq
        self.sent_bytes += len(code)

    def _whole_script(self) -> str:
        if self._whole is None:
            panels = whole(self._view)
            for name, row in panels["nodes"].get("set", {}).items():
                row["spark"] = self._spark(name)
            self._whole = self._script(encode(panels), reset=True)
        return self._whole

    def _script(self, panels: str, *, reset: bool = False) -> str:
        mark = '"reset":true,' if reset else ""
        now = f"{self._clock.now().timestamp():.1f}"
        message = f'{{"seq":{self._seq},"now":{now},{mark}"panels":{panels}}}'
        return f"jarvis.apply({_quoted(message)})"


def _quoted(text: str) -> str:
    """JSON as a JavaScript string in single quotes, which leaves the double ones alone."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
