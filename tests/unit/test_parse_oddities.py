from datetime import UTC, datetime

import pytest

from services.cluster.model import TaskOutcome
from services.cluster.parse_backups import parse_backups, parse_not_backed_up
from services.cluster.parse_cluster import (
    parse_cluster_status,
    parse_ha,
    parse_version,
)
from services.cluster.parse_disks import SmartReading, hottest, parse_disks, parse_smart
from services.cluster.parse_guest import parse_guest_config, parse_snapshots
from services.cluster.parse_node import (
    parse_apt_updates,
    parse_certificates,
    parse_node_status,
    parse_services,
    serving_certificate,
)
from services.cluster.parse_rrd import Metric, parse_rrd
from services.cluster.parse_tasks import parse_task
from services.cluster.upid import parse_upid
from tests.support.pve_bodies import SEEN_AT


def test_a_node_that_stands_alone_has_no_name_and_needs_no_majority():
    rows = [{"type": "node", "name": "pve", "nodeid": 0, "online": 1, "local": 1, "id": "node/pve"}]

    reading = parse_cluster_status(rows, SEEN_AT)

    assert (reading.standalone, reading.name) == (True, None)
    assert (reading.quorate, reading.nodes_expected) == (True, 1)


def test_a_cluster_row_that_is_damaged_does_not_make_a_cluster_stand_alone():
    rows = [{"name": "lab", "quorate": 0}, {"type": "node", "name": "pve", "online": 1}]

    reading = parse_cluster_status(rows, SEEN_AT)

    assert (reading.standalone, reading.quorate) == (False, None)


def test_a_upid_is_taken_apart_with_its_token_and_without():
    upid = parse_upid("UPID:pve:0000FAF5:0015034F:6A4AB61F:vzcreate:9102:root@pam!sdk:")
    assert upid is not None
    assert (upid.node, upid.kind, upid.subject_id) == ("pve", "vzcreate", "9102")
    assert (upid.user, upid.pid) == ("root@pam!sdk", 0xFAF5)
    assert upid.started_at == datetime.fromtimestamp(0x6A4AB61F, UTC)

    upid = parse_upid("UPID:pve1:0020C066:042DF2040:69C26EB0:vzdump::root@pam:")
    assert upid is not None
    assert upid.subject_id is None
    assert parse_upid("UPID:pve:xyz") is None


@pytest.mark.parametrize(
    ("row", "outcome", "exit_status"),
    [
        ({}, TaskOutcome.RUNNING, None),
        ({"status": "RUNNING"}, TaskOutcome.RUNNING, None),
        ({"status": "OK", "endtime": 1_700_000_060}, TaskOutcome.OK, "OK"),
        ({"status": "WARNINGS: 2", "endtime": 9}, TaskOutcome.WARNINGS, "WARNINGS: 2"),
        ({"status": "job errors", "endtime": 9}, TaskOutcome.FAILED, "job errors"),
        ({"status": "unexpected status", "endtime": 9}, TaskOutcome.FAILED, "unexpected status"),
        ({"status": "stopped", "exitstatus": "OK"}, TaskOutcome.OK, "OK"),
        ({"status": "stopped", "exitstatus": "no such VM"}, TaskOutcome.FAILED, "no such VM"),
        ({"status": "stopped"}, TaskOutcome.UNKNOWN, None),
        ({"endtime": 1_700_000_060}, TaskOutcome.UNKNOWN, None),
    ],
)
def test_how_a_task_stands(row, outcome, exit_status):
    upid = "UPID:pve:0000FAF5:0015034F:6A4AB61F:qmstart:104:root@pam:"

    task = parse_task({"upid": upid} | row)

    assert task is not None
    assert (task.outcome, task.exit_status) == (outcome, exit_status)


def ata(**raw: str) -> dict[str, object]:
    rows = [{"id": f"{number[1:]:>3}", "raw": text} for number, text in raw.items()]
    return {"type": "ata", "health": "PASSED", "attributes": rows}


