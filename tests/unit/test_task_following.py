"""A task is watched until it ends, and is never called ended because nobody could look."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.cluster.errors import (
    ClusterStopped,
    NodeFailed,
    NodeUnreachable,
    PermissionMissing,
)
from services.cluster.following import (
    AWAY_PATIENCE_S,
    LAST_PAUSE_S,
    LATER_AWAY,
    LATER_AWAY_PATIENCE_S,
    Patience,
    TaskEnd,
    follow_task,
    pauses,
)
from services.cluster.model import TaskOutcome, TaskSnapshot
from tests.support.turned_clock import NOON, TurnedClock

UPID = "UPID:pve:00002AF8:00AB12CD:69208F00:qmstart:104:jarvis@pve!page:"
RUNNING = TaskSnapshot(
    upid=UPID,
    node="pve",
    kind="qmstart",
    subject_id="104",
    user="jarvis@pve!page",
    started_at=NOON,
    ended_at=None,
    outcome=TaskOutcome.RUNNING,
)
AWAY = NodeUnreachable("/nodes/pve/tasks", "pve", 595, "No route to host")
LOG = ("first line", "TASK ERROR: it was locked")


def ended(outcome: TaskOutcome, exit_status: str) -> TaskSnapshot:
    return replace(RUNNING, outcome=outcome, exit_status=exit_status, ended_at=NOON)


async def follow(
    *answers: TaskSnapshot | Exception | None,
    clock: TurnedClock | None = None,
    a_look_takes_s: float = 1.0,
    deadline_s: float = 60.0,
    halt: Callable[[int], bool] = lambda look: False,
    patience: Patience | None = None,
    waits: list[float] | None = None,
) -> TaskEnd:
    """Give these answers in turn, the last one again and again."""
    clock = clock or TurnedClock()
    looks = 0
    stopped = asyncio.Event()

    async def ask(upid: str) -> TaskSnapshot | None:
        nonlocal looks
        answer = answers[min(looks, len(answers) - 1)]
        looks += 1
        clock.turn(a_look_takes_s)
        if halt(looks):
            stopped.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def ask_log(upid: str) -> tuple[str, ...]:
        return LOG

    async def wait(seconds: float, halted: asyncio.Event) -> bool:
        clock.turn(seconds)
        if waits is not None:
            waits.append(seconds)
        return halted.is_set()

    return await follow_task(
        UPID,
        ask=ask,
        ask_log=ask_log,
        deadline_s=clock.monotonic_s() + deadline_s,
        clock=clock,
        ended=stopped,
        wait=wait,
        patience=patience,
    )


async def test_a_task_is_watched_to_its_end() -> None:
    end = await follow(RUNNING, RUNNING, ended(TaskOutcome.OK, "OK"))

    assert end.succeeded
    assert end.exit_status == "OK"
    assert end.tail == ()
    assert 3 < end.waited_s < 5


async def test_warnings_are_a_success_whose_log_is_shown() -> None:
    end = await follow(ended(TaskOutcome.WARNINGS, "WARNINGS: 1"))

    assert end.succeeded
    assert end.tail == LOG


async def test_a_failure_brings_the_end_of_its_log() -> None:
    end = await follow(ended(TaskOutcome.FAILED, "it was locked"))

    assert not end.succeeded
    assert end.outcome is TaskOutcome.FAILED
    assert end.tail[-1] == "TASK ERROR: it was locked"


async def test_a_task_that_outlasts_the_time_still_runs_when_it_is_left() -> None:
    end = await follow(RUNNING, deadline_s=5.0, a_look_takes_s=2.0)

    assert end.outcome is TaskOutcome.RUNNING
    assert not end.succeeded
    assert end.waited_s >= 5


async def test_a_node_that_comes_back_in_time_ends_the_wait_well() -> None:
    end = await follow(RUNNING, AWAY, AWAY, RUNNING, AWAY, ended(TaskOutcome.OK, "OK"))

    assert end.succeeded


async def test_a_node_that_stays_away_leaves_the_end_unknown() -> None:
    end = await follow(RUNNING, AWAY, a_look_takes_s=AWAY_PATIENCE_S / 3)

    assert end.outcome is TaskOutcome.UNKNOWN
    assert end.because is not None
    assert "pve cannot be reached" in end.because


async def test_whoever_has_time_asks_a_node_that_is_away_less_and_less_often() -> None:
    waits: list[float] = []

    end = await follow(
        *[AWAY] * 9,
        ended(TaskOutcome.OK, "OK"),
        deadline_s=86_400.0,
        patience=Patience(chance=lambda: 1.0),
        waits=waits,
    )

    assert end.succeeded
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_whoever_has_time_gives_a_node_up_that_stays_away() -> None:
    waits: list[float] = []

    end = await follow(
        AWAY, deadline_s=86_400.0, patience=Patience(chance=lambda: 1.0), waits=waits
    )

    assert end.outcome is TaskOutcome.UNKNOWN
    assert LATER_AWAY_PATIENCE_S <= end.waited_s < LATER_AWAY_PATIENCE_S + 2 * LATER_AWAY.most_s
    assert len(waits) < 80


async def test_a_node_that_knows_nothing_of_a_task_is_not_asked_for_long() -> None:
    gone = NodeFailed("/nodes/pve/tasks", "pve", 500, "unable to open file: No such file")

    end = await follow(gone, deadline_s=86_400.0, patience=Patience(chance=lambda: 1.0))

    assert end.outcome is TaskOutcome.UNKNOWN
    assert end.because is not None
    assert "No such file" in end.because
    assert end.waited_s < 3 * AWAY_PATIENCE_S


async def test_a_task_that_may_not_be_read_is_not_waited_for() -> None:
    missing = PermissionMissing("/nodes/pve/tasks", "Permission check failed (/, Sys.Audit)")

    end = await follow(missing)

    assert end.outcome is TaskOutcome.UNKNOWN
    assert end.waited_s == 1


async def test_an_answer_that_says_nothing_is_no_end() -> None:
    end = await follow(None, ended(TaskOutcome.OK, "OK"))

    assert end.succeeded


async def test_the_end_of_the_house_ends_the_wait() -> None:
    with pytest.raises(ClusterStopped):
        await follow(RUNNING, halt=lambda look: look == 2)


def test_pauses_grow_to_a_bound_and_never_outlast_what_is_left() -> None:
    rhythm = pauses()

    taken = [rhythm.next_s(left_s=100) for _ in range(20)]

    assert taken == sorted(taken)
    assert (taken[0], taken[-1]) == (0.3, LAST_PAUSE_S)
    assert rhythm.next_s(left_s=0.2) == 0.2
    assert rhythm.next_s(left_s=-1) == 0
