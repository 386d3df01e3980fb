"""`/nodes/{node}/disks/list` and `/disks/smart`: drives, their health and their temperature."""

import re
from dataclasses import dataclass

from services.cluster import wire

HOTTEST_PLAUSIBLE_C = 110.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskReading:
    """One drive of a node."""

    devpath: str
    """`/dev/nvme0n1`, the name SMART is asked with."""
    model: str | None = None
    serial: str | None = None
    kind: str | None = None
    """`nvme`, `ssd`, `hdd`, `usb` or `unknown`."""
    size_bytes: int | None = None
    health: str | None = None
    """`PASSED`, `OK`, `FAILED`…"""
    life_left_fraction: float | None = None
    """1 for a new drive; Proxmox calls it wear-out."""
    used_as: str | None = None
    """`ZFS`, `LVM`, `partitions`…"""

    @property
    def name(self) -> str:
        """`nvme0n1`."""
        return self.devpath.rpartition("/")[2]


def parse_disks(payload: object) -> tuple[DiskReading, ...]:
    """Read `/nodes/{node}/disks/list`, sorted by path."""
    found: dict[str, DiskReading] = {}
    for row in wire.rows(payload):
        devpath = wire.text(row.get("devpath"))
        if devpath is None:
            continue
        life_left = wire.number(row.get("wearout"))
        found[devpath] = DiskReading(
            devpath=devpath,
            model=wire.text(row.get("model")),
            serial=wire.text(row.get("serial")),
            kind=wire.text(row.get("type")),
            size_bytes=wire.size(row.get("size")),
            health=wire.text(row.get("health")),
            life_left_fraction=(
                life_left / 100 if life_left is not None and 0 <= life_left <= 100 else None
            ),
            used_as=wire.text(row.get("used")),
        )
    return tuple(found[path] for path in sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartReading:
    """What one drive says of itself."""

    health: str | None = None
    temperature_c: float | None = None
    """Only between 0 and 110 °C: all else is a sensor that is not there."""

    @property
    def failing(self) -> bool | None:
        """Whether the drive itself expects to fail; unknown where it says neither."""
        if self.health in ("PASSED", "OK"):
            return False
        return True if (self.health or "").startswith("FAIL") else None


def parse_smart(payload: object) -> SmartReading:
    """Read `/nodes/{node}/disks/smart`: attributes of an ATA drive, or text of NVMe and SAS."""
    row = wire.fields(payload)
    warmth = _of_attributes(row.get("attributes"))
    if warmth is None:
        warmth = _of_text(row.get("text"))
    return SmartReading(health=wire.text(row.get("health")), temperature_c=warmth)


_ATTRIBUTES = ("194", "190")
"""Temperature, and air flow temperature for drives without it."""

_LEADING = re.compile(r"\s*(-?\d{1,6}(?:\.\d+)?)(?:\s|$|\s*\()", re.ASCII)


def _of_attributes(attributes: object) -> float | None:
    found: dict[str, float] = {}
    for row in wire.rows(attributes):
        number = (wire.text(row.get("id")) or "").strip()
        raw = wire.text(row.get("raw"))
        if number in _ATTRIBUTES and raw is not None and (leading := _LEADING.match(raw)):
            warmth = _plausible(float(leading[1]))
            if warmth is not None:
                found[number] = warmth
    return next((found[number] for number in _ATTRIBUTES if number in found), None)


_LINES = (
    re.compile(r"^\s*Temperature:\s+(-?\d{1,6})\s*(?:C\b|Celsius)", re.MULTILINE | re.ASCII),
    re.compile(r"^\s*Current Drive Temperature:\s+(-?\d{1,6})\s*C\b", re.MULTILINE | re.ASCII),
    re.compile(
        r"^\s*Temperature Sensor \d+:\s+(-?\d{1,6})\s*(?:C\b|Celsius)", re.MULTILINE | re.ASCII
    ),
)

_TEXT_LIMIT = 100_000


def _of_text(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    for line in _LINES:
        for found in line.finditer(value[:_TEXT_LIMIT]):
            warmth = _plausible(float(found[1]))
            if warmth is not None:
                return warmth
    return None


def _plausible(warmth_c: float) -> float | None:
    return warmth_c if 0 < warmth_c <= HOTTEST_PLAUSIBLE_C else None


def hottest(readings: dict[str, SmartReading]) -> tuple[str, float] | None:
    """The hottest drive and its temperature in °C, by drive name; None where none tells."""
    told = [
        (reading.temperature_c, name)
        for name, reading in readings.items()
        if reading.temperature_c is not None
    ]
    if not told:
        return None
    warmth_c, name = max(told)
    return name, warmth_c
