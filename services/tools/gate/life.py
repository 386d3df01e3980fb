"""How the gate begins and ends, and what it does by the clock in between."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from db import Database
from db.queries.gate import find_begun_since
from services.auth.happenings import SessionsEnded
from services.clock import Clock, from_stored, pause
from services.events import Bus
from services.safety.limits import HOUR_S
from services.tasks import Tasks
from services.tools.gate.audit import GateAudit
from services.tools.gate.left import LeftCalls
from services.tools.gate.own_guest import find_itself
from services.tools.gate.questions import Questions
from services.tools.gate.run import Runner
from services.tools.gate.stages import Stages

log = structlog.get_logger("gate")

LOOKS_EVERY_S: Final = 1.0
"""How often it is looked whether a question or the override is over."""


class GateLife:
    """Starts, watches the clock, and stops."""

    def __init__(
        self,
        stages: Stages,
        questions: Questions,
        runner: Runner,
        left: LeftCalls,
        audit: GateAudit,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._stages = stages
        self._questions = questions
        self._runner = runner
        self._left = left
        self._audit = audit
        self._database = database
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._stopping = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    async def start(self) -> None:
        """Take up what the last run left."""
        await self._stages.switches.start()
        await self._left.take_up()
        await self._count_last_hour()
        await self._questions.start(self._left.looked_up, self._left.reason_of)
        self._unsubscribe = self._bus.subscribe(SessionsEnded, self._end_sessions, name="gate")
        self._watch = self._tasks.start(self._watch_clock(), name="gate:clock")
        if self._stages.config.own_vmid is None:
            self._stages.known.clear()
            self._tasks.start(
                find_itself(
                    self._stages, bus=self._bus, clock=self._clock, stopping=self._stopping
                ),
                name="gate:self",
            )

    async def stop(self, because: str) -> None:
        """Cancel what runs; questions wait for the next start."""
        self._stopping.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self._left.stop()
        await self._runner.cancel_all(because, house_ends=True)
        if self._watch is not None:
            await self._watch

    async def _count_last_hour(self) -> None:
        """Let a restart be no way around the limits."""
        now = self._clock.now()
        begun = await self._database.run(find_begun_since, now - timedelta(seconds=HOUR_S))
        self._stages.limiter.take_up(
            (key, (now - from_stored(at)).total_seconds())
            for at, key in self._audit.changes_of(begun)
        )

    async def _end_sessions(self, ended: SessionsEnded) -> None:
        await self._stages.switches.close_of_sessions(ended.keys, ended.because)
        await self._questions.cancel(
            f"the session it was asked in has ended: {ended.because}",
            of=lambda one: one.actor.session in ended.keys,
        )

    async def _watch_clock(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._questions.lapse_due()
                await self._stages.switches.close_lapsed()
            except Exception:
                log.exception("what is over could not be put on record; trying again")
            await pause(LOOKS_EVERY_S, self._stopping)
