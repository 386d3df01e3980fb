"""One round of tools: everything an answer asked for, through the gate and nowhere else.

Reads run together; changes run one after the other, in the order asked for. A call that waits for
a person holds up none of the others, and the turn's time stands still for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from services.cluster.model import ClusterSnapshot
from services.llm.as_text import words_of
from services.llm.conversations.pruning import cap_result, make_digest
from services.llm.judging.consent import Consent, refuses_unasked
from services.llm.judging.reach import refuses_reach
from services.llm.judging.targets import Read, read_before
from services.llm.judging.verify import was_read
from services.llm.messages import ToolAnswer, ToolUse
from services.llm.turn import Deed, Turn
from services.llm.turn_events import ApprovalWanted, Doing, ToolBegan, ToolEnded
from services.llm.turns.fresh import FreshReads
from services.llm.turns.tool_calls import Judged, judge, refused, told_result
from services.llm.wrapping import one_line
from services.safety.actors import Actor, ActorKind
from services.safety.tiers import Tier
from services.tasks import Tasks
from services.tools.calls import Outcome, ToolCall, ToolResult
from services.tools.errors import ToolError
from services.tools.gate.gate import Gate

REASON_CHARS = 240
AT_ONCE_MOST = 12
"""So many calls one answer may ask for; the others are refused."""
UNREADABLE = "what it asks for could not be read"
_NOT_A_CALL = "an answer may ask for {most} calls at once, and this was one more"

Keep = Callable[[Turn, ToolUse, str], Awaitable[None]]
"""Remembers which call of a turn an approval is for."""
Forget = Callable[[str], Awaitable[None]]


class Rounds:
    """Runs the calls of a turn's answers. One of them serves one turn."""

    def __init__(
        self,
        gate: Gate,
        turn: Turn,
        *,
        tasks: Tasks,
        snapshot: Callable[[], ClusterSnapshot],
        consent: Consent,
        fresh: FreshReads,
        keep: Keep,
        forget: Forget,
    ) -> None:
        self._gate = gate
        self._turn = turn
        self._tasks = tasks
        self._snapshot = snapshot
        self._consent = consent
        self._fresh = fresh
        self._user = turn.by.user or ""
        self._keep = keep
        self._forget = forget
        self._reads: dict[str, asyncio.Task[ToolResult]] = {}
        """Reads of this turn by key, until something is changed."""
        self._running = 0
        self._waiting = 0
        self._all_asked = False
        """Whether every call of the present round was handed to the gate."""

    async def run(
        self, uses: Sequence[ToolUse], *, message_id: str, model: str, words: str = ""
    ) -> tuple[ToolAnswer, ...]:
        """All of them, answered in their order. Cancelled, it leaves what it has in the turn."""
        turn = self._turn
        turn.answers.clear()
        self._all_asked = False
        actor = Actor(kind=ActorKind.MODEL, name=model, session=turn.by.session, user=turn.by.user)
        said = words_of(words[: 4 * REASON_CHARS])  # of more nothing would be seen
        reason = one_line(said or turn.question.text, limit_chars=REASON_CHARS)
        judged = [judge(use, self._gate.registry) for use in uses]
        turn.idle_rounds = (
            turn.idle_rounds + 1 if all(one.key in self._reads for one in judged) else 0
        )
        turn.tiers = {one.use.id: one.tier for one in judged}
        for one in judged:
            turn.publish(
                ToolBegan(
                    conversation_id=turn.conversation_id,
                    turn_id=turn.id,
                    message_id=message_id,
                    use=one.use,
                    tier=one.tier,
                )
            )
        turn.change_doing(Doing.ACTING)
        work = [
            self._tasks.start(self._read(one, actor, reason), name=f"talk:{one.use.tool}")
            for one in judged[:AT_ONCE_MOST]
            if one.reads
        ]
        try:
            for one in judged[:AT_ONCE_MOST]:
                if not one.reads:
                    waiting = await self._change(one, actor, reason)
                    if waiting is not None:
                        work.append(waiting)
            for one in judged[AT_ONCE_MOST:]:
                self._end(one, refused(one.use, _NOT_A_CALL.format(most=AT_ONCE_MOST)))
            self._all_asked = True
            await asyncio.gather(*work)
        except BaseException:
            for task in work:
                task.cancel()
            raise
        return tuple(turn.answers[use.id] for use in uses)

    @property
    def only_waits(self) -> bool:
        """Whether nothing of the turn runs, and all that is missing is a person's word."""
        asked = {one.id for one in self._gate.pending}
        waits = self._all_asked and self._waiting > 0 and self._running == 0
        return waits and asked.issuperset(self._turn.approvals.values())

    async def _read(self, one: Judged, actor: Actor, reason: str) -> None:
        with self._counted():
            if (asked := self._reads.get(one.key)) is None:
                asked = self._tasks.start(
                    self._fetch(one, actor, reason), name=f"talk:gate:{one.use.tool}"
                )
                self._reads[one.key] = asked
                result = await asked
            else:
                result = replace(await asyncio.shield(asked), call_id=one.use.id)
            self._end(one, result)

    async def _fetch(self, one: Judged, actor: Actor, reason: str) -> ToolResult:
        if why := self._refuses_reach(one):
            return refused(one.use, why)
        if (found := self._fresh.find(self._user, one.key)) is not None:
            return replace(found, call_id=one.use.id)
        call = ToolCall(
            id=one.use.id,
            tool=one.use.tool,
            arguments=one.use.arguments,
            reason=reason,
            must_ask=UNREADABLE if one.tier is None else "",
        )
        changes = self._fresh.changes(self._user)
        result = await self._gate.execute(call, actor)
        self._fresh.keep(self._user, one.key, result, since=changes)
        return result

    async def _change(self, one: Judged, actor: Actor, reason: str) -> asyncio.Task[None] | None:
        """Do it, after its target was read; a task that waits where a person has to decide."""
        turn = self._turn
        if why := self._refuses_reach(one):
            self._end(one, refused(one.use, why))
            return None
        before = await self._look(one, actor, reason)
        call = ToolCall(
            id=one.use.id,
            tool=one.use.tool,
            arguments=one.use.arguments,
            reason=reason,
            must_ask=self._must_ask(one),
        )
        with self._counted(), turn.time.held():
            result = await self._carry_out(call, actor)
        if result.outcome not in (Outcome.WAITING, Outcome.REFUSED):
            self._forget_reads()
        if result.outcome is not Outcome.WAITING or result.approval_id is None:
            self._end(one, result, before=before)
            return None
        turn.approvals[one.use.id] = result.approval_id
        await self._keep(turn, one.use, result.approval_id)  # before it is told, lest it be lost
        turn.publish(
            ApprovalWanted(
                conversation_id=turn.conversation_id,
                turn_id=turn.id,
                call_id=one.use.id,
                approval_id=result.approval_id,
            )
        )
        return self._tasks.start(
            self._wait(one, result.approval_id, before), name=f"talk:waits:{one.use.tool}"
        )

    async def _carry_out(self, call: ToolCall, actor: Actor) -> ToolResult:
        """Through the gate; a change that runs when the turn is stopped is left in the turn."""
        carried = self._tasks.start(self._gate.execute(call, actor), name=f"talk:gate:{call.tool}")
        try:
            return await asyncio.shield(carried)
        except asyncio.CancelledError:
            if any(wish.call is call for wish in self._gate.running):
                self._turn.running[call.id] = carried
            else:
                carried.cancel()  # it was not begun, and shall not be
            raise

    async def _wait(self, one: Judged, approval_id: str, before: str) -> None:
        """Until a person has decided and the call has run, or its time is over."""
        self._waiting += 1
        self._tell_doing()
        try:
            with self._turn.time.held():
                result = await self._gate.settled(approval_id)
        finally:
            self._waiting -= 1
        self._turn.approvals.pop(one.use.id, None)
        if result.outcome is Outcome.REFUSED:
            self._reads.clear()  # nothing was changed, but time has passed
        else:
            self._forget_reads()
        self._end(one, replace(result, approval_id=approval_id), before=before)
        await self._forget(approval_id)

    async def _look(self, one: Judged, actor: Actor, reason: str) -> str:
        """The state of the target before it is changed; read here unless the model has done so."""
        read = read_before(one.use.tool, one.plain)
        if read is None or was_read(read, self._turn.deeds, self._snapshot()):
            return ""
        result = await self._read_for(read, one, actor, reason)
        told = told_result(result)
        return f"Read before it ({read.tool}): {result.outcome.value}\n{told}\n\n"

    async def _read_for(self, read: Read, one: Judged, actor: Actor, reason: str) -> ToolResult:
        """One read of the loop's own, for the sake of a call."""
        use = ToolUse(id=f"{one.use.id}-before", tool=read.tool, arguments=read.arguments)
        judged = judge(use, self._gate.registry)
        with self._counted():
            result = await self._fetch(judged, actor, reason)
        self._turn.deeds.append(
            Deed(
                use=replace(use, arguments=judged.plain),
                tier=judged.tier,
                writes=False,
                result=result,
            )
        )
        return result

    def _refuses_reach(self, one: Judged) -> str:
        return refuses_reach(
            one.use.tool, one.plain, said=self._turn.asked, snapshot=self._snapshot()
        )

    def _must_ask(self, one: Judged) -> str:
        """Why a YELLOW call waits for a person all the same; empty when they asked for it."""
        if one.tier is not Tier.YELLOW or one.tool is None or one.arguments is None:
            return ""
        snapshot = self._snapshot()
        try:
            touches = one.tool.touches(one.arguments, snapshot)
        except ToolError:
            return ""  # the gate refuses it for the same reason
        return refuses_unasked(one.use.tool, one.plain, touches, self._consent, snapshot)

    def _end(self, one: Judged, result: ToolResult, *, before: str = "") -> None:
        turn = self._turn
        told = cap_result(before + told_result(result))
        answer = ToolAnswer(
            id=one.use.id,
            tool=one.use.tool,
            outcome=result.outcome,
            text=told,
            digest=make_digest(result.outcome, result.text, result.because),
            duration_ms=result.duration_ms,
            because=result.because,
            tier=result.tier if result.tier is not None else one.tier,
            approval_id=result.approval_id,
        )
        turn.answers[one.use.id] = answer
        turn.deeds.append(
            Deed(
                use=replace(one.use, arguments=one.plain),
                tier=answer.tier,
                writes=one.writes,
                result=result,
            )
        )
        turn.publish(
            ToolEnded(
                conversation_id=turn.conversation_id,
                turn_id=turn.id,
                call_id=one.use.id,
                outcome=answer.outcome,
                because=answer.because,
                text=answer.text,
                duration_ms=answer.duration_ms,
            )
        )

    def _forget_reads(self) -> None:
        self._reads.clear()
        self._fresh.forget(self._user)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """A call that runs, for as long as it does."""
        self._running += 1
        self._tell_doing()
        try:
            yield
        finally:
            self._running -= 1
            self._tell_doing()

    def _tell_doing(self) -> None:
        if self._waiting and not self._running:
            self._turn.change_doing(Doing.WAITING)
        elif self._running:
            self._turn.change_doing(Doing.ACTING)
