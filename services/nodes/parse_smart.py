"""What `smartctl --json` says of drives; pure.

Its exit status is a mask of eight bits, and whole JSON comes with most of them: what is in the JSON
counts, and the mask only where the JSON is silent.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.cluster import wire
from services.nodes.model import DriveHealth

NOT_OPENED, NOT_ASKED, FAILING = 1 << 1, 1 << 2, 1 << 3
"""Bits of the exit status: it could not be opened (or sleeps), a command failed, SMART says bad."""

MOST_DRIVES = 64
COLDEST_C, HOTTEST_C = 1, 110
MOST_HOURS = 30 * 8_766
"""Thirty years; beyond it the raw figure holds something else."""

REALLOCATED, PENDING = 5, 197
WEAR_LEFT = (231, 233, 202, 177)
"""Attributes whose normalised value is what is left of an SSD, in percent, the best one first."""

_DEVICE = re.compile(r"/dev/[A-Za-z0-9/_.-]+")
_KIND = re.compile(r"[a-z0-9][a-z0-9_+,./-]*", re.IGNORECASE)
_ASLEEP = re.compile(r"\b(?:STANDBY|SLEEP)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedDrive:
    """One drive as `smartctl --scan` lists it."""

    device: str
    """`/dev/sda`, or `/dev/bus/0` of several drives behind one controller."""
    kind: str | None = None
    """What `-d` wants, where it must be told."""

    @property
    def name(self) -> str:
        """`/dev/sda`, or `/dev/bus/0 megaraid,1`."""
        return f"{self.device} {self.kind}" if self.kind else self.device


def parse_scan(text: str) -> tuple[ScannedDrive, ...] | None:
    """Read `smartctl --json --scan`; None where it is not its JSON."""
    payload = _read(text)
    if payload is None or not isinstance(payload.get("devices"), list):
        # An empty list of devices is left out of the JSON altogether.
        return () if payload is not None and "smartctl" in payload else None
    return tuple(dict.fromkeys(_scanned(payload)))[:MOST_DRIVES]


def _scanned(payload: wire.Row) -> Iterator[ScannedDrive]:
    for row in wire.rows(payload["devices"]):
        device, kind = wire.text(row.get("name")), wire.text(row.get("type"))
        if device is None or not _DEVICE.fullmatch(device):
            continue
        # It lists SATA drives as SCSI; left to itself it finds out better.
        plain = kind in (None, "scsi", "sat", "ata", "nvme") or not _KIND.fullmatch(kind or "")
        yield ScannedDrive(device=device, kind=None if plain else kind)


def parse_smart(text: str, device: str, exit_status: int | None = None) -> DriveHealth:
    """Read `smartctl --json -i -H -A` of one drive; what it does not tell is None."""
    payload = _read(text)
    if payload is None:
        return DriveHealth(device=device, because="smartctl wrote no JSON")
    told = wire.fields(payload.get("smartctl"))
    mask = wire.whole(told.get("exit_status"))
    mask = mask if mask is not None else (exit_status or 0)
    messages = [wire.text(row.get("string")) for row in wire.rows(told.get("messages"))]
    said = "; ".join(message for message in messages if message)
    if mask & NOT_OPENED:
        asleep = _ASLEEP.search(said) is not None
        why = "it sleeps, and was not woken" if asleep else said or "it could not be opened"
        return DriveHealth(device=device, because=why[:300])
    status = wire.truth(wire.fields(payload.get("smart_status")).get("passed"))
    nvme = wire.fields(payload.get("nvme_smart_health_information_log"))
    table = {
        number: row
        for row in wire.rows(wire.fields(payload.get("ata_smart_attributes")).get("table"))
        if (number := wire.whole(row.get("id"))) is not None
    }
    passed = False if mask & FAILING else status
    return DriveHealth(
        device=device,
        model=wire.text(payload.get("model_name"))
        or wire.text(payload.get("scsi_model_name"))
        or wire.text(payload.get("product")),
        serial=wire.text(payload.get("serial_number")),
        passed=passed,
        temperature_c=_temperature(payload, nvme),
        power_on_hours=_hours(payload, nvme),
        wear_percent_used=_wear(payload, nvme, table),
        reallocated_sectors=_first(
            _raw(table.get(REALLOCATED)), wire.whole(payload.get("scsi_grown_defect_list"))
        ),
        pending_sectors=_raw(table.get(PENDING)),
        media_errors=wire.whole(nvme.get("media_errors")),
        because=None if passed is not None else (said or "it does not tell its health")[:300],
    )


def _read(text: str) -> wire.Row | None:
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _temperature(payload: wire.Row, nvme: wire.Row) -> float | None:
    for value in (wire.fields(payload.get("temperature")).get("current"), nvme.get("temperature")):
        read = wire.number(value)
        if read is not None and COLDEST_C <= read <= HOTTEST_C:
            return float(read)
    return None


def _hours(payload: wire.Row, nvme: wire.Row) -> int | None:
    read = _first(
        wire.whole(wire.fields(payload.get("power_on_time")).get("hours")),
        wire.whole(nvme.get("power_on_hours")),
    )
    return read if read is not None and read <= MOST_HOURS else None


def _wear(payload: wire.Row, nvme: wire.Row, table: Mapping[int, wire.Row]) -> float | None:
    """How much of an SSD is used up, in percent; of one that is worn out, more than 100."""
    for value in (
        nvme.get("percentage_used"),
        wire.fields(payload.get("endurance_used")).get("current_percent"),
        payload.get("scsi_percentage_used_endurance_indicator"),
    ):
        read = wire.number(value)
        if read is not None and 0 <= read <= 255:
            return float(read)
    if wire.whole(payload.get("rotation_rate")) != 0:
        return None
    for number in WEAR_LEFT:
        left = wire.whole(table[number].get("value")) if number in table else None
        if left is not None and left <= 100:
            return float(100 - left)
    return None


def _raw(row: wire.Row | None) -> int | None:
    return wire.whole(wire.fields(row.get("raw")).get("value")) if row is not None else None


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
