"""The archives of a simulated world: bounded, and blind to what came later."""

from simulator.world.clock import Clock
from simulator.world.history import History
from simulator.world.world import World


class Tick:
    """Seconds of a wall clock that a test turns."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def _world(tick: Tick) -> World:
    world = World(seed=5, clock=Clock(began=1_795_200_000.0, tick=tick))
    world.advance()
    return world


def _kept(history: History) -> int:
    return sum(map(len, history._kept.values()))


def test_the_archives_together_stay_below_their_bound() -> None:
    world = _world(Tick())

    for node in world.nodes.values():
        for storage in world.storages_of(node.name):
            for timeframe in ("day", "month"):
                world.history.of_storage(node, storage, timeframe, "AVERAGE")

    assert 1440 <= _kept(world.history) <= 30_000


def test_what_was_computed_late_is_what_was_computed_at_once() -> None:
    tick = Tick()
    watched, unwatched = _world(tick), _world(tick)
    first = {r["time"]: r for r in watched.history.of_node(watched.nodes["pve"], "hour", "AVERAGE")}

    for world in (watched, unwatched):
        tick.at = 300.0
        world.advance()
        world.nodes["pve"].heat_c = 30.0
        next(s for s in world.storages if s.name == "nas").filled = 0.99
        world.changed()
        tick.at = 900.0
        world.advance()

    late = {
        r["time"]: r for r in unwatched.history.of_node(unwatched.nodes["pve"], "hour", "AVERAGE")
    }
    both = first.keys() & late.keys()
    assert len(both) >= 44
    assert all(first[at] == late[at] for at in both)
    nas = unwatched.find_storage("pve", "nas")
    assert nas is not None
    rows = [
        row
        for row in unwatched.history.of_storage(unwatched.nodes["pve"], nas, "hour", "AVERAGE")
        if "used" in row
    ]
    assert rows[0]["used"] / nas.total_bytes < 0.5
    assert rows[-1]["used"] / nas.total_bytes > 0.98


def test_a_node_without_power_leaves_a_gap() -> None:
    tick = Tick()
    world = _world(tick)
    node = world.nodes["agent"]
    node.outages.append((world.now, world.now + 600))

    tick.at = 1200.0
    world.advance()
    rows = world.history.of_node(node, "hour", "AVERAGE")

    dark = [row for row in rows if 1_795_200_060 <= row["time"] <= 1_795_200_600]
    assert len(dark) == 10
    assert all(row.keys() == {"time"} for row in dark)
