"""Watching the nodes over SSH: sensors, drives, pools, units, and Jarvis's own containers.

Each part of each node is read on its own, fails on its own and keeps its own age. A node that the
cluster does not count as online is not dialled, and its parts say so.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

import structlog

from services.clock import Clock, pause
from services.cluster.model import ClusterSnapshot, GuestKind, NodeState
from services.events import Event, Happening
from services.logs import new_ident
from services.nodes.config import NodesConfig
from services.nodes.errors import NodesError
from services.nodes.findings import NodeFindings
from services.nodes.happenings import NodesWatched
from services.nodes.model import DockerContainer, NodeLink, NodeWatch
from services.nodes.readings import (
    Ask,
    DockerPlace,
    fetch_containers,
    fetch_drives,
    fetch_failed_units,
    fetch_pools,
    fetch_sensors,
)
from services.nodes.rounds import INTERVALS_S, NODE_PARTS, Part, Round, Rounds
from services.nodes.told import NOTHING_TOLD, Told
from services.tasks import Tasks

log = structlog.get_logger("nodes.watch")

LONGEST_PAUSE_S = 5.0
"""However far the next reading is, nodes that came and went are looked for this often."""
WITHOUT_CLUSTER_S = 30.0
"""Where the cluster tells nothing for so long, the configured addresses are watched without it."""
DIALLED = (NodeState.ONLINE, NodeState.UNKNOWN)
"""Corosync sees a node in both; in the second its status daemon is silent, and SSH may tell why."""

LinkOf = Callable[[str], NodeLink]


class Watcher:
    """Reads each part in its rhythm, keeps what was read, and publishes what is news."""

    def __init__(
        self,
        config: NodesConfig,
        *,
        ask: Ask,
        link_of: LinkOf,
        is_due: Callable[[str], bool],
        publish: Callable[[Event], None],
        snapshot: Callable[[], ClusterSnapshot],
        clock: Clock,
        tasks: Tasks,
        intervals_s: Mapping[Part, float] = INTERVALS_S,
    ) -> None:
        self.containers: tuple[DockerContainer, ...] = ()
        self.containers_at: datetime | None = None
        self.containers_because: str | None = None
        self._config = config
        self._ask = ask
        self._link_of = link_of
        self._is_due = is_due
        self._publish = publish
        self._snapshot = snapshot
        self._clock = clock
        self._tasks = tasks
        self._rounds = Rounds(intervals_s)
        self._findings: dict[str, NodeFindings] = {}
        self._watches: Mapping[str, NodeWatch] = MappingProxyType({})
        self._told: dict[str, Told] = {}
        self._began_s = 0.0
        self._wake = asyncio.Event()

    @property
    def watches(self) -> Mapping[str, NodeWatch]:
        """By node, in order of their names; the same objects until something changes."""
        return self._watches

    def start(self, told: Mapping[str, Told]) -> None:
        """Begin to watch; nodes are read as the cluster tells of them.

        `told` is what was told of each before Jarvis last stopped.
        """
        self._told = dict(told)
        self._began_s = self._clock.monotonic_s()
        self._tasks.start(self._watch(), name="nodes:watch")

    def look_again(self, node: str) -> None:
        """Something about a node has changed: read all of it now."""
        self._rounds.hasten(node, self._clock.monotonic_s())
        self._wake.set()

    def take_link(self, node: str) -> None:
        """The connection to a node stands differently."""
        findings = self._findings.get(node)
        if findings is not None and findings.take_link(self._link_of(node)):
            self._show(node)

    async def _watch(self) -> None:
        while True:
            self._wake.clear()
            try:
                self.look()
            except Exception:
                log.exception("a look at the nodes failed, the next one comes all the same")
            next_s = self._rounds.next_s()
            pause_s = LONGEST_PAUSE_S
            if next_s is not None:
                pause_s = min(max(next_s - self._clock.monotonic_s(), 0.05), LONGEST_PAUSE_S)
            await pause(pause_s, self._wake)

    def look(self) -> None:
        """Start every reading that is due, each in a task of its own."""
        now_s = self._clock.monotonic_s()
        nodes = self._nodes()
        self._keep_findings(nodes)
        self._take_services()
        wanted = [
            Round(name, part) for name, why in nodes.items() if not why for part in NODE_PARTS
        ]
        place = self._docker_place()
        if isinstance(place, DockerPlace):
            wanted.append(Round(place.node, Part.CONTAINERS))
        elif place != self.containers_because:
            self.containers_because = place
            self._publish(NodesWatched(at=self._clock.now()))
        self._rounds.keep(wanted, now_s)
        for round_ in self._rounds.take_due(now_s):
            if not self._is_due(round_.node):
                self._rounds.finished(round_, now_s, failed=True)
                self._note_failure(round_, self._link_of(round_.node).because or "not reached yet")
                continue
            name = f"watch:{round_.node}:{round_.part}"
            self._tasks.start(self._read(round_), name=name, job=new_ident())

    def _nodes(self) -> dict[str, str | None]:
        """The nodes to watch; with a reason for each that is not dialled."""
        snapshot = self._snapshot()
        if snapshot.nodes_at is None:
            waited_s = self._clock.monotonic_s() - self._began_s
            names = self._config.addresses if waited_s >= WITHOUT_CLUSTER_S else ()
            return dict.fromkeys(sorted(names))
        return {
            name: None if node.state in DIALLED else f"{name} is {node.state}: it was not asked"
            for name, node in sorted(snapshot.nodes.items())
        }

    def _keep_findings(self, nodes: Mapping[str, str | None]) -> None:
        gone = self._findings.keys() - nodes.keys()
        for name in gone:
            del self._findings[name]
        changed = bool(gone)
        for name, why in nodes.items():
            if name not in self._findings:
                self._findings[name] = NodeFindings(
                    self._link_of(name),
                    line_c=self._config.temperature_warning_c,
                    told=self._told.pop(name, NOTHING_TOLD),
                )
                changed = True
            if why is not None:
                before = self._findings[name].watch
                for part in NODE_PARTS:
                    self._findings[name].take_failure(part, why)
                changed = changed or self._findings[name].watch != before
        if changed:
            self._show(None)

    def _take_services(self) -> None:
        """What Proxmox itself says of the services of each node, whether SSH reaches it or not."""
        for name, node in self._snapshot().nodes.items():
            findings, detail = self._findings.get(name), node.detail
            if findings is not None and detail is not None and node.state in DIALLED:
                for happening in findings.take_services(detail.services, detail.read_at):
                    self._publish(happening)

    def _docker_place(self) -> DockerPlace | str:
        """Where Jarvis's Docker daemon is, or why that is not known."""
        node, vmid = self._config.docker_node, self._config.docker_vmid
        if node is None and vmid is None:
            return "Neither JARVIS_DOCKER_NODE nor JARVIS_DOCKER_VMID is set"
        snapshot = self._snapshot()
        is_container = False
        if vmid is not None:
            guest = snapshot.guests.get(vmid)
            if guest is not None:
                node, is_container = guest.node, guest.kind is GuestKind.LXC
            if node is None or (guest is None and snapshot.guests_at is not None):
                return f"Guest {vmid} (JARVIS_DOCKER_VMID) is not to be found"
            if guest is None:
                return f"Guest {vmid} has not been seen yet"
        assert node is not None
        known = snapshot.nodes.get(node)
        if known is not None and known.state not in DIALLED:
            return f"{node} is {known.state}: it was not asked"
        return DockerPlace(node=node, vmid=vmid, is_container=is_container)

    async def _read(self, round_: Round) -> None:
        failed = unsettled = False
        try:
            unsettled = await self._take(round_)
        except NodesError as error:
            failed = True
            log.debug("a part could not be read", node=round_.node, part=round_.part)
            self._note_failure(round_, error.because)
        except Exception:
            failed = True
            log.exception("a reading could not be understood", node=round_.node, part=round_.part)
            self._note_failure(round_, "Jarvis could not make sense of an answer; see its log")
        finally:
            self._rounds.finished(
                round_, self._clock.monotonic_s(), failed=failed, unsettled=unsettled
            )
            self._wake.set()

    async def _take(self, round_: Round) -> bool:
        """Read one part and publish what is news; whether another reading would settle more."""
        node, ask = round_.node, self._ask
        if round_.part is Part.CONTAINERS:
            place = self._docker_place()
            if isinstance(place, DockerPlace):
                self.containers = await fetch_containers(ask, place)
                self.containers_at, self.containers_because = self._clock.now(), None
                self._publish(NodesWatched(at=self._clock.now(), node=place.node))
            return False
        match round_.part:
            case Part.SENSORS:
                sensors = await fetch_sensors(ask, node)
                return self._judge(node, lambda f, at: f.take_sensors(sensors, at))
            case Part.DRIVES:
                drives = await fetch_drives(ask, node)
                return self._judge(node, lambda f, at: f.take_drives(drives, at))
            case Part.POOLS:
                pools = await fetch_pools(ask, node)
                return self._judge(node, lambda f, at: f.take_pools(pools, at))
            case _:
                units = await fetch_failed_units(ask, node)
                return self._judge(node, lambda f, at: f.take_units(units, at))

    def _judge(self, node: str, take: Callable[[NodeFindings, datetime], list[Happening]]) -> bool:
        findings = self._findings.get(node)
        if findings is None:
            return False
        findings.unsettled = False
        for happening in take(findings, self._clock.now()):
            self._publish(happening)
        self._show(node)
        return findings.unsettled

    def _note_failure(self, round_: Round, because: str) -> None:
        if round_.part is Part.CONTAINERS:
            if because != self.containers_because:
                self.containers_because = because
                self._publish(NodesWatched(at=self._clock.now(), node=round_.node))
            return
        findings = self._findings.get(round_.node)
        if findings is not None:
            before = findings.watch
            findings.take_failure(round_.part, because)
            if findings.watch != before:
                self._show(round_.node)

    def _show(self, node: str | None) -> None:
        self._watches = MappingProxyType(
            {name: self._findings[name].watch for name in sorted(self._findings)}
        )
        self._publish(NodesWatched(at=self._clock.now(), node=node))
