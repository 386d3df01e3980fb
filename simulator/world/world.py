"""The world: its things, its time, and what each of its nodes can see of the others."""

from collections.abc import Callable
from typing import TypeVar, cast

from .clock import Clock
from .docker import DockerDaemon
from .errors import GuestMissing
from .figures import (
    GuestFigures,
    NodeFigures,
    NodePulse,
    guest_figures,
    node_figures,
    node_pulse,
    storage_used,
)
from .history import History
from .layout import make_guests, make_nodes, make_storages
from .model import Backup, Guest, Kind, Node, Storage
from .noise import between, chance
from .tasks import Agenda, TaskLog

T = TypeVar("T")

LINGER_S = 300.0
"""How long a lost node's last figures stay in the cluster's listings."""
CLUSTER_NAME = "homelab"


class World:
    """A whole simulated cluster.

    Reading: `nodes`, `guests`, `storages`, `backups`, `tasks`, and the figures of any moment.
    `now` is the present moment; call `advance()` before reading, the API does it per request.
    `told(at)` turns a moment into what the nodes' clocks show: use it for every time in an answer.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        nodes: int = 4,
        guests: int = 20,
        pve: str = "9.2",
        clock: Clock | None = None,
    ) -> None:
        self.seed = seed
        self.pve = pve
        self.clock = clock or Clock()
        self.began = self.clock.began
        self.nodes: dict[str, Node] = make_nodes(seed, nodes, self.began)
        self.guests: dict[int, Guest] = make_guests(seed, guests, self.nodes, self.began)
        self.storages: list[Storage] = make_storages(seed, self.nodes)
        self.backups: list[Backup] = []
        self.agenda = Agenda()
        self.agenda.at = self.began
        self.tasks = TaskLog(self.clock, self.agenda)
        self.history = History(self)
        self.docker = DockerDaemon(self)
        self.partition: frozenset[str] | None = None
        """Nodes cut off from all others; None while the network is whole."""
        self.partition_at = 0.0
        self.fingerprints: dict[str, str] = {}
        """Of the certificates the nodes show."""
        self.certificates: dict[str, dict[str, str]] = {}
        """node -> file name -> PEM."""
        self.next_backup_at = 0.0
        """When the nightly job runs next."""
        self.version = 0
        """Counts changes of state, so that answers can be cached within a second."""
        self._remembered: dict[object, tuple[object, object]] = {}

    @property
    def major(self) -> int:
        """8 or 9: which shapes the API answers in."""
        return int(self.pve.split(".")[0])

    @property
    def now(self) -> float:
        return self.agenda.at

    def advance(self) -> float:
        """Bring the world to the present; hands back the moment."""
        self.agenda.advance(self.clock.now)
        return self.now

    def told(self, at: float) -> int:
        """What the nodes' clocks show at that moment: for every time in an answer."""
        return self.clock.told(at)

    def chance(self, *parts: object) -> float:
        """[0, 1), always the same for the same parts."""
        return chance(self.seed, *parts)

    def between(self, low: float, high: float, *parts: object) -> float:
        return between(low, high, self.seed, *parts)

    def find_guest(self, node: str, kind: Kind, vmid: int) -> Guest:
        """The guest with that number of that kind on that node; GuestMissing otherwise."""
        guest = self.guests.get(vmid)
        if guest is None or guest.kind != kind or guest.node != node:
            raise GuestMissing(node, kind, vmid)
        return guest

    def guests_on(self, node: str) -> list[Guest]:
        """By number."""
        grouped = self.remember("guests by node", self.version, self._group)
        return grouped.get(node, [])[:]

    def _group(self) -> dict[str, list[Guest]]:
        grouped: dict[str, list[Guest]] = {name: [] for name in self.nodes}
        for vmid in sorted(self.guests):
            guest = self.guests[vmid]
            grouped[guest.node].append(guest)
        return grouped

    def storages_of(self, node: str) -> list[Storage]:
        """What that node can use, by name."""
        found = [storage for storage in self.storages if node in storage.nodes]
        return sorted(found, key=lambda storage: storage.name)

    def find_storage(self, node: str, name: str) -> Storage | None:
        return next((s for s in self.storages if s.name == name and node in s.nodes), None)

    def guest_figures(self, guest: Guest, at: float | None = None) -> GuestFigures | None:
        """None when it was off at that moment."""
        return guest_figures(guest, self.now if at is None else at, self.began)

    def node_pulse(self, node: Node) -> NodePulse | None:
        """The figures of now that listings carry; None when the node is down."""
        if not node.was_up(self.now):
            return None
        return node_pulse(node, self.guests_on(node.name), self.now, self.began)

    def node_figures(self, node: Node, at: float | None = None) -> NodeFigures | None:
        """None when the node was down at that moment."""
        moment = self.now if at is None else at
        if not node.was_up(moment):
            return None
        return node_figures(node, self.guests_on(node.name), moment, self.began)

    def storage_used(self, storage: Storage, at: float | None = None) -> int:
        """Bytes used at that moment."""
        return storage_used(storage, self.now if at is None else at, self.began)

    def lost_since(self, viewer: str, node: Node) -> float | None:
        """Since when `viewer` has not seen `node` in the cluster; None while it does."""
        if node.name == viewer:
            return None
        if node.lost_at is not None:
            return node.lost_at
        if self.partition is not None and {viewer, node.name} & self.partition:
            return self.partition_at
        return None

    def is_quorate(self, viewer: str) -> bool:
        """Whether the side `viewer` is on has the majority."""
        seen = sum(self.lost_since(viewer, node) is None for node in self.nodes.values())
        return seen * 2 > len(self.nodes)

    def remember(self, key: object, stamp: object, make: Callable[[], T]) -> T:
        """What `make` made for this key, as long as the stamp stays the same."""
        known = self._remembered.get(key)
        if known is not None and known[0] == stamp:
            return cast(T, known[1])
        made = make()
        self._remembered[key] = (stamp, made)
        return made

    def changed(self) -> None:
        """To be called by whatever changes the state."""
        self.version += 1
        for node in self.nodes.values():
            if node.heat_c != node.heat_at(self.now):
                node.heats.append((self.now, node.heat_c))
        for storage in self.storages:
            level = (storage.filled, storage.added_bytes)
            if level != storage.level_at(self.now):
                storage.levels.append((self.now, *level))
