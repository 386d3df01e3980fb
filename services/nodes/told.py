"""What was told of the nodes before a restart: not told anew, and its mending is; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from db.rows import EventRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told as wrong with one node, and not yet as mended."""

    hot: bool = False
    drive_hot: bool = False
    drives: frozenset[str] = frozenset()
    pools: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


NOTHING_TOLD = Told()

_THINGS: Mapping[str, tuple[str, str, bool]] = {
    "DriveFailing": ("drives", "device", True),
    "DriveRecovered": ("drives", "device", False),
    "PoolDegraded": ("pools", "pool", True),
    "PoolRecovered": ("pools", "pool", False),
    "UnitFailed": ("units", "unit", True),
    "UnitRecovered": ("units", "unit", False),
}
"""By kind of event: where it is kept, which field names the thing, and whether it is wrong."""
_HEAT = {"NodeOverheats": True, "NodeCooled": False}
_DRIVE_HEAT = {"DrivesOverheat": True, "DrivesCooled": False}
KINDS = (*_THINGS, *_HEAT, *_DRIVE_HEAT)
"""The kinds of events that tell of it."""


def read_told(rows: Iterable[EventRow]) -> Mapping[str, Told]:
    """By node, from rows of the journal, oldest first; a row that makes no sense says nothing."""
    told: dict[str, Told] = {}
    for row in rows:
        if row.node is None:
            continue
        before = told.get(row.node, NOTHING_TOLD)
        if row.kind in _HEAT:
            told[row.node] = replace(before, hot=_HEAT[row.kind])
        elif row.kind in _DRIVE_HEAT:
            told[row.node] = replace(before, drive_hot=_DRIVE_HEAT[row.kind])
        elif row.kind in _THINGS and (thing := _thing(row)) is not None:
            kept, _, is_wrong = _THINGS[row.kind]
            things: frozenset[str] = getattr(before, kept)
            things = things | {thing} if is_wrong else things - {thing}
            told[row.node] = _with(before, kept, things)
    return told


def _with(told: Told, kept: str, things: frozenset[str]) -> Told:
    match kept:
        case "drives":
            return replace(told, drives=things)
        case "pools":
            return replace(told, pools=things)
        case _:
            return replace(told, units=things)


def _thing(row: EventRow) -> str | None:
    thing = row.detail.get(_THINGS[row.kind][1])
    return thing if isinstance(thing, str) else None
