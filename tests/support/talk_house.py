"""The whole talk over a simulated homelab and doubles of the models: real HTTP, gate, SQLite."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from db import Database
from db.queries.audit import find_audit
from services.clock import Clock, SystemClock
from services.events import Bus
from services.journal import Journal
from services.llm.claude.config import ClaudeConfig
from services.llm.local.config import LocalConfig
from services.llm.messages import Message, ProviderName, Role, ToolAnswer
from services.llm.models.config import ModelsConfig
from services.llm.models.models import Models
from services.llm.routing import Picked
from services.llm.talk import Talk, TalkConfig
from services.llm.turn_events import (
    ApprovalWanted,
    FellBack,
    TextAdded,
    ToolBegan,
    TurnBegan,
    TurnEnded,
    TurnEvent,
)
from services.nodes.service import Nodes
from services.safety.actors import Actor, ActorKind
from services.tasks import Tasks
from services.tools.gate.config import GateConfig
from services.tools.gate.gate import Gate
from services.tools.hands import Hands
from services.tools.registry import REGISTRY
from services.tools.spec import Tool
from simulator.process import SimulatorProcess
from tests.support.doubles import Doubled, doubled
from tests.support.gate_house import PASSKEY_HASH
from tests.support.tool_bench import nodes_config
from tests.support.waiting import until
from tests.support.watched import Watched, watching

E_ = TypeVar("E_", bound=TurnEvent)

OWNER = Actor(kind=ActorKind.PERSON, name="owner", session="s-desk", user="owner")
ALEX = Actor(kind=ActorKind.PERSON, name="alex", session="s-alex", user="alex")


@dataclass
class Heard:
    """Every event of one conversation's turns."""

    events: list[TurnEvent] = field(default_factory=list)

    def of(self, kind: type[E_]) -> list[E_]:
        """Those of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def tools(self) -> list[str]:
        """The tools asked for, in order."""
        return [event.use.tool for event in self.of(ToolBegan)]

    @property
    def streamed(self) -> str:
        """Every word that was handed out."""
        return "".join(event.text for event in self.of(TextAdded))


@dataclass
class Spoken:
    """One turn, over."""

    began: TurnBegan
    heard: Heard
    messages: list[Message]
    """What is stored of it, the question first."""

    @property
    def answer(self) -> Message:
        """The last message of the assistant."""
        return [m for m in self.messages if m.role is Role.ASSISTANT][-1]

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def ended(self) -> TurnEnded:
        return self.heard.of(TurnEnded)[-1]

    @property
    def results(self) -> list[ToolAnswer]:
        """What the tools told, in order."""
        return [p for m in self.messages for p in m.parts if isinstance(p, ToolAnswer)]


class TalkHouse:
    """Everything the talk needs, made as app.py makes it."""

    def __init__(
        self,
        folder: Path,
        simulator: SimulatorProcess,
        watched: Watched,
        doubles: Doubled,
        bus: Bus,
        tasks: Tasks,
        *,
        clock: Clock | None = None,
        registry: dict[str, Tool[Any]] | None = None,
        claude: bool = True,
        local: bool = True,
        claude_changes: dict[str, Any] | None = None,
        day_usd: Decimal = Decimal(50),
    ) -> None:
        self.folder, self.simulator, self.watched, self.doubles = (
            folder,
            simulator,
            watched,
            doubles,
        )
        self.bus, self.tasks = bus, tasks
        self.clock = clock or SystemClock()
        self.registry = registry or dict(REGISTRY)
        self.claude, self.local = claude, local
        self.claude_changes = claude_changes or {}
        self.day_usd = day_usd
        self.database = Database(folder, slow_query_ms=10_000)

    async def open(self) -> "TalkHouse":
        """Start all of it; after `shut` it is the next start on the same database."""
        await asyncio.to_thread(self.database.open)
        bus, clock, tasks = self.bus, self.clock, self.tasks
        self.journal = Journal(
            self.database, bus, clock, tasks, event_retention_days=1, snapshot_retention_days=1
        )
        self.journal.start()
        self.nodes = Nodes(
            nodes_config(self.simulator),
            database=self.database,
            bus=bus,
            clock=clock,
            chance=lambda: 0.5,
            snapshot=lambda: self.watched.service.snapshot,
            wake_by_node=self.watched.service.wake_by_node,
        )
        await self.nodes.start()
        self.gate = Gate(
            self.registry,
            Hands(
                cluster=self.watched.service,
                nodes=self.nodes,
                journal=self.journal,
                clock=clock,
                loopback_only=True,
                docker_node="mgmt",
            ),
            database=self.database,
            bus=bus,
            clock=clock,
            tasks=tasks,
            config=GateConfig(
                own_vmid=103,
                docker_node="mgmt",
                override_hash=PASSKEY_HASH,
                secrets=(
                    SecretStr(self.simulator.token_secret),
                    SecretStr(self.doubles.doubles.claude_key),
                ),
            ),
        )
        await self.gate.start()
        self.models = Models(
            self.models_config(), database=self.database, bus=bus, clock=clock, chance=lambda: 0.5
        )
        await self.models.start()
        self.talk = Talk(
            self.models,
            self.gate,
            self.watched.service,
            self.nodes,
            self.journal,
            database=self.database,
            bus=bus,
            clock=clock,
            tasks=tasks,
            config=TalkConfig(),
        )
        await self.talk.start()
        self.gate.look_up_left(self.talk.tell_left)
        await self.models.look()
        return self

    def models_config(self) -> ModelsConfig:
        """Where the doubles are."""
        doubles = self.doubles.doubles
        claude = ClaudeConfig(
            api_key=SecretStr(doubles.claude_key) if self.claude else None,
            base_url=doubles.claude_url,
            loopback_only=True,
            **self.claude_changes,
        )
        local = LocalConfig(
            base_url=doubles.llama_url,
            key=SecretStr(doubles.llama_key),
            loopback_only=True,
            silence_timeout_s=self.claude_changes.get("silence_timeout_s", 30.0),
        )
        return ModelsConfig(
            claude=claude,
            local=local if self.local else None,
            budget_day_usd=self.day_usd,
            budget_month_usd=self.day_usd,
        )

    async def shut(self) -> None:
        """End it as on SIGTERM."""
        await self.talk.stop("the test is over")
        await self.models.stop("the test is over")
        await self.gate.stop("the test is over")
        await self.nodes.stop("the test is over")
        await self.journal.stop(because="the test is over")
        await self.tasks.stop(because="the test is over")
        await asyncio.to_thread(self.database.close)

    async def crash(self) -> None:
        """End it as a kill does: the next start finds the database as it is at this moment."""
        image = self.folder / "crashed"
        image.mkdir()
        for path in [path for path in self.folder.iterdir() if path.is_file()]:
            shutil.copy(path, image)
        await self.shut()
        self.database = Database(image, slow_query_ms=10_000)

    async def say(
        self,
        text: str,
        conversation: str | None = None,
        *,
        by: Actor = OWNER,
        picked: Picked = Picked.AUTO,
        decide: Callable[[ApprovalWanted], Any] | None = None,
        within_s: float = 30.0,
    ) -> Spoken:
        """Say something and wait for the end of the turn; `decide` answers its approvals."""
        heard = Heard()
        began = await self.talk.say(conversation, text, by, picked=picked)
        return await self.hear_out(began, heard, by=by, decide=decide, within_s=within_s)

    async def hear_out(
        self,
        began: TurnBegan,
        heard: Heard,
        *,
        by: Actor = OWNER,
        decide: Callable[[ApprovalWanted], Any] | None = None,
        within_s: float = 30.0,
    ) -> Spoken:
        """Wait for the end of a turn that has begun."""
        id = began.conversation_id

        def listen(event: TurnEvent) -> None:
            heard.events.append(event)
            if isinstance(event, ApprovalWanted) and decide is not None:
                self.tasks.start(decide(event), name="test decides")

        leave = self.talk.listen(id, listen)
        try:
            await until(
                lambda: self.talk.live(id) is None or heard.of(TurnEnded),
                f"the end of the turn; so far {[type(e).__name__ for e in heard.events][-12:]}",
                within_s=within_s,
            )
        finally:
            leave()
        messages = await self.talk.find_messages(id, by.user or "", limit=200)
        at = next(i for i, m in enumerate(messages) if m.id == began.message.id)
        return Spoken(began, heard, messages[at:])

    async def proceed(self, event: ApprovalWanted, by: Actor = OWNER) -> None:
        """A person's yes."""
        await self.gate.proceed(event.approval_id, by)

    async def refuse(self, event: ApprovalWanted, by: Actor = OWNER) -> None:
        """A person's no."""
        await self.gate.refuse(event.approval_id, by, "not now")

    def models_key(self) -> str:
        """Claude's key."""
        return self.doubles.doubles.claude_key

    def asked(self, double: str) -> list[dict[str, Any]]:
        """The bodies of what a model was asked, in order."""
        found = (one["body"] for one in self.doubles.requests(double) if one["body"])
        return [body for body in found if "messages" in body and "max_tokens" in body]

    async def actions(self) -> list[str]:
        """Everything the audit tells of, newest first."""
        return [row.action for row in await self.database.run(find_audit, limit=100)]

    def providers(self, spoken: Spoken) -> list[ProviderName | None]:
        """Who answered, message by message."""
        return [m.provider for m in spoken.messages if m.role is Role.ASSISTANT]

    def fallen(self, spoken: Spoken) -> list[FellBack]:
        return spoken.heard.of(FellBack)


@asynccontextmanager
async def talking(
    simulator: SimulatorProcess, folder: Path, *, speed: str = "instant", **changes: Any
) -> AsyncIterator[TalkHouse]:
    """The house, until the block ends."""
    tasks = Tasks()
    bus = Bus(tasks)
    async with doubled(speed=speed) as doubles, watching(simulator, bus=bus) as watched:
        house = TalkHouse(folder, simulator, watched, doubles, bus, tasks, **changes)
        await house.open()
        try:
            yield house
        finally:
            if house.database.is_open:
                await house.shut()
