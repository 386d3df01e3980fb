"""What the watching asks of a node, part by part: each part is its own few commands.

Every function raises NodesError where its part cannot be read at all; what can be read of a part is
handed back with the reason for the rest beside it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from services.nodes import parse_docker, parse_units, parse_zfs
from services.nodes.commands import in_bash
from services.nodes.errors import (
    CommandTimedOut,
    NodeAway,
    NodesError,
    OutputBroken,
    OutputFlooded,
    ProgramMissing,
)
from services.nodes.model import CommandResult, DockerContainer, DriveHealth, PoolHealth
from services.nodes.parse_sensors import HWMON_COMMAND, Sensors, parse_hwmon, parse_sensors
from services.nodes.parse_smart import ScannedDrive, parse_scan, parse_smart

log = structlog.get_logger("nodes.readings")

NOT_FOUND = 127
"""The exit status of a program that is not there."""
SMART_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 20.0

Ask = Callable[[str, Sequence[str], float], Awaitable[CommandResult]]
"""Runs `argv` on a node within so many seconds."""


async def fetch_sensors(ask: Ask, node: str) -> Sensors:
    """From lm-sensors, or from the kernel's own files where it is missing or tells nothing."""
    read: Sensors | None = None
    result = await ask(node, ("sensors", "-j"), READ_TIMEOUT_S)
    if result.exit_status != NOT_FOUND:
        # It ends with 1 where one of many chips cannot be read; the others are there all the same.
        read = parse_sensors(result.stdout)
    if read is None or not read.sensors:
        hwmon = await ask(node, in_bash(HWMON_COMMAND), READ_TIMEOUT_S)
        read = parse_hwmon(hwmon.stdout) or read
    if read is None:
        if result.exit_status == NOT_FOUND:
            raise ProgramMissing(node, "sensors", "lm-sensors")
        raise OutputBroken(node, "sensors -j", "what it wrote is no JSON")
    return read


async def fetch_drives(ask: Ask, node: str) -> tuple[DriveHealth, ...]:
    """SMART of every drive; one that sleeps is not woken, and one that hangs costs only itself."""
    result = await ask(node, ("smartctl", "--json", "--scan"), READ_TIMEOUT_S)
    if result.exit_status == NOT_FOUND:
        raise ProgramMissing(node, "smartctl", "smartmontools")
    scanned = parse_scan(result.stdout)
    if scanned is None:
        raise OutputBroken(node, "smartctl --scan", "what it wrote is no JSON")
    return tuple([await _fetch_drive(ask, node, drive) for drive in scanned])


async def _fetch_drive(ask: Ask, node: str, drive: ScannedDrive) -> DriveHealth:
    argv = ["smartctl", "--json", "-n", "standby", "-i", "-H", "-A"]
    argv += ["-d", drive.kind] if drive.kind else []
    try:
        result = await ask(node, (*argv, drive.device), SMART_TIMEOUT_S)
    except (CommandTimedOut, OutputFlooded) as error:
        return DriveHealth(device=drive.name, because=error.because)
    return parse_smart(result.stdout, drive.name, result.exit_status)


def keep_sleeping(
    old: tuple[DriveHealth, ...], new: tuple[DriveHealth, ...]
) -> tuple[DriveHealth, ...]:
    """A drive that could not be read keeps what was known of it, with the reason beside it."""
    known = {drive.device: drive for drive in old}
    return tuple(
        replace(held, because=drive.because)
        if drive.passed is None
        and drive.serial is None
        and (held := known.get(drive.device)) is not None
        else drive
        for drive in new
    )


async def fetch_pools(ask: Ask, node: str) -> tuple[PoolHealth, ...]:
    """The ZFS pools; a node without ZFS has none."""
    listed = await ask(node, parse_zfs.LIST_ARGV, READ_TIMEOUT_S)
    if listed.exit_status == NOT_FOUND:
        return ()
    pools = parse_zfs.parse_pool_list(listed.stdout)
    if not listed.ok and not pools:
        _check_no_pools(node, listed)
        return ()
    if not pools:
        return ()
    try:
        status = await ask(node, parse_zfs.STATUS_ARGV, READ_TIMEOUT_S)
    except NodeAway:
        raise
    except NodesError as error:
        log.debug("pools without their errors", node=node, because=error.because)
        return pools
    return parse_zfs.join_pools(pools, parse_zfs.parse_pool_status(status.stdout))


def _check_no_pools(node: str, result: CommandResult) -> None:
    told = " ".join((result.stderr or result.stdout).split())
    if "no pools available" not in told:
        raise OutputBroken(node, "zpool list", told[:200] or f"it ended with {result.exit_status}")


async def fetch_failed_units(ask: Ask, node: str) -> tuple[str, ...]:
    """The systemd units that have failed."""
    result = await ask(node, parse_units.ARGV, READ_TIMEOUT_S)
    if not result.ok:
        told = " ".join(result.stderr.split())[:200]
        raise OutputBroken(node, "systemctl", told or f"it ended with {result.exit_status}")
    return parse_units.parse_failed_units(result.stdout)


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerPlace:
    """Where a Docker daemon runs: on a node itself, or in a guest of it."""

    node: str
    vmid: int | None = None
    is_container: bool = False
    """Whether the guest is an LXC container."""

    def argv(self) -> tuple[str, ...]:
        """The words that list its containers, asked of the node."""
        if self.vmid is None:
            return parse_docker.ARGV
        if self.is_container:
            return ("pct", "exec", str(self.vmid), "--", *parse_docker.ARGV)
        return ("qm", "guest", "exec", str(self.vmid), "--timeout", "15", "--", *parse_docker.ARGV)


async def fetch_containers(ask: Ask, place: DockerPlace) -> tuple[DockerContainer, ...]:
    """The containers of a Docker daemon, running or not."""
    result = await ask(place.node, place.argv(), READ_TIMEOUT_S)
    status, out, err = result.exit_status, result.stdout, result.stderr
    if place.vmid is not None and not place.is_container and result.ok:
        told = parse_docker.parse_guest_exec(out)
        if told is None:
            raise OutputBroken(place.node, "qm guest exec", "the guest agent gave no answer")
        status, out, err = told
    if status == NOT_FOUND:
        raise ProgramMissing(_where(place), "docker")
    if status != 0:
        why = " ".join(err.split())[:200] or f"it ended with {status}"
        raise OutputBroken(place.node, "docker ps", why)
    containers = parse_docker.parse_containers(out)
    if containers is None:
        raise OutputBroken(place.node, "docker ps", "what it wrote is no list of containers")
    return containers


def _where(place: DockerPlace) -> str:
    return place.node if place.vmid is None else f"guest {place.vmid} on {place.node}"
