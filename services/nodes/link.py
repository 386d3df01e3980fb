"""The one connection to a node: opened when it is wanted, shared, and given up with patience.

Whoever wants it while it is being opened waits for the same attempt. After a failure the watching
waits longer each time; what a person or a tool asks for is tried at once, save for a moment after
the last attempt. That a node which is online cannot be reached is told after the second failure,
once, and that it can be reached again once as well.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncssh
import structlog

from services.clock import Clock
from services.cluster.backoff import Backoff, Chance
from services.events import Happening
from services.logs import new_ident
from services.nodes.errors import (
    DialForbidden,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    NodeAway,
    NodeNotKnown,
    NodesError,
    NodesStopped,
    SshNotConfigured,
)
from services.nodes.happenings import SshLost, SshRecovered
from services.nodes.model import LinkState
from services.tasks import Tasks

log = structlog.get_logger("nodes.link")

BACKOFF = Backoff(first_s=5.0, most_s=300.0)
URGENT_PAUSE_S = 2.0
"""Even what is asked for by hand is not tried again sooner than this after a failure."""
IDLE_S = 600.0
AT_ONCE = 4
"""Commands on one node; the others wait their turn."""
TOLD_AFTER = 2

OnLost = Callable[[Exception | None], None]
Open = Callable[[OnLost], Awaitable[asyncssh.SSHClientConnection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStanding:
    """How a link stands, as far as it knows by itself."""

    state: LinkState
    because: str | None = None
    retry_at: datetime | None = None


class Link:
    """One node's connection; `open_` makes one, or raises NodesError."""

    def __init__(
        self,
        node: str,
        open_: Open,
        *,
        clock: Clock,
        chance: Chance,
        tasks: Tasks,
        is_online: Callable[[], bool],
        tell: Callable[[Happening], None],
        changed: Callable[[], None],
    ) -> None:
        self.node = node
        self.turns = asyncio.Semaphore(AT_ONCE)
        self._open = open_
        self._clock = clock
        self._chance = chance
        self._tasks = tasks
        self._is_online = is_online
        self._tell = tell
        self._changed = changed
        self._log = log.bind(node=node)
        self._connection: asyncssh.SSHClientConnection | None = None
        self._attempt: asyncio.Task[asyncssh.SSHClientConnection | NodesError] | None = None
        self._error: NodesError | None = None
        self._failures = 0
        self._failed_s = 0.0
        self._retry_s = 0.0
        self._retry_at: datetime | None = None
        self._lost_s: float | None = None
        self._told_lost = False
        self._used_s = 0.0
        self._held = 0
        self._stopped: str | None = None

    @property
    def standing(self) -> LinkStanding:
        """How it stands now."""
        if self._connection is not None:
            return LinkStanding(state=LinkState.CONNECTED)
        if self._error is None:
            return LinkStanding(state=LinkState.UNUSED)
        return LinkStanding(
            state=_state_after(self._error), because=self._error.because, retry_at=self._retry_at
        )

    @property
    def is_due(self) -> bool:
        """Whether the watching may try it, or use it, now."""
        return self._connection is not None or self._clock.monotonic_s() >= self._retry_s

    async def connection(self, *, urgent: bool) -> asyncssh.SSHClientConnection:
        """The connection, opened if need be. Raises NodesError, untried where it is too soon."""
        if self._stopped is not None:
            raise NodesStopped(self._stopped)
        if self._connection is not None and not self._connection.is_closed():
            self._used_s = self._clock.monotonic_s()
            return self._connection
        if self._attempt is None:
            self._check_patience(urgent=urgent)
            # What it opens outlives whoever asked for it first.
            self._attempt = self._tasks.start(
                self._try(), name=f"ssh:{self.node}", job=new_ident(), apart=True
            )
        attempt = self._attempt
        # A caller that is cancelled leaves the attempt to the others.
        await asyncio.wait({attempt})
        if attempt.cancelled():
            raise NodesStopped(self._stopped or "the attempt to connect was ended")
        outcome = attempt.result()
        if isinstance(outcome, NodesError):
            raise outcome.with_traceback(None)
        return outcome

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the connection, if there is one, from being closed as idle for so long."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self._used_s = self._clock.monotonic_s()

    def forget_failures(self) -> None:
        """Something has changed: the next attempt need not wait."""
        self._failures = 0
        self._retry_s = self._failed_s = 0.0
        self._retry_at = None

    def close_if_idle(self) -> None:
        """Close the connection where nobody has used it for IDLE_S."""
        if self._connection is None or self._held:
            return
        if self._clock.monotonic_s() - self._used_s >= IDLE_S:
            self._let_go("it was idle")

    def drop(self, because: str) -> None:
        """Close the connection, whoever uses it."""
        self._let_go(because)

    def stop(self, because: str) -> None:
        """Close the connection for good."""
        self._stopped = because
        self._let_go(because)

    def _let_go(self, because: str) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._log.debug("connection closed", because=because)
            connection.close()
            self._error = None
            self._changed()

    def _check_patience(self, *, urgent: bool) -> None:
        if self._error is None:
            return
        now_s = self._clock.monotonic_s()
        wait_until_s = self._failed_s + URGENT_PAUSE_S if urgent else self._retry_s
        if now_s < wait_until_s:
            raise self._error.with_traceback(None)

    async def _try(self) -> asyncssh.SSHClientConnection | NodesError:
        """One attempt; its failure is its result, so that nobody has to be there to hear of it."""
        lost: list[asyncssh.SSHClientConnection] = []

        def on_lost(error: Exception | None) -> None:
            if lost:
                self._lost(lost[0], error)

        try:
            connection = await self._open(on_lost)
        except NodesError as error:
            self._fail(error)
            return error
        finally:
            self._attempt = None
        lost.append(connection)
        if self._stopped is not None:
            connection.close()
            return NodesStopped(self._stopped)
        self._succeed(connection)
        return connection

    def _succeed(self, connection: asyncssh.SSHClientConnection) -> None:
        now_s = self._clock.monotonic_s()
        self._connection, self._used_s = connection, now_s
        self._error = None
        self.forget_failures()
        away_s = now_s - (self._lost_s if self._lost_s is not None else now_s)
        self._lost_s = None
        self._log.info("connected", away_s=round(away_s, 1))
        if self._told_lost:
            self._told_lost = False
            self._tell(SshRecovered(at=self._clock.now(), node=self.node, away_s=away_s))
        self._changed()

    def _fail(self, error: NodesError) -> None:
        now_s, now = self._clock.monotonic_s(), self._clock.now()
        self._failures += 1
        wait_s = BACKOFF.delay_s(self._failures, self._chance)
        self._failed_s, self._retry_s = now_s, now_s + wait_s
        self._retry_at = now + timedelta(seconds=wait_s)
        if isinstance(error, NodeAway):
            error.retry_at = self._retry_at
        if self._failures == 1:
            write = self._log.debug if is_choice(error) else self._log.warning
            write("no connection", because=error.because, remedy=error.remedy)
        self._error = error
        if self._lost_s is None:
            self._lost_s = now_s
        is_news = isinstance(error, NodeAway | LoginRefused) and self._is_online()
        if is_news and not self._told_lost and self._failures >= TOLD_AFTER:
            self._told_lost = True
            self._tell(SshLost(at=now, node=self.node, because=error.because))
        self._changed()

    def _lost(self, connection: asyncssh.SSHClientConnection, error: Exception | None) -> None:
        if connection is not self._connection:
            return
        self._connection = None
        self._lost_s = self._clock.monotonic_s()
        reason = str(error) if error else "it was closed by the other side"
        self._error = NodeAway(self.node, "closed the connection")
        self._log.info("connection lost", because=reason)
        self._changed()


def is_choice(error: NodesError) -> bool:
    """Whether a node is not reached because nobody has set up that it should be."""
    return isinstance(error, SshNotConfigured | NodeNotKnown | DialForbidden)


def _state_after(error: NodesError) -> LinkState:
    match error:
        case HostKeyUnknown():
            return LinkState.KEY_UNKNOWN
        case HostKeyChanged():
            return LinkState.KEY_CHANGED
        case LoginRefused():
            return LinkState.REFUSED
        case _:
            return LinkState.OFF if is_choice(error) else LinkState.AWAY
