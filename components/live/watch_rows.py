"""What SSH adds to the row of a node: temperature, pools, units, drives, and the way there; pure.

Each part goes with the moment it was read, from which the browser tells its age.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from components.live.ailments import Ailment, is_hot, old_after_s
from components.live.rows import epoch
from services.nodes.detectors import find_failing_drives, find_unsound_pools
from services.nodes.model import LinkState, NodeWatch
from services.nodes.rounds import INTERVALS_S, Part

STEADY_S = 60
"""A temperature's moment is told anew once it is so much later: sensors are read too often."""

OLD_AFTER_S: Mapping[str, int] = MappingProxyType(
    {
        "temp": round(old_after_s(INTERVALS_S[Part.SENSORS])) + STEADY_S,
        "pools": round(old_after_s(INTERVALS_S[Part.POOLS])),
        "units": round(old_after_s(INTERVALS_S[Part.UNITS])),
        "drives": round(old_after_s(INTERVALS_S[Part.DRIVES])),
    }
)
"""Past so many seconds the page shows a part with its age."""


def draw_watch(
    watch: NodeWatch | None, before: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Fields for the row; a temperature only where one was read, so that a drive's stays else.

    `before` is the row this one follows.
    """
    if watch is None:
        return {}
    link = watch.link
    unsound, failing = find_unsound_pools(watch.pools), find_failing_drives(watch.drives)
    row: dict[str, Any] = {
        "ssh": link.state.value,
        "sshsays": link.because,
        "fingerprint": link.fingerprint
        if link.state in (LinkState.KEY_UNKNOWN, LinkState.KEY_CHANGED)
        else None,
        "pools": [[pool.name, pool.state, unsound.get(pool.name)] for pool in watch.pools],
        "pools_at": epoch(watch.pools_at),
        "pools_says": watch.pools_because,
        "units": list(watch.failed_units),
        "units_at": epoch(watch.failed_units_at),
        "units_says": watch.failed_units_because,
        "drives": [
            [drive.device, drive.passed and drive.device not in failing, failing.get(drive.device)]
            for drive in watch.drives
        ],
        "drives_at": epoch(watch.drives_at),
        "drives_says": watch.drives_because,
    }
    sensors = watch.sensors
    if sensors is not None and sensors.cpu_c is not None:
        row |= {
            "temp": round(sensors.cpu_c),
            "tempof": sensors.cpu_of or "the processor",
            "hot": is_hot(watch),
            "temp_at": _steady(sensors.read_at, before),
            "temp_says": watch.sensors_because,
        }
    return row


def draw_ills(ailments: Iterable[Ailment]) -> Mapping[str, Any]:
    """What is wrong with the node, the gravest first; no field where nothing is."""
    ills = [[ailment.brief, ailment.alarm] for ailment in ailments]
    return {"ills": ills} if ills else {}


def _steady(read_at: datetime, before: Mapping[str, Any] | None) -> int:
    read = round(read_at.timestamp())
    earlier = before.get("temp_at") if before else None
    return earlier if earlier is not None and 0 <= read - earlier < STEADY_S else read
