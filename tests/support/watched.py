"""A ClusterService that watches a simulated homelab quickly, and remembers what it told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from services.clock import SystemClock
from services.cluster.config import ClusterConfig
from services.cluster.model import NodeState, SourceState, Tier
from services.cluster.policy import Policy
from services.cluster.service import ClusterService
from services.events import Bus, Event, Happening
from services.tasks import Tasks
from simulator.process import SimulatorProcess
from tests.support.waiting import until

FAST_S = {Tier.CRITICAL: 0.3, Tier.IMPORTANT: 0.6, Tier.ROUTINE: 3.0, Tier.BACKGROUND: 1.0}

E_ = TypeVar("E_", bound=Event)


def config_of(simulator: SimulatorProcess, **changes: Any) -> ClusterConfig:
    """The settings under which the simulated cluster is read."""
    settings = {
        "endpoints": tuple(simulator.endpoints),
        "token_id": simulator.token_id,
        "token_secret": SecretStr(simulator.token_secret),
        "ca_file": Path(simulator.ca_file),
        "timeout_s": 1.0,
        "loopback_only": True,
        "intervals_s": FAST_S,
    }
    return ClusterConfig(**(settings | changes))


class Watched:
    """The service, and every event it has published."""

    def __init__(self, service: ClusterService, bus: Bus) -> None:
        self.service = service
        self.events: list[Event] = []
        bus.subscribe(Event, self._hear, name="test")

    async def _hear(self, event: Event) -> None:
        self.events.append(event)

    def heard(self, kind: type[E_]) -> list[E_]:
        """The events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def happenings(self) -> list[str]:
        """The sentences a person was told."""
        return [event.sentence() for event in self.heard(Happening)]

    async def told(self, kind: type[E_], *, within_s: float = 15.0) -> E_:
        """Wait for the first event of a kind."""
        await until(
            lambda: self.heard(kind), f"{kind.__name__} among {self.happenings}", within_s=within_s
        )
        return self.heard(kind)[0]

    async def reads(self, *tiers: Tier) -> None:
        """Wait until these tiers are well."""
        for tier in tiers:
            await until(
                lambda tier=tier: self.service.tiers[tier].state is SourceState.OK,
                f"{tier} to be read: {self.service.tiers[tier]}",
            )

    async def sees(self, node: str, state: NodeState) -> None:
        """Wait until a node is seen in a state."""
        await until(
            lambda: self.service.snapshot.nodes[node].state is state, f"{node} to be {state}"
        )


@asynccontextmanager
async def watching(
    simulator: SimulatorProcess,
    policy: Policy | None = None,
    *,
    bus: Bus | None = None,
    **changes: Any,
) -> AsyncIterator[Watched]:
    """Watch until the block ends; then nothing of it may be left running."""
    tasks = Tasks()
    bus = bus or Bus(tasks)
    service = ClusterService(
        config_of(simulator, **changes),
        bus=bus,
        clock=SystemClock(),
        chance=lambda: 0.5,
        policy=policy or Policy(probe_interval_s=FAST_S[Tier.CRITICAL]),
    )
    watched = Watched(service, bus)
    service.start()
    try:
        await watched.reads(Tier.CRITICAL, Tier.IMPORTANT)
        yield watched
    finally:
        await service.stop("the test is over")
        assert await tasks.stop(because="the test is over") == []
