"""Log lines of one job carry its id, and those of another do not."""

import asyncio
from collections.abc import AsyncIterator, Iterator, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from services.cluster.ticks import HousekeepingFellDue
from services.events import Bus
from services.nodes.config import Address
from services.tasks import Tasks
from services.tools.registry import REGISTRY
from simulator.process import SimulatorProcess
from tests.support.clusters import make_snapshot
from tests.support.gate_house import GateHouse
from tests.support.openssh import needs_openssh, running_openssh
from tests.support.ssh_house import config_for, ssh_house
from tests.support.talk_house import talking
from tests.support.waiting import until

Lines = list[MutableMapping[str, Any]]
log = structlog.get_logger("test")


@pytest.fixture
def lines() -> Iterator[Lines]:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    tasks = Tasks()
    yield tasks
    await tasks.stop(because="the test is over")


def jobs(lines: Lines, event: str) -> list[str | None]:
    """The job of each such line, in order."""
    return [line.get("job") for line in lines if line["event"] == event]


async def test_a_job_is_in_the_lines_of_its_task_and_of_those_it_starts(
    lines: Lines, tasks: Tasks
) -> None:
    async def note() -> None:
        log.info("noted")

    async def work() -> None:
        await tasks.start(note(), name="below")
        await tasks.start(note(), name="beside", apart=True)
        raise RuntimeError("no water")

    task = tasks.start(work(), name="kettle", job="7f3a91c2")
    await asyncio.wait([task])
    await until(lambda: jobs(lines, "task failed"), "the failure to be logged")
    log.info("outside")

    assert jobs(lines, "noted") == ["7f3a91c2", None]
    assert jobs(lines, "task failed") == ["7f3a91c2"]
    assert jobs(lines, "outside") == [None]


async def test_each_housekeeping_is_a_job_and_its_failure_is_told_under_it(
    lines: Lines, tasks: Tasks
) -> None:
    bus = Bus(tasks)

    async def housekeep(_: HousekeepingFellDue) -> None:
        log.info("old rows deleted")
        raise OSError("the disk is full")

    bus.subscribe(HousekeepingFellDue, housekeep, name="housekeeping", as_job=True)
    for _ in range(2):
        due = HousekeepingFellDue(at=datetime.now(UTC), snapshot=make_snapshot())
        bus.publish(due)
    await bus.drained()

    begun = jobs(lines, "old rows deleted")
    assert None not in begun
    assert len(set(begun)) == 2
    assert jobs(lines, "subscriber failed") == begun


async def test_a_call_is_a_job_under_its_own_id(lines: Lines, tmp_path: Path) -> None:
    house = await GateHouse(tmp_path).open()
    house.deeds.raises = KeyError("nothing there")

    await house.ask("get_guest_status", guest=104)
    await house.ask("get_guest_status", guest=104)
    await house.shut()

    assert jobs(lines, "a tool broke off") == ["call-1", "call-2"]


async def test_a_call_within_a_turn_is_part_of_the_turn(lines: Lines, tmp_path: Path) -> None:
    async def breaks(*_: object) -> Any:
        raise RuntimeError("no bearing")

    registry = {**REGISTRY, "get_guest_status": replace(REGISTRY["get_guest_status"], run=breaks)}
    with SimulatorProcess.start(tmp_path / "simulator") as simulator:
        async with talking(simulator, tmp_path / "house", registry=registry) as house:
            spoken = await house.say("@direct status of mgmt")

    assert spoken.heard.tools == ["get_guest_status"]
    assert jobs(lines, "a tool broke off") == [spoken.began.turn_id]


@needs_openssh
async def test_each_ssh_round_is_a_job_and_the_connection_another(
    lines: Lines, tmp_path: Path
) -> None:
    with running_openssh(tmp_path / "openssh") as server:
        config = config_for(server, watching=True)
        config = replace(config, addresses={"pve": Address(host=server.host, port=1)})
        async with ssh_house(tmp_path / "data", config):
            await until(
                lambda: len(jobs(lines, "a part could not be read")) >= 4, "each part to fail"
            )

    rounds = jobs(lines, "a part could not be read")[:4]
    dials = {line.get("job") for line in lines if line["event"] == "no connection"}
    assert None not in rounds
    assert len(set(rounds)) == 4
    assert dials
    assert None not in dials
    assert not dials & set(rounds)
