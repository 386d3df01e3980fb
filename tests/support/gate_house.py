"""A gate over a real database with a few tools of every tier, which remember what they did.

The cluster stands still: a snapshot of the test's own making, and no network to read anew. What is
tested is what the gate lets through; the tools of the product and the simulated homelab have tests
of their own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from argon2 import PasswordHasher
from pydantic import Field, SecretStr

from db import Database
from db.queries.audit import find_audit, find_broken_audit
from db.rows import AuditRow
from services.auth.passwords import Passwords
from services.cluster.errors import ClusterError
from services.cluster.model import ClusterSnapshot, GuestState
from services.events import Bus, Event
from services.journal import Journal
from services.nodes.service import Nodes
from services.safety.actors import Actor, ActorKind
from services.safety.classifier import classify
from services.safety.protection_commands import touches_of_command
from services.safety.tiers import Tier, Verdict
from services.safety.touches import Touch, TouchKind
from services.tasks import Tasks
from services.tools.calls import ToolCall, ToolResult
from services.tools.gate.config import GateConfig
from services.tools.gate.gate import Gate
from services.tools.hands import Hands
from services.tools.spec import Arguments, CutOff, Found, Tool
from tests.support.clusters import make_guest, make_node, make_snapshot
from tests.support.turned_clock import TurnedClock

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSKEY = SecretStr("correct-horse-9")
PASSKEY_HASH = SecretStr(CHEAP.hash(PASSKEY.get_secret_value()))
E_ = TypeVar("E_", bound=Event)

OWNER = Actor(kind=ActorKind.PERSON, name="owner", session="s-desk", user="owner")
PHONE = Actor(kind=ActorKind.PERSON, name="owner", session="s-phone", user="owner")
GUEST_USER = Actor(kind=ActorKind.PERSON, name="alex", session="s-alex", user="alex")
MODEL = Actor(kind=ActorKind.MODEL, name="claude", session="s-desk", user="owner")
MONITOR = Actor(kind=ActorKind.MONITOR, name="monitor")
API = Actor(kind=ActorKind.API, name="token-1")
MCP = Actor(kind=ActorKind.MCP, name="other")


def homelab(**changes: Any) -> ClusterSnapshot:
    """Three nodes; mgmt (103) is protected and lives on pve, beside media (104)."""
    given: dict[str, Any] = {
        "nodes": [make_node("pve"), make_node("home"), make_node("agent")],
        "guests": [
            make_guest(101, name="adguard", node="home", tags=("dns",)),
            make_guest(103, name="mgmt", tags=("jarvis-protected",), protected=True),
            make_guest(104, name="media", tags=("media",)),
            make_guest(112, GuestState.STOPPED, name="win11"),
        ],
    }
    return make_snapshot(**{**given, **changes})


class Silent:
    """Reads of a cluster that does not answer."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def fetch(*_: Any, **__: Any) -> Any:
            raise ClusterError("Proxmox gave no answer")

        return fetch


@dataclass(slots=True)
class StillCluster:
    """A cluster as a test has drawn it."""

    snapshot: ClusterSnapshot = field(default_factory=homelab)
    lookups: Any = field(default_factory=Silent)

    async def read_anew(self, *, within_s: float) -> bool:
        """Nothing is news here."""
        return True


@dataclass(slots=True)
class StillNodes:
    """Nodes of which only the containers are known."""

    containers: tuple[Any, ...] = ()


class GuestArguments(Arguments):
    guest: int = Field(description="The guest's number.", ge=100, le=999_999)
    force: bool = Field(False, description="Whether to cut its power.")


class NodeArguments(Arguments):
    node: str = Field(description="The node's name.", pattern=r"^[a-z][a-z0-9-]*$")


class CommandArguments(Arguments):
    node: str = Field(description="The node's name.")
    command: str = Field(description="The command line.", min_length=1)


