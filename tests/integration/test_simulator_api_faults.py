"""Every fault as a client meets it, and how each is mended."""

import email.utils
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulator.process import SimulatorProcess
from tests.support.proxmox import Wire, await_until

Broken = requests.exceptions.ConnectionError


@pytest.fixture
def quick_simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """A world five times as fast, where a node boots in a second."""
    with SimulatorProcess.start(tmp_path / "quick", speed=5) as running:
        yield running


def test_a_node_without_power_is_refused_told_as_595_and_comes_back(
    quick_simulator: SimulatorProcess,
) -> None:
    with Wire(quick_simulator) as wire:
        quick_simulator.fault("power-off", "agent1")

        with pytest.raises(Broken, match="refused"):
            wire.ask("GET", "/version", at="agent1")
        proxied = wire.ask("GET", "/nodes/agent1/status")
        assert (proxied.status_code, proxied.reason) == (595, "No route to host")
        assert proxied.text == ""
        row = await_until(
            lambda: wire.resource("node/agent1"),
            lambda row: row["status"] == "offline",
            "the loss of agent1 in the listing",
        )
        assert not {"cpu", "mem", "uptime", "disk"} & set(row)
        assert row["maxcpu"] == 4
        assert wire.resource("lxc/107")["status"] == "running", "last figures linger"
        assert wire.resource("storage/agent1/local")["status"] == "unknown"
        assert wire.get("/cluster/status")[0]["quorate"] == 1
        assert wire.ask("GET", "/nodes/agent1/rrddata", timeframe="hour").status_code == 200

        quick_simulator.clear("power-off", "agent1")
        back = await_until(
            lambda: wire.resource("node/agent1"),
            lambda row: row["status"] == "online",
            "the return of agent1",
        )
        assert back["uptime"] < 60
        assert wire.get("/version", at="agent1")["release"] == "9.2"
        await_until(
            lambda: wire.resource("lxc/107"),
            lambda row: row["status"] == "running" and row["uptime"] < 60,
            "the start of the guests of agent1",
        )


def test_after_five_minutes_the_figures_of_a_lost_node_are_gone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("quick")
    with SimulatorProcess.start(folder, speed=200) as quick, Wire(quick) as wire:
        quick.fault("power-off", "agent1")
        guest = await_until(
            lambda: wire.resource("lxc/107"),
            lambda row: row["status"] == "unknown",
            "the lapse of the last figures",
        )
        node = wire.resource("node/agent1")

    assert set(guest) == {"id", "node", "pool", "status", "tags", "type", "vmid"}
    assert set(node) - {"hastate"} == {"cgroup-mode", "id", "node", "status", "type"}


def test_a_frozen_node_takes_connections_and_never_answers(own_simulator: SimulatorProcess) -> None:
    with Wire(own_simulator) as wire:
        assert wire.get("/version", at="agent")
        own_simulator.fault("freeze", "agent")

        with pytest.raises((requests.exceptions.Timeout, Broken)):
            wire.ask("GET", "/version", at="agent", timeout_s=0.5)
        proxied = wire.ask("GET", "/nodes/agent/status")
        assert (proxied.status_code, proxied.reason) == (596, "Connection timed out")

        own_simulator.clear("freeze")
        assert wire.get("/version", at="agent")
        assert wire.resource("node/agent")["status"] == "online"


def test_a_crashed_guest_stops_without_a_task_and_is_started_again(
    own_simulator: SimulatorProcess,
) -> None:
    with Wire(own_simulator) as wire:
        before = len(wire.get("/nodes/pve/tasks", source="all"))

        own_simulator.fault("crash-guest", "media")
        assert wire.resource("qemu/104")["status"] == "stopped"
        assert len(wire.get("/nodes/pve/tasks", source="all")) == before

        own_simulator.clear("crash-guest")
        await_until(
            lambda: wire.resource("qemu/104"),
            lambda row: row["status"] == "running",
            "the start of media",
        )


def test_a_storage_fills_and_empties(own_simulator: SimulatorProcess) -> None:
    def level(wire: Wire) -> float:
        row = wire.resource("storage/pve/local-zfs")
        return float(row["disk"] / row["maxdisk"])

    with Wire(own_simulator) as wire:
        assert 0.86 < level(wire) < 0.88
        own_simulator.fault("fill-storage", "pve/local-zfs")
        assert level(wire) > 0.98
        own_simulator.clear()
        assert level(wire) < 0.88


def test_an_overheated_node_is_hotter_and_busier(own_simulator: SimulatorProcess) -> None:
    def temperature() -> float:
        node = next(n for n in own_simulator.world()["nodes"] if n["name"] == "agent")
        return float(node["temp_c"])

    cool = temperature()
    own_simulator.fault("overheat", "agent")
    hot = temperature()
    own_simulator.clear("overheat")

    assert hot > cool + 30
    assert temperature() < cool + 15


