"""systemctl: units listed, looked at, started and stopped."""

import json
import time

from simulator.ssh.process_list import unit_pid
from simulator.ssh.shell.state import Call
from simulator.world.noise import key_of
from simulator.world.units import (
    Unit,
    active_since,
    forget_failure,
    has_failed,
    is_active,
    start_unit,
    stop_unit,
)

from .journal import journal_lines
from .options import Options, read_options
from .registry import command

NOT_LOADED = 5
INACTIVE = 3
NO_SUCH_UNIT = 4
_LONG = (
    "failed", "all", "plain", "full", "no-legend", "no-pager", "output=", "type=", "state=",
    "quiet", "now", "lines=", "property=", "value", "legend=", "system",
)  # fmt: skip
_TIMERS = (
    ("apt-daily.timer", "apt-daily.service", "Daily apt download activities", 6 * 3600),
    ("logrotate.timer", "logrotate.service", "Daily rotation of log files", 24 * 3600),
    ("man-db.timer", "man-db.service", "Daily man-db regeneration", 24 * 3600),
    ("fstrim.timer", "fstrim.service", "Discard unused filesystem blocks once a week", 168 * 3600),
)


@command("systemctl")
async def systemctl(call: Call) -> int:
    options, words = read_options(call, "alqHt:o:n:p:fM:", _LONG)
    verb = words.pop(0) if words else "list-units"
    match verb:
        case "list-units":
            return await _list_units(call, options, words)
        case "list-unit-files":
            return await _list_files(call, options)
        case "list-timers":
            return await _list_timers(call)
        case "is-active" | "is-enabled" | "is-failed":
            return await _tell_state(call, options, verb, words)
        case "is-system-running":
            failed = any(has_failed(call.machine.host, one) for one in call.machine.units)
            await call.say("degraded\n" if failed else "running\n")
            return int(failed)
        case "status":
            return await _status(call, options, words)
        case "show":
            return await _show(call, options, words)
        case "cat":
            return await _cat(call, words)
        case "start" | "stop" | "restart" | "reload" | "try-restart" | "reload-or-restart":
            return await _change(call, verb, words)
        case "enable" | "disable" | "mask" | "unmask" | "daemon-reload" | "reset-failed":
            return await _settle(call, verb, words)
        case "reboot" | "poweroff" | "halt":
            return await _power(call, verb)
    await call.complain(f"Unknown command verb '{verb}'.")
    return 1


def find_unit(call: Call, name: str) -> Unit | None:
    """By its name, with or without `.service`, or by the name Proxmox has for it."""
    plain = name.removesuffix(".service")
    for unit in call.machine.units:
        if plain in (unit.name, unit.api or unit.name):
            return unit
    return None


def _states(call: Call, unit: Unit) -> tuple[str, str, str]:
    """(load, active, sub) as systemd tells them."""
    if not unit.is_installed:
        return "not-found", "inactive", "dead"
    if has_failed(call.machine.host, unit):
        return "loaded", "failed", "failed"
    if is_active(call.machine.host, unit):
        return "loaded", "active", "running" if unit.stays else "exited"
    return "loaded", "inactive", "dead"


async def _list_units(call: Call, options: Options, patterns: list[str]) -> int:
    kinds = options.first("-t", "--type", default="service").split(",")
    wanted = "failed" if options.has("--failed") else options.first("--state")
    rows = []
    for unit in call.machine.units if "service" in kinds else ():
        load, active, sub = _states(call, unit)
        shown = options.has("-a", "--all") or active != "inactive" or bool(wanted)
        if wanted and wanted not in (active, sub, load):
            continue
        if shown and (not patterns or any(one.strip("*") in unit.file for one in patterns)):
            rows.append((unit.file, load, active, sub, unit.desc))
    if options.first("-o", "--output").startswith("json"):
        names = ("unit", "load", "active", "sub", "description")
        await call.say(json.dumps([dict(zip(names, row, strict=True)) for row in rows]) + "\n")
        return 0
    await _say_units(call, options, rows)
    return 0


async def _say_units(
    call: Call, options: Options, rows: list[tuple[str, str, str, str, str]]
) -> None:
    legend = not options.has("--no-legend") and options.first("--legend") not in (
        "false",
        "no",
        "0",
    )
    plain = options.has("--plain") or (call.screen is None and not legend)
    wide = [max([len(row[at]) for row in rows] + [4, *([6] if at == 2 else [])]) for at in range(4)]
    lines = []
    if legend and rows:
        heads = ("UNIT", "LOAD", "ACTIVE", "SUB")
        cells = " ".join(name.ljust(wide[at]) for at, name in enumerate(heads))
        lines.append(f"{'' if plain else '  '}{cells} DESCRIPTION\n")
    for row in rows:
        bad = row[1] == "not-found" or row[2] == "failed"
        mark = "" if plain else "● " if bad else "  "
        cells = " ".join(row[at].ljust(wide[at]) for at in range(4))
        text = f"{mark}{cells} {row[4]}"
        if bad and call.screen is not None:
            text = text.replace("●", "\x1b[0;1;31m●\x1b[0m").replace(
                "failed", "\x1b[0;1;31mfailed\x1b[0m"
            )
        lines.append(f"{text}\n")
    if legend:
        lines.append(
            "\nLegend: LOAD   → Reflects whether the unit definition was properly loaded.\n"
            "        ACTIVE → The high-level unit activation state, i.e. generalization of SUB.\n"
            "        SUB    → The low-level unit activation state, values depend on unit type.\n\n"
            if rows
            else ""
        )
        lines.append(f"{len(rows)} loaded units listed.\n")
    await call.say("".join(lines))


