"""What one can ask of a guest, with Proxmox's manners: locks, wrong states, HA, tasks.

Each verb hands back the UPID of the task it started, or raises Refused with Proxmox's sentence.
"""

from collections.abc import Callable

from .errors import Refused
from .guests import begin_run, end_run
from .model import ROOT, Guest, Node, Task, Who
from .world import World

HA_DELAY_S = 4.0
"""Between the end of hastart/hastop and the moment the guest really changes."""


def kind_of(guest: Guest, verb: str) -> str:
    return ("qm" if guest.kind == "qemu" else "vz") + verb


def node_under(world: World, guest: Guest) -> Node:
    return world.nodes[guest.node]


def lasts_for(world: World, low: float, high: float, guest: Guest, verb: str) -> float:
    return world.between(low, high, verb, guest.vmid, int(world.now))


def refuse_when_locked(guest: Guest) -> None:
    """Refused while another operation holds the guest's configuration."""
    if guest.lock is not None:
        raise Refused(f"{guest.word} is locked ({guest.lock})")


def start(world: World, guest: Guest, who: Who) -> str:
    if guest.template:
        raise Refused("you can't start a vm if it's a template")
    if guest.ha:
        return _ask_ha(world, guest, who, "hastart")
    if guest.kind == "lxc" and guest.is_running:
        raise Refused(f"CT {guest.vmid} already running")
    if guest.kind == "lxc":
        refuse_when_locked(guest)
    return _start(world, guest, who).upid


def _start(world: World, guest: Guest, who: Who) -> Task:
    def then(task: Task) -> str | None:
        if guest.is_running:
            return f"VM {guest.vmid} already running"
        if guest.lock is not None:
            return f"{guest.word} is locked ({guest.lock})"
        begin_run(world, guest)
        if guest.warns is not None:
            task.lines.append((world.now, guest.warns))
            return "WARNINGS: 1"
        return None

    lasts = 0.6 if guest.is_running else lasts_for(world, 2.0, 4.0, guest, "start")
    return world.tasks.start(
        node_under(world, guest),
        kind_of(guest, "start"),
        str(guest.vmid),
        who,
        lasts_s=lasts,
        then=then,
    )


def stop(world: World, guest: Guest, who: Who) -> str:
    if guest.ha and guest.hastate != "stopped":
        return _ask_ha(world, guest, who, "hastop")
    if guest.kind == "lxc" and not guest.is_running:
        raise Refused(f"CT {guest.vmid} not running")
    refuse_when_locked(guest)
    return _end(world, guest, who, "stop", 0.8, 1.6).upid


def shutdown(world: World, guest: Guest, who: Who, *, force_stop: bool = False) -> str:
    if guest.ha and guest.hastate != "stopped":
        return _ask_ha(world, guest, who, "hastop")
    if guest.kind == "lxc" and not guest.is_running:
        raise Refused(f"CT {guest.vmid} not running")
    if guest.state == "paused" and not (guest.agent or force_stop):
        raise Refused("VM is paused - cannot shutdown")
    refuse_when_locked(guest)
    return _end(world, guest, who, "shutdown", 5.0, 10.0).upid


def _end(world: World, guest: Guest, who: Who, verb: str, low: float, high: float) -> Task:
    def then(_: Task) -> str | None:
        if guest.is_running:
            end_run(world, guest)
        return None

    lasts = lasts_for(world, low, high, guest, verb) if guest.is_running else 0.5
    return world.tasks.start(
        node_under(world, guest),
        kind_of(guest, verb),
        str(guest.vmid),
        who,
        lasts_s=lasts,
        then=then,
    )


def reboot(world: World, guest: Guest, who: Who) -> str:
    if not guest.is_running:
        raise Refused(f"VM {guest.vmid} not running")
    if guest.state == "paused":
        raise Refused("VM is paused - cannot shutdown")
    refuse_when_locked(guest)

    def then(_: Task) -> str | None:
        if guest.is_running:
            end_run(world, guest)
        begin_run(world, guest)
        return None

    return world.tasks.start(
        node_under(world, guest),
        kind_of(guest, "reboot"),
        str(guest.vmid),
        who,
        lasts_s=lasts_for(world, 6.0, 10.0, guest, "reboot"),
        then=then,
    ).upid


