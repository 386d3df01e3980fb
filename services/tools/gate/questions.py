"""The questions to a person: asked once, answered once, kept over a restart.

A question is a row; the loop merely waits for it. Each change of its state is one statement in the
database that looks and changes at once, so that of two who come together one is told what the
other has done.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import structlog

from db import Database
from db.queries import approvals as queries
from db.rows import NewAudit
from db.rows_gate import Settling
from services.clock import Clock
from services.events import Bus
from services.safety.actors import Actor
from services.safety.approvals import LIFETIME, PENDING_HIGH_WATER, ApprovalState
from services.safety.limits import key_of
from services.safety.tiers import Tier
from services.tools.blast import BlastRow
from services.tools.blast_sight import Standing
from services.tools.calls import Outcome, Payload, ToolResult
from services.tools.gate import events
from services.tools.gate.approvals import Approval, from_row, result_json, settled, to_row
from services.tools.gate.audit import GateAudit, clean_json
from services.tools.gate.output import clean_data
from services.tools.gate.secrets import Hidden
from services.tools.gate.switches import HIMSELF
from services.tools.gate.wish import Stopped, Wish, told_touch

log = structlog.get_logger("gate")

LAPSED: Final = f"nobody answered within {LIFETIME.seconds // 60} minutes"


def _why(wish: Wish) -> str:
    """Why a person is asked: by its tier, or by what whoever calls has told of it."""
    if wish.tier is Tier.YELLOW and wish.call.must_ask:
        return f"{wish.verdict.reason.rstrip('.')}; {wish.call.must_ask}"
    return wish.verdict.reason


class Questions:
    """What waits for a person."""

    def __init__(
        self,
        database: Database,
        audit: GateAudit,
        hidden: Hidden,
        *,
        bus: Bus,
        clock: Clock,
        told: Callable[[Approval], str],
    ) -> None:
        self._database = database
        self._audit = audit
        self._hidden = hidden
        self._bus = bus
        self._clock = clock
        self._told = told
        self._pending: dict[str, Approval] = {}
        self._deadlines_s: dict[str, float] = {}
        self._left: dict[str, Approval] = {}
        """Those that were given, and whose calls the last run did not see end."""
        self._answers: dict[str, asyncio.Future[ToolResult]] = {}
        self._asking = asyncio.Lock()

    async def start(self, looked_up: frozenset[str], reason_of: Callable[[str], str]) -> None:
        """Take up what waits; what was in the middle is spent, and what it did is not known.

        :param looked_up: the approvals whose calls are looked up: `spend_left` closes them.
        :param reason_of: why it is not known of the others.
        """
        for row in await self._database.run(queries.find_open_approvals):
            try:
                approval = from_row(row)
            except (ValueError, KeyError, TypeError):
                log.exception("an approval cannot be read; it is cancelled", approval=row.id)
                gone = Settling(
                    id=row.id, before=row.state, state="cancelled", because="it cannot be read"
                )
                await self._database.run(queries.settle_approval, gone)
                continue
            self._answers[approval.id] = asyncio.get_running_loop().create_future()
            if approval.state is ApprovalState.PENDING:
                self._remember(approval)
            elif approval.id in looked_up:
                self._left[approval.id] = approval
            else:
                await self._finish_cut_off(approval, reason_of(approval.id))
        await self.lapse_due()

    @property
    def pending(self) -> tuple[Approval, ...]:
        """Those that may still be answered, oldest first."""
        return tuple(one for one in self._pending.values() if not self._is_over(one))

    def find_same(self, wish: Wish) -> Approval | None:
        """A question that waits for the very same call of the same asker."""
        key = key_of(wish.actor)
        return next(
            (
                one
                for one in self.pending
                if one.digest == wish.digest
                and key_of(one.actor) == key
                and one.actor.session == wish.actor.session
            ),
            None,
        )

    async def ask(
        self,
        wish: Wish,
        *,
        blast: tuple[BlastRow, ...],
        standing: Standing,
        still: Callable[[], None],
    ) -> Approval:
        """Keep a question and tell of it; the same question again is the one that waits.

        `still` raises Stopped where the call may no longer be asked about. Raises Stopped.
        """
        async with self._asking:
            if same := self.find_same(wish):
                return same
            still()
            if len(self.pending) >= PENDING_HIGH_WATER:
                raise Stopped(
                    "approval", f"{PENDING_HIGH_WATER} questions wait for a person already"
                )
            now = self._clock.now()
            approval = Approval(
                id=secrets.token_hex(16),
                call=replace(
                    wish.call,
                    arguments=wish.plain_arguments,
                    reason=self._hidden.redactor.text(wish.call.reason),
                ),
                actor=wish.actor,
                tier=wish.tier,
                why=_why(wish),
                touches=wish.touches,
                blast=blast,
                standing=standing,
                digest=wish.digest,
                asked_at=now,
                expires_at=now + LIFETIME,
            )
            await self._database.run(
                queries.record_approval,
                to_row(approval, wish.arguments_json),
                audit=self._entry(approval, wish.actor, "approval.ask", "waiting"),
            )
            self._answers[approval.id] = asyncio.get_running_loop().create_future()
            self._remember(approval)
        self._bus.publish(
            events.ApprovalAsked(
                at=now,
                approval=approval.id,
                tier=approval.tier,
                expires_s=LIFETIME.seconds,
                **self._about(approval),
            )
        )
        self._changed()
        return approval

    async def approve(self, approval: Approval, by: Actor) -> Approval | None:
        """Take a yes; None where somebody was quicker, or its time is over."""
        if self._is_over(approval):
            await self.lapse_due()
            return None
        at = self._clock.now()
        settling = Settling(
            id=approval.id,
            before=ApprovalState.PENDING.value,
            state=ApprovalState.APPROVED.value,
            decided_by=by.id,
            decided_at=at,
        )
        entry = self._entry(approval, by, "approval.give", "done")
        if not await self._database.run(queries.settle_approval, settling, audit=entry):
            return None
        self._forget(approval)
        approved = replace(approval, state=ApprovalState.APPROVED, decided_by=by.id, decided_at=at)
        self._bus.publish(
            events.ApprovalGiven(
                at=at, approval=approval.id, decided_by=by.id, **self._about(approval)
            )
        )
        self._changed()
        return approved

    async def spend(self, approval: Approval, result: ToolResult, *, ran: bool) -> None:
        """Close an approved one with what came of it: it ran, or the gate would not have it."""
        state = ApprovalState.SPENT if ran else ApprovalState.CANCELLED
        because = "" if ran else result.because
        done = settled(
            approval, state, arguments=self._kept(approval), because=because, result=result
        )
        await self._settle(done, ApprovalState.APPROVED, entry=None)

    async def spend_left(self, approval_id: str, result: ToolResult) -> None:
        """Close one whose call the last run did not see end; does nothing to another."""
        if (approval := self._left.pop(approval_id, None)) is not None:
            await self.spend(approval, result, ran=True)

    async def refuse(self, approval: Approval, by: Actor, because: str) -> bool:
        """Take a no; False where somebody was quicker."""
        reason = self._hidden.redactor.text(because.strip(), limit_chars=500)
        told = f"{by.name} refused it" + (f": {reason}" if reason else "")
        done = settled(
            approval, ApprovalState.REFUSED, arguments=self._kept(approval), because=told
        )
        done = replace(done, decided_by=by.id, decided_at=self._clock.now())
        entry = self._entry(approval, by, "approval.refuse", "done", because=reason)
        if not await self._settle(done, ApprovalState.PENDING, entry=entry):
            return False
        self._bus.publish(
            events.ApprovalRefused(
                at=self._clock.now(),
                approval=approval.id,
                decided_by=by.id,
                because=reason,
                **self._about(approval),
            )
        )
        return True

    async def cancel(self, because: str, *, of: Callable[[Approval], bool] | None = None) -> int:
        """Take away the ground of all that wait, or of some; tells of how many."""
        async with self._asking:
            found = [one for one in self._pending.values() if of is None or of(one)]
            for one in found:
                await self._end(one, ApprovalState.CANCELLED, "approval.cancel", because)
            return len(found)

    async def lapse_due(self) -> None:
        """End those whose time is over."""
        for one in [one for one in self._pending.values() if self._is_over(one)]:
            await self._end(one, ApprovalState.LAPSED, "approval.lapse", LAPSED)

    async def find(self, approval_id: str) -> Approval | None:
        """One by its id, in whatever state."""
        row = await self._database.run(queries.find_approval, approval_id)
        return from_row(row) if row else None

    async def find_newest(self, limit: int, before_id: str | None) -> list[Approval]:
        """A page of them, newest first."""
        rows = await self._database.run(queries.find_approvals, limit=limit, before_id=before_id)
        return [from_row(row) for row in rows]

    async def answer(self, approval_id: str) -> ToolResult | None:
        """Wait until it is settled; None where there is no such approval."""
        if (waiting := self._answers.get(approval_id)) is not None:
            return await asyncio.shield(waiting)
        found = await self.find(approval_id)
        return found.answer() if found else None

    async def _end(
        self, approval: Approval, state: ApprovalState, action: str, because: str
    ) -> None:
        done = settled(approval, state, arguments=self._kept(approval), because=because)
        entry = self._entry(approval, HIMSELF, action, "done", because=because)
        if await self._settle(done, ApprovalState.PENDING, entry=entry):
            self._bus.publish(
                events.ApprovalLapsed(
                    at=self._clock.now(),
                    approval=approval.id,
                    because=because,
                    **self._about(approval),
                )
            )

    async def _settle(
        self, done: Approval, before: ApprovalState, *, entry: NewAudit | None
    ) -> bool:
        settling = Settling(
            id=done.id,
            before=before.value,
            state=done.state.value,
            because=done.because,
            decided_by=done.decided_by,
            decided_at=done.decided_at,
            arguments_json=clean_json(dict(done.call.arguments), self._hidden.redactor),
            result_json=result_json(done.result) if done.result else None,
        )
        changed = await self._database.run(queries.settle_approval, settling, audit=entry)
        if changed:
            self._forget(done)
            answer = self._answers.pop(done.id, None)
            if answer is not None and not answer.done():
                answer.set_result(done.answer())
            self._changed()
        return changed

    async def _finish_cut_off(self, approval: Approval, because: str) -> None:
        result = ToolResult(
            call_id=approval.call.id,
            tool=approval.call.tool,
            outcome=Outcome.UNKNOWN,
            because=because,
            tier=approval.tier,
            approval_id=approval.id,
        )
        await self.spend(approval, result, ran=True)

    def _remember(self, approval: Approval) -> None:
        self._pending[approval.id] = approval
        left_s = (approval.expires_at - self._clock.now()).total_seconds()
        self._deadlines_s[approval.id] = self._clock.monotonic_s() + min(
            left_s, LIFETIME.total_seconds()
        )

    def _forget(self, approval: Approval) -> None:
        self._pending.pop(approval.id, None)
        self._deadlines_s.pop(approval.id, None)

    def _is_over(self, approval: Approval) -> bool:
        """By the wall clock or the steady one, the sooner counts."""
        deadline_s = self._deadlines_s.get(approval.id, 0.0)
        return self._clock.now() >= approval.expires_at or self._clock.monotonic_s() >= deadline_s

    def _kept(self, approval: Approval) -> Payload:
        return clean_data(approval.call.arguments, self._hidden.redactor)

    def _entry(
        self, approval: Approval, by: Actor, action: str, outcome: str, *, because: str = ""
    ) -> NewAudit:
        detail = {
            "approval": approval.id,
            "tool": approval.call.tool,
            "tier": approval.tier.name,
            "digest": approval.digest,
            "asked_by": approval.actor.id,
            "asked_in": approval.actor.session,
            "session": by.session,
        }
        target = next((told_touch(touch) for touch in approval.touches), "")
        return self._audit.entry(by, action, target, outcome, because=because, detail=detail)

    def _about(self, approval: Approval) -> dict[str, Any]:
        touch = next(iter(approval.touches), None)
        return {
            "node": touch.node if touch else None,
            "tool": approval.call.tool,
            "by": approval.actor.id,
            "touched": told_touch(touch) if touch else "gate",
            "what": self._told(approval),
        }

    def _changed(self) -> None:
        self._bus.publish(events.GateChanged(at=self._clock.now()))
