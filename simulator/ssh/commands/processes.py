"""ps, pgrep, kill: what runs, and ending what somebody typed."""

import re
import time
from collections.abc import Callable

from simulator.ssh.figures import read_figures
from simulator.ssh.process_list import Listed, list_processes, unit_pid
from simulator.ssh.shell.state import Call
from simulator.world.guests import crash
from simulator.world.units import is_active, start_unit

from .options import Usage, read_options
from .registry import command

_SIGNALS = {
    "HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "TERM": 15,
    "CONT": 18, "STOP": 19,
}  # fmt: skip
_ENDING = frozenset({1, 2, 3, 9, 11, 15})


def shown_time(seconds: float) -> str:
    """Processor time as `ps aux` has it: minutes and seconds."""
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def started(call: Call, one: Listed) -> str:
    told = call.machine.world.told(one.started_at)
    today = call.machine.told_now - told < 86_400
    return time.strftime("%H:%M" if today else "%b%d", time.gmtime(told))


@command("ps")
async def ps(call: Call) -> int:
    """BSD's `aux`, and `-ef`, `-e`, `-o`, `-p`, `-C`; sorted by `--sort`."""
    words = list(call.rest)
    if words and re.fullmatch(r"[axuwwfe]+", words[0]):
        words[0] = f"--bsd={words[0]}"
    options, _ = read_options(
        call.called("ps", *words),
        "efAo:p:C:u:FHlwT",
        ("bsd=", "sort=", "no-headers", "no-heading", "forest", "pid=", "format="),
    )
    listed = list_processes(call.machine)
    sort = options.first("--sort")
    if sort:
        listed = sorted(listed, key=_ranking(sort.lstrip("+-")), reverse=sort.startswith("-"))
    pids = options.first("-p", "--pid")
    if pids:
        wanted = {int(one) for one in re.findall(r"\d+", pids)}
        listed = [one for one in listed if one.pid in wanted]
    elif options.has("-C"):
        listed = [one for one in listed if one.name in options["-C"].split(",")]
    elif not options.has("-e", "-A", "--bsd"):
        typed = call.machine.processes.living
        listed = [one for one in listed if one.tty == call.shell.tty and one.pid in typed]
    heads = not options.has("--no-headers", "--no-heading")
    columns = options.first("-o", "--format")
    if columns:
        await _say_chosen(call, listed, columns.split(","), heads)
    elif options.has("--bsd") and "u" in options["--bsd"]:
        await _say_users(call, listed, heads)
    elif options.has("-f", "-F"):
        await _say_full(call, listed, heads)
    else:
        lines = ["    PID TTY          TIME CMD\n"] if heads else []
        lines += [f"{p.pid:>7} {p.tty:<8} {_clock(p.cpu_s)} {p.name}\n" for p in listed]
        await call.say("".join(lines))
    return 0 if listed else 1


def _ranking(key: str) -> Callable[[Listed], float]:
    ranks: dict[str, Callable[[Listed], float]] = {
        "%cpu": lambda one: one.cpu_percent,
        "%mem": lambda one: one.rss_bytes,
        "rss": lambda one: one.rss_bytes,
        "time": lambda one: one.cpu_s,
    }
    return ranks.get(key.replace("pcpu", "%cpu").replace("pmem", "%mem"), lambda one: one.pid)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


async def _say_users(call: Call, listed: list[Listed], heads: bool) -> None:
    memory = read_figures(call.machine).mem_total
    head = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
    lines = [head] if heads else []
    lines += [
        f"{one.user:<8} {one.pid:>7} {one.cpu_percent:>4.1f}"
        f" {100 * one.rss_bytes / memory:>4.1f} {one.virtual_bytes // 1024:>6}"
        f" {one.rss_bytes // 1024:>5} {one.tty:<8} {one.state:<4} {started(call, one):<5}"
        f" {shown_time(one.cpu_s):>6} {one.line}\n"
        for one in listed
    ]
    await call.say("".join(lines))


async def _say_full(call: Call, listed: list[Listed], heads: bool) -> None:
    lines = ["UID          PID    PPID  C STIME TTY          TIME CMD\n"] if heads else []
    lines += [
        f"{one.user:<8} {one.pid:>7} {one.ppid:>7} {int(one.cpu_percent):>2}"
        f" {started(call, one):<5} {one.tty:<8} {_clock(one.cpu_s)} {one.line}\n"
        for one in listed
    ]
    await call.say("".join(lines))


