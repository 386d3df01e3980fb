"""The bus: typed events, and subscribers that cannot hold up one another."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

import structlog

from services.logs import bind_correlation
from services.tasks import Tasks

log = structlog.get_logger("events")


class Severity(StrEnum):
    """How much an event wants of a person."""

    INFO = "info"
    """Worth knowing, nothing to do."""
    GOOD = "good"
    """Something is well again."""
    WARNING = "warning"
    """Wants attention in the next hours."""
    ALARM = "alarm"
    """Wants a hand now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that has happened, told in the past tense."""

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"{type(self).__name__}.at has no time zone; give an aware time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening(Event):
    """An event that is kept in the journal and shown in the activity feed.

    `subject` names what it happened to (`node/pve`, `guest/104`, `storage/pve/local-zfs`,
    `cluster`, `source/proxmox`, `task/<UPID>`, `user/owner`); `node` is the node it concerns,
    if there is one.
    """

    severity: ClassVar[Severity] = Severity.INFO

    node: str | None = None

    @property
    def subject(self) -> str:
        """What it happened to."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it happened to")

    def sentence(self) -> str:
        """The event in one line for a person."""
        raise NotImplementedError(f"{type(self).__name__} has no sentence")


E_ = TypeVar("E_", bound=Event)
Handler = Callable[[Any], Awaitable[None]]

QUEUE_HIGH_WATER = 1_000
"""Events that may wait for one subscriber; past it the oldest are dropped and counted."""


class Subscription:
    """One subscriber: its own bounded queue and its own task."""

    def __init__(
        self, name: str, kind: type[Event], handler: Handler, tasks: Tasks, *, as_job: bool = False
    ) -> None:
        self.name = name
        self.kind = kind
        self.dropped = 0
        self.failures = 0
        self._handler = handler
        self._as_job = as_job
        self._queue: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task = tasks.start(self._serve(), name=f"bus:{name}")

    def offer(self, event: Event) -> None:
        """Take an event that is of this subscriber's kind; never waits."""
        if not isinstance(event, self.kind):
            return
        if len(self._queue) >= QUEUE_HIGH_WATER:
            self._queue.popleft()
            self.dropped += 1
            if self.dropped == 1 or self.dropped % QUEUE_HIGH_WATER == 0:
                log.warning("subscriber too slow, oldest dropped", name=self.name, n=self.dropped)
        self._queue.append(event)
        self._idle.clear()
        self._wake.set()

    async def drained(self) -> None:
        """Return once everything offered so far has been handled."""
        await self._idle.wait()

    def cancel(self) -> None:
        """Serve no further event."""
        self._task.cancel()

    async def _serve(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    with bind_correlation("job") if self._as_job else nullcontext():
                        await self._handle(self._queue.popleft())
                self._idle.set()
        finally:
            self._queue.clear()
            self._idle.set()

    async def _handle(self, event: Event) -> None:
        try:
            await self._handler(event)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            self.failures += 1  # what the handler awaited was cancelled, not the subscriber
            log.exception("subscriber failed", name=self.name, event_=type(event).__name__)
        except Exception:
            self.failures += 1
            log.exception("subscriber failed", name=self.name, event_=type(event).__name__)


class Bus:
    """Carries each published event to every subscriber of its type or of a type it derives from."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._subscriptions: list[Subscription] = []

    def subscribe(
        self,
        kind: type[E_],
        handler: Callable[[E_], Awaitable[None]],
        *,
        name: str,
        as_job: bool = False,
    ) -> Callable[[], None]:
        """Call `handler` with every event of `kind`, in order; hands back what unsubscribes.

        With `as_job` the log lines of each event's handling share an id.
        """
        subscription = Subscription(name, kind, handler, self._tasks, as_job=as_job)
        self._subscriptions.append(subscription)

        def unsubscribe() -> None:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
                subscription.cancel()

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Hand the event to the queues of its subscribers; never waits and never raises.

        Call it on the event loop's thread.
        """
        for subscription in list(self._subscriptions):
            subscription.offer(event)

    async def drained(self) -> None:
        """Return once every subscriber has handled what was published so far."""
        for subscription in list(self._subscriptions):
            await subscription.drained()

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The present subscribers, for health figures."""
        return tuple(self._subscriptions)
