"""What nobody may act on through Jarvis, whoever asks, whatever was approved: pure code.

Protected are the guest Jarvis lives in, every guest that is tagged or listed as protected, the
power of the node such a guest is on and what of that node would take it down, and the Docker
daemon and the containers that are Jarvis itself. Where it is not known what an action would
touch, or where the protected guest is, the action counts as touching it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.cluster.model import ClusterSnapshot, GuestSnapshot, GuestState
from services.nodes.model import DockerContainer
from services.safety.touches import Touch, TouchKind

ANY: Final = "*"
"""As the id of a touch: whichever there is."""
STALE_AFTER: Final = timedelta(minutes=10)
"""An older reading no longer tells on which node a guest is."""
Subject = tuple[TouchKind, str]
"""The kind and the id of a touch."""
_HEX_ID = re.compile(r"[0-9a-f]{3,64}")

_HOLDS_UP = re.compile(
    r"(?:pve-(?:cluster|guests|ha-crm|ha-lrm|container@.*|lxc-syscalld|firewall)"
    r"|proxmox-firewall|corosync|pmxcfs|watchdog-mux|qmeventd|lxc(?:-net|-monitord|fs)?|lxc@.*"
    r"|docker|containerd|podman|libvirtd|networking|network|ifupdown2?|systemd-networkd|NetworkManager"
    r"|openvswitch-switch|ovs-vswitchd|dbus|systemd-(?:logind|udevd|machined)|udev"
    r"|zfs(?:-.*)?|zed|lvm2?(?:-.*)?|dm-event|multipathd|iscsid|open-iscsi|nfs-client"
    r"|rpcbind|ceph(?:-.*)?|ceph@.*|glusterd|drbd|user@0)(?:\.(?:service|socket))?"
    r"|.*\.(?:mount|automount|swap|slice|scope|device|target)|-\.mount|dev-.*"
)
"""Units whose stop takes guests, their disks, their network, or the node's place in the cluster."""
_POWER_UNITS = re.compile(
    r"(?:reboot|poweroff|halt|shutdown|kexec|rescue|emergency|exit|suspend|hibernate|sleep"
    r"|hybrid-sleep|suspend-then-hibernate|soft-reboot|runlevel\d|ctrl-alt-del)\.target"
    r"|systemd-(?:reboot|poweroff|halt|kexec|suspend|hibernate|soft-reboot)(?:\.service)?"
)
"""Units whose start takes the node down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where Jarvis lives, as far as it is known."""

    vmid: int | None = None
    """The guest it runs in; None on a machine of its own, or where nobody has told."""
    docker: frozenset[str] = frozenset()
    """Where its Docker daemon is: names of nodes, numbers of guests."""
    containers: frozenset[str] = frozenset()
    """Names and ids of the containers that are Jarvis, beside those that begin with `jarvis`."""


def own_containers(containers: Iterable[DockerContainer]) -> frozenset[str]:
    """Names and ids of those that are part of Jarvis: by name, image or Compose project."""
    own: set[str] = set()
    for one in containers:
        labels = dict(one.labels)
        project = labels.get("com.docker.compose.project", "")
        image = one.image.rpartition("/")[2]
        if any(text.casefold().startswith("jarvis") for text in (one.name, image, project)):
            own |= {one.id, one.name}
    return frozenset(own)


def protects(
    touches: Sequence[Touch],
    snapshot: ClusterSnapshot,
    place: Place,
    *,
    now: datetime | None = None,
) -> str | None:
    """Why an action on these is refused, as a clause; None where nothing protected is touched.

    Give only what an action would change: reading is never refused. With `now` an old reading
    counts as not knowing on which node the protected guests are.
    """
    if not touches:
        return None
    if snapshot.guests_at is None and any(map(_needs_knowledge, touches)):
        return "the guests have not been read yet, so it is not known what is protected"
    held = [guest for guest in snapshot.guests.values() if is_protected(guest, place)]
    stale = now is not None and snapshot.guests_at is not None
    stale = stale and now - snapshot.guests_at > STALE_AFTER  # type: ignore[operator]
    look = _Look(held, snapshot, place, stale=bool(stale), told_more=_tells_more(touches))
    return next((why for touch in touches if (why := look.at(touch))), None)


