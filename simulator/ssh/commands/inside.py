"""Going into a guest from its node: a shell in a container, a serial console, the agent's exec."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from simulator.api.listener import Door
from simulator.ssh.machines import Machine
from simulator.ssh.shell.interpreter import run_call
from simulator.ssh.shell.prompt import converse
from simulator.ssh.shell.state import Call, new_shell
from simulator.ssh.streams import Collected, Given, Nothing, read_all
from simulator.world.errors import Refused

from .asking import FAILED, ask, number_in
from .registry import NOT_INSTALLED

AGENT_PATIENCE_S = 30.0


async def enter(call: Call, vmid: int) -> int:
    """`pct enter`: root's shell inside a running container."""
    machine = _running_container(call, vmid)
    terminal = call.shell.terminal
    if terminal is None or not terminal.is_tty or call.stdin is not terminal:
        script = (await read_all(call.stdin)).decode(errors="replace")
        return await execute(call, vmid, ["bash", "-c", script])
    return await _while_it_runs(machine, converse(machine, terminal, ends="exit"))


async def execute(call: Call, vmid: int, words: list[str]) -> int:
    """`pct exec`: one command inside a running container."""
    machine = _running_container(call, vmid)
    shell = new_shell(machine, call.shell.terminal)
    inner = Call(
        shell=shell,
        words=tuple(words),
        stdin=call.stdin,
        stdout=call.stdout,
        stderr=call.stderr,
    )
    status = await _while_it_runs(machine, run_call(inner))
    if status == NOT_INSTALLED:
        await call.complain(f'lxc-attach: {vmid}: Failed to exec "{words[0]}"')
    return status


def _running_container(call: Call, vmid: int) -> Machine:
    guest = call.machine.world.find_guest(call.machine.name, "lxc", vmid)
    machine = call.machine.house.guest(vmid)
    if not guest.is_running or machine is None:
        raise Refused(f"container '{vmid}' not running!")
    return machine


async def _while_it_runs(machine: Machine, work: Coroutine[Any, Any, int]) -> int:
    """Its status; it ends with the guest."""
    task = asyncio.create_task(work, name=f"ssh inside {machine.name}")

    async def gone() -> None:
        while machine.door is not Door.SHUT:
            await machine.house.moved()

    watcher = asyncio.create_task(gone(), name="ssh watcher")
    try:
        await asyncio.wait((task, watcher), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else FAILED
    finally:
        task.cancel()
        watcher.cancel()
        await asyncio.gather(task, watcher, return_exceptions=True)


async def open_terminal(call: Call, vmid: int) -> int:
    """`qm terminal`: the serial console of a virtual machine, which asks for no login here."""
    guest = call.machine.world.find_guest(call.machine.name, "qemu", vmid)
    config = await ask(call, "GET", f"/nodes/{call.machine.name}/qemu/{vmid}/config")
    if "serial0" not in config:
        raise Refused("unable to find a serial interface")
    if not guest.is_running:
        raise Refused(f"VM {vmid} not running")
    hello = "starting serial terminal on interface serial0 (press Ctrl+O to exit)"
    return await _console(call, vmid, hello, escape=b"\x0f")


async def open_console(call: Call, vmid: int) -> int:
    """`pct console`: the same of a container."""
    _running_container(call, vmid)
    hello = "Connected to tty 1\nType <Ctrl+a q> to exit the console"
    return await _console(call, vmid, hello, escape=b"\x01q")


async def _console(call: Call, vmid: int, hello: str, *, escape: bytes) -> int:
    machine, terminal = call.machine.house.guest(vmid), call.shell.terminal
    if machine is None or terminal is None or not terminal.is_tty or call.stdin is not terminal:
        raise Refused("no tty found: a console wants a terminal")
    left = asyncio.Event()
    held = terminal.escape, terminal.on_escape
    terminal.escape, terminal.on_escape = escape, left.set
    greeting = f"{hello}\n\n{machine.system} {machine.hostname} ttyS0\n\n"
    talk = asyncio.create_task(
        _while_it_runs(machine, converse(machine, terminal, greeting=greeting)), name="ssh console"
    )
    leaving = asyncio.create_task(left.wait(), name="ssh escape")
    try:
        await asyncio.wait((talk, leaving), return_when=asyncio.FIRST_COMPLETED)
        return talk.result() if talk.done() else 0
    finally:
        for task in (talk, leaving):
            task.cancel()
        await asyncio.gather(talk, leaving, return_exceptions=True)
        terminal.escape, terminal.on_escape = held
        if left.is_set():
            await terminal.write(b"\n")


async def run_through_agent(call: Call, words: list[str]) -> int:
    """`qm guest exec`: what the agent hands back, as JSON; its own status is 0."""
    vmid = number_in(words)
    patience_s, given = AGENT_PATIENCE_S, b""
    while words and words[0].startswith("-") and words[0] != "--":
        name, _, value = words.pop(0).lstrip("-").partition("=")
        if name in ("timeout", "pass-stdin", "synchronous") and not value and words:
            value = words.pop(0)
        if name == "timeout" and value.isdigit():
            patience_s = float(value)
        elif name == "pass-stdin" and value in ("1", "true"):
            given = await read_all(call.stdin)
    words = words[1:] if words[:1] == ["--"] else words
    await ask(call, "POST", f"/nodes/{call.machine.name}/qemu/{vmid}/agent/ping")
    machine = call.machine.house.guest(vmid)
    if machine is None or not words:
        raise Refused("400 not enough arguments")
    output, errors = Collected(), Collected()
    inner = Call(
        shell=new_shell(machine),
        words=tuple(words),
        stdin=Given(given) if given else Nothing(),
        stdout=output,
        stderr=errors,
    )
    try:
        async with asyncio.timeout(patience_s or None):
            status = await run_call(inner)
    except TimeoutError:
        await call.say(json.dumps({"exited": 0, "pid": 2_417}, indent=3) + "\n")
        return 0
    if status == NOT_INSTALLED and "command not found" in errors.text:
        raise Refused(
            "Agent error: Guest agent command failed, error was 'Failed to execute child process"
            f" “{words[0]}” (No such file or directory)'"
        )
    told: dict[str, object] = {"exitcode": status, "exited": 1}
    for name, collected in (("out-data", output), ("err-data", errors)):
        if collected.data:
            told[name] = collected.text
    await call.say(json.dumps(told, indent=3, sort_keys=True, ensure_ascii=False) + "\n")
    return 0
