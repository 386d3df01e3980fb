"""What every test may use: a simulated homelab in a process of its own."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from simulator.process import SimulatorProcess

# How long an example takes is the machine's affair, and other tests run beside it.
settings.register_profile(
    "jarvis", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("jarvis")
# Drawn with frames and values, as is the default, a traceback takes half a second.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no later collection has to walk it, and there are fewer."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Four nodes and twenty guests, shared by all tests: read, do not hurt."""
    with SimulatorProcess.start(tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.fixture
def own_simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """The same for one test alone, which may hurt it."""
    with SimulatorProcess.start(tmp_path / "simulator") as running:
        yield running
