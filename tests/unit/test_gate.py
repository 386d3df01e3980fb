"""What the gate lets through, asks about and refuses, and what it leaves on record."""

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.cluster.parse_guest import GuestConfig
from services.cluster.places import GuestPlace
from services.safety.protection_place import own_macs
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolCall
from services.tools.gate.events import ToolRan
from tests.support.clusters import make_guest, make_node, make_snapshot
from tests.support.gate_house import API, MCP, MODEL, MONITOR, OWNER, GateHouse, homelab


async def test_a_read_runs_and_leaves_two_entries(house: GateHouse) -> None:
    result = await house.ask("get_guest_status", MODEL, guest=104)

    assert (result.outcome, result.text) == (Outcome.DONE, "done")
    before, after = await house.entries()
    assert (before.actor, before.action, before.outcome) == (
        "model/claude", "get_guest_status", "begun",
    )  # fmt: skip
    assert (after.outcome, json.loads(after.detail_json)["of"]) == ("done", before.id)
    assert result.audit_id == before.id
    assert house.deeds.entries_before == [1], "the entry stands before the deed"


async def test_a_yellow_call_runs_and_is_told(house: GateHouse) -> None:
    result = await house.ask("start_guest", MODEL, guest=112)

    assert result.outcome is Outcome.DONE
    await house.bus.drained()
    [told] = house.told(ToolRan)
    assert told.sentence() == "Done for claude (model): start_guest win11 (112)"
    assert (told.subject, told.tier) == ("guest/112", Tier.YELLOW)


async def test_a_red_call_waits_for_a_person(house: GateHouse) -> None:
    result = await house.ask("stop_guest", MODEL, guest=104)

    assert (result.outcome, result.tier) == (Outcome.WAITING, Tier.RED)
    assert [one.id for one in house.gate.pending] == [result.approval_id]
    assert house.deeds.done == []


@pytest.mark.parametrize("actor", [MODEL, MONITOR, API, MCP], ids=lambda actor: actor.kind)
async def test_a_black_call_is_above_every_ceiling_but_a_persons(
    house: GateHouse, actor: object
) -> None:
    result = await house.ask("destroy_guest", actor, guest=104)  # type: ignore[arg-type]

    assert result.outcome is Outcome.REFUSED
    assert "BLACK" in result.because
    assert house.gate.pending == ()
    assert house.deeds.done == []


async def test_a_black_call_of_a_person_is_refused_without_an_override(house: GateHouse) -> None:
    result = await house.ask("destroy_guest", OWNER, guest=104)

    assert result.outcome is Outcome.REFUSED
    assert "override" in result.because


@pytest.mark.parametrize("actor", [OWNER, MODEL, MONITOR, API, MCP], ids=lambda actor: actor.kind)
@pytest.mark.parametrize("tool", ["start_guest", "stop_guest", "destroy_guest"])
async def test_what_is_protected_is_refused_whoever_asks(
    house: GateHouse, tool: str, actor: object
) -> None:
    if tool == "destroy_guest":
        await house.gate.open_override(SecretStr("correct-horse-9"), 30, OWNER)
    result = await house.ask(tool, actor, guest=103)  # type: ignore[arg-type]

    assert result.outcome is Outcome.REFUSED
    assert "mgmt (103)" in result.because or "BLACK" in result.because
    assert (house.gate.pending, house.deeds.done) == ((), [])


async def test_a_protected_guest_may_be_read(house: GateHouse) -> None:
    assert (await house.ask("get_guest_status", MODEL, guest=103)).outcome is Outcome.DONE


async def test_the_node_under_a_protected_guest_stays_up(house: GateHouse) -> None:
    refused = await house.ask("reboot_node", OWNER, node="pve")
    asked = await house.ask("reboot_node", OWNER, node="home")

    assert refused.outcome is Outcome.REFUSED
    assert "where I live" in refused.because
    assert asked.outcome is Outcome.WAITING


