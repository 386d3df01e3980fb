"""A guest backed up now."""

from typing import Annotated, Literal

from pydantic import Field

from services.cluster.model import ClusterSnapshot, GuestState, StorageSnapshot
from services.cluster.orders.copies import start_backup
from services.cluster.parse_backups import VolumeReading
from services.safety.tiers import Tier, Verdict
from services.safety.touches import Touch
from services.tools.acting.subject import OfGuest, Subject, touch_of
from services.tools.answering import answering
from services.tools.effects import (
    Words,
    conclude,
    deadline_of,
    look_for_s,
    look_until,
    poll_soon,
    send,
)
from services.tools.errors import NotAsThings
from services.tools.fields import StorageName
from services.tools.figures import told_bytes
from services.tools.hands import Hands
from services.tools.naming import find_storage
from services.tools.spec import Found, Tool

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
    lookups = hands.cluster.lookups

    async def backups() -> tuple[VolumeReading, ...]:
        found = await lookups.fetch_storage_content(subject.place.node, storage.storage, "backup")
        return tuple(each for each in found if each.vmid == subject.place.vmid)

    before = {each.volid for each in await backups()}

    def made(found: tuple[VolumeReading, ...]) -> bool:
        return any(each.volid not in before for each in found)

    deadline_s = deadline_of(hands, TIMEOUT_S)
    change = start_backup(subject.place, storage=storage.storage, mode=arguments.mode)
    sent = await send(hands, change, label=subject.label, deadline_s=deadline_s)
    seen = await look_until(
        hands, backups, made, until_s=look_for_s(hands, sent, deadline_s=deadline_s)
    )
    poll_soon(hands)
    new = next((each for each in seen.found or () if each.volid not in before), None)
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
    ),
)
