"""Pages whose network lets no websocket through: they post what they say, many events at once."""

from collections import OrderedDict

from starlette.types import Message, Receive

from pages.sockets import EVENTS_AT_ONCE, EVENTS_PER_S, TokenBucket
from services.clock import Clock

_SESSIONS_MOST = 200
_PACKETS_MOST = 16
"""Of one POST; Engine.IO takes no more, and answers more with an error."""
_BETWEEN = (b"\x1e", b"%1e", b"%1E")
"""What stands between two packets: as it is, and in the form that JSONP posts."""
_LONGEST = max(map(len, _BETWEEN))


class Pollers:
    """What each session may still say by POST: as much as on a websocket."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: OrderedDict[str, TokenBucket] = OrderedDict()

    def take(self, key: str) -> bool:
        """Whether the session may post now; its first event is counted."""
        return self._of(key).take()

    def count(self, key: str, receive: Receive) -> Receive:
        """`receive` of a POST that may pass; further events in it are counted as they come.

        They pass all the same: what they take beyond the limit, the next POST waits for.
        """
        bucket = self._of(key)
        seen = 1
        tail = b""

        async def run() -> Message:
            nonlocal seen, tail
            message = await receive()
            body = tail + message.get("body", b"")
            more = min(_count(body) - _count(tail), _PACKETS_MOST - seen)
            if more > 0:
                bucket.borrow(more)
                seen += more
            tail = body[1 - _LONGEST :]
            return message

        return run

    def _of(self, key: str) -> TokenBucket:
        bucket = self._left.pop(key, None) or TokenBucket(
            self._clock, per_s=EVENTS_PER_S, at_once=EVENTS_AT_ONCE
        )
        self._left[key] = bucket
        if len(self._left) > _SESSIONS_MOST:
            self._left.popitem(last=False)
        return bucket


def _count(body: bytes) -> int:
    return sum(body.count(mark) for mark in _BETWEEN)
