"""A small cluster told reading by reading, in the words of Proxmox."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from services.cluster.diff import diff
from services.cluster.flapping import FlapDamper
from services.cluster.model import ClusterSnapshot, GuestSnapshot, NodeSnapshot, StorageSnapshot
from services.cluster.observe import Policy, observe_resources, observe_status, observe_tasks
from services.cluster.parse_cluster import parse_cluster_status
from services.cluster.parse_resources import Section, parse_resources
from services.cluster.parse_tasks import parse_tasks
from services.events import Happening
from tests.support.turned_clock import TurnedClock

Row = dict[str, Any]

GIB = 1024**3


def node_row(name: str, status: str = "online", *, uptime: int = 100_000, **more: Any) -> Row:
    row: Row = {"type": "node", "id": f"node/{name}", "node": name, "status": status}
    if status == "online":
        row |= {"cpu": 0.1, "maxcpu": 8, "mem": 4 * GIB, "maxmem": 16 * GIB}
        row |= {"disk": 10 * GIB, "maxdisk": 100 * GIB, "uptime": uptime, "level": ""}
    return row | more


def guest_row(
    vmid: int,
    node: str = "pve",
    status: str = "running",
    *,
    kind: str = "qemu",
    uptime: int = 5_000,
    **more: Any,
) -> Row:
    row: Row = {"type": kind, "id": f"{kind}/{vmid}", "vmid": vmid, "node": node, "status": status}
    if status == "unknown":
        return row | more
    running = status == "running"
    row |= {"name": f"guest-{vmid}", "template": 0, "maxcpu": 2, "maxmem": 2 * GIB}
    row |= {"cpu": 0.05 if running else 0, "mem": GIB if running else 0}
    row |= {"disk": 0, "maxdisk": 32 * GIB, "uptime": uptime if running else 0}
    return row | more


def storage_row(
    storage: str, node: str = "pve", *, percent: float | None = 40.0, shared: int = 0, **more: Any
) -> Row:
    row: Row = {"type": "storage", "id": f"storage/{node}/{storage}", "node": node}
    row |= {"storage": storage, "shared": shared, "plugintype": "zfspool"}
    row |= {"content": "images,rootdir"}
    if percent is None:
        return row | {"status": "unknown"} | more
    used = {"disk": round(percent * GIB), "maxdisk": 100 * GIB}
    return row | {"status": "available"} | used | more


def task_row(
    kind: str,
    subject: int | str = "",
    *,
    node: str = "pve",
    user: str = "root@pam",
    started: datetime,
    ended: datetime | None = None,
    status: str | None = None,
    serial: int = 1,
) -> Row:
    start = int(started.timestamp())
    upid = f"UPID:{node}:{serial:08X}:{serial:08X}:{start:08X}:{kind}:{subject}:{user}:"
    row: Row = {"upid": upid, "node": node, "type": kind, "id": str(subject), "user": user}
    row["starttime"] = start
    if ended is not None:
        row |= {"endtime": int(ended.timestamp()), "status": status or "OK"}
    return row


class Story:
    """Holds Proxmox's rows as they are now; each `read` hands back what is worth telling."""

    def __init__(self, *, policy: Policy | None = None) -> None:
        self.clock = TurnedClock()
        self.policy = policy or Policy()
        self.nodes: dict[str, Row] = {name: node_row(name) for name in ("home", "pve", "agent")}
        self.guests: dict[int, Row] = {104: guest_row(104)}
        self.storages: list[Row] = []
        self.tasks: list[Row] = []
        self.tasks_readable = True
        self.quorate: int = 1
        self.snapshot = ClusterSnapshot(taken_at=self.clock.now())
        self.told: list[Happening] = []
        self.damper = FlapDamper()

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def node(self, name: str = "pve") -> NodeSnapshot:
        return self.snapshot.nodes[name]

    def guest(self, vmid: int = 104) -> GuestSnapshot:
        return self.snapshot.guests[vmid]

    def storage(self, storage: str, node: str = "pve") -> StorageSnapshot:
        return self.snapshot.storages[f"storage/{node}/{storage}"]

    def put(self, *rows: Row) -> "Story":
        """Proxmox lists these rows now, in the place of what they name."""
        for row in rows:
            match row["type"]:
                case "node":
                    self.nodes[row["node"]] = row
                case "storage":
                    self.storages = [each for each in self.storages if each["id"] != row["id"]]
                    self.storages.append(row)
                case _:
                    self.guests[row["vmid"]] = row
        return self

    def did(self, kind: str, subject: int | str = "", **more: Any) -> None:
        """A task that started and ended well this second."""
        more = {"started": self.now, "ended": self.now, "serial": len(self.tasks) + 1} | more
        self.tasks.append(task_row(kind, subject, **more))

    def payload(self, only: Section | None = None) -> list[Row]:
        parts = {
            Section.NODES: [*self.nodes.values()],
            Section.GUESTS: [*self.guests.values()],
            Section.STORAGES: self.storages,
        }
        return [row for section in Section if only in (None, section) for row in parts[section]]

    def read(self, after_s: float = 32, *, only: Section | None = None) -> list[Happening]:
        """What the important tier does: everything, and the tasks when they can be read."""
        at = self.clock.turn(after_s)
        with self._telling() as told:
            if self.tasks_readable and only is None:
                self.snapshot = observe_tasks(self.snapshot, parse_tasks(self.tasks), at)
            reading = parse_resources(self.payload(only), at, only=only)
            self.snapshot = observe_resources(self.snapshot, reading, at, policy=self.policy)
        return told

    def probe(self, after_s: float = 12) -> list[Happening]:
        """What the critical tier does: the nodes alone."""
        return self.read(after_s, only=Section.NODES)

    def read_status(self, after_s: float = 12, **online: int) -> list[Happening]:
        """`/cluster/status`, with the nodes' `online` as given, else as their rows have it."""
        at = self.clock.turn(after_s)
        rows: list[Row] = [
            {"type": "cluster", "name": "lab", "nodes": len(self.nodes), "quorate": self.quorate}
        ]
        for name, row in self.nodes.items():
            seen = online.get(name, int(row["status"] != "offline"))
            rows.append({"type": "node", "name": name, "online": seen, "nodeid": 1})
        with self._telling() as told:
            reading = parse_cluster_status(rows, at)
            self.snapshot = observe_status(self.snapshot, reading, at, policy=self.policy)
        return told

    @contextmanager
    def _telling(self) -> Iterator[list[Happening]]:
        old = self.snapshot
        told: list[Happening] = []
        yield told
        told.extend(self.damper.damp(diff(old, self.snapshot), self.snapshot))
        self.told.extend(told)


def kinds(told: list[Happening]) -> list[str]:
    """The names of what was told."""
    return [type(happening).__name__ for happening in told]
