"""What is acted upon: a node, or a guest found by name, looked at afresh, and kept in sight."""

from collections.abc import Callable

from services.cluster.lookups import GuestGone
from services.cluster.model import ClusterSnapshot, GuestKind, GuestState
from services.cluster.parse_guest_status import GuestStatusReading
from services.cluster.places import GuestPlace
from services.safety.touches import Touch, TouchKind
from services.tools.errors import NotAsThings
from services.tools.fields import GuestName
from services.tools.hands import Hands
from services.tools.naming import find_guest, find_node
from services.tools.refusals import told_lock
from services.tools.spec import Arguments, CutOff


class OfGuest(Arguments):
    """Arguments of a tool that acts on one guest."""

    guest: GuestName


def touches_guest(*, ends: bool) -> Callable[[OfGuest, ClusterSnapshot], tuple[Touch, ...]]:
    """What a call acts upon: its guest, by number. Raises CallRefused where nobody knows which."""

    def touches(arguments: OfGuest, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
        return (touch_of(arguments.guest, snapshot, ends=ends),)

    return touches


def touch_of(name: str, snapshot: ClusterSnapshot, *, ends: bool) -> Touch:
    """One guest as a touch. Raises CallRefused."""
    guest = find_guest(snapshot, name)
    return Touch(kind=TouchKind.GUEST, id=str(guest.vmid), node=guest.node, ends=ends)


def touch_of_node(name: str, snapshot: ClusterSnapshot, *, ends: bool) -> Touch:
    """Something of a node as a touch; with `ends` it may take along what runs there.

    Raises CallRefused.
    """
    node = find_node(snapshot, name).name
    return Touch(kind=TouchKind.NODE, id=node, node=node, ends=ends)


class Subject:
    """One guest, wherever it is by now."""

    def __init__(self, hands: Hands, place: GuestPlace, status: GuestStatusReading) -> None:
        self._hands = hands
        self.place = place
        self.before = status
        """How it was before anything was sent."""

    @classmethod
    async def find(cls, hands: Hands, name: str) -> "Subject":
        """Find it and look at it afresh. Raises CallRefused and ClusterError."""
        guest = find_guest(hands.cluster.snapshot, name)
        if not hands.was_judged(TouchKind.GUEST, str(guest.vmid)):
            raise NotAsThings(f"{name} has become another guest's name: nothing was sent")
        if guest.protected:
            raise NotAsThings(f"{guest.label} is protected: no action on it is taken")
        await refuse_without_quorum(hands)
        subject = cls(hands, GuestPlace.of(guest), GuestStatusReading(state=GuestState.UNKNOWN))
        try:
            subject.before = await subject.look()
        except GuestGone as gone:
            raise NotAsThings(gone.because) from gone
        return subject

    @classmethod
    async def again(cls, hands: Hands, cut: CutOff) -> "Subject":
        """The guest of a change that was cut off, only to be read: by its number, wherever it is.

        Raises CallRefused and ClusterError.
        """
        vmid = cut.vmid
        found = await hands.cluster.lookups.find_guest(vmid) if vmid is not None else None
        if found is None:
            raise NotAsThings(f"the cluster lists no guest {vmid if vmid is not None else '—'}")
        subject = cls(hands, GuestPlace.of(found), GuestStatusReading(state=GuestState.UNKNOWN))
        subject.before = await subject.look()
        return subject

    @property
    def label(self) -> str:
        """`media (104)`."""
        return self.place.label

    @property
    def virtual(self) -> bool:
        """Whether it is a virtual machine, and no container."""
        return self.place.kind is GuestKind.QEMU

    @property
    def managed(self) -> bool:
        """Whether high availability decides when it starts and stops."""
        return bool(self.before.ha_managed)

    async def look(self) -> GuestStatusReading:
        """How it is now, also after it has moved. Raises ClusterError: GuestGone when it is no
        more."""
        lookups = self._hands.cluster.lookups
        try:
            return await lookups.fetch_guest_status(self.place)
        except GuestGone:
            moved = await lookups.find_guest(self.place.vmid)
            if moved is None or moved.node == self.place.node:
                raise
            self.place = GuestPlace.of(moved)
            return await lookups.fetch_guest_status(self.place)

    def refuse_template(self) -> None:
        """Raise NotAsThings for a template, which never runs."""
        if self.before.template:
            raise NotAsThings(f"{self.label} is a template, which cannot run")

    def refuse_lock(self, *, but: str | None = None) -> None:
        """Raise NotAsThings while another operation holds it; `but` is a lock that does not
        matter."""
        lock = self.before.lock
        if lock is not None and lock != but:
            raise NotAsThings(told_lock(self.label, lock, "qm" if self.virtual else "pct"))

    def refuse_container(self, instead: str) -> None:
        """Raise NotAsThings for a container, which cannot do what a machine can."""
        if not self.virtual:
            raise NotAsThings(f"{self.label} is a container; {instead}")


async def refuse_without_quorum(hands: Hands) -> None:
    """Raise NotAsThings while the cluster has no majority; looked at afresh where it had none."""
    if hands.cluster.snapshot.quorate is not False:
        return
    if (await hands.cluster.lookups.fetch_cluster_status()).quorate is False:
        raise NotAsThings(
            "The cluster has lost its quorum, so Proxmox accepts no change. Bring back enough "
            "nodes for a majority first"
        )


def told_state(status: GuestStatusReading | None) -> str:
    """`running`, `paused (io-error)`, `suspended to disk`."""
    if status is None:
        return "not to be read"
    if status.state is GuestState.STOPPED and status.lock == "suspended":
        return "suspended to disk"
    word = status.state.value if status.state is not GuestState.UNKNOWN else "in an unknown state"
    detail = f" ({status.state_detail})" if status.state_detail else ""
    lock = f", locked ({status.lock})" if status.lock else ""
    return f"{word}{detail}{lock}"
