"""What tests of terminals share: a gate that keeps its record, connections, a page that reads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType

import asyncssh

from services.clock import SystemClock
from services.cluster.model import (
    ClusterSnapshot,
    GuestKind,
    GuestSnapshot,
    GuestState,
    NodeSnapshot,
    NodeState,
)
from services.events import Bus
from services.nodes.errors import NodeAway
from services.nodes.terminal import Terminal
from services.nodes.terminal_gate import Granted, Refused, TerminalAsk, TerminalUse, Waiting
from services.nodes.terminal_model import Begun, Output, Over, Piece
from services.nodes.terminal_viewer import Viewer
from services.nodes.terminals import Connections, Terminals
from services.tasks import Tasks
from tests.support.openssh import OpenSsh
from tests.support.turned_clock import NOON

OWNER = "session-of-owner"


@dataclass
class KeptGate:
    """Asks once a session, or not at all; what it was told stands in its lists."""

    asks: bool = False
    refuses: str | None = None
    opened: list[TerminalAsk] = field(default_factory=list)
    closed: list[tuple[int, TerminalAsk, TerminalUse]] = field(default_factory=list)
    questions: dict[str, asyncio.Future[Granted | Refused]] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)
    _asked_for: dict[str, str] = field(default_factory=dict)

    async def may_open(self, ask: TerminalAsk) -> Granted | Waiting | Refused:
        if self.refuses is not None:
            return Refused(because=self.refuses)
        if not self.asks or ask.session in self.granted:
            return Granted()
        approval_id = f"a{len(self.questions) + 1}"
        self.questions[approval_id] = asyncio.get_running_loop().create_future()
        self._asked_for[approval_id] = ask.session
        return Waiting(approval_id=approval_id)

    async def settled(self, approval_id: str) -> Granted | Refused:
        return await asyncio.shield(self.questions[approval_id])

    async def withdraw(self, approval_id: str, because: str) -> None:
        self.withdrawn.append((approval_id, because))

    async def audit_opened(self, ask: TerminalAsk) -> int:
        self.opened.append(ask)
        return len(self.opened)

    async def audit_closed(self, audit_id: int, ask: TerminalAsk, use: TerminalUse) -> None:
        self.closed.append((audit_id, ask, use))

    def proceed(self, approval_id: str) -> None:
        self.granted.add(self._asked_for[approval_id])
        self.questions[approval_id].set_result(Granted())

    def refuse(self, approval_id: str, because: str) -> None:
        self.questions[approval_id].set_result(Refused(because=because))


class Dialled:
    """One connection a node, to SSH servers on this machine; a node without one is away."""

    def __init__(self, **servers: OpenSsh) -> None:
        self._servers = servers
        self._open: dict[str, asyncssh.SSHClientConnection] = {}

    @asynccontextmanager
    async def borrowed(self, node: str) -> AsyncIterator[asyncssh.SSHClientConnection]:
        server = self._servers.get(node)
        if server is None:
            raise NodeAway(node, "did not answer within 10 s")
        found = self._open.get(node)
        if found is None or found.is_closed():
            found = self._open[node] = await asyncssh.connect(
                server.host,
                server.port,
                username=server.user,
                client_keys=[str(server.key_file)],
                known_hosts=asyncssh.import_known_hosts(server.known_hosts_line),
                config=None,
            )
        yield found

    async def close(self) -> None:
        for connection in self._open.values():
            connection.close()
            await connection.wait_closed()


def homelab() -> ClusterSnapshot:
    """Two nodes of which one is down, a container and a machine that run, and one that is off."""

    def node(name: str, state: NodeState) -> NodeSnapshot:
        return NodeSnapshot(name=name, state=state, state_since=NOON)

    def guest(vmid: int, name: str, kind: GuestKind, state: GuestState) -> GuestSnapshot:
        return GuestSnapshot(
            vmid=vmid, kind=kind, node="pve", state=state, state_since=NOON, name=name
        )

    return ClusterSnapshot(
        taken_at=NOON,
        nodes=MappingProxyType(
            {
                "pve": node("pve", NodeState.ONLINE),
                "home": node("home", NodeState.ONLINE),
                "agent1": node("agent1", NodeState.DOWN),
            }
        ),
        guests=MappingProxyType(
            {
                101: guest(101, "adguard", GuestKind.LXC, GuestState.RUNNING),
                104: guest(104, "media", GuestKind.QEMU, GuestState.RUNNING),
                112: guest(112, "win11", GuestKind.QEMU, GuestState.STOPPED),
            }
        ),
    )


@dataclass
class TerminalStory:
    """Terminals over given connections, and how a page reads one."""

    terminals: Terminals
    gate: KeptGate
    bus: Bus
    tasks: Tasks

    def open(
        self,
        node: str = "pve",
        *,
        guest: int | None = None,
        cols: int = 80,
        rows: int = 24,
        owner: str = OWNER,
    ) -> Terminal:
        facts = self.terminals.open(
            node, guest=guest, cols=cols, rows=rows, owner=owner, user="owner"
        )
        return self.terminals.find(facts.id, owner)


@asynccontextmanager
async def terminal_story(
    connections: Connections,
    *,
    gate: KeptGate | None = None,
    left_alone_s: float = 120.0,
    snapshot: Callable[[], ClusterSnapshot] = homelab,
) -> AsyncIterator[TerminalStory]:
    """Running terminals; ended with the block."""
    tasks = Tasks()
    bus = Bus(tasks)
    kept = gate or KeptGate()
    numbers = count(1)
    terminals = Terminals(
        connections,
        kept,
        snapshot=snapshot,
        bus=bus,
        clock=SystemClock(),
        tasks=tasks,
        new_id=lambda: f"t{next(numbers)}",
        left_alone_s=left_alone_s,
    )
    terminals.start()
    try:
        yield TerminalStory(terminals, kept, bus, tasks)
    finally:
        await terminals.stop("the test is over")
        if isinstance(connections, Dialled):
            await connections.close()
        await tasks.stop(because="the test is over")


class Screen:
    """A page that draws at once and keeps all it was sent."""

    def __init__(self, terminal: Terminal, *, since: int | None = None) -> None:
        self.terminal = terminal
        self.viewer: Viewer = terminal.attach(since=since)
        self.shown = bytearray()
        self.at = 0
        self.begun: list[Begun] = []
        self.over: Over | None = None
        self.pieces: list[Piece] = []

    async def take(self) -> Piece:
        """One piece, drawn."""
        piece = await self.viewer.next()
        self.pieces.append(piece)
        if isinstance(piece, Begun):
            self.begun.append(piece)
            self.at = piece.at
            if piece.fresh:
                self.shown.clear()
                self.shown += piece.first
        elif isinstance(piece, Output):
            self.shown += piece.data
            self.at += len(piece.data)
            self.viewer.acknowledge(self.at)
        elif isinstance(piece, Over):
            self.over = piece
        return piece

    async def until(self, wanted: bytes, *, within_s: float = 15.0) -> bytes:
        """Read on until the screen has shown this; hands back all it has shown."""
        try:
            async with asyncio.timeout(within_s):
                while wanted not in self.shown:
                    await self.take()
        except TimeoutError:
            told = bytes(self.shown[-400:])
            raise AssertionError(f"{wanted!r} was not shown; the end is {told!r}") from None
        return bytes(self.shown)

    async def until_over(self, *, within_s: float = 15.0) -> Over:
        """Read on to the end."""
        async with asyncio.timeout(within_s):
            while self.over is None:
                await self.take()
        return self.over

    def type(self, text: str | bytes) -> None:
        """Press keys."""
        self.terminal.type(self.viewer, text.encode() if isinstance(text, str) else text)

    def leave(self) -> None:
        """Close the page."""
        self.terminal.detach(self.viewer)
