"""What several of these modules ask for in the same words, over their own simulator or house."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from simulator.process import SimulatorProcess
from tests.support.paper_house import PaperHouse
from tests.support.proxmox import Wire
from tests.support.tool_bench import Bench, bench_over


@pytest.fixture
def wire(simulator: SimulatorProcess) -> Iterator[Wire]:
    """The API of the module's simulator."""
    with Wire(simulator) as wire:
        yield wire


@pytest.fixture
async def bench(simulator: SimulatorProcess) -> AsyncIterator[Bench]:
    """The tools, over the module's simulator."""
    async with bench_over(simulator) as bench:
        yield bench


@pytest.fixture
async def owner(house: PaperHouse) -> AsyncIterator[httpx.AsyncClient]:
    """The owner's browser, signed in to the module's house."""
    async with await house.enter() as browser:
        yield browser
