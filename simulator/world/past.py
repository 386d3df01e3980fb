"""What the task logs already hold when the world begins."""

from .backups import remember_nights
from .model import ROOT, LogEntry, Node, Who
from .noise import DAY_S
from .world import World

_PEOPLE = (ROOT, Who(user="jarvis@pve", tokenid="jarvis"))


def remember_past(world: World) -> None:
    """Nightly backups, package lists, the last boots, and what people did."""
    remember_nights(world)
    for node in world.nodes.values():
        _boot(world, node)
        for days in (3, 2, 1):
            at = world.began - world.began % DAY_S - (days - 1) * DAY_S + 4 * 3600
            at += world.between(0, 3600, "aptupdate", node.name, days)
            if node.booted_at < at < world.began:
                task = world.tasks.record(node, "aptupdate", "", ROOT, at=at)
                task.lines.append((at, "starting apt-get update"))
                world.tasks.end(task, "OK", at=at + 4)
        _failures(world, node)
    for guest in world.guests.values():
        node = world.nodes[guest.node]
        since = guest.started_at
        if since is not None and since > node.booted_at + 600 and since > world.began - 9 * DAY_S:
            kind = "qmreboot" if guest.kind == "qemu" else "vzreboot"
            who = _PEOPLE[guest.vmid % 2]
            task = world.tasks.record(node, kind, str(guest.vmid), who, at=since - 6)
            world.tasks.end(task, "OK", at=since)


def _failures(world: World, node: Node) -> None:
    """What the journal says of the services that failed before the world began."""
    for name in node.failed_services:
        at, pid, unit = node.services_since.get(name, world.began), 2473, f"{name}.service"
        for text, priority, program in (
            ("error: stat of /var/log/pveproxy/access.log failed: Input/output error", 3, name),
            (f"{unit}: Main process exited, code=exited, status=1/FAILURE", 5, "systemd"),
            (f"{unit}: Failed with result 'exit-code'.", 4, "systemd"),
        ):
            node.log.append(
                LogEntry(
                    at=at,
                    program=program,
                    pid=1 if program == "systemd" else pid,
                    text=text,
                    unit=name,
                    priority=priority,
                )
            )


def _boot(world: World, node: Node) -> None:
    if node.booted_at < world.began - 60 * DAY_S:
        return
    task = world.tasks.record(node, "startall", "", ROOT, at=node.booted_at + 20)
    for guest in world.guests_on(node.name):
        if guest.onboot:
            task.lines.append((task.started_at, f"Starting {guest.word} {guest.vmid}"))
    world.tasks.end(task, "OK", at=task.started_at + 30)
