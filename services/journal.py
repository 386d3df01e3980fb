"""The journal: every happening becomes a row first, and is shown only once it is one."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import ClassVar

import structlog

from db import Database
from db.maintenance import checkpoint, delete_expired_rows, give_back_space
from db.queries.events import (
    acknowledge_event,
    find_event,
    find_events,
    find_noted_events,
    record_events,
    search_events,
)
from db.queries.snapshots import record_snapshot
from db.rows import EventRow, NewEvent
from services.archive import encode_snapshot, plain_json
from services.clock import Clock, pause
from services.cluster.model import ClusterSnapshot
from services.cluster.spans import told_duration
from services.events import Bus, Event, Happening, Severity
from services.tasks import Tasks

log = structlog.get_logger("journal")

WAITING_HIGH_WATER = 5_000
"""Happenings kept while the disk fails; past it the oldest are dropped, counted and told."""
BATCH = 200
"""Rows written in one transaction."""
BACKOFF_FIRST_S = 0.5
BACKOFF_LAST_S = 30.0
_OWN_FIELDS = frozenset({"at", "node"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecorded(Event):
    """A happening is in the database: it may be shown."""

    row: EventRow


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAcknowledged(Event):
    """Somebody has taken note of an event: `row` tells who first did, and when."""

    row: EventRow
    is_last_word: bool
    """Whether it is an alarm or a warning, and no later one of its kind is about its subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFailing(Event):
    """The database takes no rows. Shown live; it cannot be kept."""

    because: str
    waiting: int

    def sentence(self) -> str:
        """The event in one line for a person."""
        waiting = "1 event waits" if self.waiting == 1 else f"{self.waiting} events wait"
        return f"The journal cannot be written: {self.because}. {waiting} for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRecovered(Happening):
    """The database takes rows again; what waited has been written."""

    severity: ClassVar[Severity] = Severity.GOOD
    away_s: float
    written: int
    lost: int

    @property
    def subject(self) -> str:
        return "source/database"

    def sentence(self) -> str:
        lost = f"; {self.lost} could not be kept" if self.lost else ", none was lost"
        waited = "1 event" if self.written == 1 else f"{self.written} events"
        away = told_duration(self.away_s)
        return f"The journal is written again after {away}: {waited} had waited{lost}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalStatus:
    """How the journal stands."""

    failing_since: datetime | None = None
    because: str | None = None
    waiting: int = 0
    """Happenings not yet in the database."""
    lost: int = 0
    """Happenings dropped since the start because the disk failed for too long."""

    @property
    def healthy(self) -> bool:
        """Whether rows are being written."""
        return self.failing_since is None


