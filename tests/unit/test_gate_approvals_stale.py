"""An approval runs what was asked about and nothing else: as shown, in its time, once."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from services.safety.approvals import ApprovalState, canonical, digest_of
from services.safety.tiers import Tier, Verdict
from services.tools.calls import Outcome
from services.tools.gate.events import ApprovalLapsed
from tests.support.clusters import make_guest
from tests.support.gate_house import OWNER, GateHouse, asked, homelab
from tests.support.waiting import until


async def test_after_five_minutes_it_lapses_by_itself(house: GateHouse) -> None:
    approval_id = await asked(house)
    waiting = house.tasks.start(house.gate.settled(approval_id), name="model")

    house.clock.turn(299)
    assert len(house.gate.pending) == 1
    house.clock.turn(1)

    assert house.gate.pending == ()
    assert "nobody answered" in (await waiting).because
    assert (await house.gate.proceed(approval_id, OWNER)).outcome is Outcome.REFUSED
    await house.bus.drained()
    assert house.told(ApprovalLapsed)
    assert house.deeds.done == []


async def test_a_wall_clock_set_back_does_not_prolong_it(house: GateHouse) -> None:
    approval_id = await asked(house)
    before = house.clock.now()
    house.clock.turn(301)
    house.clock.set_wall(before)

    assert (await house.gate.proceed(approval_id, OWNER)).outcome is Outcome.REFUSED


async def test_a_question_whose_time_passed_while_jarvis_was_down_has_lapsed(
    house: GateHouse,
) -> None:
    approval_id = await asked(house)
    await house.shut()
    house.clock.turn(400)
    await house.open()

    assert house.gate.pending == ()
    assert (await house.gate.proceed(approval_id, OWNER)).outcome is Outcome.REFUSED
    [found] = await house.gate.find_approvals(5)
    assert found.state is ApprovalState.LAPSED


async def test_one_that_was_spent_is_not_spent_again_after_a_restart(house: GateHouse) -> None:
    approval_id = await asked(house)
    first = await house.gate.proceed(approval_id, OWNER)
    await house.shut()
    await house.open()

    again = await house.gate.proceed(approval_id, OWNER)

    assert (again.outcome, again.audit_id) == (Outcome.DONE, first.audit_id)
    assert len(house.deeds.done) == 1


async def test_it_runs_only_if_what_it_touches_is_as_it_was(house: GateHouse) -> None:
    stopped = await asked(house)
    house.cluster.snapshot = homelab(guests=[make_guest(103, name="mgmt", protected=True)])
    gone = await house.gate.proceed(stopped, OWNER)

    house.cluster.snapshot = homelab()
    house.clock.turn(3)
    moved = await asked(house)
    house.cluster.snapshot = homelab(
        guests=[make_guest(103, name="mgmt", protected=True), make_guest(104, node="home")]
    )
    other = await house.gate.proceed(moved, OWNER)

    assert (gone.outcome, other.outcome) == (Outcome.REFUSED, Outcome.REFUSED)
    assert "no longer what was shown" in other.because
    assert house.deeds.done == []
    states = {one.id: one.state for one in await house.gate.find_approvals(5)}
    assert states == {stopped: ApprovalState.CANCELLED, moved: ApprovalState.CANCELLED}


async def test_a_lock_that_came_in_between_is_told(house: GateHouse) -> None:
    approval_id = await asked(house)
    guests = dict(house.cluster.snapshot.guests)
    guests[104] = replace(guests[104], lock="backup")
    house.cluster.snapshot = replace(house.cluster.snapshot, guests=guests)

    result = await house.gate.proceed(approval_id, OWNER)

    assert result.because == (
        "guest/104 lock was none when it was asked, and is backup now; ask anew"
    )


async def test_it_runs_only_if_it_has_not_become_protected(house: GateHouse) -> None:
    approval_id = await asked(house)
    guests = dict(house.cluster.snapshot.guests)
    guests[104] = replace(guests[104], protected=True)
    house.cluster.snapshot = replace(house.cluster.snapshot, guests=guests)

    result = await house.gate.proceed(approval_id, OWNER)

    assert result.outcome is Outcome.REFUSED
    assert "protected" in result.because
    assert house.deeds.done == []


async def test_it_runs_only_if_its_tier_has_not_risen(house: GateHouse) -> None:
    approval_id = await asked(house)
    tool = house.gate.registry["stop_guest"]
    object.__setattr__(tool, "tier", lambda _: Verdict(Tier.BLACK, "it destroys by now"))

    result = await house.gate.proceed(approval_id, OWNER)

    assert "was approved as RED" in result.because
    assert house.deeds.done == []


async def test_it_runs_only_if_its_tool_is_still_there(house: GateHouse) -> None:
    approval_id = await asked(house)
    del house.gate.registry["stop_guest"]  # type: ignore[attr-defined]

    assert (await house.gate.proceed(approval_id, OWNER)).outcome is Outcome.REFUSED
    assert house.deeds.done == []


async def test_a_call_that_was_changed_in_the_database_does_not_run(house: GateHouse) -> None:
    approval_id = await asked(house)
    await house.shut()
    with closing(sqlite3.connect(house.database.path)) as connection, connection:
        # The digest is kept by a trigger; the arguments are what an intruder would turn.
        connection.execute("DROP TRIGGER approvals_are_used_once")
        connection.execute("""UPDATE approvals SET arguments_json = '{"force":true,"guest":104}'""")
        with pytest.raises(sqlite3.IntegrityError, match="for the call it was asked for"):
            connection.execute("UPDATE approvals SET digest = 'x'")
    await house.open()

    result = await house.gate.proceed(approval_id, OWNER)

    assert "no longer reads as the call that was approved" in result.because
    assert house.deeds.done == []


async def test_an_approval_leaves_pending_once_whatever_is_written(house: GateHouse) -> None:
    await house.gate.refuse(await asked(house), OWNER, "")
    await house.shut()
    with closing(sqlite3.connect(house.database.path)) as connection, connection:
        for state in ("pending", "approved", "spent"):
            with pytest.raises(sqlite3.IntegrityError, match="used once"):
                connection.execute("UPDATE approvals SET state = ?", (state,))
    await house.open()


def test_the_digest_knows_no_order_and_tells_all_else_apart() -> None:
    one = canonical({"b": 1, "a": [1, 2, {"é": None}]})

    assert one == canonical({"a": [1, 2, {"é": None}], "b": 1})
    assert digest_of("t", one) == digest_of("t", one)
    others = {digest_of("t", canonical(v)) for v in ({"a": "1"}, {"a": 1}, {"a": [1]}, {"a": "1 "})}
    assert len({*others, digest_of("u", canonical({"a": 1}))}) == 5


async def test_nobody_waits_for_what_the_clock_has_ended(house: GateHouse) -> None:
    approval_id = await asked(house)
    house.clock.turn(301)

    await until(lambda: house.told(ApprovalLapsed), "the gate's own look at the clock")
    assert (await house.gate.settled(approval_id)).outcome is Outcome.REFUSED
