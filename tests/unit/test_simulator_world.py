"""The simulated world: its figures, its time, its size."""

import time

import pytest

from simulator.world import power
from simulator.world.clock import Clock
from simulator.world.past import remember_past
from simulator.world.world import World

MONDAY = 1_795_392_000.0


class Wall:
    """A wall clock the test turns."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def make_world(wall: Wall, *, seed: int = 1, nodes: int = 4, guests: int = 20) -> World:
    clock = Clock(began=MONDAY + 43_200, tick=wall)
    world = World(seed=seed, nodes=nodes, guests=guests, clock=clock)
    remember_past(world)
    return world


def test_the_house_has_four_nodes_and_twenty_guests_of_which_three_are_off() -> None:
    world = make_world(Wall())

    assert [*world.nodes] == ["home", "pve", "agent", "agent1"]
    assert len(world.guests) == 20
    assert sum(not guest.is_running for guest in world.guests.values()) == 3
    assert sum(guest.template for guest in world.guests.values()) == 1
    assert world.guests[103].name == "mgmt"
    assert world.guests[103].node == "pve"
    assert "jarvis-protected" in world.guests[103].tags


def test_the_same_seed_gives_the_same_day() -> None:
    first, second, other = (make_world(Wall(), seed=seed) for seed in (7, 7, 8))
    hours = [MONDAY + 3600.0 * hour for hour in range(24)]

    def day_of(world: World) -> list[object]:
        return [world.guest_figures(world.guests[104], at) for at in hours]

    assert day_of(first) == day_of(second)
    assert day_of(first) != day_of(other)


def test_load_breathes_within_its_bounds_and_nodes_follow_their_guests() -> None:
    world = make_world(Wall())
    pve = world.nodes["pve"]
    media = world.guests[104]
    at = world.now
    loads = [world.guest_figures(media, at + 60 * n) for n in range(200)]
    cpus = [figures.cpu for figures in loads if figures is not None]

    assert len(cpus) == 200
    assert 0 < min(cpus) < max(cpus) <= 1
    assert max(cpus) - min(cpus) > 0.1

    before = world.node_figures(pve)
    media.nature = world.guests[101].nature
    after = world.node_figures(pve)
    assert before is not None
    assert after is not None
    assert after.cpu < before.cpu - 0.15


def test_counters_never_run_backwards() -> None:
    world = make_world(Wall())
    guest = world.guests[100]
    seen = [world.guest_figures(guest, world.now + 7 * n) for n in range(500)]

    received = [figures.netin for figures in seen if figures is not None]

    assert len(received) == 500
    assert received == sorted(received)


def test_disks_fill_slowly_and_one_storage_is_nearly_87_percent_full() -> None:
    world = make_world(Wall())
    pool = world.find_storage("pve", "local-zfs")
    assert pool is not None

    today = world.storage_used(pool)
    next_week = world.storage_used(pool, world.now + 7 * 86_400)

    assert 0.86 < today / pool.total_bytes < 0.875
    assert today < next_week < today * 1.05


def test_temperature_follows_load() -> None:
    world = make_world(Wall())
    figures = {name: world.node_figures(node) for name, node in world.nodes.items()}

    ranked = sorted(figures, key=lambda name: getattr(figures[name], "cpu", 0))

    assert ranked[-1] == "pve"
    assert all(f is not None and 38 < f.temp_c < 95 for f in figures.values())
    hot, cool = figures["pve"], figures["agent"]
    assert hot is not None
    assert cool is not None
    assert hot.temp_c > cool.temp_c + 10


def test_a_backup_job_runs_at_night_locks_its_guests_in_turn_and_keeps_three() -> None:
    wall = Wall()
    world = make_world(wall)
    until_two = world.next_backup_at - world.began

    wall.at = until_two + 20
    world.advance()
    locked = [guest.vmid for guest in world.guests.values() if guest.lock == "backup"]
    wall.at = until_two + 7200
    world.advance()

    assert len(locked) == len(world.nodes)
    assert not any(guest.lock for guest in world.guests.values())
    job = [task for task in world.tasks.of_node("pve") if task.kind == "vzdump"][-1]
    assert job.exitstatus == "OK"
    assert len([backup for backup in world.backups if backup.vmid == 103]) == 3


def test_the_past_holds_backups_and_one_that_failed() -> None:
    world = make_world(Wall())

    endings = {task.exitstatus for task in world.tasks.all() if task.kind == "vzdump"}

    assert endings == {"OK", "job errors"}
    assert all(not task.is_running for task in world.tasks.all())


def test_a_node_that_loses_power_is_noticed_boots_again_and_starts_its_guests() -> None:
    wall = Wall()
    world = make_world(wall)
    node = world.nodes["agent1"]

    power.power_off(world, node)
    assert world.lost_since("home", node) is None
    wall.at = 3.0
    world.advance()
    assert world.lost_since("home", node) == pytest.approx(world.began)
    assert world.node_figures(node) is None
    assert world.guests[107].is_running, "the others still believe it runs"

    wall.at = 20.0
    world.advance()
    power.power_on(world, node)
    wall.at = 27.0
    world.advance()
    assert world.lost_since("home", node) is None
    assert world.now - node.booted_at < 5
    wall.at = 35.0
    world.advance()
    back = world.guest_figures(world.guests[107])
    assert back is not None
    assert back.uptime < 20
    assert world.node_figures(node, world.began + 10) is None, "history keeps the gap"


def test_a_guest_under_ha_is_recovered_elsewhere_when_its_node_stays_away() -> None:
    wall = Wall()
    world = make_world(wall)
    assert world.guests[111].node == "agent1"

    power.power_off(world, world.nodes["agent1"])
    wall.at = 70.0
    world.advance()

    assert world.guests[111].node != "agent1"
    assert world.guests[111].is_running
    assert world.guests[107].node == "agent1", "what HA does not manage stays"


def test_a_jump_of_the_clock_changes_what_is_told_and_nothing_else() -> None:
    wall = Wall()
    world = make_world(wall)
    before = world.node_figures(world.nodes["home"])

    world.clock.jump_s = 3600.0

    assert world.told(world.now) == int(world.now) + 3600
    assert world.node_figures(world.nodes["home"]) == before


def test_two_thousand_guests_cost_little() -> None:
    world = make_world(Wall(), nodes=32, guests=2000)

    began = time.process_time()
    figures = [world.guest_figures(guest) for guest in world.guests.values()]
    took_s = time.process_time() - began

    assert len(world.nodes) == 32
    assert len(figures) == 2000
    assert took_s < 1
