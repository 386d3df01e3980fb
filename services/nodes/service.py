"""The nodes over SSH, as the rest of the house sees them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import asyncssh
import structlog

from db import Database
from db.queries.events import find_events_of_kinds
from services.clock import Clock
from services.cluster.backoff import Chance
from services.cluster.changes_nodes import NodeCameUp, NodeHappening, NodeRestarted
from services.cluster.model import ClusterSnapshot
from services.events import Bus
from services.nodes.commands import in_bash, in_held_bash
from services.nodes.config import NodesConfig
from services.nodes.errors import NodeAway, NodeNotKnown, NodesStopped
from services.nodes.happenings import HostKeyForgotten, HostKeyTrusted, NodeWoken
from services.nodes.hostkeys import HostKeys, KnownHosts
from services.nodes.links import Links
from services.nodes.model import CommandResult, DockerContainer, NodeLink, NodeWatch, WakeReport
from services.nodes.rounds import INTERVALS_S, Part
from services.nodes.running import Command
from services.nodes.told import KINDS, read_told
from services.nodes.wake import WITHIN_S, Waker
from services.nodes.watch import Watcher
from services.tasks import Tasks

log = structlog.get_logger("nodes")

TIMEOUT_S = 30.0
"""How long a command may take where nobody says otherwise."""
WATCH_TURNS = 2
"""Commands of the watching on one node at once, so that a person's need not wait for them."""
STOP_S = 2.0
"""How long the end waits for commands to be killed; nodes that hang have their own limit."""


