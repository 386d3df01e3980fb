"""qm and pct: what both know of guests."""

import json
import time

from simulator.ssh.process_list import kvm_line
from simulator.ssh.shell.state import Call
from simulator.world.model import MIB, Guest

from .asking import ask, follow, number_in, read_values, say_usage
from .inside import enter, execute, open_console, open_terminal, run_through_agent
from .registry import Where, command

_POWER = {
    "start": "start",
    "stop": "stop",
    "shutdown": "shutdown",
    "reboot": "reboot",
    "reset": "reset",
    "suspend": "suspend",
    "resume": "resume",
}
_BOOLEANS = {"f": "force", "s": "snapname"}


@command("qm", "pct", where=Where.NODE, folder="/usr/sbin")
async def qm(call: Call) -> int:
    words = list(call.rest)
    if not words:
        return await say_usage(call, "no command specified")
    verb = words.pop(0)
    if verb == "list":
        return await (_list_machines(call) if call.name == "qm" else _list_containers(call))
    if verb in ("guest", "agent"):
        return await _ask_agent(call, verb, words)
    if verb == "exec" and call.name == "pct":
        return await _execute(call, words)
    operands, values = read_values(words, _BOOLEANS)
    if verb == "help":
        return await say_usage(call, "see the manual")
    vmid = number_in(operands)
    kind = "qemu" if call.name == "qm" else "lxc"
    base = f"/nodes/{call.machine.name}/{kind}/{vmid}"
    if verb in _POWER:
        return await follow(call, await ask(call, "POST", f"{base}/status/{_POWER[verb]}", values))
    match verb:
        case "status":
            return await _status(call, base, verbose="verbose" in values)
        case "config" | "pending":
            return await _config(call, base)
        case "listsnapshot":
            return await _snapshots(call, base)
        case "showcmd":
            return await _show_command(call, vmid)
        case "set" | "resize":
            return await _set(call, verb, base, operands, values)
        case "unlock":
            return await _unlock(call, vmid)
        case "snapshot" if operands:
            return await _snapshot(call, base, operands[0], values)
        case "delsnapshot" if operands:
            return await follow(call, await ask(call, "DELETE", f"{base}/snapshot/{operands[0]}"))
        case "rollback" if operands:
            path = f"{base}/snapshot/{operands[0]}/rollback"
            return await follow(call, await ask(call, "POST", path, values))
        case "migrate" if operands:
            values["target"] = operands[0]
            return await follow(call, await ask(call, "POST", f"{base}/migrate", values), told=True)
        case "destroy":
            return await follow(call, await ask(call, "DELETE", base, values), told=True)
        case "terminal" if kind == "qemu":
            return await open_terminal(call, vmid)
        case "console" if kind == "lxc":
            return await open_console(call, vmid)
        case "enter" if kind == "lxc":
            return await enter(call, vmid)
        case "df" if kind == "lxc":
            return await execute(call, vmid, ["df", "-h", "/"])
    return await say_usage(call, f"unknown command '{call.name} {verb}'")


async def _list_machines(call: Call) -> int:
    lines = [f"{'VMID':>10} {'NAME':<20} {'STATUS':<10} {'MEM(MB)':<10} {'BOOTDISK(GB)':>12} PID\n"]
    lines += [
        f"{guest.vmid:>10} {guest.name:<20} {_word(guest):<10} {guest.mem_bytes // MIB:<10}"
        f" {guest.disk_bytes / (1 << 30):>12.2f} {guest.pid or 0}\n"
        for guest in _here(call, "qemu")
    ]
    await call.say("".join(lines))
    return 0


async def _list_containers(call: Call) -> int:
    guests = _here(call, "lxc")
    if not guests:
        return 0
    lines = [f"{'VMID':<10} {'Status':<10} {'Lock':<12} {'Name':<20}\n"]
    lines += [
        f"{one.vmid:<10} {_word(one):<10} {one.lock or '':<12} {one.name:<20}\n" for one in guests
    ]
    await call.say("".join(lines))
    return 0