@pytest.mark.parametrize(
    ("payload", "warmth_c"),
    [
        pytest.param(ata(_194="35 (Min/Max 20/45)"), 35, id="ata with its range"),
        pytest.param(ata(_194="38 (0 18 0 0 0)"), 38, id="ata with packed bytes"),
        pytest.param(ata(_190="33 (Min/Max 25/40)"), 33, id="air flow alone"),
        pytest.param(ata(_190="30", _194="41"), 41, id="the drive before its air"),
        pytest.param(ata(_190="30", _194="0"), 30, id="a sensor that is not there"),
        pytest.param(ata(_194="163209280548"), None, id="packed beyond reading"),
        pytest.param(ata(_194="-15"), None, id="below freezing"),
        pytest.param(ata(_194="216"), None, id="hotter than can be"),
        pytest.param(ata(_5="0"), None, id="no such attribute"),
        pytest.param({"text": "Temperature:                        47 Celsius"}, 47, id="nvme"),
        pytest.param({"text": "a\nTemperature Sensor 2:   51 Celsius\n"}, 51, id="nvme sensor"),
        pytest.param({"text": "Current Drive Temperature:     31 C"}, 31, id="sas"),
        pytest.param(
            {"text": "Warning  Comp. Temp. Threshold:     70 Celsius"}, None, id="a limit"
        ),
        pytest.param({"text": "Warning Temperature: 0 Celsius"}, None, id="zero"),
        pytest.param({"health": "UNKNOWN"}, None, id="nothing"),
    ],
)
def test_a_drives_temperature_is_read_where_it_is_plausible(payload, warmth_c):
    assert parse_smart(payload).temperature_c == warmth_c


def test_a_drive_says_whether_it_expects_to_fail():
    assert parse_smart({"health": "PASSED"}).failing is False
    assert parse_smart({"health": "OK"}).failing is False
    assert parse_smart({"health": "FAILED!"}).failing is True
    assert parse_smart({"health": "UNKNOWN"}).failing is None


def test_the_hottest_drive_is_named():
    readings = {
        "sda": SmartReading(temperature_c=31.0),
        "nvme0n1": SmartReading(temperature_c=52.0),
        "sdb": SmartReading(),
    }
    assert hottest(readings) == ("nvme0n1", 52.0)
    assert hottest({"sdb": SmartReading()}) is None


def test_wear_is_the_life_that_is_left_and_not_available_is_unknown():
    disks = parse_disks(
        [
            {"devpath": "/dev/sda", "type": "ssd", "wearout": 97, "size": "512000000000"},
            {"devpath": "/dev/sdb", "type": "hdd", "wearout": "N/A"},
        ]
    )
    assert [disk.life_left_fraction for disk in disks] == [0.97, None]
    assert disks[0].size_bytes == 512_000_000_000
    assert disks[0].name == "sda"


def test_loads_come_as_text_and_the_kernel_in_two_writings():
    old = parse_node_status(
        {"loadavg": ["0.15", "0.25", "x"], "kversion": "Linux 6.8.12-4-pve #1 SMP"}
    )
    assert (old.load_1m, old.load_5m, old.load_15m) == (0.15, 0.25, None)
    assert old.kernel == "6.8.12-4-pve"
    assert old.mem_available_bytes is None

    new = parse_node_status(
        {
            "current-kernel": {"release": "6.14.8-2-pve"},
            "memory": {"available": 5, "total": 10, "used": 5},
            "pveversion": "pve-manager/9.1.1/42db4a6cf33dac83",
        }
    )
    assert (new.kernel, new.pve_version, new.mem_available_bytes) == ("6.14.8-2-pve", "9.1.1", 5)


def test_a_service_that_rests_by_right_has_not_failed():
    rows = [
        {
            "service": "corosync",
            "state": "dead",
            "active-state": "inactive",
            "unit-state": "enabled",
        },
        {
            "service": "pvestatd",
            "state": "dead",
            "active-state": "inactive",
            "unit-state": "enabled",
        },
        {
            "service": "postfix",
            "state": "failed",
            "active-state": "failed",
            "unit-state": "enabled",
        },
        {"service": "pveproxy", "state": "running", "active-state": "active"},
    ]
    services = parse_services(rows)
    assert services is not None
    assert [one.name for one in services if one.failed] == ["postfix"]
    assert [one.name for one in services if one.is_missed] == ["pvestatd"]
    assert parse_services(None) is None


def test_security_updates_are_unknown_where_no_origin_names_them():
    rows = [{"Package": "bash", "Origin": "Debian"}, {"Package": "pve-manager"}]
    updates = parse_apt_updates(rows)
    assert updates is not None
    assert (updates.count, updates.security_count) == (2, None)

    none = parse_apt_updates([])
    assert none is not None
    assert (none.count, none.security_count) == (0, 0)
    assert parse_apt_updates({"data": None}) is None


