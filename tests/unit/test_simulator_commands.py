"""The commands of the simulated machines: one world, told the same way by shell and API."""

import asyncio
import json

import pytest

from simulator.ssh.commands.registry import COMMANDS
from simulator.world import power
from tests.support.shells import Shells, api


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
                ran = await asyncio.wait_for(shells.run(words), 30)
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
