"""Several addresses of one API: the best healthy one is asked, the others stand by."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from services.clock import Clock
from services.cluster.backoff import Backoff, Chance
from services.cluster.change import Change
from services.cluster.client import THREADS_MAX, EndpointClient, Question, asking, timeless
from services.cluster.config import ClusterConfig
from services.cluster.errors import (
    CertificateRefused,
    ChangeUncertain,
    ClusterStopped,
    EndpointFault,
    NodeTimedOut,
    ProxmoxUnreachable,
    RequestRefused,
)
from services.cluster.model import EndpointStatus
from services.cluster.outage import Outage
from services.cluster.sending import Sender
from services.cluster.threads import AskingThreads
from services.events import Event, Happening
from services.tasks import Tasks

log = structlog.get_logger("cluster.endpoints")

T = TypeVar("T")

RETRY = Backoff(first_s=1.0, most_s=10.0)
PATIENCE_TIMEOUTS = 1.5
"""Once this many timeouts have gone into a question, no further address is tried for it."""


@dataclass(slots=True)
class Tally:
    """How many requests were made on behalf of one poll."""

    requests: int = 0


TALLY: ContextVar[Tally | None] = ContextVar("requests of this poll", default=None)


def _payload(payload: Any) -> Any:
    return payload


VERSION = asking(timeless(_payload), "version")
"""The cheapest question that shows an endpoint to be whole."""


class Endpoint:
    """One address, whether it is healthy, and when it may be tried again."""

    def __init__(
        self, client: EndpointClient, sender: Sender, *, clock: Clock, chance: Chance
    ) -> None:
        self.client = client
        self.sender = sender
        self.url = client.url
        self.outage = Outage(client.url, clock)
        self.fault: EndpointFault | None = None
        self.asked = False
        self.probing = False
        self._clock = clock
        self._chance = chance
        self._failures = 0
        self._retry_at_s = 0.0

    @property
    def healthy(self) -> bool:
        """Whether it may be asked: it is not known to fail."""
        return self.fault is None

    @property
    def due(self) -> bool:
        """Whether a failing endpoint has rested long enough to be tried again."""
        return self.fault is not None and self._clock.monotonic_s() >= self._retry_at_s

    @property
    def retry_in_s(self) -> float:
        """Seconds of rest that remain."""
        return 0.0 if self.healthy else max(0.0, self._retry_at_s - self._clock.monotonic_s())

    def succeeded(self) -> bool:
        """Take note that it answered; whether that is news after a fault."""
        was_out, self.fault = self.fault is not None, None
        self.asked = True
        self._failures = 0
        return was_out

    def failed(self, fault: EndpointFault) -> bool:
        """Take note of a fault and rest; whether its kind is news."""
        news = type(fault) is not type(self.fault)
        if news or self.due:
            self._failures += 1
            self._retry_at_s = self._clock.monotonic_s() + RETRY.delay_s(
                self._failures, self._chance
            )
        self.fault = fault
        self.asked = True
        return news

    def status(self, *, in_use: bool) -> EndpointStatus:
        """Its health, for the page."""
        retry_at: datetime | None = None
        if not self.healthy:
            retry_at = self._clock.now() + timedelta(seconds=self.retry_in_s)
        return EndpointStatus(
            url=self.url,
            healthy=self.healthy if self.asked else None,
            in_use=in_use,
            because=self.fault.because if self.fault else None,
            refused=isinstance(self.fault, CertificateRefused),
            retry_at=retry_at,
        )


class Endpoints:
    """Asks the cluster through whichever address can answer.

    A fault of an address leads to the next one; a refusal by Proxmox does not. An address that
    failed rests, is probed with a question of no consequence, and only then preferred again.
    """

    def __init__(
        self,
        config: ClusterConfig,
        *,
        clock: Clock,
        tasks: Tasks,
        chance: Chance,
        publish: Callable[[Event], None],
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._publish = publish
        self._pool = AskingThreads(THREADS_MAX, name="proxmox")
        self._all = [
            Endpoint(
                EndpointClient(url, config, clock=clock, pool=self._pool),
                Sender(url, config, pool=self._pool),
                clock=clock,
                chance=chance,
            )
            for url in config.endpoints
        ]
        self._patience_s = PATIENCE_TIMEOUTS * config.timeout_s
        self._in_use: Endpoint | None = None
        self._in_flight: dict[Question[Any], asyncio.Future[Any]] = {}
        self._stopped = False

    async def fetch(self, question: Question[T]) -> T:
        """The answer to a question; whoever asks the same meanwhile shares it.

        Raises ProxmoxUnreachable when no address is left, RequestRefused when Proxmox refuses.
        """
        if self._stopped:
            raise ClusterStopped
        if (answer := self._in_flight.get(question)) is None:
            answer = asyncio.get_running_loop().create_future()
            self._in_flight[question] = answer
            self._tasks.start(self._settle(question, answer), name=f"proxmox:{question.told_path}")
        return await asyncio.shield(answer)

    async def fetch_anew(self, question: Question[T]) -> T:
        """As `fetch`, but never an answer to a question that was asked before this one.

        So what is read after a change was asked after it.
        """
        if self._stopped:
            raise ClusterStopped
        try:
            return await self._ask(question)
        except asyncio.CancelledError:
            self._tell_a_stop()
            raise

    async def send(self, change: Change) -> Any:
        """Send a change once; hands back the `data` of its answer.

        Another address is tried only when it is certain that nothing was sent to the one before.
        Raises ChangeUncertain when nobody knows whether it was taken, ProxmoxUnreachable when it
        was sent nowhere, RequestRefused when Proxmox would not.
        """
        for endpoint in self._candidates():
            if self._stopped:
                raise ClusterStopped
            try:
                answer = await endpoint.sender.send(change)
            except EndpointFault as fault:
                self._lost(endpoint, fault)
            except ChangeUncertain as doubt:
                if isinstance(doubt.cause, EndpointFault):
                    self._lost(endpoint, doubt.cause)
                raise
            except RequestRefused:
                self._served(endpoint)
                raise
            except asyncio.CancelledError:
                self._tell_a_stop()
                raise
            else:
                self._served(endpoint)
                return answer
        raise ProxmoxUnreachable([e.fault for e in self._all if e.fault])

    def revive(self) -> None:
        """Probe, in the background, the failing addresses that have rested."""
        for endpoint in self._all:
            if endpoint.due and not endpoint.probing and not self._stopped:
                endpoint.probing = True
                self._tasks.start(self._probe(endpoint), name=f"probe:{endpoint.url}")

    @property
    def statuses(self) -> tuple[EndpointStatus, ...]:
        """Each address and its health, best first."""
        return tuple(each.status(in_use=each is self._in_use) for each in self._all)

    @property
    def retry_in_s(self) -> float:
        """Seconds until some address may be asked: 0 when one may be asked now."""
        return min(endpoint.retry_in_s for endpoint in self._all)

    def stop(self, because: str) -> None:
        """Ask nothing more; what waits for an answer ends at once."""
        self._stopped = True
        for endpoint in self._all:
            endpoint.client.close()
            endpoint.sender.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        log.debug("endpoints closed", because=because)

    async def _settle(self, question: Question[T], answer: asyncio.Future[T]) -> None:
        try:
            found = await self._ask(question)
        except Exception as error:  # noqa: BLE001 - it is told to those who asked
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # they may all have left
        else:
            if not answer.done():
                answer.set_result(found)
        finally:
            self._in_flight.pop(question, None)
            answer.cancel()

    async def _ask(self, question: Question[T]) -> T:
        give_up_s = self._clock.monotonic_s() + self._patience_s
        for endpoint in self._candidates():
            if self._clock.monotonic_s() > give_up_s:
                break
            try:
                found = await self._count(endpoint, question)
            except EndpointFault as fault:
                if self._stopped:
                    raise ClusterStopped from fault
                self._lost(endpoint, fault)
            except NodeTimedOut:
                raise
            except RequestRefused:
                self._served(endpoint)
                raise
            else:
                self._served(endpoint)
                return found
        raise ProxmoxUnreachable([e.fault for e in self._all if e.fault])

    def _tell_a_stop(self) -> None:
        """Raise ClusterStopped where the end of the house, and not the asker's, cut a wait."""
        task = asyncio.current_task()
        if self._stopped and task is not None and not task.cancelling():
            raise ClusterStopped

    def _candidates(self) -> Sequence[Endpoint]:
        """Those that are healthy, best first; behind them those that have rested."""
        return [e for e in self._all if e.healthy] + [e for e in self._all if e.due]

    async def _count(self, endpoint: Endpoint, question: Question[T]) -> T:
        if self._stopped:
            raise ClusterStopped
        if (tally := TALLY.get()) is not None:
            tally.requests += 1
        return await endpoint.client.fetch(question)

    async def _probe(self, endpoint: Endpoint) -> None:
        try:
            await endpoint.client.fetch(VERSION)
        except EndpointFault as fault:
            self._lost(endpoint, fault)
        except RequestRefused:
            self._found_again(endpoint)
        else:
            self._found_again(endpoint)
        finally:
            endpoint.probing = False

    def _served(self, endpoint: Endpoint) -> None:
        self._found_again(endpoint)
        if self._in_use is not endpoint:
            log.info("endpoint in use", url=endpoint.url)
            self._in_use = endpoint

    def _found_again(self, endpoint: Endpoint) -> None:
        if endpoint.succeeded():
            log.info("endpoint answers again", url=endpoint.url)
        self._tell(endpoint.outage.answered())

    def _lost(self, endpoint: Endpoint, fault: EndpointFault) -> None:
        if self._stopped:
            return
        if endpoint is self._in_use:
            self._in_use = None
        rested = endpoint.healthy or endpoint.due
        if endpoint.failed(fault):
            log.warning("endpoint lost", url=endpoint.url, because=fault.because)
        bridged = any(each.asked and each.healthy for each in self._all)
        self._tell(endpoint.outage.failed(fault, rested=rested, bridged=bridged))

    def _tell(self, happening: Happening | None) -> None:
        if happening is not None:
            self._publish(happening)
