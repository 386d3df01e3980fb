"""What boards tell of their heat, fans and power: every recording is read, and read plausibly."""

import json
import math
from pathlib import Path

import pytest

from services.nodes.model import Sensor
from services.nodes.parse_sensors import Sensors, parse_hwmon, parse_sensors
from tests.support.node_recordings import CMD, named, needs_recordings, recordings

pytestmark = needs_recordings


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
