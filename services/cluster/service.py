"""The cluster, as the rest of the house sees it."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import structlog

from services.clock import Clock
from services.cluster.backoff import Chance
from services.cluster.change import Change, ChangeAnswer, parse_change_answer
from services.cluster.config import ClusterConfig
from services.cluster.endpoints import Endpoints
from services.cluster.gather import Asker, MissingRights
from services.cluster.history import Archive, GuestFacts, Kind, NodeFacts, Span
from services.cluster.lookups import Lookups
from services.cluster.model import (
    ClusterSnapshot,
    EndpointStatus,
    Level,
    TaskSnapshot,
    Tier,
    TierStatus,
)
from services.cluster.orders.nodes import wake_node
from services.cluster.parse_rrd import History
from services.cluster.policy import DEFAULT_POLICY, Policy
from services.cluster.poller import Poller
from services.cluster.readings import Reader
from services.cluster.recent import Recent
from services.events import Bus
from services.tasks import Tasks

log = structlog.get_logger("cluster")


class ClusterService:
    """Watches one Proxmox cluster, tells on the bus what happens to it, and changes it when told.

    Start it on the event loop, once its subscribers are there. Its tasks are its own: `stop` ends
    them all, even while Proxmox keeps them waiting.
    """

    def __init__(
        self,
        config: ClusterConfig,
        *,
        bus: Bus,
        clock: Clock,
        chance: Chance,
        policy: Policy = DEFAULT_POLICY,
    ) -> None:
        self._tasks = Tasks()
        self._clock = clock
        self._api = Endpoints(
            config, clock=clock, tasks=self._tasks, chance=chance, publish=bus.publish
        )
        asker = Asker(self._api, MissingRights(clock))
        self._archive = Archive(asker, clock=clock)
        self.lookups = Lookups(self._api, clock=clock, chance=chance)
        self.recent = Recent(
            self.fetch_history,
            bus=bus,
            clock=clock,
            tasks=self._tasks,
            rhythm_s=min(config.intervals_s[tier] for tier in (Tier.CRITICAL, Tier.IMPORTANT)),
        )
        self._poller = Poller(
            self._api,
            Reader(asker, clock=clock, policy=policy),
            publish=bus.publish,
            intervals_s=config.intervals_s,
            clock=clock,
            tasks=self._tasks,
            chance=chance,
        )

    def start(self, told: Mapping[str, Level] = MappingProxyType({})) -> None:
        """Begin to watch; the first reading starts at once.

        `told` is where storages stood when it was last told, by subject (`told.read_told`).
        """
        self._poller.start(told)

    async def stop(self, because: str) -> None:
        """End every poll and every request that waits."""
        self._poller.stop(because)
        self.recent.stop()
        self.lookups.stop()
        await self._tasks.stop(because=because)
        self._api.stop(because)

    @property
    def snapshot(self) -> ClusterSnapshot:
        """The cluster as it was last read; empty before the first answer."""
        return self._poller.snapshot

    @property
    def tiers(self) -> Mapping[Tier, TierStatus]:
        """How each rhythm of reading goes."""
        return self._poller.state

    @property
    def endpoints(self) -> tuple[EndpointStatus, ...]:
        """The addresses of the API and their health, best first."""
        return self._api.statuses

    def poll_now(self, tier: Tier) -> None:
        """Let a tier's next poll come at once; one that runs is not doubled."""
        self._poller.plan_now(tier)

    async def read_anew(self, *, within_s: float) -> bool:
        """Read guests, nodes and storages now, for whoever is about to change something.

        False where that took longer or failed: the snapshot is then as old as it says.
        """
        asked_at = self._clock.now()
        reading = self._tasks.start(self._poller.read_anew(Tier.IMPORTANT), name="read anew")
        try:
            async with asyncio.timeout(within_s):
                await asyncio.shield(reading)
        except TimeoutError:
            return False
        read_at = self.snapshot.guests_at
        return read_at is not None and read_at >= asked_at

    async def change(self, change: Change) -> ChangeAnswer:
        """Tell Proxmox to change something, once; that it accepts is not that it is done.

        Only the tools call it, and only behind the gate. Raises ClusterError: ChangeUncertain
        when nobody knows whether it was taken, RequestRefused when Proxmox would not,
        ProxmoxUnreachable when it was sent nowhere.
        """
        try:
            return parse_change_answer(await self._api.send(change))
        finally:
            self._archive.forget()

    async def wake_by_node(self, neighbour: str, node: str) -> str:
        """Have the cluster call a sleeping node over the network; the address it was called by.

        Proxmox sends the packet from the node that takes the request, and that is the one whose
        address answers first: `neighbour` is only a wish. Raises ClusterError.
        """
        return (await self.change(wake_node(node))).text or "—"

    async def fetch_history(self, kind: Kind, id: str, span: Span) -> History:
        """The measurements of a node (`pve`), guest (`104`) or storage (`pve/local-zfs`).

        Raises ClusterError: NotKnown, or what kept it from being read.
        """
        return await self._archive.fetch_history(self.snapshot, kind, id, span)

    async def fetch_guest_facts(self, vmid: int) -> GuestFacts:
        """Configuration, snapshots and latest tasks. Raises ClusterError."""
        return await self._archive.fetch_guest_facts(self.snapshot, vmid)

    async def fetch_node_facts(self, node: str) -> NodeFacts:
        """Latest tasks. Raises ClusterError."""
        return await self._archive.fetch_node_facts(self.snapshot, node)

    async def fetch_task(self, upid: str) -> TaskSnapshot | None:
        """A task as it stands, also one the snapshot no longer holds. Raises ClusterError."""
        return await self._archive.fetch_task(upid)

    async def fetch_task_log(self, upid: str) -> tuple[str, ...]:
        """The log of a task, oldest line first. Raises ClusterError."""
        return await self._archive.fetch_task_log(upid)
