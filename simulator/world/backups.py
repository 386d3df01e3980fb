"""Backups: the nightly job, one asked for by hand, and those of the nights before."""

from collections.abc import Iterable
from dataclasses import replace

from .model import GIB, MIB, ROOT, Backup, Guest, Node, Task, Who
from .noise import DAY_S
from .volumes import archive_name
from .world import World

AT_S = 2 * 3600.0
"""The nightly job runs at 02:00 UTC."""
KEPT = 3
STORAGE = "backup"


def seconds_for(guest: Guest) -> float:
    """How long a backup of it takes at night."""
    return 8.0 + guest.disk_used_bytes / GIB * 1.1


def remember_nights(world: World) -> None:
    """Enter the backups and tasks of the last three nights, then plan the next one."""
    midnight = world.began - world.began % DAY_S
    tonight = midnight + AT_S
    if tonight <= world.began:
        tonight += DAY_S
    for night in range(KEPT, 0, -1):
        for node in world.nodes.values():
            _past_night(world, node, tonight - night * DAY_S, last=night == 1)
    world.next_backup_at = tonight
    world.agenda.after(tonight, lambda: _nightly(world))


def _past_night(world: World, node: Node, at: float, *, last: bool) -> None:
    if node.booted_at > at:
        return
    guests = [guest for guest in world.guests_on(node.name) if guest.backed_up]
    if not guests:
        return
    task = world.tasks.record(node, "vzdump", "", ROOT, at=at)
    moment = at + 3
    failed = last and node.name == "agent" and len(guests) > 1
    for guest in guests:
        moment += seconds_for(guest)
        skipped = failed and guest is guests[-1]
        task.lines += _lines(guest, moment - seconds_for(guest), moment, failed=skipped)
        if not skipped:
            world.backups.append(_archive(guest, moment))
    world.tasks.end(task, "job errors" if failed else "OK", at=moment)


def _archive(guest: Guest, at: float) -> Backup:
    return Backup(
        vmid=guest.vmid,
        kind=guest.kind,
        at=at,
        size_bytes=int(guest.disk_used_bytes * 0.46),
        storage=STORAGE,
        notes=guest.name,
    )


def _lines(
    guest: Guest, begin: float, end: float, *, failed: bool = False
) -> list[tuple[float, str]]:
    lines = [
        (begin, f"INFO: Starting Backup of VM {guest.vmid} ({guest.kind})"),
        (begin, f"INFO: status = {'running' if guest.is_running else 'stopped'}"),
        (begin, f"INFO: {guest.word} Name: {guest.name}"),
        (begin, "INFO: backup mode: snapshot"),
    ]
    if failed:
        return [
            *lines,
            (end, f"ERROR: Backup of VM {guest.vmid} failed - command timed out"),
        ]
    minutes, seconds = divmod(int(end - begin), 60)
    done = f"INFO: Finished Backup of VM {guest.vmid} (00:{minutes:02d}:{seconds:02d})"
    return [*lines, (end, done)]


def _nightly(world: World) -> None:
    for node in world.nodes.values():
        if node.is_up:
            guests = [guest for guest in world.guests_on(node.name) if guest.backed_up]
            if guests:
                task = world.tasks.record(node, "vzdump", "", ROOT, at=world.now)
                _next(world, task, iter(guests), 1.0, [])
    world.next_backup_at += DAY_S
    world.agenda.after(world.next_backup_at, lambda: _nightly(world))


def back_up(
    world: World, node: Node, guests: list[Guest], who: Who, *, mode: str = "snapshot"
) -> str:
    """Backups asked for by hand; quicker than at night, so that one can watch. The UPID."""
    of = str(guests[0].vmid) if len(guests) == 1 else ""
    task = world.tasks.record(node, "vzdump", of, who, at=world.now)
    numbers = " ".join(str(guest.vmid) for guest in guests)
    first = f"INFO: starting new backup job: vzdump {numbers} --mode {mode} --storage {STORAGE}"
    task.lines.append((world.now, first))
    _next(world, task, iter(guests), 0.05, [])
    return task.upid


def _next(world: World, task: Task, rest: Iterable[Guest], pace: float, errors: list[int]) -> None:
    """Go on with the next guest of a job, or end the job."""
    if not task.is_running:
        return
    pending = iter(rest)
    guest = next(pending, None)
    if guest is None:
        world.tasks.end(task, "job errors" if errors else "OK")
        world.changed()
        return
    begin = world.now
    storage = world.find_storage(task.node, STORAGE)
    full = storage is None or world.storage_used(storage) > 0.97 * storage.total_bytes
    if guest.lock is not None or full:
        errors.append(guest.vmid)
        why = f"{guest.word} is locked ({guest.lock})" if guest.lock else "No space left on device"
        task.lines.append((begin, f"ERROR: Backup of VM {guest.vmid} failed - {why}"))
        world.agenda.after(begin + 0.5, lambda: _next(world, task, pending, pace, errors))
        return
    guest.lock = "backup"
    world.changed()

    def done() -> None:
        if guest.lock == "backup":
            guest.lock = None
        if task.is_running:
            task.lines += _lines(guest, begin, world.now)
            _keep(world, _archive(guest, world.now))
        world.changed()
        _next(world, task, pending, pace, errors)

    world.agenda.after(begin + max(3.0, seconds_for(guest) * pace), done)


def protect(
    world: World, volid: str, *, protected: bool | None = None, notes: str | None = None
) -> None:
    """Change what is noted of an archive; None leaves it as it is."""
    for index, backup in enumerate(world.backups):
        name = archive_name(backup, world.told(backup.at))
        if volid == f"{backup.storage}:backup/{name}":
            world.backups[index] = replace(
                backup,
                protected=backup.protected if protected is None else protected,
                notes=backup.notes if notes is None else notes,
            )
            world.changed()


def _keep(world: World, archive: Backup) -> None:
    """Store an archive, and let the oldest beyond three go."""
    storage = next((s for s in world.storages if s.name == archive.storage), None)
    world.backups.append(archive)
    own = sorted(
        (b for b in world.backups if b.vmid == archive.vmid and not b.protected),
        key=lambda b: b.at,
    )
    freed = sum(old.size_bytes for old in own[:-KEPT])
    for old in own[:-KEPT]:
        world.backups.remove(old)
    if storage is not None:
        storage.added_bytes += archive.size_bytes - freed + 8 * MIB
