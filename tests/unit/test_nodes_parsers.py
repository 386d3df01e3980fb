"""What nodes write about themselves: every recorded output is read, and read plausibly."""

import json
import math
from pathlib import Path

import pytest

from services.nodes.model import DriveHealth, Sensor
from services.nodes.parse_docker import parse_containers, parse_guest_exec
from services.nodes.parse_sensors import Sensors, parse_hwmon, parse_sensors
from services.nodes.parse_smart import parse_scan, parse_smart
from services.nodes.parse_units import parse_failed_units
from services.nodes.parse_zfs import (
    STATES,
    is_sound,
    join_pools,
    parse_pool_list,
    parse_pool_status,
)

CMD = Path(__file__).parents[3] / "shared/fixtures/cmd"

pytestmark = pytest.mark.skipif(not CMD.is_dir(), reason="the recordings are not at hand")


def recordings(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in CMD.glob(pattern))


def named(path: Path) -> str:
    return path.relative_to(CMD).as_posix()


def read_sensors(name: str) -> Sensors:
    sensors = parse_sensors((CMD / "sensors" / name).read_text())
    assert sensors is not None
    return sensors


def assert_plausible(sensors: Sensors) -> None:
    for sensor in sensors.sensors:
        assert math.isfinite(sensor.figure)
        match sensor.kind:
            case "temperature":
                assert 1 <= sensor.figure <= 120, sensor
            case "fan":
                assert 0 <= sensor.figure <= 20_000, sensor
            case "power":
                assert 0 <= sensor.figure <= 3_000, sensor
            case _:
                pytest.fail(f"no such kind: {sensor}")
        assert sensor.critical is None or 40 <= sensor.critical <= 150, sensor
    for figure in (sensors.cpu_c, sensors.hottest_drive_c):
        assert figure is None or 1 <= figure <= 120
    assert (sensors.cpu_c is None) == (sensors.cpu_of is None)


def assert_plausible_drive(drive: DriveHealth) -> None:
    assert drive.temperature_c is None or 1 <= drive.temperature_c <= 110
    assert drive.power_on_hours is None or 0 <= drive.power_on_hours < 300_000
    assert drive.wear_percent_used is None or 0 <= drive.wear_percent_used <= 255
    for count in (drive.reallocated_sectors, drive.pending_sectors, drive.media_errors):
        assert count is None or 0 <= count < 2**48
    assert drive.passed is not None or drive.because


@pytest.mark.parametrize("path", recordings("sensors/*"), ids=named)
def test_the_sensors_of_every_recorded_board_are_read(path: Path) -> None:
    sensors = parse_sensors(path.read_text())

    assert sensors is not None
    assert sensors.sensors
    assert_plausible(sensors)


