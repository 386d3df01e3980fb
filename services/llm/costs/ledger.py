"""Writes each request's row, in order and once, whatever becomes of whoever asked."""

import asyncio
from collections import deque

import structlog

from db import Database
from db.queries.costs import record_model_request
from db.rows_talk import NewModelRequest
from services.tasks import Tasks

log = structlog.get_logger("llm.costs")

WAITING_HIGH_WATER = 10_000
"""Rows that may wait for a database that does not write; past it the oldest are lost and told."""


class Ledger:
    """Rows on their way into the database; one that failed waits for the next attempt."""

    def __init__(self, database: Database, tasks: Tasks) -> None:
        self._database = database
        self._tasks = tasks
        self._waiting: deque[NewModelRequest] = deque()
        self._writing = asyncio.Lock()
        self._failing = False
        self.lost = 0

    @property
    def waiting(self) -> int:
        """How many rows are not written yet."""
        return len(self._waiting)

    async def record(self, row: NewModelRequest) -> None:
        """Write the row; returns once it is written, or waits with others for a better disk.

        When the caller is cancelled the row is written all the same.
        """
        await asyncio.shield(self.note(row))

    def note(self, row: NewModelRequest) -> "asyncio.Task[None]":
        """Write the row soon."""
        if len(self._waiting) >= WAITING_HIGH_WATER:
            self._waiting.popleft()
            self.lost += 1
            if self.lost % 1_000 == 1:
                log.error("costs could not be kept", n=self.lost)
        self._waiting.append(row)
        return self._tasks.start(self.flush(), name="costs:write")

    async def flush(self) -> None:
        """Write what waits, as far as it can be written."""
        async with self._writing:
            while self._waiting:
                row = self._waiting[0]
                try:
                    await self._database.run(record_model_request, row)
                except Exception as error:  # noqa: BLE001 - whatever the disk says is told, and the row kept
                    if not self._failing:
                        log.error("costs cannot be written", because=str(error))
                    self._failing = True
                    return
                if self._failing:
                    log.info("costs written again", waiting=len(self._waiting) - 1)
                self._failing = False
                if self._waiting and self._waiting[0] is row:
                    self._waiting.popleft()
