"""A guest's run: how one begins and ends, and how it moves."""

from .model import Guest
from .world import World


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


def crash(world: World, guest: Guest) -> None:
    """Its process dies without a task and without a word."""
    if guest.is_running:
        end_run(world, guest)
