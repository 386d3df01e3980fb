"""A question to a person: for one call, one user, five minutes and one use."""

import asyncio
import json
from dataclasses import replace

import pytest

from db.queries.approvals import find_approval
from services.auth.happenings import SessionsEnded
from services.safety.actors import Actor, ActorKind
from services.safety.approvals import ApprovalState
from services.safety.errors import AlreadySettled, NoSuchApproval, NotYours, PersonWanted
from services.tools.calls import Outcome
from services.tools.gate.events import ApprovalAsked, ApprovalGiven, ApprovalRefused, ToolRan
from tests.support.clusters import make_guest
from tests.support.gate_house import (
    API,
    GUEST_USER,
    MODEL,
    MONITOR,
    OWNER,
    PHONE,
    GateHouse,
    asked,
    homelab,
)


async def test_a_yes_runs_the_call_once_and_all_of_it_is_on_record(house: GateHouse) -> None:
    approval_id = await asked(house)

    result = await house.gate.proceed(approval_id, PHONE)

    assert (result.outcome, result.approval_id) == (Outcome.DONE, approval_id)
    assert house.deeds.done == [("stop_guest", {"guest": 104, "force": False})]
    assert house.gate.pending == ()
    rows = await house.entries()
    assert [(row.actor, row.action, row.outcome) for row in rows] == [
        ("model/claude", "approval.ask", "waiting"),
        ("person/owner", "approval.give", "done"),
        ("model/claude", "stop_guest", "begun"),
        ("model/claude", "stop_guest", "done"),
    ]
    begun = json.loads(rows[2].detail_json)
    assert (begun["approval"], begun["approved_by"]) == (approval_id, "person/owner")
    assert (begun["session"], begun["approved_in"]) == ("s-desk", "s-phone")
    await house.bus.drained()
    [told] = house.told(ApprovalAsked)
    assert told.sentence() == (
        "claude (model) asks for stop_guest media (104): RED, so a person has 5 min to decide"
    )
    assert house.told(ApprovalGiven)
    assert house.told(ToolRan)


async def test_two_clicks_run_it_once_and_both_get_its_result(house: GateHouse) -> None:
    approval_id = await asked(house)
    house.deeds.hold = asyncio.Event()
    clicks = [
        house.tasks.start(house.gate.proceed(approval_id, by), name="click")
        for by in (OWNER, PHONE)
    ]
    await house.deeds.begun.wait()
    late = house.tasks.start(house.gate.proceed(approval_id, OWNER), name="late click")
    house.deeds.hold.set()

    results = [await click for click in (*clicks, late)]

    assert len({result.audit_id for result in results}) == 1
    assert [result.outcome for result in results] == [Outcome.DONE] * 3
    assert len(house.deeds.done) == 1
    assert (await house.gate.proceed(approval_id, OWNER)).audit_id == results[0].audit_id


async def test_whoever_waits_is_told_what_became_of_it(house: GateHouse) -> None:
    approval_id = await asked(house)
    waiting = house.tasks.start(house.gate.settled(approval_id), name="model")
    await asyncio.sleep(0)

    await house.gate.proceed(approval_id, OWNER)

    assert (await waiting).outcome is Outcome.DONE
    assert (await house.gate.settled(approval_id)).outcome is Outcome.DONE


async def test_the_same_question_again_is_the_one_that_waits(house: GateHouse) -> None:
    both = await asyncio.gather(asked(house), asked(house))
    third = await asked(house)

    assert {*both, third} == {both[0]}
    assert len(house.gate.pending) == 1
    assert await asked(house, API) != third


async def test_a_no_is_final_and_its_reason_reaches_the_asker(house: GateHouse) -> None:
    approval_id = await asked(house)

    await house.gate.refuse(approval_id, OWNER, "a film is on")

    settled = await house.gate.settled(approval_id)
    assert (settled.outcome, settled.because) == (
        Outcome.REFUSED, "owner refused it: a film is on",
    )  # fmt: skip
    again = await house.gate.proceed(approval_id, OWNER)
    assert again.outcome is Outcome.REFUSED
    with pytest.raises(AlreadySettled):
        await house.gate.refuse(approval_id, OWNER, "")
    await house.bus.drained()
    assert house.told(ApprovalRefused)
    assert house.deeds.done == []


@pytest.mark.parametrize(
    "by",
    [
        MODEL,
        MONITOR,
        API,
        replace(OWNER, session=None),
        replace(OWNER, kind=ActorKind.MODEL),
        GUEST_USER,
    ],
    ids=["model", "monitor", "api", "no session", "a model in the session", "another user"],
)
async def test_only_the_person_it_was_asked_for_decides(house: GateHouse, by: Actor) -> None:
    approval_id = await asked(house)

    result = await house.gate.proceed(approval_id, by)
    with pytest.raises((PersonWanted, NotYours)):
        await house.gate.refuse(approval_id, by, "")

    assert result.outcome is Outcome.REFUSED
    assert house.deeds.done == []
    assert len(house.gate.pending) == 1


