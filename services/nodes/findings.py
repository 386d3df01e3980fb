"""From one reading to the next: what is known of a node, and what of it is news.

Each node has its own thermometers and its own memory of what was told; a part that could not be
read leaves what was known, with its age and the reason.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from datetime import datetime

from services.cluster.node_services import ESSENTIAL_UNITS, ServiceReading
from services.events import Happening
from services.nodes.detectors import (
    DRIVE_HOT_C,
    Agreement,
    Thermometer,
    Turn,
    Verdicts,
    find_failing_drives,
    find_unsound_pools,
    find_well_drives,
)
from services.nodes.happenings import (
    DriveFailing,
    DriveRecovered,
    DrivesCooled,
    DrivesOverheat,
    NodeCooled,
    NodeOverheats,
    PoolDegraded,
    PoolRecovered,
    UnitFailed,
    UnitRecovered,
)
from services.nodes.model import DriveHealth, NodeLink, NodeWatch, PoolHealth, SensorReading
from services.nodes.parse_sensors import Sensors
from services.nodes.readings import keep_sleeping
from services.nodes.rounds import Part
from services.nodes.told import NOTHING_TOLD, Told


class NodeFindings:
    """What is known of one node over SSH; each `take_…` hands back what is news."""

    def __init__(self, link: NodeLink, *, line_c: float, told: Told = NOTHING_TOLD) -> None:
        self.watch = NodeWatch(node=link.node, link=link, line_c=line_c)
        self.unsettled = False
        """Whether the last reading of drives, pools or units wants another one soon."""
        self._line_c = line_c
        self._thermometer = Thermometer(line_c, hot=told.hot)
        self._of_drives = Thermometer(DRIVE_HOT_C, hot=told.drive_hot, hot_at_line=True)
        self._drives = Agreement(told.drives)
        self._pools = Agreement(told.pools)
        self._units = Agreement(told.units)
        self._services: Mapping[str, ServiceReading] = {}
        """By unit, those of Proxmox's list that want a look."""
        self._services_at: datetime | None = None

    def take_link(self, link: NodeLink) -> bool:
        """Note how the connection stands; whether that is new."""
        is_new = link != self.watch.link
        if is_new:
            self.watch = replace(self.watch, link=link)
        return is_new

    def take_failure(self, part: Part, because: str) -> None:
        """A part could not be read; what was known of it stays."""
        match part:
            case Part.SENSORS:
                self.watch = replace(self.watch, sensors_because=because)
            case Part.DRIVES:
                self.watch = replace(self.watch, drives_because=because)
            case Part.POOLS:
                self.watch = replace(self.watch, pools_because=because)
            case Part.UNITS:
                self.watch = replace(self.watch, failed_units_because=because)
            case Part.CONTAINERS:
                pass

    def take_sensors(self, sensors: Sensors, at: datetime) -> list[Happening]:
        """A reading of the sensors."""
        node = self.watch.node
        turn = self._thermometer.read(at, sensors.cpu_c)
        of_drives = self._of_drives.read(at, sensors.hottest_drive_c)
        because = None if sensors.cpu_c is not None else "no sensor of the processor was found"
        self.watch = replace(
            self.watch,
            sensors=SensorReading(
                node=node,
                read_at=at,
                cpu_c=sensors.cpu_c,
                cpu_of=sensors.cpu_of,
                hottest_drive_c=sensors.hottest_drive_c,
                sensors=sensors.sensors,
                because=because,
            ),
            sensors_because=None,
            hot=self._thermometer.hot,
            drive_hot=self._of_drives.hot,
        )
        return [
            *self._news_of_processor(turn, sensors, at),
            *self._news_of_hot_drives(of_drives, sensors.hottest_drive_c, at),
        ]

    def _news_of_processor(
        self, turn: Turn | None, sensors: Sensors, at: datetime
    ) -> Iterator[Happening]:
        node, cpu_c = self.watch.node, sensors.cpu_c
        if turn is Turn.HOT and cpu_c is not None:
            yield NodeOverheats(
                at=at, node=node, cpu_c=cpu_c, line_c=self._line_c, cpu_of=sensors.cpu_of
            )
        elif turn is Turn.COOL and cpu_c is not None:
            yield NodeCooled(at=at, node=node, cpu_c=cpu_c)

    def _news_of_hot_drives(
        self, turn: Turn | None, drive_c: float | None, at: datetime
    ) -> Iterator[Happening]:
        node = self.watch.node
        if turn is Turn.HOT and drive_c is not None:
            yield DrivesOverheat(at=at, node=node, drive_c=drive_c, line_c=DRIVE_HOT_C)
        elif turn is Turn.COOL and drive_c is not None:
            yield DrivesCooled(at=at, node=node, drive_c=drive_c)

    def take_drives(self, read: tuple[DriveHealth, ...], at: datetime) -> list[Happening]:
        """A reading of every drive."""
        drives = keep_sleeping(self.watch.drives, read)
        self.watch = replace(self.watch, drives=drives, drives_at=at, drives_because=None)
        return list(self._news_of_drives(read, at))

    def _news_of_drives(self, read: tuple[DriveHealth, ...], at: datetime) -> Iterator[Happening]:
        node, failing = self.watch.node, find_failing_drives(read)
        verdicts = self._drives.read(failing.keys(), find_well_drives(read))
        self.unsettled = verdicts.unsettled
        models = {drive.device: drive.model for drive in read}
        for device in verdicts.risen:
            yield DriveFailing(
                at=at, node=node, device=device, model=models.get(device), because=failing[device]
            )
        for device in verdicts.mended:
            yield DriveRecovered(at=at, node=node, device=device)

    def take_pools(self, pools: tuple[PoolHealth, ...], at: datetime) -> list[Happening]:
        """A reading of every pool; one that is no longer there says nothing."""
        self.watch = replace(self.watch, pools=pools, pools_at=at, pools_because=None)
        unsound = find_unsound_pools(pools)
        sound = {pool.name for pool in pools} - unsound.keys()
        verdicts = self._pools.read(unsound.keys(), sound)
        self.unsettled = verdicts.unsettled
        states = {pool.name: pool.state for pool in pools}
        node = self.watch.node
        return [
            *(
                PoolDegraded(at=at, node=node, pool=name, state=states[name], because=unsound[name])
                for name in verdicts.risen
            ),
            *(PoolRecovered(at=at, node=node, pool=name) for name in verdicts.mended),
        ]

    def take_units(self, units: tuple[str, ...], at: datetime) -> list[Happening]:
        """A reading of the failed units; complete, but for what Proxmox's list says as well."""
        self.watch = replace(
            self.watch, failed_units=units, failed_units_at=at, failed_units_because=None
        )
        verdicts = self._units.read_all(frozenset(units), but=self._in_doubt)
        self.unsettled = verdicts.unsettled
        return list(self._news_of_units(verdicts, at))

    def take_services(
        self, services: tuple[ServiceReading, ...] | None, at: datetime
    ) -> list[Happening]:
        """A reading of Proxmox's own list, of when it was read; the same one again says nothing.

        It tells of nodes that SSH cannot reach, and of services that have not failed and yet rest.
        """
        if services is None or at == self._services_at:
            return []
        self._services_at = at
        self._services = {one.unit: one for one in services if one.wants_a_look}
        told = {one.unit for one in services if one.state or one.active_state}
        well = told - self._services.keys()
        if self.watch.failed_units_because is None:
            well -= set(self.watch.failed_units)
        return list(self._news_of_units(self._units.read(self._services.keys(), well), at))

    @property
    def _in_doubt(self) -> Set[str]:
        """Units that SSH cannot call well: it sees those that failed, and not those that rest."""
        return ESSENTIAL_UNITS if self._services_at is None else self._services.keys()

    def _news_of_units(self, verdicts: Verdicts, at: datetime) -> Iterator[Happening]:
        node = self.watch.node
        for unit in verdicts.risen:
            service = self._services.get(unit)
            rests = service is not None and service.is_missed
            yield UnitFailed(at=at, node=node, unit=unit, rests=rests)
        for unit in verdicts.mended:
            yield UnitRecovered(at=at, node=node, unit=unit)
