"""What address a guest has, over the simulator's real HTTPS and through the gate."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.safety.tiers import Tier
from services.tools.calls import Outcome
from simulator.process import SimulatorProcess
from tests.integration.test_gate_simulated import MODEL, GatedBench
from tests.support.proxmox import Wire
from tests.support.tool_bench import Bench, bench_over


@pytest.fixture(scope="module", params=["8.4", "9.2"])
def simulator(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimulatorProcess]:
    folder: Path = tmp_path_factory.mktemp("addresses")
    with SimulatorProcess.start(folder, pve=request.param) as process:
        yield process


@pytest.fixture
async def house(bench: Bench, tmp_path: Path) -> AsyncIterator[GatedBench]:
    async with GatedBench(bench, tmp_path) as gated:
        yield gated


@pytest.mark.parametrize(
    ("guest", "label", "address", "teller"),
    [
        ("nextcloud", "nextcloud (105)", "192.0.2.105", "its guest agent"),
        ("adguard", "adguard (101)", "192.0.2.101", "its node"),
    ],
)
async def test_a_model_is_told_the_addresses_of_what_runs(
    house: GatedBench, wire: Wire, guest: str, label: str, address: str, teller: str
) -> None:
    result = await house.ask("get_guest_addresses", MODEL, guest=guest)

    assert (result.outcome, result.tier) == (Outcome.DONE, Tier.GREEN), result.because
    assert result.text.startswith(f"{label} has {address}, as {teller} tells; read 0 s ago")
    assert result.data["addresses"] == [address]
    (eth0,) = result.data["interfaces"]
    node, kind, vmid = (result.data[key] for key in ("node", "kind", "vmid"))
    net0 = wire.get(f"/nodes/{node}/{kind}/{vmid}/config")["net0"]
    assert eth0["mac"] in net0.lower()
    assert (eth0["interface"], eth0["addresses"]) == ("eth0", [address])
    assert eth0["link_local"][0].startswith("fe80::")
    assert eth0["mac"] in result.text


@pytest.mark.parametrize(
    ("guest", "outcome", "because"),
    [
        ("win11", Outcome.EMPTY, "win11 (112) is stopped, so it has no addresses. Start it first"),
        ("debian-13", Outcome.EMPTY, "debian-13 (9000) is a template, which never runs"),
        ("pbs", Outcome.FAILED, "pbs (130) has no guest agent configured"),
        ("pbs", Outcome.FAILED, "`qm set 130 --agent 1` on pve, then stop and start it once"),
        ("nobody", Outcome.REFUSED, "There is no guest nobody"),
    ],
)
async def test_what_cannot_be_told_says_why_and_what_can_be_done(
    house: GatedBench, guest: str, outcome: Outcome, because: str
) -> None:
    result = await house.ask("get_guest_addresses", MODEL, guest=guest)

    assert result.outcome is outcome
    assert because in result.because
    assert not result.data.get("addresses")


async def test_an_agent_that_has_gone_silent_is_told_apart_from_none(
    house: GatedBench, simulator: SimulatorProcess
) -> None:
    simulator.fault("silence-agent", "immich")
    silent = await house.ask("get_guest_addresses", guest="immich")
    simulator.clear("silence-agent", "immich")
    heard = await house.ask("get_guest_addresses", guest="immich")

    assert silent.outcome is Outcome.FAILED
    assert "The guest agent of immich (108) is configured and does not answer" in silent.because
    assert "See that qemu-guest-agent is installed and runs" in silent.because
    assert heard.data["addresses"] == ["192.0.2.108"]


async def test_a_paused_machine_has_an_agent_that_cannot_answer(
    house: GatedBench, wire: Wire
) -> None:
    wire.finish(wire.post("/nodes/pve/qemu/104/status/suspend"))
    paused = await house.ask("get_guest_addresses", guest="media")
    wire.finish(wire.post("/nodes/pve/qemu/104/status/resume"))

    assert paused.outcome is Outcome.FAILED
    assert "media (104) is paused, so its agent cannot answer. Resume it" in paused.because


async def test_a_token_that_may_only_look_on_is_told_the_right_it_lacks(
    simulator: SimulatorProcess, wire: Wire
) -> None:
    """Proxmox VE 9 has a right for it, which its auditors hold; 8 wants one that lets do more."""
    async with bench_over(
        simulator,
        token_id=simulator.read_token_id,
        token_secret=SecretStr(simulator.read_token_secret),
    ) as bench:
        machine = await bench.use("get_guest_addresses", guest="nextcloud")
        container = await bench.use("get_guest_addresses", guest="adguard")

    assert container.data["addresses"] == ["192.0.2.101"]
    if wire.get("/version")["version"].startswith("9"):
        assert machine.data["addresses"] == ["192.0.2.105"]
    else:
        assert machine.outcome is Outcome.REFUSED
        assert "it lacks VM.Monitor on /vms/105" in machine.because
