"""Calls in whose middle the last run ended: nothing is run again, and how each ended is looked up.

What Proxmox does by a task it goes on doing without Jarvis. The task's name is on record from the
moment Proxmox has told it, so its end is read after a start, and the change is read back as if
nobody had been away. Until it is known the call stays open, and another start goes on with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from pydantic import ValidationError

from db.rows import AuditRow, read_detail
from services.clock import Clock
from services.cluster.errors import ClusterError, ClusterStopped
from services.cluster.following import TaskEnd
from services.cluster.model import TaskOutcome
from services.events import Bus
from services.nodes.errors import NodesError
from services.safety.approvals import canonical, digest_of
from services.safety.tiers import Tier
from services.tasks import Tasks
from services.tools.calls import Outcome, ToolResult
from services.tools.effects import Seen, Sent, Words, conclude
from services.tools.errors import ToolError
from services.tools.figures import told_span
from services.tools.gate.audit import ENDED_IN_THE_MIDDLE, GateAudit
from services.tools.gate.events import GateChanged, call_ended
from services.tools.gate.output import clean_data, clean_text
from services.tools.gate.secrets import Hidden
from services.tools.gate.stages import READS_ANEW_S
from services.tools.gate.wish import told_call
from services.tools.hands import Hands
from services.tools.spec import Arguments, CutOff, Found, Tool

log = structlog.get_logger("gate")

AFTER: Final = "read after a restart of Jarvis"
LOOK_THERE: Final = "look at the tasks panel"
NO_TASK: Final = f"no task of it is on record, so {LOOK_THERE}"
NO_LOOK: Final = "the record does not hold to the letter what it was asked with"
SINCE: Final = "; it may have been changed since"
LOOKS_BACK_MOST_S: Final = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftCall:
    """A call that has begun and has no end on record."""

    begun: AuditRow
    """Its first entry."""
    detail: Mapping[str, Any]
    """What that one tells."""
    upid: str | None
    """The task by which Proxmox does it; None where none is on record."""

    @property
    def id(self) -> str:
        """The call's own, unique within its conversation."""
        return str(self.detail.get("call", ""))

    @property
    def tier(self) -> Tier:
        """RED where it is not on record."""
        return Tier.__members__.get(str(self.detail.get("tier")), Tier.RED)

    @property
    def user(self) -> str | None:
        """For whom it was made."""
        user = self.detail.get("user")
        return user if isinstance(user, str) else None

    @property
    def approval(self) -> str | None:
        """The question that a person has said yes to."""
        approval = self.detail.get("approval")
        return approval if isinstance(approval, str) else None

    @property
    def arguments(self) -> Mapping[str, Any]:
        """As they are on record: without secrets."""
        given = self.detail.get("arguments")
        return given if isinstance(given, dict) else {}

    @property
    def because(self) -> str:
        """Why nobody knows what it did, where nothing is to be looked up."""
        if self.tier is Tier.GREEN:
            return ENDED_IN_THE_MIDDLE
        at = f" and at {self.begun.target}" if self.begun.target else ""
        return f"{ENDED_IN_THE_MIDDLE}; {NO_TASK}{at}"


Tell = Callable[[LeftCall, ToolResult], Awaitable[None]]
"""Tells whoever has asked; may be called again after another start."""
Spend = Callable[[str, ToolResult], Awaitable[None]]
"""Closes the approval of that id with what came of its call."""