async def _list_files(call: Call, options: Options) -> int:
    rows = [(unit.file, unit.state) for unit in call.machine.units if unit.is_installed]
    width = max(len(name) for name, _ in rows)
    lines = [] if options.has("--no-legend") else [f"{'UNIT FILE'.ljust(width)} STATE    PRESET\n"]
    lines += [f"{name.ljust(width)} {state:<8} enabled\n" for name, state in rows]
    if not options.has("--no-legend"):
        lines.append(f"\n{len(rows)} unit files listed.\n")
    await call.say("".join(lines))
    return 0


async def _list_timers(call: Call) -> int:
    now = call.machine.world.now
    await call.say(f"{'NEXT':<29}{'LEFT':<12}{'UNIT':<18}ACTIVATES\n")
    for timer, activates, _, period in _TIMERS:
        own = key_of(0, call.machine.name, timer) % period
        next_at = (int((now - own) / period) + 1) * period + own
        when = time.strftime(
            "%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(call.machine.world.told(next_at))
        )
        await call.say(f"{when:<29}{_span(next_at - now):<12}{timer:<18}{activates}\n")
    return 0


def _span(seconds: float) -> str:
    """`3 days`, `5h`, `12min`, `42s`."""
    for size, unit in ((86_400, " days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count}{' day' if unit == ' days' and count == 1 else unit}"
    return f"{int(seconds)}s"


async def _tell_state(call: Call, options: Options, verb: str, names: list[str]) -> int:
    quiet = options.has("-q", "--quiet")
    status = 0
    good = False
    for name in names:
        unit = find_unit(call, name)
        if verb == "is-enabled":
            state = unit.state if unit is not None else "not-found"
            well = unit is not None and unit.is_installed
            status = 0 if well else 1
        else:
            state = _states(call, unit)[1] if unit is not None else "inactive"
            well = state == ("active" if verb == "is-active" else "failed")
            missing = unit is None or not unit.is_installed
            status = 1 if verb == "is-failed" else NO_SUCH_UNIT if missing else INACTIVE
        good = good or well
        if not quiet:
            await call.say(f"{state}\n")
    return 0 if good else status


async def _status(call: Call, options: Options, names: list[str]) -> int:
    if not names:
        return await _overview(call)
    status = 0
    for index, name in enumerate(names):
        unit = find_unit(call, name)
        if unit is None or not unit.is_installed:
            await call.complain(f"Unit {_with_suffix(name)} could not be found.")
            status = NO_SUCH_UNIT
            continue
        if index:
            await call.say("\n")
        await call.say(_told(call, unit, int(options.first("-n", "--lines", default="10"))))
        if not is_active(call.machine.host, unit):
            status = INACTIVE
    return status


async def _overview(call: Call) -> int:
    machine = call.machine
    failed = sum(has_failed(machine.host, one) for one in machine.units)
    since = _moment(call, machine.booted_at)
    await call.say(
        f"● {machine.hostname}\n    State: {'degraded' if failed else 'running'}\n"
        f"    Units: {len(machine.units)} loaded (incl. loaded aliases)\n     Jobs: 0 queued\n"
        f"   Failed: {failed} units\n    Since: {since}\n  systemd: 257.9-1~deb13u1\n"
    )
    return 0


def _moment(call: Call, at: float) -> str:
    """`Thu 2026-11-26 13:25:45 UTC; 3h ago`."""
    told = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(call.machine.world.told(at)))
    return f"{told}; {_span(call.machine.world.now - at)} ago"


def _told(call: Call, unit: Unit, lines: int) -> str:
    machine = call.machine
    host = machine.host
    _, active, sub = _states(call, unit)
    colour = {"active": "\x1b[0;1;32m", "failed": "\x1b[0;1;31m"}.get(active, "")
    on, off = (colour, "\x1b[0m") if call.screen is not None and colour else ("", "")
    since = _moment(call, active_since(host, unit, machine.booted_at))
    bullet = {"active": "●", "failed": "×"}.get(active, "○")
    result = " (Result: exit-code)" if active == "failed" else f" ({sub})"
    text = (
        f"{on}{bullet}{off} {unit.file} - {unit.desc}\n"
        f"     Loaded: loaded (/usr/lib/systemd/system/{unit.file}; {unit.state};"
        " preset: enabled)\n"
        f"     Active: {on}{active}{result}{off} since {since}\n"
    )
    key = key_of(0, machine.name, unit.name)
    pid = unit_pid(machine, unit.api or unit.name)
    if active == "active" and unit.stays:
        text += (
            f"   Main PID: {pid} ({unit.program.split()[0].rpartition('/')[2]})\n"
            f"      Tasks: {1 + key % 8} (limit: 76878)\n     Memory: {6 + key % 150}.{key % 10}M\n"
            f"        CPU: {key % 3600}.{key % 1000:03d}s\n"
            f"     CGroup: /system.slice/{unit.file}\n             └─{pid} {unit.program}\n"
        )
    elif active == "failed":
        text += f"   Main PID: {pid} (code=exited, status=1/FAILURE)\n        CPU: 21ms\n"
    entries = journal_lines(machine, unit=unit, lines=lines)
    return text + ("\n" + "".join(f"{line}\n" for line in entries) if entries else "")


async def _show(call: Call, options: Options, names: list[str]) -> int:
    wanted = options.first("-p", "--property").split(",") if options.has("-p", "--property") else []
    for name in names:
        unit = find_unit(call, name)
        load, active, sub = (
            ("not-found", "inactive", "dead") if unit is None else _states(call, unit)
        )
        values = {
            "Id": _with_suffix(name),
            "LoadState": load,
            "ActiveState": active,
            "SubState": sub,
            "Description": unit.desc if unit is not None else _with_suffix(name),
            "UnitFileState": unit.state if unit is not None else "",
            "MainPID": "0",
            "Result": "exit-code" if active == "failed" else "success",
        }
        if unit is not None and active == "active" and unit.stays:
            values["MainPID"] = str(unit_pid(call.machine, unit.api or unit.name))
        for key, value in values.items():
            if not wanted or key in wanted:
                await call.say(f"{value}\n" if options.has("--value") else f"{key}={value}\n")
    return 0


async def _cat(call: Call, names: list[str]) -> int:
    for name in names:
        unit = find_unit(call, name)
        if unit is None or not unit.is_installed:
            await call.complain(f"No files found for {_with_suffix(name)}.")
            return 1
        kind = "simple" if unit.stays else "oneshot"
        await call.say(
            f"# /usr/lib/systemd/system/{unit.file}\n[Unit]\nDescription={unit.desc}\n\n"
            f"[Service]\nType={kind}\nExecStart={unit.program or '/bin/true'}\n\n"
            "[Install]\nWantedBy=multi-user.target\n"
        )
    return 0


async def _change(call: Call, verb: str, names: list[str]) -> int:
    machine, status = call.machine, 0
    if not names:
        await call.complain("Too few arguments.")
        return 1
    for name in names:
        unit = find_unit(call, name)
        if unit is None or not unit.is_installed:
            what = f"Unit {_with_suffix(name)} not found."
            start = verb if verb in ("start", "stop") else "restart"
            await call.complain(f"Failed to {start} {_with_suffix(name)}: {what}")
            status = NOT_LOADED
            continue
        runs = is_active(machine.host, unit)
        if verb in ("stop", "restart", "reload-or-restart", "try-restart") and runs:
            machine.note("systemd", f"Stopping {unit.file} - {unit.desc}...", unit=unit.name)
            stop_unit(machine.world, machine.host, unit)
            machine.note("systemd", f"Stopped {unit.file} - {unit.desc}.", unit=unit.name)
        if verb in ("start", "restart", "reload-or-restart") or (verb == "try-restart" and runs):
            if verb != "start" or not runs:
                start_unit(machine.world, machine.host, unit)
                machine.note("systemd", f"Started {unit.file} - {unit.desc}.", unit=unit.name)
        elif verb == "reload" and not runs:
            await call.complain(f"{unit.file} is not active, cannot reload.")
            status = 1
    return status


async def _settle(call: Call, verb: str, names: list[str]) -> int:
    for name in names:
        unit = find_unit(call, name)
        if unit is None:
            await call.complain(f"Failed to {verb} unit: Unit {_with_suffix(name)} does not exist")
            return 1
        if verb == "reset-failed":
            forget_failure(call.machine.world, call.machine.host, unit)
    if verb == "reset-failed" and not names:
        for unit in call.machine.units:
            forget_failure(call.machine.world, call.machine.host, unit)
    return 0


async def _power(call: Call, verb: str) -> int:
    """The machine goes down in order, as if asked through the API."""
    machine = call.machine
    command = "reboot" if verb == "reboot" else "shutdown"
    machine.order(command)
    await call.complain(f"\nBroadcast message from root@{machine.hostname}: the system goes down.")
    return 0


@command("crontab")
async def crontab(call: Call) -> int:
    if "-l" in call.rest:
        await call.complain("no crontab for root")
        return 1
    return await call.fail("crontabs cannot be changed in this simulation")


@command("reboot", "poweroff", "halt", "shutdown", folder="/usr/sbin")
async def reboot(call: Call) -> int:
    if call.name == "shutdown" and "-c" in call.rest:
        return 0
    again = call.name == "reboot" or "-r" in call.rest
    return await _power(call, "reboot" if again else "poweroff")


def _with_suffix(name: str) -> str:
    return name if "." in name else f"{name}.service"
