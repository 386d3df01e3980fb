"""The poller: reads the cluster in four rhythms, holds its snapshot, tells what has changed."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType

import structlog

from services.clock import Clock
from services.cluster.arrival import find_on_arrival
from services.cluster.backoff import Chance
from services.cluster.changes import SnapshotTaken, TierStatusChanged
from services.cluster.diff import diff
from services.cluster.endpoints import TALLY, Endpoints, Tally
from services.cluster.errors import ClusterError, ClusterStopped, ReadingFailed
from services.cluster.flapping import FlapDamper
from services.cluster.model import ClusterSnapshot, Level, SourceState, Tier, TierStatus
from services.cluster.presence import Presence, TierPresence
from services.cluster.readings import Reader, Reading
from services.cluster.scheduler import TierScheduler
from services.cluster.ticks import HousekeepingFellDue
from services.cluster.tiers import TierRecord, statuses
from services.events import Event, Happening
from services.logs import bind_correlation
from services.tasks import Tasks

log = structlog.get_logger("cluster.poller")


class Poller:
    """Reads the cluster while it lives; `snapshot` is the one current picture of it."""

    def __init__(
        self,
        api: Endpoints,
        reader: Reader,
        *,
        publish: Callable[[Event], None],
        intervals_s: Mapping[Tier, float],
        clock: Clock,
        tasks: Tasks,
        chance: Chance,
    ) -> None:
        self.snapshot = ClusterSnapshot(taken_at=clock.now())
        self._api = api
        self._reader = reader
        self._publish = publish
        self._clock = clock
        self._records = {
            tier: TierRecord(tier, interval_s, clock=clock, chance=chance)
            for tier, interval_s in intervals_s.items()
        }
        self._scheduler = TierScheduler(self.poll, intervals_s, clock=clock, tasks=tasks)
        self._presence = Presence(clock)
        self._tier_presence = TierPresence(clock)
        self._damper = FlapDamper()
        self._polling: dict[Tier, asyncio.Event] = {}
        self._began_s: dict[Tier, float] = {}
        self._gaps: dict[Tier, str | None] = {}
        self._told: Mapping[str, Level] = {}

    def start(self, told: Mapping[str, Level] = MappingProxyType({})) -> None:
        """Read the fast tiers at once, the details after the first answer, then each in turn.

        `told` is where storages stood when it was last told, by subject.
        """
        self._told = told
        now = self._clock.now()
        intervals_s = {tier: record.status.interval_s for tier, record in self._records.items()}
        at_once = {Tier.CRITICAL, Tier.IMPORTANT}
        self._scheduler.start(
            {
                tier: now if tier in at_once else now + timedelta(seconds=interval_s)
                for tier, interval_s in intervals_s.items()
            }
        )

    def stop(self, because: str) -> None:
        """Plan no further tick; those that run are ended with their tasks."""
        self._scheduler.stop(because)
        log.info("poller stopped", because=because)

    async def poll(self, tier: Tier) -> None:
        """Read what a tier reads and tell what has changed; never raises, never overlaps itself."""
        if tier in self._polling:
            self._skip(tier)
            return
        with self._poll_of(tier):
            reading = await self._reader.read(tier, self.snapshot)
            self._heard_from(tier)
            self._take(tier, reading)

    async def read_anew(self, tier: Tier) -> None:
        """A reading that begins after this was called, beside the rhythm; never raises.

        One that runs already may have asked too soon: it is waited for, and then it is read again.
        Whoever waits meanwhile shares that second one.
        """
        asked_s = self._clock.monotonic_s()
        while (running := self._polling.get(tier)) is not None:
            is_later = self._began_s[tier] >= asked_s
            await running.wait()
            if is_later:
                return
        await self.poll(tier)

    @property
    def state(self) -> Mapping[Tier, TierStatus]:
        """How each tier goes."""
        return statuses(self._records)

    def plan_now(self, tier: Tier) -> None:
        """Let a tier's next tick come at once."""
        self._scheduler.plan(tier, self._clock.now())

    @contextmanager
    def _poll_of(self, tier: Tier) -> Iterator[None]:
        """The frame of one poll: its log context, its count of requests, how it went."""
        self._polling[tier] = ended = asyncio.Event()
        tally = Tally()
        counting = TALLY.set(tally)
        self._began_s[tier] = began_s = self._clock.monotonic_s()
        try:
            with bind_correlation("poll"), structlog.contextvars.bound_contextvars(tier=tier):
                try:
                    yield
                except ClusterStopped:
                    log.debug("a poll was cut off")
                except ClusterError as error:
                    self._failed(tier, error, tally, began_s)
                except Exception:
                    log.exception("a reading could not be worked on")
                    self._failed(tier, ReadingFailed(), tally, began_s)
                else:
                    self._succeeded(tier, tally, began_s)
        finally:
            TALLY.reset(counting)
            del self._polling[tier]
            ended.set()

    def _heard_from(self, tier: Tier) -> None:
        """Proxmox answers, whichever tier hears it first: told before what it answers."""
        if tier is Tier.BACKGROUND:
            return  # it asks nothing
        if (regained := self._presence.answered()) is not None:
            self._tell(regained)
            if self._records[Tier.CRITICAL].status.state is SourceState.FAILING:
                self.plan_now(Tier.CRITICAL)

    def _take(self, tier: Tier, reading: Reading) -> None:
        """Make the next snapshot of the newest one, and tell the difference."""
        old = self.snapshot
        self.snapshot = reading.observe(old)
        self._gaps[tier] = reading.gaps
        for arrival in find_on_arrival(old, self.snapshot, self._told):
            self._tell(arrival)
        for happening in self._damper.damp(diff(old, self.snapshot), self.snapshot):
            self._tell(happening)
        if tier is Tier.BACKGROUND:
            self._publish(HousekeepingFellDue(at=self._clock.now(), snapshot=self.snapshot))
        else:
            self._publish(SnapshotTaken(at=self._clock.now(), snapshot=self.snapshot, tier=tier))

    def _succeeded(self, tier: Tier, tally: Tally, began_s: float) -> None:
        record = self._records[tier]
        failing_since = record.status.failing_since
        is_news = failing_since is not None or record.status.last_ok_at is None
        self._tell_status(
            record.succeeded(
                gaps=self._gaps.get(tier),
                next_at=self._scheduler.next_at(tier),
                requests=tally.requests,
                duration_ms=1000 * (self._clock.monotonic_s() - began_s),
            )
        )
        if failing_since is not None:
            away_s = round((self._clock.now() - failing_since).total_seconds())
            log.info("tier reads again", after_s=away_s)
        if (regained := self._tier_presence.answered(tier, began_s=began_s)) is not None:
            self._tell(regained)
        log.debug("polled", requests=tally.requests, ms=round(record.status.duration_ms or 0))
        if tier is Tier.CRITICAL:
            self._api.revive()
        if is_news:
            self._catch_up(tier)

    def _failed(self, tier: Tier, error: ClusterError, tally: Tally, began_s: float) -> None:
        record = self._records[tier]
        if record.status.failing_since is None:
            log.warning("tier fails", because=error.because)
        status = record.failed(
            error,
            requests=tally.requests,
            duration_ms=1000 * (self._clock.monotonic_s() - began_s),
        )
        if status.next_at is not None:
            self._scheduler.plan(tier, status.next_at)
        self._tell_status(status)
        if tier is Tier.CRITICAL:
            self._api.revive()
            if (lost := self._presence.failed(error, began_s=began_s)) is not None:
                self._tell(lost)
        proxmox_lost = self._presence.lost
        told = self._tier_presence.failed(tier, error, began_s=began_s, lost=proxmox_lost)
        if told is not None:
            self._tell(told)

    def _catch_up(self, tier: Tier) -> None:
        """A tier reads for the first time, or again: what builds on it need not wait its turn."""
        wanted = {Tier.CRITICAL: Tier.IMPORTANT, Tier.IMPORTANT: Tier.ROUTINE}.get(tier)
        if wanted is None or wanted in self._polling:
            return
        if self._records[wanted].status.state is not SourceState.OK:
            self.plan_now(wanted)
        else:
            self._catch_up(wanted)

    def _skip(self, tier: Tier) -> None:
        record = self._records[tier]
        if record.status.state is not SourceState.LATE:
            log.info("tier is late, a tick was skipped", tier=tier)
        record.skipped()
        self._tell_status(record.planned(self._scheduler.next_at(tier)))

    def _tell(self, happening: Happening) -> None:
        log.info(
            "happened",
            event_=type(happening).__name__,
            severity=happening.severity.value,
            told=happening.sentence(),
        )
        self._publish(happening)

    def _tell_status(self, status: TierStatus) -> None:
        self._publish(TierStatusChanged(at=self._clock.now(), status=status))
