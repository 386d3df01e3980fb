"""How Proxmox's own commands act: a request to the API as root, and its task followed."""

import asyncio
from collections.abc import Mapping
from typing import Any

from simulator.ssh.shell.state import Call
from simulator.world.model import Task

from .options import Usage

FAILED = 255
_LOOK_S = 0.05


async def ask(call: Call, verb: str, path: str, values: Mapping[str, str] | None = None) -> Any:
    """The data of one request. Raises ApiError or Refused, which the shell tells."""
    return await call.machine.house.ask(call.machine.name, verb, path, values or {})


async def follow(call: Call, upid: object, *, told: bool = False) -> int:
    """Wait for a task's end; writes its log where `told`, and its error; hands back a status."""
    task = call.machine.world.tasks.find(str(upid))
    if task is None:
        return 0
    written = 0
    while True:
        call.machine.world.advance()
        lines = [text for at, text in task.lines if at <= call.machine.world.now]
        if told:
            shown = [text for text in lines[written:] if not text.startswith("TASK ")]
            await call.say("".join(f"{text}\n" for text in shown))
            written = len(lines)
        if not task.is_running:
            return await _close(call, task)
        await asyncio.sleep(_LOOK_S)


async def _close(call: Call, task: Task) -> int:
    ended = task.exitstatus or "OK"
    if ended == "OK":
        return 0
    if ended.startswith("WARNINGS"):
        for _, text in task.lines:
            if text.startswith("WARN"):
                await call.complain(text)
        return 0
    await call.complain(ended)
    return FAILED


async def say_usage(call: Call, about: str) -> int:
    """The refusal of a subcommand, as Proxmox's commands word it."""
    await call.complain(f"ERROR: {about}\nUSAGE: {call.name} <COMMAND> [ARGS] [OPTIONS]")
    return FAILED


def read_values(
    words: list[str], aliases: Mapping[str, str] | None = None
) -> tuple[list[str], dict[str, str]]:
    """Operands, and options as the API names them: `--memory 4096`, `-memory=4096`, `--force`."""
    operands: list[str] = []
    values: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            operands += rest
            break
        if not word.startswith("-") or len(word) == 1:
            operands.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        name = (aliases or {}).get(name, name)
        if not equals:
            bare = not rest or (rest[0].startswith("-") and not rest[0][1:2].isdigit())
            value = "1" if bare else rest.pop(0)
        values[name] = value
    return operands, values


def number_in(operands: list[str]) -> int:
    """The guest's number, taken from the front. Raises Usage."""
    if not operands or not operands[0].isdigit():
        told = "value does not look like a valid VM ID" if operands else "not enough arguments"
        raise Usage(f"400 {told}", FAILED)
    return int(operands.pop(0))