async def test_before_the_first_reading_nothing_is_changed(house: GateHouse) -> None:
    house.cluster.snapshot = make_snapshot(nodes=[], guests_at=None)

    result = await house.ask("start_guest", OWNER, guest=104)

    assert result.outcome is Outcome.REFUSED
    assert "not been read yet" in result.because


async def test_an_old_reading_does_not_tell_where_the_protected_guest_is(house: GateHouse) -> None:
    house.clock.turn(660)

    result = await house.ask("reboot_node", OWNER, node="home")

    assert result.outcome is Outcome.REFUSED
    assert "may be there by now" in result.because


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "guest: is missing: The guest's number."),
        ({"guest": "many"}, "guest: "),
        ({"guest": 7}, "(met 7)"),
        ({"guest": 104, "forse": True}, "force is one"),
        ({"guest": 104, "force": object()}, "no JSON values"),
        ({"guest": float("nan")}, "no JSON values"),
        ({"guest": 104, "force": "x" * 20_000}, "longer than"),
    ],
    ids=["missing", "no number", "too small", "unknown", "no JSON", "not a number", "too long"],
)
async def test_arguments_that_cannot_be_read_are_refused_by_name(
    house: GateHouse, arguments: dict[str, object], told: str
) -> None:
    result = await house.ask("stop_guest", MODEL, **arguments)

    assert result.outcome is Outcome.REFUSED
    assert told in result.because
    assert house.deeds.done == []


async def test_a_tool_that_does_not_exist_is_refused_with_its_nearest_name(
    house: GateHouse,
) -> None:
    result = await house.ask("stop_gest", MODEL, guest=104)

    assert (result.outcome, result.tier) == (Outcome.REFUSED, None)
    assert "stop_guest" in result.because


async def test_a_stage_that_fails_refuses(house: GateHouse) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("no such thing")

    object.__setattr__(house.gate.registry["stop_guest"], "touches", break_down)

    result = await house.ask("stop_guest", OWNER, guest=104)

    assert result.outcome is Outcome.REFUSED
    assert "the gate itself failed" in result.because
    assert (house.gate.pending, house.deeds.done) == ((), [])


async def test_nothing_runs_where_the_audit_cannot_be_written(house: GateHouse) -> None:
    def fail(*_: object) -> None:
        raise OSError("database or disk is full")

    house.gate.audit.begin = fail_later(fail)  # type: ignore[method-assign]

    result = await house.ask("start_guest", OWNER, guest=112)

    assert result.outcome is Outcome.REFUSED
    assert "audit cannot be written" in result.because
    assert house.deeds.done == []


def fail_later(fail: object):  # type: ignore[no-untyped-def]
    async def failing(*_: object) -> None:
        fail()  # type: ignore[operator]

    return failing


async def test_the_same_change_again_within_seconds_is_refused(house: GateHouse) -> None:
    first = await house.ask("start_guest", MODEL, guest=112)
    again = await house.ask("start_guest", MODEL, guest=112)
    house.clock.turn(6)
    later = await house.ask("start_guest", MODEL, guest=112)

    assert [one.outcome for one in (first, again, later)] == [
        Outcome.DONE, Outcome.REFUSED, Outcome.DONE,
    ]  # fmt: skip
    assert "the very same call" in again.because


async def test_a_person_may_read_the_same_again_at_once_and_a_model_may_not(
    house: GateHouse,
) -> None:
    person = [await house.ask("get_guest_status", OWNER, guest=104) for _ in range(2)]
    model = [await house.ask("get_guest_status", MODEL, guest=104) for _ in range(2)]

    assert [one.outcome for one in person] == [Outcome.DONE, Outcome.DONE]
    assert [one.outcome for one in model] == [Outcome.DONE, Outcome.REFUSED]


