"""Hardware of the nodes: temperatures, drives, ZFS pools, each with its age."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from services.cluster.details import COOL_KINDS
from services.cluster.errors import ClusterStopped, RequestRefused
from services.cluster.parse_disks import DiskReading, SmartReading
from services.nodes.errors import NodesError
from services.nodes.model import DriveHealth, PoolHealth, Sensor, SensorReading
from services.nodes.readings import fetch_sensors
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.fields import AnyNode
from services.tools.figures import (
    UNKNOWN,
    count,
    told,
    told_age,
    told_bytes,
    told_celsius,
    told_share,
)
from services.tools.hands import Hands
from services.tools.naming import find_node, online_nodes
from services.tools.reading.found import read_now, snapshot_of
from services.tools.reading.storage import OnNode
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import Column, align, list_rows, plain


class Temperatures(Arguments):
    """Arguments of get_temperatures."""

    node: AnyNode = None
    everything: Annotated[
        bool, Field(description="Every sensor, fan and power figure, not only the hottest.")
    ] = False


@answering
async def _temperatures(arguments: Temperatures, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    now = hands.clock.now()
    names = [find_node(snapshot, arguments.node).name] if arguments.node else list(snapshot.nodes)
    read = await asyncio.gather(*(_read_sensors(name, hands) for name in names))
    table = [("node", "processor", "sensor", "hottest drive", "read")]
    rows: list[dict[str, Any]] = []
    more: list[str] = []
    for name, (reading, because) in zip(names, read, strict=True):
        detail = snapshot.nodes[name].detail
        drive_c = reading.hottest_drive_c if reading else None
        if drive_c is None and detail is not None:
            drive_c = detail.temperature_c
        cpu_c = reading.cpu_c if reading else None
        cpu_of = told(reading.cpu_of if reading else None)
        age = told_age(reading.read_at if reading else None, now)
        table.append((name, told_celsius(cpu_c), cpu_of, told_celsius(drive_c), age))
        rows.append(
            {
                "node": name,
                "cpu_c": cpu_c,
                "hottest_drive_c": drive_c,
                "read_at": plain(reading.read_at) if reading else None,
                "because": because,
                "sensors": [_sensor(each) for each in reading.sensors] if reading else [],
            }
        )
        if because:
            more.append(f"{name}: {because}")
        if arguments.everything and reading is not None:
            more += [f"{name}  {_told_sensor(each)}" for each in reading.sensors]
    hottest = max((row["cpu_c"] for row in rows if row["cpu_c"] is not None), default=None)
    known = any(row["cpu_c"] is not None or row["hottest_drive_c"] is not None for row in rows)
    headline = f"Temperatures of {count(len(names), 'node')}; the hottest processor"
    return Found(
        outcome=Outcome.DONE if known else Outcome.EMPTY,
        because="" if known else "No temperature is known",
        text="\n".join([f"{headline} {told_celsius(hottest)}", *align(table), *more]),
        data={"nodes": rows},
        read_at=now,
    )


async def _read_sensors(node: str, hands: Hands) -> tuple[SensorReading | None, str | None]:
    """The last reading of a node that is watched; else one made now. With why it is missing."""
    watch = hands.nodes.watches.get(node)
    if watch is not None and (watch.sensors is not None or watch.link.because):
        because = watch.sensors.because if watch.sensors else watch.link.because
        return watch.sensors, because
    try:
        read = await fetch_sensors(
            lambda name, argv, timeout_s: hands.nodes.run(name, argv, timeout_s=timeout_s), node
        )
    except NodesError as error:
        return None, error.because
    reading = SensorReading(
        node=node,
        read_at=hands.clock.now(),
        cpu_c=read.cpu_c,
        cpu_of=read.cpu_of,
        hottest_drive_c=read.hottest_drive_c,
        sensors=read.sensors,
    )
    return reading, None if read.cpu_c is not None else "its sensors tell nothing of the processor"


def _sensor(sensor: Sensor) -> dict[str, object]:
    return {
        "chip": sensor.chip,
        "label": sensor.label,
        "kind": sensor.kind,
        "figure": sensor.figure,
        "critical": sensor.critical,
    }


def _told_sensor(sensor: Sensor) -> str:
    unit = {"temperature": "°C", "fan": "rpm", "power": "W"}.get(sensor.kind, "")
    limit = f" (critical {sensor.critical:.0f} {unit})" if sensor.critical is not None else ""
    return f"{sensor.chip} {sensor.label}: {sensor.figure:.0f} {unit}{limit}"


class _Drive:
    """One drive, as the API lists it, SMART over the API tells, and SMART over SSH knows."""

    def __init__(
        self, node: str, disk: DiskReading, smart: SmartReading | None, health: DriveHealth | None
    ) -> None:
        self.node = node
        self.disk = disk
        self.health = health
        self.warmth_c = smart.temperature_c if smart else None
        if self.warmth_c is None and health is not None:
            self.warmth_c = health.temperature_c

    @property
    def verdict(self) -> str | None:
        if self.health is not None and self.health.passed is False:
            return "FAILING"
        return self.disk.health

    @property
    def life_left(self) -> float | None:
        if self.disk.life_left_fraction is not None:
            return self.disk.life_left_fraction
        used = self.health.wear_percent_used if self.health else None
        return None if used is None else max(0.0, 1 - used / 100)


def _of_health(drive: _Drive, name: str) -> int | None:
    value = getattr(drive.health, name, None)
    return value if isinstance(value, int) else None


DRIVE_COLUMNS: tuple[Column[_Drive], ...] = (
    Column("node", "node", lambda d: d.node),
    Column("drive", "device", lambda d: d.disk.devpath),
    Column("model", "model", lambda d: d.disk.model),
    Column("kind", "kind", lambda d: d.disk.kind),
    Column("size", "size_bytes", lambda d: d.disk.size_bytes, told_bytes),
    Column("health", "health", lambda d: d.verdict),
    Column("life left", "life_left_fraction", lambda d: d.life_left, told_share),
    Column("warmth", "temperature_c", lambda d: d.warmth_c, told_celsius),
    Column("hours", "power_on_hours", lambda d: _of_health(d, "power_on_hours")),
    Column("reallocated", "reallocated_sectors", lambda d: _of_health(d, "reallocated_sectors")),
    Column("pending", "pending_sectors", lambda d: _of_health(d, "pending_sectors")),
    Column("media errors", "media_errors", lambda d: _of_health(d, "media_errors")),
    Column("used as", "used_as", lambda d: d.disk.used_as),
    Column("serial", "serial", lambda d: d.disk.serial),
)


@answering
async def _disk_health(arguments: OnNode, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    names = [find_node(snapshot, arguments.node).name] if arguments.node else online_nodes(snapshot)
    drives: list[_Drive] = []
    gaps: list[str] = []
    for name in names:
        try:
            drives += await _drives_of(name, hands, gaps)
        except ClusterStopped:
            raise
        except RequestRefused as refusal:
            gaps.append(f"{name} could not be asked: {refusal.because}")
    failing = [d.disk.devpath for d in drives if (d.verdict or "").upper().startswith("FAIL")]
    listing = list_rows(drives, DRIVE_COLUMNS)
    bad = told(failing) if failing else "none"
    headline = f"{count(len(drives), 'drive')} of {count(len(names), 'node')}; failing: {bad}"
    return read_now(headline, listing, under="drives", hands=hands, notes=tuple(gaps))


async def _drives_of(node: str, hands: Hands, gaps: list[str]) -> list[_Drive]:
    lookups = hands.cluster.lookups
    watch = hands.nodes.watches.get(node)
    known = {each.device.rpartition("/")[2]: each for each in watch.drives} if watch else {}
    drives = []
    for disk in await lookups.fetch_disks(node):
        smart = None
        # Asking a resting hard disk would wake it.
        if disk.kind in COOL_KINDS:
            try:
                smart = await lookups.fetch_smart(node, disk.devpath)
            except RequestRefused as refusal:
                gaps.append(f"SMART of {disk.devpath} on {node}: {refusal.because}")
        drives.append(_Drive(node, disk, smart, known.get(disk.name)))
    return drives


class _Pool:
    """One pool, as the API lists it or as ZFS itself told over SSH."""

    def __init__(self, node: str, name: str) -> None:
        self.node = node
        self.name = name
        self.state: str | None = None
        self.size_bytes: int | None = None
        self.used_bytes: int | None = None
        self.fragmentation_percent: float | None = None
        self.errors: str | None = None
        self.scan: str | None = None

    def told_by_zfs(self, pool: PoolHealth) -> None:
        """Take what only ZFS itself tells."""
        self.state = self.state or pool.state
        self.size_bytes = self.size_bytes or pool.size_bytes
        self.used_bytes = self.used_bytes if self.used_bytes is not None else pool.allocated_bytes
        self.errors, self.scan = pool.errors, pool.scan


POOL_COLUMNS: tuple[Column[_Pool], ...] = (
    Column("node", "node", lambda p: p.node),
    Column("pool", "pool", lambda p: p.name),
    Column("state", "state", lambda p: p.state),
    Column("used", "used_bytes", lambda p: p.used_bytes, told_bytes),
    Column("of", "size_bytes", lambda p: p.size_bytes, told_bytes),
    Column(
        "fragmented",
        "fragmentation_percent",
        lambda p: p.fragmentation_percent,
        lambda v: UNKNOWN if v is None else f"{v:.0f} %",
    ),
    Column("errors", "errors", lambda p: p.errors),
    Column("scrub", "scan", lambda p: p.scan),
)


@answering
async def _zfs_health(arguments: OnNode, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    now = hands.clock.now()
    names = [find_node(snapshot, arguments.node).name] if arguments.node else online_nodes(snapshot)
    pools: list[_Pool] = []
    notes: list[str] = []
    for name in names:
        found: dict[str, _Pool] = {}
        try:
            for each in await hands.cluster.lookups.fetch_pools(name) or ():
                pool = found.setdefault(each.name, _Pool(name, each.name))
                pool.state, pool.size_bytes = each.health, each.size_bytes
                pool.used_bytes = each.allocated_bytes
                pool.fragmentation_percent = each.fragmentation_percent
        except ClusterStopped:
            raise
        except RequestRefused as refusal:
            notes.append(f"{name} could not be asked: {refusal.because}")
        notes += _take_watch(found, name, hands, now)
        pools += found.values()
    sick = [f"{pool.name} on {pool.node}" for pool in pools if pool.state not in ("ONLINE", None)]
    listing = list_rows(pools, POOL_COLUMNS)
    bad = told(sick) if sick else "none"
    headline = f"{count(len(pools), 'ZFS pool')} of {count(len(names), 'node')}; not well: {bad}"
    return read_now(headline, listing, under="pools", hands=hands, notes=tuple(notes))


def _take_watch(found: dict[str, _Pool], node: str, hands: Hands, now: datetime) -> list[str]:
    watch = hands.nodes.watches.get(node)
    if watch is None or watch.pools_at is None:
        return []
    for each in watch.pools:
        found.setdefault(each.name, _Pool(node, each.name)).told_by_zfs(each)
    return (
        [f"errors and scrub of {node} read {told_age(watch.pools_at, now)}"] if watch.pools else []
    )


TOOLS: tuple[Tool[Temperatures] | Tool[OnNode], ...] = (
    Tool(
        name="get_temperatures",
        summary="Tell how warm the processors and drives of the nodes are, with the age of each.",
        arguments=Temperatures,
        tier=Tier.GREEN,
        reads="the last `sensors -j` over SSH, every 30 s; the snapshot's drives",
        run=_temperatures,
    ),
    Tool(
        name="get_disk_health",
        summary="Tell the health, wear and warmth of drives, of all nodes or one.",
        arguments=OnNode,
        tier=Tier.GREEN,
        timeout_s=90.0,
        reads="GET /nodes/{node}/disks/list and /disks/smart; the last smartctl over SSH",
        run=_disk_health,
    ),
    Tool(
        name="get_zfs_health",
        summary="Tell the state, use, errors and last scrub of ZFS pools, of all nodes or one.",
        arguments=OnNode,
        tier=Tier.GREEN,
        timeout_s=60.0,
        reads="GET /nodes/{node}/disks/zfs; the last zpool status over SSH",
        run=_zfs_health,
    ),
)
