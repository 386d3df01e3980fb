"""The two switches: the stand-down that stops all, and the override that opens a little."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.auth.happenings import SessionsEnded
from services.safety.errors import (
    GateError,
    MinutesRefused,
    NoPasskey,
    NotWhileStoodDown,
    PasskeyRefused,
    PasskeyTriedTooOften,
    PasskeyUnfit,
    PersonWanted,
)
from services.tools.calls import Outcome
from services.tools.gate import events
from tests.support.gate_house import GUEST_USER, MODEL, MONITOR, OWNER, PASSKEY, PHONE, GateHouse
from tests.support.waiting import until


async def test_a_stand_down_cancels_what_waits_and_what_runs(house: GateHouse) -> None:
    waiting = await house.ask("stop_guest", MODEL, guest=104)
    house.deeds.hold = asyncio.Event()
    running = house.tasks.start(house.ask("start_guest", MODEL, guest=112), name="running")
    await house.deeds.begun.wait()
    await house.gate.open_override(PASSKEY, 10, OWNER)

    await house.gate.stand_down(OWNER, "something is odd")

    assert house.gate.pending == ()
    assert house.gate.override is None
    ended = await running
    assert (ended.outcome, ended.because) == (
        Outcome.UNKNOWN, "owner stood Jarvis down: what it did is not known",
    )  # fmt: skip
    assert waiting.approval_id is not None
    assert (await house.gate.settled(waiting.approval_id)).outcome is Outcome.REFUSED
    await house.bus.drained()
    [told] = house.told(events.StoodDown)
    assert told.sentence() == "owner stood Jarvis down: something is odd; 2 cancelled"
    assert told.severity.value == "alarm"
    assert (await house.entries())[-1].action == "override.close"


async def test_while_stood_down_only_people_act_and_reading_goes_on(house: GateHouse) -> None:
    await house.gate.stand_down(OWNER, "")

    outcomes = {
        "model reads": (await house.ask("get_guest_status", MODEL, guest=104)).outcome,
        "model starts": (await house.ask("start_guest", MODEL, guest=112)).outcome,
        "model stops": (await house.ask("stop_guest", MODEL, guest=104)).outcome,
        "monitor starts": (await house.ask("start_guest", MONITOR, guest=112)).outcome,
        "person starts": (await house.ask("start_guest", OWNER, guest=112)).outcome,
        "person stops": (await house.ask("stop_guest", OWNER, guest=104)).outcome,
    }

    assert outcomes == {
        "model reads": Outcome.DONE,
        "model starts": Outcome.REFUSED,
        "model stops": Outcome.REFUSED,
        "monitor starts": Outcome.REFUSED,
        "person starts": Outcome.DONE,
        "person stops": Outcome.WAITING,
    }


async def test_a_stand_down_survives_a_restart_and_only_a_person_lifts_it(
    house: GateHouse,
) -> None:
    await house.gate.stand_down(OWNER, "odd")
    await house.shut()
    await house.open()

    state = house.gate.stand_down_state
    assert (state.active, state.by, state.because) == (True, "person/owner", "odd")
    assert state.since == house.clock.now()
    for by in (MODEL, MONITOR, replace(OWNER, session=None)):
        with pytest.raises(PersonWanted):
            await house.gate.lift_stand_down(by)
    assert (await house.ask("start_guest", MODEL, guest=112)).outcome is Outcome.REFUSED

    await house.gate.lift_stand_down(PHONE)

    assert not house.gate.stand_down_state.active
    assert (await house.ask("start_guest", MODEL, guest=112)).outcome is Outcome.DONE
    await house.shut()
    await house.open()
    assert not house.gate.stand_down_state.active


async def test_a_stand_down_holds_though_it_cannot_be_kept(house: GateHouse) -> None:
    await asyncio.to_thread(house.database.close)

    await house.gate.stand_down(OWNER, "the disk is gone")

    assert house.gate.stand_down_state.active
    assert (await house.ask("start_guest", MODEL, guest=112)).outcome is Outcome.REFUSED
    house.database.open()


async def test_a_call_that_is_about_to_run_when_jarvis_is_stood_down_does_not(
    house: GateHouse,
) -> None:
    begin = house.gate.audit.begin
    writing, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*given: object) -> object:
        writing.set()
        await go_on.wait()
        return await begin(*given)  # type: ignore[arg-type]

    house.gate.audit.begin = slow  # type: ignore[method-assign,assignment]
    running = house.tasks.start(house.ask("start_guest", MODEL, guest=112), name="running")
    await writing.wait()
    standing = house.tasks.start(house.gate.stand_down(OWNER, ""), name="stand down")
    await until(lambda: house.gate.stand_down_state.active, "the stand-down")
    go_on.set()
    await standing

    result = await running
    assert result.outcome is Outcome.REFUSED
    assert "nothing was done" in result.because
    assert house.deeds.done == []
    assert [row.outcome for row in await house.entries()][:2] == ["begun", "refused"]


async def test_black_runs_for_a_person_under_their_override_and_with_an_approval(
    house: GateHouse,
) -> None:
    await house.gate.open_override(PASSKEY, 5, OWNER)

    asked = await house.ask("destroy_guest", PHONE, guest=104)
    other = await house.ask("destroy_guest", GUEST_USER, guest=104)

    assert asked.outcome is Outcome.WAITING
    assert (other.outcome, "owner's" in other.because) == (Outcome.REFUSED, True)
    assert asked.approval_id is not None
    assert (await house.gate.proceed(asked.approval_id, OWNER)).outcome is Outcome.DONE
    begun = next(row for row in await house.entries() if row.outcome == "begun")
    assert json.loads(begun.detail_json)["override"] == "owner"


async def test_black_does_not_run_once_the_override_is_over(house: GateHouse) -> None:
    await house.gate.open_override(PASSKEY, 1, OWNER)
    asked = await house.ask("destroy_guest", OWNER, guest=104)
    house.clock.turn(60)

    assert asked.approval_id is not None
    result = await house.gate.proceed(asked.approval_id, OWNER)

    assert result.outcome is Outcome.REFUSED
    assert "override" in result.because
    assert house.gate.override is None
    assert house.deeds.done == []
    await until(lambda: house.told(events.OverrideClosed), "the end of the override to be told")


async def test_a_wall_clock_set_back_does_not_prolong_the_override(house: GateHouse) -> None:
    before = house.clock.now()
    await house.gate.open_override(PASSKEY, 1, OWNER)
    house.clock.turn(61)
    house.clock.set_wall(before)

    assert house.gate.override is None


@pytest.mark.parametrize("minutes", [0, -1, 31, True])
async def test_an_override_lasts_one_to_thirty_minutes(house: GateHouse, minutes: int) -> None:
    with pytest.raises(MinutesRefused):
        await house.gate.open_override(PASSKEY, minutes, OWNER)


async def test_only_a_person_opens_an_override(house: GateHouse) -> None:
    for by in (MODEL, MONITOR, replace(OWNER, session=None), replace(OWNER, user=None)):
        with pytest.raises(PersonWanted):
            await house.gate.open_override(PASSKEY, 5, by)
    assert house.gate.override is None


async def test_wrong_passkeys_are_counted_told_and_locked_out(house: GateHouse) -> None:
    wrong = SecretStr("wrong-horse-1")
    for _ in range(4):
        with pytest.raises(PasskeyRefused):
            await house.gate.open_override(wrong, 5, OWNER)
    with pytest.raises(PasskeyTriedTooOften):
        await house.gate.open_override(PASSKEY, 5, OWNER)
    with pytest.raises(PasskeyTriedTooOften):
        await house.gate.open_override(PASSKEY, 5, GUEST_USER)

    house.clock.turn(3)
    await house.gate.open_override(PASSKEY, 5, OWNER)

    await house.bus.drained()
    assert [told.attempts for told in house.told(events.OverrideDenied)] == [1, 2, 3, 4]
    refusals = [row for row in await house.entries() if row.action == "passkey"]
    assert [row.because for row in refusals][-1] == "wrong, attempt 4"


async def test_the_override_ends_with_its_session_and_not_with_another(house: GateHouse) -> None:
    await house.gate.open_override(PASSKEY, 5, OWNER)
    for session in ("s-phone", "s-desk"):
        house.bus.publish(
            SessionsEnded(at=house.clock.now(), keys=frozenset({session}), because="signed out")
        )
        await house.bus.drained()
        assert (house.gate.override is None) == (session == "s-desk")

    [told] = house.told(events.OverrideClosed)
    assert "signed out" in told.sentence()


async def test_a_person_closes_it_early(house: GateHouse) -> None:
    await house.gate.open_override(PASSKEY, 5, OWNER)
    with pytest.raises(PersonWanted):
        await house.gate.close_override(MODEL, "")

    await house.gate.close_override(PHONE, "done with it")

    assert house.gate.override is None


async def test_a_restart_ends_the_override_and_tells_of_it(house: GateHouse) -> None:
    await house.gate.open_override(PASSKEY, 30, OWNER)
    await house.shut()
    await house.open()

    assert house.gate.override is None
    await house.bus.drained()
    assert "started anew" in house.told(events.OverrideClosed)[-1].sentence()


async def test_no_override_is_opened_while_stood_down(house: GateHouse) -> None:
    await house.gate.stand_down(OWNER, "")

    with pytest.raises(NotWhileStoodDown):
        await house.gate.open_override(PASSKEY, 5, OWNER)


async def test_a_passkey_is_made_on_the_page_where_the_settings_have_none(tmp_path: Path) -> None:
    house = await GateHouse(tmp_path, override_hash=None).open()
    with pytest.raises(NoPasskey):
        await house.gate.open_override(PASSKEY, 5, OWNER)
    for unfit in ("short", "two words here", "aaaaaaaaaaaa"):
        with pytest.raises(PasskeyUnfit):
            await house.gate.set_passkey(SecretStr(unfit), OWNER)
    with pytest.raises(PersonWanted):
        await house.gate.set_passkey(PASSKEY, MODEL)

    await house.gate.set_passkey(PASSKEY, OWNER)
    await house.shut()
    await house.open()
    await house.gate.open_override(PASSKEY, 5, OWNER)

    with pytest.raises(PasskeyRefused):
        await house.gate.set_passkey(SecretStr("another-horse-7"), OWNER)
    await house.gate.set_passkey(SecretStr("another-horse-7"), OWNER, current=PASSKEY)
    assert not await house.gate.is_passkey(PASSKEY.get_secret_value())
    assert await house.gate.is_passkey("another-horse-7")
    await house.shut()


async def test_a_passkey_of_the_settings_is_not_changed_on_the_page(house: GateHouse) -> None:
    with pytest.raises(GateError, match="JARVIS_OVERRIDE_HASH"):
        await house.gate.set_passkey(SecretStr("another-horse-7"), OWNER, current=PASSKEY)


async def test_a_passkey_typed_in_the_chat_is_taken_out(house: GateHouse) -> None:
    secret = PASSKEY.get_secret_value()

    told = await house.gate.conceal(f"the passkey is «{secret}», or rather {secret}. Thanks!")
    plain = await house.gate.conceal("How are the temperatures of all containers?")

    assert secret not in told
    assert told.count("***") >= 1
    assert plain == "How are the temperatures of all containers?"
    assert house.gate.hides(f"x{secret}y") == "x***y"


async def test_the_passkey_is_nowhere_but_in_memory(
    house: GateHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = PASSKEY.get_secret_value()
    await house.gate.open_override(PASSKEY, 5, OWNER)
    with pytest.raises(PasskeyRefused):
        await house.gate.open_override(SecretStr("wrong-horse-1"), 5, OWNER)
    refused = await house.ask("run_command", OWNER, node="home", command=f"touch /tmp/{secret}")
    await house.ask("stop_guest", OWNER, reason=f"I said {secret}", guest=104)
    await house.gate.refuse(house.gate.pending[0].id, OWNER, f"no, {secret}")
    await house.bus.drained()
    await house.shut()

    kept = b"".join(path.read_bytes() for path in house.folder.iterdir())
    assert secret.encode() not in kept
    assert secret not in repr(house.heard) + repr(refused) + repr(capsys.readouterr())
    await house.open()
