"""journalctl: what a machine has written down, looked through and followed."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.ssh.process_list import unit_pid
from simulator.ssh.shell.state import Call
from simulator.world.model import LogEntry, Node
from simulator.world.noise import key_of
from simulator.world.syslog import REACH_S, log_entries
from simulator.world.units import Unit, is_active

from .options import Usage, read_options, seconds_of
from .registry import command

if TYPE_CHECKING:
    from simulator.ssh.machines import Machine

_LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_LONG = (
    "unit=", "lines=", "output=", "no-pager", "since=", "until=", "priority=", "boot=", "follow",
    "reverse", "grep=", "dmesg", "identifier=", "disk-usage", "list-boots", "no-hostname", "quiet",
    "all", "pager-end", "utc", "system", "catalog", "no-tail", "full", "case-sensitive=",
)  # fmt: skip
_FOLLOW_S = 0.25


@command("journalctl", "dmesg")
async def journalctl(call: Call) -> int:
    options, rest = read_options(
        call.called(call.words[0], *_spelled_out(call.rest)), "u:n:o:S:U:p:frg:kt:eqaxTHwl", _LONG
    )
    machine = call.machine
    if options.has("--disk-usage"):
        await call.say("Archived and active journals take up 168M in the file system.\n")
        return 0
    if options.has("--list-boots"):
        await call.say(
            f"IDX BOOT ID                          FIRST ENTRY\n  0 {_boot_id(machine)}\n"
        )
        return 0
    shape = _shape(machine, options.first("-o", "--output", default="short"))
    keep = _filter(call, options.each, kernel=call.name == "dmesg" or options.has("-k", "--dmesg"))
    entries = [entry for entry in read_journal(machine) if keep(entry)]
    count = options.first("-n", "--lines", default="10" if options.has("-f", "--follow") else "all")
    if count.lstrip("+").isdigit():
        start = 0 if count.startswith("+") else max(0, len(entries) - int(count))
        entries = entries[start:] if not count.startswith("+") else entries[: int(count)]
    if options.has("-r", "--reverse"):
        entries = entries[::-1]
    if not entries and not options.has("-q", "--quiet", "-f", "--follow"):
        await call.say("-- No entries --\n")
    await call.say("".join(f"{shape(entry)}\n" for entry in entries))
    if rest:
        raise Usage(f"Failed to add match '{rest[0]}': Invalid argument")
    seen = max((entry.at for entry in entries), default=machine.world.now)
    while options.has("-f", "--follow"):
        await asyncio.sleep(_FOLLOW_S)
        new = [one for one in read_journal(machine, since=seen) if one.at > seen and keep(one)]
        for entry in new:
            await call.say(f"{shape(entry)}\n")
            seen = entry.at
    return 0


def _spelled_out(words: tuple[str, ...]) -> list[str]:
    """`-n` and `-b` with the number they have, or that they stand for."""
    written: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        number = bool(rest) and re.fullmatch(r"[-+]?\d+|all", rest[0]) is not None
        if word in ("-n", "--lines"):
            written.append(f"--lines={rest.pop(0) if number else 10}")
        elif word in ("-b", "--boot"):
            written.append(f"--boot={rest.pop(0) if number else 0}")
        else:
            written.append(word)
    return written


def _boot_id(machine: "Machine") -> str:
    boot = int(machine.booted_at)
    stamp = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(machine.world.told(boot)))
    return f"{key_of(0, machine.name, boot):016x}{key_of(1, machine.name, boot):016x} {stamp}"


def read_journal(machine: "Machine", *, since: float | None = None) -> list[LogEntry]:
    """What was written from then on, or in the last hours; oldest first."""
    world, host = machine.world, machine.host
    start = world.now - REACH_S if since is None else since
    entries = _boot(machine)
    if isinstance(host, Node):
        entries += log_entries(world, host, start)
    else:
        entries += [*_routine(machine, start), *host.log]
    wanted = start if since is not None or not isinstance(host, Node) else 0.0
    return sorted((one for one in entries if one.at >= wanted), key=lambda entry: entry.at)


def _boot(machine: "Machine") -> list[LogEntry]:
    at = machine.booted_at
    told = machine.uname.partition(" (")[0]
    return [
        LogEntry(at=at, program="kernel", pid=0, text=told.replace("Linux", "Linux version", 1)),
        LogEntry(at=at + 1, program="systemd", pid=1, text="systemd running in system mode."),
        LogEntry(at=at + 4, program="systemd", pid=1, text="Startup finished in 6.412s (kernel)."),
    ]


def _routine(machine: "Machine", since: float) -> list[LogEntry]:
    """What a quiet guest writes: cron each hour, and its services a line now and then."""
    found = []
    hour = (int(since) // 3600 + 1) * 3600 + 17 * 60
    while hour <= machine.world.now:
        text = "(root) CMD (cd / && run-parts --report /etc/cron.hourly)"
        found.append(LogEntry(at=float(hour), program="CRON", pid=9017, text=text, unit="cron"))
        hour += 3600
    for unit in machine.units:
        if unit.program.startswith("/opt") and is_active(machine.host, unit):
            period = 900 + key_of(0, machine.name, unit.name) % 900
            at = float((int(since) // period + 1) * period)
            pid = unit_pid(machine, unit.name)
            while at <= machine.world.now:
                text = "level=info msg=heartbeat status=ok"
                found.append(LogEntry(at=at, program=unit.name, pid=pid, text=text, unit=unit.name))
                at += period
    return found


def journal_lines(machine: "Machine", *, unit: Unit, lines: int) -> list[str]:
    """The last lines of one service, as `systemctl status` shows them."""
    shape = _shape(machine, "short")
    own = [entry for entry in read_journal(machine) if _is_of(entry, unit.name)]
    return [shape(entry) for entry in own[-lines:]] if lines else []


def _is_of(entry: LogEntry, unit: str) -> bool:
    return unit in (entry.unit, entry.program)


def _filter(
    call: Call, options: list[tuple[str, str]], *, kernel: bool
) -> Callable[[LogEntry], bool]:
    """Whether a line is wanted, by all that was asked for at once."""
    world = call.machine.world
    units, programs, tests = set[str](), set[str](), list[Callable[[LogEntry], bool]]()
    for name, value in options:
        match name:
            case "-u" | "--unit":
                plain = value.removesuffix(".service")
                units |= {plain, {"sshd": "ssh"}.get(plain, plain)}
            case "-t" | "--identifier":
                programs.add(value)
            case "-p" | "--priority":
                low, high = _priorities(value)
                tests.append(lambda one, low=low, high=high: low <= one.priority <= high)  # type: ignore[misc]
            case "-S" | "--since":
                at = _moment(call, value)
                tests.append(lambda one, at=at: world.told(one.at) >= at)  # type: ignore[misc]
            case "-U" | "--until":
                at = _moment(call, value)
                tests.append(lambda one, at=at: world.told(one.at) <= at)  # type: ignore[misc]
            case "--boot" if value not in ("", "0", "-0"):
                raise Usage("Data from the specified boot is not available: No such boot ID")
            case "-g" | "--grep":
                try:
                    wanted = re.compile(value, re.IGNORECASE if value.islower() else 0)
                except re.error as error:
                    raise Usage(f'Bad pattern "{value}": {error}') from None
                tests.append(lambda one, wanted=wanted: bool(wanted.search(one.text)))  # type: ignore[misc]

    def keep(entry: LogEntry) -> bool:
        if kernel and entry.program != "kernel":
            return False
        if units and not any(_is_of(entry, unit) for unit in units):
            return False
        if programs and entry.program not in programs:
            return False
        return all(test(entry) for test in tests)

    return keep


def _priorities(text: str) -> tuple[int, int]:
    """`err`, `3`, or a range `warning..err`."""
    first, dots, second = text.partition("..")
    numbers = []
    for word in (first, second) if dots else (first,):
        short = {"error": "err", "warn": "warning"}.get(word, word)
        if short.isdigit() and int(short) < len(_LEVELS):
            numbers.append(int(short))
        elif short in _LEVELS:
            numbers.append(_LEVELS.index(short))
        else:
            raise Usage(f"Unknown log level {text}")
    return (min(numbers), max(numbers)) if dots else (0, numbers[0])


def _moment(call: Call, text: str) -> float:
    """A time as journalctl takes it: an hour ago, yesterday, a date; in the machine's clock."""
    now = call.machine.told_now
    match = re.fullmatch(r"(?:-\s*)?(\d+)\s*(s|m|h|d|sec|min|hour|day|week)[a-z]*(?: ago)?", text)
    if match is not None:
        unit = match.group(2)[0] if match.group(2) != "week" else "d"
        factor = 7 if match.group(2) == "week" else 1
        return now - seconds_of(f"{match.group(1)}{unit}") * factor
    midnight = now - now % 86_400
    days = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if text == "now" or text in days:
        return float(now if text == "now" else midnight + 86_400 * days[text])
    if text.startswith("@") and text[1:].isdigit():
        return float(text[1:])
    plain = text.replace("T", " ").removesuffix(" UTC").removesuffix("Z")
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return float(time.mktime(time.strptime(plain, shape)) - time.timezone)
        except ValueError:
            continue
    raise Usage(f"Failed to parse timestamp: {text}")


