"""docker, in the management guest: what runs there, its logs, and starting and stopping it."""

import asyncio
import json
import re
import time
from collections.abc import Callable

from simulator.ssh.containers import inspected, row_of, stamp
from simulator.ssh.shell.state import Call
from simulator.world.docker import KILLED, Container
from simulator.world.errors import Refused
from simulator.world.model import MIB
from simulator.world.noise import key_of

from .docker_run import run
from .options import Options, read_options, seconds_of
from .registry import Where, command

VERSION = "29.1.3"
_FOLLOW_S = 0.5
_STOP_S = 0.6
"""How long a container takes to end when it is asked to."""
_COLUMNS = {
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Command": "COMMAND",
    "RunningFor": "CREATED",
    "Status": "STATUS",
    "Ports": "PORTS",
    "Names": "NAMES",
}
_UNREACHABLE = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
    " Is the docker daemon running?"
)


@command("docker", where=Where.DOCKER)
async def docker(call: Call) -> int:
    words = list(call.rest)
    while words and words[0] in ("container", "image", "system"):
        group = words.pop(0)
        if group == "image" and words[:1] == ["ls"]:
            words[0] = "images"
        elif group == "container" and words[:1] == ["ls"]:
            words[0] = "ps"
    verb = words.pop(0) if words else "help"
    if verb in ("--version", "-v"):
        await call.say(f"Docker version {VERSION}, build f52814d\n")
        return 0
    if not call.machine.world.docker.is_up:
        await call.complain(_UNREACHABLE)
        return 1
    inner = call.called(f"docker {verb}", *words)
    try:
        match verb:
            case "ps":
                return await _list(inner)
            case "start" | "stop" | "restart" | "kill" | "rm" | "pause" | "unpause":
                return await _change(inner, verb)
            case "logs":
                return await _logs(inner)
            case "inspect":
                return await _inspect(inner)
            case "stats":
                return await _stats(inner)
            case "images":
                return await _images(inner)
            case "compose":
                return await _compose(inner)
            case "version" | "info":
                return await _about(inner, verb)
            case "top" | "port":
                return await _details(inner, verb)
            case "network" | "volume" | "df" | "events":
                return await _others(inner, verb)
            case "run":
                return await run(inner)
            case "exec" | "build" | "pull" | "attach" | "cp":
                raise Refused(f"{verb} is not part of this simulated daemon")
    except Refused as refused:
        await call.complain(f"Error response from daemon: {refused.text}")
        return 1
    await call.complain(f"docker: '{verb}' is not a docker command.\nSee 'docker --help'")
    return 1