class Journal:
    """Writes happenings in their order, in batches, and keeps trying while the disk fails."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        *,
        event_retention_days: int,
        snapshot_retention_days: int,
        chance: random.Random | None = None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._event_retention = timedelta(days=event_retention_days)
        self._snapshot_retention = timedelta(days=snapshot_retention_days)
        self._chance = chance or random.Random()  # noqa: S311
        self._waiting: deque[NewEvent] = deque()
        self._in_hand = 0
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._stopping = asyncio.Event()
        self._status = JournalStatus()
        self._lost_before_failure = 0
        self._unsubscribe: Callable[[], None] | None = None
        self._writer: asyncio.Task[None] | None = None

    @property
    def status(self) -> JournalStatus:
        """How the journal stands now."""
        return replace(self._status, waiting=len(self._waiting))

    def start(self) -> None:
        """Begin to record; call it before anything publishes."""
        self._unsubscribe = self._bus.subscribe(Happening, self._take, name="journal")
        self._writer = self._tasks.start(self._write_forever(), name="journal")

    async def stop(self, *, because: str) -> None:
        """Write what waits, as far as the disk lets it, and end."""
        for subscription in self._bus.subscriptions:
            if subscription.name == "journal":
                await subscription.drained()
        self._stopping.set()
        self._wake.set()
        if self._writer is not None:
            await self._writer
            self._writer = None
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._waiting:
            log.error("events could not be kept", n=len(self._waiting), because=because)

    async def settled(self) -> None:
        """Return once everything taken so far is in the database."""
        await self._settled.wait()

    async def find_events(
        self,
        *,
        before_id: int | None = None,
        limit: int = 50,
        severities: Iterable[str] | None = None,
        nodes: Iterable[str] | None = None,
    ) -> list[EventRow]:
        """A page of the feed, newest first; see `db.queries.events.find_events`."""
        return await self._database.run(
            find_events, before_id=before_id, limit=limit, severities=severities, nodes=nodes
        )

    async def search_events(
        self, text: str, *, limit: int = 50, before_id: int | None = None
    ) -> list[EventRow]:
        """Events with this in them, newest first; see `db.queries.events.search_events`."""
        return await self._database.run(search_events, text, limit=limit, before_id=before_id)

    async def find_event(self, event_id: int) -> EventRow | None:
        """One event by its number."""
        return await self._database.run(find_event, event_id)

    async def acknowledge_event(self, event_id: int, *, by: str) -> EventRow | None:
        """Note that somebody has taken note of an event, and tell of it; None for no such event.

        The first to do so stays on record.
        """
        now = self._clock.now()
        row = await self._database.run(acknowledge_event, event_id, at=now, by=by)
        if row is not None:
            last = await self._database.run(find_noted_events, event_id=event_id)
            self._bus.publish(EventAcknowledged(at=now, row=row, is_last_word=bool(last)))
        return row

    async def find_noted_events(self) -> list[EventRow]:
        """Acknowledged events that are still the last word; see `db.queries.events`."""
        return await self._database.run(find_noted_events)

    async def record_snapshot(self, snapshot: ClusterSnapshot) -> None:
        """Keep the cluster as it is now; one of which nothing was read yet is no record of it."""
        if not snapshot.nodes:
            return
        payload = await asyncio.to_thread(encode_snapshot, snapshot)
        await self._database.run(
            record_snapshot,
            taken_at=snapshot.taken_at,
            nodes_count=len(snapshot.nodes),
            guests_count=len(snapshot.guests),
            payload=payload,
        )

    async def housekeep(self) -> None:
        """Let go of what is past its time and give the space back."""
        now = self._clock.now()
        gone = await delete_expired_rows(
            self._database,
            events_before=now - self._event_retention,
            snapshots_before=now - self._snapshot_retention,
        )
        given_back = await give_back_space(self._database)
        await checkpoint(self._database)
        if gone.events or gone.snapshots or gone.routes:
            log.info("old rows deleted", **asdict(gone), given_back_bytes=given_back)

    async def _take(self, happening: Happening) -> None:
        if len(self._waiting) >= WAITING_HIGH_WATER:
            self._waiting.popleft()
            self._status = replace(self._status, lost=self._status.lost + 1)
            if self._status.lost % 1_000 == 1:
                log.error("events could not be kept", n=self._status.lost)
        self._waiting.append(to_row(happening))
        self._settled.clear()
        self._wake.set()

    async def _write_forever(self) -> None:
        tries = 0
        last_try_failed = False
        while not (self._stopping.is_set() and (not self._waiting or last_try_failed)):
            if not self._waiting:
                self._settled.set()
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                rows = await self._database.run(record_events, batch)
            except Exception as error:  # noqa: BLE001 - whatever the disk says is told and retried
                last_try_failed = self._stopping.is_set()
                self._put_back(batch)
                self._note_failure(error)
                await self._pause(tries)
                tries += 1
            else:
                tries = 0
                for row in rows:
                    self._bus.publish(EventRecorded(at=self._clock.now(), row=row))
                self._note_success(len(rows))
        self._settled.set()

    def _put_back(self, batch: list[NewEvent]) -> None:
        self._waiting.extendleft(reversed(batch))

    async def _pause(self, tries: int) -> None:
        delay_s = min(BACKOFF_LAST_S, BACKOFF_FIRST_S * 2 ** min(tries, 10))
        delay_s *= self._chance.uniform(0.75, 1.25)
        await pause(delay_s, self._stopping)

    def _note_failure(self, error: Exception) -> None:
        because, now = str(error) or type(error).__name__, self._clock.now()
        is_news = self._status.healthy
        self._status = replace(
            self._status, because=because, failing_since=self._status.failing_since or now
        )
        if is_news:
            log.error("journal cannot be written", because=because, waiting=len(self._waiting))
            self._lost_before_failure = self._status.lost
            self._in_hand = 0
            self._bus.publish(JournalFailing(at=now, because=because, waiting=len(self._waiting)))

    def _note_success(self, written: int) -> None:
        since = self._status.failing_since
        if since is None:
            return
        self._in_hand += written
        if self._waiting:
            return
        now = self._clock.now()
        lost = self._status.lost - self._lost_before_failure
        self._status = JournalStatus(lost=self._status.lost)
        away_s = (now - since).total_seconds()
        log.info("journal written again", away_s=away_s, written=self._in_hand, lost=lost)
        self._bus.publish(JournalRecovered(at=now, away_s=away_s, written=self._in_hand, lost=lost))


def to_row(happening: Happening) -> NewEvent:
    """The happening as it is kept: its sentence, and its own fields as JSON."""
    own = {
        field.name: getattr(happening, field.name)
        for field in fields(happening)
        if field.name not in _OWN_FIELDS
    }
    return NewEvent(
        at=happening.at,
        kind=type(happening).__name__,
        severity=happening.severity.value,
        node=happening.node,
        subject=happening.subject,
        text=happening.sentence(),
        detail_json=plain_json(own),
    )
