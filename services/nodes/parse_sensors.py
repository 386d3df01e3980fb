"""What `sensors -j` or the kernel's hwmon files say, as plausible readings; pure.

Both become the same tree first: chip, feature, figure. What cannot be is left out: boards report
65261.85 °C for no limit, -273.15 °C for no sensor, 216 °C for a header with nothing on it, and
lm-sensors 3.5 forgets a comma between two chips.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.cluster import wire
from services.nodes.model import Sensor

MOST_SENSORS = 256
COLDEST_C, HOTTEST_C = 1.0, 120.0
"""A zero is what a board reports for nothing; 127 and 128 are its other word for it."""
FASTEST_RPM = 20_000.0
MOST_W = 3_000.0
LOWEST_LIMIT_C, HIGHEST_LIMIT_C = 40.0, 150.0

Tree = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By chip and feature: `temp1_input` and the like, in °C, revolutions a minute and watts."""

_MISSING_COMMA = re.compile(r'\}\s*"')
_PACKAGE = re.compile(r"package id \d+|physical id \d+", re.IGNORECASE)
_CORE = re.compile(r"core \d+", re.IGNORECASE)
_CHIPLET = re.compile(r"tccd\d+", re.IGNORECASE)
_FIGURE = re.compile(r"(?P<kind>temp|fan|power)\d+_(?P<what>input|average)")
_HWMON = re.compile(
    r"^/sys/class/hwmon/(?P<dir>hwmon\d+)/(?P<file>name|(?P<feature>[a-z]+\d+)_(?P<what>\w+)):"
)
_PROCESSOR = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "soc_thermal", "cpu0_thermal")
_DRIVE = ("nvme", "drivetemp")
_KINDS = {"temp": "temperature", "fan": "fan", "power": "power"}
_SCALE = {"temp": 1_000.0, "fan": 1.0, "power": 1_000_000.0}

HWMON_COMMAND = (
    "grep -sH '' /sys/class/hwmon/hwmon*/name /sys/class/hwmon/hwmon*/temp*_input "
    "/sys/class/hwmon/hwmon*/temp*_crit /sys/class/hwmon/hwmon*/temp*_label "
    "/sys/class/hwmon/hwmon*/fan*_input /sys/class/hwmon/hwmon*/fan*_label "
    "/sys/class/hwmon/hwmon*/power*_average /sys/class/hwmon/hwmon*/power*_input "
    "/sys/class/hwmon/hwmon*/power*_label"
)
"""Reads in one go what `parse_hwmon` takes; grep ends with 2 where some of them are not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensors:
    """The readings, and what two of them mean."""

    cpu_c: float | None = None
    cpu_of: str | None = None
    hottest_drive_c: float | None = None
    sensors: tuple[Sensor, ...] = ()


def parse_sensors(text: str) -> Sensors | None:
    """Read the output of `sensors -j`; None where it is not JSON even with its comma put in."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        try:
            payload = json.loads(_MISSING_COMMA.sub('},"', text))
        except (ValueError, RecursionError):
            return None
    if not isinstance(payload, dict):
        return None
    tree: dict[str, dict[str, dict[str, float]]] = {}
    for chip, features in payload.items():
        for feature, figures in wire.fields(features).items():
            read = {name: wire.number(value) for name, value in wire.fields(figures).items()}
            known = {name: value for name, value in read.items() if value is not None}
            if known:
                tree.setdefault(_name(chip), {})[_name(feature)] = known
    return judge_sensors(tree)


def parse_hwmon(text: str) -> Sensors | None:
    """Read what HWMON_COMMAND wrote; None where there is no chip in it."""
    names: dict[str, str] = {}
    labels: dict[tuple[str, str], str] = {}
    figures: dict[tuple[str, str], dict[str, float]] = {}
    for line in text.splitlines():
        if (found := _HWMON.match(line)) is None:
            continue
        value = line[found.end() :].strip()
        if found["file"] == "name":
            names[found["dir"]] = value
        elif found["what"] == "label":
            labels[found["dir"], found["feature"]] = value
        elif (read := wire.number(value)) is not None:
            kind = found["feature"].rstrip("0123456789")
            scaled = read / _SCALE.get(kind, 1.0)
            figures.setdefault((found["dir"], found["feature"]), {})[
                f"{found['feature']}_{found['what']}"
            ] = scaled
    if not names:
        return None
    tree: dict[str, dict[str, dict[str, float]]] = {}
    for (dir_, feature), read_ in figures.items():
        chip = f"{_name(names.get(dir_, ''))}-{dir_}"
        tree.setdefault(chip, {})[_name(labels.get((dir_, feature)) or feature)] = read_
    return judge_sensors(tree)


def judge_sensors(tree: Tree) -> Sensors:
    """What is plausible of a tree, and which of it is the processor."""
    sensors = tuple(_plausible(tree))[:MOST_SENSORS]
    processor = _find_processor(sensors)
    drives = [s.figure for s in sensors if s.kind == "temperature" and s.chip.startswith(_DRIVE)]
    composite = [
        s.figure
        for s in sensors
        if s.label.lower() == "composite" or s.chip.startswith("drivetemp")
    ]
    return Sensors(
        cpu_c=processor.figure if processor else None,
        cpu_of=f"{processor.chip} {processor.label}" if processor else None,
        hottest_drive_c=max(composite or drives, default=None),
        sensors=sensors,
    )


def _plausible(tree: Tree) -> Iterator[Sensor]:
    for chip, features in sorted(tree.items()):
        for label, figures in features.items():
            for kind in _KINDS:
                figure = _pick(kind, figures)
                if figure is not None:
                    yield Sensor(
                        chip=chip,
                        label=label,
                        kind=_KINDS[kind],
                        figure=round(figure, 2),
                        critical=_critical(figures) if kind == "temp" else None,
                    )


def _pick(kind: str, figures: Mapping[str, float]) -> float | None:
    """The figure of a feature: of power, the average before the moment's."""
    found = {
        match["what"]: value
        for name, value in figures.items()
        if (match := _FIGURE.fullmatch(name)) and match["kind"] == kind
    }
    figure = found.get("average", found.get("input"))
    if figure is None:
        return None
    low, high = {
        "temp": (COLDEST_C, HOTTEST_C),
        "fan": (0.0, FASTEST_RPM),
        "power": (0.0, MOST_W),
    }[kind]
    return figure if low <= figure <= high else None


def _critical(figures: Mapping[str, float]) -> float | None:
    limit = next(
        (value for name, value in figures.items() if re.fullmatch(r"temp\d+_crit", name)), None
    )
    return limit if limit is not None and LOWEST_LIMIT_C <= limit <= HIGHEST_LIMIT_C else None


def _find_processor(sensors: tuple[Sensor, ...]) -> Sensor | None:
    """The hottest of the best sort of reading there is; ACPI's zones are never believed."""
    own = [s for s in sensors if s.kind == "temperature" and s.chip.startswith(_PROCESSOR)]
    # Where Tdie is told beside Tctl, Tctl has an offset that only fans should go by.
    for fits in (
        lambda label: _PACKAGE.fullmatch(label) is not None,
        lambda label: label.lower() == "tdie",
        lambda label: label.lower() == "tctl",
        lambda label: _CHIPLET.fullmatch(label) is not None,
        lambda label: _CORE.fullmatch(label) is not None,
        lambda label: True,
    ):
        if found := [s for s in own if fits(s.label)]:
            return max(found, key=lambda s: s.figure)
    return None


def _name(value: object) -> str:
    return (wire.text(value) or "—")[:64]
