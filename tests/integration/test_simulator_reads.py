"""What the simulator's nodes tell of themselves: history, services, storages, disks, the agent."""

import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.house import eventually
from tests.support.simulated import Simulated, client_of, simulate


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulate(tmp_path_factory.mktemp("nine"), "9.2", seed=3) as simulated:
        yield simulated


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulate(tmp_path_factory.mktemp("eight"), "8.4", seed=3) as simulated:
        yield simulated


def task_end(house: Simulated, node: str, upid: str) -> str:
    """The exit status of a task, once it has one."""
    path = f"/nodes/{node}/tasks/{upid}/status"
    return str(eventually(f"the end of {upid}", lambda: house.get(path).get("exitstatus")))


@pytest.mark.parametrize(
    ("timeframe", "step_s", "rows"),
    [
        ("hour", 60, 60),
        ("day", 60, 1440),
        ("week", 1800, 336),
        ("month", 1800, 1440),
        ("year", 21600, 1440),
        ("decade", 604800, 570),
    ],
)
def test_version_nine_remembers_finely(
    house: Simulated, timeframe: str, step_s: int, rows: int
) -> None:
    history = house.get("/nodes/home/rrddata", timeframe=timeframe)

    assert len(history) == rows
    assert {b["time"] - a["time"] for a, b in pairwise(history)} == {step_s}


@pytest.mark.parametrize(
    ("timeframe", "step_s"), [("hour", 60), ("day", 1800), ("week", 10800), ("month", 43200)]
)
def test_version_eight_remembers_seventy_points(
    older: Simulated, timeframe: str, step_s: int
) -> None:
    history = older.get("/nodes/home/rrddata", timeframe=timeframe)

    assert len(history) == 70
    assert {b["time"] - a["time"] for a, b in pairwise(history)} == {step_s}


def test_version_eight_knows_no_decade(older: Simulated) -> None:
    response = older.ask("GET", "/nodes/home/rrddata", timeframe="decade")

    assert response.status_code == 400
    assert "timeframe" in response.json()["errors"]


def test_the_keys_of_history_differ_between_the_versions(
    house: Simulated, older: Simulated
) -> None:
    new = {key for row in house.get("/nodes/pve/rrddata", timeframe="hour") for key in row}
    old = {key for row in older.get("/nodes/pve/rrddata", timeframe="hour") for key in row}
    new_guest = {k for r in house.get("/nodes/pve/qemu/104/rrddata", timeframe="hour") for k in r}
    old_guest = {k for r in older.get("/nodes/pve/qemu/104/rrddata", timeframe="hour") for k in r}

    assert {"memavailable", "arcsize", "pressurecpusome"} <= new
    assert old < new
    assert not {"memavailable", "arcsize"} & old
    assert "memhost" in new_guest - old_guest
    assert "memused" not in new_guest | old_guest


def test_a_sample_that_was_never_taken_has_no_keys_and_is_never_null(house: Simulated) -> None:
    rows = house.get("/nodes/home/rrddata", timeframe="day")

    gaps = [row for row in rows if row.keys() == {"time"}]
    assert 0 < len(gaps) < 60
    assert all(value is not None for row in rows for value in row.values())


def test_history_does_not_change_afterwards(house: Simulated) -> None:
    before = {row["time"]: row for row in house.get("/nodes/pve/rrddata", timeframe="hour")}

    house.process.fault("overheat", "pve")
    try:
        after = {row["time"]: row for row in house.get("/nodes/pve/rrddata", timeframe="hour")}
    finally:
        house.process.clear("overheat")

    both = before.keys() & after.keys()
    assert len(both) >= 59
    assert all(before[at] == after[at] for at in both)


def test_a_simulation_of_the_same_seed_remembers_the_same_load(
    house: Simulated, older: Simulated
) -> None:
    mine = {
        r["time"]: r.get("cpu") for r in house.get("/nodes/home/lxc/121/rrddata", timeframe="hour")
    }
    other = {
        r["time"]: r.get("cpu") for r in older.get("/nodes/home/lxc/121/rrddata", timeframe="hour")
    }

    both = [at for at in mine.keys() & other.keys() if mine[at] and other[at]]
    assert len(both) > 50
    assert all(mine[at] == pytest.approx(other[at]) for at in both)


def test_the_newest_sample_agrees_with_the_status(house: Simulated) -> None:
    row = [r for r in house.get("/nodes/pve/rrddata", timeframe="hour") if "memused" in r][-1]
    now = house.get("/nodes/pve/status")

    assert row["memtotal"] == now["memory"]["total"]
    assert row["memused"] == pytest.approx(now["memory"]["used"], rel=0.1)
    assert row["rootused"] == pytest.approx(now["rootfs"]["used"], rel=0.01)
    assert row["maxcpu"] == now["cpuinfo"]["cpus"]


