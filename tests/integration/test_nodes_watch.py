"""Watching nodes over a real OpenSSH server, whose programs are scripts of the test's own."""

import json
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from services.cluster.model import GuestKind, NodeDetail, NodeState
from services.cluster.node_services import ServiceReading
from services.nodes.happenings import (
    DriveFailing,
    NodeOverheats,
    NodesWatched,
    PoolDegraded,
    UnitFailed,
)
from services.nodes.model import LinkState
from services.nodes.rounds import Part
from tests.support.clusters import NOON, make_guest, make_node
from tests.support.openssh import OpenSsh, needs_openssh, running_openssh
from tests.support.ssh_house import SshHouse, config_for, ssh_house
from tests.support.waiting import until

pytestmark = needs_openssh

SENSORS = {
    "k10temp-pci-00c3": {"Tctl": {"temp1_input": 51.5}},
    "nvme-pci-0100": {"Composite": {"temp1_input": 38.85, "temp1_crit": 84.85}},
    "nct6798-isa-0290": {"fan1": {"fan1_input": 812.0}, "AUXTIN": {"temp3_input": 216.0}},
}
SCAN = {"smartctl": {"exit_status": 0}, "devices": [{"name": "/dev/sda", "type": "sat"}]}
DRIVE = {
    "smartctl": {"exit_status": 0},
    "model_name": "ST8000DM004",
    "serial_number": "ZR1",
    "smart_status": {"passed": True},
    "temperature": {"current": 34},
}
CONTAINER = {"ID": "a" * 64, "Names": "jarvis", "Image": "jarvis", "Status": "Up 2 hours (healthy)"}
EVERY = MappingProxyType(dict.fromkeys(Part, 0.3))


class Machine:
    """Programs of a made-up node, in a folder that its shell looks into first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        self.says("sensors", json.dumps(SENSORS))
        self.runs(
            "smartctl",
            f"case \"$*\" in *--scan*) echo '{json.dumps(SCAN)}';; "
            f"*) echo '{json.dumps(DRIVE)}';; esac",
        )
        self.runs(
            "zpool",
            'case "$1" in list) printf "rpool\\t1000\\t400\\tONLINE\\n";; '
            '*) printf "  pool: rpool\\n state: ONLINE\\n  scan: none requested\\n'
            'errors: No known data errors\\n";; esac',
        )
        self.says("systemctl", "")
        self.says("docker", json.dumps(CONTAINER))
        (self.folder / "grep").symlink_to("/usr/bin/false")

    def says(self, program: str, text: str, exit_status: int = 0) -> None:
        """Let a program write this."""
        (self.folder / f"{program}.txt").write_text(text + "\n" if text else "")
        self.runs(program, f"cat {self.folder}/{program}.txt; exit {exit_status}")

    def runs(self, program: str, script: str) -> None:
        """Let a program be this shell script."""
        file = self.folder / program
        file.write_text(f'#!/bin/sh\necho "$0 $*" >> {self.folder}/asked\n{script}\n')
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def lacks(self, program: str) -> None:
        """Take a program away; none of the system's own takes its place."""
        self.runs(program, "exit 127")

    @property
    def asked(self) -> list[str]:
        """Every command that was run, with its words."""
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def server(tmp_path: Path, machine: Machine) -> Iterator[OpenSsh]:
    path = f"{machine.folder}:/usr/bin:/bin"
    with running_openssh(tmp_path / "openssh", path=path) as running:
        yield running


def watch_of(house: SshHouse, node: str = "pve"):
    return house.nodes.watches[node]


async def settled(house: SshHouse, node: str = "pve") -> None:
    def all_read() -> bool:
        watch = house.nodes.watches.get(node)
        return watch is not None and None not in (
            watch.sensors,
            watch.drives_at,
            watch.pools_at,
            watch.failed_units_at,
        )

    await until(all_read, f"every part of {node} to be read")


