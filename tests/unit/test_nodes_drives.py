"""What drives tell of their health: every recording is read, and read plausibly."""

import json
from pathlib import Path

import pytest

from services.nodes.model import DriveHealth
from services.nodes.parse_smart import parse_scan, parse_smart
from tests.support.node_recordings import CMD, named, needs_recordings, recordings

pytestmark = needs_recordings


def assert_plausible_drive(drive: DriveHealth) -> None:
    assert drive.temperature_c is None or 1 <= drive.temperature_c <= 110
    assert drive.power_on_hours is None or 0 <= drive.power_on_hours < 300_000
    assert drive.wear_percent_used is None or 0 <= drive.wear_percent_used <= 255
    for count in (drive.reallocated_sectors, drive.pending_sectors, drive.media_errors):
        assert count is None or 0 <= count < 2**48
    assert drive.passed is not None or drive.because


DRIVES = [
    path
    for path in recordings("smartctl/scrutiny/*.json", "beszel/*.json")
    if "scan" not in path.name
]


@pytest.mark.parametrize("path", DRIVES, ids=named)
def test_every_recorded_drive_is_read(path: Path) -> None:
    drive = parse_smart(path.read_text(), "/dev/sda", 0)

    assert drive.device == "/dev/sda"
    assert_plausible_drive(drive)


def read_drive(name: str, exit_status: int = 0) -> DriveHealth:
    return parse_smart((CMD / name).read_text(), "/dev/sda", exit_status)


def test_a_drive_that_fails_says_so_whatever_else_comes_with_it() -> None:
    drive = read_drive("smartctl/scrutiny/smart-fail2.json", 216)

    assert drive.passed is False
    assert (drive.reallocated_sectors, drive.pending_sectors) == (1975, 8)
    assert (drive.power_on_hours, drive.temperature_c) == (65_592, 25)


def test_a_drive_that_could_not_be_opened_is_unknown_and_says_why() -> None:
    drive = read_drive("smartctl/scrutiny/smart-fail.json", 2)

    assert drive.passed is None
    assert drive.because
    assert "failed" in drive.because


def test_a_sleeping_drive_is_not_called_bad() -> None:
    text = json.dumps(
        {
            "smartctl": {
                "exit_status": 2,
                "messages": [{"string": "Device is in STANDBY mode, exit(2)"}],
            }
        }
    )

    drive = parse_smart(text, "/dev/sdb", 2)

    assert (drive.passed, drive.because) == (None, "it sleeps, and was not woken")


def test_whole_json_counts_although_the_exit_status_is_not_zero() -> None:
    drive = read_drive("beszel/apple_nvme.json", 4)

    assert drive.passed is True
    assert (drive.temperature_c, drive.wear_percent_used, drive.power_on_hours) == (42, 1, 2850)
    assert drive.media_errors == 0


def test_the_wear_of_an_ssd_is_what_is_used_up() -> None:
    assert read_drive("smartctl/scrutiny/smart-ata-full.json").wear_percent_used == 19
    assert read_drive("beszel/nvme0.json").wear_percent_used == 0
    assert read_drive("smartctl/scrutiny/smart-ata.json").wear_percent_used is None


def test_a_grown_defect_of_a_sas_drive_counts_as_reallocated() -> None:
    assert read_drive("smartctl/scrutiny/smart-scsi.json").reallocated_sectors == 56


def test_a_temperature_of_zero_is_unknown() -> None:
    assert read_drive("smartctl/scrutiny/smart-raid.json").temperature_c is None


@pytest.mark.parametrize("path", recordings("**/*scan*.json"), ids=named)
def test_every_recorded_scan_lists_its_drives(path: Path) -> None:
    listed = json.loads(path.read_text())["devices"]

    scanned = parse_scan(path.read_text())

    assert scanned is not None
    assert [drive.device for drive in scanned] == [row["name"] for row in listed]


def test_a_drive_behind_a_controller_is_asked_for_by_its_number() -> None:
    scanned = parse_scan((CMD / "smartctl/scrutiny/smartctl_scan_megaraid.json").read_text())

    assert scanned is not None
    assert [(drive.kind, drive.name) for drive in scanned] == [
        ("megaraid,0", "/dev/bus/0 megaraid,0"),
        ("megaraid,1", "/dev/bus/0 megaraid,1"),
    ]


@pytest.mark.parametrize("name", ["/etc/passwd", "/dev/sda; reboot", "-d", "", "/dev/../etc/x y"])
def test_a_name_that_is_no_device_is_never_asked_for(name: str) -> None:
    text = json.dumps({"smartctl": {}, "devices": [{"name": name, "type": "sat"}]})

    assert parse_scan(text) == ()


def test_a_node_without_drives_has_none() -> None:
    assert parse_scan('{"smartctl": {"exit_status": 0}}') == ()
    assert parse_scan("command not found") is None