def test_a_stall_holds_requests_until_it_is_over(own_simulator: SimulatorProcess) -> None:
    with Wire(own_simulator) as wire:
        own_simulator.fault("stall", "home")
        with pytest.raises(requests.exceptions.ReadTimeout):
            wire.ask("GET", "/version", timeout_s=0.5)
        assert wire.get("/version", at="pve"), "the other endpoints go on"

        own_simulator.fault("stall", "home", seconds=1.5)
        began = time.monotonic()
        assert wire.ask("GET", "/version").status_code == 200
        assert time.monotonic() - began > 0.1


def test_resets_and_bursts_of_errors_pass(own_simulator: SimulatorProcess) -> None:
    with Wire(own_simulator) as wire:
        own_simulator.fault("reset-connections")
        with pytest.raises(Broken):
            wire.ask("GET", "/version")
        own_simulator.clear("reset-connections")
        assert wire.get("/version")

        own_simulator.fault("errors")
        seen = {wire.ask("GET", "/version").status_code for _ in range(3)}
        assert seen == {500, 503}
        own_simulator.clear("errors")
        assert wire.get("/version")


def test_a_revoked_token_is_401_until_it_is_given_back(own_simulator: SimulatorProcess) -> None:
    with Wire(own_simulator) as wire:
        own_simulator.fault("revoke-token")
        answer = wire.ask("GET", "/version")
        assert (answer.status_code, answer.text) == (401, "")

        own_simulator.clear("revoke-token")
        assert wire.get("/version")


def test_a_changed_certificate_is_refused_by_a_verifying_client(
    own_simulator: SimulatorProcess,
) -> None:
    with Wire(own_simulator) as wire:
        assert wire.get("/version")
        own_simulator.fault("change-certificate", "home")

        with pytest.raises(requests.exceptions.SSLError):
            wire.ask("GET", "/version")
        assert wire.get("/version", at="pve"), "only that endpoint changed"

        own_simulator.clear("change-certificate")
        assert wire.get("/version")


def test_a_clock_jump_shows_in_the_date_header_and_in_task_times(
    own_simulator: SimulatorProcess,
) -> None:
    def skew(wire: Wire) -> float:
        date = wire.ask("GET", "/version").headers["Date"]
        return email.utils.parsedate_to_datetime(date).timestamp() - time.time()

    with Wire(own_simulator) as wire:
        assert abs(skew(wire)) < 3
        own_simulator.control.ask("POST", "/clock", {"jump_s": 7200})
        assert 7190 < skew(wire) < 7205
        upid = wire.post("/nodes/pve/qemu/112/status/start")
        started = wire.get(f"/nodes/pve/tasks/{upid}/status")["starttime"]
        assert started - time.time() > 7000


def test_without_quorum_the_others_look_lost_and_changes_are_refused(
    own_simulator: SimulatorProcess,
) -> None:
    with Wire(own_simulator) as wire:
        own_simulator.fault("lose-quorum")
        status = wire.get("/cluster/status")
        stop = wire.ask("POST", "/nodes/home/qemu/100/status/stop")

        assert status[0]["quorate"] == 0
        assert [row["name"] for row in status[1:] if row["online"]] == ["home"]
        assert (stop.status_code, stop.reason) == (500, "cluster not ready - no quorum?")
        assert wire.ask("GET", "/nodes/pve/status").status_code == 595

        own_simulator.clear("lose-quorum")
        own_simulator.fault("lose-quorum", "pve")
        assert wire.get("/cluster/status")[0]["quorate"] == 1
        assert wire.get("/cluster/status", at="pve")[0]["quorate"] == 0


def test_a_shut_down_node_stays_off_until_it_is_woken(quick_simulator: SimulatorProcess) -> None:
    with Wire(quick_simulator) as wire:
        assert wire.post("/nodes/agent1/status", command="shutdown") is None
        await_until(
            lambda: wire.resource("node/agent1")["status"],
            lambda status: status == "offline",
            "the end of agent1",
        )
        assert wire.resource("lxc/107")["status"] == "stopped", "its guests went first"

        mac = wire.post("/nodes/agent1/wakeonlan")
        assert mac.count(":") == 5
        await_until(
            lambda: wire.resource("node/agent1")["status"],
            lambda status: status == "online",
            "agent1 after it was woken",
        )


def test_a_fault_with_a_time_ends_by_itself(own_simulator: SimulatorProcess) -> None:
    own_simulator.fault("errors", seconds=0.3)
    assert own_simulator.world()["active"]

    await_until(
        lambda: own_simulator.world()["active"], lambda active: not active, "the fault's own end"
    )
