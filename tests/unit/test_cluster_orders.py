"""What each order says to Proxmox, to the letter."""

import pytest

from services.cluster.change import Change, Method, parse_change_answer
from services.cluster.model import GuestKind
from services.cluster.orders import copies, guests, nodes
from services.cluster.places import GuestPlace

VM = GuestPlace(vmid=104, kind=GuestKind.QEMU, node="pve", name="media")
CT = GuestPlace(vmid=101, kind=GuestKind.LXC, node="pve", name="adguard")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (guests.start_guest(VM), "POST /nodes/pve/qemu/104/status/start"),
        (guests.start_guest(CT), "POST /nodes/pve/lxc/101/status/start"),
        (guests.stop_guest(VM), "POST /nodes/pve/qemu/104/status/stop"),
        (
            guests.shut_down_guest(VM, timeout_s=90),
            "POST /nodes/pve/qemu/104/status/shutdown forceStop=0&timeout=90",
        ),
        (
            guests.reboot_guest(CT, timeout_s=90),
            "POST /nodes/pve/lxc/101/status/reboot timeout=90",
        ),
        (
            guests.suspend_guest(VM, to_disk=True),
            "POST /nodes/pve/qemu/104/status/suspend todisk=1",
        ),
        (guests.suspend_guest(CT, to_disk=True), "POST /nodes/pve/lxc/101/status/suspend"),
        (
            guests.migrate_guest(VM, "home", running=True, with_local_disks=True),
            "POST /nodes/pve/qemu/104/migrate online=1&target=home&with-local-disks=1",
        ),
        (
            guests.migrate_guest(CT, "home", running=True, target_storage="nas"),
            "POST /nodes/pve/lxc/101/migrate restart=1&target=home&target-storage=nas",
        ),
        (
            guests.migrate_guest(VM, "home", running=False),
            "POST /nodes/pve/qemu/104/migrate target=home",
        ),
        (
            guests.set_guest_resources(VM, memory_mib=4096, swap_mib=512),
            "POST /nodes/pve/qemu/104/config memory=4096",
        ),
        (
            guests.set_guest_resources(CT, cores=2, swap_mib=512),
            "PUT /nodes/pve/lxc/101/config cores=2&swap=512",
        ),
        (
            guests.destroy_guest(VM, purge=True),
            "DELETE /nodes/pve/qemu/104 destroy-unreferenced-disks=0&purge=1",
        ),
        (
            copies.take_snapshot(VM, "before", with_memory=True),
            "POST /nodes/pve/qemu/104/snapshot snapname=before&vmstate=1",
        ),
        (
            copies.take_snapshot(CT, "before", description="why", with_memory=True),
            "POST /nodes/pve/lxc/101/snapshot description=why&snapname=before",
        ),
        (
            copies.roll_back_snapshot(VM, "before"),
            "POST /nodes/pve/qemu/104/snapshot/before/rollback",
        ),
        (copies.delete_snapshot(VM, "before"), "DELETE /nodes/pve/qemu/104/snapshot/before"),
        (nodes.reboot_node("pve"), "POST /nodes/pve/status command=reboot"),
        (nodes.shut_down_node("pve"), "POST /nodes/pve/status command=shutdown"),
        (nodes.wake_node("agent"), "POST /nodes/agent/wakeonlan"),
        (nodes.restart_service("pve", "pveproxy"), "POST /nodes/pve/services/pveproxy/restart"),
        (nodes.refresh_packages("pve"), "POST /nodes/pve/apt/update notify=0&quiet=1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_order_says_this(change: Change, told: str) -> None:
    form = "&".join(f"{name}={value}" for name, value in change.form)

    assert f"{change.method} {change.told_path} {form}".strip() == told


def test_a_backup_lets_no_older_one_go() -> None:
    change = copies.start_backup(VM, storage="backup", mode="snapshot")

    assert dict(change.form)["remove"] == "0"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_part_of_a_path_cannot_lead_elsewhere(name: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        Change(method=Method.POST, path=("nodes", name, "status"), what="do harm")


@pytest.mark.parametrize("payload", [None, "", 7, [], {}, {"blocking-resources": "all"}])
def test_an_answer_that_names_no_task_has_none(payload: object) -> None:
    answer = parse_change_answer(payload)

    assert answer.upid is None
    assert answer.blocked_by == ()


def test_what_keeps_high_availability_from_a_move_is_told() -> None:
    answer = parse_change_answer(
        {
            "sid": "vm:104",
            "requested-node": "home",
            "blocking-resources": [{"sid": "vm:105", "cause": "resource-affinity"}, {"no": "sid"}],
        }
    )

    assert answer.blocked_by == ("vm:105 (resource-affinity)",)


def test_an_address_that_was_woken_is_handed_on() -> None:
    assert parse_change_answer("52:54:00:c0:02:0b").text == "52:54:00:c0:02:0b"
