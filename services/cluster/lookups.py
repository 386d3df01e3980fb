"""What is read when somebody asks for it: each a fresh answer of Proxmox, none kept."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from services.clock import Clock
from services.cluster.backoff import Chance
from services.cluster.client import Question, asking, timeless
from services.cluster.details import fetch_backups
from services.cluster.endpoints import Endpoints
from services.cluster.errors import NodeFailed
from services.cluster.following import LATER_DEADLINE_S, Patience, TaskEnd, follow_task
from services.cluster.gather import Asker, MissingRights
from services.cluster.guest_agent import agent_failure
from services.cluster.model import BackupFacts, ClusterSnapshot, GuestKind, TaskSnapshot
from services.cluster.node_services import ServiceReading
from services.cluster.parse_addresses import AddressReading, parse_addresses
from services.cluster.parse_backups import VolumeReading, parse_storage_content
from services.cluster.parse_cluster import HaReading, StatusReading, parse_cluster_status, parse_ha
from services.cluster.parse_disks import DiskReading, SmartReading, parse_disks, parse_smart
from services.cluster.parse_guest import (
    GuestConfig,
    SnapshotReading,
    parse_guest_config,
    parse_snapshot_below,
    parse_snapshots,
)
from services.cluster.parse_guest_status import GuestStatusReading, parse_guest_status
from services.cluster.parse_lines import parse_journal, parse_syslog
from services.cluster.parse_network import InterfaceReading, parse_network
from services.cluster.parse_node import (
    NodeStatusReading,
    parse_node_status,
    parse_services,
)
from services.cluster.parse_packages import PackageReading, parse_packages
from services.cluster.parse_pools import PoolReading, parse_pools
from services.cluster.parse_replication import ReplicationReading, parse_replication
from services.cluster.parse_resources import GuestReading, parse_resources
from services.cluster.parse_tasks import parse_tasks
from services.cluster.places import GuestPlace
from services.cluster.rights import Granted, parse_granted
from services.cluster.task_questions import LOG_LINES_ASKED, ask_task, ask_task_log
from services.cluster.upid import parse_upid

T = TypeVar("T")

TASKS_ASKED = 500
GUESTS = asking(parse_resources, "cluster", "resources", type="vm")


class Lookups:
    """Reads of one thing at one moment. Every method raises ClusterError when it cannot be read.

    None stands for an answer that says nothing; an empty one for nothing there.
    """

    def __init__(self, api: Endpoints, *, clock: Clock, chance: Chance) -> None:
        self._api = api
        self._clock = clock
        self._chance = chance
        self._ended = asyncio.Event()

    def stop(self) -> None:
        """Follow no task any further."""
        self._ended.set()

    @property
    def ended(self) -> asyncio.Event:
        """Set once the house goes down, so that whoever waits between two reads can leave."""
        return self._ended

    async def find_guest(self, vmid: int) -> GuestReading | None:
        """Where a guest is now, as the cluster lists it; None where it lists no such guest."""
        return (await self._api.fetch_anew(GUESTS)).guests.get(vmid)

    async def fetch_guest_status(self, guest: GuestPlace) -> GuestStatusReading:
        """How a guest is. Raises GuestGone when its node has no such guest."""
        try:
            return await self._of_guest(guest, parse_guest_status, "status", "current")
        except NodeFailed as failure:
            if "does not exist" in failure.text:
                raise GuestGone(failure, guest) from failure
            raise

    async def fetch_guest_config(self, guest: GuestPlace) -> GuestConfig:
        """Its configuration, with the changes that wait for its next start."""
        return await self._of_guest(guest, parse_guest_config, "config")

    async def fetch_snapshots(self, guest: GuestPlace) -> tuple[SnapshotReading, ...] | None:
        """Its snapshots, newest first."""
        return await self._of_guest(guest, parse_snapshots, "snapshot")

    async def fetch_snapshot_below(self, guest: GuestPlace) -> str | None:
        """The snapshot it stands on; None where there is none."""
        return await self._of_guest(guest, parse_snapshot_below, "snapshot")

    async def fetch_addresses(self, guest: GuestPlace) -> AddressReading:
        """Its network addresses, by its agent or as its node sees into a container.

        Raises AgentMissing and AgentSilent for a virtual machine whose agent cannot be asked.
        """
        if guest.kind is GuestKind.LXC:
            return await self._of_guest(guest, parse_addresses, "interfaces")
        try:
            return await self._of_guest(guest, parse_addresses, "agent", "network-get-interfaces")
        except NodeFailed as failure:
            if (why := agent_failure(failure, guest)) is not None:
                raise why from failure
            raise

    async def fetch_cluster_status(self) -> StatusReading:
        """Quorum, and which nodes Corosync sees."""
        return await self._api.fetch_anew(asking(parse_cluster_status, "cluster", "status"))

    async def fetch_ha(self) -> HaReading | None:
        """High availability as it stands."""
        return await self._read(parse_ha, "cluster", "ha", "status", "current")

    async def fetch_granted(self) -> Granted:
        """What the token may do, by path."""
        return await self._read(parse_granted, "access", "permissions")

    async def fetch_node_status(self, node: str) -> NodeStatusReading:
        """How a node is."""
        return await self._read(parse_node_status, "nodes", node, "status")

    async def fetch_services(self, node: str) -> tuple[ServiceReading, ...] | None:
        """The services Proxmox lists of a node."""
        return await self._read(parse_services, "nodes", node, "services")

    async def fetch_service(self, node: str, service: str) -> ServiceReading | None:
        """One of them."""
        return await self._read(_service, "nodes", node, "services", service, "state")

    async def fetch_packages(self, node: str) -> tuple[PackageReading, ...] | None:
        """Packages that wait to be installed, as of the node's last refresh."""
        return await self._read(parse_packages, "nodes", node, "apt", "update")

    async def fetch_network(self, node: str) -> tuple[InterfaceReading, ...] | None:
        """The interfaces of a node."""
        return await self._read(parse_network, "nodes", node, "network")

    async def fetch_replication(self, node: str) -> tuple[ReplicationReading, ...] | None:
        """The jobs that copy guests from a node."""
        return await self._read(parse_replication, "nodes", node, "replication")

    async def fetch_disks(self, node: str) -> tuple[DiskReading, ...]:
        """The drives of a node."""
        return await self._read(parse_disks, "nodes", node, "disks", "list")

    async def fetch_smart(self, node: str, devpath: str) -> SmartReading:
        """What one drive says of itself."""
        return await self._read(parse_smart, "nodes", node, "disks", "smart", disk=devpath)

    async def fetch_pools(self, node: str) -> tuple[PoolReading, ...] | None:
        """The ZFS pools of a node."""
        return await self._read(parse_pools, "nodes", node, "disks", "zfs")

    async def fetch_storage_content(
        self, node: str, storage: str, content: str | None = None
    ) -> tuple[VolumeReading, ...]:
        """What lies on a storage; `content` is `backup`, `iso`, `images`…

        Proxmox leaves out, without a word, what the token may not see.
        """
        asked = {"content": content} if content else {}
        return await self._read(
            parse_storage_content, "nodes", node, "storage", storage, "content", **asked
        )

    async def fetch_backups(self, snapshot: ClusterSnapshot) -> BackupFacts:
        """The newest backup of each guest and the guests no job covers, looked for on every
        storage: many questions, so only where the snapshot does not know."""
        asker = Asker(self._api, MissingRights(self._clock))
        return (await fetch_backups(asker, snapshot, self._clock))[0]

    async def fetch_syslog(
        self, node: str, *, lines: int, service: str | None = None
    ) -> tuple[str, ...] | None:
        """The last lines of a node's log, oldest first; of one service where it is named."""
        if service is None:
            return await self._read(parse_journal, "nodes", node, "journal", lastentries=lines)
        # The log by service counts from its beginning, so all of it has to be asked for.
        found = await self._read(
            parse_syslog, "nodes", node, "syslog", service=service, limit=LOG_LINES_ASKED
        )
        return None if found is None else found[-lines:]

    async def fetch_tasks(
        self, node: str, *, vmid: int | None = None, running: bool = False
    ) -> tuple[TaskSnapshot, ...]:
        """The latest tasks of a node, newest first; with `running` those that run now."""
        asked: dict[str, str | int] = {"source": "active" if running else "all"}
        if vmid is not None:
            asked["vmid"] = vmid
        return await self._read(parse_tasks, "nodes", node, "tasks", limit=TASKS_ASKED, **asked)

    async def fetch_task(self, upid: str) -> TaskSnapshot | None:
        """One task. Raises ValueError for what is no UPID."""
        return await self._api.fetch_anew(ask_task(_node_of(upid), upid))

    async def fetch_task_log(self, upid: str) -> tuple[str, ...]:
        """Its log, oldest line first. Raises ValueError for what is no UPID."""
        return await self._api.fetch_anew(ask_task_log(_node_of(upid), upid))

    async def follow_task(self, upid: str, *, deadline_s: float) -> TaskEnd:
        """Look at a task until it has ended or the clock reads `deadline_s`.

        Raises ClusterStopped, and ValueError for what is no UPID; whatever else keeps it from
        being seen is told in what is handed back.
        """
        _node_of(upid)
        return await follow_task(
            upid,
            ask=self.fetch_task,
            ask_log=self.fetch_task_log,
            deadline_s=deadline_s,
            clock=self._clock,
            ended=self._ended,
        )

    async def find_end(self, upid: str) -> TaskEnd:
        """How a task ended that nobody has followed: looked up, and followed while it runs.

        A node that does not answer is asked again, less and less often, for an hour; a task is
        followed for a day at most. Raises as `follow_task` does.
        """
        _node_of(upid)
        return await follow_task(
            upid,
            ask=self.fetch_task,
            ask_log=self.fetch_task_log,
            deadline_s=self._clock.monotonic_s() + LATER_DEADLINE_S,
            clock=self._clock,
            ended=self._ended,
            patience=Patience(chance=self._chance),
        )

    async def _of_guest(self, guest: GuestPlace, parse: Callable[[Any], T], *rest: str) -> T:
        return await self._read(parse, *guest.path, *rest)

    async def _read(self, parse: Callable[[Any], T], *path: str, **params: str | int) -> T:
        question: Question[T] = asking(timeless(parse), *path, **params)
        return await self._api.fetch_anew(question)


class GuestGone(NodeFailed):
    """The node has no such guest: it was moved, or is no more."""

    def __init__(self, failure: NodeFailed, guest: GuestPlace) -> None:
        super().__init__(failure.asked, guest.node, failure.status, failure.text)
        self.because = f"{guest.label} is no longer on {guest.node}"
        self.vmid = guest.vmid


def _node_of(upid: str) -> str:
    task = parse_upid(upid)
    if task is None:
        raise ValueError(f"{upid[:80]!r} is no UPID")
    return task.node


def _service(payload: object) -> ServiceReading | None:
    found = parse_services([payload])
    return found[0] if found else None
