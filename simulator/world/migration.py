"""Guests that move to another node, by hand or through HA."""

from .actions import HA_DELAY_S, hold, lasts_for, node_under, refuse_when_locked
from .errors import Refused
from .guests import begin_run, end_run
from .model import ROOT, Guest, Kind, Node, Task, Who
from .world import World


def migrate(world: World, guest: Guest, who: Who, target: Node, *, online: bool) -> str:
    """Move to another node; a running VM lives through it, a running CT restarts.

    For a guest under HA the task that is handed back only asks; the move follows.
    """
    if target.name == guest.node:
        raise Refused("target is local node.")
    if not target.is_up:
        raise Refused(f"target node '{target.name}' is not online")
    if guest.ha:
        return _ask_ha_to_move(world, guest, who, target)
    if guest.is_running and not online:
        what = "can't migrate running VM without --online"
        raise Refused(what if guest.kind == "qemu" else "can't migrate running container")
    return _migrate(world, guest, who, target).upid


def _ask_ha_to_move(world: World, guest: Guest, who: Who, target: Node) -> str:
    refuse_when_locked(guest)

    def later() -> None:
        if guest.lock is None and target.is_up and guest.node != target.name:
            _migrate(world, guest, ROOT, target)

    def then(_: Task) -> str | None:
        guest.hastate = "migrate"
        world.changed()
        world.agenda.after(world.now + HA_DELAY_S, later)
        return None

    line = f"Requesting HA migration for {guest.word} {guest.vmid} to node {target.name}"
    return world.tasks.start(
        node_under(world, guest),
        "hamigrate",
        str(guest.vmid),
        who,
        lasts_s=0.7,
        lines=[line],
        then=then,
    ).upid


def _migrate(world: World, guest: Guest, who: Who, target: Node) -> Task:
    kind: Kind = guest.kind

    def then(_: Task) -> str | None:
        if not target.is_up:
            return f"migration aborted: can't connect to '{target.name}'"
        running = guest.is_running
        local = world.find_storage(target.name, guest.storage)
        if local is None:
            guest.storage = "local-lvm" if target.name != "pve" else "local-zfs"
        guest.node = target.name
        if guest.hastate == "migrate":
            guest.hastate = "started" if running else "stopped"
        if running and kind == "lxc":
            end_run(world, guest)
            begin_run(world, guest)
        world.changed()
        return None

    lines = [
        f"starting migration of {guest.word} {guest.vmid} to node '{target.name}' ({target.ip})",
        "starting VM migration on remote node",
        "migration finished successfully",
    ]
    lasts = lasts_for(world, 6.0, 12.0, guest, "migrate")
    return hold(
        world,
        guest,
        who,
        "qmigrate" if kind == "qemu" else "vzmigrate",
        "migrate",
        lasts_s=lasts,
        lines=lines,
        then=then,
    )
