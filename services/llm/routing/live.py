"""One reading of the cluster for its names, for a command that watches nothing."""

import asyncio
import random

from services.clock import Clock, SystemClock
from services.cluster.backoff import Chance
from services.cluster.changes import SnapshotTaken, TierStatusChanged
from services.cluster.config import ClusterConfig
from services.cluster.model import ClusterSnapshot, SourceState, Tier
from services.cluster.service import ClusterService
from services.events import Bus
from services.llm.routing.inventory import Inventory
from services.tasks import Tasks

PATIENCE_S = 30.0


class NoReading(Exception):
    """The cluster could not be read; the text says why and what can be done."""

    def __init__(self, because: str, remedy: str | None = None) -> None:
        self.because = because
        self.remedy = remedy
        super().__init__(
            " ".join(filter(None, (f"The names of the cluster were not read: {because}", remedy)))
        )


async def read_inventory(
    config: ClusterConfig, *, clock: Clock | None = None, chance: Chance = random.random
) -> Inventory:
    """The names of the cluster as they are now. Raises NoReading."""
    clock = clock or SystemClock()
    tasks = Tasks()
    bus = Bus(tasks)
    came: asyncio.Future[ClusterSnapshot] = asyncio.get_running_loop().create_future()

    async def take(event: SnapshotTaken) -> None:
        seen = event.snapshot
        whole = seen.nodes_at and seen.guests_at and seen.storages_at
        if event.tier is Tier.IMPORTANT and whole and not came.done():
            came.set_result(seen)

    async def give_up(event: TierStatusChanged) -> None:
        status = event.status
        failing = status.tier is Tier.IMPORTANT and status.state is SourceState.FAILING
        if failing and not came.done():
            came.set_exception(NoReading(status.because or "no reason is known", status.remedy))

    bus.subscribe(SnapshotTaken, take, name="inventory")
    bus.subscribe(TierStatusChanged, give_up, name="inventory fails")
    cluster = ClusterService(config, bus=bus, clock=clock, chance=chance)
    cluster.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            return Inventory.from_snapshot(await came)
    except TimeoutError:
        raise NoReading(f"Proxmox did not answer within {PATIENCE_S:g} s") from None
    finally:
        await cluster.stop(because="its names are read")
        await tasks.stop(because="its names are read")
