"""The turns that run: each a task of its own, begun, stopped, and seen to its end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from services.clock import Clock
from services.cluster.model import ClusterSnapshot
from services.llm.conversations.conversations import Conversations
from services.llm.direct.provider import DirectProvider
from services.llm.direct.understanding import understands_change
from services.llm.judging.consent import Consent, find_consent
from services.llm.limits import Limits, TurnTime
from services.llm.messages import Message, ProviderName, Role
from services.llm.models.models import Models
from services.llm.provider import Provider
from services.llm.routing import Picked, Route, strip_mention
from services.llm.routing.record import to_row
from services.llm.turn import Turn
from services.llm.turn_events import TurnBegan, TurnEnded
from services.llm.turns.agent import Agent
from services.llm.turns.board import Board
from services.llm.turns.chain import ORDER, Chain, providers_after
from services.llm.turns.fresh import FreshReads
from services.llm.turns.long_loops import LongLoops
from services.llm.turns.record import STOP_BECAUSE, TurnRecord
from services.llm.turns.requests import Requests
from services.llm.turns.rounds import Rounds
from services.llm.turns.surroundings import Past, Surroundings
from services.llm.turns.tool_calls import WAITS
from services.safety.actors import Actor
from services.tasks import Tasks
from services.tools.gate.gate import Gate

log = structlog.get_logger("talk")

BY_RULES = "only rules can have that done here, since the local model is given no tool that changes"


@dataclass(slots=True, kw_only=True)
class _Running:
    turn: Turn
    task: asyncio.Task[None] | None = None
    stopped_by: Actor | None = None
    """Who stopped it; None when the house ends."""
    let_go: bool = False
    """Whether its questions stand after its end."""
    ends_because: str | None = None
    """Set once it is being ended: nobody ends it twice."""
    rounds: Rounds | None = None


class RunningTurns:
    """Begins turns and sees each to its end."""

    def __init__(
        self,
        models: Models,
        gate: Gate,
        conversations: Conversations,
        surroundings: Surroundings,
        board: Board,
        record: TurnRecord,
        *,
        snapshot: Callable[[], ClusterSnapshot],
        clock: Clock,
        tasks: Tasks,
        address: str,
        new_id: Callable[[], str],
    ) -> None:
        self._models = models
        self._gate = gate
        self._conversations = conversations
        self._surroundings = surroundings
        self._board = board
        self._record = record
        self._snapshot = snapshot
        self._clock = clock
        self._tasks = tasks
        self._new_id = new_id
        self._running: dict[str, _Running] = {}
        self._fresh = FreshReads(clock)
        requests = Requests(address=address, model_for=models.model_for)
        self._agent = Agent(
            Chain(self._provider_of, requests.make, look=LongLoops(models.costs).look),
            store=record.store,
            snapshot=snapshot,
            writes=lambda name: name in gate.registry and gate.registry[name].writes,
            answered_directly=self._count_direct,
        )

    @property
    def count(self) -> int:
        """How many run."""
        return len(self._running)

    def runs(self, conversation_id: str) -> bool:
        """Whether one runs there."""
        return conversation_id in self._running

    def only_waits(self, conversation_id: str) -> bool:
        """Whether the one that runs there does nothing but wait for a person."""
        running = self._running.get(conversation_id)
        if running is None or running.rounds is None or running.ends_because is not None:
            return False
        return running.rounds.only_waits

    async def quiet(self, conversation_id: str) -> None:
        """Come back when none runs there, or one that does nothing but wait for a person."""
        changed = asyncio.Event()
        leave = self._board.listen(conversation_id, lambda _: changed.set())
        try:
            while self.runs(conversation_id) and not self.only_waits(conversation_id):
                changed.clear()
                await changed.wait()
        finally:
            leave()

    async def begin(
        self, question: Message, past: Past, by: Actor, picked: Picked, *, keep_question: bool
    ) -> TurnBegan:
        """Decide who answers, keep the question, and let the turn run."""
        began_s = self._clock.monotonic_s()
        # Who picks another for a question that stands there means that, and not its "@claude".
        picks_anew = picked is not Picked.AUTO and not keep_question
        text = strip_mention(question.text) if picks_anew else question.text
        route = await self._decide(text, past, by, picked)
        took_ms = (self._clock.monotonic_s() - began_s) * 1000
        turn_id = self._new_id()
        row = to_row(
            route,
            at=question.at,
            took_ms=took_ms,
            redacted=self._gate.hides(question.text),
            conversation=question.conversation_id,
            message=question.id,
        )
        await self._conversations.open_turn(
            question, turn=turn_id, route=row, keep_question=keep_question
        )
        limits = Limits.of(override=self._surroundings.has_override(by))
        turn = Turn(
            id=turn_id,
            by=by,
            question=question,
            history=past.messages,
            route=route,
            limits=limits,
            time=TurnTime(self._clock, limits.seconds),
            context=await self._surroundings.context(by),
            publish=self._board.publish,
            new_id=self._new_id,
            now=self._clock.now,
            providers=providers_after(route.provider, may_pay=route.step != "forced", order=ORDER),
            needs_tools=route.needs_tools,
        )
        return self._let_run(turn, past)

    async def stop_one(self, conversation_id: str, by: Actor) -> bool:
        """Stop what runs there and wait for its end; tells whether anything ran."""
        running = self._running.get(conversation_id)
        if running is None or running.task is None:
            return False
        if running.ends_because is None:
            # Whoever has no session of their own cannot take questions back: then who asked does.
            running.stopped_by = by if by.session else running.turn.by
            running.ends_because = f"stopped by {by.name}"
            running.task.cancel(STOP_BECAUSE)
        await asyncio.wait([running.task])
        return True

    async def let_go(self, conversation_id: str) -> None:
        """End one that only waits, and leave its questions standing; does nothing to another."""
        if not self.only_waits(conversation_id):
            return
        running = self._running[conversation_id]
        assert running.task is not None
        running.let_go = True
        running.ends_because = WAITS
        running.task.cancel(WAITS)
        await asyncio.wait([running.task])

    async def stop(self, because: str) -> None:
        """End all of them; what they wait for goes on waiting."""
        tasks = []
        for running in list(self._running.values()):
            if running.task is None:
                continue
            tasks.append(running.task)
            if running.ends_because is None:
                running.ends_because = because
                running.task.cancel(because)
        if tasks:
            await asyncio.wait(tasks)

    async def _decide(self, text: str, past: Past, by: Actor, picked: Picked) -> Route:
        route = self._models.fit(await self._surroundings.decide(text, past, by, picked))
        near = route.provider is ProviderName.LOCAL and route.step != "forced"
        if near and understands_change(strip_mention(text), self._surroundings.inventory):
            because = f"{route.because}; {BY_RULES}"
            return replace(route, provider=ProviderName.DIRECT, because=because)
        return route

    def _let_run(self, turn: Turn, past: Past) -> TurnBegan:
        began = TurnBegan(
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            message=turn.question,
            provider=turn.route.provider,
            because=turn.route.because,
        )
        running = _Running(turn=turn)
        self._running[turn.conversation_id] = running
        assert turn.by.user is not None
        self._board.begin(
            turn.conversation_id, turn.id, user=turn.by.user, because=turn.route.because
        )
        self._board.publish(began)
        work = self._see_through(running, past)
        running.task = self._tasks.start(work, name="talk:turn", job=turn.id)
        return began

    async def _see_through(self, running: _Running, past: Past) -> None:
        """Run it, and put on record how it ended, whatever happens."""
        turn = running.turn
        keeps_open = False
        try:
            running.rounds = self._rounds(turn, past)
            ending = await self._agent.run(turn, running.rounds)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            while task.uncancel():
                pass
            keeps_open = running.stopped_by is None and not running.let_go
            ending = await self._record.end_stopped(
                turn,
                running.ends_because or "Jarvis shuts down",
                by=running.stopped_by,
                let_go=running.let_go,
            )
        except Exception:
            log.exception("a turn broke off", conversation=turn.conversation_id)
            ending = await self._record.end_broken(turn)
        await self._record.close(turn, keeps_open=keeps_open)
        self._running.pop(turn.conversation_id, None)
        self._board.publish(
            TurnEnded(
                conversation_id=turn.conversation_id,
                turn_id=turn.id,
                outcome=ending.outcome,
                because=ending.because,
            )
        )

    def _rounds(self, turn: Turn, past: Past) -> Rounds:
        return Rounds(
            self._gate,
            turn,
            tasks=self._tasks,
            snapshot=self._snapshot,
            consent=self._find_consent(turn, past),
            fresh=self._fresh,
            keep=self._record.keep_waiting,
            forget=self._record.forget_waiting,
        )

    def _find_consent(self, turn: Turn, past: Past) -> Consent:
        """What the person has asked for; nothing where that cannot be told."""
        text = strip_mention(turn.question.text)
        try:
            return find_consent(
                text,
                before=[strip_mention(said) for said in past.asked],
                answer_before=_offered(past),
                inventory=self._surroundings.inventory,
            )
        except Exception:
            log.exception("what was asked for could not be read; every change asks")
            return Consent(text=text)

    def _provider_of(self, turn: Turn, name: ProviderName) -> Provider:
        if name is ProviderName.DIRECT:
            return DirectProvider(
                turn, inventory=self._surroundings.inventory, snapshot=self._snapshot()
            )
        return self._models.provider(name)

    async def _count_direct(self, turn: Turn, answer: str, total_ms: float) -> None:
        await self._models.costs.record_direct(
            question=turn.question.text, answer=answer, total_ms=total_ms, account=turn.account
        )


def _offered(past: Past) -> str:
    """Jarvis' last words, unless they were made from what machines said: that offers nothing."""
    told = (one for one in reversed(past.messages) if one.role is Role.ASSISTANT and one.text)
    last = next(told, None)
    return last.text if last is not None and not last.is_quoted else ""
