"""Tools that work over SSH, against the simulator's own servers."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.nodes.model import LinkState
from services.tools.calls import Outcome
from simulator.process import SimulatorProcess
from tests.support.tool_bench import Bench, bench_over


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("ssh-tools")) as process:
        yield process


@pytest.fixture
async def bench(simulator: SimulatorProcess) -> AsyncIterator[Bench]:
    async with bench_over(simulator, docker_vmid=103) as bench:
        yield bench


async def test_a_command_that_only_reads_runs_and_any_other_is_refused(bench: Bench) -> None:
    read = await bench.use("run_readonly_command", node="pve", command="cat /etc/hostname")
    empty = await bench.use("run_readonly_command", node="pve", command="grep nobody /etc/hosts")
    writes = await bench.use("run_readonly_command", node="pve", command="touch /tmp/x")
    hidden = await bench.use("run_readonly_command", node="pve", command="echo $(reboot)")

    assert (read.outcome, read.data["stdout"]) == (Outcome.DONE, "pve\n")
    assert read.verified is None
    assert empty.outcome is Outcome.EMPTY
    assert "ended with status 1" in empty.because
    for refused in (writes, hidden):
        assert refused.outcome is Outcome.REFUSED
        assert "does not only read" in refused.because
    seen = await bench.use("run_readonly_command", node="pve", command="ls /tmp")
    assert "x" not in seen.data["stdout"].split()


async def test_what_a_command_has_changed_is_not_called_seen_when_it_ends_with_0(
    bench: Bench,
) -> None:
    done = await bench.use("run_command", node="pve", command="touch /tmp/made")
    failed = await bench.use("run_command", node="pve", command="ls /nowhere")

    assert (done.outcome, done.verified) == (Outcome.DONE, None)
    assert "what it has changed was not looked at" in done.because
    assert (failed.outcome, failed.verified) == (Outcome.FAILED, False)
    assert "No such file" in failed.text


async def test_a_command_that_takes_too_long_is_killed_and_called_late(bench: Bench) -> None:
    found = await bench.use("run_command", node="pve", command="sleep 30", timeout_s=1)

    assert found.outcome is Outcome.TIMED_OUT
    assert "longer than 1 s" in found.because


async def test_containers_are_listed_stopped_and_started(bench: Bench) -> None:
    listed = await bench.use("list_containers")
    stopped = await bench.use("stop_container", container="dozzle")
    already = await bench.use("stop_container", container="dozzle")
    started = await bench.use("start_container", container="dozzle")
    restarted = await bench.use("restart_container", container="dozzle", host="mgmt")
    logs = await bench.use("get_container_logs", container="dozzle", lines=3)

    names = [row["name"] for row in listed.data["containers"]]
    assert "jarvis" in names
    assert listed.text.splitlines()[0].startswith(f"{len(names)} containers on guest 103")
    assert (stopped.outcome, stopped.verified, stopped.data["state"]) == (
        Outcome.DONE,
        True,
        "exited",
    )
    assert "exited already; nothing was sent" in already.because
    assert (started.outcome, started.data["state"]) == (Outcome.DONE, "running")
    assert (restarted.outcome, restarted.verified) == (Outcome.DONE, True)
    assert len(logs.data["lines"]) <= 3


async def test_a_container_nobody_knows_is_refused_with_the_nearest(bench: Bench) -> None:
    slip = await bench.use("stop_container", container="dozle")
    elsewhere = await bench.use("list_containers", host="pve")
    nowhere = await bench.use("list_containers", host="nobody")

    assert slip.outcome is Outcome.REFUSED
    assert "the nearest: dozzle" in slip.because
    assert elsewhere.outcome is Outcome.FAILED
    assert "no docker" in elsewhere.because
    assert nowhere.outcome is Outcome.REFUSED


async def test_without_a_docker_daemon_configured_the_settings_are_named(
    simulator: SimulatorProcess,
) -> None:
    async with bench_over(simulator) as bench:
        found = await bench.use("list_containers")

    assert found.outcome is Outcome.REFUSED
    assert "JARVIS_DOCKER_VMID" in found.because


async def test_the_journal_is_read_by_unit_and_severity(bench: Bench) -> None:
    found = await bench.use("read_journal", node="pve", unit="pveproxy", lines=4)
    nothing = await bench.use("read_journal", node="pve", priority="emerg", lines=4)

    assert found.outcome is Outcome.DONE
    assert len(found.data["lines"]) == 4
    assert all("pveproxy" in line for line in found.data["lines"])
    assert nothing.outcome is Outcome.EMPTY


async def test_without_ssh_the_journal_is_read_over_the_api(
    simulator: SimulatorProcess,
) -> None:
    async with bench_over(simulator, nodes={"key_file": None}) as bench:
        found = await bench.use("read_journal", node="pve", unit="pveproxy", lines=4)
        narrowed = await bench.use("read_journal", node="pve", priority="err")
        command = await bench.use("run_readonly_command", node="pve", command="uptime")

    assert found.outcome is Outcome.DONE
    assert "Read over the API" in found.text
    assert len(found.data["lines"]) == 4
    for refused in (narrowed, command):
        assert refused.outcome is Outcome.REFUSED
        assert "SSH_KEY_FILE" in refused.because


async def test_a_node_that_ssh_does_not_reach_fails_alone(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path) as simulator:
        async with bench_over(simulator) as bench:
            simulator.fault("power-off", "agent1")

            away = await bench.use("run_command", node="agent1", command="uptime")
            here = await bench.use("run_command", node="pve", command="uptime")

    assert away.outcome is Outcome.FAILED
    assert here.outcome is Outcome.DONE


async def test_a_host_is_pinged_a_port_tried_and_a_name_resolved(bench: Bench) -> None:
    ping = await bench.use("ping_host", host="192.0.2.10", from_node="pve")
    name = await bench.use("resolve_name", name="home")
    nobody = await bench.use("resolve_name", name="nobody.invalid", from_node="pve")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        open_ = await bench.use("check_port", host="127.0.0.1", port=port)
    shut = await bench.use("check_port", host="127.0.0.1", port=port)

    assert (ping.data["received"], ping.data["from"]) == (3, "pve")
    assert name.data["addresses"] == ["192.0.2.10"]
    assert name.data["from"] != "Jarvis", "the resolver of this machine is not asked here"
    assert nobody.outcome is Outcome.EMPTY
    assert (open_.data["open"], open_.data["from"]) == (True, "Jarvis")
    assert (shut.data["open"], shut.data["because"]) == (False, "Connection refused")


async def test_a_port_of_another_machine_is_never_dialled_from_here(bench: Bench) -> None:
    found = await bench.use("check_port", host="192.0.2.11", port=8006)

    assert found.outcome is Outcome.DONE
    assert found.data["from"] != "Jarvis"


async def test_a_host_key_is_trusted_only_as_it_was_shown(tmp_path: Path) -> None:
    with SimulatorProcess.start(tmp_path) as simulator:
        async with bench_over(simulator, nodes={"known_hosts_file": None}) as bench:
            strange = await bench.use("run_readonly_command", node="pve", command="uptime")
            link = next(each for each in bench.hands.nodes.host_keys() if each.node == "pve")
            assert link.state is LinkState.KEY_UNKNOWN
            assert link.fingerprint is not None

            slip = await bench.use("trust_host_key", node="pve", fingerprint="SHA256:" + "a" * 43)
            done = await bench.use("trust_host_key", node="pve", fingerprint=link.fingerprint)
            again = await bench.use("trust_host_key", node="pve", fingerprint=link.fingerprint)
            known = await bench.use("run_readonly_command", node="pve", command="uptime")

    assert strange.outcome is Outcome.REFUSED
    assert "nobody has trusted yet" in strange.because
    assert slip.outcome is Outcome.REFUSED
    assert (done.outcome, done.verified) == (Outcome.DONE, True)
    assert "already" in again.because
    assert known.outcome is Outcome.DONE


async def test_a_terminal_may_be_opened_where_its_guest_is(bench: Bench) -> None:
    node = await bench.use("open_terminal", node="pve")
    elsewhere = await bench.use("open_terminal", node="pve", guest="git")

    assert (node.outcome, node.verified) == (Outcome.DONE, True)
    assert elsewhere.outcome is Outcome.REFUSED
    assert "git (120) is on agent, not on pve" in elsewhere.because


async def test_a_service_proxmox_does_not_list_is_restarted_by_systemd(bench: Bench) -> None:
    listed = {
        row["service"]
        for row in (await bench.use("get_node_services", node="pve")).data["services"]
    }
    assert "zfs-zed" not in listed

    found = await bench.use("restart_service", node="pve", service="zfs-zed")

    assert (found.outcome, found.verified) == (Outcome.DONE, True)
    assert found.data["state"] == "active"
