"""The commands of the simulated machines: one world, told the same way by shell and API."""

import asyncio
import json
import re
from typing import Any

import pytest

from simulator.faults import FaultRefused
from simulator.ssh.commands.registry import COMMANDS
from simulator.world import power
from simulator.world.model import ROOT
from tests.support.shells import Shells


@pytest.fixture(scope="module")
def shells(tmp_path_factory: pytest.TempPathFactory) -> Shells:
    """Shared by all tests that only look."""
    return Shells(tmp_path_factory.mktemp("simulator"))


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Shells:
    """For one test alone, which may hurt it."""
    return Shells(tmp_path_factory.mktemp("simulator"))


async def api(shells: Shells, path: str, *, through: str = "pve") -> Any:
    """What the API answers to root."""
    dispatcher = shells.simulation.api._dispatcher
    return await dispatcher.ask(ROOT, through, "GET", path, {})


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


async def test_guests_are_those_of_the_api(shells: Shells) -> None:
    listed = {
        line.split()[0]: line.split()[2] for line in (await shells.say("qm list")).splitlines()[1:]
    }
    rows = await api(shells, "/nodes/pve/qemu")

    assert listed == {str(row["vmid"]): row["status"] for row in rows}
    assert await shells.say("qm status 104") == "status: running\n"
    assert "hostname: adguard\n" in await shells.say("pct config 101")
    assert "name: media\n" in await shells.say("cat /etc/pve/qemu-server/104.conf")
    assert await shells.say("ls /etc/pve/nodes/home/lxc") == "102.conf\n113.conf\n121.conf\n"


async def test_what_a_shell_starts_runs_for_the_api_with_its_task(own: Shells) -> None:
    assert await own.say("qm start 112") == ""

    current = await api(own, "/nodes/pve/qemu/112/status/current")
    assert current["status"] == "running"
    tasks = [task for task in own.world.tasks.of_node("pve") if task.kind == "qmstart"]
    assert [(task.of, task.user, task.exitstatus) for task in tasks] == [("112", "root@pam", "OK")]
    again = await own.run("qm start 112")
    assert (again.status, again.err) == (255, "VM 112 already running\n")


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        ("qm start 999", 255, "Configuration file 'nodes/pve/qemu-server/999.conf' does not exist"),
        ("pct start 101", 255, "CT 101 already running"),
        ("qm destroy 104", 255, "VM 104 is running - destroy failed"),
        ("qm wibble 104", 255, "unknown command 'qm wibble'"),
        ("pct exec 999 -- ls", 255, "Configuration file 'nodes/pve/lxc/999.conf' does not exist"),
        ("qm terminal 112", 255, "unable to find a serial interface"),
        ("qm guest exec 130 -- ls", 255, "No QEMU guest agent configured"),
        ("systemctl stop nosuch", 5, "Unit nosuch.service not found."),
        ("zpool status nosuch", 1, "cannot open 'nosuch': no such pool"),
        ("ls /nowhere", 2, "cannot access '/nowhere': No such file or directory"),
        ("cat /etc", 1, "cat: /etc: Is a directory"),
        ("docker ps", 127, "bash: docker: command not found"),
        ("vim /etc/hosts", 127, "bash: vim: command not found"),
        ("htop", 127, "bash: htop: command not found"),
        ("ping -c 1 nosuch", 2, "ping: nosuch: Name or service not known"),
        ("head -z", 1, "head: invalid option -- 'z'"),
        ("curl https://example.org", 7, "simulated machines have no network"),
    ],
)
async def test_what_cannot_be_done_is_said_in_the_words_of_the_real_thing(
    shells: Shells, line: str, status: int, told: str
) -> None:
    ran = await shells.run(line)

    assert ran.status == status
    assert told in ran.err


