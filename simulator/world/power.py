"""Power of nodes: off, on, frozen, rebooted; and what becomes of the guests on them."""

from functools import partial

from .guests import begin_run, end_run
from .model import ROOT, Guest, Node, Power, Task, Who
from .world import World

BOOT_S = 6.0
HALT_S = 5.0
START_GUEST_S = 1.0
COROSYNC_S = 1.5
"""Until the others notice that a node is gone."""
FENCE_S = 60.0
"""Until HA takes the guests of a lost node elsewhere."""


def power_off(world: World, node: Node) -> None:
    """Pull the plug: at once, without a word."""
    if node.power is Power.OFF:
        return
    node.power = Power.OFF
    node.frozen = False
    _lose(world, node)
    world.tasks.kill(node.name)
    world.changed()


def power_on(world: World, node: Node) -> None:
    """Press the button: it boots for some seconds, joins, and starts its guests."""
    if node.power is not Power.OFF:
        return
    node.power = Power.BOOTING
    world.changed()
    world.agenda.after(world.now + BOOT_S, lambda: _booted(world, node))


def freeze(world: World, node: Node) -> None:
    """It hangs: ports open, nobody answers, the others lose it."""
    if node.is_up:
        node.frozen = True
        _lose(world, node)
        world.changed()


def thaw(world: World, node: Node) -> None:
    """It goes on where it was; its guests never noticed."""
    if node.frozen:
        node.frozen = False
        node.lost_at = None
        _end_outage(world, node)
        world.changed()


def order(world: World, node: Node, command: str, who: Who) -> None:
    """`reboot` or `shutdown` through the API: guests first, then the node."""
    node.power = Power.STOPPING
    running = [guest for guest in world.guests_on(node.name) if guest.is_running]

    def stopped_all(_: object) -> None:
        for guest in running:
            if guest.node == node.name and guest.is_running:
                end_run(world, guest)

    lines = [f"Stopping {guest.word} {guest.vmid} (timeout = 180 seconds)" for guest in running]
    world.tasks.start(
        node, "stopall", "", ROOT, lasts_s=HALT_S * 0.8, lines=lines, then=stopped_all
    )

    def halted() -> None:
        if node.power is Power.STOPPING:
            power_off(world, node)
            if command == "reboot":
                power_on(world, node)

    world.changed()
    world.agenda.after(world.now + HALT_S, halted)


def _lose(world: World, node: Node) -> None:
    at = world.now
    node.outages.append((at, None))

    def noticed() -> None:
        if not node.is_up and node.lost_at is None:
            node.lost_at = at
            world.changed()

    node.lost_at = None
    world.agenda.after(at + COROSYNC_S, noticed)
    world.agenda.after(at + FENCE_S, lambda: _fence(world, node))


def _end_outage(world: World, node: Node) -> None:
    if node.outages and node.outages[-1][1] is None:
        node.outages[-1] = (node.outages[-1][0], world.now)


def _booted(world: World, node: Node) -> None:
    if node.power is not Power.BOOTING:
        return
    went_down = node.outages[-1][0] if node.outages else world.now
    for guest in world.guests_on(node.name):
        if guest.is_running and guest.started_at is not None and guest.started_at <= went_down:
            end_run(world, guest, at=went_down)
        guest.lock = None if guest.lock in ("backup", "migrate") else guest.lock
    node.power = Power.ON
    node.booted_at = world.now
    node.lost_at = None
    _end_outage(world, node)
    starting = [g for g in world.guests_on(node.name) if g.onboot and not g.is_running]
    lines = [f"Starting {guest.word} {guest.vmid}" for guest in starting]
    lasts = START_GUEST_S * (len(starting) + 1)
    world.tasks.start(node, "startall", "", ROOT, lasts_s=lasts, lines=lines)
    for index, guest in enumerate(starting, 1):
        world.agenda.after(world.now + START_GUEST_S * index, partial(begin_run, world, guest))
    world.changed()


def _recover(world: World, guest: Guest, _: Task) -> None:
    begin_run(world, guest)


def _fence(world: World, node: Node) -> None:
    """HA recovers its services from a node that stayed away, when there is a quorum to decide."""
    if node.lost_at is None:
        return
    homes = [other for other in world.nodes.values() if other.is_up]
    if len(homes) * 2 <= len(world.nodes):
        return
    for guest in world.guests_on(node.name):
        if guest.ha and guest.is_running:
            home = homes[guest.vmid % len(homes)]
            end_run(world, guest, at=node.outages[-1][0])
            guest.node = home.name
            kind = "qmstart" if guest.kind == "qemu" else "vzstart"
            world.tasks.start(
                home,
                kind,
                str(guest.vmid),
                ROOT,
                lasts_s=3.0,
                then=partial(_recover, world, guest),
            )
    world.changed()
