"""Storages, what lies on them, and how far back each guest could be brought."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.cluster.details import backup_storages
from services.cluster.errors import ClusterStopped, PermissionMissing, RequestRefused
from services.cluster.model import ClusterSnapshot, GuestSnapshot, StorageSnapshot
from services.cluster.parse_backups import VolumeReading
from services.cluster.rights import backups_barred
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome, Payload
from services.tools.errors import NotReadYet
from services.tools.fields import AnyNode, GuestName, Rows, StorageName
from services.tools.figures import UNKNOWN, count, told_age, told_bytes, told_share, told_truth
from services.tools.hands import Hands
from services.tools.naming import find_guest, find_node, find_storage
from services.tools.reading.cluster import Nothing
from services.tools.reading.found import found_list, read_now, snapshot_of
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import Column, list_rows, plain


class OnNode(Arguments):
    """Arguments of what may be narrowed to a node."""

    node: AnyNode = None


class Content(Arguments):
    """Arguments of get_storage_content."""

    storage: StorageName
    node: AnyNode = None
    content: Annotated[
        Literal["backup", "images", "iso", "rootdir", "snippets", "vztmpl"] | None,
        Field(description="Only volumes of this kind."),
    ] = None
    most: Rows = 50


class Backups(Arguments):
    """Arguments of list_backups."""

    guest: Annotated[GuestName | None, Field(description="Only backups of this guest.")] = None
    storage: Annotated[StorageName | None, Field(description="Only backups on this storage.")] = (
        None
    )
    most: Rows = 50


def told_moment(moment: datetime | None) -> str:
    """`2026-11-20 02:00 UTC`."""
    return UNKNOWN if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


STORAGE_COLUMNS: tuple[Column[StorageSnapshot], ...] = (
    Column("storage", "storage", lambda s: s.storage),
    Column("node", "node", lambda s: s.node),
    Column("kind", "kind", lambda s: s.kind),
    Column("shared", "shared", lambda s: s.shared, told_truth),
    Column("active", "active", lambda s: s.active, told_truth),
    Column("used", "used_bytes", lambda s: s.used_bytes, told_bytes),
    Column("of", "total_bytes", lambda s: s.total_bytes, told_bytes),
    Column("share", "used_fraction", lambda s: s.used_fraction, told_share),
    Column("level", "level", lambda s: s.level, lambda v: UNKNOWN if v == "ok" else str(v)),
    Column("holds", "content", lambda s: s.content),
)

VOLUME_COLUMNS: tuple[Column[VolumeReading], ...] = (
    Column("volume", "volid", lambda v: v.volid),
    Column("kind", "content", lambda v: v.content),
    Column("guest", "vmid", lambda v: v.vmid),
    Column("size", "size_bytes", lambda v: v.size_bytes, told_bytes),
    Column("made", "created_at", lambda v: v.created_at, told_moment),
)


@answering
async def _list_storage(arguments: OnNode, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    if snapshot.storages_at is None:
        raise NotReadYet
    node = find_node(snapshot, arguments.node).name if arguments.node else None
    storages = [s for s in snapshot.storages.values() if node in (None, s.node)]
    listing = list_rows(storages, STORAGE_COLUMNS, narrow="narrow it by node")
    headline = f"{count(len(storages), 'storage')} as {node or 'each node'} sees them"
    return found_list(
        headline, listing, under="storages", hands=hands, read_at=snapshot.storages_at
    )


@answering
async def _storage_content(arguments: Content, hands: Hands) -> Found:
    storage = find_storage(snapshot_of(hands), arguments.storage, arguments.node)
    volumes = await hands.cluster.lookups.fetch_storage_content(
        storage.node, storage.storage, arguments.content
    )
    newest = sorted(volumes, key=_made_at, reverse=True)
    listing = list_rows(
        newest, VOLUME_COLUMNS, most=arguments.most, narrow="ask for one kind of content"
    )
    total = sum(volume.size_bytes or 0 for volume in volumes)
    what = arguments.content or "all kinds"
    headline = f"{count(len(volumes), 'volume')} ({what}) on {storage.id}, {told_bytes(total)}"
    return read_now(headline, listing, under="volumes", hands=hands, data={"storage": storage.id})


def _made_at(volume: VolumeReading) -> tuple[float, str]:
    return (volume.created_at.timestamp() if volume.created_at else 0.0, volume.volid)


@answering
async def _list_backups(arguments: Backups, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    guest = find_guest(snapshot, arguments.guest) if arguments.guest else None
    storages = backup_storages(snapshot)
    if arguments.storage is not None:
        storages = [find_storage(snapshot, arguments.storage)]
    granted = await hands.cluster.lookups.fetch_granted()
    barred = {
        storage.id: PermissionMissing("backups", why)
        for storage in storages
        if (why := backups_barred(granted, storage.storage)) is not None
    }
    if barred and len(barred) == len(storages):
        missing = next(iter(barred.values()))
        return Found(outcome=Outcome.REFUSED, because=f"{missing.because}. {missing.remedy}")
    gaps = [f"{id} may hold backups that are not seen: {e.because}" for id, e in barred.items()]
    backups: list[VolumeReading] = []
    for storage in storages:
        if storage.id in barred:
            continue
        try:
            backups += await hands.cluster.lookups.fetch_storage_content(
                storage.node, storage.storage, "backup"
            )
        except ClusterStopped:
            raise
        except RequestRefused as refusal:
            gaps.append(f"{storage.id} could not be read: {refusal.because}")
    chosen = [each for each in backups if guest is None or each.vmid == guest.vmid]
    newest = sorted(chosen, key=_made_at, reverse=True)
    listing = list_rows(
        newest, VOLUME_COLUMNS, most=arguments.most, narrow="name a guest or a storage"
    )
    of = f" of {guest.label}" if guest else ""
    age = told_age(newest[0].created_at, hands.clock.now()) if newest else ""
    told = f"{count(len(chosen), 'backup')}{of}, the newest made {age}"
    headline = told if chosen else f"No backups{of} were seen"
    data = {"newest": _newest_of_each(newest, snapshot)}
    return read_now(headline, listing, under="backups", hands=hands, notes=tuple(gaps), data=data)


def _newest_of_each(newest_first: list[VolumeReading], snapshot: ClusterSnapshot) -> list[Payload]:
    """The newest backup of each guest that there is; templates do not change, and need no more."""
    newest: dict[int, VolumeReading] = {}
    for each in newest_first:
        guest = snapshot.guests.get(each.vmid) if each.vmid is not None else None
        if guest is not None and not guest.template and each.created_at is not None:
            newest.setdefault(guest.vmid, each)
    return [
        {"vmid": vmid, "name": snapshot.guests[vmid].name, "created_at": plain(each.created_at)}
        for vmid, each in newest.items()
    ]


@answering
async def _without_backup(_: Nothing, hands: Hands) -> Found:
    snapshot = snapshot_of(hands)
    facts = snapshot.backups or await hands.cluster.lookups.fetch_backups(snapshot)
    uncovered = facts.guests_without_job
    now = hands.clock.now()
    unseen = facts.unseen_because
    rows = [
        guest
        for guest in snapshot.guests.values()
        if not guest.template
        and (
            guest.vmid in (uncovered or ())
            or (guest.vmid not in facts.last_backup_at and unseen is None)
        )
    ]
    columns: tuple[Column[GuestSnapshot], ...] = (
        Column("vmid", "vmid", lambda g: g.vmid),
        Column("name", "name", lambda g: g.name),
        Column("state", "state", lambda g: g.state),
        Column("job", "has_job", lambda g: _has_job(g, uncovered), told_truth),
        Column(
            "last backup",
            "last_backup_at",
            lambda g: facts.last_backup_at.get(g.vmid),
            lambda at: told_age(at, now) if at else UNKNOWN if unseen else "none seen",
        ),
    )
    listing = list_rows(rows, columns)
    headline = f"{count(len(rows), 'guest')} without a backup job or without a backup"
    if not rows:
        headline = "Every guest has a backup"
    notes = []
    if uncovered is None:
        notes.append("Proxmox does not tell which guests a job covers")
    elif not rows:
        headline += ", and a job that covers it"
    if unseen is not None:
        headline = f"{count(len(rows), 'guest')} known to be without a backup job"
        notes.append(f"Whether the other guests have a backup is not known: {unseen}")
    return found_list(
        headline,
        listing,
        under="guests",
        hands=hands,
        read_at=facts.read_at,
        notes=tuple(notes),
        data={"unseen": unseen},
    )


def _has_job(guest: GuestSnapshot, uncovered: tuple[int, ...] | None) -> bool | None:
    return None if uncovered is None else guest.vmid not in uncovered


TOOLS: tuple[Tool[OnNode] | Tool[Content] | Tool[Backups] | Tool[Nothing], ...] = (
    Tool(
        name="list_storage",
        summary="List the storages with their kind, use and what they may hold.",
        arguments=OnNode,
        tier=Tier.GREEN,
        reads="the snapshot: /cluster/resources",
        run=_list_storage,
    ),
    Tool(
        name="get_storage_content",
        summary="List what lies on a storage: disks, images, templates, backups, newest first.",
        arguments=Content,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/storage/{storage}/content",
        run=_storage_content,
    ),
    Tool(
        name="list_backups",
        summary="List backups on every storage, newest first, all or those of one guest.",
        arguments=Backups,
        tier=Tier.GREEN,
        timeout_s=60.0,
        reads="GET /nodes/{node}/storage/{storage}/content, GET /access/permissions",
        run=_list_backups,
    ),
    Tool(
        name="guests_without_backup",
        summary="List guests that no backup job covers, or of which no backup was seen.",
        arguments=Nothing,
        tier=Tier.GREEN,
        timeout_s=90.0,
        reads="the snapshot: storage contents, /cluster/backup-info/not-backed-up",
        run=_without_backup,
    ),
)
