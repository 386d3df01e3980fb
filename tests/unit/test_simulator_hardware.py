"""The hardware of the simulated machines: one world, told the same way by shell and API."""

import asyncio
import json
import re

import pytest

from simulator.faults import FaultRefused
from tests.support.shells import Shells, api


async def test_load_memory_and_uptime_are_those_of_the_api(shells: Shells) -> None:
    status = await api(shells, "/nodes/pve/status")
    free = (await shells.say("free -b")).splitlines()[1].split()
    load = (await shells.say("cat /proc/loadavg")).split()
    uptime = float((await shells.say("cat /proc/uptime")).split()[0])

    assert int(free[1]) == status["memory"]["total"]
    assert abs(int(free[2]) - status["memory"]["used"]) < 0.02 * status["memory"]["total"]
    assert abs(float(load[0]) - float(status["loadavg"][0])) < 3
    assert abs(uptime - status["uptime"]) < 120
    assert int(await shells.say("nproc")) == status["cpuinfo"]["cpus"]
    assert status["cpuinfo"]["model"] in await shells.say("cat /proc/cpuinfo")
    assert "up 12 days" in await shells.say("uptime")


async def test_meminfo_adds_up(shells: Shells) -> None:
    told = dict(re.findall(r"(\w+): +(\d+) kB", await shells.say("cat /proc/meminfo")))
    kib = {name: int(size) for name, size in told.items()}

    assert kib["MemFree"] < kib["MemAvailable"] < kib["MemTotal"]
    used = kib["MemTotal"] - kib["MemFree"] - kib["Cached"] - kib["Buffers"]
    free = (await shells.say("free -k")).splitlines()[1].split()
    assert abs(used - int(free[2])) < 0.02 * kib["MemTotal"]


async def test_processor_time_only_ever_grows(own: Shells) -> None:
    def jiffies(text: str) -> list[int]:
        return [int(one) for one in text.splitlines()[0].split()[1:6]]

    before = jiffies(await own.say("cat /proc/stat"))
    await asyncio.sleep(0.05)
    after = jiffies(await own.say("cat /proc/stat"))

    assert all(late >= early for early, late in zip(before, after, strict=True))
    assert sum(after) > sum(before)


async def test_sensors_read_the_processors_of_both_makers(shells: Shells) -> None:
    intel = json.loads(await shells.say("sensors -j", on="home"))
    amd = json.loads(await shells.say("sensors -j", on="pve"))

    package = intel["coretemp-isa-0000"]["Package id 0"]["temp1_input"]
    assert abs(package - shells.world.node_figures(shells.world.nodes["home"]).temp_c) < 3
    tctl = amd["k10temp-pci-00c3"]["Tctl"]["temp1_input"]
    assert abs(tctl - shells.world.node_figures(shells.world.nodes["pve"]).temp_c) < 3
    assert amd["nvme-pci-0100"]["Composite"]["temp1_crit"] == 84.85


async def test_where_sensors_is_missing_the_kernel_tells_the_same(shells: Shells) -> None:
    ran = await shells.run("sensors -j", on="agent1")
    lines = await shells.say("grep -sH '' /sys/class/hwmon/hwmon*/temp1_label", on="agent1")

    assert (ran.status, ran.err) == (127, "bash: sensors: command not found\n")
    assert "Package id 0" in lines


async def test_heat_shows_in_the_sensors(own: Shells) -> None:
    async def package() -> float:
        told = json.loads(await own.say("sensors -j", on="home"))
        return float(told["coretemp-isa-0000"]["Package id 0"]["temp1_input"])

    cool = await package()
    own.simulation.faults.give("overheat", "home")

    assert await package() > cool + 30


