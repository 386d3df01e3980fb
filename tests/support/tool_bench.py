"""Tools over a simulated homelab: real HTTPS, a real cluster service, and no gate in between."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from services.clock import SystemClock
from services.tools.hands import Hands
from services.tools.registry import REGISTRY
from services.tools.spec import Found
from simulator.process import SimulatorProcess
from tests.support.watched import Watched, watching


class Bench:
    """Hands over one simulation, and a way to use each tool by its name."""

    def __init__(self, hands: Hands, watched: Watched, simulator: SimulatorProcess) -> None:
        self.hands = hands
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


@asynccontextmanager
async def bench_over(simulator: SimulatorProcess, **changes: Any) -> AsyncIterator[Bench]:
    """Tools over this simulation, until the block ends."""
    async with watching(simulator, **changes) as watched:
        hands = Hands(
            cluster=watched.service,
            nodes=None,  # type: ignore[arg-type]
            journal=None,  # type: ignore[arg-type]
            clock=SystemClock(),
            loopback_only=True,
        )
        yield Bench(hands, watched, simulator)
