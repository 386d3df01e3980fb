"""What is not as it should be on one node, as far as SSH and the routine tier tell; pure.

The reactor goes by these and the node's row shows them, so that both tell the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.cluster.model import NodeSnapshot, NodeState
from services.nodes.detectors import DRIVE_HOT_C, find_failing_drives, find_unsound_pools
from services.nodes.model import LinkState, NodeWatch
from services.nodes.rounds import INTERVALS_S, Part

OLD_INTERVALS = 2.0
"""A figure older than so many intervals of its part, and a grace, is told with its age."""
OLD_GRACE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """One thing wrong with a node, and the event that told of it."""

    text: str
    """Names the thing, not the node."""
    brief: str
    """The same in so few words that they fit beside a node's name."""
    kind: str = ""
    """Of the event about the node; empty where none is told, and nobody can take note of it."""
    thing: str = ""
    """Which of the node's drives, pools or units, as the event's sentence names it."""
    alarm: bool = False
    read_at: datetime | None = None
    old_after_s: float | None = None
    """Past it the reading is told with its age; None where it is as new as the page."""


def old_after_s(interval_s: float) -> float:
    """When a figure that is read every so many seconds is old."""
    return interval_s * OLD_INTERVALS + OLD_GRACE_S


def find_ailments(
    node: NodeSnapshot, watch: NodeWatch | None, *, routine_s: float | None = None
) -> Iterator[Ailment]:
    """Alarms first; `routine_s` is how often the routine tier reads the node.

    Of a node that is not online its pools and drives are told and no more: that it does not answer
    is told already.
    """
    online = node.state is NodeState.ONLINE
    if watch is not None:
        yield from _distrusted(watch)
        yield from _ill_storage(watch)
        if online:
            yield from _out_of_reach(watch)
            yield from _too_hot(watch)
    if online:
        yield from _hot_drives(node, watch, routine_s)
        yield from _failed_units(node, watch, routine_s)


def is_hot(watch: NodeWatch) -> bool:
    """Whether the processor was told as too hot and has not cooled, or is above its line now."""
    cpu_c = watch.sensors.cpu_c if watch.sensors is not None else None
    return cpu_c is not None and (watch.hot or (watch.line_c is not None and cpu_c > watch.line_c))


def _distrusted(watch: NodeWatch) -> Iterator[Ailment]:
    if watch.link.state is LinkState.KEY_CHANGED:
        yield Ailment(
            text="shows another host key than the trusted one",
            brief="another host key",
            kind="HostKeyRefused",
            alarm=True,
        )


def _out_of_reach(watch: NodeWatch) -> Iterator[Ailment]:
    match watch.link.state:
        case LinkState.AWAY:
            yield Ailment(text="SSH is lost", brief="SSH is lost", kind="SshLost")
        case LinkState.REFUSED:
            yield Ailment(
                text="SSH does not let Jarvis in", brief="no way in by SSH", kind="SshLost"
            )
        case LinkState.KEY_UNKNOWN:
            yield Ailment(
                text="its host key waits for your word",
                brief="its host key waits",
                kind="HostKeyWaits",
            )
        case _:
            return


def _ill_storage(watch: NodeWatch) -> Iterator[Ailment]:
    states = {pool.name: pool.state for pool in watch.pools}
    for name, why in find_unsound_pools(watch.pools).items():
        state = states[name]
        yield Ailment(
            text=f"pool {name}: {why}" if state == "ONLINE" else f"pool {name} is {state}",
            brief=f"{name} has errors" if state == "ONLINE" else f"{name} is {state}",
            kind="PoolDegraded",
            thing=name,
            alarm=True,
            read_at=watch.pools_at,
            old_after_s=old_after_s(INTERVALS_S[Part.POOLS]),
        )
    for device, why in find_failing_drives(watch.drives).items():
        yield Ailment(
            text=f"{device} is failing: {why}",
            brief=f"{device} is failing",
            kind="DriveFailing",
            thing=device,
            alarm=True,
            read_at=watch.drives_at,
            old_after_s=old_after_s(INTERVALS_S[Part.DRIVES]),
        )


def _too_hot(watch: NodeWatch) -> Iterator[Ailment]:
    # One reading above the line may be a spike: what has been told as hot is.
    if watch.hot and watch.sensors is not None and watch.sensors.cpu_c is not None:
        yield Ailment(
            text=f"{watch.sensors.cpu_of or 'the processor'} at {_celsius(watch.sensors.cpu_c)}",
            brief="runs hot",
            kind="NodeOverheats",
            read_at=watch.sensors.read_at,
            old_after_s=old_after_s(INTERVALS_S[Part.SENSORS]),
        )


def _hot_drives(
    node: NodeSnapshot, watch: NodeWatch | None, routine_s: float | None
) -> Iterator[Ailment]:
    """The hottest drive, of whichever source tells the higher figure.

    What SSH reads every half a minute may be a spike, and is told once it was told as hot.
    """
    detail = node.detail
    api_c = detail.temperature_c if detail is not None else None
    sensors = watch.sensors if watch is not None and watch.drive_hot else None
    ssh_c = sensors.hottest_drive_c if sensors is not None else None
    if detail is not None and api_c is not None and api_c >= max(DRIVE_HOT_C, ssh_c or 0.0):
        yield Ailment(
            text=f"{detail.temperature_of or 'a drive'} at {_celsius(api_c)}",
            brief=f"{detail.temperature_of or 'a drive'} is hot",
            kind="DrivesOverheat",
            read_at=detail.read_at,
            old_after_s=None if routine_s is None else old_after_s(routine_s),
        )
    elif sensors is not None and ssh_c is not None:
        yield Ailment(
            text=f"a drive at {_celsius(ssh_c)}",
            brief="a drive is hot",
            kind="DrivesOverheat",
            read_at=sensors.read_at,
            old_after_s=old_after_s(INTERVALS_S[Part.SENSORS]),
        )


def _failed_units(
    node: NodeSnapshot, watch: NodeWatch | None, routine_s: float | None
) -> Iterator[Ailment]:
    """Each unit once, though Proxmox's list of services may name it as well."""
    units = watch.failed_units if watch is not None else ()
    for unit in units:
        yield Ailment(
            text=f"{unit} failed",
            brief=f"{unit.removesuffix('.service')} failed",
            kind="UnitFailed",
            thing=unit,
            read_at=watch.failed_units_at if watch is not None else None,
            old_after_s=old_after_s(INTERVALS_S[Part.UNITS]),
        )
    if node.detail is None:
        return
    for service in node.detail.services_to_see_to:
        if service.unit in units:
            continue
        yield Ailment(
            text=f"{service.unit} {service.complaint}",
            brief=f"{service.name} {service.complaint}",
            kind="UnitFailed",
            thing=service.unit,
            read_at=node.detail.read_at,
            old_after_s=None if routine_s is None else old_after_s(routine_s),
        )


def _celsius(degrees: float) -> str:
    return f"{degrees:.0f}\u00a0°C"
