"""What round-robin archives remember: rows of averages over time, as each major version keeps them.

A row is a pure function of the world's past, so that nothing has to be stored; rows once computed
are kept for a while because a chart is asked for again and again.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from .figures import GuestFigures, node_cpu, node_mem, node_root
from .model import Guest, Node, Storage
from .noise import grain, key_of

MINUTE_S = 60
_KEPT_ROWS = 30_000
"""Of all archives together: some 50 MB. The archive not asked for longest goes first."""

Row = dict[str, float]
Consolidation = Literal["AVERAGE", "MAX"]

_WINDOWS: dict[int, dict[str, tuple[int, int]]] = {
    8: {
        "hour": (MINUTE_S, 70),
        "day": (30 * MINUTE_S, 70),
        "week": (180 * MINUTE_S, 70),
        "month": (720 * MINUTE_S, 70),
        "year": (7 * 1440 * MINUTE_S, 70),
    },
    9: {
        "hour": (MINUTE_S, 60),
        "day": (MINUTE_S, 1440),
        "week": (30 * MINUTE_S, 336),
        "month": (30 * MINUTE_S, 1440),
        "year": (360 * MINUTE_S, 1440),
        "decade": (7 * 1440 * MINUTE_S, 570),
    },
}


def timeframes(major: int) -> tuple[str, ...]:
    """The names of the windows that major version knows."""
    return tuple(_WINDOWS[major])


def window(major: int, timeframe: str) -> tuple[int, int]:
    """(seconds a row covers, number of rows)."""
    return _WINDOWS[major][timeframe]


@dataclass(frozen=True, slots=True)
class _Span:
    """The time one row covers: it ends at `end`."""

    end: int
    step: int

    def samples(self) -> Iterator[float]:
        """The moments that stand for the span."""
        count = 2 if self.step <= MINUTE_S else 4
        for index in range(count):
            yield self.end - self.step * (index + 0.5) / count


class Past(Protocol):
    """The world, as far as its archives ask it."""

    began: float
    nodes: dict[str, Node]

    @property
    def major(self) -> int: ...
    @property
    def now(self) -> float: ...
    def told(self, at: float) -> int: ...
    def guests_on(self, node: str) -> list[Guest]: ...
    def guest_figures(self, guest: Guest, at: float) -> GuestFigures | None: ...
    def storage_used(self, storage: Storage, at: float) -> int: ...


class History:
    """The archives of one world."""

    def __init__(self, world: Past) -> None:
        self._world = world
        self._kept: OrderedDict[tuple[str, int, str], dict[int, Row]] = OrderedDict()

    def of_node(self, node: Node, timeframe: str, consolidation: Consolidation) -> list[Row]:
        """Fractions, bytes, bytes a second. A row without a sample has only its time."""
        return self._rows(
            f"node/{node.name}", node.key, timeframe, consolidation, self._node_sample(node)
        )

    def of_guest(self, guest: Guest, timeframe: str, consolidation: Consolidation) -> list[Row]:
        """Likewise; a guest that was off keeps only what it is allowed to have."""
        return self._rows(
            f"guest/{guest.vmid}",
            guest.nature.key,
            timeframe,
            consolidation,
            self._guest_sample(guest),
        )

    def of_storage(
        self, node: Node, storage: Storage, timeframe: str, consolidation: Consolidation
    ) -> list[Row]:
        """Bytes, as that node saw them."""
        return self._rows(
            f"storage/{node.name}/{storage.name}",
            storage.key ^ node.key,
            timeframe,
            consolidation,
            self._storage_sample(node, storage),
        )

    def _rows(
        self,
        of: str,
        key: int,
        timeframe: str,
        consolidation: Consolidation,
        sample: Callable[[float], Row | None],
    ) -> list[Row]:
        step, count = window(self._world.major, timeframe)
        newest = int(self._world.now) // step * step
        kept = self._archive(of, step, consolidation)
        rows: dict[int, Row] = {}
        for end in range(newest - step * (count - 1), newest + 1, step):
            row = kept.get(end)
            rows[end] = (
                row if row is not None else _row(_Span(end, step), key, consolidation, sample)
            )
        kept.clear()
        kept.update(rows)
        self._forget()
        return [{"time": self._world.told(end), **row} for end, row in rows.items()]

    def _archive(self, of: str, step: int, consolidation: str) -> dict[int, Row]:
        name = (of, step, consolidation)
        archive = self._kept.setdefault(name, {})
        self._kept.move_to_end(name)
        return archive

    def _forget(self) -> None:
        rows = sum(map(len, self._kept.values()))
        while rows > _KEPT_ROWS and len(self._kept) > 1:
            rows -= len(self._kept.popitem(last=False)[1])

    def _node_sample(self, node: Node) -> Callable[[float], Row | None]:
        world = self._world
        guests = world.guests_on(node.name)
        modern = world.major >= 9

        def sample(at: float) -> Row | None:
            if not node.was_up(at):
                return None
            cpu = node_cpu(node, guests, at)
            used = node_mem(node, guests, at)
            traffic = sum(guest.nature.net_bps for guest in guests) * (1 + 0.3 * grain(7, int(at)))
            row: Row = {
                "cpu": cpu,
                "iowait": max(0.0, 0.004 + 0.012 * cpu + 0.004 * grain(node.key ^ 3, int(at))),
                "loadavg": cpu * node.threads * 1.05,
                "maxcpu": node.threads,
                "memtotal": node.mem_bytes,
                "memused": used,
                "netin": traffic + 2000,
                "netout": traffic * 0.6 + 1500,
                "roottotal": node.root_bytes,
                "rootused": node_root(node, at, world.began),
                "swaptotal": node.swap_bytes,
                "swapused": int(node.swap_bytes * 0.02),
            }
            if modern:
                row |= {
                    "memavailable": node.mem_bytes - used,
                    "arcsize": int(node.own_mem_bytes * 0.6) if node.own_mem_bytes > 8 << 30 else 0,
                    "pressurecpusome": max(0.0, 100 * (cpu - 0.6)),
                    "pressureiosome": max(0.0, 4 * (cpu - 0.3)),
                    "pressureiofull": max(0.0, 2 * (cpu - 0.5)),
                    "pressurememorysome": 0,
                    "pressurememoryfull": 0,
                }
            return row

        return sample

    def _guest_sample(self, guest: Guest) -> Callable[[float], Row | None]:
        world = self._world
        modern = world.major >= 9
        node = world.nodes[guest.node]

        def sample(at: float) -> Row | None:
            if not node.was_up(at):
                return None
            row: Row = {
                "maxcpu": guest.cores,
                "maxmem": guest.mem_bytes,
                "maxdisk": guest.disk_bytes,
                "disk": 0,
            }
            figures = world.guest_figures(guest, at)
            if figures is None:
                return row
            row |= {"cpu": figures.cpu, "mem": figures.mem, "disk": figures.disk}
            row |= _rates(figures, world.guest_figures(guest, at - 10))
            if modern:
                if guest.kind == "qemu":
                    row["memhost"] = figures.memhost
                busy = max(0.0, figures.cpu - 0.5)
                row |= {
                    "pressurecpusome": 20 * busy,
                    "pressurecpufull": 20 * busy,
                    "pressureiosome": 2 * busy,
                    "pressureiofull": 2 * busy,
                    "pressurememorysome": 0,
                    "pressurememoryfull": 0,
                }
            return row

        return sample

    def _storage_sample(self, node: Node, storage: Storage) -> Callable[[float], Row | None]:
        world = self._world

        def sample(at: float) -> Row | None:
            if not node.was_up(at):
                return None
            return {"total": storage.total_bytes, "used": world.storage_used(storage, at)}

        return sample


def _rates(now: GuestFigures, before: GuestFigures | None) -> Row:
    names = ("netin", "netout", "diskread", "diskwrite")
    if before is None or before.uptime > now.uptime:
        return dict.fromkeys(names, 0)
    return {name: max(0.0, (getattr(now, name) - getattr(before, name)) / 10) for name in names}


def _row(
    span: _Span, key: int, consolidation: Consolidation, sample: Callable[[float], Row | None]
) -> Row:
    """The samples of a span made one; a minute now and then was never written at all."""
    if span.step == MINUTE_S and grain(key_of(key, "gap"), span.end) > 0.995:
        return {}
    found = [one for one in map(sample, span.samples()) if one is not None]
    gathered: dict[str, list[float]] = {}
    for one in found:
        for name, value in one.items():
            gathered.setdefault(name, []).append(value)
    return {name: _consolidated(values, consolidation) for name, values in gathered.items()}


def _consolidated(values: list[float], consolidation: Consolidation) -> float:
    value = max(values) if consolidation == "MAX" else sum(values) / len(values)
    return int(value) if value == int(value) else value
