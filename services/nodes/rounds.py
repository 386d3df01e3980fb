"""What is read of the nodes over SSH, how often, and when each part comes next; pure.

A part of a node comes at once when the node comes within reach, then at its interval, and soon
after a reading that another one would settle. A part that still runs is not started again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Part(StrEnum):
    """What is read of a node."""

    SENSORS = "sensors"
    DRIVES = "drives"
    POOLS = "pools"
    UNITS = "units"
    CONTAINERS = "containers"


NODE_PARTS = (Part.SENSORS, Part.DRIVES, Part.POOLS, Part.UNITS)

INTERVALS_S: Mapping[Part, float] = MappingProxyType(
    {
        Part.SENSORS: 30.0,
        Part.DRIVES: 1_800.0,
        Part.POOLS: 300.0,
        Part.UNITS: 300.0,
        Part.CONTAINERS: 32.0,
    }
)
SETTLES_S: Mapping[Part, float] = MappingProxyType(
    {Part.DRIVES: 60.0, Part.POOLS: 30.0, Part.UNITS: 30.0}
)
"""How soon a part is read again where its last reading was the first that told so."""
FAILED_S = 60.0
"""A part that failed is tried again this soon, or at its interval if that is sooner."""


@dataclass(frozen=True, slots=True)
class Round:
    """One part of one node."""

    node: str
    part: Part


class Rounds:
    """When each part of each node is due; times are of a steady clock."""

    def __init__(self, intervals_s: Mapping[Part, float] = INTERVALS_S) -> None:
        self._intervals_s = intervals_s
        self._due_s: dict[Round, float] = {}
        self._running: set[Round] = set()
        self._hastened: set[Round] = set()
        """Those that were running when they were asked for anew."""

    def keep(self, rounds: Iterable[Round], now_s: float) -> None:
        """These are to be read and no others; a new one is due at once."""
        wanted = set(rounds)
        self._due_s = {
            round_: due_s for round_, due_s in self._due_s.items() if round_ in wanted
        } | {round_: now_s for round_ in wanted if round_ not in self._due_s}

    def take_due(self, now_s: float) -> list[Round]:
        """What is due and does not run; it counts as running from now on."""
        due = [r for r, due_s in self._due_s.items() if due_s <= now_s and r not in self._running]
        self._running.update(due)
        return due

    def finished(
        self, round_: Round, now_s: float, *, failed: bool = False, unsettled: bool = False
    ) -> None:
        """A reading is over; plans the next one."""
        self._running.discard(round_)
        hastened = round_ in self._hastened
        self._hastened.discard(round_)
        if round_ not in self._due_s:
            return
        if hastened:
            self._due_s[round_] = now_s
            return
        wait_s = self._intervals_s[round_.part]
        if failed:
            wait_s = min(wait_s, FAILED_S)
        elif unsettled:
            wait_s = min(wait_s, SETTLES_S.get(round_.part, wait_s))
        self._due_s[round_] = now_s + wait_s

    def hasten(self, node: str, now_s: float) -> None:
        """Everything of a node is due now."""
        for round_ in self._due_s:
            if round_.node == node:
                self._due_s[round_] = now_s
                if round_ in self._running:
                    self._hastened.add(round_)

    def next_s(self) -> float | None:
        """When the next one that does not run is due."""
        waiting = [due_s for r, due_s in self._due_s.items() if r not in self._running]
        return min(waiting, default=None)