def find_holds(snapshot: ClusterSnapshot, place: Place) -> Mapping[Subject, str]:
    """Why no act on these guests, and no going down of these nodes, is possible; pure.

    By kind and id, for a page to say so before anybody asks; what is asked is judged by `protects`.
    """
    if snapshot.guests_at is None:
        return {}
    held = [guest for guest in snapshot.guests.values() if is_protected(guest, place)]
    look = _Look(held, snapshot, place, stale=False, told_more=False)
    touches = [
        *(Touch(kind=TouchKind.GUEST, id=str(guest.vmid)) for guest in held),
        *(Touch(kind=TouchKind.NODE_POWER, id=node, ends=True) for node in snapshot.nodes),
    ]
    return {(touch.kind, touch.id): why for touch in touches if (why := look.at(touch))}


def is_protected(guest: GuestSnapshot, place: Place) -> bool:
    """Whether every action on this guest is refused."""
    return guest.protected or guest.vmid == place.vmid


def _needs_knowledge(touch: Touch) -> bool:
    return not (touch.kind is TouchKind.NODE_POWER and not touch.ends)


def _tells_more(touches: Sequence[Touch]) -> bool:
    """Whether what ends in the cluster is told by the other touches: one node that leaves it."""
    whole = any(touch.kind is TouchKind.CLUSTER and touch.id == ANY for touch in touches)
    return not whole and any(
        touch.kind is TouchKind.NODE and touch.ends and touch.id != ANY for touch in touches
    )


class _Look:
    """One look at touches, with what is protected at hand."""

    def __init__(
        self,
        held: list[GuestSnapshot],
        snapshot: ClusterSnapshot,
        place: Place,
        *,
        stale: bool,
        told_more: bool,
    ) -> None:
        self._held = held
        self._place = place
        self._snapshot = snapshot
        self._stale = stale
        self._told_more = told_more
        listed = place.vmid is None or place.vmid in snapshot.guests
        self._lost = not listed
        """Whether the guest Jarvis lives in is not among those that were read."""

    def at(self, touch: Touch) -> str | None:
        match touch.kind:
            case TouchKind.GUEST:
                return self._guest(touch)
            case TouchKind.NODE_POWER:
                return self._power(touch) if touch.ends else None
            case TouchKind.NODE:
                return self._node(touch) if touch.ends else None
            case TouchKind.SERVICE:
                return self._service(touch)
            case TouchKind.DOCKER:
                return self._docker(touch)
            case TouchKind.STORAGE:
                return self._storage(touch) if touch.ends else None
            case TouchKind.CLUSTER:
                return self._cluster() if touch.ends and not self._told_more else None

    def _guest(self, touch: Touch) -> str | None:
        if touch.id == ANY:
            near = self._on(touch.node)
            if near is None:
                return None
            return f"it is not known on which guests it acts, and {near}"
        if self._place.vmid is not None and touch.id == str(self._place.vmid):
            return f"I may not act on {self._told_own()}: I live there"
        for guest in self._held:
            if touch.id in (str(guest.vmid), guest.name):
                return f"I may not act on {guest.label}: it is protected"
        return None

    def _power(self, touch: Touch) -> str | None:
        near = self._on(None if touch.id == ANY else touch.id)
        return f"{self._told_node(touch.id)} may not go down: {near}" if near else None

    def _node(self, touch: Touch) -> str | None:
        near = self._on(None if touch.id == ANY else touch.id)
        return (
            f"this could take down what runs on {self._told_node(touch.id)}: {near}"
            if near
            else None
        )

    def _service(self, touch: Touch) -> str | None:
        powers = _POWER_UNITS.fullmatch(touch.id) is not None
        if not powers and not (touch.ends and self._holds_up(touch.id)):
            return None
        near = self._on(touch.node)
        if near is None and self._is_own_docker(touch.node) and _is_docker(touch.id):
            near = "it runs me"
        return f"{touch.id} may not be touched so: {near}" if near else None

    def _holds_up(self, unit: str) -> bool:
        if any(mark in unit for mark in "*?[") or _HOLDS_UP.fullmatch(unit):
            return True
        return any(re.search(rf"(?<!\d){guest.vmid}(?!\d)", unit) for guest in self._held)

    def _docker(self, touch: Touch) -> str | None:
        if not self._is_own_docker(touch.node):
            return None
        if touch.id == ANY:
            return "I may not act on the Docker daemon that runs me" if self._knows_docker else None
        name = touch.id.lstrip("/")
        if name.casefold().startswith("jarvis") or name in self._place.containers:
            return f"I may not act on the container {name}: it is part of me"
        if _HEX_ID.fullmatch(name) and self._may_be_own(name):
            return f"I may not act on the container {name[:12]}: it may be part of me"
        return None

    @property
    def _knows_docker(self) -> bool:
        return bool(self._place.docker or self._place.vmid is not None or self._held)

    def _may_be_own(self, shortened: str) -> bool:
        """An id may be shortened; where my own are not known, any id may be mine."""
        own = [one for one in self._place.containers if _HEX_ID.fullmatch(one)]
        if not own:
            return bool(self._place.docker)
        return any(one.startswith(shortened) or shortened.startswith(one) for one in own)

    def _is_own_docker(self, node: str | None) -> bool:
        """Whether the daemon of that node or guest may be mine; unknown counts as mine."""
        if node is None or not (self._place.docker or self._place.vmid is not None):
            return True
        own = self._snapshot.guests.get(self._place.vmid) if self._place.vmid else None
        names = {*self._place.docker, str(self._place.vmid), own.name if own else None}
        return node in names

    def _storage(self, touch: Touch) -> str | None:
        for guest in self._held:
            if re.search(rf"(?<!\d){guest.vmid}(?!\d)", touch.id):
                return f"{touch.id} belongs to {guest.label}, on which I may not act"
        if ":" in touch.id:
            return None
        near = self._on(touch.node)
        return f"{touch.id} may hold the disks of a protected guest: {near}" if near else None

    def _cluster(self) -> str | None:
        near = self._on(None)
        return f"this could take the whole cluster along: {near}" if near else None

    def _on(self, node: str | None) -> str | None:
        """Which protected guest is on that node, or may be; any node counts for None."""
        if self._lost:
            return f"it is not known where {self._told_own()} is, where I live"
        for guest in self._held:
            own = guest.vmid == self._place.vmid
            if not own and (guest.template or guest.state is GuestState.STOPPED):
                continue
            if node is None or guest.node == node or node not in self._snapshot.nodes:
                return f"{guest.label} is there, {'where I live' if own else 'which is protected'}"
            if self._stale:
                return f"{guest.label} may be there by now: the guests were not read for long"
        return None

    def _told_own(self) -> str:
        own = self._snapshot.guests.get(self._place.vmid or 0)
        return own.label if own else f"guest {self._place.vmid}"

    def _told_node(self, node: str) -> str:
        return "a node" if node == ANY else node