async def test_without_a_majority_nothing_is_changed(own: Shells) -> None:
    own.simulation.faults.give("lose-quorum", "pve")

    ran = await own.run("qm start 112; pvecm status")

    assert ran.err == "cluster not ready - no quorum?\n"
    assert "Quorate:          No\n" in ran.out
    assert "Activity blocked" in ran.out


async def test_services_are_those_of_the_api(own: Shells) -> None:
    assert await own.say("systemctl is-active cron") == "active\n"
    await own.say("systemctl stop cron")

    ran = await own.run("systemctl is-active cron")
    assert (ran.status, ran.out) == (3, "inactive\n")
    state = await api(own, "/nodes/pve/services/cron/state")
    assert (state["state"], state["active-state"]) == ("dead", "inactive")
    await own.say("systemctl start cron")
    assert (await api(own, "/nodes/pve/services/cron/state"))["state"] == "running"
    assert "Started cron.service" in await own.say("journalctl -u cron -n 1")


async def test_a_failed_service_is_listed_until_it_is_started_again(own: Shells) -> None:
    asked = "systemctl list-units --failed --all --plain --full --no-legend --no-pager"

    listed = await own.say(asked, on="agent")
    as_json = json.loads(await own.say("systemctl list-units --failed --output=json", on="agent"))
    status = await own.run("systemctl status logrotate", on="agent")

    assert listed.split()[:4] == ["logrotate.service", "loaded", "failed", "failed"]
    assert [row["unit"] for row in as_json] == ["logrotate.service"]
    assert status.status == 3
    assert "Failed with result 'exit-code'" in status.out
    await own.say("systemctl restart logrotate", on="agent")
    assert await own.say(asked, on="agent") == ""


async def test_the_journal_holds_what_the_api_tells(shells: Shells) -> None:
    lines = (await shells.say("journalctl -n 5 -o short-iso")).splitlines()
    entries = [
        json.loads(one) for one in (await shells.say("journalctl -n 5 -o json")).splitlines()
    ]

    assert len(lines) == len(entries) == 5
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 pve ", line) for line in lines)
    for line, entry in zip(lines, entries, strict=True):
        assert line.endswith(entry["MESSAGE"])
        assert entry["_HOSTNAME"] == "pve"


async def test_packages_wait_until_they_are_upgraded(own: Shells) -> None:
    waiting = await api(own, "/nodes/home/apt/update", through="home")
    listed = (await own.say("apt list --upgradable", on="home")).splitlines()[1:]
    dry = await own.say("apt-get -s dist-upgrade", on="home")

    assert {line.partition("/")[0] for line in listed} == {row["Package"] for row in waiting}
    assert dry.count("Inst ") == len(waiting) > 0
    refused = await own.run("apt-get dist-upgrade", on="home", given="n\n")
    assert refused.out.endswith("Abort.\n")
    await own.say("apt-get -y dist-upgrade", on="home")
    assert await api(own, "/nodes/home/apt/update", through="home") == []
    versions = await api(own, "/nodes/home/apt/versions", through="home")
    assert versions[0]["Version"] == waiting[0]["Version"]


async def test_containers_live_in_the_management_guest(own: Shells) -> None:
    rows = [
        json.loads(line)
        for line in (
            await own.say("docker ps --all --no-trunc --format json", on="mgmt")
        ).splitlines()
    ]
    by_name = {row["Names"]: row for row in rows}

    assert {"jarvis", "portainer", "uptime-kuma", "homepage", "watchtower"} <= set(by_name)
    assert re.fullmatch("[0-9a-f]{64}", by_name["jarvis"]["ID"])
    assert by_name["jarvis"]["State"] == "running"
    assert by_name["speedtest-tracker"]["Status"].startswith("Exited (1)")
    through = json.loads(await own.say("qm guest exec 103 -- docker ps -q --no-trunc"))
    assert (through["exitcode"], by_name["jarvis"]["ID"] in through["out-data"]) == (0, True)
    await own.say("docker stop homepage; docker start speedtest-tracker", on="mgmt")
    names = (await own.say("docker ps --format '{{.Names}}'", on="mgmt")).split()
    assert "homepage" not in names
    assert "speedtest-tracker" in names
    assert "received SIGTERM" in await own.say("docker logs homepage --tail 1", on="mgmt")
    state = await own.say(
        "docker inspect -f '{{.State.Status}} {{.State.Running}}' homepage", on="mgmt"
    )
    assert state == "exited false\n"


