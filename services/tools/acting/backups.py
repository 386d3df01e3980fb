"""A guest backed up now."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from services.cluster.model import ClusterSnapshot, GuestState, StorageSnapshot
from services.cluster.orders.copies import start_backup
from services.cluster.parse_backups import VolumeReading
from services.cluster.upid import parse_upid
from services.safety.tiers import Tier, Verdict
from services.safety.touches import Touch
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
    sent_before,
)
from services.tools.errors import NotAsThings
from services.tools.fields import StorageName
from services.tools.figures import told_bytes
from services.tools.hands import Hands
from services.tools.naming import find_storage
from services.tools.spec import CutOff, Found, Tool
from services.tools.subject import OfGuest, Subject, touch_of

TIMEOUT_S = 600.0


class ToBackUp(OfGuest):
    """Arguments of start_backup."""

    storage: Annotated[
        StorageName | None,
        Field(
            description="Where it goes; when left out, the one storage for backups that the "
            "guest's node has, a shared one before its own."
        ),
    ] = None
    mode: Annotated[
        Literal["snapshot", "suspend", "stop"],
        Field(
            description="snapshot: it runs on; suspend: it is frozen for a while; stop: it is "
            "shut down for it and started again."
        ),
    ] = "snapshot"


def _tier(arguments: ToBackUp) -> Verdict:
    if arguments.mode == "snapshot":
        return Verdict(Tier.YELLOW, "it makes a new backup while the guest runs on")
    return Verdict(Tier.RED, f"a backup in mode {arguments.mode} takes the guest away meanwhile")


def _touches(arguments: ToBackUp, snapshot: ClusterSnapshot) -> tuple[Touch, ...]:
    return (touch_of(arguments.guest, snapshot, ends=arguments.mode != "snapshot"),)


def _storage(snapshot: ClusterSnapshot, node: str, name: str | None) -> StorageSnapshot:
    """Where the backup goes. Raises CallRefused."""
    if name is not None:
        storage = find_storage(snapshot, name, node)
        if storage.content and "backup" not in storage.content:
            raise NotAsThings(f"{storage.id} does not take backups, only {_listed(storage)}")
        return storage
    able = [
        each
        for each in snapshot.storages.values()
        if each.node == node and each.active and "backup" in each.content
    ]
    chosen = [each for each in able if each.shared] or able
    if not chosen:
        raise NotAsThings(f"{node} has no active storage that takes backups")
    if len(chosen) > 1:
        names = ", ".join(each.storage for each in chosen)
        raise NotAsThings(f"{node} has several storages for backups: {names}. Name one")
    return chosen[0]


def _listed(storage: StorageSnapshot) -> str:
    return ", ".join(storage.content)


@answering
async def _start(arguments: ToBackUp, hands: Hands) -> Found:
    subject = await Subject.find(hands, arguments.guest)
    storage = _storage(hands.cluster.snapshot, subject.place.node, arguments.storage)
    if storage.active is False:
        raise NotAsThings(f"{storage.id} is not active: nothing can be written there")
    subject.refuse_lock()
    before = {each.volid for each in await _backups(hands, subject, storage)}
    deadline_s = deadline_of(hands, TIMEOUT_S)
    change = start_backup(subject.place, storage=storage.storage, mode=arguments.mode)
    sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    until_s = look_for_s(hands, sent, deadline_s=deadline_s)

    def is_new(volume: VolumeReading) -> bool:
        return volume.volid not in before

    return await _read(hands, subject, storage, sent, is_new, until_s=until_s)


async def _look_back(arguments: ToBackUp, hands: Hands, cut: CutOff) -> Found:
    sent, subject = sent_before(cut), await Subject.again(hands, cut)
    task = parse_upid(cut.end.upid)
    began_at = task.started_at if task is not None else None
    # The storage was chosen by the node it was on then, and its task ran there.
    node = task.node if task is not None else subject.place.node
    storage = _storage(hands.cluster.snapshot, node, arguments.storage)

    def is_new(volume: VolumeReading) -> bool:
        return began_at is not None and (volume.created_at or began_at) >= began_at

    until_s = look_back_s(hands, sent)
    return await _read(hands, subject, storage, sent, is_new, until_s=until_s)


async def _backups(
    hands: Hands, subject: Subject, storage: StorageSnapshot
) -> tuple[VolumeReading, ...]:
    """The backups of the guest that lie there."""
    found = await hands.cluster.lookups.fetch_storage_content(
        storage.node, storage.storage, "backup"
    )
    return tuple(each for each in found if each.vmid == subject.place.vmid)


async def _read(
    hands: Hands,
    subject: Subject,
    storage: StorageSnapshot,
    sent: Sent,
    is_new: Callable[[VolumeReading], bool],
    *,
    until_s: float,
) -> Found:
    """Look until the storage has a new backup or the time is over."""
    seen = await look_until(
        hands,
        lambda: _backups(hands, subject, storage),
        lambda found: any(map(is_new, found)),
        until_s=until_s,
    )
    poll_soon(hands)
    new = next(filter(is_new, seen.found or ()), None)
    if new is not None:
        done = f"{subject.label} is backed up: {new.volid}, {told_bytes(new.size_bytes)}"
    else:
        done = f"{subject.label} is backed up"
    return conclude(
        hands,
        sent,
        seen,
        Words(
            label=subject.label,
            done=done,
            undone=f"no new backup of {subject.label} is seen on {storage.id}",
        ),
        data={
            "vmid": subject.place.vmid,
            "storage": storage.id,
            "volid": new.volid if new else None,
            "size_bytes": new.size_bytes if new else None,
            "ran": subject.before.state is GuestState.RUNNING,
        },
    )


TOOLS: tuple[Tool[ToBackUp], ...] = (
    Tool(
        name="start_backup",
        summary="Back a guest up now; older backups are left alone.",
        arguments=ToBackUp,
        tier=_tier,
        timeout_s=TIMEOUT_S,
        reads="GET …/status/current, GET …/storage/{storage}/content",
        changes="POST /nodes/{node}/vzdump",
        verified_by="its storage has a new backup of the guest; past 10 min its task is named",
        touches=_touches,
        run=_start,
        look_back=_look_back,
    ),
)
