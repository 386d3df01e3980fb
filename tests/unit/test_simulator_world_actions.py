"""What the world says to actions in the wrong state, and what they do in the right one."""

from collections.abc import Callable

import pytest

from simulator.world import actions, backups, migration, snapshots
from simulator.world.clock import Clock
from simulator.world.errors import Refused
from simulator.world.guests import crash
from simulator.world.model import ROOT, Guest
from simulator.world.world import World


class Wall:
    """A wall clock the test turns."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def world(wall: Wall) -> World:
    return World(clock=Clock(began=1_795_400_000.0, tick=wall))


def ending(world: World, wall: Wall, upid: str) -> str | None:
    """How a task ended, half a minute later."""
    wall.at += 30.0
    world.advance()
    task = world.tasks.find(upid)
    assert task is not None
    return task.exitstatus


def test_a_start_takes_some_seconds_and_ends_well(world: World, wall: Wall) -> None:
    win11 = world.guests[112]

    upid = actions.start(world, win11, ROOT)
    wall.at = 1.0
    world.advance()
    assert not win11.is_running

    assert ending(world, wall, upid) == "OK"
    assert win11.is_running


def test_starting_a_running_vm_fails_in_its_task(world: World, wall: Wall) -> None:
    upid = actions.start(world, world.guests[104], ROOT)

    assert ending(world, wall, upid) == "VM 104 already running"


def test_stopping_a_stopped_vm_is_a_task_that_ends_well(world: World, wall: Wall) -> None:
    assert ending(world, wall, actions.stop(world, world.guests[112], ROOT)) == "OK"
    assert ending(world, wall, actions.shutdown(world, world.guests[112], ROOT)) == "OK"


@pytest.mark.parametrize(
    ("verb", "text"),
    [
        pytest.param(actions.stop, "CT 101 not running", id="stop"),
        pytest.param(actions.shutdown, "CT 101 not running", id="shutdown"),
        pytest.param(actions.reboot, "VM 101 not running", id="reboot, with Proxmox's own slip"),
    ],
)
def test_a_stopped_container_refuses_at_once(
    world: World, wall: Wall, verb: Callable[[World, Guest, object], str], text: str
) -> None:
    ending(world, wall, actions.stop(world, world.guests[101], ROOT))

    with pytest.raises(Refused, match=text):
        verb(world, world.guests[101], ROOT)


def test_starting_a_running_container_is_refused_at_once(world: World) -> None:
    with pytest.raises(Refused, match="CT 101 already running"):
        actions.start(world, world.guests[101], ROOT)


@pytest.mark.parametrize("verb", [actions.reset, actions.reboot, actions.suspend, actions.resume])
def test_a_stopped_vm_refuses_what_needs_it_running(
    world: World, verb: Callable[[World, Guest, object], str]
) -> None:
    with pytest.raises(Refused, match="VM 112 not running"):
        verb(world, world.guests[112], ROOT)


def test_a_paused_vm_without_agent_cannot_be_shut_down(world: World, wall: Wall) -> None:
    pbs = world.guests[130]
    assert ending(world, wall, actions.suspend(world, pbs, ROOT)) == "OK"
    assert pbs.state == "paused"

    with pytest.raises(Refused, match="VM is paused - cannot shutdown"):
        actions.shutdown(world, pbs, ROOT)

    assert ending(world, wall, actions.resume(world, pbs, ROOT)) == "OK"
    assert pbs.state == "running"


def test_a_lock_blocks_until_its_task_is_over(world: World, wall: Wall) -> None:
    media = world.guests[104]
    upid = snapshots.take_snapshot(world, media, ROOT, "before-update")

    assert media.lock == "snapshot"
    with pytest.raises(Refused, match=r"VM is locked \(snapshot\)"):
        actions.stop(world, media, ROOT)

    assert ending(world, wall, upid) == "OK"
    assert media.lock is None
    assert media.snapshots[-1].name == "before-update"


def test_ha_ends_its_task_before_the_guest_changes(world: World, wall: Wall) -> None:
    k3s = world.guests[110]
    upid = actions.stop(world, k3s, ROOT)
    assert ":hastop:110:" in upid

    wall.at = 2.0
    world.advance()
    task = world.tasks.find(upid)
    assert task is not None
    assert task.exitstatus == "OK"
    assert k3s.is_running

    wall.at = 20.0
    world.advance()
    assert not k3s.is_running
    assert k3s.hastate == "stopped"


def test_ha_moves_a_guest_after_its_own_task_has_ended(world: World, wall: Wall) -> None:
    k3s = world.guests[110]
    upid = migration.migrate(world, k3s, ROOT, world.nodes["pve"], online=True)
    assert ":hamigrate:110:" in upid

    wall.at = 2.0
    world.advance()
    assert (k3s.node, k3s.hastate) == ("home", "migrate")

    wall.at = 30.0
    world.advance()
    assert (k3s.node, k3s.hastate, k3s.is_running) == ("pve", "started", True)


def test_ha_starts_a_crashed_guest_again_and_leaves_others_alone(world: World, wall: Wall) -> None:
    crash(world, world.guests[110])
    crash(world, world.guests[104])
    assert not world.guests[110].is_running

    wall.at = 30.0
    world.advance()

    assert world.guests[110].is_running
    assert not world.guests[104].is_running


def test_a_start_that_warns_counts_its_warnings(world: World, wall: Wall) -> None:
    unifi = world.guests[123]
    ending(world, wall, actions.stop(world, unifi, ROOT))

    upid = actions.start(world, unifi, ROOT)

    assert ending(world, wall, upid) == "WARNINGS: 1"
    assert unifi.is_running


def test_a_running_vm_moves_without_a_restart_and_a_container_with_one(
    world: World, wall: Wall
) -> None:
    haos, adguard = world.guests[100], world.guests[101]
    began = haos.started_at
    home, pve = world.nodes["home"], world.nodes["pve"]

    with pytest.raises(Refused, match="--online"):
        migration.migrate(world, haos, ROOT, pve, online=False)
    moved = migration.migrate(world, haos, ROOT, pve, online=True)
    restarted = migration.migrate(world, adguard, ROOT, home, online=True)

    assert ending(world, wall, moved) == "OK"
    assert ending(world, wall, restarted) == "OK"
    assert (haos.node, haos.started_at) == ("pve", began)
    assert adguard.node == "home"
    assert adguard.started_at is not None
    assert adguard.started_at > world.began


def test_a_rollback_on_zfs_wants_the_newest_snapshot(world: World) -> None:
    media = world.guests[104]
    assert len(media.snapshots) == 11

    with pytest.raises(Refused, match="not most recent snapshot"):
        snapshots.roll_back(world, media, ROOT, media.snapshots[0].name)


def test_a_deleted_snapshot_leaves_its_children_with_its_parent(world: World, wall: Wall) -> None:
    media = world.guests[104]
    first, second, third = media.snapshots[:3]

    assert ending(world, wall, snapshots.delete_snapshot(world, media, ROOT, second.name)) == "OK"

    assert second not in media.snapshots
    assert third.parent == first.name


def test_a_backup_to_a_full_storage_fails_and_says_why(world: World, wall: Wall) -> None:
    storage = world.find_storage("pve", "backup")
    assert storage is not None
    storage.filled = 0.99
    world.changed()

    upid = backups.back_up(world, world.nodes["pve"], [world.guests[101]], ROOT)

    assert ending(world, wall, upid) == "job errors"
    task = world.tasks.find(upid)
    assert task is not None
    assert any("No space left on device" in text for _, text in task.lines)


def test_a_protected_guest_is_not_destroyed(world: World, wall: Wall) -> None:
    mgmt = world.guests[103]
    with pytest.raises(Refused, match="is running"):
        actions.destroy(world, mgmt, ROOT)
    ending(world, wall, actions.stop(world, mgmt, ROOT))

    with pytest.raises(Refused, match="protection mode enabled"):
        actions.destroy(world, mgmt, ROOT)

    assert 103 in world.guests
