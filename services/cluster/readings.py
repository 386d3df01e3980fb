"""What each tier asks for, and how its answers become the next snapshot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce

from services.clock import Clock
from services.cluster.client import asking, timeless
from services.cluster.details import fetch_backups, fetch_details
from services.cluster.errors import NothingListed, RequestRefused
from services.cluster.gather import Asker, told_gaps
from services.cluster.model import ClusterSnapshot, Tier
from services.cluster.observe import (
    observe_backups,
    observe_details,
    observe_resources,
    observe_status,
    observe_tasks,
    observe_version,
)
from services.cluster.parse_cluster import parse_cluster_status, parse_version
from services.cluster.parse_resources import ResourcesReading, Section, parse_resources
from services.cluster.parse_tasks import parse_tasks
from services.cluster.policy import Policy

Observation = Callable[[ClusterSnapshot], ClusterSnapshot]
"""One answer, ready to be laid over whatever the snapshot is by then."""

NODES = asking(partial(parse_resources, only=Section.NODES), "cluster", "resources", type="node")
RESOURCES = asking(parse_resources, "cluster", "resources")
STATUS = asking(parse_cluster_status, "cluster", "status")
TASKS = asking(timeless(parse_tasks), "cluster", "tasks")
VERSION = asking(timeless(parse_version), "version")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll has read."""

    observations: Sequence[Observation] = ()
    gaps: str | None = None
    """Why some of it could not be read, for a person."""

    def observe(self, snapshot: ClusterSnapshot) -> ClusterSnapshot:
        """The snapshot that follows from `snapshot` and this reading."""
        return reduce(lambda picture, observe: observe(picture), self.observations, snapshot)


class Reader:
    """Knows what each tier asks of the cluster."""

    def __init__(self, asker: Asker, *, clock: Clock, policy: Policy) -> None:
        self._asker = asker
        self._clock = clock
        self._policy = policy

    async def read(self, tier: Tier, snapshot: ClusterSnapshot) -> Reading:
        """Ask what the tier asks; `snapshot` tells of which nodes and storages there are.

        Raises ClusterError when what the tier is for could not be read.
        """
        match tier:
            case Tier.CRITICAL:
                return await self._read_critical(snapshot)
            case Tier.IMPORTANT:
                return await self._read_important()
            case Tier.ROUTINE:
                return await self._read_routine(snapshot)
            case Tier.BACKGROUND:
                return Reading()

    async def _read_critical(self, snapshot: ClusterSnapshot) -> Reading:
        """One request; a second one only while the quorum is in question."""
        nodes = _listed(await self._asker.fetch(NODES))
        observations = [self._resources(nodes)]
        gaps: list[str] = []
        in_doubt = snapshot.quorum_lost_at is not None or not snapshot.quorate
        if in_doubt or _online(nodes) != {node.name for node in snapshot.online}:
            observations += await self._quorum(gaps)
        return Reading(observations, told_gaps(gaps))

    async def _read_important(self) -> Reading:
        """Everything that is listed, the tasks, and the quorum."""
        observations = [self._resources(_listed(await self._asker.fetch(RESOURCES)))]
        gaps: list[str] = []
        try:
            tasks = await self._asker.fetch(TASKS)
        except RequestRefused as refusal:
            gaps.append(refusal.because)
        else:
            now = self._clock.now()
            observations.insert(0, lambda picture: observe_tasks(picture, tasks, now))
        observations += await self._quorum(gaps)
        return Reading(observations, told_gaps(gaps))

    async def _read_routine(self, snapshot: ClusterSnapshot) -> Reading:
        """The version, the details of each node, and the backups."""
        version = await self._asker.fetch(VERSION)
        details, told = await fetch_details(self._asker, snapshot, self._clock)
        backups, told_of_backups = await fetch_backups(self._asker, snapshot, self._clock)
        if details and all(detail.pve_version is None for detail in details.values()):
            raise told.refusals[0] if told.refusals else NothingListed()
        now = self._clock.now()
        return Reading(
            [
                lambda picture: observe_version(picture, version),
                lambda picture: observe_details(picture, details, now),
                lambda picture: observe_backups(picture, backups, now),
            ],
            told_gaps([gap for gap in (told.gaps, told_of_backups.gaps) if gap]),
        )

    async def _quorum(self, gaps: list[str]) -> list[Observation]:
        try:
            status = await self._asker.fetch(STATUS)
        except RequestRefused as refusal:
            gaps.append(refusal.because)
            return []
        return [
            lambda picture: observe_status(picture, status, status.seen_at, policy=self._policy)
        ]

    def _resources(self, reading: ResourcesReading) -> Observation:
        return lambda picture: observe_resources(
            picture, reading, reading.seen_at, policy=self._policy
        )


def _listed(reading: ResourcesReading) -> ResourcesReading:
    if not reading.covers:
        raise NothingListed
    return reading


def _online(reading: ResourcesReading) -> set[str]:
    return {node.name for node in reading.nodes.values() if node.status == "online"}
