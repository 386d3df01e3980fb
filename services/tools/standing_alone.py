"""The tools and their gate without a page: for one call from a shell, and then gone again."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from db import Database
from services.clock import SystemClock, pause
from services.cluster.config import ClusterConfig
from services.cluster.model import SourceState, Tier
from services.cluster.policy import DEFAULT_POLICY, Policy
from services.cluster.service import ClusterService
from services.events import Bus
from services.journal import Journal
from services.nodes.config import NodesConfig
from services.nodes.service import Nodes
from services.tasks import Tasks
from services.tools.errors import ToolError
from services.tools.gate.config import GateConfig
from services.tools.gate.gate import Gate
from services.tools.hands import Hands
from services.tools.registry import REGISTRY

FIRST_READING_S: Final = 20.0
"""For so long the first reading of the cluster is waited for."""
LOOKS_S: Final = 0.05
BECAUSE: Final = "the command has ended"


class ClusterNotRead(ToolError):
    """No reading of the cluster came about, so nothing in it could be named or protected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingConfig:
    """What a call from a shell needs of the settings."""

    folder: Path
    """Of the database, where the audit is: nobody else may have it open."""
    cluster: ClusterConfig
    nodes: NodesConfig
    gate: GateConfig
    policy: Policy = DEFAULT_POLICY
    event_retention_days: int = 365
    snapshot_retention_days: int = 30
    slow_query_ms: float = 50.0
    loopback_only: bool = False


@asynccontextmanager
async def stand_alone(config: StandingConfig) -> AsyncIterator[Gate]:
    """A gate over the whole cluster, once it has been read; ended in order with the block.

    Raises DatabaseError, as when a running Jarvis has the folder to itself, and ClusterNotRead.
    """
    clock, tasks = SystemClock(), Tasks()
    bus = Bus(tasks)
    database = Database(config.folder, slow_query_ms=config.slow_query_ms)
    await asyncio.to_thread(database.open)
    async with AsyncExitStack() as ending:
        ending.push_async_callback(asyncio.to_thread, database.close)
        ending.push_async_callback(_stop_tasks, tasks)
        journal = Journal(
            database,
            bus,
            clock,
            tasks,
            event_retention_days=config.event_retention_days,
            snapshot_retention_days=config.snapshot_retention_days,
        )
        journal.start()
        ending.push_async_callback(_stop_journal, journal)
        cluster = ClusterService(
            config.cluster, bus=bus, clock=clock, chance=random.random, policy=config.policy
        )
        nodes = Nodes(
            replace(config.nodes, watching=False),
            database=database,
            bus=bus,
            clock=clock,
            chance=random.random,
            snapshot=lambda: cluster.snapshot,
            wake_by_node=cluster.wake_by_node,
        )
        gate = Gate(
            REGISTRY,
            Hands(
                cluster=cluster,
                nodes=nodes,
                journal=journal,
                clock=clock,
                loopback_only=config.loopback_only,
                docker_node=config.nodes.docker_node,
                docker_vmid=config.nodes.docker_vmid,
            ),
            database=database,
            bus=bus,
            clock=clock,
            tasks=tasks,
            config=config.gate,
        )
        cluster.start()
        ending.push_async_callback(cluster.stop, BECAUSE)
        await nodes.start()
        ending.push_async_callback(nodes.stop, BECAUSE)
        await gate.start()
        ending.push_async_callback(gate.stop, BECAUSE)
        await _first_reading(cluster, clock)
        yield gate


async def _first_reading(cluster: ClusterService, clock: SystemClock) -> None:
    """Wait for it. Raises ClusterNotRead."""
    until_s = clock.monotonic_s() + FIRST_READING_S
    while True:
        snapshot, tier = cluster.snapshot, cluster.tiers[Tier.IMPORTANT]
        if snapshot.guests_at is not None and snapshot.quorum_at is not None:
            return
        if tier.state is SourceState.FAILING:
            told = f"{tier.because}. {tier.remedy}" if tier.remedy else str(tier.because)
            raise ClusterNotRead(told)
        if snapshot.guests_at is not None and tier.state is SourceState.OK:
            return  # the quorum cannot be read, which the tools tell where it matters
        if clock.monotonic_s() > until_s:
            raise ClusterNotRead(f"Proxmox has not answered within {FIRST_READING_S:.0f} s")
        await pause(LOOKS_S, cluster.lookups.ended)


async def _stop_tasks(tasks: Tasks) -> None:
    await tasks.stop(because=BECAUSE)


async def _stop_journal(journal: Journal) -> None:
    await journal.stop(because=BECAUSE)
