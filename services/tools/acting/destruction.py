"""What nobody brings back: a guest destroyed, a backup deleted, a drive wiped, a node cast out.

BLACK: none of it is offered to a model, and it runs for a person under an open override alone.
Drives and membership are root's own affair, for which Proxmox knows no right: the API refuses every
token, so a node's shell is asked.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import Field

from services.cluster.lookups import GuestGone
from services.cluster.model import (
    ClusterSnapshot,
    GuestKind,
    GuestState,
    NodeState,
    StorageSnapshot,
)
from services.cluster.orders import copies, guests
from services.cluster.parse_backups import VolumeReading
from services.cluster.parse_cluster import StatusReading
from services.cluster.parse_disks import DiskReading
from services.cluster.places import GuestPlace
from services.cluster.upid import parse_upid
from services.safety.tiers import Tier
from services.safety.touches import Touch, TouchKind
from services.tools.answering import answering
from services.tools.effects import (
    Sent,
    Words,
    conclude,
    deadline_of,
    look_back_s,
    look_for_s,
    look_until,
    poll_soon,
    send,
    send_as_root,
    sent_before,
)
from services.tools.errors import NotAsThings, NotNamed
from services.tools.fields import AnyNode, NodeName
from services.tools.hands import Hands
from services.tools.naming import find_node, find_storage, nearest, online_nodes
from services.tools.spec import Arguments, CutOff, Found, Tool
from services.tools.subject import (
    OfGuest,
    Subject,
    refuse_without_quorum,
    touch_of_node,
    touches_guest,
)

TIMEOUT_S = 300.0
WIPE_S = 240.0
VOLID_PATTERN = r"^[A-Za-z][A-Za-z0-9\-_.]*:backup/[A-Za-z0-9][A-Za-z0-9\-_.:+/]*$"
DEVICE_PATTERN = r"^/dev/[a-z0-9]+(/[a-z0-9\-_.:]+)*$"


class ToDestroy(OfGuest):
    """Arguments of destroy_guest."""

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=64,
            description="The guest's name once more, so that no slip of a number destroys another.",
        ),
    ]
    purge: Annotated[
        bool, Field(description="Take it out of backup jobs, replication and HA as well.")
    ] = False


class OfBackup(Arguments):
    """Arguments of delete_backup."""

    volid: Annotated[
        str,
        Field(
            max_length=300,
            pattern=VOLID_PATTERN,
            description="The backup's volume, as list_backups tells it.",
        ),
    ]
    node: AnyNode = None


class OfDrive(Arguments):
    """Arguments of wipe_disk."""

    node: NodeName
    device: Annotated[
        str,
        Field(max_length=100, pattern=DEVICE_PATTERN, description="The drive, such as /dev/sdb."),
    ]
    serial: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            description="The drive's serial number, so that no slip of a letter wipes another.",
        ),
    ]


class ToCastOut(Arguments):
    """Arguments of delete_node_from_cluster."""

    node: NodeName


@answering
async def _destroy(arguments: ToDestroy, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    if subject.place.name != arguments.name:
        raise NotAsThings(
            f"Guest {subject.place.vmid} is called {subject.place.name or '—'}, not "
            f"{arguments.name}: nothing was sent"
        )
    if subject.before.state is not GuestState.STOPPED:
        raise NotAsThings(f"{subject.label} is {subject.before.state}: shut it down first")
    subject.refuse_lock()
    deadline_s = deadline_of(hands, TIMEOUT_S)
    change = guests.destroy_guest(subject.place, purge=arguments.purge)
    sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    lookups = hands.cluster.lookups

    async def is_there() -> bool:
        try:
            await lookups.fetch_guest_status(subject.place)
        except GuestGone:
            return False
        return True

    until_s = look_for_s(hands, sent, deadline_s=deadline_s)
    return await _read_gone(hands, subject.place, sent, is_there, until_s=until_s)


async def _look_back_at_destruction(arguments: ToDestroy, hands: Hands, cut: CutOff) -> Found:
    lookups, vmid, sent = hands.cluster.lookups, cut.vmid, sent_before(cut)
    if vmid is None:
        raise NotAsThings("which guest it was is not on record")

    async def is_there() -> bool:
        return await lookups.find_guest(vmid) is not None

    listed = await lookups.find_guest(vmid)
    task = parse_upid(cut.end.upid)
    node = listed.node if listed else task.node if task else "—"
    kind = listed.kind if listed else GuestKind.QEMU
    place = GuestPlace(vmid=vmid, kind=kind, node=node, name=arguments.name)
    return await _read_gone(hands, place, sent, is_there, until_s=look_back_s(hands, sent))


async def _read_gone(
    hands: Hands,
    place: GuestPlace,
    sent: Sent,
    is_there: Callable[[], Awaitable[bool]],
    *,
    until_s: float,
) -> Found:
    seen = await look_until(hands, is_there, lambda there: not there, until_s=until_s)
    poll_soon(hands)
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=place.label,
            done=f"{place.label} is no more",
            undone=f"{place.label} is still on {place.node}",
        ),
        data={"vmid": place.vmid, "node": place.node},
    )


def _touches_backup(arguments: OfBackup, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    storage = find_storage(snapshot, arguments.volid.partition(":")[0], arguments.node)
    return (Touch(kind=TouchKind.STORAGE, id=arguments.volid, node=storage.node, ends=True),)


@answering
async def _delete_backup(arguments: OfBackup, hands: Hands) -> Found:
    volid = arguments.volid
    if ".." in volid.split("/"):
        raise NotAsThings(f"{volid} is no backup's name")
    storage = find_storage(hands.cluster.snapshot, volid.partition(":")[0], arguments.node)
    await refuse_without_quorum(hands)
    before = [each.volid for each in await _backups(hands, storage)]
    if volid not in before:
        raise NotNamed(f"backup on {storage.id} called", volid, nearest(volid, before))
    deadline_s = deadline_of(hands, TIMEOUT_S)
    change = copies.delete_backup(storage.node, storage.storage, volid)
    sent = await send(hands, change, label=volid, deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s)
    return await _read_deleted(hands, storage, volid, sent, until_s=until_s)


async def _look_back_at_deletion(arguments: OfBackup, hands: Hands, cut: CutOff) -> Found:
    name = arguments.volid.partition(":")[0]
    storage = find_storage(hands.cluster.snapshot, name, arguments.node)
    sent = sent_before(cut)
    until_s = look_back_s(hands, sent)
    return await _read_deleted(hands, storage, arguments.volid, sent, until_s=until_s)


async def _backups(hands: Hands, storage: StorageSnapshot) -> tuple[VolumeReading, ...]:
    return await hands.cluster.lookups.fetch_storage_content(
        storage.node, storage.storage, "backup"
    )


async def _read_deleted(
    hands: Hands, storage: StorageSnapshot, volid: str, sent: Sent, *, until_s: float
) -> Found:
    seen = await look_until(
        hands,
        lambda: _backups(hands, storage),
        lambda found: volid not in {each.volid for each in found},
        until_s=until_s,
    )
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=volid,
            done=f"The backup {volid} is no more",
            undone=f"the backup {volid} is still on {storage.id}",
        ),
        data={"volid": volid, "storage": storage.id},
    )


def _touches_drive(arguments: OfDrive, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return (touch_of_node(arguments.node, snapshot, ends=True),)


@answering
async def _wipe(arguments: OfDrive, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node).name
    device = arguments.device
    lookups = hands.cluster.lookups

    async def drive() -> DiskReading | None:
        found = await lookups.fetch_disks(node)
        return next((each for each in found if each.devpath == device), None)

    before = await drive()
    if before is None:
        known = [each.devpath for each in await lookups.fetch_disks(node)]
        raise NotNamed(f"drive of {node} called", device, nearest(device, known) or known)
    if before.serial != arguments.serial:
        raise NotAsThings(
            f"{device} of {node} has the serial number {before.serial or '—'}, not "
            f"{arguments.serial}: nothing was sent"
        )
    deadline_s = deadline_of(hands, TIMEOUT_S)
    argv = ("pvesh", "set", f"/nodes/{node}/disks/wipedisk", "--disk", device)
    sent = await send_as_root(hands, node, argv, timeout_s=WIPE_S)
    seen = await look_until(
        hands,
        drive,
        lambda found: _is_blank(found, sent),
        until_s=look_for_s(hands, sent, deadline_s=deadline_s),
    )
    used = (seen.found.used_as if seen.found else None) or "nothing"
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=f"{device} of {node}",
            done=f"{device} of {node} is blank",
            undone=f"{device} of {node} is used as {used}",
        ),
        data={"node": node, "device": device, "used_before": before.used_as},
    )


def _is_blank(drive: DiskReading | None, sent: Sent) -> bool:
    return (
        drive is not None and drive.used_as is None and sent.end is not None and sent.end.succeeded
    )


def _touches_cast_out(arguments: ToCastOut, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return (
        Touch(kind=TouchKind.CLUSTER, id="", ends=True),
        touch_of_node(arguments.node, snapshot, ends=True),
    )


@answering
async def _cast_out(arguments: ToCastOut, hands: Hands) -> Found:
    node = find_node(hands.cluster.snapshot, arguments.node)
    await refuse_without_quorum(hands)
    lookups = hands.cluster.lookups
    if (await lookups.fetch_cluster_status()).online.get(node.name) is not False:
        raise NotAsThings(
            f"{node.name} is {node.state}: a node is only taken out of the cluster once it is off "
            "for good"
        )
    if node.state is NodeState.ONLINE:
        raise NotAsThings(f"{node.name} was seen online a moment ago: look at it again first")
    deadline_s = deadline_of(hands, TIMEOUT_S)
    teller = next((name for name in online_nodes(hands.cluster.snapshot)), None)
    if teller is None:
        raise NotAsThings("No node is online to be told")
    argv = ("pvecm", "delnode", node.name)
    sent = await send_as_root(hands, teller, argv, timeout_s=60.0)

    def gone(status: StatusReading) -> bool:
        return status.readable and node.name not in status.online

    seen = await look_until(
        hands,
        lookups.fetch_cluster_status,
        gone,
        until_s=look_for_s(hands, sent, deadline_s=deadline_s),
    )
    poll_soon(hands, nodes=True)
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=node.name,
            done=f"{node.name} no longer belongs to the cluster",
            undone=f"{node.name} still belongs to the cluster",
        ),
        data={"node": node.name},
    )


TOOLS: tuple[Tool[ToDestroy] | Tool[OfBackup] | Tool[OfDrive] | Tool[ToCastOut], ...] = (
    Tool(
        name="destroy_guest",
        summary="Destroy a stopped guest with all its disks, for good.",
        arguments=ToDestroy,
        tier=Tier.BLACK,
        timeout_s=TIMEOUT_S,
        reads="GET …/status/current",
        changes="DELETE /nodes/{node}/{qemu|lxc}/{vmid}",
        verified_by="its node knows no such guest any more",
        touches=touches_guest(ends=True),
        run=_destroy,
        look_back=_look_back_at_destruction,
    ),
    Tool(
        name="delete_backup",
        summary="Delete one backup from its storage, for good.",
        arguments=OfBackup,
        tier=Tier.BLACK,
        timeout_s=TIMEOUT_S,
        reads="GET /nodes/{node}/storage/{storage}/content",
        changes="DELETE /nodes/{node}/storage/{storage}/content/{volid}",
        verified_by="the storage no longer lists it",
        touches=_touches_backup,
        run=_delete_backup,
        look_back=_look_back_at_deletion,
    ),
    Tool(
        name="wipe_disk",
        summary="Wipe a drive of a node, so that nothing on it is found again.",
        arguments=OfDrive,
        tier=Tier.BLACK,
        timeout_s=TIMEOUT_S,
        reads="GET /nodes/{node}/disks/list",
        changes="pvesh set /nodes/{node}/disks/wipedisk, over SSH",
        verified_by="pvesh ended with 0, and the node lists the drive as unused",
        touches=_touches_drive,
        run=_wipe,
    ),
    Tool(
        name="delete_node_from_cluster",
        summary="Take a node that is off for good out of the cluster.",
        arguments=ToCastOut,
        tier=Tier.BLACK,
        timeout_s=TIMEOUT_S,
        reads="GET /cluster/status",
        changes="pvecm delnode, over SSH to another node",
        verified_by="the cluster no longer lists it",
        touches=_touches_cast_out,
        run=_cast_out,
    ),
)
