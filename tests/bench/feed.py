"""A page of the feed out of a million events."""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from db import Database
from db.database import connect
from db.queries.events import find_events
from db.times import as_stored
from tests.bench.measure import MEBIBYTE, Report, scratch, told

EVENTS = 1_000_000
NODES = ["home", "pve", "agent", "agent1"]
RARE_NODE = "lab"
ROUNDS = 40
PAGE = 50
BAR_MS = 50.0
PAGES: dict[str, dict[str, Any]] = {
    "newest": {},
    "from the middle": {"before_id": EVENTS // 2},
    "alarms": {"severities": ["alarm"]},
    "alarms and warnings, from the middle": {
        "severities": ["alarm", "warning"],
        "before_id": EVENTS // 2,
    },
    "one node": {"nodes": ["pve"]},
    "all nodes, warnings": {"nodes": [*NODES, RARE_NODE], "severities": ["warning"]},
    "a node with 20 events": {"nodes": [RARE_NODE]},
    "alarms of a node that has none": {"nodes": [RARE_NODE], "severities": ["alarm"]},
    "200 newest, as at the start": {"limit": 200},
}


def run(report: Report) -> None:
    """Fill the file, then read pages through the door that the journal uses."""
    report.group(f"Feed of {EVENTS:,} events")
    with scratch() as folder:
        database = Database(folder, slow_query_ms=1_000)
        database.open()
        database.close()
        began_s = time.perf_counter()
        _fill(database.path)
        filled_s = time.perf_counter() - began_s
        size_mib = database.path.stat().st_size / MEBIBYTE
        report.row("file", f"{size_mib:.0f} MiB, filled in {filled_s:.0f} s")
        began_s = time.perf_counter()
        database.open()
        report.row("opening it", f"{1000 * (time.perf_counter() - began_s):.0f} ms")
        try:
            for what, asked in PAGES.items():
                _read(report, database, what, asked)
        finally:
            database.close()


def _read(report: Report, database: Database, what: str, asked: dict[str, Any]) -> None:
    spent_ms, found = [], 0
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        rows = database.run_blocking(find_events, **{"limit": PAGE, **asked})
        spent_ms.append(1000 * (time.perf_counter() - began_s))
        found = len(rows)
    report.under(f"page: {what}", max(spent_ms), BAR_MS, "ms", f"{told(spent_ms)}, {found} rows")


def _fill(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        _insert(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _insert(connection: sqlite3.Connection) -> None:
    connection.executemany(
        "INSERT INTO events (at, kind, severity, node, subject, text, detail_json)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        _rows(),
    )


def _rows() -> Iterator[tuple[str, ...]]:
    """A year of events: most say little, a tenth warn, one in a thousand is an alarm."""
    chance = random.Random(1)
    severities = chance.choices(
        ["info", "good", "warning", "alarm"], weights=[699, 200, 100, 1], k=EVENTS
    )
    start = datetime(2025, 11, 20, tzinfo=UTC)
    step = timedelta(days=365) / EVENTS
    for n, severity in enumerate(severities):
        rare = n % (EVENTS // 20) == 0
        node = RARE_NODE if rare else NODES[n % len(NODES)]
        vmid = 100 + n % 500
        yield (
            as_stored(start + n * step),
            "GuestStopped",
            "info" if rare else severity,
            node,
            f"guest/{vmid}",
            f"guest-{vmid} ({vmid}) was stopped on {node} by root@pam, as the task log tells.",
            f'{{"vmid":{vmid},"name":"guest-{vmid}","kind":"qemu","node":"{node}","by":"root@pam"}}',
        )
