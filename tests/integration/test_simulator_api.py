"""The simulator through its real door: verified HTTPS, tokens and tickets, Proxmox's errors."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from proxmoxer import ProxmoxAPI, ResourceException

from simulator.process import SimulatorProcess
from simulator.remote import ControlRefused
from tests.support.proxmox import Wire


@pytest.fixture
def auditor(simulator: SimulatorProcess) -> Iterator[Wire]:
    token = (simulator.read_token_id, simulator.read_token_secret)
    with Wire(simulator, token=token) as wire:
        yield wire


def test_every_endpoint_answers_for_the_whole_cluster(wire: Wire) -> None:
    for node in wire.simulator.nodes:
        rows = wire.get("/cluster/status", at=node)
        local = [row["name"] for row in rows if row.get("local")]

        assert rows[0] == {
            "id": "cluster",
            "name": "homelab",
            "nodes": 4,
            "quorate": 1,
            "type": "cluster",
            "version": 4,
        }
        assert local == [node]


def test_the_resources_are_one_answer_with_proxmox_oddities(wire: Wire) -> None:
    rows = wire.get("/cluster/resources")
    guests = [row for row in rows if row["type"] in ("qemu", "lxc")]

    assert len(guests) == 20
    assert all(row["disk"] == 0 for row in guests if row["type"] == "qemu")
    assert all(0 <= row["cpu"] <= 1 for row in guests)
    assert sum(row["template"] for row in guests) == 1
    assert all(("memhost" in row) == (row["type"] == "qemu") for row in guests)
    backups = [row for row in rows if row.get("storage") == "backup"]
    assert {row["node"] for row in backups} == {"home", "pve", "agent", "agent1"}
    assert any(row["type"] == "network" for row in rows)


def test_proxmoxer_works_with_the_ca_file(simulator: SimulatorProcess) -> None:
    user, _, name = simulator.token_id.partition("!")
    port = int(simulator.endpoints[0].rpartition(":")[2])
    api = ProxmoxAPI(
        "127.0.0.1",
        port=port,
        user=user,
        token_name=name,
        token_value=simulator.token_secret,
        verify_ssl=simulator.ca_file,
    )

    assert api.version.get()["release"] == "9.2"
    with pytest.raises(ResourceException) as refused:
        api.nodes("pve").qemu(999).config.get()

    assert refused.value.status_code == 500
    assert "nodes/pve/qemu-server/999.conf" in str(refused.value)


def test_a_client_that_does_not_know_the_ca_refuses(simulator: SimulatorProcess) -> None:
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"{simulator.endpoints[0]}/api2/json/version", timeout=5)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param(None, "No ticket", id="none"),
        pytest.param("PVEAPIToken=jarvis@pve!jarvis=wrong", "Authentication failed!", id="secret"),
        pytest.param("PVEAPIToken=jarvis@pve!nobody=x", "Authentication failed!", id="name"),
        pytest.param("Bearer x", "No ticket", id="scheme"),
    ],
)
def test_bad_credentials_are_401_with_an_empty_body(
    wire: Wire, header: str | None, reason: str
) -> None:
    wire.session.headers["Authorization"] = header or ""

    answer = wire.ask("GET", "/version")

    assert (answer.status_code, answer.reason, answer.text) == (401, reason, "")


def test_a_ticket_wants_a_csrf_token_for_changes(simulator: SimulatorProcess) -> None:
    with Wire(simulator) as wire:
        del wire.session.headers["Authorization"]
        refused = wire.ask("POST", "/access/ticket", username="jarvis@pve", password="no")
        login = wire.post("/access/ticket", username=simulator.user, password=simulator.password)
        cookies = {"PVEAuthCookie": login["ticket"]}
        wire.session.cookies.update(cookies)

        without = wire.ask("POST", "/nodes/pve/qemu/112/status/stop")
        wire.session.headers["CSRFPreventionToken"] = login["CSRFPreventionToken"]
        with_it = wire.ask("POST", "/nodes/pve/qemu/112/status/stop")
        renewed = wire.post("/access/ticket", username=simulator.user, password=login["ticket"])

    assert (refused.status_code, refused.reason) == (401, "authentication failure")
    assert refused.json()["data"] is None
    assert login["cap"]["vms"]["VM.PowerMgmt"] == 1
    assert (without.status_code, without.text) == (401, "")
    assert without.reason == "Permission denied - invalid csrf token"
    assert with_it.status_code == 200
    assert renewed["username"] == simulator.user


def test_a_token_without_rights_is_told_which_it_lacks(auditor: Wire) -> None:
    assert auditor.get("/cluster/status")[0]["quorate"] == 1
    assert len(auditor.get("/nodes/pve/qemu")) == 5
    assert "Sys.Modify" not in auditor.get("/access/permissions")["/"]

    stop = auditor.ask("POST", "/nodes/pve/qemu/104/status/stop")
    halt = auditor.ask("POST", "/nodes/pve/status", command="shutdown")
    memory = auditor.ask("PUT", "/nodes/pve/qemu/104/config", memory=1024)

    assert (stop.status_code, stop.reason) == (
        403,
        "Permission check failed (/vms/104, VM.PowerMgmt)",
    )
    assert stop.json()["data"] is None
    assert "/nodes/pve, Sys.PowerMgmt" in halt.reason
    assert "/vms/104, VM.Config.Memory" in memory.reason


def test_bad_parameters_are_named_one_by_one(wire: Wire) -> None:
    answer = wire.ask("GET", "/nodes/pve/tasks", limit="many", sort="up")

    assert (answer.status_code, answer.reason) == (400, "Parameter verification failed.")
    assert set(answer.json()["errors"]) == {"limit", "sort"}
    assert answer.json()["data"] is None


@pytest.mark.parametrize(
    ("verb", "path", "status", "reason"),
    [
        ("GET", "/nothing", 501, "Method 'GET /nothing' not implemented"),
        ("PATCH", "/version", 501, "Method 'PATCH /version' not implemented"),
        ("GET", "/nodes/nowhere/status", 500, "hostname lookup 'nowhere' failed"),
        ("GET", "/nodes/PVE/status", 596, "certificate verify failed"),
        ("GET", "/nodes/pve/lxc/104/config", 500, "'nodes/pve/lxc/104.conf' does not exist"),
        ("GET", "/nodes/home/qemu/104/config", 500, "'nodes/home/qemu-server/104.conf'"),
        ("POST", "/nodes/home/wakeonlan", 500, "'home' is local node, cannot wake my self!"),
        ("GET", "/nodes/pve/qemu/7/config", 400, "Parameter verification failed."),
    ],
)
def test_what_is_not_there_is_refused_in_proxmox_words(
    wire: Wire, verb: str, path: str, status: int, reason: str
) -> None:
    answer = wire.ask(verb, path)

    assert answer.status_code == status
    assert reason in answer.reason


def test_an_action_is_a_task_that_runs_logs_and_ends(wire: Wire) -> None:
    upid = wire.post("/nodes/pve/lxc/122/status/reboot")
    task = f"/nodes/pve/tasks/{upid}"
    running = wire.get(f"{task}/status")
    archived = [row["upid"] for row in wire.get("/nodes/pve/tasks")]
    active = [row["upid"] for row in wire.get("/nodes/pve/tasks", source="active")]

    assert upid.startswith("UPID:pve:")
    assert upid.endswith(":vzreboot:122:jarvis@pve!jarvis:")
    assert running["status"] == "running"
    assert (running["user"], running["tokenid"]) == ("jarvis@pve", "jarvis")
    assert upid not in archived
    assert upid in active

    assert wire.finish(upid) == "OK"
    assert wire.get(f"{task}/log")[-1]["t"] == "TASK OK"
    assert upid in [row["upid"] for row in wire.get("/nodes/pve/tasks")]
    assert wire.get("/nodes/pve/lxc/122/status/current")["uptime"] < 30


def test_a_configuration_that_was_written_is_read_back(wire: Wire) -> None:
    before = wire.get("/nodes/agent/qemu/105/config")

    wire.ask("PUT", "/nodes/agent/qemu/105/config", memory=3072, tags="prod;files")
    after = wire.get("/nodes/agent/qemu/105/config")
    late = wire.ask("PUT", "/nodes/agent/qemu/105/config", cores=1, digest=before["digest"])

    assert after["memory"] == "3072"
    assert after["tags"] == "files;prod"
    assert wire.resource("qemu/105")["maxmem"] == 3072 << 20
    assert "detected modified configuration" in late.reason
    wire.ask("PUT", "/nodes/agent/qemu/105/config", memory=4096, tags="prod")


def test_a_snapshot_is_taken_listed_and_deleted(wire: Wire) -> None:
    path = "/nodes/home/qemu/100/snapshot"

    assert wire.finish(wire.post(path, snapname="upgrade", description="before 2026.11")) == "OK"
    names = [row["name"] for row in wire.get(path)]
    deleted = wire.ask("DELETE", f"{path}/upgrade").json()["data"]
    assert wire.finish(deleted) == "OK"

    assert "upgrade" in names
    assert "current" in names
    assert "upgrade" not in [row["name"] for row in wire.get(path)]


def test_the_control_api_wants_its_key_and_explains_itself(simulator: SimulatorProcess) -> None:
    with requests.Session() as session:
        session.trust_env = False
        stranger = session.post(
            f"{simulator.control_url}/faults", json={"fault": "stall"}, timeout=5
        )
    names = {entry["fault"] for entry in simulator.control.faults()["catalogue"]}

    assert stranger.status_code == 401
    assert {"power-off", "freeze", "stall", "lose-quorum", "change-certificate"} <= names
    with pytest.raises(ControlRefused, match="there are: home, pve, agent, agent1"):
        simulator.fault("power-off", "elsewhere")
    assert simulator.world()["guests"] == {"total": 20, "running": 17}


def test_the_older_release_keeps_the_older_shapes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("older")
    with SimulatorProcess.start(folder, pve="8.4") as older, Wire(older) as wire:
        rows = wire.get("/cluster/resources")
        wire.session.headers["Authorization"] = f"PVEAPIToken={older.token_id}=wrong"
        refused = wire.ask("GET", "/version")

    assert not any("memhost" in row for row in rows)
    assert {row["type"] for row in rows} == {"node", "qemu", "lxc", "storage", "pool", "sdn"}
    assert refused.reason == "invalid token value!"


def test_two_thousand_guests_are_one_quick_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("large")
    with SimulatorProcess.start(folder, nodes=32, guests=2000) as large, Wire(large) as wire:
        wire.get("/version")
        process = psutil.Process(large.pid)
        took_s = []
        for _ in range(3):
            before = process.cpu_times()
            answer = wire.ask("GET", "/cluster/resources")
            after = process.cpu_times()
            took_s.append(after.user + after.system - before.user - before.system)
        rows = answer.json()["data"]

    assert sum(row["type"] in ("qemu", "lxc") for row in rows) == 2000
    assert sum(row["type"] == "node" for row in rows) == 32
    # Some 50 ms of processor, and far from what a look at each guest for each would take.
    assert min(took_s) < 0.5


def test_sigterm_ends_it_cleanly_and_a_restart_keeps_ca_and_token(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("again")
    first = SimulatorProcess.start(folder)
    secret = first.token_secret
    ca = Path(first.ca_file).read_bytes()

    assert first.stop(deadline_s=30) == 0, "it did not end by itself"
    assert not (folder / "simulator.json").exists()
    assert first.log_file.read_text() == ""
    with SimulatorProcess.start(folder) as second:
        assert second.token_secret == secret
        assert Path(second.ca_file).read_bytes() == ca
