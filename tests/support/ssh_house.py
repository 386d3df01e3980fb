"""The nodes' room over real OpenSSH servers, with a cluster that a test tells."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from db import Database
from services.clock import Clock, SystemClock
from services.cluster.model import ClusterSnapshot, NodeSnapshot
from services.events import Bus, Event
from services.nodes.config import Address, NodesConfig
from services.nodes.model import NodeLink
from services.nodes.service import Nodes
from services.tasks import Tasks
from tests.support.clusters import make_node, make_snapshot
from tests.support.openssh import OpenSsh


class SshHouse:
    """A running `Nodes`, what it has published, and the snapshot it goes by."""

    def __init__(self, nodes: Nodes, bus: Bus, database: Database) -> None:
        self.nodes = nodes
        self.bus = bus
        self.database = database
        self.events: list[Event] = []
        self.snapshot: ClusterSnapshot = make_snapshot()

    def of(self, kind: type[Event]) -> list[Any]:
        """The events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def tell(self, *nodes: NodeSnapshot, **more: object) -> None:
        """Let the cluster have these nodes."""
        self.snapshot = make_snapshot(nodes=nodes, **more)  # type: ignore[arg-type]

    def link(self, node: str = "pve") -> NodeLink:
        """How the connection to a node stands."""
        return {link.node: link for link in self.nodes.host_keys()}[node]

    async def trust(self, node: str = "pve") -> None:
        """Trust what the node shows, as a person does who has compared it."""
        link = self.link(node)
        assert link.fingerprint is not None
        await self.nodes.trust_host_key(node, link.fingerprint, by="owner")


def config_for(server: OpenSsh, names: Iterable[str] = ("pve",), **more: Any) -> NodesConfig:
    """Every name is that server, whose key is trusted in advance unless `more` says otherwise."""
    known_hosts = server.folder / "known_hosts"
    known_hosts.write_text(server.known_hosts_line)
    config = NodesConfig(
        key_file=server.key_file,
        user=server.user,
        addresses={name: Address(host=server.host, port=server.port) for name in names},
        known_hosts_file=known_hosts,
        loopback_only=True,
        watching=False,
    )
    return replace(config, **more)


@asynccontextmanager
async def ssh_house(
    folder: Path,
    config: NodesConfig,
    *,
    clock: Clock | None = None,
    wake_by_node: Callable[[str, str], Awaitable[str]] | None = None,
    **more: Any,
) -> AsyncIterator[SshHouse]:
    """Start it on a database of its own, and leave nothing behind."""
    database = Database(folder, slow_query_ms=1_000)
    database.open()
    tasks = Tasks()
    bus = Bus(tasks)
    nodes = Nodes(
        config,
        database=database,
        bus=bus,
        clock=clock or SystemClock(),
        chance=lambda: 0.5,
        snapshot=lambda: house.snapshot,
        wake_by_node=wake_by_node,
        **more,
    )
    house = SshHouse(nodes, bus, database)
    house.tell(*(make_node(name) for name in config.addresses))

    async def note(event: Event) -> None:
        house.events.append(event)

    bus.subscribe(Event, note, name="test")
    try:
        await nodes.start()
        yield house
    finally:
        await nodes.stop("the test is over")
        await tasks.stop(because="the test is over")
        database.close()
