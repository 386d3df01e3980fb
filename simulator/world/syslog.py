"""A node's system log: what its clockwork says at fixed times, and what its tasks did."""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .model import LogEntry, Node
from .noise import key_of

if TYPE_CHECKING:
    from .world import World

REACH_S = 6 * 3600
"""How far back the log goes."""

_UNITS = {
    "CRON": "cron",
    "smartd": "smartmontools",
    "pveproxy": "pveproxy",
    "pmxcfs": "pve-cluster",
    "rrdcached": "rrdcached",
}
_CLOCKWORK = (
    (600, 30, "systemd", "Starting pve-daily-update.timer check..."),
    (1020, 17, "CRON", "(root) CMD (   cd / && run-parts --report /etc/cron.hourly)"),
    (
        1800,
        44,
        "smartd",
        "Device: /dev/nvme0n1, SMART Usage Attribute: Temperature_Celsius unchanged",
    ),
    (900, 5, "pveproxy", "worker 1093 finished"),
    (900, 6, "pveproxy", "starting 1 worker(s)"),
    (900, 6, "pveproxy", "worker 2214 started"),
    (3600, 1, "systemd", "Finished man-db.service - Daily man-db regeneration."),
    (3600, 59, "pmxcfs", "[dcdb] notice: data verification successful"),
    (2700, 12, "rrdcached", "flushing old values"),
)


def log_entries(world: "World", node: Node, since: float) -> list[LogEntry]:
    """What its journal holds from then on, oldest first; a node that was down wrote nothing."""
    entries = [
        *_clockwork(node, since, world.now),
        *_of_tasks(world, node, since),
        *(entry for entry in node.log if entry.at >= since),
    ]
    return sorted((one for one in entries if node.was_up(one.at)), key=lambda entry: entry.at)


def syslog_lines(world: "World", node: Node, service: str | None = None) -> list[tuple[float, str]]:
    """(when, text) of the last hours, oldest first."""
    return [
        (entry.at, f"{_stamp(world.told(entry.at))} {node.name} {entry.line}")
        for entry in log_entries(world, node, world.now - REACH_S)
        if service is None or service in (entry.program, entry.unit)
    ]


def _clockwork(node: Node, since: float, now: float) -> Iterator[LogEntry]:
    for period, offset, program, text in _CLOCKWORK:
        own = offset + node.key % 40
        at = float((int(since) // period + 1) * period + own)
        pid = 1 if program == "systemd" else 800 + key_of(node.key, program) % 1900
        while at <= now:
            yield LogEntry(at=at, program=program, pid=pid, text=text, unit=_UNITS.get(program, ""))
            at += period


def _of_tasks(world: "World", node: Node, since: float) -> Iterator[LogEntry]:
    for task in world.tasks.of_node(node.name):
        if task.started_at >= since:
            yield _of_task(task.started_at, f"<{task.who}> starting task {task.upid}")
        if task.ended_at is not None and task.ended_at >= since:
            failed = task.exitstatus != "OK"
            text = f"<{task.who}> end task {task.upid} {task.exitstatus}"
            yield _of_task(task.ended_at, text, priority=4 if failed else 6)


def _of_task(at: float, text: str, priority: int = 6) -> LogEntry:
    return LogEntry(
        at=at, program="pvedaemon", pid=1301, text=text, unit="pvedaemon", priority=priority
    )


def _stamp(told: int) -> str:
    return dt.datetime.fromtimestamp(told, dt.UTC).strftime("%b %d %H:%M:%S")