async def test_containers_come_back_with_their_guest(own: Shells) -> None:
    await own.say("docker stop homepage", on="mgmt")
    await own.say("qm stop 103 && qm start 103")

    rows = dict(
        line.split(" ", 1)
        for line in (
            await own.say("docker ps -a --format '{{.Names}} {{.Status}}'", on="mgmt")
        ).splitlines()
    )

    assert rows["jarvis"].startswith("Up ")
    assert "seconds" in rows["jarvis"] or "second" in rows["jarvis"] or "minute" in rows["jarvis"]
    assert rows["homepage"].startswith("Exited (0)")
    stopped = await own.run("systemctl stop docker; docker ps", on="mgmt")
    assert "Cannot connect to the Docker daemon" in stopped.err


async def test_a_command_runs_inside_a_container(shells: Shells) -> None:
    assert await shells.say("pct exec 106 -- hostname", on="agent") == "paperless\n"
    assert await shells.say("pct exec 106 -- bash -c 'echo $HOSTNAME'", on="agent") == "paperless\n"
    told = (await shells.say("pct exec 106 -- free -b", on="agent")).splitlines()[1].split()
    assert int(told[1]) == shells.world.guests[106].mem_bytes
    missing = await shells.run("pct exec 106 -- nosuch", on="agent")
    assert missing.status == 127


async def test_pvesh_asks_the_api(own: Shells) -> None:
    told = json.loads(await own.say("pvesh get /cluster/status --output-format json"))

    assert {row["name"] for row in told} == {"homelab", "home", "pve", "agent", "agent1"}
    assert "│ homelab" in await own.say("pvesh get /cluster/status")
    upid = await own.say("pvesh create /nodes/pve/qemu/112/status/start")
    assert upid.startswith("UPID:pve:")
    assert own.world.guests[112].is_running
    missing = await own.run("pvesh get /nowhere")
    assert (missing.status, missing.err) == (
        255,
        "pvesh: No 'get' handler defined for '/nowhere'\n",
    )


async def test_the_cluster_tells_of_itself(own: Shells) -> None:
    assert "Quorate:          Yes\n" in await own.say("pvecm status")
    assert "service vm:110 (home, started)\n" in await own.say("ha-manager status")
    assert (await own.say("pveversion")).startswith("pve-manager/9.2.3/")
    power.power_off(own.world, own.world.nodes["agent"])
    own.world.agenda.advance(own.world.now + 5)
    told = await own.say("pvecm status")
    assert "Total votes:      3\n" in told
    assert "192.0.2.12" not in told
    assert (await own.run("ping -c 1 agent")).status == 1
    assert (await own.run("ssh agent true")).status == 255


async def test_a_node_taken_out_of_the_cluster_is_gone_for_all(own: Shells) -> None:
    refused = await own.run("pvecm delnode pve")
    assert refused.err == "Cannot delete myself from cluster!\n"

    assert await own.say("pvecm delnode agent1") == "Killing node agent1\n"

    rows = await api(own, "/cluster/resources")
    told = json.loads(rows.json)
    assert not [row for row in told if row.get("node") == "agent1"]
    assert "agent1" not in await own.say(
        "pvecm nodes; ls /etc/pve/nodes; cat /etc/pve/corosync.conf"
    )
    await own.simulation.ssh.follow()
    own.simulation.faults.clear()


