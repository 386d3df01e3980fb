"""When a reading becomes news: never on its own, and once; pure.

A processor is too hot after three readings in a row above its line, a drive after three at it or
above, and either is cool after three in a row five degrees below. Whatever else is wrong with a
node is told once two readings in a row agree, and told as mended the same way; where the second is
still to come it is asked for soon.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.nodes.model import DriveHealth, PoolHealth
from services.nodes.parse_zfs import is_sound

DRIVE_HOT_C = 70.0
"""A drive at it is too hot. A processor has the line of the settings, TEMPERATURE_WARNING_C."""
READINGS = 3
CLEARS_BELOW_C = 5.0
LONGEST_GAP_S = 300.0
"""Readings further apart are not in a row."""
AGREEING = 2


class Turn(StrEnum):
    """Which way a temperature has turned."""

    HOT = "hot"
    COOL = "cool"


class Thermometer:
    """Whether one processor or drive is too hot, by its readings in a row."""

    def __init__(self, line_c: float, *, hot: bool = False, hot_at_line: bool = False) -> None:
        """`hot` where it was told as too hot before; `hot_at_line` where the line itself is."""
        self.hot = hot
        self._line_c = line_c
        self._hot_at_line = hot_at_line
        self._read_at: datetime | None = None
        self._above = 0
        self._below = 0

    def read(self, at: datetime, temperature_c: float | None) -> Turn | None:
        """Take a reading; what has turned with it, if anything. An unknown one says nothing."""
        if temperature_c is None:
            return None
        last = self._read_at
        if last is not None and abs((at - last).total_seconds()) > LONGEST_GAP_S:
            self._above = self._below = 0
        self._read_at = at
        at_line = self._hot_at_line and temperature_c == self._line_c
        self._above = self._above + 1 if temperature_c > self._line_c or at_line else 0
        self._below = self._below + 1 if temperature_c <= self._line_c - CLEARS_BELOW_C else 0
        if not self.hot and self._above >= READINGS:
            self.hot = True
            return Turn.HOT
        if self.hot and self._below >= READINGS:
            self.hot = False
            return Turn.COOL
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What a reading has settled."""

    risen: tuple[str, ...] = ()
    """Wrong twice in a row, and not yet told."""
    mended: tuple[str, ...] = ()
    """Told as wrong, and well twice in a row."""
    unsettled: bool = False
    """Whether another reading soon would settle more."""


class Agreement:
    """Things of one sort on one node, each wrong or well; told when two readings agree."""

    def __init__(self, told: Set[str] = frozenset()) -> None:
        """`told` are those that were told as wrong before."""
        self._told = set(told)
        self._wrong: dict[str, int] = {}
        self._well: dict[str, int] = {}

    def read(self, wrong: Set[str], well: Set[str]) -> Verdicts:
        """Take a reading; what is in neither set could not be read and stays as it was."""
        risen, mended = [], []
        for name in wrong:
            self._well.pop(name, None)
            if name not in self._told:
                self._wrong[name] = self._wrong.get(name, 0) + 1
                if self._wrong[name] >= AGREEING:
                    risen.append(name)
        for name in well:
            self._wrong.pop(name, None)
            if name in self._told:
                self._well[name] = self._well.get(name, 0) + 1
                if self._well[name] >= AGREEING:
                    mended.append(name)
        for name in risen:
            self._told.add(name)
            del self._wrong[name]
        for name in mended:
            self._told.discard(name)
            del self._well[name]
        return Verdicts(
            risen=tuple(sorted(risen)),
            mended=tuple(sorted(mended)),
            unsettled=bool(self._wrong or self._well),
        )

    def read_all(self, wrong: Set[str], *, but: Set[str] = frozenset()) -> Verdicts:
        """Take a reading that is complete: whatever is not wrong is well.

        What is in `but` somebody else calls wrong: it stays as it was, and nothing waits for it.
        """
        verdicts = self.read(wrong, (self._told | set(self._wrong)) - wrong - but)
        open_ = (self._wrong.keys() | self._well.keys()) - but
        return replace(verdicts, unsettled=bool(open_))


def find_failing_drives(drives: tuple[DriveHealth, ...]) -> Mapping[str, str]:
    """Why each failing drive is failing, by its device; those that cannot be read are not in it."""
    failing: dict[str, str] = {}
    for drive in drives:
        if drive.passed is False:
            failing[drive.device] = "SMART says it will not last"
        elif drive.wear_percent_used is not None and drive.wear_percent_used >= 100:
            failing[drive.device] = f"{drive.wear_percent_used:.0f} % of its life is used up"
        elif drive.pending_sectors:
            failing[drive.device] = f"{_counted(drive.pending_sectors, 'sector')} cannot be read"
    return failing


def find_well_drives(drives: tuple[DriveHealth, ...]) -> frozenset[str]:
    """The devices that could be read and are not failing."""
    failing = find_failing_drives(drives)
    return frozenset(d.device for d in drives if d.passed is not None and d.device not in failing)


def find_unsound_pools(pools: tuple[PoolHealth, ...]) -> Mapping[str, str]:
    """Why each pool that is not sound is not, by its name."""
    return {
        pool.name: "its redundancy is lost or its devices are gone"
        if pool.state != "ONLINE"
        else pool.errors or "it has errors"
        for pool in pools
        if not is_sound(pool)
    }


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