async def test_a_restart_is_no_way_around_the_changes_an_hour(house: GateHouse) -> None:
    for _ in range(12):
        assert (await house.ask("start_guest", MONITOR, guest=112)).outcome is Outcome.DONE
        house.clock.turn(61)
    await house.shut()
    await house.open()

    refused = await house.ask("start_guest", MONITOR, guest=112)
    house.clock.turn(3_600)
    allowed = await house.ask("start_guest", MONITOR, guest=112)

    assert "12 changes" in refused.because
    assert (refused.outcome, allowed.outcome) == (Outcome.REFUSED, Outcome.DONE)


async def test_too_many_calls_a_minute_are_refused_and_not_on_record(house: GateHouse) -> None:
    results = [await house.ask("get_guest_status", API, guest=guest) for guest in range(100, 170)]
    outcomes = [result.outcome for result in results]

    assert outcomes == [Outcome.DONE] * 60 + [Outcome.REFUSED] * 10
    assert len(await house.entries()) == 120


async def test_a_refusal_is_on_record_with_its_stage(house: GateHouse) -> None:
    await house.ask("stop_guest", MODEL, guest=103)

    [entry] = await house.entries()
    detail = json.loads(entry.detail_json)
    assert (entry.outcome, entry.target, detail["stage"]) == ("refused", "guest/103", "protection")
    assert detail["arguments"] == {"guest": 103, "force": False}


async def test_an_argument_that_names_a_protected_guest_is_refused_though_the_tool_tells_nothing(
    house: GateHouse,
) -> None:
    object.__setattr__(house.gate.registry["start_guest"], "touches", lambda *_: ())

    result = await house.ask("start_guest", OWNER, guest=103)

    assert result.outcome is Outcome.REFUSED
    assert "I live there" in result.because


async def test_where_jarvis_is_not_listed_no_node_goes_down(house: GateHouse) -> None:
    house.cluster.snapshot = homelab(guests=[make_guest(104, name="media")])

    result = await house.ask("reboot_node", OWNER, node="agent")

    assert result.outcome is Outcome.REFUSED
    assert "not known where guest 103 is" in result.because


async def test_a_call_is_whole_without_a_reason(house: GateHouse) -> None:
    result = await house.gate.execute(
        ToolCall(id="1", tool="get_guest_status", arguments={"guest": 104}), MODEL
    )

    assert result.outcome is Outcome.DONE


async def test_what_runs_there_goes_down_with_a_node(house: GateHouse) -> None:
    house.cluster.snapshot = homelab(nodes=[make_node("pve"), make_node("home")])
    asked = await house.ask("reboot_node", OWNER, node="home")

    [approval] = house.gate.pending
    rows = dict(approval.blast)
    assert approval.id == asked.approval_id
    assert rows["Goes down with it"] == "1: adguard (101)"
    assert rows["Quorum after it"].startswith("lost")


async def test_nothing_is_changed_until_it_is_known_where_jarvis_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net" / "eth0").mkdir(parents=True)
    (tmp_path / "net" / "eth0" / "address").write_text("BC:24:11:0A:0B:0C")
    monkeypatch.setattr(own_macs, "__defaults__", (tmp_path / "net",))
    house = GateHouse(tmp_path, own_vmid=None)
    answers = asyncio.Event()

    async def fetch_guest_config(place: GuestPlace) -> GuestConfig:
        await answers.wait()
        mac = "BC:24:11:0A:0B:0C" if place.vmid == 104 else f"BC:24:11:00:00:{place.vmid % 100:02d}"
        return GuestConfig(nets=(("net0", f"virtio={mac}"),))

    house.cluster.lookups.fetch_guest_config = fetch_guest_config
    await house.open()

    early = house.tasks.start(house.ask("start_guest", guest=112), name="early")
    reading = await house.ask("get_guest_status", guest=104)
    own = house.tasks.start(house.ask("start_guest", guest=104), name="own")
    await asyncio.sleep(0.05)
    assert [name for name, _ in house.deeds.done] == ["get_guest_status"]
    answers.set()

    assert (await early).outcome is Outcome.DONE
    assert reading.outcome is Outcome.DONE
    assert "I live there" in (await own).because
    assert house.gate.place.vmid == 104
    await house.shut()
