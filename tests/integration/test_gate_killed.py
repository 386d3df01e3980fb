"""The process is killed while a call runs: the next start tells that nobody knows what it did."""

import json
from pathlib import Path

import pytest

from services.safety.approvals import ApprovalState
from services.tools.calls import Outcome
from services.tools.gate.events import ToolFailed
from tests.support.gate_house import OWNER, GateHouse
from tests.support.killed_gate import kill_in_the_middle

CUT_OFF = (
    "Jarvis ended in the middle: what it did is not known; no task of it is on record, so look at "
    "the tasks panel and at guest/104"
)


@pytest.mark.parametrize("tool", ["start_guest", "stop_guest"], ids=["alone", "approved"])
async def test_a_call_that_was_cut_off_is_told_as_unknown(tmp_path: Path, tool: str) -> None:
    kill_in_the_middle(tmp_path, tool)

    house = await GateHouse(tmp_path).open()

    rows = await house.entries()
    before, after = rows[-2:]
    assert (before.action, before.outcome) == (tool, "begun")
    assert (after.action, after.outcome, after.because) == (tool, "unknown", CUT_OFF)
    assert json.loads(after.detail_json)["of"] == before.id
    assert await house.broken() is None
    await house.bus.drained()
    [told] = house.told(ToolFailed)
    assert told.sentence() == f"{tool} media (104) for owner: unknown; {CUT_OFF}"

    await house.shut()
    await house.open()
    assert await house.entries() == rows, "it is told once"
    await house.shut()


async def test_an_approval_whose_call_was_cut_off_is_spent(tmp_path: Path) -> None:
    kill_in_the_middle(tmp_path, "stop_guest")

    house = await GateHouse(tmp_path).open()

    [approval] = await house.gate.find_approvals(5)
    assert approval.state is ApprovalState.SPENT
    again = await house.gate.proceed(approval.id, OWNER)
    assert (again.outcome, again.because) == (Outcome.UNKNOWN, CUT_OFF)
    assert house.deeds.done == []
    await house.shut()


async def test_a_read_that_was_cut_off_is_put_on_record_and_troubles_nobody(
    tmp_path: Path,
) -> None:
    kill_in_the_middle(tmp_path, "get_guest_status")

    house = await GateHouse(tmp_path).open()

    assert (await house.entries())[-1].outcome == "unknown"
    await house.bus.drained()
    assert house.told(ToolFailed) == []
    await house.shut()