def _here(call: Call, kind: str) -> list[Guest]:
    world = call.machine.world
    return [guest for guest in world.guests_on(call.machine.name) if guest.kind == kind]


def _word(guest: Guest) -> str:
    return "running" if guest.is_running else "stopped"


def guest_here(call: Call, vmid: int) -> Guest:
    """The guest of that number on this node. Raises GuestMissing."""
    return call.machine.world.find_guest(
        call.machine.name, "qemu" if call.name == "qm" else "lxc", vmid
    )


async def _status(call: Call, base: str, *, verbose: bool) -> int:
    row = await ask(call, "GET", f"{base}/status/current")
    if not verbose:
        await call.say(f"status: {row['status']}\n")
        return 0
    for key in sorted(row):
        if not isinstance(row[key], dict | list):
            await call.say(f"{key}: {row[key]}\n")
    return 0


async def _config(call: Call, base: str) -> int:
    row = await ask(call, "GET", f"{base}/config")
    for key in sorted(row):
        if key not in ("digest", "template"):
            await call.say(f"{key}: {row[key]}\n")
    return 0


async def _snapshots(call: Call, base: str) -> int:
    rows = await ask(call, "GET", f"{base}/snapshot")
    for depth, row in enumerate(rows):
        indent = "  " * depth
        when = row.get("snaptime")
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when)) if when is not None else ""
        told = str(row.get("description", "")).splitlines()
        await call.say(f"{indent}`-> {row['name']:<20} {at:<20} {told[0] if told else ''}\n")
    return 0


async def _show_command(call: Call, vmid: int) -> int:
    await call.say(f"{kvm_line(guest_here(call, vmid))}\n")
    return 0


async def _set(
    call: Call, verb: str, base: str, operands: list[str], values: dict[str, str]
) -> int:
    if verb == "resize":
        if len(operands) < 2:
            return await say_usage(call, "not enough arguments")
        given = {"disk": operands[0], "size": operands[1]}
        return await follow(call, await ask(call, "PUT", f"{base}/resize", given))
    await ask(call, "PUT", f"{base}/config", values)
    if call.name == "qm":
        vmid = base.rpartition("/")[2]
        shown = " ".join(f"-{name} {value}" for name, value in values.items())
        await call.say(f"update VM {vmid}: {shown}\n")
    return 0


async def _unlock(call: Call, vmid: int) -> int:
    guest = guest_here(call, vmid)
    guest.lock = None
    call.machine.world.changed()
    return 0


async def _snapshot(call: Call, base: str, name: str, values: dict[str, str]) -> int:
    upid = await ask(call, "POST", f"{base}/snapshot", {"snapname": name, **values})
    return await follow(call, upid, told=True)


async def _ask_agent(call: Call, verb: str, words: list[str]) -> int:
    """`qm guest exec 103 -- docker ps`, `qm guest cmd 103 ping`, `qm agent 103 ping`."""
    if verb == "guest":
        what = words.pop(0) if words else ""
        if what == "exec":
            return await run_through_agent(call, words)
        if what not in ("cmd", "exec-status"):
            return await say_usage(call, f"unknown command 'qm guest {what}'")
    vmid = number_in(words)
    base = f"/nodes/{call.machine.name}/qemu/{vmid}/agent"
    question = words[0] if words else "ping"
    if question == "ping":
        await ask(call, "POST", f"{base}/ping")
        return 0
    answer = await ask(call, "GET", f"{base}/{question}")
    await call.say(json.dumps(answer["result"], indent=3) + "\n")
    return 0


async def _execute(call: Call, words: list[str]) -> int:
    vmid = number_in(words)
    keep = [word for word in words if word != "--"]
    while keep and keep[0].startswith("--keep-env"):
        keep.pop(0)
    if not keep:
        return await say_usage(call, "not enough arguments")
    return await execute(call, vmid, words[words.index(keep[0]) :])
