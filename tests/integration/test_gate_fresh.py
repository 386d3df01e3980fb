"""What is protected is read anew before anything is changed, however seldom the cluster is read."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.cluster.model import Tier
from services.safety.touches import Touch, TouchKind
from services.tools.calls import Outcome
from services.tools.registry import REGISTRY
from simulator.process import SimulatorProcess
from tests.integration.test_gate_simulated import MODEL, OWNER, GatedBench
from tests.support.proxmox import Wire
from tests.support.tool_bench import bench_over

SELDOM_S = {
    Tier.CRITICAL: 600.0,
    Tier.IMPORTANT: 600.0,
    Tier.ROUTINE: 600.0,
    Tier.BACKGROUND: 600.0,
}


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path / "simulator", speed=20) as process:
        yield process


@pytest.fixture
async def house(simulator: SimulatorProcess, tmp_path: Path) -> AsyncIterator[GatedBench]:
    async with (
        bench_over(simulator, intervals_s=SELDOM_S) as bench,
        GatedBench(bench, tmp_path / "house") as gated,
    ):
        yield gated


async def test_a_guest_is_protected_from_the_moment_it_is_tagged(
    house: GatedBench, wire: Wire
) -> None:
    asked = await house.ask("shutdown_guest", MODEL, guest="grafana")
    assert asked.approval_id is not None

    answer = wire.ask("PUT", "/nodes/home/lxc/121/config", tags="jarvis-protected")
    assert answer.status_code == 200

    approved = await house.gate.proceed(asked.approval_id, OWNER)
    snapshot = await house.ask("create_snapshot", MODEL, guest="grafana", snapshot="before")
    command = await house.ask("run_command", node="home", command="pct stop 121")
    for result in (approved, snapshot, command):
        assert result.outcome is Outcome.REFUSED, result
        assert "grafana (121)" in result.because
    assert wire.resource("lxc/121")["status"] == "running"


async def test_a_node_is_not_taken_down_once_something_protected_has_moved_there(
    house: GatedBench, wire: Wire
) -> None:
    asked = await house.ask("reboot_node", MODEL, node="agent1")
    assert asked.approval_id is not None
    await asyncio.to_thread(
        wire.finish, wire.post("/nodes/pve/qemu/103/migrate", target="agent1", online=1)
    )

    result = await house.gate.proceed(asked.approval_id, OWNER)

    assert result.outcome is Outcome.REFUSED, result
    assert "mgmt (103) is there" in result.because
    assert wire.resource("node/agent1")["status"] == "online"


async def test_a_name_that_has_passed_to_another_guest_is_not_acted_upon(
    house: GatedBench, wire: Wire
) -> None:
    asked = await house.ask("shutdown_guest", MODEL, guest="grafana")
    assert asked.approval_id is not None
    wire.ask("PUT", "/nodes/home/lxc/121/config", hostname="was-grafana")
    assert wire.ask("PUT", "/nodes/pve/lxc/101/config", hostname="grafana").status_code == 200

    result = await house.gate.proceed(asked.approval_id, OWNER)

    assert result.outcome is Outcome.REFUSED, result
    assert wire.resource("lxc/101")["status"] == wire.resource("lxc/121")["status"] == "running"


async def test_a_tool_acts_on_no_guest_but_the_one_the_gate_has_judged(house: GatedBench) -> None:
    judged = (Touch(kind=TouchKind.GUEST, id="121", node="home", ends=True),)
    hands = replace(house.bench.hands, touches=judged)
    tool = REGISTRY["shutdown_guest"]

    found = await tool.run(tool.arguments.model_validate({"guest": "git"}), hands)

    assert found.outcome is Outcome.REFUSED
    assert "another guest's name" in found.because