async def test_what_belongs_to_nobody_any_person_may_decide(house: GateHouse) -> None:
    approval_id = await asked(house, MONITOR)

    assert (await house.gate.proceed(approval_id, GUEST_USER)).outcome is Outcome.DONE


async def test_an_approval_that_never_was_is_refused(house: GateHouse) -> None:
    assert (await house.gate.proceed("f" * 32, OWNER)).outcome is Outcome.REFUSED
    assert (await house.gate.settled("f" * 32)).outcome is Outcome.REFUSED
    with pytest.raises(NoSuchApproval):
        await house.gate.refuse("f" * 32, OWNER, "")


async def test_a_question_survives_a_restart_and_runs_after_it(house: GateHouse) -> None:
    approval_id = await asked(house)
    await house.shut()
    await house.open()

    [kept] = house.gate.pending
    assert (kept.id, kept.actor, kept.touches[0].id) == (approval_id, MODEL, "104")
    assert dict(kept.blast)["Guest"] == "media (104), a virtual machine on pve"
    assert (await house.gate.proceed(approval_id, OWNER)).outcome is Outcome.DONE
    assert len(house.deeds.done) == 1


async def test_at_most_twenty_questions_wait(house: GateHouse) -> None:
    guests = [make_guest(103, name="mgmt", protected=True)]
    house.cluster.snapshot = homelab(guests=[*guests, *(make_guest(n) for n in range(200, 230))])

    outcomes = [
        (await house.ask("stop_guest", MODEL, guest=number)).outcome for number in range(200, 221)
    ]

    assert outcomes == [Outcome.WAITING] * 20 + [Outcome.REFUSED]


async def test_the_end_of_its_session_takes_its_ground_away(house: GateHouse) -> None:
    mine = await asked(house)
    other = await asked(house, MONITOR)
    house.bus.publish(
        SessionsEnded(at=house.clock.now(), keys=frozenset({"s-desk"}), because="signed out")
    )

    settled = await house.gate.settled(mine)

    assert settled.outcome is Outcome.REFUSED
    assert "signed out" in settled.because
    assert [one.id for one in house.gate.pending] == [other]


async def test_a_yes_that_was_given_is_carried_out_though_its_page_closes(
    house: GateHouse,
) -> None:
    approval_id = await asked(house)
    house.deeds.hold = asyncio.Event()
    click = house.tasks.start(house.gate.proceed(approval_id, OWNER), name="click")
    await house.deeds.begun.wait()

    click.cancel()
    await asyncio.wait([click])
    house.deeds.hold.set()

    assert (await house.gate.settled(approval_id)).outcome is Outcome.DONE


async def test_secrets_leave_the_arguments_once_it_is_decided(house: GateHouse) -> None:
    result = await house.ask(
        "run_command", OWNER, node="home", command="mysql --password=hunter22 -e x"
    )
    # It may do anything, so with a protected guest in the house it is not even asked about.
    assert result.outcome is Outcome.REFUSED
    house.clock.turn(3)
    result = await house.ask(
        "run_command", OWNER, node="home", command="useradd --password=hunter22 bob"
    )
    assert result.approval_id is not None, result
    assert "hunter22" in str(house.gate.pending[0].call.arguments)

    await house.gate.refuse(result.approval_id, OWNER, "")

    row = await house.database.run(find_approval, result.approval_id)
    assert row is not None
    assert "hunter22" not in row.arguments_json
    told = "".join(entry.detail_json for entry in await house.entries())
    assert "hunter22" not in told


async def test_pages_of_approvals_come_newest_first(house: GateHouse) -> None:
    first = await asked(house)
    await house.gate.refuse(first, OWNER, "")
    house.clock.turn(3)
    second = await asked(house)

    assert [one.id for one in await house.gate.find_approvals(1)] == [second]
    assert [one.id for one in await house.gate.find_approvals(5, before_id=second)] == [first]
    assert await house.gate.find_approvals(5, before_id="none such") == []


async def test_a_stop_in_the_middle_ends_the_call_as_unknown(house: GateHouse) -> None:
    approval_id = await asked(house)
    house.deeds.hold = asyncio.Event()
    click = house.tasks.start(house.gate.proceed(approval_id, OWNER), name="click")
    await house.deeds.begun.wait()
    await house.shut()

    assert (await click).outcome is Outcome.UNKNOWN
    house.deeds.hold = None
    await house.open()
    [kept] = await house.gate.find_approvals(5)
    assert kept.state is ApprovalState.SPENT
    assert (await house.entries())[-1].because == "the test ends: what it did is not known"