@pytest.mark.parametrize(
    ("name", "cpu_c", "cpu_of", "drive_c"),
    [
        ("INVALID_lm_sensors_3.5_missing_comma.txt", 44.88, "k10temp-pci-00c3 Tctl", 38.85),
        ("amd_apu_amdgpu_k10temp_nvme.json", 76.25, "k10temp-pci-00c3 Tctl", 48.85),
        ("amd_ryzen_k10temp_tccd_nvme.json", 51.62, "k10temp-pci-00c3 Tctl", 36.85),
        ("amdgpu_spd5118_ddr5_alarm.partial.json", None, None, None),
        ("drivetemp_coretemp_i5.json", 32.0, "coretemp-isa-0000 Package id 0", 34.0),
        ("dual_xeon_nouveau.partial.json", 48.0, "coretemp-isa-0001 Package id 1", None),
        ("k10temp_Tctl_Tdie_amdgpu_fan.json", 53.12, "k10temp-pci-00c3 Tdie", None),
        ("single_nvme_lenovo.json", None, None, 39.85),
        ("x570_k10temp_Tdie_acpitz_bogus.partial.json", 33.5, "k10temp-pci-00c3 Tdie", None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_the_processor_is_told_by_its_package_and_never_by_acpi(
    name: str, cpu_c: float | None, cpu_of: str | None, drive_c: float | None
) -> None:
    sensors = read_sensors(name)

    assert sensors.cpu_c == (None if cpu_c is None else pytest.approx(cpu_c, abs=0.01))
    assert sensors.cpu_of == cpu_of
    assert sensors.hottest_drive_c == drive_c


def test_every_recording_of_sensors_is_asked_about() -> None:
    assert len(recordings("sensors/*")) == 9


def test_sentinels_are_no_limits_and_no_readings() -> None:
    payload = {
        "nct6798-isa-0290": {
            "SYSTIN": {"temp1_input": 216.0},
            "CPUTIN": {"temp2_input": -62.0},
            "AUXTIN": {"temp3_input": 0.0},
            "PECI": {"temp4_input": 127.5},
            "fan1": {"fan1_input": 65_535.0},
            "fan2": {"fan2_input": 812.0},
            "temp9": {},
        },
        "coretemp-isa-0000": {"Package id 0": {"temp1_input": 41.0, "temp1_crit": 65_261.85}},
    }

    sensors = parse_sensors(json.dumps(payload))

    assert sensors is not None
    assert sensors.sensors == (
        Sensor(chip="coretemp-isa-0000", label="Package id 0", kind="temperature", figure=41.0),
        Sensor(chip="nct6798-isa-0290", label="fan2", kind="fan", figure=812.0),
    )


def test_power_is_told_once_and_as_an_average_where_there_is_one() -> None:
    payload = {"amdgpu-pci-0300": {"PPT": {"power1_average": 11.0, "power1_input": 99.0}}}

    sensors = parse_sensors(json.dumps(payload))

    assert sensors is not None
    assert [(s.kind, s.figure) for s in sensors.sensors] == [("power", 11.0)]


def test_the_hottest_of_several_packages_is_the_processor() -> None:
    payload = {
        "coretemp-isa-0000": {"Package id 0": {"temp1_input": 51.0}},
        "coretemp-isa-0001": {"Package id 1": {"temp1_input": 63.0}, "Core 0": {"temp2_input": 99}},
    }

    sensors = parse_sensors(json.dumps(payload))

    assert sensors is not None
    assert (sensors.cpu_c, sensors.cpu_of) == (63.0, "coretemp-isa-0001 Package id 1")


def test_the_kernel_s_own_files_tell_the_same() -> None:
    text = """\
/sys/class/hwmon/hwmon0/name:acpitz
/sys/class/hwmon/hwmon0/temp1_input:16800
/sys/class/hwmon/hwmon1/name:nvme
/sys/class/hwmon/hwmon1/temp1_input:38850
/sys/class/hwmon/hwmon1/temp1_crit:84850
/sys/class/hwmon/hwmon1/temp1_label:Composite
/sys/class/hwmon/hwmon2/name:k10temp
/sys/class/hwmon/hwmon2/temp1_input:51625
/sys/class/hwmon/hwmon2/temp1_label:Tctl
/sys/class/hwmon/hwmon3/name:amdgpu
/sys/class/hwmon/hwmon3/fan1_input:1240
/sys/class/hwmon/hwmon3/power1_average:11018000
grep: /sys/class/hwmon/hwmon3/temp1_input: No data available
nonsense
"""

    sensors = parse_hwmon(text)

    assert sensors is not None
    assert_plausible(sensors)
    assert (sensors.cpu_c, sensors.cpu_of) == (51.62, "k10temp-hwmon2 Tctl")
    assert sensors.hottest_drive_c == 38.85
    assert {(s.kind, s.figure) for s in sensors.sensors} >= {("fan", 1240.0), ("power", 11.02)}
    assert parse_hwmon("") is None


@pytest.mark.parametrize("text", ["", "null", "[]", '"sensors"', "{", "Segmentation fault"])
def test_what_is_no_output_of_sensors_is_none(text: str) -> None:
    assert parse_sensors(text) is None


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


@pytest.mark.parametrize("path", recordings("zpool/*", "jc/generic/zpool-*.out"), ids=named)
def test_every_recorded_pool_is_read(path: Path) -> None:
    text = path.read_text()
    told = sum(line.strip().startswith("pool:") for line in text.splitlines())

    pools = parse_pool_status(text)

    assert len(pools) == told
    for pool in pools:
        assert pool.state in STATES
        assert pool.name
        assert pool.errors
        assert pool.scan


def test_what_is_wrong_with_a_pool_is_told() -> None:
    pools = [
        pool
        for path in recordings("jc/generic/zpool-status*.out")
        for pool in parse_pool_status(path.read_text())
        if pool.state != "ONLINE"
    ]

    degraded, unavailable = pools

    assert (degraded.state, is_sound(degraded)) == ("DEGRADED", False)
    assert degraded.scan == "none requested"
    assert (unavailable.state, unavailable.errors) == ("UNAVAIL", "Permanent errors in 3 files")


def test_sizes_come_from_the_list_and_errors_from_the_status() -> None:
    listed = parse_pool_list(
        "rpool\t1992864825344\t428121169920\tONLINE\ntank\t-\t-\tFAULTED\nno such line\n"
    )
    told = parse_pool_status(
        "  pool: rpool\n state: ONLINE\n  scan: none\nerrors: No known data errors\n"
    )

    rpool, tank = join_pools(listed, told)

    assert (rpool.size_bytes, rpool.allocated_bytes) == (1_992_864_825_344, 428_121_169_920)
    assert (rpool.errors, is_sound(rpool)) == ("No known data errors", True)
    assert (tank.state, tank.size_bytes, is_sound(tank)) == ("FAULTED", None, False)


def test_no_pools_are_none() -> None:
    assert parse_pool_status("no pools available\n") == ()
    assert parse_pool_list("") == ()


def test_failed_units_are_told_in_every_form() -> None:
    plain = "certbot.service loaded failed failed Certbot\nsnap.mount loaded failed failed x\n"
    bullets = "● certbot.service loaded failed failed Certbot\n* b.service loaded failed failed x\n"
    as_json = (CMD / "systemctl/list_units_output_json.SHAPE.json").read_text()

    assert parse_failed_units(plain) == ("certbot.service", "snap.mount")
    assert parse_failed_units(bullets) == ("b.service", "certbot.service")
    assert parse_failed_units(as_json) == (
        "certbot.service",
        "example-worker.service",
        "postgresql.service",
    )
    assert parse_failed_units("") == ()


@pytest.mark.parametrize("path", recordings("jc/*/systemctl*.out"), ids=named)
def test_no_unit_that_runs_counts_as_failed(path: Path) -> None:
    text = path.read_text()

    failed = parse_failed_units(text)

    assert len(failed) == sum(
        line.replace("●", " ").split()[2:3] == ["failed"] for line in text.splitlines()
    )


@pytest.mark.parametrize("path", recordings("docker/*.jsonl"), ids=named)
def test_every_recorded_container_is_read(path: Path) -> None:
    lines = path.read_text().splitlines()

    containers = parse_containers(path.read_text())

    assert containers is not None
    assert len(containers) == len(lines)
    rows = {json.loads(line)["ID"]: json.loads(line) for line in lines}
    for container in containers:
        row = rows[container.id]
        assert (container.name, container.image) == (row["Names"], row["Image"])
        assert (container.state, container.status) == (row["State"], row["Status"])
        assert ("unhealthy" in row["Status"]) == (container.health == "unhealthy")
        told = row["Labels"]
        assert all(f"{key}={value}" in told for key, value in container.labels)
        assert bool(container.labels) == bool(told)


def test_the_health_is_read_from_either_place() -> None:
    old = {"ID": "a" * 12, "Names": "old", "Image": "x", "Status": "Up 2 minutes (unhealthy)"}
    new = {**old, "Names": "new", "Status": "Up 2 minutes", "HealthStatus": "healthy"}
    none = {**new, "Names": "none", "HealthStatus": "none"}
    starts = {**old, "Names": "starts", "Status": "Up 2 seconds (health: starting)"}

    containers = parse_containers("\n".join(map(json.dumps, (old, new, none, starts))))

    assert containers is not None
    assert {c.name: (c.state, c.health) for c in containers} == {
        "old": ("running", "unhealthy"),
        "new": ("running", "healthy"),
        "none": ("running", None),
        "starts": ("running", "starting"),
    }


def test_no_containers_are_none_and_a_complaint_is_no_list() -> None:
    assert parse_containers("") == ()
    assert parse_containers("[]\n") == ()
    assert parse_containers("Cannot connect to the Docker daemon") is None


def test_what_the_guest_agent_ran_is_taken_out_of_its_answer() -> None:
    answer = '{"exitcode": 0, "exited": 1, "out-data": "a\\nb\\n"}'

    assert parse_guest_exec(answer) == (0, "a\nb\n", "")
    assert parse_guest_exec('{"exitcode": 127, "err-data": "no docker"}') == (127, "", "no docker")
    assert parse_guest_exec("VM 103 is not running") is None