def reset(world: World, guest: Guest, who: Who) -> str:
    if not guest.is_running:
        raise Refused(f"VM {guest.vmid} not running")
    refuse_when_locked(guest)

    def then(_: Task) -> str | None:
        if guest.is_running:
            guest.agent_alive = True
        return None

    return world.tasks.start(
        node_under(world, guest), "qmreset", str(guest.vmid), who, lasts_s=0.8, then=then
    ).upid


def suspend(world: World, guest: Guest, who: Who, *, to_disk: bool = False) -> str:
    if not guest.is_running:
        raise Refused(f"{guest.word} {guest.vmid} not running")
    refuse_when_locked(guest)

    def then(_: Task) -> str | None:
        if to_disk:
            end_run(world, guest)
            guest.lock = "suspended"
        elif guest.is_running:
            guest.state = "paused"
        world.changed()
        return None

    verb = "suspend" if guest.kind == "lxc" or to_disk else "pause"
    return world.tasks.start(
        node_under(world, guest), kind_of(guest, verb), str(guest.vmid), who, lasts_s=1.0, then=then
    ).upid


def resume(world: World, guest: Guest, who: Who) -> str:
    if guest.lock == "suspended":

        def wake(_: Task) -> str | None:
            guest.lock = None
            begin_run(world, guest)
            return None

        then: Callable[[Task], str | None] = wake
    elif not guest.is_running:
        raise Refused(f"{guest.word} {guest.vmid} not running")
    else:

        def carry_on(_: Task) -> str | None:
            if guest.is_running:
                guest.state = "running"
                world.changed()
            return None

        then = carry_on
    return world.tasks.start(
        node_under(world, guest),
        kind_of(guest, "resume"),
        str(guest.vmid),
        who,
        lasts_s=0.8,
        then=then,
    ).upid


def _ask_ha(world: World, guest: Guest, who: Who, verb: str) -> str:
    """HA's own task ends at once; the guest follows some seconds later."""
    starting = verb == "hastart"

    def later() -> None:
        if starting and not guest.is_running:
            _start(world, guest, ROOT)
        elif not starting and guest.is_running:
            _end(world, guest, ROOT, "shutdown", 4.0, 6.0)
        guest.hastate = "started" if starting else "stopped"
        world.changed()

    def then(_: Task) -> str | None:
        guest.hastate = "request_start" if starting else "request_stop"
        world.changed()
        world.agenda.after(world.now + HA_DELAY_S, later)
        return None

    line = f"Requesting HA {'start' if starting else 'stop'} for {guest.word} {guest.vmid}"
    return world.tasks.start(
        node_under(world, guest), verb, str(guest.vmid), who, lasts_s=0.7, lines=[line], then=then
    ).upid


def hold(
    world: World,
    guest: Guest,
    who: Who,
    verb: str,
    lock: str,
    *,
    lasts_s: float,
    lines: list[str],
    then: Callable[[Task], str | None],
) -> Task:
    """A task that locks the guest for as long as it runs."""
    refuse_when_locked(guest)
    guest.lock = lock
    world.changed()

    def finish(task: Task) -> str | None:
        if guest.lock == lock:
            guest.lock = None
        failed = then(task)
        world.changed()
        return failed

    return world.tasks.start(
        node_under(world, guest),
        verb,
        str(guest.vmid),
        who,
        lasts_s=lasts_s,
        lines=lines,
        then=finish,
    )


def destroy(world: World, guest: Guest, who: Who) -> str:
    if guest.is_running:
        running = f"VM {guest.vmid} is running - destroy failed"
        lxc = f"unable to destroy CT {guest.vmid} - container is running"
        raise Refused(running if guest.kind == "qemu" else lxc)
    if guest.protection:
        raise Refused(f"can't remove {guest.word} {guest.vmid} - protection mode enabled")
    refuse_when_locked(guest)

    def then(_: Task) -> str | None:
        world.guests.pop(guest.vmid, None)
        world.changed()
        return None

    return world.tasks.start(
        node_under(world, guest),
        kind_of(guest, "destroy"),
        str(guest.vmid),
        who,
        lasts_s=1.2,
        then=then,
    ).upid