def _shape(machine: "Machine", output: str) -> Callable[[LogEntry], str]:
    """How a line is written in that output."""
    host = machine.hostname

    def stamped(pattern: str) -> Callable[[LogEntry], str]:
        def write(entry: LogEntry) -> str:
            told = machine.world.told(entry.at)
            fraction = f"{int(entry.at % 1 * 1_000_000):06d}"
            when = time.strftime(pattern, time.gmtime(told)).replace("FRACTION", fraction)
            before = f"{when} {host} {_program(entry)}: "
            return before + entry.text.replace("\n", "\n" + " " * len(before))

        return write

    def as_json(entry: LogEntry) -> str:
        micros = machine.world.told(entry.at) * 1_000_000 + int(entry.at % 1 * 1_000_000)
        fields = {
            "__CURSOR": f"s={key_of(0, host):x};i={micros:x}",
            "__REALTIME_TIMESTAMP": str(micros),
            "_BOOT_ID": _boot_id(machine).split()[0],
            "_HOSTNAME": host,
            "_PID": str(entry.pid),
            "PRIORITY": str(entry.priority),
            "SYSLOG_IDENTIFIER": entry.program,
            "_TRANSPORT": "kernel" if entry.program == "kernel" else "syslog",
            "MESSAGE": entry.text,
        }
        if entry.unit:
            fields["_SYSTEMD_UNIT"] = f"{entry.unit}.service"
        return json.dumps(fields, ensure_ascii=False)

    shapes: dict[str, Callable[[LogEntry], str]] = {
        "short": stamped("%b %d %H:%M:%S"),
        "short-iso": stamped("%Y-%m-%dT%H:%M:%S+00:00"),
        "short-iso-precise": stamped("%Y-%m-%dT%H:%M:%S.FRACTION+00:00"),
        "short-precise": stamped("%b %d %H:%M:%S.FRACTION"),
        "short-full": stamped("%a %Y-%m-%d %H:%M:%S UTC"),
        "with-unit": stamped("%a %Y-%m-%d %H:%M:%S UTC"),
        "cat": lambda entry: entry.text,
        "json": as_json,
        "json-pretty": lambda entry: json.dumps(json.loads(as_json(entry)), indent=8),
    }
    if output not in shapes:
        raise Usage(f"Unknown output format: {output}")
    return shapes[output]


def _program(entry: LogEntry) -> str:
    return entry.program if entry.program == "kernel" else f"{entry.program}[{entry.pid}]"
