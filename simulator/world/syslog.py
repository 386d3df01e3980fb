"""A node's system log: what its clockwork says at fixed times, and what its tasks did."""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .model import Node
from .noise import key_of

if TYPE_CHECKING:
    from .world import World

REACH_S = 6 * 3600
"""How far back the log goes."""

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


def syslog_lines(world: "World", node: Node, service: str | None = None) -> list[tuple[float, str]]:
    """(when, text) of the last hours, oldest first; a node that was down wrote nothing."""
    since = world.now - REACH_S
    entries = [*_clockwork(node, since, world.now), *_of_tasks(world, node, since)]
    found = [
        (at, f"{_stamp(world.told(at))} {node.name} {program}[{pid}]: {text}")
        for at, program, pid, text in entries
        if node.was_up(at) and (service is None or service == program)
    ]
    return sorted(found)


def _clockwork(node: Node, since: float, now: float) -> Iterator[tuple[float, str, int, str]]:
    for period, offset, program, text in _CLOCKWORK:
        own = offset + node.key % 40
        at = float((int(since) // period + 1) * period + own)
        pid = 800 + key_of(node.key, program) % 1900
        while at <= now:
            yield at, program, pid, text
            at += period


def _of_tasks(world: "World", node: Node, since: float) -> Iterator[tuple[float, str, int, str]]:
    for task in world.tasks.of_node(node.name):
        if task.started_at >= since:
            yield task.started_at, "pvedaemon", 1301, f"<{task.who}> starting task {task.upid}"
        if task.ended_at is not None and task.ended_at >= since:
            yield (
                task.ended_at,
                "pvedaemon",
                1301,
                f"<{task.who}> end task {task.upid} {task.exitstatus}",
            )


def _stamp(told: int) -> str:
    return dt.datetime.fromtimestamp(told, dt.UTC).strftime("%b %d %H:%M:%S")
