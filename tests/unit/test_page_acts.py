"""What a person does on the page: each wish is read, goes through the gate, and has one answer."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from components.acts import SAID_CHARS, Acts
from services.safety.approvals import ApprovalState
from services.tools.spec import Found
from tests.support.gate_house import GUEST_USER, MODEL, OWNER, PASSKEY, GateHouse
from tests.support.told_page import ToldPage

ID = "0123456789abcdef" * 2


@pytest.fixture
def desk(house: GateHouse) -> ToldPage:
    told = ToldPage()
    Acts(told, house.gate, OWNER)
    return told


async def test_what_is_green_is_done_and_told(desk: ToldPage, house: GateHouse) -> None:
    house.deeds.found = Found(text="media (104) runs", verified=True)

    answer = await desk.ask("act", tool="get_guest_status", arguments={"guest": 104})

    assert (answer["ok"], answer["outcome"]) == (True, "done")
    assert "media (104) runs" in answer["text"]
    assert answer["approval"] is None
    assert [name for name, _ in house.deeds.done] == ["get_guest_status"]


async def test_what_is_red_waits_and_runs_once_the_person_says_so(
    desk: ToldPage, house: GateHouse
) -> None:
    asked = await desk.ask("act", tool="stop_guest", arguments={"guest": 104}, reason="noisy")
    assert (asked["ok"], asked["outcome"]) == (True, "waiting")
    assert house.deeds.done == []
    (waiting,) = house.gate.pending
    assert (waiting.id, waiting.actor, waiting.call.reason) == (asked["approval"], OWNER, "noisy")

    answer = await desk.ask("proceed", id=asked["approval"])

    assert (answer["ok"], answer["outcome"]) == (True, "done")
    assert [name for name, _ in house.deeds.done] == ["stop_guest"]
    assert await desk.ask("proceed", id=asked["approval"]) == answer, "a second click learns it"
    assert len(house.deeds.done) == 1


async def test_a_refusal_keeps_its_reason(desk: ToldPage, house: GateHouse) -> None:
    asked = await desk.ask("act", tool="stop_guest", arguments={"guest": 104})

    answer = await desk.ask("refuse", id=asked["approval"], because="after lunch")

    assert answer == {"ok": True}

    (over,) = await house.gate.find_approvals(5)
    assert (over.state, over.because) == (ApprovalState.REFUSED, "owner refused it: after lunch")
    assert house.deeds.done == []


async def test_what_is_protected_is_refused_with_its_reason(desk: ToldPage) -> None:
    answer = await desk.ask("act", tool="stop_guest", arguments={"guest": 103})

    assert (answer["ok"], answer["outcome"]) == (False, "refused")
    assert "mgmt (103)" in answer["because"]


async def test_a_tool_there_is_none_of_is_refused(desk: ToldPage) -> None:
    answer = await desk.ask("act", tool="sudo", arguments={})

    assert answer["ok"] is False
    assert "sudo" in answer["because"]


async def test_a_question_of_another_person_stays_theirs(desk: ToldPage, house: GateHouse) -> None:
    asked = await house.ask("stop_guest", GUEST_USER, guest=104)

    answer = await desk.ask("proceed", id=asked.approval_id)

    assert answer["ok"] is False
    assert house.deeds.done == []
    assert len(house.gate.pending) == 1


async def test_a_question_of_the_model_in_this_session_is_answered_here(
    desk: ToldPage, house: GateHouse
) -> None:
    asked = await house.ask("stop_guest", MODEL, guest=104)

    answer = await desk.ask("proceed", id=asked.approval_id)

    assert answer["ok"] is True
    assert len(house.deeds.done) == 1


async def test_a_question_that_is_unknown_is_told_with_what_to_do(desk: ToldPage) -> None:
    answer = await desk.ask("proceed", id=ID)

    assert answer["ok"] is False
    assert answer["because"] == "there is no such approval"
    refused = await desk.ask("refuse", id=ID)
    assert refused == {
        "ok": False,
        "because": "there is no such approval",
        "remedy": "Ask for the call again",
    }


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("act", {"tool": ""}),
        ("act", {"tool": "x" * 61}),
        ("act", {"tool": "stop_guest", "arguments": "guest=104"}),
        ("act", {"tool": "stop_guest", "arguments": {}, "reason": "x" * (SAID_CHARS + 1)}),
        ("act", {"tool": ["stop_guest"]}),
        ("act", {"tool": "stop_guest", "ask": -1}),
        ("act", {"tool": "stop_guest", "ask": "1; DROP"}),
        ("proceed", {}),
        ("proceed", {"id": "../../etc"}),
        ("proceed", {"id": ID.upper()}),
        ("proceed", {"id": f"{ID}\n"}),
        ("proceed", {"id": None}),
        ("refuse", {"id": ID, "because": {"a": 1}}),
        ("open-override", {"passkey": "x"}),
        ("open-override", {"passkey": None, "minutes": 5}),
        ("open-override", {"passkey": "x", "minutes": "soon"}),
        ("stand-down", {"because": "x" * (SAID_CHARS + 1)}),
    ],
)
async def test_what_cannot_be_read_is_passed_over(
    desk: ToldPage, house: GateHouse, name: str, args: dict[str, Any]
) -> None:
    entries = len(await house.entries())

    with capture_logs() as logged:
        await desk.act(name, **args)

    assert desk.told == []
    assert house.deeds.done == []
    assert len(await house.entries()) == entries
    assert logged == [
        {
            "event": "an unreadable action was passed over",
            "action": name,
            "log_level": "warning",
        }
    ]


async def test_more_than_is_wanted_does_no_harm(desk: ToldPage, house: GateHouse) -> None:
    answer = await desk.ask(
        "act", tool="get_guest_status", arguments={"guest": 104}, actor="root", must_ask="no"
    )

    assert answer["ok"] is True
    assert (await house.entries())[-1].actor == "person/owner"


async def test_the_passkey_opens_an_override_and_is_told_to_nobody(
    desk: ToldPage, house: GateHouse
) -> None:
    with capture_logs() as logged:
        wrong = await desk.ask("open-override", passkey="horse", minutes=5)
        right = await desk.ask("open-override", passkey=PASSKEY.get_secret_value(), minutes=5)

    assert (wrong["ok"], wrong["because"]) == (False, "the passkey is wrong")
    assert right["ok"] is True
    assert house.gate.override is not None
    for secret in ("horse", PASSKEY.get_secret_value()):
        assert secret not in f"{logged}{wrong}{right}{house.heard}{await house.entries()}"
    assert (await desk.ask("close-override"))["ok"] is True
    assert house.gate.override is None


async def test_an_override_is_neither_endless_nor_for_whoever_guesses(
    desk: ToldPage, house: GateHouse
) -> None:
    long = await desk.ask("open-override", passkey=PASSKEY.get_secret_value(), minutes=31)
    assert "1 to 30 minutes" in long["because"]
    for _ in range(4):
        fault = await desk.ask("open-override", passkey="guess", minutes=5)

    assert "Next try in" in fault["remedy"]
    right = await desk.ask("open-override", passkey=PASSKEY.get_secret_value(), minutes=5)
    assert right["ok"] is False
    assert house.gate.override is None


async def test_one_word_stands_jarvis_down_and_one_lets_it_act_again(
    desk: ToldPage, house: GateHouse
) -> None:
    asked = await desk.ask("act", tool="stop_guest", arguments={"guest": 104})

    assert (await desk.ask("stand-down"))["ok"] is True

    assert house.gate.stand_down_state.active
    assert house.gate.pending == ()
    late = await desk.ask("proceed", id=asked["approval"])
    assert late["ok"] is False
    assert (await desk.ask("lift-stand-down"))["ok"] is True
    assert not house.gate.stand_down_state.active


async def test_an_answer_that_takes_its_time_holds_up_no_other(
    desk: ToldPage, house: GateHouse
) -> None:
    house.deeds.hold = asyncio.Event()
    slow = asyncio.create_task(
        desk.act("act", ask=99, tool="start_guest", arguments={"guest": 112})
    )
    await house.deeds.begun.wait()

    assert (await desk.ask("stand-down"))["ok"] is True

    house.deeds.hold.set()
    await slow
    assert [answer["ask"] for answer in desk.take("act")] == [99]
