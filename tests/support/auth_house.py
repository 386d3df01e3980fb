"""Auth over a real file and a clock that stands still, with hashes that cost next to nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from db import Database
from services.auth.errors import SignInRefused
from services.auth.passwords import Passwords
from services.auth.service import Auth
from services.auth.visitor import Visitor
from services.events import Bus, Event
from services.tasks import Tasks
from tests.support.turned_clock import TurnedClock

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "three blind mice"
HOME = Visitor(address="127.0.0.1", agent="browser")
STRANGER = Visitor(address="192.0.2.66", agent="curl")


class AuthHouse:
    """Auth over a real file, and what it published."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder, slow_query_ms=10_000)
        self.database.open()
        self.clock = TurnedClock()
        self.tasks = Tasks()
        self.bus = Bus(self.tasks)
        self.heard: list[Event] = []
        self.bus.subscribe(Event, self._hear, name="listener")

    async def _hear(self, event: Event) -> None:
        self.heard.append(event)

    async def auth(self, password_hash: str | None = None, *, owner: str = "owner") -> Auth:
        built = Auth(
            self.database,
            self.bus,
            self.clock,
            owner_name=owner,
            password_hash=password_hash,
            session_lifetime_h=24,
            passwords=Passwords(CHEAP),
        )
        await built.start()
        return built

    async def close(self) -> None:
        await self.tasks.stop(because="the test is over")
        self.database.close()


async def refused(attempt: Callable[[], object]) -> SignInRefused:
    """What a sign-in that must not succeed was refused with."""
    with pytest.raises(SignInRefused) as told:
        await attempt()  # type: ignore[misc]
    return told.value
