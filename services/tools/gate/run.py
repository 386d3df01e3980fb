"""Runs a call that may run: on record before, in its time, on record after.

The work is a task of its own, so that whoever asked may go away without leaving a change half
told; a stand-down or the end of the house cancels it.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

import structlog

from db.rows import AuditRow
from services.clock import Clock
from services.cluster.errors import ClusterError
from services.events import Bus
from services.nodes.errors import NodesError
from services.safety.tiers import Tier
from services.tasks import Tasks
from services.tools.answering import found_wrong
from services.tools.calls import NOTHING, Outcome, ToolResult
from services.tools.errors import ToolError
from services.tools.gate.audit import GateAudit, Warrant
from services.tools.gate.events import GateChanged, call_ended
from services.tools.gate.output import clean_data, clean_text
from services.tools.gate.secrets import Hidden
from services.tools.gate.wish import Wish, told_call, told_touch
from services.tools.hands import Hands
from services.tools.spec import Found

log = structlog.get_logger("gate")
T = TypeVar("T")

GRACE_S: Final = 5.0
"""How long a cancelled call may take to end before nobody waits for it any more."""
NOT_VERIFIED: Final = "it was sent, and no read has shown its effect"


@dataclass(slots=True, eq=False)
class _Live:
    """A call that runs."""

    wish: Wish
    task: asyncio.Task[ToolResult] | None = None
    begun: bool = False
    """Whether its task has taken its first step: one cancelled before would leave no record."""
    upid: str | None = None
    """The task by which Proxmox does it, once it is on record."""
    goes_on: bool = False
    """Whether the house ends, and the next start finds out how that task has ended."""
    cancelled_because: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Runner:
    """Carries calls out. What it hands back is never an exception of a tool."""

    def __init__(
        self,
        hands: Hands,
        audit: GateAudit,
        hidden: Hidden,
        *,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._hands = hands
        self._audit = audit
        self._hidden = hidden
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._live: list[_Live] = []
        self._left: set[int] = set()

    @property
    def running(self) -> tuple[Wish, ...]:
        """The calls that run now, oldest first."""
        return tuple(live.wish for live in self._live)

    async def run(self, wish: Wish, warrant: Warrant) -> ToolResult:
        """Carry it out. When the asker is cancelled, a read ends with it and a change goes on."""
        live = _Live(wish)
        self._live.append(live)
        # Within a job, such as a turn of the talk, it is part of that one.
        job = structlog.contextvars.get_contextvars().get("job", wish.call.id)
        name = f"tool:{wish.tool.name}"
        live.task = self._tasks.start(self._carry(live, warrant), name=name, job=job)
        live.task.add_done_callback(lambda _: self._over(live))
        self._note_change(wish)
        try:
            return await asyncio.shield(live.task)
        except asyncio.CancelledError:
            if not wish.changes:
                _cancel(live, "whoever asked has gone away")
            raise

    def is_left_open(self, result: ToolResult) -> bool:
        """Whether the next start finds out how that call has ended."""
        return result.audit_id in self._left

    async def cancel_all(self, because: str, *, house_ends: bool = False) -> int:
        """Cancel every call that runs and wait until each is on record; tells how many.

        When the house ends, a change whose task is on record is left open for the next start.
        """
        found = list(self._live)
        for live in found:
            live.goes_on = house_ends
            _cancel(live, because)
        try:
            async with asyncio.timeout(GRACE_S):
                for live in found:
                    await live.ended.wait()
        except TimeoutError:
            left = [live.wish.tool.name for live in found if not live.ended.is_set()]
            log.warning("calls would not end", tools=left, because=because)
        return len(found)

    async def _carry(self, live: _Live, warrant: Warrant) -> ToolResult:
        wish, began_s = live.wish, self._clock.monotonic_s()
        live.begun = True
        begun = await self._surely(self._audit.begin(wish, warrant), live)
        if begun is None:
            return _ended(wish, Outcome.REFUSED, "the audit cannot be written: nothing was done")
        result = await self._attempt(live, begun)
        duration_ms = (self._clock.monotonic_s() - began_s) * 1000
        result = replace(
            result,
            because=self._hidden.redactor.text(result.because),
            audit_id=begun.id,
            approval_id=warrant.approval,
            duration_ms=round(duration_ms, 1),
        )
        if live.goes_on and live.upid is not None and result.outcome is Outcome.UNKNOWN:
            self._left.add(begun.id)
            return result
        if await self._surely(self._audit.end(begun, result), live) is None:
            log.error("a call's end is not on record", tool=wish.tool.name, entry=begun.id)
        self._tell(wish, result)
        return result

    def _over(self, live: _Live) -> None:
        self._live.remove(live)
        live.ended.set()
        self._note_change(live.wish)

    def _note_change(self, wish: Wish) -> None:
        if wish.changes:
            self._bus.publish(GateChanged(at=self._clock.now()))

    async def _surely(self, writing: Awaitable[T], live: _Live) -> T | None:
        """Let a write of the record end though the call is cancelled; None when it failed."""
        task = self._tasks.start(_awaited(writing), name="audit")
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                live.cancelled_because = live.cancelled_because or "it was cancelled"
        return None if task.cancelled() or task.exception() else task.result()

    async def _keep_task(self, live: _Live, begun: AuditRow, upid: str) -> None:
        """Let a restart find the task of a change that is on its way; cancelled, it ends all the
        same."""
        keeping = self._tasks.start(self._audit.accepted(begun, upid), name="audit")
        await asyncio.wait([keeping])
        if keeping.cancelled() or keeping.exception():
            log.error("the task of a change is not on record", upid=upid, entry=begun.id)
        else:
            live.upid = upid

    async def _attempt(self, live: _Live, begun: AuditRow) -> ToolResult:
        wish = live.wish
        if live.cancelled_because:
            return _ended(wish, Outcome.REFUSED, f"{live.cancelled_because}: nothing was done")
        try:
            async with asyncio.timeout(wish.tool.timeout_s) as within:
                hands = replace(
                    self._hands,
                    actor=wish.actor,
                    touches=wish.touches,
                    keep_task=partial(self._keep_task, live, begun),
                )
                found = await wish.tool.run(wish.arguments, hands)
        except asyncio.CancelledError:
            because = live.cancelled_because or "it was cancelled"
            if wish.changes:
                return _ended(wish, Outcome.UNKNOWN, f"{because}: what it did is not known")
            return _ended(wish, Outcome.FAILED, because)
        except Exception as error:  # noqa: BLE001 - whatever a tool raises becomes a result
            if isinstance(error, TimeoutError) and within.expired():
                return _timed_out(wish)
            return self._failed(wish, error)
        return self._made(wish, found)

    def _failed(self, wish: Wish, error: Exception) -> ToolResult:
        if isinstance(error, ClusterError | NodesError):
            return self._made(wish, found_wrong(error))
        if isinstance(error, ToolError):
            return _ended(wish, Outcome.REFUSED, error.because)
        log.error("a tool broke off", tool=wish.tool.name, call=wish.call.id, exc_info=error)
        told = f"it broke off with {type(error).__name__}; the log of Jarvis tells where"
        if wish.changes:
            return _ended(wish, Outcome.UNKNOWN, f"{told}. What it did by then is not known")
        return _ended(wish, Outcome.FAILED, told)

    def _made(self, wish: Wish, found: Found) -> ToolResult:
        """A ToolResult of what the tool found: without secrets, capped, and no better than seen."""
        text = clean_text(found.text, self._hidden.redactor)
        outcome, because = found.outcome, found.because
        if outcome is Outcome.WAITING:
            outcome, because = Outcome.FAILED, "a tool may not wait for a person by itself"
        if wish.changes and wish.tool.writes and outcome is Outcome.DONE:
            if found.verified is None:
                outcome, because = Outcome.UNKNOWN, because or NOT_VERIFIED
            elif not found.verified:
                outcome, because = Outcome.FAILED, because or "a read has found it not done"
        return ToolResult(
            call_id=wish.call.id,
            tool=wish.tool.name,
            outcome=outcome,
            because=because,
            text=text.text,
            data=clean_data(found.data, self._hidden.redactor),
            tier=wish.tier,
            verified=found.verified,
            read_at=found.read_at,
            cut_bytes=text.cut_bytes,
        )

    def _tell(self, wish: Wish, result: ToolResult) -> None:
        if wish.tier < Tier.YELLOW:
            return
        touch, snapshot = next(iter(wish.touches), None), self._hands.cluster.snapshot
        self._bus.publish(
            call_ended(
                result,
                at=self._clock.now(),
                node=touch.node if touch else None,
                by=wish.actor.id,
                touched=told_touch(touch) if touch else "gate",
                what=told_call(wish.call.tool, wish.plain_arguments, snapshot, self._hidden),
                tier=wish.tier,
            )
        )


def _cancel(live: _Live, because: str) -> None:
    live.cancelled_because = live.cancelled_because or because
    if live.task is not None and live.begun:
        live.task.cancel(because)


async def _awaited(writing: Awaitable[T]) -> T:
    return await writing


def _timed_out(wish: Wish) -> ToolResult:
    took = f"it took longer than {wish.tool.timeout_s:g}\u00a0s"
    because = f"{took}: what it did is not known" if wish.changes else took
    return _ended(wish, Outcome.TIMED_OUT, because)


def _ended(wish: Wish, outcome: Outcome, because: str) -> ToolResult:
    return ToolResult(
        call_id=wish.call.id,
        tool=wish.tool.name,
        outcome=outcome,
        because=because,
        tier=wish.tier,
        data=NOTHING,
    )
