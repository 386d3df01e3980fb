"""A guest's run: how one begins and ends, and how it moves."""

from .model import ROOT, Guest, Task
from .world import World

HALT_S = 3.0
"""From the order until the guest is down."""
HA_RESTART_S = 12.0
"""Until HA notices that a guest died and starts it again."""


def begin_run(world: World, guest: Guest) -> None:
    """Its process starts now, on a node that is up."""
    if guest.is_running or guest.vmid not in world.guests:
        return
    if not world.nodes[guest.node].is_up:
        return
    guest.state = "running"
    guest.started_at = world.now
    guest.pid = 20_000 + int(world.chance("pid", guest.vmid, int(world.now)) * 900_000)
    guest.agent_alive = True
    guest.runs.append((world.now, None))
    world.changed()


def end_run(world: World, guest: Guest, *, at: float | None = None) -> None:
    """Its process is gone, now or since a moment in the past."""
    if guest.runs and guest.runs[-1][1] is None:
        guest.runs[-1] = (guest.runs[-1][0], world.now if at is None else at)
    guest.state = "stopped"
    guest.started_at = None
    guest.pid = None
    world.changed()


def halt(world: World, guest: Guest, *, again: bool) -> None:
    """It goes down from within, and comes back where it only reboots, or where HA wants it."""

    def down() -> None:
        if again and guest.is_running:
            end_run(world, guest)
            begin_run(world, guest)
        else:
            crash(world, guest)

    world.agenda.after(world.now + HALT_S, down)


def crash(world: World, guest: Guest) -> None:
    """Its process dies without a task and without a word; under HA it is started again."""
    if not guest.is_running:
        return
    end_run(world, guest)
    if guest.ha and guest.hastate == "started":
        kind = "qmstart" if guest.kind == "qemu" else "vzstart"

        def then(_: Task) -> str | None:
            begin_run(world, guest)
            return None

        def recover() -> None:
            node = world.nodes[guest.node]
            if node.is_up and not guest.is_running and guest.hastate == "started":
                world.tasks.start(node, kind, str(guest.vmid), ROOT, lasts_s=3.0, then=then)

        world.agenda.after(world.now + HA_RESTART_S, recover)