class Nodes:
    """Reaches every node over one connection each, watches them, and wakes those that sleep.

    Start it on the event loop, once the database is open and its subscribers are there.
    """

    def __init__(
        self,
        config: NodesConfig,
        *,
        database: Database,
        bus: Bus,
        clock: Clock,
        chance: Chance,
        snapshot: Callable[[], ClusterSnapshot],
        wake_by_node: Callable[[str, str], Awaitable[str]] | None = None,
        intervals_s: Mapping[Part, float] = INTERVALS_S,
    ) -> None:
        """`wake_by_node(neighbour, node)` has one node wake another through Proxmox's API."""
        self._config = config
        self._database = database
        self._bus = bus
        self._clock = clock
        self._snapshot = snapshot
        self._tasks = Tasks()
        self._keys = HostKeys(
            database, clock=clock, known_hosts=KnownHosts(config.known_hosts_file)
        )
        self._links = Links(
            config,
            keys=self._keys,
            publish=bus.publish,
            changed=lambda node: self._watcher.take_link(node),
            snapshot=snapshot,
            clock=clock,
            chance=chance,
            tasks=self._tasks,
        )
        self._waker = Waker(
            config,
            snapshot=snapshot,
            address_of=self._links.find_address,
            wake_by_node=wake_by_node,
            clock=clock,
        )
        self._watcher = Watcher(
            config,
            ask=self._ask,
            link_of=self._links.node_link,
            is_due=lambda node: self._links.link(node).is_due,
            publish=bus.publish,
            snapshot=snapshot,
            clock=clock,
            tasks=self._tasks,
            intervals_s=intervals_s,
        )
        self._watch_turns: dict[str, asyncio.Semaphore] = {}
        self._running: set[Command] = set()
        self._kills: set[asyncio.Task[bool]] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._unsubscribe: Callable[[], None] | None = None
        self._stopped: str | None = None

    async def start(self) -> None:
        """Read the key, the trusted host keys and what was told before, and begin to watch."""
        await self._keys.load()
        await self._links.start()
        self._unsubscribe = self._bus.subscribe(NodeHappening, self._note_return, name="nodes")
        if self._config.watching:
            rows = await self._database.run(find_events_of_kinds, KINDS)
            self._watcher.start(read_told(reversed(rows)))

    async def stop(self, because: str) -> None:
        """End every command, kill what it left on the nodes, and close every connection."""
        self._stopped = because
        if self._unsubscribe is not None:
            self._unsubscribe()
        for command in self._running:
            command.give_up(because)
        try:
            async with asyncio.timeout(STOP_S):
                await self._quiet.wait()
                if self._kills:
                    await asyncio.wait(self._kills)
        except TimeoutError:
            log.warning("commands were left to their own limits", because=because)
        self._links.stop(because)
        await self._tasks.stop(because=because)

    @property
    def watches(self) -> Mapping[str, NodeWatch]:
        """By node, everything read over SSH; the same objects until something changes."""
        return self._watcher.watches

    @property
    def containers(self) -> tuple[DockerContainer, ...]:
        """The containers of Jarvis's own Docker daemon, as last read."""
        return self._watcher.containers

    @property
    def containers_at(self) -> datetime | None:
        """When they were read."""
        return self._watcher.containers_at

    @property
    def containers_because(self) -> str | None:
        """Why they could not be read the last time."""
        return self._watcher.containers_because

    async def run(
        self,
        node: str,
        argv: Sequence[str],
        *,
        timeout_s: float = TIMEOUT_S,
        stdin: str | None = None,
    ) -> CommandResult:
        """Run one command on a node, to its end, in the C locale.

        Its output is bounded; whoever stops waiting has it killed. Raises NodesError.
        """
        return await self._run(node, argv, timeout_s=timeout_s, stdin=stdin, urgent=True)

    async def run_text(
        self, node: str, command: str, *, timeout_s: float = TIMEOUT_S, only_reads: bool = False
    ) -> CommandResult:
        """Run a command line that was classified, in bash. Raises NodesError.

        One that `only_reads` may take no more than a bounded share of the node's memory.
        """
        argv = in_held_bash(command) if only_reads else in_bash(command)
        return await self.run(node, argv, timeout_s=timeout_s)

    async def connection(self, node: str) -> asyncssh.SSHClientConnection:
        """The pooled connection to a node, opened if need be. Raises NodesError.

        Who keeps something open on it takes `borrowed` instead: this one counts as used only now.
        """
        return await self._links.link(node).connection(urgent=True)

    def borrowed(self, node: str) -> AbstractAsyncContextManager[asyncssh.SSHClientConnection]:
        """As `connection`, for the length of a block: it is not closed as idle before."""
        return self._links.borrowed(node)

    async def wake(self, node: str, *, within_s: float = WITHIN_S) -> WakeReport:
        """Wake a node, and wait for it to answer. Raises NodeNotKnown."""
        if node not in self._links.names:
            raise NodeNotKnown(node)
        report = await self._waker.wake(node, within_s=within_s)
        if report.awake and report.sent_by and report.after_s is not None:
            self._bus.publish(
                NodeWoken(
                    at=self._clock.now(),
                    node=node,
                    sent_by=report.sent_by,
                    after_s=report.after_s,
                )
            )
            self._try_again(node)
        return report

    def host_keys(self) -> tuple[NodeLink, ...]:
        """How the connection to each node stands, with the host keys shown and trusted."""
        return tuple(self._links.node_link(name) for name in self._links.names)

    async def trust_host_key(self, node: str, fingerprint: str, *, by: str) -> None:
        """Trust the very key a node has shown, and connect to it.

        Raises HostKeyNotShown for any other; HostKeyChanged where another key is trusted, which a
        person has to forget first.
        """
        if await self._keys.trust(node, fingerprint, by=by):
            self._bus.publish(
                HostKeyTrusted(at=self._clock.now(), node=node, fingerprint=fingerprint, by=by)
            )
        self._try_again(node)

    async def forget_host_key(self, node: str, fingerprint: str, *, by: str) -> None:
        """Withdraw the trust in a node's key; the next one it shows waits for a person again.

        Raises HostKeyNotTrusted where that key is not the one a person had trusted.
        """
        await self._keys.forget(node, fingerprint, by=by)
        self._links.tell_anew(node)
        self._bus.publish(
            HostKeyForgotten(at=self._clock.now(), node=node, fingerprint=fingerprint, by=by)
        )
        self._links.link(node).drop("its host key is no longer trusted")
        self._try_again(node)

    async def _ask(self, node: str, argv: Sequence[str], timeout_s: float) -> CommandResult:
        """For the watching: patient with a node that is away, and leaving turns to others."""
        async with self._watch_turns.setdefault(node, asyncio.Semaphore(WATCH_TURNS)):
            return await self._run(node, argv, timeout_s=timeout_s, stdin=None, urgent=False)

    async def _run(
        self,
        node: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        stdin: str | None,
        urgent: bool,
    ) -> CommandResult:
        link = self._links.link(node)
        command = Command(
            argv,
            self._links.asked(node),
            timeout_s=timeout_s,
            stdin=stdin,
            clock=self._clock,
            start_kill=self._start_kill,
        )
        async with link.turns, link.held():
            connection = await link.connection(urgent=urgent)
            try:
                return await self._run_on(command, connection)
            except NodeAway:
                if not command.unsent or not connection.is_closed() or self._stopped is not None:
                    raise
            # The connection had died unnoticed, and nothing was sent: a new one may carry it.
            return await self._run_on(command, await link.connection(urgent=urgent))

    async def _run_on(
        self, command: Command, connection: asyncssh.SSHClientConnection
    ) -> CommandResult:
        if self._stopped is not None:
            raise NodesStopped(self._stopped)
        self._running.add(command)
        self._quiet.clear()
        try:
            return await command.run(connection)
        finally:
            self._running.discard(command)
            if not self._running:
                self._quiet.set()

    def _start_kill(self, kill: Coroutine[None, None, bool]) -> asyncio.Task[bool]:
        task = self._tasks.start(kill, name="nodes:kill")
        self._kills.add(task)
        task.add_done_callback(self._kills.discard)
        return task

    async def _note_return(self, event: NodeHappening) -> None:
        if isinstance(event, NodeCameUp | NodeRestarted):
            self._try_again(event.node)

    def _try_again(self, node: str) -> None:
        self._links.link(node).forget_failures()
        self._watcher.look_again(node)
