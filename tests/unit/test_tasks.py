import asyncio

import pytest
from structlog.testing import capture_logs

from services.tasks import Tasks


async def forever() -> None:
    await asyncio.Event().wait()


async def test_a_task_that_fails_is_logged_with_its_name():
    tasks = Tasks()

    async def fails() -> None:
        raise RuntimeError("no water")

    with capture_logs() as logs:
        task = tasks.start(fails(), name="kettle")
        await asyncio.wait([task])
        await asyncio.sleep(0)

    assert [(entry["event"], entry["name"]) for entry in logs] == [("task failed", "kettle")]
    assert isinstance(logs[0]["exc_info"], RuntimeError)
    assert tasks.names == []


async def test_a_task_that_is_cancelled_is_no_failure():
    tasks = Tasks()
    tasks.start(forever(), name="kettle")
    with capture_logs() as logs:
        assert await tasks.stop(because="the test is over") == []
    assert logs == []


async def test_the_running_tasks_are_known_by_name():
    tasks = Tasks()
    tasks.start(forever(), name="pot")
    tasks.start(forever(), name="kettle")

    assert tasks.names == ["kettle", "pot"]
    assert await tasks.stop(because="the test is over") == []
    assert tasks.names == []


async def test_stopping_names_those_that_would_not_end():
    tasks = Tasks()
    released = asyncio.Event()

    async def stubborn() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    tasks.start(stubborn(), name="stubborn")
    tasks.start(forever(), name="willing")
    await asyncio.sleep(0)

    with capture_logs() as logs:
        stuck = await tasks.stop(because="the house closes", grace_s=0.05)

    assert stuck == ["stubborn"]
    assert logs[0]["names"] == ["stubborn"]
    assert logs[0]["because"] == "the house closes"
    released.set()
    assert await tasks.stop(because="the test is over") == []


async def test_a_task_started_on_the_way_out_is_ended_as_well():
    tasks = Tasks()

    async def leaves_one_behind() -> None:
        try:
            await forever()
        finally:
            tasks.start(forever(), name="late")

    tasks.start(leaves_one_behind(), name="first")
    await asyncio.sleep(0)

    assert await tasks.stop(because="the house closes") == []
    assert tasks.names == []


async def test_a_task_may_stop_all_the_others():
    tasks = Tasks()
    tasks.start(forever(), name="other")

    async def stops() -> list[str]:
        return await tasks.stop(because="the house closes")

    assert await asyncio.wait_for(tasks.start(stops(), name="closer"), 30) == []


async def test_with_nothing_running_there_is_nothing_to_stop():
    assert await Tasks().stop(because="the house closes") == []


async def test_a_task_is_told_why_it_ends():
    tasks = Tasks()
    told: list[str] = []

    async def listens() -> None:
        try:
            await forever()
        except asyncio.CancelledError as ended:
            told.extend(ended.args)
            raise

    tasks.start(listens(), name="listener")
    await asyncio.sleep(0)
    await tasks.stop(because="the house closes")

    assert told == ["the house closes"]


@pytest.mark.parametrize("count", [1, 200])
async def test_many_tasks_end_within_the_grace(count):
    tasks = Tasks()
    for number in range(count):
        tasks.start(forever(), name=f"task {number}")

    assert await tasks.stop(because="the house closes", grace_s=2) == []