def _is_docker(unit: str) -> bool:
    return unit.startswith(("docker", "containerd", "podman"))


def mentions_protected(
    arguments: object, snapshot: ClusterSnapshot, place: Place, depth: int = 0
) -> str | None:
    """Why a change whose arguments name a protected guest is refused, whatever its tool says.

    A second net below `protects`: it catches what a tool would forget to tell.
    """
    if depth > 6:
        return "its arguments are nested too deeply to be looked through"
    if isinstance(arguments, Mapping):
        parts: Iterable[object] = [
            part for key, part in arguments.items() if key not in _NAME_NO_GUEST
        ]
    elif isinstance(arguments, list | tuple):
        parts = arguments
    else:
        return _named_by(arguments, snapshot, place)
    found = (mentions_protected(part, snapshot, place, depth + 1) for part in parts)
    return next((why for why in found if why), None)


_NAME_NO_GUEST: Final = frozenset(
    (
        *("node", "host", "target", "container", "command"),
        *("event", "timeout_s", "cores", "memory_mib", "swap_mib"),
    )
)
"""Arguments that may bear a guest's name, or a number like its own, and mean something else; their
touches tell what."""


def _named_by(value: object, snapshot: ClusterSnapshot, place: Place) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip().casefold()
    if place.vmid is not None and text == str(place.vmid):
        return f"I may not act on guest {place.vmid}: I live there"
    for guest in snapshot.guests.values():
        names = {str(guest.vmid), (guest.name or "").casefold(), guest.label.casefold()}
        if text and text in names and is_protected(guest, place):
            return f"I may not act on {guest.label}: it is protected"
    return None