async def test_smart_tells_the_same_disks_as_the_api(shells: Shells) -> None:
    scanned = json.loads(await shells.say("smartctl --scan --json"))
    listed = await api(shells, "/nodes/pve/disks/list")
    told = json.loads(await shells.say("smartctl --json -a /dev/sda"))

    assert len(scanned["devices"]) == len(listed) == 2
    assert told["serial_number"] == listed[1]["serial"]
    assert told["smart_status"] == {"passed": True}
    rows = {row["name"]: row["raw"]["value"] for row in told["ata_smart_attributes"]["table"]}
    assert rows["Power_On_Hours"] == told["power_on_time"]["hours"]
    gone = await shells.run("smartctl --json -a /dev/nvme9")
    assert gone.status == 2
    assert json.loads(gone.out)["smartctl"]["exit_status"] == 2


async def test_pools_are_those_of_the_api(shells: Shells) -> None:
    (pool,) = await api(shells, "/nodes/pve/disks/zfs")
    name, size, _, health = (
        await shells.say("zpool list -Hp -o name,size,allocated,health")
    ).split()

    assert (name, int(size), health) == (pool["name"], pool["size"], pool["health"])
    assert "errors: No known data errors" in await shells.say("zpool status")
    assert f"{name}/data/vm-104-disk-0" in (await shells.say("zfs list -H -o name")).splitlines()
    assert (await shells.say("zfs list -o name,avail")).splitlines()[0].split() == ["NAME", "AVAIL"]
    strange = await shells.run("zfs list -o name,colour")
    assert (strange.status, strange.err) == (2, "bad property list: invalid property 'colour'\n")
    assert await shells.say("zpool list", on="home") == "no pools available\n"


async def test_a_degraded_pool_says_so_everywhere(own: Shells) -> None:
    own.simulation.faults.give("degrade-pool", "pve")

    (pool,) = await api(own, "/nodes/pve/disks/zfs")
    status = await own.say("zpool status")
    assert pool["health"] == (await own.say("zpool list -Ho health")).strip() == "DEGRADED"
    assert " state: DEGRADED\nstatus: One or more devices" in status
    assert "142  too many errors" in status
    assert await own.say("zpool status -x") == status
    own.simulation.faults.clear("degrade-pool")
    assert await own.say("zpool status -x") == "all pools are healthy\n"
    with pytest.raises(FaultRefused, match="home has no ZFS pool"):
        own.simulation.faults.give("degrade-pool", "home")


async def test_a_failing_drive_says_so_everywhere(own: Shells) -> None:
    own.simulation.faults.give("fail-drive", "pve")

    ran = await own.run("smartctl --json -n standby -i -H -A /dev/sda")
    listed = await api(own, "/nodes/pve/disks/list")
    assert json.loads(ran.out)["smart_status"] == {"passed": False}
    assert [row["health"] for row in listed] == ["PASSED", "FAILED!"]
    own.simulation.faults.clear("fail-drive")
    assert [row["health"] for row in await api(own, "/nodes/pve/disks/list")] == ["PASSED"] * 2


async def test_storages_are_those_of_the_api(shells: Shells) -> None:
    rows = {row["storage"]: row for row in await api(shells, "/nodes/pve/storage")}
    lines = (await shells.say("pvesm status")).splitlines()[1:]

    assert {line.split()[0] for line in lines} == set(rows)
    for line in lines:
        name, _, _, total, used = line.split()[:5]
        assert int(total) == rows[name]["total"] // 1024
        assert abs(int(used) - rows[name]["used"] // 1024) < 100_000
    mounted = await shells.say("df -B1 /mnt/pve/backup")
    assert "/mnt/pve/backup" in mounted
    archives = (await shells.say("ls /mnt/pve/backup/dump")).split()
    listed = await api(shells, "/nodes/pve/storage/backup/content")
    assert set(archives) == {row["volid"].rpartition("/")[2] for row in listed}


async def test_a_disk_that_is_used_is_not_wiped(own: Shells) -> None:
    refused = await own.run("wipefs -a /dev/nvme0n1")
    assert (refused.status, refused.err) == (255, "disk/partition '/dev/nvme0n1p3' has a holder\n")

    await own.say("pvesh set /nodes/pve/disks/wipedisk --disk /dev/sda")

    listed = await api(own, "/nodes/pve/disks/list")
    assert ["used" in row for row in listed] == [True, False]
    assert "sda1" not in await own.say("lsblk")
