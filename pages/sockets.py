"""Open sockets: each belongs to a session, ends with it, and may say only so much."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog

from services.auth.errors import SessionEnded
from services.auth.happenings import SessionsEnded
from services.auth.sessions import SessionGuard
from services.clock import Clock

log = structlog.get_logger("security")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

EVENTS_PER_S = 100.0
EVENTS_AT_ONCE = 1_000.0
"""A fast typist sends 15 a second; a page that is opened sends some dozens."""
CLOSE_SESSION_ENDED = 4401
CLOSE_POLICY = 1008
FAREWELL_S = 0.4
"""Time for a page to be told that its session ended, before its socket goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """How much a browser may say on one socket; past the events, or a message, it is closed."""

    events_per_s: float = EVENTS_PER_S
    events_at_once: float = EVENTS_AT_ONCE
    message_bytes: int | None = None
    """The longest message; None leaves it to the server's own limit."""
    bytes_per_s: float | None = None
    """Past it the browser is read more slowly, and no byte is lost; None does not count them."""
    bytes_at_once: float = 0.0


PAGE_LIMITS = SocketLimits()
TERMINAL_LIMITS = SocketLimits(
    events_per_s=4_000.0,
    events_at_once=10_000.0,
    message_bytes=64 * 1024,
    bytes_per_s=4 * 1024 * 1024,
    bytes_at_once=8 * 1024 * 1024,
)
"""It says with every 32 KiB how far it has drawn, at up to 50 MB a second; pasted text comes in
pieces of 16 KiB."""
TERMINALS = "/terminals/"
"""The path below which terminals have their sockets."""


def limits_for(path: str) -> SocketLimits:
    """The limits of the socket at `path`."""
    return TERMINAL_LIMITS if path.startswith(TERMINALS) else PAGE_LIMITS


class TokenBucket:
    """Lets `per_s` through in the long run and `at_once` in a burst."""

    def __init__(self, clock: Clock, *, per_s: float, at_once: float) -> None:
        self._clock = clock
        self._per_s = per_s
        self._at_once = at_once
        self._left = at_once
        self._filled_at_s = clock.monotonic_s()

    def take(self, amount: float = 1.0) -> bool:
        """Whether so much may pass now."""
        self._fill()
        if self._left < amount:
            return False
        self._left -= amount
        return True

    def borrow(self, amount: float) -> float:
        """Let so much pass, and say how many seconds to wait before the next."""
        self._fill()
        self._left -= amount
        return max(0.0, -self._left / self._per_s)

    def _fill(self) -> None:
        now = self._clock.monotonic_s()
        self._left = min(self._at_once, self._left + (now - self._filled_at_s) * self._per_s)
        self._filled_at_s = now


class GuardedSocket:
    """One websocket between the server and the application."""

    def __init__(
        self,
        key: str,
        receive: Receive,
        send: Send,
        *,
        guard: SessionGuard,
        clock: Clock,
        limits: SocketLimits = PAGE_LIMITS,
    ) -> None:
        self.key = key
        self._receive = receive
        self._send = send
        self._guard = guard
        self._limits = limits
        self._events = TokenBucket(clock, per_s=limits.events_per_s, at_once=limits.events_at_once)
        self._bytes = (
            TokenBucket(clock, per_s=limits.bytes_per_s, at_once=limits.bytes_at_once)
            if limits.bytes_per_s is not None
            else None
        )
        self._closed = False

    async def receive(self) -> Message:
        """What the browser says next, as long as it may."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        if self._closed:
            return {"type": "websocket.disconnect", "code": CLOSE_SESSION_ENDED}
        try:
            self._guard.check(self.key)
        except SessionEnded:
            await self.close(code=CLOSE_SESSION_ENDED, because="the session ended")
            return {"type": "websocket.disconnect", "code": CLOSE_SESSION_ENDED}
        size = len(message.get("bytes") or message.get("text") or "")
        longest = self._limits.message_bytes
        if longest is not None and size > longest:
            return await self._refuse("too long a message", message_bytes=longest)
        if not self._events.take():
            return await self._refuse("too many events", events_per_s=self._limits.events_per_s)
        if self._bytes is not None and (wait_s := self._bytes.borrow(size)) > 0:
            await asyncio.sleep(wait_s)
        return message

    async def _refuse(self, because: str, **limit: float) -> Message:
        log.warning("socket closed", because=because, **limit)
        await self.close(code=CLOSE_POLICY, because=because)
        return {"type": "websocket.disconnect", "code": CLOSE_POLICY}

    async def send(self, message: Message) -> None:
        """Pass on what the application says; after the end it says it to nobody."""
        if self._closed:
            return
        if message["type"] == "websocket.close":
            self._closed = True
        await self._send(message)

    async def close(self, *, code: int, because: str) -> None:
        """End the socket from this side."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": because})
        except (RuntimeError, OSError) as error:
            log.debug("socket was gone already", cause=str(error))


class Sockets:
    """Those that are open now, by session."""

    def __init__(self) -> None:
        self._open: dict[str, set[GuardedSocket]] = {}

    def add(self, opened: GuardedSocket) -> None:
        """Keep one until `discard`."""
        self._open.setdefault(opened.key, set()).add(opened)

    def discard(self, ended: GuardedSocket) -> None:
        """Let go of one that is over."""
        left = self._open.get(ended.key)
        if left is not None:
            left.discard(ended)
            if not left:
                del self._open[ended.key]

    @property
    def count(self) -> int:
        """How many are open."""
        return sum(len(sockets) for sockets in self._open.values())

    async def end_sessions(self, event: SessionsEnded) -> None:
        """Close what belonged to sessions that are over; nothing they say is heard meanwhile."""
        doomed = [opened for key in event.keys for opened in self._open.get(key, ())]
        if not doomed:
            return
        await asyncio.sleep(FAREWELL_S)
        for opened in doomed:
            await opened.close(code=CLOSE_SESSION_ENDED, because=event.because)
        log.info("sockets closed", n=len(doomed), because=event.because)