async def test_every_part_of_a_node_is_read(
    server: OpenSsh, machine: Machine, tmp_path: Path
) -> None:
    config = config_for(server, watching=True, docker_node="pve")
    async with ssh_house(tmp_path / "data", config) as house:
        await settled(house)
        await until(lambda: house.nodes.containers, "the containers")

        watch = watch_of(house)
        assert watch.link.state is LinkState.CONNECTED
        assert watch.sensors is not None
        assert (watch.sensors.cpu_c, watch.sensors.cpu_of) == (51.5, "k10temp-pci-00c3 Tctl")
        assert watch.sensors.hottest_drive_c == 38.85
        assert {s.label for s in watch.sensors.sensors} == {"Tctl", "Composite", "fan1"}
        (drive,) = watch.drives
        assert (drive.device, drive.model, drive.passed) == ("/dev/sda", "ST8000DM004", True)
        (pool,) = watch.pools
        assert (pool.name, pool.size_bytes, pool.errors) == ("rpool", 1000, "No known data errors")
        assert watch.failed_units == ()
        assert [c.name for c in house.nodes.containers] == ["jarvis"]
        assert house.nodes.containers_at is not None
        assert house.nodes.containers_because is None
        reasons = (
            watch.sensors_because,
            watch.drives_because,
            watch.pools_because,
            watch.failed_units_because,
        )
        assert reasons == (None, None, None, None)
        assert any("smartctl --json -n standby -i -H -A /dev/sda" in line for line in machine.asked)
        await house.bus.drained()
        assert house.of(NodesWatched)


async def test_each_part_fails_alone_and_says_why(
    server: OpenSsh, machine: Machine, tmp_path: Path
) -> None:
    machine.lacks("smartctl")
    machine.says("systemctl", "Failed to connect to bus", exit_status=1)
    machine.lacks("zpool")
    config = config_for(server, watching=True, docker_node="pve")
    machine.says("docker", "Cannot connect to the Docker daemon", exit_status=1)
    async with ssh_house(tmp_path / "data", config) as house:
        await until(
            lambda: "pve" in house.nodes.watches and watch_of(house).failed_units_because,
            "the units to fail",
        )
        await until(lambda: watch_of(house).sensors, "the sensors")
        await until(lambda: watch_of(house).drives_because, "the drives to fail")
        await until(lambda: watch_of(house).pools_at, "the pools")
        await until(lambda: house.nodes.containers_because, "the containers to fail")

        watch = watch_of(house)
        assert watch.drives_because == "pve has no smartctl"
        assert watch.pools == ()
        assert watch.pools_because is None
        assert watch.sensors_because is None
        assert "docker ps" in (house.nodes.containers_because or "")

        machine.says("smartctl", json.dumps(SCAN))
        house.nodes._watcher.look_again("pve")
        await until(lambda: watch_of(house).drives_at, "the drives")
        assert watch_of(house).drives_because is None


async def test_without_lm_sensors_the_kernel_s_files_are_read(
    server: OpenSsh, machine: Machine, tmp_path: Path
) -> None:
    machine.lacks("sensors")
    (machine.folder / "grep").unlink()
    machine.says(
        "grep",
        "/sys/class/hwmon/hwmon0/name:coretemp\n/sys/class/hwmon/hwmon0/temp1_input:47000\n"
        "/sys/class/hwmon/hwmon0/temp1_label:Package id 0",
        exit_status=2,
    )
    async with ssh_house(tmp_path / "data", config_for(server, watching=True)) as house:
        await until(lambda: "pve" in house.nodes.watches and watch_of(house).sensors, "the sensors")

        sensors = watch_of(house).sensors
        assert sensors is not None
        assert (sensors.cpu_c, sensors.cpu_of) == (47.0, "coretemp-hwmon0 Package id 0")


async def test_a_node_that_is_down_is_not_dialled_and_says_so_until_it_is_back(
    server: OpenSsh, machine: Machine, tmp_path: Path
) -> None:
    config = config_for(server, ("pve", "home"), watching=True)
    async with ssh_house(tmp_path / "data", config) as house:
        house.tell(make_node("home"), make_node("pve", NodeState.DOWN))
        await settled(house, "home")

        watch = watch_of(house)
        assert watch.link.state is LinkState.UNUSED
        assert watch.sensors is None
        assert watch.sensors_because == "pve is down: it was not asked"
        assert watch.drives_because == watch.pools_because == watch.sensors_because
        assert len(server.connections()) == 1

        house.tell(make_node("home"), make_node("pve"))
        house.nodes._watcher.look_again("pve")
        await settled(house)
        assert watch_of(house).sensors_because is None
        assert len(server.connections()) == 2

        house.tell(make_node("home"), make_node("pve", NodeState.UNREACHABLE))
        house.nodes._watcher.look_again("pve")
        await until(lambda: watch_of(house).sensors_because, "the node to be left alone")
        assert watch_of(house).sensors is not None, "the last figures stay, with their age"

        house.tell(make_node("home"))
        house.nodes._watcher.look_again("pve")
        await until(lambda: "pve" not in house.nodes.watches, "the node to be gone")


