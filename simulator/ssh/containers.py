"""Containers as Docker's client shows them: rows, whole accounts, times."""

import time
from typing import TYPE_CHECKING

from simulator.world.docker import Container, tell_span
from simulator.world.noise import key_of

if TYPE_CHECKING:
    from simulator.world.world import World


def row_of(world: "World", one: Container, *, full: bool) -> dict[str, str]:
    """A container as `docker ps --format json` tells it."""
    at = world.now
    health = one.health_at(at)
    created = time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC", time.gmtime(world.told(one.created_at)))
    shown = one.command if full or len(one.command) <= 20 else f"{one.command[:19]}…"
    ports = ", ".join(
        part
        for host, inside in one.ports
        for part in (f"0.0.0.0:{host}->{inside}/tcp", f"[::]:{host}->{inside}/tcp")
    )
    return {
        "Command": f'"{shown}"',
        "CreatedAt": created,
        "HealthStatus": health or "none",
        "ID": one.id if full else one.short_id,
        "Image": one.image,
        "Labels": ",".join(f"{name}={value}" for name, value in one.labels.items()),
        "LocalVolumes": "1",
        "Mounts": f"homelab_{one.name}" if full else f"homelab_{one.name}"[:15],
        "Names": one.name,
        "Networks": "homelab_default",
        "Platform": "linux/amd64",
        "Ports": ports if one.running else "",
        "RunningFor": f"{tell_span(at - one.created_at)} ago",
        "Size": "0B",
        "State": "running" if one.running else "exited",
        "Status": status_of(one, at),
    }


def status_of(one: Container, at: float) -> str:
    """`Up 3 days (healthy)`, `Exited (1) 17 hours ago`."""
    ago = tell_span(at - one.since)
    if not one.running:
        return f"Exited ({one.exit_code}) {ago} ago"
    health = one.health_at(at)
    told = {"starting": " (health: starting)", None: ""}.get(health, f" ({health})")
    return f"Up {ago}{told}"


def inspected(world: "World", one: Container) -> dict[str, object]:
    """A container as `docker inspect` tells it."""
    at = world.now
    pid = 4_000 + one.key % 20_000
    state: dict[str, object] = {
        "Status": "running" if one.running else "exited",
        "Running": one.running,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": pid if one.running else 0,
        "ExitCode": one.exit_code,
        "Error": "",
        "StartedAt": stamp(world, one.since if one.running else one.since - 3600),
        "FinishedAt": "0001-01-01T00:00:00Z" if one.running else stamp(world, one.since),
    }
    health = one.health_at(at)
    if health is not None:
        state["Health"] = {"Status": health, "FailingStreak": 0, "Log": []}
    return {
        "Id": one.id,
        "Created": stamp(world, one.created_at),
        "Path": one.command.split()[0],
        "Args": one.command.split()[1:],
        "State": state,
        "Image": f"sha256:{key_of(0, one.image):016x}" + "0" * 48,
        "Name": f"/{one.name}",
        "RestartCount": 0,
        "HostConfig": {"RestartPolicy": {"Name": one.restarts, "MaximumRetryCount": 0}},
        "Config": {"Image": one.image, "Labels": dict(one.labels), "Hostname": one.short_id},
        "NetworkSettings": {
            "Ports": {
                f"{inside}/tcp": [{"HostIp": "0.0.0.0", "HostPort": str(host)}]  # noqa: S104
                for host, inside in one.ports
            }
        },
    }


def stamp(world: "World", at: float) -> str:
    """A moment of the world as Docker writes it."""
    told = time.gmtime(world.told(at))
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', told)}.{int(at % 1 * 1e9):09d}Z"