class LeftCalls:
    """Takes them up at the start, and looks up how they ended once Proxmox can be asked."""

    def __init__(
        self,
        registry: Mapping[str, Tool[Any]],
        hands: Hands,
        audit: GateAudit,
        hidden: Hidden,
        *,
        spend: Spend,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._registry = registry
        self._hands = hands
        self._audit = audit
        self._hidden = hidden
        self._spend = spend
        self._bus = bus
        self._clock = clock
        self._tasks = tasks
        self._found: list[LeftCall] = []
        self._looking: set[asyncio.Task[None]] = set()

    async def take_up(self) -> None:
        """Find them, and end as unknown those of which there is nothing to look up."""
        for begun, upid in await self._audit.find_left():
            left = LeftCall(begun=begun, detail=read_detail(begun.detail_json), upid=upid)
            self._found.append(left)
            log.warning("a call was cut off by the end of the last run", tool=begun.action)
            if upid is None:
                result = _result(left, Outcome.UNKNOWN, left.because)
                await self._audit.end(begun, result)
                self._tell(left, result)

    def find(self, call_id: str, tool: str, user: str | None) -> LeftCall | None:
        """The one that was asked for so; None where the last run had not begun it, or ended it."""
        wanted = (call_id, tool, user)
        return next(
            (one for one in self._found if (one.id, one.begun.action, one.user) == wanted), None
        )

    @property
    def looked_up(self) -> frozenset[str]:
        """The approvals of those whose end is still looked up."""
        return frozenset(one.approval for one in self._found if one.upid and one.approval)

    def reason_of(self, approval: str) -> str:
        """Why nobody knows what came of an approval in whose middle the last run ended."""
        found = next((one for one in self._found if one.approval == approval), None)
        return found.because if found else ENDED_IN_THE_MIDDLE

    def look_up(self, tell: Tell) -> None:
        """Begin to ask Proxmox how they ended; each is told when it is known."""
        for left in self._found:
            if left.upid is not None:
                work = self._look_up(left, left.upid, tell)
                task = self._tasks.start(work, name=f"gate:left:{left.begun.action}")
                self._looking.add(task)
                task.add_done_callback(self._looking.discard)

    async def stop(self) -> None:
        """Ask no more; the next start goes on."""
        looking = tuple(self._looking)
        for task in looking:
            task.cancel()
        if looking:
            await asyncio.wait(looking)

    async def _look_up(self, left: LeftCall, upid: str, tell: Tell) -> None:
        try:
            end = await self._hands.cluster.lookups.find_end(upid)
            found = await self._read_back(left, end)
        except ClusterStopped:
            return
        result = self._conclude(left, end, found)
        try:
            # It counts as ended last of all, so that another kill leaves nothing untold.
            await tell(left, result)
        except Exception:
            log.exception("the end of a call could not be told", tool=left.begun.action)
        if left.approval is not None:
            await self._spend(left.approval, result)
        await self._audit.end(left.begun, result, more={"upid": upid, "after_restart": True})
        self._tell(left, result)

    async def _read_back(self, left: LeftCall, end: TaskEnd) -> Found:
        tool, arguments = self._arguments_of(left)
        if end.outcome is TaskOutcome.RUNNING:
            return self._unread(left, end, "")
        if tool is None or arguments is None or tool.look_back is None:
            return self._unread(left, end, NO_LOOK)
        cut = CutOff(end=end, begun_at=left.begun.at, targets=tuple(left.begun.target.split()))
        await self._hands.cluster.read_anew(within_s=READS_ANEW_S)
        try:
            async with asyncio.timeout(LOOKS_BACK_MOST_S):
                found = await tool.look_back(arguments, self._hands, cut)
        except ClusterStopped:
            raise
        except (ToolError, ClusterError, NodesError) as error:
            return self._unread(left, end, error.because)
        except Exception as error:
            log.exception("a change could not be read back", tool=tool.name)
            return self._unread(left, end, type(error).__name__)
        if end.succeeded and found.outcome is Outcome.FAILED:
            because = f"{found.because}{SINCE}"
            return replace(found, outcome=Outcome.UNKNOWN, because=because, verified=None)
        return found

    def _arguments_of(self, left: LeftCall) -> tuple[Tool[Any] | None, Arguments | None]:
        """What it was called with; None where the record does not hold it to the letter."""
        tool = self._registry.get(left.begun.action)
        if tool is None:
            return None, None
        try:
            arguments = tool.arguments.model_validate(dict(left.arguments))
        except ValidationError:
            return tool, None
        digest = digest_of(tool.name, canonical(arguments.model_dump(mode="json")))
        return tool, arguments if digest == left.detail.get("digest") else None

    def _unread(self, left: LeftCall, end: TaskEnd, because: str) -> Found:
        """What its task alone tells."""
        label = left.begun.target or left.begun.action
        unseen: Seen[None] = Seen(found=None, good=False, because=because)
        words = Words(label=label, done="", undone="")
        return conclude(self._hands, Sent(upid=end.upid, end=end), unseen, words)

    def _conclude(self, left: LeftCall, end: TaskEnd, found: Found) -> ToolResult:
        first, *rest = found.text.splitlines() or [""]
        told = found.because or first
        text = "\n".join(rest if first == told else [first, *rest])
        if end.outcome is TaskOutcome.UNKNOWN and found.outcome is Outcome.UNKNOWN:
            waited = told_span(end.waited_s)
            because = f"{told}; given up {waited} after a restart of Jarvis: {LOOK_THERE}"
        else:
            because = f"{told}; {AFTER}" if told else AFTER
        redactor = self._hidden.redactor
        result = _result(left, found.outcome, redactor.text(because))
        return replace(
            result,
            text=clean_text(text, redactor).text,
            data=clean_data(found.data, redactor),
            verified=found.verified,
            read_at=found.read_at,
            duration_ms=max(0.0, (self._clock.now() - left.begun.at).total_seconds() * 1000),
        )

    def _tell(self, left: LeftCall, result: ToolResult) -> None:
        if left.tier is Tier.GREEN:
            return
        at, snapshot, begun = self._clock.now(), self._hands.cluster.snapshot, left.begun
        touched = begun.target.partition(" ")[0]
        kind, _, id = touched.partition("/")
        guest = snapshot.guests.get(int(id)) if kind == "guest" and id.isdigit() else None
        self._bus.publish(
            call_ended(
                result,
                at=at,
                node=id if kind == "node" else guest.node if guest else None,
                by=begun.actor,
                touched=touched or "gate",
                what=told_call(begun.action, left.arguments, snapshot, self._hidden),
                tier=left.tier,
            )
        )
        self._bus.publish(GateChanged(at=at))


def _result(left: LeftCall, outcome: Outcome, because: str) -> ToolResult:
    return ToolResult(
        call_id=left.id,
        tool=left.begun.action,
        outcome=outcome,
        because=because,
        tier=left.tier,
        approval_id=left.approval,
    )
