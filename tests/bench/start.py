"""How soon Jarvis is ready, what it holds when idle, and what it writes to disk."""

import http.client
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from db import Database
from db.queries.events import record_events
from db.rows import NewEvent
from simulator.process import SimulatorProcess
from tests.bench.measure import MEBIBYTE, ROOT, Meter, Report, scratch
from tests.support.house import House, clean_environment, free_port, settings_for, start_house

STARTS = 5
READY_S = 3.0
ENDED_S = 5.0
IDLE_S = 64.0
"""Two important ticks of the default tiers, once everything has been read."""
SETTLE_S = 10.0
DISK_MB = 100.0
DAY_S = 86_400.0
SNAPSHOTS_A_DAY = 48
EVENTS_A_DAY = 1_000
"""Far more than a calm homelab has."""
EVENTS_TRIED = 1_000
QUICK_BACKGROUND_S = 5


def run(report: Report) -> None:
    """Time the starts while an idle Jarvis beside them is left alone."""
    report.group("Start, rest and disk, 4 nodes, 20 guests")
    with scratch() as folder, SimulatorProcess.start(folder / "simulator") as simulator:
        cluster = settings_for(simulator)
        idle = _serve(folder / "idle", cluster)
        busy = _serve(folder / "busy", cluster | {"POLL_BACKGROUND_S": str(QUICK_BACKGROUND_S)})
        try:
            time.sleep(SETTLE_S)
            began_s = time.monotonic()
            meters = [Meter(house.process.pid) for house in (idle, busy)]
            kept = [_snapshots(house) for house in (idle, busy)]
            _time_starts(report, folder, cluster)
            time.sleep(max(0.0, IDLE_S - (time.monotonic() - began_s)))
            rest, often = (meter.read() for meter in meters)
            snapshots = _snapshots(busy) - kept[1]
        finally:
            ends_s = [_time_end(house) for house in (idle, busy)]
    ends = ", ".join(f"{one:.2f}" for one in ends_s)
    report.under("SIGTERM to the end of the process", max(ends_s), ENDED_S, "s", f"{ends} s")
    rss_mib = rest.rss_bytes / MEBIBYTE
    held_s = rest.wall_s + SETTLE_S
    # The bar is for an hour, which this does not wait for: it has no verdict.
    report.row("idle RSS", f"{rss_mib:.0f} MiB after {held_s:.0f} s", "200 MB after 1 h")
    report.row("idle CPU", f"{rest.core_percent:.2f} % of one core")
    watching_mb = rest.written_bytes / rest.wall_s * DAY_S / 1e6
    each_kb = (
        max(0.0, often.written_bytes - rest.written_bytes * often.wall_s / rest.wall_s)
        / max(snapshots, 1)
        / 1e3
    )
    report.row(
        "written while watching",
        f"{rest.written_bytes / 1e3:.0f} kB in {rest.wall_s:.0f} s = {watching_mb:.1f} MB a day",
    )
    report.row("written by a snapshot with its housekeeping", f"{each_kb:.0f} kB, n={snapshots}")
    event_kb = _written_by_an_event()
    report.row("written by an event that comes alone", f"{event_kb:.1f} kB, n={EVENTS_TRIED}")
    day_mb = watching_mb + (SNAPSHOTS_A_DAY * each_kb + EVENTS_A_DAY * event_kb) / 1e3
    report.under(
        "written in a day",
        day_mb,
        DISK_MB,
        "MB",
        f"{day_mb:.1f} MB with {SNAPSHOTS_A_DAY} snapshots and {EVENTS_A_DAY:,} events",
    )


def _written_by_an_event() -> float:
    """Kilobytes for one event in a transaction of its own, its share of the checkpoints too."""
    event = NewEvent(
        at=datetime.now(UTC),
        kind="GuestCrashed",
        severity="warning",
        node="pve",
        subject="guest/104",
        text="media (104) has stopped on pve, and no task asked for it.",
        detail_json='{"vmid":104,"name":"media","node":"pve"}',
    )
    with scratch() as folder:
        database = Database(folder, slow_query_ms=1_000)
        database.open()
        meter = Meter(os.getpid())
        for _ in range(EVENTS_TRIED):
            database.run_blocking(record_events, [event])
        database.close()
        return meter.read().written_bytes / EVENTS_TRIED / 1e3


def _serve(folder: Path, settings: dict[str, str]) -> House:
    folder.mkdir()
    return start_house(["serve"], folder, **settings)


def _snapshots(house: House) -> int:
    path = house.folder / "data" / "jarvis.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM snapshots").fetchone()[0])


def _time_starts(report: Report, folder: Path, cluster: dict[str, str]) -> None:
    for command, settings, bar in (("serve", cluster, True), ("demo", {}, False)):
        taken_s = [_time_start(folder / f"{command}-{n}", command, settings) for n in range(STARTS)]
        middle_s = statistics.median(taken_s)
        told = f"median {middle_s:.2f} s of {', '.join(f'{one:.2f}' for one in taken_s)}"
        if bar:
            report.under("`jarvis serve` to 200 on /healthz", middle_s, READY_S, "s", told)
        else:
            report.row("`jarvis demo` to 200 on /healthz, its homelab too", told)


def _time_start(folder: Path, command: str, settings: dict[str, str]) -> float:
    """Seconds from the start of the process to the first healthy answer."""
    folder.mkdir()
    port = free_port()
    ours = {"JARVIS_PORT": str(port), "JARVIS_DATA_DIR": str(folder / "data")}
    environment = clean_environment(ours | settings) | {"PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONWARNINGS")
    began_s = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "import cli; cli.main()", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        while not _healthy(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.perf_counter() - began_s < 60, "not ready after 60 s"
            time.sleep(0.01)
        return time.perf_counter() - began_s
    finally:
        process.terminate()
        process.wait(20)


def _time_end(house: House) -> float:
    """Seconds from SIGTERM to the end, of a house that has read its cluster."""
    began_s = time.perf_counter()
    house.stop()
    return time.perf_counter() - began_s


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
