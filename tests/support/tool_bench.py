"""Tools over a simulated homelab: real HTTPS, real SSH, a real journal, and no gate in between."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from db import Database
from services.clock import SystemClock
from services.events import Bus
from services.journal import Journal
from services.nodes.config import NodesConfig, parse_address
from services.nodes.service import Nodes
from services.tasks import Tasks
from services.tools.hands import Hands
from services.tools.registry import REGISTRY
from services.tools.spec import Found
from simulator.process import SimulatorProcess
from tests.support.watched import Watched, watching


class Bench:
    """Hands over one simulation, and a way to use each tool by its name."""

    def __init__(
        self, hands: Hands, watched: Watched, simulator: SimulatorProcess, database: Database
    ) -> None:
        self.hands = hands
        self.database = database
        self.watched = watched
        self.simulator = simulator

    async def use(self, tool: str, /, **arguments: Any) -> Found:
        """What the tool finds, its arguments validated as the gate does."""
        chosen = REGISTRY[tool]
        return await chosen.run(chosen.arguments.model_validate(arguments), self.hands)

    @property
    def world(self) -> Mapping[str, Any]:
        """The simulator's own summary of its world."""
        return self.simulator.world()


def nodes_config(simulator: SimulatorProcess, **more: Any) -> NodesConfig:
    """How the simulated nodes are reached over SSH; nothing is watched unless `more` says so."""
    given: dict[str, Any] = {
        "key_file": Path(simulator.ssh_key_file),
        "user": simulator.ssh_user,
        "addresses": {
            name: parse_address(address, port=22) for name, address in simulator.ssh.items()
        },
        "known_hosts_file": Path(simulator.ssh_known_hosts_file),
        "loopback_only": True,
        "watching": False,
    }
    return NodesConfig(**(given | more))


@asynccontextmanager
async def bench_over(
    simulator: SimulatorProcess,
    *,
    nodes: dict[str, Any] | None = None,
    docker_vmid: int | None = None,
    **changes: Any,
) -> AsyncIterator[Bench]:
    """Tools over this simulation, until the block ends; `nodes` changes how SSH is set up."""
    tasks = Tasks()
    bus = Bus(tasks)
    clock = SystemClock()
    with TemporaryDirectory() as folder:
        database = Database(Path(folder), slow_query_ms=10_000)
        await asyncio.to_thread(database.open)
        journal = Journal(
            database, bus, clock, tasks, event_retention_days=1, snapshot_retention_days=1
        )
        journal.start()
        async with watching(simulator, bus=bus, **changes) as watched:
            service = Nodes(
                nodes_config(simulator, docker_vmid=docker_vmid, **(nodes or {})),
                database=database,
                bus=bus,
                clock=clock,
                chance=lambda: 0.5,
                snapshot=lambda: watched.service.snapshot,
                wake_by_node=watched.service.wake_by_node,
            )
            await service.start()
            hands = Hands(
                cluster=watched.service,
                nodes=service,
                journal=journal,
                clock=clock,
                loopback_only=True,
                docker_vmid=docker_vmid,
            )
            try:
                yield Bench(hands, watched, simulator, database)
            finally:
                await service.stop("the test is over")
        await journal.stop(because="the test is over")
        assert await tasks.stop(because="the test is over") == []
        await asyncio.to_thread(database.close)