async def _list(call: Call) -> int:
    options, _ = read_options(
        call,
        "aqlsn:f:",
        ("all", "no-trunc", "format=", "quiet", "filter=", "last=", "latest", "size"),
    )
    full = options.has("--no-trunc")
    containers = [
        one
        for one in reversed(call.machine.world.docker.containers)
        if (one.running or options.has("-a", "--all") or _wants_stopped(options))
        and all(
            _passes(call, one, value) for name, value in options.each if name in ("-f", "--filter")
        )
    ]
    rows = [row_of(call.machine.world, one, full=full) for one in containers]
    if options.has("-q", "--quiet"):
        await call.say("".join(f"{row['ID']}\n" for row in rows))
        return 0
    shape = options.first("--format", default="table")
    if shape in ("json", "{{json .}}"):
        await call.say("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return 0
    heads = [*_COLUMNS]
    if shape.startswith("table ") or "{{" in shape:
        pattern = shape.removeprefix("table ").replace("\\t", "\t")
        heads = re.findall(r"\{\{\s*\.(\w+)\s*\}\}", pattern)
        if not shape.startswith("table "):
            await call.say("".join(f"{_filled(pattern, row)}\n" for row in rows))
            return 0
    await _say_table(call, [_COLUMNS.get(name, name.upper()) for name in heads],
                     [[row.get(name, "") for name in heads] for row in rows])  # fmt: skip
    return 0


def _wants_stopped(options: Options) -> bool:
    return any(value.startswith("status=") for _, value in options.each)


def _passes(call: Call, one: Container, wanted: str) -> bool:
    name, _, value = wanted.partition("=")
    match name:
        case "name":
            return re.search(value, one.name) is not None
        case "status":
            return value == ("running" if one.running else "exited")
        case "health":
            return value == (one.health_at(call.machine.world.now) or "none")
        case "id":
            return one.id.startswith(value)
    raise Refused(f"invalid filter '{name}'")


def _filled(pattern: str, row: dict[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        if match.group(1) == "json":
            return json.dumps(row, ensure_ascii=False)
        return row.get(match.group(2), "")

    return re.sub(r"\{\{\s*(?:(json) \.|\.(\w+))\s*\}\}", one, pattern)


async def _say_table(call: Call, heads: list[str], rows: list[list[str]]) -> None:
    wide = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
    for row in [heads, *rows]:
        cells = "   ".join(cell.ljust(wide[at]) for at, cell in enumerate(row))
        await call.say(cells.rstrip() + "\n")


async def _change(call: Call, verb: str) -> int:
    options, names = read_options(
        call, "ft:s:v", ("force", "time=", "timeout=", "signal=", "volumes")
    )
    daemon = call.machine.world.docker
    if not names:
        await call.complain(f'"docker {verb}" requires at least 1 argument.')
        return 1
    status = 0
    for name in names:
        try:
            one = daemon.find(name)
            match verb:
                case "start":
                    daemon.start(one)
                case "stop":
                    await _end(call, one)
                case "restart":
                    await _end(call, one)
                    daemon.start(one)
                case "kill" if not one.running:
                    raise Refused(
                        f"cannot kill container: {name}: container {one.id} is not running"
                    )
                case "kill":
                    daemon.stop(one, exit_code=KILLED)
                case "rm":
                    daemon.remove(one, force=options.has("-f", "--force"))
                case _:
                    raise Refused(f"{verb} is not part of this simulated daemon")
            await call.say(f"{name}\n")
        except Refused as refused:
            await call.complain(f"Error response from daemon: {refused.text}")
            status = 1
    return status


async def _end(call: Call, one: Container) -> None:
    if one.running:
        await asyncio.sleep(_STOP_S)
        call.machine.world.docker.stop(one)


async def _logs(call: Call) -> int:
    options, names = read_options(
        call, "ftn:", ("follow", "timestamps", "tail=", "since=", "until=", "details")
    )
    world = call.machine.world
    one = world.docker.find(names[0] if names else "")
    since = _since(call, options.first("--since"))
    lines = world.docker.lines(one, since)
    tail = options.first("-n", "--tail", default="all")
    if tail.isdigit():
        lines = lines[len(lines) - int(tail) :] if int(tail) else []
    stamped = options.has("-t", "--timestamps")
    await call.say("".join(f"{_log_line(call, at, text, stamped)}\n" for at, text in lines))
    seen = max((at for at, _ in lines), default=world.now)
    while options.has("-f", "--follow") and one.running:
        await asyncio.sleep(_FOLLOW_S)
        for at, text in world.docker.lines(one, seen):
            if at > seen:
                await call.say(f"{_log_line(call, at, text, stamped)}\n")
                seen = at
    return 0


def _since(call: Call, text: str) -> float:
    """A moment of the world; six hours ago where nothing is said."""
    now = call.machine.world.now
    if not text:
        return now - 6 * 3600
    if re.fullmatch(r"\d+(\.\d+)?[smhd]?", text) and not text.isdigit():
        return now - seconds_of(text)
    if text.isdigit():
        return float(text) - call.machine.world.clock.jump_s
    told = time.strptime(text[:19].replace("T", " "), "%Y-%m-%d %H:%M:%S")
    return time.mktime(told) - time.timezone - call.machine.world.clock.jump_s


def _log_line(call: Call, at: float, text: str, stamped: bool) -> str:
    return f"{stamp(call.machine.world, at)} {text}" if stamped else text


async def _inspect(call: Call) -> int:
    options, names = read_options(call, "f:s", ("format=", "type=", "size"))
    world, told, status = call.machine.world, [], 0
    for name in names:
        try:
            told.append(inspected(world, world.docker.find(name)))
        except Refused:
            await call.complain(f"Error response from daemon: No such container: {name}")
            status = 1
    shape = options.first("-f", "--format")
    if not shape or shape in ("json", "{{json .}}"):
        await call.say(json.dumps(told, indent=4 if not shape else None) + "\n")
        return status
    for one in told:
        await call.say(re.sub(r"\{\{\s*(json )?\.([\w.]+)\s*\}\}", _picker(one), shape) + "\n")
    return status


def _picker(one: dict[str, object]) -> Callable[[re.Match[str]], str]:
    """For `{{.State.Status}}` and `{{json .State}}`."""

    def pick(match: re.Match[str]) -> str:
        value: object = one
        for part in match.group(2).split("."):
            value = value.get(part, "<no value>") if isinstance(value, dict) else "<no value>"
        if match.group(1):
            return json.dumps(value)
        return str(value).lower() if isinstance(value, bool) else str(value)

    return pick


async def _stats(call: Call) -> int:
    options, names = read_options(call, "a", ("no-stream", "all", "format=", "no-trunc"))
    world, guest = call.machine.world, call.machine.guest
    assert guest is not None
    while True:
        chosen = [
            one
            for one in world.docker.containers
            if one.running and (not names or one.name in names or one.short_id in names)
        ]
        rows = [
            {
                "ID": one.short_id,
                "Name": one.name,
                "CPUPerc": f"{one.load_at(world.now) * 100:.2f}%",
                "MemUsage": f"{one.memory_at(world.now) / MIB:.1f}MiB / "
                f"{guest.mem_bytes / (1 << 30):.3f}GiB",
                "MemPerc": f"{100 * one.memory_at(world.now) / guest.mem_bytes:.2f}%",
                "PIDs": str(6 + one.key % 30),
            }
            for one in chosen
        ]
        shape = options.first("--format")
        if shape in ("json", "{{json .}}"):
            await call.say("".join(f"{json.dumps(row)}\n" for row in rows))
        elif "{{" in shape:
            pattern = shape.removeprefix("table ").replace("\\t", "\t")
            await call.say("".join(f"{_filled(pattern, row)}\n" for row in rows))
        else:
            heads = ["CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "PIDS"]
            await _say_table(call, heads, [[*row.values()] for row in rows])
        if options.has("--no-stream") or call.screen is None:
            return 0
        await asyncio.sleep(1.0)
        await call.say("\x1b[H\x1b[2J")


async def _images(call: Call) -> int:
    rows = []
    for one in call.machine.world.docker.containers:
        name, _, tag = one.image.rpartition(":")
        size = 40 + key_of(0, one.image) % 700
        rows.append([name, tag, f"{key_of(0, one.image):012x}"[:12], "3 weeks ago", f"{size}MB"])
    await _say_table(call, ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"], rows)
    return 0


async def _compose(call: Call) -> int:
    verb = call.rest[0] if call.rest else ""
    daemon = call.machine.world.docker
    if verb == "ls":
        running = sum(one.running for one in daemon.containers)
        row = ["homelab", f"running({running})", "/opt/homelab/compose.yaml"]
        await _say_table(call, ["NAME", "STATUS", "CONFIG FILES"], [row])
        return 0
    if verb == "ps":
        return await _list(call.called("docker ps", *call.rest[1:]))
    if verb == "logs":
        return await _logs(call.called("docker logs", *call.rest[1:]))
    if verb in ("start", "stop", "restart"):
        names = [word for word in call.rest[1:] if not word.startswith("-")]
        return await _change(
            call.called(f"docker {verb}", *(names or [one.name for one in daemon.containers])), verb
        )
    raise Refused(f"compose {verb} is not part of this simulated daemon")


async def _about(call: Call, verb: str) -> int:
    daemon = call.machine.world.docker
    running = sum(one.running for one in daemon.containers)
    if verb == "version":
        await call.say(f"Client:\n Version:           {VERSION}\n API version:       1.52\n\n")
        await call.say(
            f"Server: Docker Engine - Community\n Engine:\n  Version:          {VERSION}\n"
        )
        return 0
    await call.say(
        f"Server:\n Containers: {len(daemon.containers)}\n  Running: {running}\n  Paused: 0\n"
        f"  Stopped: {len(daemon.containers) - running}\n Images: {len(daemon.containers)}\n"
        f" Server Version: {VERSION}\n Storage Driver: overlay2\n Kernel Version:"
        f" {call.machine.kernel}\n Operating System: {call.machine.system}\n"
        f" Name: {call.machine.hostname}\n"
    )
    return 0


async def _details(call: Call, verb: str) -> int:
    one = call.machine.world.docker.find(call.rest[0] if call.rest else "")
    if not one.running:
        raise Refused(f"container {one.id} is not running")
    if verb == "port":
        for host, inside in one.ports:
            await call.say(f"{inside}/tcp -> 0.0.0.0:{host}\n")
        return 0
    await _say_table(
        call, ["UID", "PID", "CMD"], [["root", str(4_000 + one.key % 20_000), one.command]]
    )
    return 0


async def _others(call: Call, verb: str) -> int:
    daemon = call.machine.world.docker
    if verb == "network":
        rows = [
            ["3f1c9a7be210", "bridge", "bridge", "local"],
            ["9ad0c2f1e7b4", "homelab_default", "bridge", "local"],
        ]
        await _say_table(call, ["NETWORK ID", "NAME", "DRIVER", "SCOPE"], rows)
        return 0
    if verb == "volume":
        rows = [["local", f"homelab_{one.name}"] for one in daemon.containers]
        await _say_table(call, ["DRIVER", "VOLUME NAME"], rows)
        return 0
    if verb == "df":
        count = str(len(daemon.containers))
        rows = [["Images", count, count, "3.1GB"], ["Containers", count, count, "212MB"]]
        await _say_table(call, ["TYPE", "TOTAL", "ACTIVE", "SIZE"], rows)
        return 0
    raise Refused(f"{verb} is not part of this simulated daemon")