async def _say_chosen(call: Call, listed: list[Listed], columns: list[str], heads: bool) -> None:
    memory = read_figures(call.machine).mem_total
    rows = []
    names = [column.partition("=")[0].strip() for column in columns]
    if heads and not all(column.endswith("=") for column in columns):
        rows.append([name.upper() for name in names])
    for one in listed:
        values = {
            "pid": str(one.pid),
            "ppid": str(one.ppid),
            "user": one.user,
            "comm": one.name,
            "cmd": one.line,
            "args": one.line,
            "command": one.line,
            "pcpu": f"{one.cpu_percent:.1f}",
            "%cpu": f"{one.cpu_percent:.1f}",
            "pmem": f"{100 * one.rss_bytes / memory:.1f}",
            "%mem": f"{100 * one.rss_bytes / memory:.1f}",
            "rss": str(one.rss_bytes // 1024),
            "vsz": str(one.virtual_bytes // 1024),
            "stat": one.state,
            "tty": one.tty,
            "time": _clock(one.cpu_s),
            "etime": _clock(call.machine.world.now - one.started_at),
        }
        unknown = [name for name in names if name not in values]
        if unknown:
            raise Usage(f'error: unknown user-defined format specifier "{unknown[0]}"')
        rows.append([values[name] for name in names])
    widths = [max(len(row[at]) for row in rows) for at in range(len(names))] if rows else []
    for row in rows:
        cells = [
            cell.ljust(widths[at]) if at < len(row) - 1 else cell for at, cell in enumerate(row)
        ]
        await call.say(" ".join(cells) + "\n")


@command("pgrep", "pkill", "pidof")
async def pgrep(call: Call) -> int:
    words = [word for word in call.rest if not re.fullmatch(r"-(\d+|[A-Z]{3,}\d?)", word)]
    signals = [word[1:] for word in call.rest if re.fullmatch(r"-(\d+|[A-Z]{3,}\d?)", word)]
    options, patterns = read_options(
        call.called(call.words[0], *words), "falcxnou:s:", ("full", "signal=", "list-full")
    )
    if not patterns:
        raise Usage("no matching criteria specified", 2)
    own = call.shell.pid
    found = []
    for one in list_processes(call.machine):
        text = one.line if options.has("-f", "--full") else one.name
        exact = call.name == "pidof" or options.has("-x")
        hit = text == patterns[0] if exact else re.search(patterns[0], text) is not None
        if hit and one.pid != own and not one.line.startswith(("pgrep", "pkill")):
            found.append(one)
    if call.name == "pkill":
        signal = _signal(call, signals[0] if signals else options.first("--signal", default="TERM"))
        for one in found:
            _send(call, one.pid, signal)
        return int(not found)
    if options.has("-c"):
        await call.say(f"{len(found)}\n")
    elif call.name == "pidof":
        await call.say(" ".join(str(one.pid) for one in found) + "\n" * bool(found))
    else:
        for one in found:
            told = f" {one.line}" if options.has("-a", "--list-full") else ""
            told = f" {one.name}" if options.has("-l") else told
            await call.say(f"{one.pid}{told}\n")
    return int(not found)


@command("kill", builtin=True)
async def kill(call: Call) -> int:
    words = list(call.rest)
    signal = 15
    if words and words[0] in ("-l", "-L"):
        await call.say(" ".join(_SIGNALS) + "\n")
        return 0
    if words and words[0] in ("-s", "-n") and len(words) > 1:
        signal = _signal(call, words[1])
        words = words[2:]
    elif words and re.fullmatch(r"-[A-Z0-9]+", words[0]) and len(words) > 1:
        signal = _signal(call, words.pop(0)[1:])
    if words and words[0] == "--":
        words.pop(0)
    status = 0
    for word in words:
        if not re.fullmatch(r"-?\d+", word):
            await call.complain(f"bash: kill: {word}: arguments must be process or job IDs")
            status = 1
        elif not _send(call, abs(int(word)), signal):
            await call.complain(f"bash: kill: ({word}) - No such process")
            status = 1
    return status


@command("killall")
async def killall(call: Call) -> int:
    options, names = read_options(call, "s:9qw", ("signal=", "quiet"))
    signal = _signal(
        call, options.first("-s", "--signal", default="9" if "-9" in options else "15")
    )
    status = 0
    for name in names:
        found = [one for one in list_processes(call.machine) if one.name == name]
        if not found:
            status = await call.fail(f"{name}: no process found".removeprefix("killall: "))
        for one in found:
            _send(call, one.pid, signal)
    return status


def _signal(call: Call, word: str) -> int:
    if word.isdigit():
        return int(word)
    number = _SIGNALS.get(word.removeprefix("SIG"))
    if number is None:
        raise Usage(f"{word}: invalid signal specification")
    return number


def _send(call: Call, pid: int, signal: int) -> bool:
    """Whether there is such a process; a guest's ends the guest, a service starts anew."""
    machine = call.machine
    process = machine.processes.living.get(pid)
    ends = signal in _ENDING
    if process is not None:
        if ends:
            process.kill(signal)
        return True
    guests = machine.world.guests_on(machine.name) if machine.is_node else []
    for guest in guests:
        if guest.pid is not None and pid in (guest.pid, guest.pid + 40):
            if ends:
                crash(machine.world, guest)
            return True
    for unit in machine.units:
        known = unit.stays and is_active(machine.host, unit)
        if known and unit_pid(machine, unit.api or unit.name) == pid:
            if ends:
                machine.note("systemd", f"{unit.file}: Main process killed", unit=unit.name)
                start_unit(machine.world, machine.host, unit)
            return True
    return any(one.pid == pid for one in list_processes(machine))
