"""How much a page may say by POST: its events are counted however they arrive."""

import pytest
from starlette.types import Message, Receive

from pages.polling import Pollers
from pages.sockets import EVENTS_AT_ONCE, EVENTS_PER_S
from tests.support.turned_clock import TurnedClock


def arriving(*pieces: bytes) -> Receive:
    left = [
        {"type": "http.request", "body": piece, "more_body": n < len(pieces)}
        for n, piece in enumerate(pieces, start=1)
    ]

    async def receive() -> Message:
        return left.pop(0)

    return receive


async def events_of(*pieces: bytes) -> float:
    """What a body of these pieces has taken of the limit, its first event included."""
    clock = TurnedClock()
    pollers = Pollers(clock)
    assert pollers.take("owner")
    receive = pollers.count("owner", arriving(*pieces))
    heard = b"".join([(await receive())["body"] for _ in pieces])
    assert heard == b"".join(pieces), "it passes as it is"
    left = 0
    while pollers.take("owner"):
        left += 1
    return EVENTS_AT_ONCE - left


@pytest.mark.parametrize(
    ("pieces", "events"),
    [
        ((b"3",), 1),
        ((b"",), 1),
        ((b"3\x1e3\x1e3",), 3),
        ((b"3\x1e", b"3", b"\x1e3"), 3),
        ((b"d=3%1e3%1E3",), 3),
        ((b"d=3%", b"1e3%1", b"E3"), 3),
        ((b"d=3", b"%", b"1", b"e", b"3"), 2),
        ((b"3" + 40 * b"\x1e3",), 16),
    ],
)
async def test_every_event_of_a_post_is_counted_once(
    pieces: tuple[bytes, ...], events: int
) -> None:
    assert await events_of(*pieces) == events


async def test_who_has_said_too_much_at_once_waits_and_nobody_else_does() -> None:
    clock = TurnedClock()
    pollers = Pollers(clock)
    posts = 0
    while pollers.take("owner"):
        await pollers.count("owner", arriving(b"\x1e".join([b"3"] * 16)))()
        posts += 1

    assert posts == EVENTS_AT_ONCE // 16 + 1
    assert pollers.take("guest")
    clock.turn(16 / EVENTS_PER_S)
    assert pollers.take("owner")