def test_the_certificate_that_serves_is_the_owners_before_proxmoxs():
    own = {"filename": "/etc/pve/nodes/pve/pveproxy-ssl.pem", "notafter": 1_900_000_000}
    rows = [{"filename": "pve-root-ca.pem"}, {"filename": "pve-ssl.pem", "notafter": 1}, own]

    serving = serving_certificate(parse_certificates(rows))

    assert serving is not None
    assert serving.expires_at == datetime.fromtimestamp(1_900_000_000, UTC)
    assert serving_certificate(parse_certificates([{"filename": "pve-root-ca.pem"}])) is None


def test_the_newest_backup_of_each_guest_is_found_on_files_and_on_a_backup_server():
    rows = [
        {"volid": "local:backup/vzdump-qemu-100-2023_08_28.vma.zst", "ctime": 1_693_252_800},
        {"volid": "local:backup/vzdump-qemu-100-2023_08_29.vma.zst", "ctime": 1_693_339_200},
        {"volid": "pbs:backup/ct/105/2026-11-19T02:00:00Z", "content": "backup"},
        {"volid": "pbs:backup/vm/106/2026-13-45T02:00:00Z", "content": "backup"},
        {"volid": "local:iso/debian.iso", "content": "iso", "ctime": 1, "vmid": 7},
    ]

    assert dict(parse_backups(rows)) == {
        100: datetime.fromtimestamp(1_693_339_200, UTC),
        105: datetime(2026, 11, 19, 2, tzinfo=UTC),
    }


def test_not_backed_up_by_none_is_not_the_same_as_not_known():
    assert parse_not_backed_up([]) == ()
    assert parse_not_backed_up(None) is None
    assert parse_not_backed_up([{"vmid": "105"}, {"vmid": 100}, {}]) == (100, 105)


def test_versions():
    version = parse_version({"version": "9.2.4", "release": "9.2", "repoid": "5e5ae681198514d4"})
    assert version is not None
    assert version.version == "9.2.4"
    assert parse_version({"release": "9.2"}) is None


def test_an_idle_high_availability_has_no_master():
    reading = parse_ha(
        [
            {"type": "quorum", "quorate": "1"},
            {"type": "fencing", "armed-state": "standby"},
            {"type": "service", "sid": "vm:104", "state": "started", "node": "pve"},
        ]
    )
    assert reading is not None
    assert (reading.quorate, reading.master, reading.fencing) == (True, None, "standby")
    assert reading.services[0].vmid == 104


def test_a_missing_sample_is_a_gap_and_samples_are_in_the_order_of_time():
    history = parse_rrd(
        [
            {"time": 120, "cpu": 0.2, "memused": 5, "memtotal": 10},
            {"time": 60, "mem": 4, "maxmem": 10, "cpu": float("nan")},
            {"time": "180"},
            {"cpu": 0.9},
        ]
    )
    assert history.times == (60, 120, 180)
    assert history[Metric.CPU_FRACTION] == (None, 0.2, None)
    assert history[Metric.MEM_USED_BYTES] == (4, 5, None)
    assert Metric.NET_IN_BYTES_PER_S not in history.series
    assert history[Metric.NET_IN_BYTES_PER_S] == (None, None, None)


def test_a_machines_disk_use_is_not_a_line_of_zeros():
    history = parse_rrd([{"time": time, "disk": 0, "maxdisk": 10} for time in (60, 120)])

    assert Metric.DISK_USED_BYTES not in history.series
    assert history[Metric.DISK_TOTAL_BYTES] == (10, 10)


def test_a_guests_memory_may_be_text_and_its_slots_are_in_natural_order():
    config = parse_guest_config(
        {
            "name": "media",
            "memory": "4096",
            "agent": "enabled=1,fstrim_cloned_disks=1",
            "scsi10": "local-zfs:vm-104-disk-1,size=8G",
            "scsi2": "local-zfs:vm-104-disk-0,size=32G",
            "scsihw": "virtio-scsi-pci",
            "net0": "virtio=BC:24:11:2E:C5:4A,bridge=vmbr0",
        }
    )
    assert config.mem_bytes == 4_096 * 1024**2
    assert config.agent_enabled is True
    assert [slot for slot, _ in config.disks] == ["scsi2", "scsi10"]
    assert [slot for slot, _ in config.nets] == ["net0"]
    assert config.starts_at_boot is None


def test_the_present_is_no_snapshot():
    rows = [
        {"name": "current", "description": "You are here!"},
        {"name": "base", "snaptime": 100},
        {"name": "later", "snaptime": 200, "vmstate": 1},
    ]
    snapshots = parse_snapshots(rows)
    assert snapshots is not None
    assert [(each.name, each.with_memory) for each in snapshots] == [
        ("later", True),
        ("base", False),
    ]
    assert parse_snapshots(None) is None
