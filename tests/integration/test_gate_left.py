"""A change was on its way when the process was killed, and its task is on record: what is told."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from db.rows import AuditRow
from services.cluster.errors import ClusterError, ClusterStopped
from services.cluster.following import TaskEnd
from services.cluster.model import TaskOutcome
from services.safety.approvals import ApprovalState
from services.tools.calls import Outcome, ToolResult
from services.tools.gate.events import ToolFailed, ToolRan
from services.tools.gate.left import LeftCall
from services.tools.spec import Found
from tests.support.gate_house import OWNER, GateHouse
from tests.support.killed_gate import kill_in_the_middle
from tests.support.waiting import until

UPID = "UPID:pve:00002AF8:00AB12CD:69208F00:qmstart:104:jarvis@pve!page:"
WELL = TaskEnd(upid=UPID, outcome=TaskOutcome.OK, exit_status="OK")
IS_SO = Found(outcome=Outcome.DONE, text="media (104) is running on pve", verified=True)
IS_NOT_SO = Found(
    outcome=Outcome.FAILED,
    because="Its task ended well, yet media (104) is stopped",
    text="media (104) is stopped",
    verified=False,
)


@dataclass
class Ends:
    """A cluster that knows how the task ended."""

    end: TaskEnd | Exception
    asked: list[str] = field(default_factory=list)

    async def find_end(self, upid: str) -> TaskEnd:
        self.asked.append(upid)
        if isinstance(self.end, Exception):
            raise self.end
        return self.end


class Told:
    """Whoever asked, and hears how it came out."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.heard: list[tuple[LeftCall, ToolResult]] = []
        self._breaks = breaks

    async def tell(self, left: LeftCall, result: ToolResult) -> None:
        self.heard.append((left, result))
        if self._breaks:
            raise RuntimeError("nobody can be told")


async def start_again(
    folder: Path, end: TaskEnd | Exception, seen: Found | Exception | None
) -> tuple[GateHouse, Ends]:
    house = GateHouse(folder)
    ends = Ends(end)
    house.cluster.lookups = ends
    house.deeds.seen = seen
    return await house.open(), ends


async def last_of(house: GateHouse) -> AuditRow:
    """The entry that ends the call, once there is one."""
    rows: list[AuditRow] = []

    async def look() -> None:
        while len(rows) < 1 or rows[-1].outcome == "accepted":
            rows[:] = await house.entries()

    await asyncio.wait_for(look(), 30)
    return rows[-1]


@pytest.mark.parametrize(
    ("end", "seen", "outcome", "told"),
    [
        pytest.param(WELL, IS_SO, "done", "media (104) is running on pve; read after a", id="so"),
        pytest.param(
            WELL,
            IS_NOT_SO,
            "unknown",
            "yet media (104) is stopped; it may have been changed since; read after a restart",
            id="no longer so",
        ),
        pytest.param(
            WELL,
            ClusterError("pve gave no answer"),
            "unknown",
            "Its task ended well, but its effect could not be read back: pve gave no answer; read",
            id="not to be read",
        ),
        pytest.param(
            TaskEnd(upid=UPID, outcome=TaskOutcome.FAILED, exit_status="got timeout"),
            replace(IS_NOT_SO, because="Its task failed: got timeout"),
            "failed",
            "Its task failed: got timeout; read after a restart of Jarvis",
            id="failed",
        ),
        pytest.param(
            TaskEnd(upid=UPID, outcome=TaskOutcome.UNKNOWN, because="pve is away", waited_s=3_600),
            ClusterError("pve is away"),
            "unknown",
            "How its task ended is not known: pve is away; given up 60 min after a restart of "
            "Jarvis: look at the tasks panel",
            id="given up",
        ),
        pytest.param(
            TaskEnd(upid=UPID, outcome=TaskOutcome.RUNNING, waited_s=86_400),
            None,
            "unknown",
            "Its task still runs after 24 h; get_task_log tells how it ends; read after",
            id="still runs",
        ),
    ],
)
async def test_how_a_change_ended_is_told_once_and_nothing_is_done_again(
    tmp_path: Path, end: TaskEnd, seen: Any, outcome: str, told: str
) -> None:
    kill_in_the_middle(tmp_path, "start_guest", upid=UPID)
    house, ends = await start_again(tmp_path, end, seen)
    before = await house.entries()
    await house.bus.drained()
    assert [row.outcome for row in before] == ["begun", "accepted"]
    assert house.told(ToolFailed) == []
    asker = Told()

    house.gate.look_up_left(asker.tell)

    last = await last_of(house)
    assert (last.action, last.target, last.outcome) == ("start_guest", "guest/104", outcome)
    assert told in last.because
    detail = json.loads(last.detail_json)
    assert (detail["of"], detail["upid"]) == (before[0].id, UPID)
    assert await house.broken() is None
    await until(lambda: house.told(ToolRan) + house.told(ToolFailed), "an event")
    [event] = [*house.told(ToolRan), *house.told(ToolFailed)]
    assert (event.what, event.subject, event.node) == (
        "start_guest media (104)",
        "guest/104",
        "pve",
    )
    assert told in event.sentence()
    [(left, result)] = asker.heard
    assert (left.id, left.user, result.outcome.value) == ("call-1", "owner", outcome)
    assert ends.asked == [UPID]
    assert house.deeds.done == []

    rows = await house.entries()
    await house.shut()
    await house.open()
    house.gate.look_up_left(asker.tell)
    assert await house.entries() == rows, "it is told once"
    await house.shut()
    assert len(asker.heard) == 1


async def test_an_approval_whose_call_was_cut_off_is_answered_with_what_came_of_it(
    tmp_path: Path,
) -> None:
    kill_in_the_middle(tmp_path, "stop_guest", upid=UPID)
    house, _ = await start_again(tmp_path, WELL, IS_SO)
    [approval] = await house.gate.find_approvals(5)
    assert approval.state is ApprovalState.APPROVED
    assert house.gate.pending == ()

    house.gate.look_up_left(Told().tell)

    result = await asyncio.wait_for(house.gate.proceed(approval.id, OWNER), 30)
    assert result.outcome is Outcome.DONE
    assert "read after a restart of Jarvis" in result.because
    [approval] = await house.gate.find_approvals(5)
    assert approval.state is ApprovalState.SPENT
    assert house.deeds.done == []
    await last_of(house)
    await house.shut()


async def test_what_cannot_be_told_to_whoever_asked_is_on_record_all_the_same(
    tmp_path: Path,
) -> None:
    kill_in_the_middle(tmp_path, "start_guest", upid=UPID)
    house, _ = await start_again(tmp_path, WELL, IS_SO)

    house.gate.look_up_left(Told(breaks=True).tell)

    assert (await last_of(house)).outcome == "done"
    await house.shut()


async def test_a_house_that_ends_before_it_knows_leaves_it_to_the_next(tmp_path: Path) -> None:
    kill_in_the_middle(tmp_path, "start_guest", upid=UPID)
    house, ends = await start_again(tmp_path, ClusterStopped(), IS_SO)
    house.gate.look_up_left(Told().tell)
    await until(lambda: ends.asked, "the task to be looked up")
    await house.shut()

    again, _ = await start_again(tmp_path, WELL, IS_SO)
    again.gate.look_up_left(Told().tell)

    assert (await last_of(again)).outcome == "done"
    await again.shut()
