"""`rrddata` of nodes, guests and storages, whose keys differ by kind and by Proxmox's version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from services.cluster import wire


class Metric(StrEnum):
    """What a history can hold, with its unit in the name."""

    CPU_FRACTION = "cpu_fraction"
    IO_WAIT_FRACTION = "io_wait_fraction"
    LOAD_1M = "load_1m"
    MEM_USED_BYTES = "mem_used_bytes"
    MEM_TOTAL_BYTES = "mem_total_bytes"
    SWAP_USED_BYTES = "swap_used_bytes"
    SWAP_TOTAL_BYTES = "swap_total_bytes"
    DISK_USED_BYTES = "disk_used_bytes"
    """The root file system of a node, the disk of a container, the use of a storage."""
    DISK_TOTAL_BYTES = "disk_total_bytes"
    NET_IN_BYTES_PER_S = "net_in_bytes_per_s"
    NET_OUT_BYTES_PER_S = "net_out_bytes_per_s"
    DISK_READ_BYTES_PER_S = "disk_read_bytes_per_s"
    DISK_WRITE_BYTES_PER_S = "disk_write_bytes_per_s"


_KEYS: Mapping[Metric, tuple[str, ...]] = {
    Metric.CPU_FRACTION: ("cpu",),
    Metric.IO_WAIT_FRACTION: ("iowait",),
    Metric.LOAD_1M: ("loadavg",),
    Metric.MEM_USED_BYTES: ("memused", "mem"),
    Metric.MEM_TOTAL_BYTES: ("memtotal", "maxmem"),
    Metric.SWAP_USED_BYTES: ("swapused",),
    Metric.SWAP_TOTAL_BYTES: ("swaptotal",),
    Metric.DISK_USED_BYTES: ("rootused", "used", "disk"),
    Metric.DISK_TOTAL_BYTES: ("roottotal", "total", "maxdisk"),
    Metric.NET_IN_BYTES_PER_S: ("netin",),
    Metric.NET_OUT_BYTES_PER_S: ("netout",),
    Metric.DISK_READ_BYTES_PER_S: ("diskread",),
    Metric.DISK_WRITE_BYTES_PER_S: ("diskwrite",),
}

_FRACTIONS = frozenset({Metric.CPU_FRACTION, Metric.IO_WAIT_FRACTION})
_CAPACITIES = frozenset({Metric.MEM_TOTAL_BYTES, Metric.DISK_TOTAL_BYTES})

POINTS_LIMIT = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Series over common moments; a missing sample is None, a metric never sampled is absent."""

    times: tuple[int, ...] = ()
    """Seconds since 1970, rising."""
    series: Mapping[Metric, tuple[float | None, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def __getitem__(self, metric: Metric) -> tuple[float | None, ...]:
        """The samples of `metric`, all unknown where it was never sampled."""
        return self.series.get(metric) or (None,) * len(self.times)


def parse_rrd(payload: object) -> History:
    """Read `rrddata` of a node, a guest or a storage, sorted by time, one sample a moment."""
    by_time: dict[int, wire.Row] = {}
    for row in wire.rows(payload):
        time = wire.whole(row.get("time"))
        if time is not None and 0 < time <= wire.LATEST_EPOCH_S:
            by_time[time] = row
    times = tuple(sorted(by_time)[-POINTS_LIMIT:])
    series: dict[Metric, tuple[float | None, ...]] = {}
    for metric, keys in _KEYS.items():
        samples = tuple(_sample(metric, keys, by_time[time]) for time in times)
        if any(sample is not None for sample in samples):
            series[metric] = samples
    if not any(series.get(Metric.DISK_USED_BYTES, ())):
        series.pop(Metric.DISK_USED_BYTES, None)
    return History(times=times, series=MappingProxyType(series))


def _sample(metric: Metric, keys: tuple[str, ...], row: wire.Row) -> float | None:
    value = next((row[key] for key in keys if key in row), None)
    if metric in _FRACTIONS:
        return wire.fraction(value)
    read = wire.number(value)
    if read is None or read < 0 or (metric in _CAPACITIES and read == 0):
        return None
    return read
