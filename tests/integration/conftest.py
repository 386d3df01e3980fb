"""What several of these modules ask for in the same words, over their own simulator or house."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from services.llm.claude.provider import ClaudeProvider
from simulator.process import SimulatorProcess
from tests.support.claude_double import ClaudeDouble, claude_double, provider_at
from tests.support.doubles import Doubled, doubled
from tests.support.models_room import Room, a_room
from tests.support.openssh import OpenSsh, running_openssh
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


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OpenSsh]:
    """An OpenSSH server of the test's own."""
    with running_openssh(tmp_path / "openssh") as running:
        yield running


@pytest.fixture
async def doubles() -> AsyncIterator[Doubled]:
    """Both models, quick, and for one test alone."""
    async with doubled() as running:
        yield running


@pytest.fixture
async def api() -> AsyncIterator[ClaudeDouble]:
    """Claude's API, which does what the test writes down."""
    async with claude_double() as running:
        yield running


@pytest.fixture
async def claude(api: ClaudeDouble) -> AsyncIterator[ClaudeProvider]:
    """The provider, over that API."""
    provider = provider_at(api.url)
    yield provider
    await provider.close()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    """The models' room with its costs read, for one test alone."""
    async with a_room(tmp_path) as room:
        await room.models.costs.start()
        yield room
