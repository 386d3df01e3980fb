"""The simulated machines over real SSH: who is let in, what comes back, and what breaks it."""

import asyncio
import json
import stat
import time
from pathlib import Path

import asyncssh
import psutil
import pytest

from simulator.process import SimulatorProcess
from tests.support.shells import sign_in

YES_S = 1.5


async def test_each_machine_lets_root_in_under_its_own_verified_key(
    simulator: SimulatorProcess,
) -> None:
    assert list(simulator.ssh) == [*simulator.nodes, "mgmt"]

    keys = set()
    for machine in simulator.ssh:
        async with sign_in(simulator, machine) as connection:
            told = await connection.run("hostname", check=True)
            key = connection.get_server_host_key()
        assert told.stdout == f"{machine}\n"
        assert key is not None
        keys.add(key.get_fingerprint())

    assert len(keys) == len(simulator.ssh)
    key_file = Path(simulator.ssh_key_file)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


async def test_another_key_another_user_and_a_password_are_refused(
    simulator: SimulatorProcess,
) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")

    for wrong in (
        {"client_keys": [stranger]},
        {"username": "admin"},
        {"client_keys": None, "password": "secret"},
    ):
        with pytest.raises(asyncssh.PermissionDenied):
            async with sign_in(simulator, "pve", **wrong):
                pass


async def test_nothing_but_sessions_is_served(simulator: SimulatorProcess) -> None:
    async with sign_in(simulator) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", 22)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.start_sftp_client()


async def test_status_output_and_errors_come_back_apart(simulator: SimulatorProcess) -> None:
    async with sign_in(simulator) as connection:
        ran = await connection.run("echo out; echo err >&2; exit 7")
        piped = await connection.run("tr a-z A-Z | sort -r", input="b\na\n")
        scripted = await connection.run(input="x=4\nfor i in 1 2; do\necho $i$x\ndone\n")

    assert (ran.exit_status, ran.stdout, ran.stderr) == (7, "out\n", "err\n")
    assert piped.stdout == "B\nA\n"
    assert scripted.stdout == "14\n24\n"


async def test_many_sessions_share_a_connection(simulator: SimulatorProcess) -> None:
    async with sign_in(simulator) as connection:
        slow = [asyncio.create_task(connection.run("sleep 72")) for _ in range(4)]
        ran = await asyncio.gather(*(connection.run(f"echo {number}") for number in range(8)))

        assert [one.stdout for one in ran] == [f"{number}\n" for number in range(8)]
        assert not any(task.done() for task in slow)
        await connection.run("pkill -f 'sleep 72'")
        await asyncio.gather(*slow)


async def test_a_signal_ends_what_runs_and_is_told(simulator: SimulatorProcess) -> None:
    async with sign_in(simulator) as connection:
        process = await connection.create_process("sleep 60")
        process.terminate()
        ended = await asyncio.wait_for(process.wait(), 30)

        assert ended.exit_signal is not None
        assert ended.exit_signal[0] == "TERM"


async def test_a_command_found_by_its_marker_can_be_killed(simulator: SimulatorProcess) -> None:
    line = "timeout -k 5 35 env LC_ALL=C MARK=4f2a9c sleep 60"
    async with sign_in(simulator) as connection:
        running = asyncio.create_task(connection.run(line))
        while not (await connection.run("pgrep -f -- 'MARK=[4]f2a9c'")).stdout:
            await asyncio.sleep(0.02)

        await connection.run("kill -TERM $(pgrep -f -- 'MARK=[4]f2a9c')")

        ended = await asyncio.wait_for(running, 30)
        assert ended.exit_status in (124, 137, 143)
        assert not (await connection.run("pgrep -f -- 'MARK=[4]f2a9c'")).stdout


async def test_a_closed_connection_ends_what_it_ran(simulator: SimulatorProcess) -> None:
    async with sign_in(simulator) as other:
        async with sign_in(simulator) as connection:
            await connection.create_process("sleep 71")
            while not (await other.run("pgrep -f 'sleep 71'")).stdout:
                await asyncio.sleep(0.02)

        async with asyncio.timeout(30):
            while (await other.run("pgrep -f 'sleep 71'")).stdout:
                await asyncio.sleep(0.02)


async def test_fifty_megabytes_arrive_whole(simulator: SimulatorProcess) -> None:
    async with sign_in(simulator) as connection:
        ran = await connection.run("head -c 50M /dev/zero", encoding=None)
        counted = await connection.run("seq 200000 | tail -n 1")

    assert len(ran.stdout) == 50 * 1024 * 1024
    assert counted.stdout == "200000\n"


async def test_endless_output_waits_for_a_slow_reader(own_simulator: SimulatorProcess) -> None:
    process = psutil.Process(own_simulator.pid)
    async with sign_in(own_simulator) as connection, sign_in(own_simulator, "home") as other:
        endless = await connection.create_process("yes", encoding=None)
        await endless.stdout.readexactly(1_000_000)
        before = process.memory_info().rss
        until_s = time.monotonic() + YES_S
        while time.monotonic() < until_s:
            await endless.stdout.readexactly(4_096)
            await asyncio.sleep(0.05)

        assert process.memory_info().rss - before < 16 * 1024 * 1024
        assert process.cpu_percent(0.3) < 30
        answered = await asyncio.wait_for(other.run("echo alive"), 30)
        assert answered.stdout == "alive\n"
        endless.kill()


