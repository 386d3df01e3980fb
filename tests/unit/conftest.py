"""What several of these modules ask for in the same words."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from db import Database
from services.auth.service import Auth
from tests.support.auth_house import HOME, PASSWORD, AuthHouse
from tests.support.gate_house import GateHouse
from tests.support.scripted_talk import ScriptedTalk, said
from tests.support.shells import Shells
from tests.support.turned_clock import TurnedClock


@pytest.fixture
def turned_clock() -> TurnedClock:
    """A clock at noon of 20 November 2026 that stands still until the test turns it."""
    return TurnedClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open database of the test's own, in `tmp_path`."""
    opened = Database(tmp_path, slow_query_ms=10_000)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[GateHouse]:
    """A gate of the test's own, open."""
    opened = await GateHouse(tmp_path).open()
    yield opened
    await opened.shut()


@pytest.fixture(scope="module")
def shells(tmp_path_factory: pytest.TempPathFactory) -> Shells:
    """Shared by all tests of a module that only look."""
    return Shells(tmp_path_factory.mktemp("simulator"))


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Shells:
    """Shells for one test alone, which may hurt them."""
    return Shells(tmp_path_factory.mktemp("simulator"))


@pytest.fixture
def talk() -> ScriptedTalk:
    """A talk with one conversation of four messages."""
    told = ScriptedTalk()
    told.begin("c1", *[said(f"m{n}", f"words {n}") for n in range(4)])
    return told


@pytest.fixture
async def auth_house(tmp_path: Path) -> AsyncIterator[AuthHouse]:
    """A house nobody owns yet."""
    built = AuthHouse(tmp_path)
    yield built
    await built.close()


@pytest.fixture
async def auth(auth_house: AuthHouse) -> Auth:
    """The sign-in of that house, once it has its owner."""
    built = await auth_house.auth()
    await built.set_up("owner", PASSWORD, HOME, code=built.setup_code or "")
    return built
