"""The gate: the one way by which anything is done, whoever asks for it.

`execute` is the whole of it in order; each stage adds one worry, and the first that says no ends
the call with an outcome and a reason. A stage that itself fails refuses.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import structlog
from pydantic import SecretStr

from db import Database
from services.auth.passwords import Passwords
from services.clock import Clock
from services.events import Bus
from services.safety.actors import Actor
from services.safety.approvals import ApprovalState, refuses_decider
from services.safety.errors import AlreadySettled, GateError, NoSuchApproval, NotYours, PersonWanted
from services.safety.limits import Limiter
from services.safety.override import OverrideState, person
from services.safety.policy import Verb
from services.safety.protection import Place
from services.safety.stand_down import StandDownState
from services.tasks import Tasks
from services.tools.blast import blast_of
from services.tools.blast_sight import look_at, standing_of
from services.tools.calls import Outcome, ToolCall, ToolResult
from services.tools.gate.approvals import Approval
from services.tools.gate.audit import GateAudit
from services.tools.gate.config import GateConfig
from services.tools.gate.left import LeftCall, LeftCalls, Tell
from services.tools.gate.life import GateLife
from services.tools.gate.questions import Questions
from services.tools.gate.run import GRACE_S, Runner
from services.tools.gate.secrets import Hidden
from services.tools.gate.stages import Stages
from services.tools.gate.switches import Switches
from services.tools.gate.wish import Stopped, Wish, told_call
from services.tools.hands import Hands
from services.tools.spec import Tool

log = structlog.get_logger("gate")

BROKEN: Final = "the gate itself failed, so nothing was done; the log of Jarvis tells where"


class Gate:
    """Every call passes here: the model's, the monitor's, a program's, and a person's."""

    def __init__(
        self,
        registry: Mapping[str, Tool[Any]],
        hands: Hands,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        tasks: Tasks,
        config: GateConfig,
        passwords: Passwords | None = None,
    ) -> None:
        self.registry = registry
        self._hands = hands
        self._clock = clock
        self._tasks = tasks
        self._redeeming: set[asyncio.Task[ToolResult]] = set()
        self._hidden = hidden = Hidden(config.secrets)
        self.audit = GateAudit(database, clock, hidden)
        self._runner = Runner(hands, self.audit, hidden, bus=bus, clock=clock, tasks=tasks)
        self._questions = Questions(
            database, self.audit, hidden, bus=bus, clock=clock, told=self.told
        )
        self._switches = Switches(
            database,
            self.audit,
            hidden,
            bus=bus,
            clock=clock,
            config=config,
            passwords=passwords or Passwords(),
        )
        self._stages = Stages(
            registry=registry,
            hands=hands,
            switches=self._switches,
            limiter=Limiter(clock),
            hidden=hidden,
            clock=clock,
            config=config,
        )
        self._left = LeftCalls(
            registry,
            hands,
            self.audit,
            hidden,
            spend=self._questions.spend_left,
            bus=bus,
            clock=clock,
            tasks=tasks,
        )
        self._life = GateLife(
            self._stages,
            self._questions,
            self._runner,
            self._left,
            self.audit,
            database=database,
            bus=bus,
            clock=clock,
            tasks=tasks,
        )

    async def start(self) -> None:
        """Take up what the last run left: questions, a stand-down, calls that were cut off."""
        await self._life.start()

    def look_up_left(self, tell: Tell) -> None:
        """Find out how the changes ended that were cut off; call it once Proxmox can be asked."""
        self._left.look_up(tell)

    def find_left(self, call_id: str, tool: str, user: str | None) -> LeftCall | None:
        """The call of that id in whose middle the last run ended."""
        return self._left.find(call_id, tool, user)

    async def stop(self, because: str) -> None:
        """Cancel what runs and write how it ended; call it before the database closes."""
        await self._life.stop(because)
        if self._redeeming:
            await asyncio.wait(self._redeeming, timeout=GRACE_S)

    async def execute(self, call: ToolCall, actor: Actor) -> ToolResult:
        """Do it, ask a person about it, or refuse it; never raises for what a call brings about.

        RED is answered at once with Outcome.WAITING and an `approval_id`.
        """
        wish: Wish | None = None
        stage = self._stages
        try:
            stage.count_call(actor)
            wish = stage.read(call, actor)
            stage.keep_secrets(wish)
            stage.hold_to_ceiling(wish)
            await stage.know_the_house(changes=wish.changes)
            wish = stage.read(call, actor)
            stage.protect(wish)
            stage.heed_stand_down(wish)
            decision = stage.decide(wish, approved=False)
            if decision.verb is Verb.ASK:
                return await self._ask(wish, decision.because)
            stage.count_run(wish)
            return await self._runner.run(wish, stage.warrant(wish))
        except Stopped as stopped:
            return await self._tell_stopped(call, wish, stopped)
        except Exception:
            log.exception("the gate failed, and refused", tool=call.tool, call=call.id)
            return _refused(call, BROKEN)

    async def proceed(self, approval_id: str, by: Actor) -> ToolResult:
        """A person's yes: the call is checked anew and run once; a second yes gets its result."""
        nothing = ToolCall(id="", tool="")
        try:
            approval = await self._find(approval_id, by)
            if approval.state is not ApprovalState.PENDING:
                return await self.settled(approval_id)
            approved = await self._questions.approve(approval, by)
            if approved is None:
                return await self.settled(approval_id)
        except GateError as error:
            return _refused(nothing, error.because, approval_id=approval_id)
        except Exception:
            log.exception("an approval could not be taken", approval=approval_id)
            return _refused(nothing, BROKEN, approval_id=approval_id)
        # A task of its own: a yes that was given is carried out, though its page closes.
        redeeming = self._tasks.start(self._redeem(approved, by), name="gate:redeem")
        self._redeeming.add(redeeming)
        redeeming.add_done_callback(self._redeeming.discard)
        return await asyncio.shield(redeeming)

    async def refuse(self, approval_id: str, by: Actor, because: str) -> None:
        """A person's no. Raises GateError."""
        approval = await self._find(approval_id, by)
        if approval.state is ApprovalState.PENDING:
            if await self._questions.refuse(approval, by, because):
                return
            approval = await self._find(approval_id, by)
        raise AlreadySettled(f"it is {approval.state.value} already")

    async def settled(self, approval_id: str) -> ToolResult:
        """Wait until it was decided and run, refused, cancelled, or has lapsed."""
        answer = await self._questions.answer(approval_id)
        if answer is not None:
            return answer
        because = NoSuchApproval().because
        return _refused(ToolCall(id="", tool=""), because, approval_id=approval_id)

    async def withdraw(self, approval_id: str, because: str) -> None:
        """Ask nobody any more: whoever wanted the call is gone. One that is decided stays so."""
        await self._questions.cancel(because, of=lambda one: one.id == approval_id)

    @property
    def pending(self) -> tuple[Approval, ...]:
        """The questions that wait, oldest first."""
        return self._questions.pending

    async def find_approvals(self, limit: int, before_id: str | None = None) -> list[Approval]:
        """Approvals of every state, newest first; those asked before `before_id` when given."""
        return await self._questions.find_newest(limit, before_id)

    @property
    def running(self) -> tuple[Wish, ...]:
        """The calls that run now, oldest first."""
        return self._runner.running

    @property
    def override(self) -> OverrideState | None:
        """The override that is open now."""
        return self._switches.override

    @property
    def has_passkey(self) -> bool:
        """Whether an override can be opened at all."""
        return self._switches.has_passkey

    @property
    def passkey_is_given(self) -> bool:
        """Whether the passkey stands in the settings, so that the page cannot change it."""
        return self._switches.passkey_is_given

    async def set_passkey(
        self, passkey: SecretStr, by: Actor, *, current: SecretStr | None = None
    ) -> None:
        """Make the first passkey, or another for who knows the present one. Raises GateError."""
        await self._switches.set_passkey(passkey, by, current=current)

    async def open_override(self, passkey: SecretStr, minutes: int, by: Actor) -> OverrideState:
        """Open an override for 1 to 30 minutes. Raises GateError."""
        return await self._switches.open_override(passkey, minutes, by)

    async def close_override(self, by: Actor, because: str) -> None:
        """End the override, should one be open. Raises PersonWanted."""
        person(by, "close an override")
        await self._switches.close_override(by, because)

    @property
    def stand_down_state(self) -> StandDownState:
        """Whether Jarvis is stood down."""
        return self._switches.stand_down_state

    async def stand_down(self, by: Actor, because: str) -> None:
        """Stop all that acts on its own: cancel questions and running calls, end the override.

        Anyone may; only a person lifts it.
        """
        await self._switches.stand_down(by, because, self._cancel_all)

    async def lift_stand_down(self, by: Actor) -> None:
        """Let Jarvis act again. Raises PersonWanted."""
        await self._switches.lift(by)

    def hides(self, text: str) -> str:
        """The text with every secret masked that is known by value; a used passkey is one."""
        return self._hidden.hides(text)

    async def conceal(self, text: str) -> str:
        """What somebody typed, without the passkey, before a model, a log or a row has it."""
        return await self._hidden.conceal(text, self._switches.is_passkey)

    async def is_passkey(self, text: str) -> bool:
        """Whether the whole text is the passkey; nothing is counted."""
        return await self._switches.is_passkey(text.strip())

    @property
    def place(self) -> Place:
        """Where Jarvis lives, as far as it is known; without a vmid nobody has told or found it."""
        return self._stages.place

    def told(self, approval: Approval) -> str:
        """The call of an approval in words: `stop_guest media (104)`."""
        call = approval.call
        return told_call(call.tool, call.arguments, self._stages.snapshot, self._hidden)

    async def _ask(self, wish: Wish, because: str) -> ToolResult:
        approval = self._questions.find_same(wish)
        if approval is None:
            sight = await look_at(wish.touches, self._hands, whole=True)
            snapshot = self._stages.snapshot
            approval = await self._questions.ask(
                wish,
                blast=blast_of(
                    wish.touches,
                    snapshot,
                    sight,
                    place=self._stages.place,
                    containers=self._hands.nodes.containers,
                    now=self._clock.now(),
                ),
                standing=standing_of(wish.touches, snapshot, sight),
                still=lambda: self._still_asks(wish),
            )
        return ToolResult(
            call_id=wish.call.id,
            tool=wish.tool.name,
            outcome=Outcome.WAITING,
            because=because,
            tier=wish.tier,
            approval_id=approval.id,
        )

    def _still_asks(self, wish: Wish) -> None:
        """What may have changed while the house was being looked at."""
        self._stages.protect(wish)
        self._stages.heed_stand_down(wish)
        self._stages.decide(wish, approved=False)

    async def _redeem(self, approval: Approval, by: Actor) -> ToolResult:
        """Check an approved call anew from its first stage, and run it."""
        wish: Wish | None = None
        stage = self._stages
        try:
            await stage.know_the_house(changes=True)
            sight = await look_at(approval.touches, self._hands, whole=False)
            wish = stage.read(approval.call, approval.actor)
            stage.hold_to_approval(wish, approval, standing_of(wish.touches, stage.snapshot, sight))
            stage.hold_to_ceiling(wish)
            stage.protect(wish)
            stage.heed_stand_down(wish)
            stage.decide(wish, approved=True)
            stage.count_run(wish)
            result = await self._runner.run(wish, stage.warrant(wish, approval, by))
        except Stopped as stopped:
            result = await self._tell_stopped(approval.call, wish, stopped)
            result = replace(result, approval_id=approval.id)
        except Exception:
            log.exception("the gate failed, and refused", approval=approval.id)
            result = _refused(approval.call, BROKEN, approval_id=approval.id)
        if not self._runner.is_left_open(result):
            await self._questions.spend(approval, result, ran=result.audit_id is not None)
        return result

    async def _find(self, approval_id: str, by: Actor) -> Approval:
        """An approval this person may decide on. Raises GateError."""
        if not by.is_person or not by.session:
            raise PersonWanted("decide")
        await self._questions.lapse_due()
        waiting = {one.id: one for one in self.pending}
        approval = waiting.get(approval_id) or await self._questions.find(approval_id)
        if approval is None:
            raise NoSuchApproval
        if why := refuses_decider(by, user=approval.actor.user):
            raise NotYours(why)
        return approval

    async def _cancel_all(self, because: str) -> int:
        running = await self._runner.cancel_all(because)
        return running + await self._questions.cancel(because)

    async def _tell_stopped(
        self, call: ToolCall, wish: Wish | None, stopped: Stopped
    ) -> ToolResult:
        because = self._hidden.redactor.text(stopped.because)
        if wish is not None and stopped.stage != "limits":
            try:
                row = await self.audit.refused(wish, stopped.stage, because)
            except Exception:
                log.exception("a refusal could not be put on record", tool=call.tool)
            else:
                log.info("refused", tool=call.tool, stage=stopped.stage, entry=row.id)
        tier = wish.tier if wish else None
        return replace(_refused(call, because, outcome=stopped.outcome), tier=tier)


def _refused(
    call: ToolCall,
    because: str,
    *,
    outcome: Outcome = Outcome.REFUSED,
    approval_id: str | None = None,
) -> ToolResult:
    return ToolResult(
        call_id=call.id,
        tool=call.tool,
        outcome=outcome,
        because=because,
        approval_id=approval_id,
    )