async def test_figures_over_ssh_are_those_of_the_control_api(simulator: SimulatorProcess) -> None:
    async with sign_in(simulator, "home") as connection:
        told = json.loads(str((await connection.run("sensors -j", check=True)).stdout))
        memory = str((await connection.run("free -b", check=True)).stdout)
    (node,) = [one for one in simulator.world()["nodes"] if one["name"] == "home"]

    package = told["coretemp-isa-0000"]["Package id 0"]["temp1_input"]
    assert abs(package - node["temp_c"]) < 3
    used = int(memory.splitlines()[1].split()[2])
    assert abs(used - node["mem_bytes"]) < 0.02 * node["mem_bytes"]


async def test_a_node_without_power_refuses_and_cuts(own_simulator: SimulatorProcess) -> None:
    async with sign_in(own_simulator, "agent") as connection:
        running = asyncio.create_task(connection.run("sleep 60"))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(own_simulator.fault, "power-off", "agent")

        await asyncio.wait_for(connection.wait_closed(), 30)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    with pytest.raises(OSError):
        async with sign_in(own_simulator, "agent"):
            pass

    await asyncio.to_thread(own_simulator.clear, "power-off")

    async with asyncio.timeout(30):
        while True:
            try:
                async with sign_in(own_simulator, "agent") as connection:
                    uptime = str((await connection.run("cat /proc/uptime")).stdout)
                break
            except OSError:
                await asyncio.sleep(0.1)
    assert float(uptime.split()[0]) < 30


async def test_a_frozen_node_takes_connections_and_goes_silent(
    own_simulator: SimulatorProcess,
) -> None:
    async with sign_in(own_simulator, "agent", keepalive_interval=0) as connection:
        talking = await connection.create_process("cat")
        talking.stdin.write("before\n")
        assert await talking.stdout.readline() == "before\n"

        await asyncio.to_thread(own_simulator.fault, "freeze", "agent")

        talking.stdin.write("during\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(talking.stdout.readline(), 0.5)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5), sign_in(own_simulator, "agent"):
                pass
        await asyncio.to_thread(own_simulator.clear, "freeze")
        assert await asyncio.wait_for(talking.stdout.readline(), 30) == "during\n"
        talking.stdin.write_eof()


async def test_dropped_ssh_leaves_the_api_alone(own_simulator: SimulatorProcess) -> None:
    async with sign_in(own_simulator, "home") as connection:
        await asyncio.to_thread(own_simulator.fault, "ssh-drop", "home")
        await asyncio.wait_for(connection.wait_closed(), 30)

    with pytest.raises(OSError):
        async with sign_in(own_simulator, "home"):
            pass
    async with sign_in(own_simulator, "pve") as connection:
        assert (await connection.run("qm status 104")).stdout == "status: running\n"
    await asyncio.to_thread(own_simulator.clear, "ssh-drop")
    async with sign_in(own_simulator, "home") as connection:
        assert (await connection.run("true")).exit_status == 0


async def test_a_changed_host_key_is_met_and_goes_away_again(
    own_simulator: SimulatorProcess,
) -> None:
    async with sign_in(own_simulator, "pve") as connection:
        await asyncio.to_thread(own_simulator.fault, "ssh-key-changed", "pve")
        await asyncio.wait_for(connection.wait_closed(), 30)

    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        async with sign_in(own_simulator, "pve"):
            pass
    async with sign_in(own_simulator, "home"):
        pass
    await asyncio.to_thread(own_simulator.clear, "ssh-key-changed")
    async with sign_in(own_simulator, "pve") as connection:
        assert (await connection.run("hostname")).stdout == "pve\n"


async def test_the_management_guest_answers_while_it_runs(own_simulator: SimulatorProcess) -> None:
    async with sign_in(own_simulator, "pve") as node, sign_in(own_simulator, "mgmt") as guest:
        assert (await guest.run("docker ps -q | wc -l")).stdout == "7\n"

        await node.run("qm stop 103", check=True)

        await asyncio.wait_for(guest.wait_closed(), 30)
        with pytest.raises(OSError):
            async with sign_in(own_simulator, "mgmt"):
                pass


async def test_a_daemon_that_is_stopped_keeps_those_who_are_in(
    own_simulator: SimulatorProcess,
) -> None:
    async with sign_in(own_simulator, "agent") as connection:
        await connection.run("systemctl stop ssh", check=True)
        async with asyncio.timeout(30):
            while True:
                try:
                    async with sign_in(own_simulator, "agent"):
                        await asyncio.sleep(0.05)
                except OSError:
                    break
        await connection.run("systemctl start ssh", check=True)
        async with asyncio.timeout(30):
            while True:
                try:
                    async with sign_in(own_simulator, "agent") as again:
                        assert (await again.run("systemctl is-active ssh")).stdout == "active\n"
                    break
                except OSError:
                    await asyncio.sleep(0.05)


async def test_keys_outlive_a_restart(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path) as process:
        client = Path(process.ssh_key_file).read_bytes()
        async with sign_in(process) as connection:
            host = connection.get_server_host_key()

    with SimulatorProcess.start(tmp_path) as process:
        assert Path(process.ssh_key_file).read_bytes() == client
        async with sign_in(process) as connection:
            again = connection.get_server_host_key()

    assert host is not None
    assert again is not None
    assert host.get_fingerprint() == again.get_fingerprint()


async def test_thirty_two_nodes_and_two_thousand_guests_fit(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path, nodes=32, guests=2000) as process:
        assert len(process.ssh) == 33
        async with sign_in(process, "node32") as connection:
            listed = await connection.run("qm list | wc -l; ls /etc/pve/nodes | wc -l")
        resident = psutil.Process(process.pid).memory_info().rss

    assert str(listed.stdout).splitlines()[1] == "32"
    assert resident < 160 * 1024 * 1024