def test_a_guest_that_is_off_keeps_only_its_limits(house: Simulated) -> None:
    rows = house.get("/nodes/home/qemu/140/rrddata", timeframe="hour")

    assert {key for row in rows for key in row} == {"time", "disk", "maxcpu", "maxdisk", "maxmem"}


def test_a_stopped_service_is_dead_until_it_is_started(house: Simulated) -> None:
    path = "/nodes/agent/services/pve-firewall"

    stopping = house.ask("POST", f"{path}/stop").json()["data"]
    assert re.match(r"UPID:agent:.*:srvstop:pve-firewall:.*:$", stopping)
    assert task_end(house, "agent", stopping) == "OK"
    dead = house.get(f"{path}/state")
    assert (dead["state"], dead["active-state"]) == ("dead", "inactive")

    starting = house.ask("POST", f"{path}/start").json()["data"]
    assert task_end(house, "agent", starting) == "OK"
    assert house.get(f"{path}/state")["state"] == "running"


def test_an_essential_service_is_refused_in_the_task(house: Simulated) -> None:
    upid = house.ask("POST", "/nodes/home/services/pveproxy/stop").json()["data"]

    assert "refusing to stop essential service" in task_end(house, "home", upid)
    assert house.get("/nodes/home/services/pveproxy/state")["state"] == "running"


def test_an_unknown_service_is_a_parameter_error(house: Simulated) -> None:
    response = house.ask("GET", "/nodes/home/services/nginx/state")

    assert response.status_code == 400
    assert "service" in response.json()["errors"]


def test_backups_lie_on_their_storage_with_owner_and_time(house: Simulated) -> None:
    archives = house.get("/nodes/home/storage/backup/content", content="backup", vmid="100")

    assert archives
    for archive in archives:
        assert re.match(
            r"backup:backup/vzdump-qemu-100-\d{4}(_\d\d){2}-\d\d(_\d\d){2}", archive["volid"]
        )
        assert (archive["vmid"], archive["format"]) == (100, "vma.zst")
        assert archive["size"] > 0
        assert archive["ctime"] < time.time()


def test_an_auditor_sees_images_to_install_from_but_no_backup(house: Simulated) -> None:
    with client_of(house.process, read_only=True) as client:
        auditor = Simulated(house.release, house.process, client)
        assert auditor.get("/nodes/home/storage/backup/content") == []
        seen = {row["content"] for row in auditor.get("/nodes/home/storage/nas/content")}

    assert seen == {"iso", "vztmpl"}


def test_reading_updates_is_refused_to_an_auditor(house: Simulated) -> None:
    with client_of(house.process, read_only=True) as client:
        response = client.get("/api2/json/nodes/pve/apt/update")

    assert response.status_code == 403
    assert response.reason_phrase == "Permission check failed (/nodes/pve, Sys.Modify)"


def test_a_guests_disk_in_its_configuration_lies_on_its_storage(house: Simulated) -> None:
    for guest in house.get("/cluster/resources", type="vm"):
        base = f"/nodes/{guest['node']}"
        config = house.get(f"{base}/{guest['type']}/{guest['vmid']}/config")
        volid = str(config.get("scsi0") or config["rootfs"]).partition(",")[0]
        storage = volid.partition(":")[0]
        content = house.get(f"{base}/storage/{storage}/content", vmid=str(guest["vmid"]))
        assert volid in {row["volid"] for row in content}


def test_a_full_storage_is_full_everywhere(house: Simulated) -> None:
    house.process.fault("fill-storage", "pve/local-zfs")
    try:
        status = house.get("/nodes/pve/storage/local-zfs/status")
        pool = house.get("/nodes/pve/disks/zfs")[0]
    finally:
        house.process.clear("fill-storage")

    assert status["used"] / status["total"] > 0.95
    assert pool["alloc"] / pool["size"] > 0.9


def test_an_unknown_storage_does_not_exist(house: Simulated) -> None:
    response = house.ask("GET", "/nodes/pve/storage/attic/status")

    assert response.status_code == 500
    assert response.reason_phrase == "storage 'attic' does not exist"


def test_disks_get_hot_with_their_node(house: Simulated) -> None:
    def degrees() -> int:
        smart = house.get("/nodes/agent/disks/smart", disk="/dev/nvme0n1")
        found = re.search(r"^Temperature:\s+(\d+) Celsius$", smart["text"], re.MULTILINE)
        assert found is not None
        return int(found[1])

    before = degrees()
    house.process.fault("overheat", "agent")
    try:
        assert degrees() > before + 10
    finally:
        house.process.clear("overheat")