async def test_a_first_key_shows_on_the_watch_and_reading_begins_when_it_is_trusted(
    server: OpenSsh, machine: Machine, tmp_path: Path
) -> None:
    config = config_for(server, watching=True, known_hosts_file=None)
    async with ssh_house(tmp_path / "data", config) as house:
        await until(
            lambda: (
                "pve" in house.nodes.watches and watch_of(house).link.state is LinkState.KEY_UNKNOWN
            ),
            "the key to be shown",
        )
        await until(lambda: watch_of(house).sensors_because, "the reason")
        assert server.fingerprint in (watch_of(house).sensors_because or "")
        assert machine.asked == []

        await house.trust()

        await settled(house)
        assert watch_of(house).link.state is LinkState.CONNECTED


async def test_news_is_told_once_and_never_of_a_single_reading(
    server: OpenSsh, machine: Machine, tmp_path: Path
) -> None:
    config = config_for(server, watching=True)
    async with ssh_house(tmp_path / "data", config, intervals_s=EVERY) as house:
        await settled(house)
        machine.says("sensors", json.dumps({"k10temp-pci-00c3": {"Tctl": {"temp1_input": 91.0}}}))
        machine.says("systemctl", "pvestatd.service loaded failed failed PVE Status Daemon")
        failing = {**DRIVE, "smart_status": {"passed": False}}
        machine.runs(
            "smartctl",
            f"case \"$*\" in *--scan*) echo '{json.dumps(SCAN)}';; "
            f"*) echo '{json.dumps(failing)}'; exit 8;; esac",
        )
        machine.runs(
            "zpool",
            'case "$1" in list) printf "rpool\\t1000\\t400\\tDEGRADED\\n";; '
            '*) printf "  pool: rpool\\n state: DEGRADED\\nerrors: No known data errors\\n";; esac',
        )

        kinds = (NodeOverheats, DriveFailing, PoolDegraded, UnitFailed)
        await until(lambda: all(house.of(kind) for kind in kinds), "all four to be told")
        counted = len(machine.asked)
        await until(lambda: len(machine.asked) > counted + 20, "several more readings")

        await house.bus.drained()
        assert [len(house.of(kind)) for kind in kinds] == [1, 1, 1, 1]
        assert watch_of(house).hot


async def test_a_failed_service_of_a_node_without_ssh_is_told_by_what_proxmox_lists(
    server: OpenSsh, machine: Machine, tmp_path: Path
) -> None:
    def read(at: datetime) -> NodeDetail:
        return NodeDetail(read_at=at, services=(ServiceReading(name="cron", state="failed"),))

    async with ssh_house(tmp_path / "data", config_for(server, ("home",), watching=True)) as house:
        house.tell(make_node("home"), make_node("pve", detail=read(NOON)))
        await until(lambda: "pve" in house.nodes.watches, "the node to be looked at")
        assert house.of(UnitFailed) == [], "it was read once"

        house.tell(make_node("home"), make_node("pve", detail=read(NOON + timedelta(minutes=5))))
        house.nodes._watcher.look_again("pve")
        await until(lambda: house.of(UnitFailed), "the service to be told")

        (failed,) = house.of(UnitFailed)
        assert failed.sentence() == "cron.service has failed on pve"
        assert watch_of(house).failed_units_because is not None


@pytest.mark.parametrize("kind", [GuestKind.LXC, GuestKind.QEMU], ids=str)
async def test_containers_of_a_guest_are_asked_for_through_its_node(
    server: OpenSsh, machine: Machine, tmp_path: Path, kind: GuestKind
) -> None:
    answer = json.dumps(CONTAINER)
    machine.says("pct", answer)
    machine.says("qm", json.dumps({"exitcode": 0, "exited": 1, "out-data": answer + "\n"}))
    config = config_for(server, watching=True, docker_vmid=103)
    async with ssh_house(tmp_path / "data", config) as house:
        house.tell(make_node(), guests=[make_guest(103, kind=kind, node="pve")])
        house.nodes._watcher.look_again("pve")
        await until(lambda: house.nodes.containers, "the containers")

        asked = next(line for line in machine.asked if "docker ps" in line)
        expected = (
            "pct exec 103 --" if kind is GuestKind.LXC else "qm guest exec 103 --timeout 15 --"
        )
        assert f"{expected} docker ps --all --no-trunc --format {{{{json .}}}}" in asked


async def test_where_no_docker_is_named_that_is_told(
    server: OpenSsh, machine: Machine, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server, watching=True)) as house:
        await until(lambda: house.nodes.containers_because, "the reason")
        assert "JARVIS_DOCKER_NODE" in (house.nodes.containers_because or "")

    config = config_for(server, watching=True, docker_vmid=999)
    async with ssh_house(tmp_path / "more", config) as house:
        await until(lambda: house.nodes.containers_because, "the reason")
        assert "999" in (house.nodes.containers_because or "")
