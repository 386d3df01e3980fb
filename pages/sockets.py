"""Open sockets: each belongs to a session, ends with it, and may say only so much."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
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
        now = self._clock.monotonic_s()
        self._left = min(self._at_once, self._left + (now - self._filled_at_s) * self._per_s)
        self._filled_at_s = now
        if self._left < amount:
            return False
        self._left -= amount
        return True


class GuardedSocket:
    """One websocket between the server and the application."""

    def __init__(
        self, key: str, receive: Receive, send: Send, *, guard: SessionGuard, clock: Clock
    ) -> None:
        self.key = key
        self._receive = receive
        self._send = send
        self._guard = guard
        self._bucket = TokenBucket(clock, per_s=EVENTS_PER_S, at_once=EVENTS_AT_ONCE)
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
        if not self._bucket.take():
            log.warning("socket closed", because="too many events", events_per_s=EVENTS_PER_S)
            await self.close(code=CLOSE_POLICY, because="too many events")
            return {"type": "websocket.disconnect", "code": CLOSE_POLICY}
        return message

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
