"""The nodes over SSH, as the rest of the house sees them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import asyncssh

from db import Database
from services.clock import Clock
from services.cluster.backoff import Chance
from services.cluster.model import ClusterSnapshot
from services.events import Bus
from services.nodes.config import NodesConfig
from services.nodes.model import CommandResult, DockerContainer, NodeLink, NodeWatch, WakeReport


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
    ) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Read the trusted host keys and begin to watch."""
        raise NotImplementedError

    async def stop(self, because: str) -> None:
        """End every command, kill what it left on the nodes, and close every connection."""
        raise NotImplementedError

    @property
    def watches(self) -> Mapping[str, NodeWatch]:
        """By node, everything read over SSH."""
        raise NotImplementedError

    @property
    def containers(self) -> tuple[DockerContainer, ...]:
        """The containers of Jarvis's own Docker daemon, as last read."""
        raise NotImplementedError

    @property
    def containers_at(self) -> datetime | None:
        """When they were read."""
        raise NotImplementedError

    @property
    def containers_because(self) -> str | None:
        """Why they could not be read the last time."""
        raise NotImplementedError

    async def run(
        self, node: str, argv: Sequence[str], *, timeout_s: float = 30.0, stdin: str | None = None
    ) -> CommandResult:
        """Run one command on a node, to its end. Raises NodesError."""
        raise NotImplementedError

    async def run_text(self, node: str, command: str, *, timeout_s: float = 30.0) -> CommandResult:
        """Run a command line that was classified, in bash. Raises NodesError."""
        raise NotImplementedError

    async def connection(self, node: str) -> asyncssh.SSHClientConnection:
        """The pooled connection to a node, opened if need be. Raises NodesError."""
        raise NotImplementedError

    async def wake(self, node: str) -> WakeReport:
        """Wake a node, and wait for it to answer. Raises NodesError."""
        raise NotImplementedError

    def host_keys(self) -> tuple[NodeLink, ...]:
        """How the connection to each node stands, with the host keys shown and trusted."""
        raise NotImplementedError

    async def trust_host_key(self, node: str, fingerprint: str, *, by: str) -> None:
        """Trust the very key a node has shown. Raises HostKeyNotShown, HostKeyChanged."""
        raise NotImplementedError
