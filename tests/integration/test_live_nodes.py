"""What the simulated nodes suffer, from SSH to the page's word and the node's row."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from components.live.view import View, draw_view
from db.queries.events import record_events
from services.clock import SystemClock
from services.events import Happening
from services.journal import to_row
from services.nodes.config import NodesConfig, parse_address
from services.nodes.happenings import (
    DriveFailing,
    NodeOverheats,
    PoolDegraded,
    PoolRecovered,
)
from services.nodes.model import LinkState
from services.nodes.rounds import Part
from simulator.process import SimulatorProcess
from tests.support.clusters import make_node, make_tiers
from tests.support.ssh_house import SshHouse, ssh_house
from tests.support.waiting import until

QUICK_S: Mapping[Part, float] = MappingProxyType(dict.fromkeys(Part, 0.3))
LINE_C = 80.0


def config_of(simulator: SimulatorProcess) -> NodesConfig:
    return NodesConfig(
        key_file=Path(simulator.ssh_key_file),
        user=simulator.ssh_user,
        known_hosts_file=Path(simulator.ssh_known_hosts_file),
        addresses={"pve": parse_address(simulator.ssh["pve"], port=22)},
        temperature_warning_c=LINE_C,
        loopback_only=True,
    )


@pytest.fixture
async def house(own_simulator: SimulatorProcess, tmp_path: Path) -> AsyncIterator[SshHouse]:
    async with ssh_house(tmp_path, config_of(own_simulator), intervals_s=QUICK_S) as running:
        running.tell(make_node("pve"))
        await until(lambda: view_of(running).panels["nodes"].rows["pve"].get("drives_at"), "SMART")
        assert view_of(running).panels["top"].meta["health"] == "NOMINAL"
        yield running


def view_of(house: SshHouse) -> View:
    return draw_view(house.snapshot, make_tiers(), watches=house.nodes.watches)


def reasons_of(house: SshHouse) -> str:
    return "; ".join(view_of(house).panels["reactor"].meta["reasons"])


def row_of(house: SshHouse) -> Mapping[str, Any]:
    return view_of(house).panels["nodes"].rows["pve"]


@pytest.mark.parametrize(
    ("fault", "reason", "brief", "mood"),
    [
        ("degrade-pool", "pve: pool rpool is DEGRADED", "rpool is DEGRADED", "alarm"),
        (
            "fail-drive",
            "pve: /dev/sda is failing: SMART says it will not last",
            "/dev/sda is failing",
            "alarm",
        ),
        (
            "ssh-key-changed",
            "pve: shows another host key than the trusted one",
            "another host key",
            "alarm",
        ),
        ("ssh-drop", "pve: SSH is lost", "SSH is lost", "attention"),
    ],
)
async def test_the_reactor_and_the_row_tell_what_befalls_a_node(
    house: SshHouse, own_simulator: SimulatorProcess, fault: str, reason: str, brief: str, mood: str
) -> None:
    own_simulator.fault(fault, "pve")

    await until(lambda: reason in reasons_of(house), f"{reason} among {reasons_of(house)}")

    assert view_of(house).panels["reactor"].meta["mood"] == mood
    assert [brief, mood == "alarm"] in row_of(house)["ills"]
    own_simulator.clear(fault)
    await until(lambda: "ills" not in row_of(house), "all to be well again", within_s=30)


async def test_an_overheated_processor_is_hot_by_the_line_of_the_settings(
    house: SshHouse, own_simulator: SimulatorProcess
) -> None:
    assert row_of(house)["hot"] is False
    own_simulator.fault("overheat", "pve")

    await until(lambda: house.of(NodeOverheats), "the heat to be told")

    row = row_of(house)
    assert row["temp"] > LINE_C
    assert row["hot"] is True
    assert f"at {row['temp']}\u00a0°C" in reasons_of(house)
    assert view_of(house).panels["reactor"].meta["mood"] == "attention"


async def test_what_was_told_before_a_restart_is_not_told_anew(
    own_simulator: SimulatorProcess, tmp_path: Path
) -> None:
    config = config_of(own_simulator)
    own_simulator.fault("degrade-pool", "pve")
    own_simulator.fault("fail-drive", "pve")
    async with ssh_house(tmp_path, config, intervals_s=QUICK_S) as first:
        await until(lambda: first.of(PoolDegraded) and first.of(DriveFailing), "both to be told")
        told = [to_row(event) for event in first.events if isinstance(event, Happening)]
        await first.database.run(record_events, told)
    own_simulator.clear("degrade-pool")

    async with ssh_house(tmp_path, config, intervals_s=QUICK_S) as second:
        await until(lambda: second.of(PoolRecovered), "what was mended meanwhile to be told")
        await until(lambda: second.nodes.watches["pve"].drives_at, "the drives")
        asked_at = second.nodes.watches["pve"].drives_at
        await until(
            lambda: second.nodes.watches["pve"].drives_at not in (None, asked_at),
            "another reading of the drives",
        )

        assert second.of(DriveFailing) == second.of(PoolDegraded) == []
        assert "/dev/sda is failing" in reasons_of(second)


async def test_a_figure_read_before_ssh_was_lost_keeps_its_moment_and_tells_why(
    house: SshHouse, own_simulator: SimulatorProcess
) -> None:
    own_simulator.fault("ssh-drop", "pve")
    await until(lambda: row_of(house).get("temp_says"), "the reading to fail")
    assert house.nodes.watches["pve"].link.state is LinkState.AWAY

    before = row_of(house)
    later = SystemClock().now() + timedelta(hours=9)
    house.tell(make_node("pve"), at=later)

    assert row_of(house)["temp_at"] == before["temp_at"]
    assert row_of(house)["temp"] == before["temp"]
    assert later.timestamp() - row_of(house)["temp_at"] > 9 * 3_600 - 60