async def test_a_disk_that_is_used_is_not_wiped(own: Shells) -> None:
    refused = await own.run("wipefs -a /dev/nvme0n1")
    assert (refused.status, refused.err) == (255, "disk/partition '/dev/nvme0n1p3' has a holder\n")

    await own.say("pvesh set /nodes/pve/disks/wipedisk --disk /dev/sda")

    listed = await api(own, "/nodes/pve/disks/list")
    assert ["used" in row for row in listed] == [True, False]
    assert "sda1" not in await own.say("lsblk")


async def test_processes_are_listed_and_can_be_ended(own: Shells) -> None:
    listed = await own.say("ps aux")
    assert "/usr/bin/kvm -id 104 -name media" in listed
    assert "pveproxy" in listed
    sleeping = asyncio.create_task(own.run("sleep 60; echo $?"))
    await asyncio.sleep(0.05)

    pid = await own.say("pgrep -f 'sleep 60' | head -1")
    assert await own.say(f"kill -0 {pid}") == ""
    await own.say("pkill -TERM -x sleep")

    ended = await asyncio.wait_for(sleeping, 5)
    assert ended.out == "143\n"
    assert (await own.run(f"kill {pid}")).err.endswith("No such process\n")


async def test_top_in_a_batch_tells_what_the_node_tells(shells: Shells) -> None:
    lines = (await shells.say("top -bn1")).splitlines()

    assert lines[0].startswith("top - ")
    assert re.search(r"MiB Mem : +64921\.6 total", lines[3])
    busiest = lines[7].split()
    assert busiest[-1] == "kvm"
    assert float(busiest[8]) > float(lines[8].split()[8])


async def test_what_is_written_is_read_back_until_it_is_removed(own: Shells) -> None:
    assert await own.say("echo one > /tmp/a; echo two >> /tmp/a; cat /tmp/a") == "one\ntwo\n"
    assert (
        await own.say("mkdir -p /tmp/d/e; cp /tmp/a /tmp/d/e; ls /tmp/d/e; rm -r /tmp/d; ls /tmp")
        == "a\na\n"
    )
    full = await own.run("head -c 20M /dev/zero > /tmp/big")
    assert "No space left on device" in full.err
    assert (await own.run("echo x > /proc/uptime")).err == "bash: /proc/uptime: Permission denied\n"


async def test_every_command_of_a_node_answers_without_breaking(shells: Shells) -> None:
    endless = {"yes", "read", "cat", "top", "watch"}
    broken = []
    for name, known in COMMANDS.items():
        if name in endless or known.where.value in ("docker", "guest"):
            continue
        for words in (name, f"{name} --help", f"{name} nonsense"):
            try:
                ran = await asyncio.wait_for(shells.run(words), 10)
            except TimeoutError:
                broken.append(f"{words}: did not end")
                continue
            if ran.status == 139 or "Segmentation" in ran.err:
                broken.append(words)

    assert broken == []


async def test_a_guest_goes_down_and_comes_up_from_within(own: Shells) -> None:
    before = own.world.guests[105].started_at
    await own.say("reboot", on="nextcloud")
    await asyncio.sleep(0.1)
    own.world.advance()
    assert own.world.guests[105].is_running
    assert own.world.guests[105].started_at != before

    pid = own.world.guests[105].pid
    await own.say(f"kill -9 {pid}", on="agent")

    assert not own.world.guests[105].is_running
    cron = (await own.say("systemctl show -p MainPID --value cron", on="agent")).strip()
    await own.say(f"kill {cron}", on="agent")
    assert await own.say("systemctl is-active cron", on="agent") == "active\n"
    assert (await own.say("systemctl show -p MainPID --value cron", on="agent")).strip() != cron


async def test_a_node_reboots_without_asking_for_a_majority(own: Shells) -> None:
    own.simulation.faults.give("lose-quorum", "agent")

    await own.say("systemctl reboot", on="agent")

    assert own.world.nodes["agent"].power.value == "stopping"
