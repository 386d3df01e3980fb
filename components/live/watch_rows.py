"""What SSH adds to the row of a node: its processor's temperature, its pools, and the way there."""

from collections.abc import Mapping
from typing import Any

from services.nodes.model import LinkState, NodeWatch


def draw_watch(watch: NodeWatch | None) -> Mapping[str, Any]:
    """Fields for the row; a temperature only where one was read, so that a drive's stays else."""
    if watch is None:
        return {}
    link = watch.link
    row: dict[str, Any] = {
        "ssh": link.state.value,
        "sshsays": link.because,
        "fingerprint": link.fingerprint
        if link.state in (LinkState.KEY_UNKNOWN, LinkState.KEY_CHANGED)
        else None,
        "pools": [[pool.name, pool.state] for pool in watch.pools],
        "units": list(watch.failed_units),
    }
    sensors = watch.sensors
    if sensors is not None and sensors.cpu_c is not None:
        row |= {"temp": round(sensors.cpu_c), "tempof": sensors.cpu_of or "the processor"}
    return row
