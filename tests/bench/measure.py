"""What the benchmarks share: the machine's name, a process's cost, the table with its bars."""

import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

ROOT = Path(__file__).resolve().parents[2]
MEBIBYTE = 2**20


def machine() -> str:
    """The processor, its cores and speed, the memory, the kernel and the Python of the figures."""
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
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"five million squares in {_squares_s():.2f} s"
    )


def _squares_s() -> float:
    """How fast one core is just now, best of three: machines of one name differ by half."""
    took = []
    for _ in range(3):
        began, total = time.process_time(), 0
        for number in range(5_000_000):
            total += number * number
        took.append(time.process_time() - began)
    return min(took)


def load() -> str:
    """The load averages; above the number of cores, times on the wall are too long."""
    return " ".join(f"{one:.1f}" for one in os.getloadavg())


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on a real disk, where written bytes count; /tmp may be memory."""
    base = ROOT / "build"
    base.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=base, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


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


def sent_on_wire(port: int) -> dict[str, int]:
    """Bytes the kernel has sent on each open connection of a listening port; empty without `ss`."""
    command = ["ss", "-tinHO", "state", "established", f"sport = :{port}"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return {}
    sent = {}
    for connection in told.splitlines():
        if found := re.search(r"bytes_sent:(\d+)", connection):
            peer = connection.split()[3]
            sent[peer] = int(found.group(1))
    return sent


def percentile(figures: Sequence[float], share: float) -> float:
    """The figure that this share of them does not exceed."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def told(figures: Sequence[float], unit: str = "ms") -> str:
    """Median, 95th percentile and worst of a series."""
    digits = 2 if max(figures) < 10 else 1
    return (
        f"median {statistics.median(figures):.{digits}f} {unit}, "
        f"p95 {percentile(figures, 0.95):.{digits}f}, worst {max(figures):.{digits}f}, "
        f"n={len(figures)}"
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, and its bar where the house plan sets one."""

    what: str
    figure: str
    bar: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """`ok` or `MISSED` where there is a bar."""
        return {True: "ok", False: "MISSED", None: ""}[self.met]


@dataclass(slots=True)
class Report:
    """Prints each figure as it is measured, and keeps it for the table."""

    groups: list[tuple[str, list[Row]]] = field(default_factory=list)

    def group(self, title: str) -> None:
        """Begin a group; what follows belongs to it."""
        self.groups.append((title, []))
        print(f"\n{title}   (load {load()})", flush=True)

    def row(self, what: str, figure: str, bar: str = "", met: bool | None = None) -> None:
        """One figure; `bar` says what it is held against, `met` whether it holds."""
        row = Row(what, figure, bar, met)
        self.groups[-1][1].append(row)
        print(f"  {what:<52} {figure:<60} {bar:<18} {row.verdict}".rstrip(), flush=True)

    def under(self, what: str, value: float, limit: float, unit: str, figure: str = "") -> None:
        """A figure that must stay under a limit; `figure` tells more than the value alone."""
        self.row(
            what, figure or f"{value:.1f} {unit}", f"under {limit:g} {unit}", met=value < limit
        )

    @property
    def missed(self) -> list[Row]:
        """The rows above their bars."""
        return [row for _, rows in self.groups for row in rows if row.met is False]

    def as_markdown(self) -> str:
        """All of it as one table."""
        lines = ["| measured | figure | bar | |", "|---|---|---|---|"]
        for title, rows in self.groups:
            lines.append(f"| **{title}** | | | |")
            lines += [f"| {row.what} | {row.figure} | {row.bar} | {row.verdict} |" for row in rows]
        return "\n".join(lines)
