"""The Docker daemon of the management guest: its containers, and what becomes of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from .errors import Refused
from .model import MIB, Guest
from .noise import DAY_S, grain, key_of

MANAGEMENT = 103
"""The guest the daemon runs in."""
CHECKED_AFTER_S = 15.0
"""Until a container's first health check has come back."""
KILLED = 137


@dataclass(slots=True, kw_only=True, eq=False)
class Container:
    """One container; times are the world's."""

    id: str
    name: str
    image: str
    command: str
    ports: tuple[tuple[int, int], ...]
    """(on the host, inside)."""
    created_at: float
    memory_bytes: int
    load: float
    """Mean use of a core."""
    health: Literal["healthy", "unhealthy"] | None = None
    restarts: str = "unless-stopped"
    running: bool = True
    since: float = 0.0
    """When it was started, or ended."""
    exit_code: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    """Whatever its maker wanted to say: any text."""
    log: list[tuple[float, str]] = field(default_factory=list)
    """What it wrote because of what was done to it."""

    @property
    def short_id(self) -> str:
        return self.id[:12]

    @property
    def key(self) -> int:
        return int(self.id[:16], 16)

    def health_at(self, at: float) -> str | None:
        """What its check says: `starting`, `healthy` or `unhealthy`; None where it has none."""
        if self.health is None or not self.running:
            return None
        return "starting" if at - self.since < CHECKED_AFTER_S else self.health

    def load_at(self, at: float) -> float:
        """Of one core."""
        return max(0.0, self.load * (1 + 0.4 * grain(self.key, int(at)))) if self.running else 0.0

    def memory_at(self, at: float) -> int:
        wave = 1 + 0.03 * grain(self.key ^ 5, int(at / 10))
        return int(self.memory_bytes * wave) if self.running else 0


_TABLE = """
jarvis | ghcr.io/jarvis-homelab/jarvis:latest | jarvis serve | 8080:8080 | 190 | 0.05 | checked
portainer | portainer/portainer-ce:2.35.0 | /portainer | 9443:9443 | 48 | 0.01 |
uptime-kuma | louislam/uptime-kuma:2 | node server/server.js | 3001:3001 | 132 | 0.03 | checked
homepage | ghcr.io/gethomepage/homepage:v1.7.0 | node server.js | 3000:3000 | 96 | 0.02 | checked
watchtower | containrrr/watchtower:1.7.1 | /watchtower --cleanup | | 14 | 0.001 | checked
traefik | traefik:v3.6 | /entrypoint.sh traefik | 80:80 443:443 | 62 | 0.02 |
dozzle | amir20/dozzle:v8.14.9 | /dozzle | 9999:8080 | 22 | 0.01 |
speedtest-tracker | linuxserver/speedtest-tracker:1.10.4 | /init | 8765:80 | 84 | 0.002 |
"""
"""name | image | command | ports | MiB | mean use of a core | whether it has a health check."""
_ROWS = [[part.strip() for part in row.split("|")] for row in _TABLE.strip().splitlines()]
_OFF = "speedtest-tracker"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


class Surroundings(Protocol):
    """What the daemon knows of the world it runs in; moments are the world's."""

    seed: int
    began: float

    @property
    def now(self) -> float: ...

    @property
    def guests(self) -> Mapping[int, Guest]: ...

    def between(self, low: float, high: float, *parts: object) -> float:
        """In between, always the same for the same parts."""

    def changed(self) -> None:
        """To be called by whatever changes the state."""


