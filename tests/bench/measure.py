"""What the benchmarks share: the machine's name, a process's cost, a table."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


def machine() -> str:
    """The processor, its cores, the memory, the kernel and the Python these figures come from."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or "unknown processor",
    )
    memory_gib = psutil.virtual_memory().total / 2**30
    return (
        f"{model}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process used between two looks."""

    wall_s: float
    cpu_s: float
    rss_bytes: int
    written_bytes: int

    @property
    def core_percent(self) -> float:
        """Share of one core."""
        return 100 * self.cpu_s / self.wall_s if self.wall_s else 0.0


class Meter:
    """Reads what one process uses from `start` to `read`."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.start()

    def start(self) -> None:
        """Begin anew."""
        self._began_s = time.perf_counter()
        self._cpu_s = self._spent_s()
        self._written = self._process.io_counters().write_bytes

    def read(self) -> Cost:
        """The cost since `start`."""
        return Cost(
            wall_s=time.perf_counter() - self._began_s,
            cpu_s=self._spent_s() - self._cpu_s,
            rss_bytes=self._process.memory_info().rss,
            written_bytes=self._process.io_counters().write_bytes - self._written,
        )

    def _spent_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def told(figures: Sequence[float], unit: str = "ms") -> str:
    """Median, 95th percentile and worst of a series."""
    ordered = sorted(figures)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return (
        f"median {statistics.median(ordered):.1f} {unit}, p95 {p95:.1f} {unit}, "
        f"worst {ordered[-1]:.1f} {unit}, n={len(ordered)}"
    )


def line(what: str, figure: str, bar: str = "") -> None:
    """Print one row of the report."""
    print(f"  {what:<58} {figure:<52} {bar}".rstrip(), flush=True)


def heading(text: str) -> None:
    """Print the name of a group."""
    print(f"\n{text}", flush=True)