@dataclass(slots=True)
class Deeds:
    """What the tools have done, and how they shall behave."""

    done: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    entries_before: list[int] = field(default_factory=list)
    """How many entries the audit had as each deed was done."""
    count_entries: Callable[[], Awaitable[int]] | None = None
    found: Found = field(default_factory=lambda: Found(text="done", verified=True))
    hold: asyncio.Event | None = None
    """A deed waits for this, should it be set."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    raises: Exception | None = None
    seen: Found | Exception | None = None
    """What a look back at a change reads that was cut off."""
    watch: Callable[[str, Mapping[str, Any], Actor], Awaitable[None]] | None = None
    """Called with each deed, before it counts as done."""

    async def do(self, name: str, arguments: Arguments, hands: Hands) -> Found:
        if self.watch is not None:
            assert hands.actor is not None
            await self.watch(name, arguments.model_dump(), hands.actor)
        if self.count_entries is not None:
            self.entries_before.append(await self.count_entries())
        self.done.append((name, arguments.model_dump()))
        self.begun.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.raises is not None:
            raise self.raises
        return self.found

    async def look_back(self, _: Arguments, __: Hands, cut: CutOff) -> Found:
        assert cut.targets
        if isinstance(self.seen, Exception):
            raise self.seen
        assert self.seen is not None
        return self.seen


def tools_over(deeds: Deeds) -> dict[str, Tool[Any]]:
    """Tools of every tier, shaped like those of the product."""

    def guest(name: str, tier: Tier, *, ends: bool = True) -> Tool[Any]:
        async def run(arguments: GuestArguments, hands: Hands) -> Found:
            return await deeds.do(name, arguments, hands)

        def touches(arguments: GuestArguments, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
            found = snapshot.guests.get(arguments.guest)
            return (
                Touch(
                    kind=TouchKind.GUEST,
                    id=str(arguments.guest),
                    node=found.node if found else None,
                    ends=ends,
                ),
            )

        return Tool(
            name=name,
            summary=f"{name} for a test",
            arguments=GuestArguments,
            tier=tier,
            changes="" if tier is Tier.GREEN else "the guest",
            timeout_s=30.0,
            touches=touches,
            run=run,
            look_back=None if tier is Tier.GREEN else deeds.look_back,
        )

    async def run_node(arguments: NodeArguments, hands: Hands) -> Found:
        return await deeds.do("reboot_node", arguments, hands)

    async def run_command(arguments: CommandArguments, hands: Hands) -> Found:
        return await deeds.do("run_command", arguments, hands)

    def judge(arguments: CommandArguments) -> Verdict:
        return classify(arguments.command)

    tools = [
        guest("get_guest_status", Tier.GREEN),
        guest("start_guest", Tier.YELLOW, ends=False),
        guest("stop_guest", Tier.RED),
        guest("destroy_guest", Tier.BLACK),
        Tool(
            name="reboot_node",
            summary="reboots a node",
            arguments=NodeArguments,
            tier=Tier.RED,
            changes="the node",
            touches=lambda given, _: (
                Touch(kind=TouchKind.NODE_POWER, id=given.node, node=given.node, ends=True),
            ),
            run=run_node,
        ),
        Tool(
            name="run_command",
            summary="runs a command on a node",
            arguments=CommandArguments,
            tier=judge,
            changes="whatever the command changes",
            touches=lambda given, seen: touches_of_command(given.node, given.command, seen),
            run=run_command,
        ),
    ]
    return {tool.name: tool for tool in tools}


class GateHouse:
    """A gate, its database, its clock, and what it has told."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.folder = folder
        self.clock = TurnedClock()
        self.cluster = StillCluster()
        self.nodes = StillNodes()
        self.deeds = Deeds()
        self.heard: list[Event] = []
        self.config = GateConfig(**{"own_vmid": 103, "override_hash": PASSKEY_HASH, **config})
        self.database = Database(folder, slow_query_ms=10_000)
        self._calls = 0

    async def open(self) -> "GateHouse":
        """Start the gate; after `shut` it is the next start on the same database."""
        self.database.open()
        self.tasks = Tasks()
        self.bus = Bus(self.tasks)
        self.bus.subscribe(Event, self._hear, name="test")
        self.deeds.count_entries = self._count_entries
        hands = Hands(
            cluster=cast(Any, self.cluster),
            nodes=cast(Nodes, self.nodes),
            journal=cast(Journal, None),
            clock=self.clock,
        )
        self.gate = Gate(
            tools_over(self.deeds),
            hands,
            database=self.database,
            bus=self.bus,
            clock=self.clock,
            tasks=self.tasks,
            config=self.config,
            passwords=Passwords(CHEAP),
        )
        await self.gate.start()
        return self

    async def shut(self, *, killed: bool = False) -> None:
        """End it as on SIGTERM; `killed` leaves out everything that would be put in order."""
        if not killed:
            await self.gate.stop("the test ends")
        await self.tasks.stop(because="the test ends")
        await asyncio.to_thread(self.database.close)

    async def ask(
        self, tool: str, actor: Actor = OWNER, reason: str = "because", **arguments: Any
    ) -> ToolResult:
        """One call."""
        self._calls += 1
        call = ToolCall(id=f"call-{self._calls}", tool=tool, arguments=arguments, reason=reason)
        return await self.gate.execute(call, actor)

    async def entries(self) -> list[AuditRow]:
        """The whole audit, oldest first."""
        rows = await self.database.run(find_audit, limit=1_000)
        return rows[::-1]

    async def broken(self) -> int | None:
        """The first entry of the audit that does not fit."""
        return await self.database.run(find_broken_audit)

    def told(self, kind: type[E_]) -> list[E_]:
        """The events of a kind, in order."""
        return [event for event in self.heard if isinstance(event, kind)]

    async def _hear(self, event: Event) -> None:
        self.heard.append(event)

    async def _count_entries(self) -> int:
        return len(await self.entries())


async def asked(house: GateHouse, actor: Actor = MODEL) -> str:
    """A stop of guest 104 that waits for a person: the id of its approval."""
    result = await house.ask("stop_guest", actor, guest=104)
    assert result.approval_id is not None, result
    return result.approval_id
