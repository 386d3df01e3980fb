"""The blast radius of a call: what it would do to the house, for the person who decides.

Each touch becomes rows of a label and a value, in the order in which they are to be read. A value
that is not known is `—` with its reason; one that was not read just now has its age.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from services.cluster.model import (
    ClusterSnapshot,
    GuestKind,
    GuestSnapshot,
    GuestState,
    NodeState,
)
from services.nodes.model import DockerContainer
from services.safety.protection import ANY, Place, is_protected
from services.safety.touches import Touch, TouchKind
from services.tools.blast_sight import GuestSight, Sight
from services.tools.figures import UNKNOWN, count, told_age, told_share, told_span

BlastRow = tuple[str, str]
"""A label and its value."""

MOST_ROWS: Final = 60
_NAMED: Final = 8
"""Guests told by name before the rest is only counted."""
_LONGEST_NOTE: Final = 160


def blast_of(
    touches: Sequence[Touch],
    snapshot: ClusterSnapshot,
    sight: Sight,
    *,
    place: Place,
    containers: Sequence[DockerContainer] = (),
    now: datetime,
) -> tuple[BlastRow, ...]:
    """The rows of all that would be touched."""
    card = _Card(snapshot, sight, place, containers, now)
    groups = dict.fromkeys(tuple(card.rows(touch)) for touch in touches)
    kept = [row for group in groups for row in group]
    if len(kept) > MOST_ROWS:
        left = len(kept) - MOST_ROWS
        kept = [*kept[:MOST_ROWS], ("More", f"{count(left, 'row')} left out")]
    return tuple(kept)


class _Card:
    def __init__(
        self,
        snapshot: ClusterSnapshot,
        sight: Sight,
        place: Place,
        containers: Sequence[DockerContainer],
        now: datetime,
    ) -> None:
        self._snapshot = snapshot
        self._sight = sight
        self._place = place
        self._containers = containers
        self._now = now

    def rows(self, touch: Touch) -> Iterator[BlastRow]:
        match touch.kind:
            case TouchKind.GUEST:
                yield from self._guest(touch)
            case TouchKind.NODE_POWER:
                yield from self._power(touch)
            case TouchKind.NODE:
                yield from self._node(touch.id)
            case TouchKind.SERVICE:
                yield ("Service", f"{touch.id} on {touch.node or UNKNOWN}")
                if touch.node is not None:
                    yield from self._neighbours(touch.node)
            case TouchKind.DOCKER:
                yield from self._container(touch)
            case TouchKind.STORAGE:
                yield from self._storage(touch)
            case TouchKind.CLUSTER:
                yield from self._cluster()

    def _guest(self, touch: Touch) -> Iterator[BlastRow]:
        vmid = int(touch.id) if touch.id.isascii() and touch.id.isdigit() else None
        guest = self._snapshot.guests.get(vmid) if vmid is not None else None
        if guest is None:
            what = "any, which cannot be told beforehand" if touch.id == ANY else touch.id
            missing = f"{UNKNOWN} {touch.id} is not among the guests that were read"
            yield ("Guest", what if touch.id == ANY else missing)
            return
        sight = self._sight.guests.get(guest.vmid, GuestSight())
        kind = "a virtual machine" if guest.kind is GuestKind.QEMU else "a container"
        yield ("Guest", f"{guest.label}, {kind} on {guest.node}")
        yield ("State", self._state(guest, sight))
        yield from self._purpose(guest, sight)
        yield ("High availability", self._ha(guest, sight))
        lock = sight.status.lock if sight.status else guest.lock
        yield ("Lock", lock or "none")
        yield ("Last backup", self._backup(guest.vmid))
        yield ("Snapshots", self._snapshots(sight))
        if running := self._tasks(lambda id_, _: id_ == str(guest.vmid)):
            yield ("Running on it", running)

    def _state(self, guest: GuestSnapshot, sight: GuestSight) -> str:
        if sight.status is not None:
            up = sight.status.uptime_s
            since = f" for {told_span(up)}" if up else ""
            detail = f" ({sight.status.state_detail})" if sight.status.state_detail else ""
            return f"{sight.status.state.value}{detail}{since}"
        why = f"; not read anew: {sight.because}" if sight.because else ""
        return f"{guest.state.value}, seen {told_age(self._snapshot.guests_at, self._now)}{why}"

    def _purpose(self, guest: GuestSnapshot, sight: GuestSight) -> Iterator[BlastRow]:
        tags = sight.status.tags if sight.status else guest.tags
        if tags:
            yield ("Tags", ", ".join(tags))
        notes = sight.config.description if sight.config else None
        lines = [line.strip(" #*\t") for line in (notes or "").splitlines()]
        if line := next(filter(None, lines), ""):
            yield ("Notes", line[:_LONGEST_NOTE])
        if "dns" in (tag.casefold() for tag in tags):
            others = [
                other.label
                for other in self._snapshot.guests.values()
                if other.vmid != guest.vmid
                and other.state is GuestState.RUNNING
                and "dns" in (tag.casefold() for tag in other.tags)
            ]
            told = f"also {', '.join(others[:3])}" if others else "no other resolver seen"
            yield ("It serves", f"DNS for the network; {told}")

    def _ha(self, guest: GuestSnapshot, sight: GuestSight) -> str:
        if sight.status is not None and sight.status.ha_managed is not None:
            state = sight.status.ha_state or guest.ha_state or "state not told"
            return f"managed ({state})" if sight.status.ha_managed else "not managed"
        return f"managed ({guest.ha_state})" if guest.ha_state else "not managed, as last seen"

    def _backup(self, vmid: int) -> str:
        backups = self._snapshot.backups
        if backups is None:
            return f"{UNKNOWN} backups have not been read"
        moment = backups.last_backup_at.get(vmid)
        read = told_age(backups.read_at, self._now)
        if moment is None and backups.unseen_because:
            return f"{UNKNOWN} {backups.unseen_because}"
        if moment is None:
            return f"none found on any storage (looked {read})"
        return f"{told_age(moment, self._now)} (looked {read})"

    def _snapshots(self, sight: GuestSight) -> str:
        if sight.snapshots is None:
            return f"{UNKNOWN} {sight.because or 'not read'}"
        if not sight.snapshots:
            return "none"
        newest = sight.snapshots[0]
        age = told_age(newest.taken_at, self._now)
        return f"{len(sight.snapshots)}, the newest {newest.name}, {age}"

    def _power(self, touch: Touch) -> Iterator[BlastRow]:
        yield from self._node(touch.id)
        if not touch.ends:
            return
        there = [
            guest
            for guest in self._snapshot.guests.values()
            if guest.node == touch.id and guest.state in (GuestState.RUNNING, GuestState.PAUSED)
        ]
        yield ("Goes down with it", _listed([guest.label for guest in there]))
        moved = [guest.label for guest in there if guest.ha_state]
        if moved:
            yield ("High availability", f"restarts elsewhere: {_listed(moved)}")
        yield ("Quorum after it", self._quorum_without(touch.id))

    def _node(self, name: str) -> Iterator[BlastRow]:
        node = self._snapshot.nodes.get(name)
        if node is None:
            any_ = "any, which cannot be told beforehand"
            yield ("Node", any_ if name == ANY else f"{UNKNOWN} {name} is not among the nodes")
            return
        up = f" for {told_span(node.uptime_s)}" if node.uptime_s else ""
        age = told_age(self._snapshot.nodes_at, self._now)
        yield ("Node", f"{name}: {node.state.value}{up}, seen {age}")
        if running := self._tasks(lambda _, at: at == name):
            yield ("Running there", running)
        yield from self._neighbours(name)

    def _neighbours(self, node: str) -> Iterator[BlastRow]:
        held = [
            guest.label
            for guest in self._snapshot.guests.values()
            if guest.node == node and is_protected(guest, self._place)
        ]
        if held:
            yield ("Protected there", _listed(held))

    def _quorum_without(self, node: str) -> str:
        snapshot = self._snapshot
        expected = snapshot.nodes_expected or len(snapshot.nodes)
        if snapshot.quorum_at is None or not expected:
            return f"{UNKNOWN} quorum has not been read"
        found = snapshot.nodes.get(node)
        leaves = 1 if found is not None and found.state is NodeState.ONLINE else 0
        left, wanted = snapshot.nodes_online - leaves, expected // 2 + 1
        verdict = "kept" if left >= wanted else "lost: Proxmox will refuse every change"
        return f"{verdict}; {left} of {expected} nodes online, {wanted} wanted"

    def _container(self, touch: Touch) -> Iterator[BlastRow]:
        where = f" on {touch.node}" if touch.node else ""
        if touch.id == ANY:
            yield ("Containers", f"all of Docker{where}")
            return
        one = next((c for c in self._containers if touch.id in (c.name, c.id)), None)
        if one is None:
            yield ("Container", f"{touch.id}{where}; {UNKNOWN} not among those that were read")
        else:
            yield ("Container", f"{one.name}{where}: {one.state}, {one.status}")
            yield ("Image", one.image)

    def _storage(self, touch: Touch) -> Iterator[BlastRow]:
        name = touch.id.partition(":")[0]
        yield ("Storage", touch.id + (f" on {touch.node}" if touch.node else ""))
        for row in self._snapshot.storages.values():
            if row.storage == name and touch.node in (None, row.node):
                age = told_age(self._snapshot.storages_at, self._now)
                yield (f"{row.node}/{name}", f"{told_share(row.used_fraction)} full, seen {age}")

    def _cluster(self) -> Iterator[BlastRow]:
        snapshot = self._snapshot
        quorum = {True: "there", False: "lost", None: UNKNOWN}[snapshot.quorate]
        yield ("Cluster", snapshot.name or "a node that stands alone")
        yield ("Quorum", f"{quorum}, {snapshot.nodes_online} of {len(snapshot.nodes)} nodes online")

    def _tasks(self, wanted: Callable[[str | None, str], bool]) -> str | None:
        running = [
            f"{task.kind} by {task.user} begun {told_age(task.started_at, self._now)}"
            for task in self._snapshot.tasks
            if task.ended_at is None and wanted(task.subject_id, task.node)
        ]
        return _listed(running) if running else None


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "nothing that runs"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)}: {', '.join(names[:_NAMED])}{more}"
