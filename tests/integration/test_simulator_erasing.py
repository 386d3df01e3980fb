"""What cannot be taken back, on the simulated cluster: who may, what refuses, what is gone."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.house import eventually
from tests.support.simulated import Simulated, simulate


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """One for all of them, each with things of its own; its hours are minutes."""
    with simulate(tmp_path_factory.mktemp("simulator"), speed=60.0) as simulated:
        yield simulated


def archives(cluster: Simulated) -> list[str]:
    rows = cluster.get("/nodes/pve/storage/backup/content", content="backup", vmid="101")
    return [row["volid"] for row in rows]


def end_of(cluster: Simulated, node: str, upid: str) -> str:
    told = eventually(
        f"the end of {upid}",
        lambda: cluster.get(f"/nodes/{node}/tasks/{upid}/status").get("exitstatus"),
    )
    return str(told)


@pytest.mark.parametrize("encoded", [True, False], ids=["encoded", "with its slash"])
def test_a_backup_is_deleted_by_a_task(cluster: Simulated, encoded: bool) -> None:
    volid, *others = archives(cluster)
    place = f"/nodes/pve/storage/backup/content/{quote(volid, safe='') if encoded else volid}"
    assert cluster.get(place)["size"] > 0

    upid = cluster.ask("DELETE", place).json()["data"]

    assert ":imgdel:101@backup:" in upid
    assert end_of(cluster, "pve", upid) == "OK"
    assert archives(cluster) == others
    assert cluster.ask("DELETE", place).status_code == 500


def test_a_protected_backup_stays(cluster: Simulated) -> None:
    volid = archives(cluster)[0]
    place = f"/nodes/pve/storage/backup/content/{quote(volid, safe='')}"
    assert cluster.ask("PUT", place, protected="1", notes="keep").status_code == 200

    refused = cluster.ask("DELETE", place)

    assert refused.status_code == 500
    assert "cannot remove protected volume" in refused.reason_phrase
    assert cluster.get(place)["protected"] == 1
    cluster.ask("PUT", place, protected="0")
    assert cluster.ask("DELETE", place).status_code == 200


def test_the_disk_of_a_guest_is_no_loose_volume(cluster: Simulated) -> None:
    refused = cluster.ask("DELETE", "/nodes/pve/storage/local-zfs/content/local-zfs:vm-104-disk-0")

    assert refused.reason_phrase == "cannot remove image, a guest with VMID '104' exists!"


def test_an_auditor_deletes_nothing(tmp_path: Path) -> None:
    with simulate(tmp_path, read_only=True) as cluster:
        refused = cluster.ask("DELETE", "/nodes/pve/storage/local/content/local:iso/nothing.iso")
        assert refused.status_code in (403, 500)
        place = "/nodes/pve/storage/nas/content/nas:iso/debian-13.1.0-amd64-netinst.iso"
        assert cluster.ask("DELETE", place).status_code == 403


def test_only_root_wipes_a_disk_or_takes_a_node_out(cluster: Simulated) -> None:
    for verb, path, values in (
        ("PUT", "/nodes/pve/disks/wipedisk", {"disk": "/dev/sda"}),
        ("DELETE", "/cluster/config/nodes/agent1", {}),
    ):
        refused = cluster.ask(verb, path, **values)
        assert refused.status_code == 403
        assert refused.reason_phrase == "Permission check failed (user != root@pam)"


def test_a_guest_is_destroyed_unless_something_holds_it(cluster: Simulated) -> None:
    running = cluster.ask("DELETE", "/nodes/pve/qemu/104")
    protected = cluster.ask("PUT", "/nodes/home/qemu/140/config", protection="1")
    held = cluster.ask("DELETE", "/nodes/home/qemu/140")

    assert running.reason_phrase == "VM 104 is running - destroy failed"
    assert protected.status_code == 200
    assert held.reason_phrase == "can't remove VM 140 - protection mode enabled"
    upid = cluster.ask("DELETE", "/nodes/pve/qemu/112", purge="1").json()["data"]
    assert ":qmdestroy:112:" in upid
    assert end_of(cluster, "pve", upid) == "OK"
    assert cluster.ask("GET", "/nodes/pve/qemu/112/status/current").status_code == 500


def test_package_lists_are_fetched_by_a_task(cluster: Simulated) -> None:
    before = len(cluster.get("/nodes/agent/apt/update"))

    upid = cluster.ask("POST", "/nodes/agent/apt/update", notify="0", quiet="1").json()["data"]

    assert ":aptupdate::" in upid
    assert end_of(cluster, "agent", upid) == "OK"
    assert len(cluster.get("/nodes/agent/apt/update")) >= before
    lines = [row["t"] for row in cluster.get(f"/nodes/agent/tasks/{upid}/log")]
    assert "starting apt-get update" in lines


def test_a_locked_guest_refuses_until_the_lock_is_gone(cluster: Simulated) -> None:
    upid = cluster.ask("POST", "/nodes/pve/vzdump", vmid="104").json()["data"]
    eventually(
        "the lock", lambda: cluster.get("/nodes/pve/qemu/104/config").get("lock") == "backup"
    )

    refused = cluster.ask("POST", "/nodes/pve/qemu/104/status/stop")

    assert refused.reason_phrase == "VM is locked (backup)"
    assert end_of(cluster, "pve", upid) == "OK"
    assert cluster.ask("POST", "/nodes/pve/qemu/104/status/stop").status_code == 200
