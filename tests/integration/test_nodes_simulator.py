"""The nodes' room over the simulated homelab, which speaks SSH as real machines do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.nodes.config import NodesConfig, parse_address
from services.nodes.model import LinkState
from simulator.process import SimulatorProcess
from tests.support.clusters import make_node
from tests.support.ssh_house import SshHouse, ssh_house
from tests.support.waiting import until

NODES = ("home", "pve", "agent", "agent1")


def config_of(simulator: SimulatorProcess, **more: Any) -> NodesConfig:
    given: dict[str, Any] = {
        "key_file": Path(simulator.ssh_key_file),
        "user": simulator.ssh_user,
        "known_hosts_file": Path(simulator.ssh_known_hosts_file),
        "addresses": {
            node: parse_address(address, port=22) for node, address in simulator.ssh.items()
        },
        "docker_node": "mgmt",
        "loopback_only": True,
    }
    return NodesConfig(**{**given, **more})


@pytest.fixture
async def house(simulator: SimulatorProcess, tmp_path: Path) -> AsyncIterator[SshHouse]:
    async with ssh_house(tmp_path, config_of(simulator)) as running:
        running.tell(*(make_node(name) for name in NODES))
        yield running


async def test_every_node_is_read_whole(house: SshHouse) -> None:
    def read() -> bool:
        watches = house.nodes.watches.values()
        return len(watches) == 4 and all(
            watch.sensors and watch.drives_at and watch.pools_at and watch.failed_units_at
            for watch in watches
        )

    await until(read, "every part of every node")
    await until(lambda: house.nodes.containers, "the containers")

    for watch in house.nodes.watches.values():
        assert watch.link.state is LinkState.CONNECTED
        assert watch.sensors is not None
        assert watch.sensors.cpu_c is not None
        assert 20 < watch.sensors.cpu_c < 100
        assert watch.drives
        assert all(drive.passed is not None for drive in watch.drives)
        reasons = (watch.sensors_because, watch.drives_because, watch.pools_because)
        assert reasons == (None, None, None)
    assert "mgmt" not in house.nodes.watches, "a host that is no node is not watched"
    assert all(container.state for container in house.nodes.containers)


async def test_a_command_runs_there_as_it_would_on_a_real_machine(house: SshHouse) -> None:
    uptime = await house.nodes.run("pve", ["cat", "/proc/uptime"])
    piped = await house.nodes.run_text("pve", "echo one two | wc -w; exit 3")
    missing = await house.nodes.run("pve", ["no-such-program"])

    assert float(uptime.stdout.split()[0]) > 0
    assert (piped.stdout.strip(), piped.exit_status) == ("2", 3)
    assert missing.exit_status == 127


async def test_its_keys_wait_for_a_person_like_any_other(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    config = config_of(simulator, known_hosts_file=None, watching=True)
    async with ssh_house(tmp_path, config) as house:
        house.tell(make_node("pve"))
        await until(
            lambda: (
                "pve" in house.nodes.watches
                and house.nodes.watches["pve"].link.state is LinkState.KEY_UNKNOWN
            ),
            "the key to be shown",
        )

        await house.trust("pve")

        await until(lambda: house.nodes.watches["pve"].sensors, "the sensors")