class DockerDaemon:
    """All containers, in the order they were created."""

    def __init__(self, world: Surroundings) -> None:
        self._world = world
        self._containers: list[Container] = []
        guest = self.guest
        self._run_of_guest = guest.started_at if guest is not None else None
        if guest is not None:
            self._containers = [self._make(number) for number in range(len(_ROWS))]

    @property
    def guest(self) -> Guest | None:
        return self._world.guests.get(MANAGEMENT)

    @property
    def is_up(self) -> bool:
        guest = self.guest
        return guest is not None and guest.is_running and "docker" not in guest.stopped_services

    @property
    def containers(self) -> tuple[Container, ...]:
        """As they are now: those that ran when the guest went down run again since its start."""
        guest = self.guest
        since = guest.started_at if guest is not None else None
        if since is not None and since != self._run_of_guest:
            self._run_of_guest = since
            for one in self._containers:
                if one.running:
                    one.since = since + 6.0 + 0.4 * self._containers.index(one)
                    one.log.append((one.since, "starting"))
        return tuple(self._containers)

    def find(self, name: str) -> Container:
        """By name, or by the start of its id. Raises Refused."""
        for one in self.containers:
            if name == one.name or (len(name) >= 4 and one.id.startswith(name)):
                return one
        raise Refused(f"No such container: {name}")

    def run(
        self, image: str, words: tuple[str, ...], name: str, labels: dict[str, str]
    ) -> Container:
        """Make a container of an image that is there, and start it; `echo` says its words and ends.

        Raises Refused.
        """
        like = next((one for one in self._containers if one.image == image), None)
        if like is None:
            raise Refused(f"no such image: {image}: simulated machines have no network")
        made = len(self._containers)
        id_ = self._id(name, made, self._world.now)
        name = name or id_[:12]
        if not _NAME.fullmatch(name):
            raise Refused(
                f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
            )
        for one in self._containers:
            if one.name == name:
                raise Refused(
                    f'Conflict. The container name "/{name}" is already in use by container'
                    f' "{one.id}".'
                )
        now = self._world.now
        container = Container(
            id=id_,
            name=name,
            image=image,
            command=" ".join(words) or like.command,
            ports=(),
            created_at=now,
            memory_bytes=like.memory_bytes,
            load=like.load,
            restarts="no",
            since=now,
            labels=labels,
        )
        if words[:1] == ("echo",):
            container.running = False
            container.log.append((now, " ".join(words[1:])))
        self._containers.append(container)
        self._world.changed()
        return container

    def start(self, container: Container) -> None:
        """Nothing when it runs already, as Docker has it."""
        if not container.running:
            container.running, container.exit_code = True, 0
            container.since = self._world.now
            container.log.append((container.since, "starting"))
            self._world.changed()

    def stop(self, container: Container, *, exit_code: int = 0) -> None:
        if container.running:
            container.running, container.exit_code = False, exit_code
            container.since = self._world.now
            if exit_code == 0:
                container.log.append((container.since, "received SIGTERM, shutting down"))
            self._world.changed()

    def restart(self, container: Container) -> None:
        self.stop(container)
        self.start(container)

    def remove(self, container: Container, *, force: bool = False) -> None:
        """Raises Refused while it runs, unless forced."""
        if container.running and not force:
            raise Refused(
                f'cannot remove container "{container.name}": container is running:'
                " stop the container before removing or force remove"
            )
        self._containers.remove(container)
        self._world.changed()

    def lines(self, container: Container, since: float) -> list[tuple[float, str]]:
        """(when, text) of what it has written from then on, oldest first."""
        found = [(at, text) for at, text in container.log if at >= since]
        period = 240 + container.key % 360
        at = float((int(since) // period + 1) * period)
        while at <= self._world.now:
            ran = container.running and at >= container.since
            before = container.created_at <= at < container.since
            if ran or (before and container.name != _OFF):
                found.append((at, _SAYS[container.key % len(_SAYS)]))
            at += period
        return sorted(found)

    def _id(self, *parts: object) -> str:
        seed = self._world.seed
        return "".join(f"{key_of(seed, 'container', *parts, part):016x}" for part in range(4))

    def _make(self, number: int) -> Container:
        name, image, command, ports, memory_mib, load, checked = _ROWS[number]
        guest = self.guest
        began = guest.started_at if guest is not None else None
        booted = self._world.began if began is None else began
        one = Container(
            id=self._id(name),
            name=name,
            image=image,
            command=command,
            ports=tuple(_port(pair) for pair in ports.split()),
            created_at=self._world.began - DAY_S * self._world.between(12, 90, name, "created"),
            memory_bytes=int(memory_mib) * MIB,
            load=float(load),
            health="healthy" if checked else None,
            since=booted + 6.0 + 0.4 * number,
            labels={
                "com.docker.compose.project": "homelab",
                "com.docker.compose.service": name,
                "com.docker.compose.version": "2.40.3",
                "com.docker.compose.oneoff": "False",
            },
        )
        if name == _OFF:
            one.running, one.exit_code = False, 1
            one.since = self._world.began - 0.7 * DAY_S
            one.log.append((one.since, "SQLSTATE[HY000]: database is locked"))
        return one


def _port(pair: str) -> tuple[int, int]:
    host, _, inside = pair.partition(":")
    return int(host), int(inside)


_SAYS = ("INFO request completed status=200", "INFO heartbeat ok", "INFO cache refreshed")


def tell_span(seconds: float) -> str:
    """How long, as Docker says it: `12 seconds`, `About an hour`, `3 days`."""
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        count = int(seconds)
        return "1 second" if count == 1 else f"{count} seconds"
    minutes = int(seconds / 60)
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    hours = int(seconds / 3600 + 0.5)
    for most, one, unit in (
        (48, 1, "hours"),
        (24 * 14, 24, "days"),
        (24 * 60, 168, "weeks"),
        (24 * 730, 720, "months"),
    ):
        if hours < most:
            return "About an hour" if hours == 1 else f"{hours // one} {unit}"
    return f"{hours // 8766} years"
