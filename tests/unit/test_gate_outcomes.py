"""What becomes of a call the gate let through: its outcome, its reason, and its words."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.cluster.errors import ClusterError
from services.tools.calls import Outcome
from services.tools.errors import CallRefused
from services.tools.gate.events import ToolFailed
from services.tools.spec import Found
from tests.support.gate_house import MODEL, OWNER, GateHouse


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (Found(verified=None), Outcome.UNKNOWN),
        (Found(verified=False), Outcome.FAILED),
        (Found(outcome=Outcome.FAILED, because="no space", verified=False), Outcome.FAILED),
        (Found(outcome=Outcome.WAITING), Outcome.FAILED),
    ],
    ids=["not verified", "found undone", "failed", "no tool waits"],
)
async def test_a_change_is_done_only_when_a_read_has_found_it_done(
    house: GateHouse, found: Found, outcome: Outcome
) -> None:
    house.deeds.found = found

    result = await house.ask("start_guest", OWNER, guest=112)

    assert result.outcome is outcome
    assert result.because
    await house.bus.drained()
    assert [told.outcome for told in house.told(ToolFailed)] == [outcome.value]


@pytest.mark.parametrize(
    ("raised", "outcome", "told"),
    [
        (ClusterError("pve refused", "Wait"), Outcome.FAILED, "pve refused. Wait"),
        (CallRefused("There is no guest 112"), Outcome.REFUSED, "There is no guest 112"),
        (KeyError("secret-like"), Outcome.UNKNOWN, "broke off with KeyError"),
    ],
    ids=["cluster", "refused", "a slip of ours"],
)
async def test_what_a_tool_raises_becomes_an_outcome_with_a_reason(
    house: GateHouse, raised: Exception, outcome: Outcome, told: str
) -> None:
    house.deeds.raises = raised

    result = await house.ask("start_guest", OWNER, guest=112)

    assert result.outcome is outcome
    assert told in result.because
    assert "secret-like" not in result.because
    assert (await house.entries())[-1].outcome == outcome.value


async def test_a_change_that_takes_too_long_is_not_known(house: GateHouse) -> None:
    object.__setattr__(house.gate.registry["start_guest"], "timeout_s", 0.05)
    house.deeds.hold = asyncio.Event()

    result = await house.ask("start_guest", OWNER, guest=112)

    assert result.outcome is Outcome.TIMED_OUT
    assert "what it did is not known" in result.because
    assert (await house.entries())[-1].outcome == "timed out"


async def test_a_read_ends_with_whoever_asked_and_a_change_goes_on(house: GateHouse) -> None:
    house.deeds.hold = asyncio.Event()
    reading = house.tasks.start(house.ask("get_guest_status", guest=104), name="reading")
    await house.deeds.begun.wait()
    house.deeds.begun.clear()
    changing = house.tasks.start(house.ask("start_guest", guest=112), name="changing")
    await house.deeds.begun.wait()

    reading.cancel()
    changing.cancel()
    await asyncio.wait([reading, changing])
    house.deeds.hold.set()
    while house.gate.running:
        await asyncio.sleep(0.01)

    ends = {row.action: row.outcome for row in await house.entries() if row.outcome != "begun"}
    assert ends == {"get_guest_status": "failed", "start_guest": "done"}


async def test_secrets_are_taken_out_of_what_a_tool_finds(tmp_path: Path) -> None:
    secret = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    house = await GateHouse(tmp_path, secrets=(SecretStr(secret),)).open()
    house.deeds.found = Found(
        text=f"PVEAPIToken says {secret}; password=hunter22",
        because=f"seen {secret}",
        data={"password": "hunter22", "rows": [{"told": secret}], "n": 1},
    )

    result = await house.ask("get_guest_status", MODEL, guest=104)
    refused = await house.ask("run_command", OWNER, node="home", command=f"echo {secret}")

    assert secret not in repr(result)
    assert "hunter22" not in repr(result)
    assert result.data["n"] == 1
    assert refused.outcome is Outcome.REFUSED
    assert "hold a secret" in refused.because
    everything = "".join(row.detail_json + row.because for row in await house.entries())
    assert secret not in everything
    await house.shut()


async def test_a_long_text_loses_its_middle_and_says_so(house: GateHouse) -> None:
    house.deeds.found = Found(text="\n".join(f"line {n} é" for n in range(20_000)))

    result = await house.ask("get_guest_status", MODEL, guest=104)

    assert len(result.text.encode()) <= 32_768
    assert result.text.startswith("line 0")
    assert result.text.endswith("line 19999 é")
    assert result.cut_bytes > 100_000
    assert f"{result.cut_bytes} bytes left out" in result.text