def test_a_spinning_disk_has_attributes_and_no_wear(house: Simulated) -> None:
    disks = {row["devpath"]: row for row in house.get("/nodes/pve/disks/list")}
    smart = house.get("/nodes/pve/disks/smart", disk="/dev/sda")

    assert disks["/dev/sda"]["wearout"] == "N/A"
    assert 0 <= disks["/dev/nvme0n1"]["wearout"] <= 100
    assert smart["type"] == "ata"
    assert {"Temperature_Celsius", "Power_On_Hours"} <= {row["name"] for row in smart["attributes"]}


def test_snapshots_end_with_the_entry_that_is_none(house: Simulated) -> None:
    rows = house.get("/nodes/pve/qemu/104/snapshot")

    assert len(rows) == 12
    assert rows[-1]["name"] == "current"
    assert rows[-1]["parent"] == rows[-2]["name"]
    assert "snaptime" not in rows[-1]
    assert [row["name"] for row in house.get("/nodes/pve/qemu/9000/snapshot")] == ["current"]


def test_the_agent_tells_how_full_a_disk_is(house: Simulated) -> None:
    assert house.ask("POST", "/nodes/pve/qemu/104/agent/ping").json() == {"data": {"result": {}}}
    systems = house.get("/nodes/pve/qemu/104/agent/get-fsinfo")["result"]

    root = next(system for system in systems if system["mountpoint"] == "/")
    assert root["used-bytes"] / root["total-bytes"] == pytest.approx(0.86, abs=0.05)


@pytest.mark.parametrize(
    ("guest", "because"),
    [
        pytest.param("pve/qemu/130", "No QEMU guest agent configured", id="none configured"),
        pytest.param("pve/qemu/112", "VM 112 is not running", id="switched off"),
        pytest.param(
            "pve/qemu/101",
            "Configuration file 'nodes/pve/qemu-server/101.conf' does not exist",
            id="a container",
        ),
    ],
)
def test_an_agent_that_cannot_answer_says_why(house: Simulated, guest: str, because: str) -> None:
    response = house.ask("POST", f"/nodes/{guest}/agent/ping")

    assert response.status_code == 500
    assert response.reason_phrase == because


def test_the_certificates_told_are_the_ones_shown(house: Simulated) -> None:
    told = house.get("/nodes/home/certificates/info")
    shown = {row["node"]: row["ssl_fingerprint"] for row in house.get("/nodes")}

    own = next(row for row in told if row["filename"] == "pve-ssl.pem")
    assert own["fingerprint"] == shown["home"]
    assert own["notafter"] > time.time() > own["notbefore"]
    assert "127.0.0.1" in own["san"]


def test_the_system_log_tells_of_tasks(house: Simulated) -> None:
    upid = house.ask("POST", "/nodes/agent1/services/cron/restart").json()["data"]
    task_end(house, "agent1", upid)

    response = house.ask("GET", "/nodes/agent1/syslog", limit="500").json()
    lines = [row["t"] for row in response["data"]]
    assert [row["n"] for row in response["data"]] == list(range(1, len(lines) + 1))
    assert response["total"] == len(lines)
    assert any(f"end task {upid} OK" in line for line in lines)


def test_a_lost_node_keeps_its_history_and_nothing_else(house: Simulated) -> None:
    house.process.fault("power-off", "agent1")
    try:
        assert house.get("/nodes/agent1/rrddata", timeframe="hour")
        assert house.get("/nodes/agent1/lxc/107/rrddata", timeframe="hour")
        for rest in ("services", "storage", "disks/list", "lxc/107/snapshot", "syslog"):
            response = house.ask("GET", f"/nodes/agent1/{rest}")
            assert (response.status_code, response.content) == (595, b""), rest
    finally:
        house.process.clear("power-off")
    eventually("agent1 answering", lambda: house.ask("GET", "/nodes/agent1/status").is_success)


def test_two_thousand_guests_are_listed_in_one_short_answer(tmp_path: Path) -> None:
    with simulate(tmp_path, nodes=32, guests=2000, deadline_s=60.0) as large:
        rows = large.get("/cluster/resources")
        took = []
        for _ in range(5):
            began = time.perf_counter()
            large.client.get(
                "/api2/json/cluster/resources", headers={"Accept-Encoding": "identity"}
            )
            took.append(time.perf_counter() - began)

    assert sum(row["type"] == "node" for row in rows) == 32
    assert sum(row["type"] in ("qemu", "lxc") for row in rows) == 2000
    assert min(took) < 1
