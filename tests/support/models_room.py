"""The models over the simulator's doubles and a real file, looked at only when a test says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from db import Database
from db.queries.costs import find_model_requests
from db.rows_talk import ModelRequestRow
from services.events import Bus, Event
from services.llm.claude.config import ClaudeConfig
from services.llm.costs.metered import Metered
from services.llm.local.config import LocalConfig
from services.llm.models.config import ModelsConfig
from services.llm.models.models import Models
from services.llm.provider import (
    Account,
    Answered,
    Meter,
    ModelRequest,
)
from services.tasks import Tasks
from tests.support.claude_double import ClaudeDouble, claude_double
from tests.support.llama_double import LlamaDouble, llama_double
from tests.support.talks import request
from tests.support.turned_clock import NOON, TurnedClock

KEY = "sk-ant-known-only-to-this-test-0451"


class Room:
    """The models over two doubles and a real file, without the watch running by itself."""

    def __init__(self, folder: Path, claude: ClaudeDouble, llama: LlamaDouble) -> None:
        self.claude, self.llama = claude, llama
        self.folder = folder
        self.clock = TurnedClock()
        self.tasks = Tasks()
        self.told: list[Event] = []
        self.bus = Bus(self.tasks)
        self.bus.subscribe(Event, self._hear, name="listener")
        self.database = Database(folder, slow_query_ms=10_000)
        self.database.open()
        self.models = self.make()

    async def _hear(self, event: Event) -> None:
        self.told.append(event)

    def make(self, **fields: Any) -> Models:
        config = ModelsConfig(
            **{
                "claude": ClaudeConfig(
                    api_key=SecretStr(KEY),
                    base_url=self.claude.url,
                    loopback_only=True,
                    repeats=0,
                ),
                "local": LocalConfig(base_url=self.llama.url, loopback_only=True),
                **fields,
            }
        )
        return Models(
            config, database=self.database, bus=self.bus, clock=self.clock, chance=lambda: 1.0
        )

    async def rows(self) -> list[ModelRequestRow]:
        day = timedelta(days=400)
        return await self.database.run(find_model_requests, since=NOON - day, until=NOON + day)

    async def heard(self, kind: type[Event]) -> list[Event]:
        await self.bus.drained()
        return [event for event in self.told if isinstance(event, kind)]

    async def close(self) -> None:
        await self.models.stop("the test ends")
        await self.tasks.stop(because="the test ends")
        self.database.close()


@asynccontextmanager
async def a_room(folder: Path) -> AsyncIterator[Room]:
    async with claude_double() as claude, llama_double() as llama:
        room = Room(folder, claude, llama)
        try:
            yield room
        finally:
            await room.close()


ACCOUNT = Account(
    actor="person/owner",
    user="owner",
    session="key",
    conversation_id="c1",
    message_id="m1",
    because="needs tools",
)


async def ask(
    provider: Metered, asked: ModelRequest | None = None, meter: Meter | None = None
) -> Answered:
    last = None
    async for event in provider.stream(asked or request(account=ACCOUNT), meter):
        if isinstance(event, Answered):
            last = event
    assert last is not None
    return last
