"""The table of commands. A command is a coroutine over its call; the decorator says its names.

    @command("uptime")
    async def uptime(call: Call) -> int:
        await call.say(…)
        return 0

What it returns is its exit status. It may raise Missing (its name and the text, status 1) and
BrokenPipeError (its reader is gone). Ctrl-C and a closed channel cancel it where it waits.
Every module in this folder is loaded: add one and its commands are there.
"""

import importlib
import pkgutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.ssh.computer import Computer
    from simulator.ssh.shell.state import Call


class Where(StrEnum):
    """On which machines a command is installed."""

    ANYWHERE = "anywhere"
    NODE = "node"
    GUEST = "guest"
    DOCKER = "docker"
    """Guests with a Docker daemon."""


Run = Callable[["Call"], Coroutine[Any, Any, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A command and where it is."""

    name: str
    run: Run
    where: Where
    builtin: bool
    """Part of the shell: no file, no process."""
    folder: str


NOT_INSTALLED = 127
"""The status of a command that is not there."""

COMMANDS: dict[str, Known] = {}


def command(
    *names: str,
    where: Where = Where.ANYWHERE,
    builtin: bool = False,
    folder: str = "/usr/bin",
) -> Callable[[Run], Run]:
    """Enter a command under all of its names."""

    def enter(run: Run) -> Run:
        for name in names:
            COMMANDS[name] = Known(name=name, run=run, where=where, builtin=builtin, folder=folder)
        return run

    return enter


def find_command(machine: "Computer", name: str) -> Known | None:
    """What that machine runs by a name or a path; None where it has no such thing."""
    folder, _, plain = name.rpartition("/")
    known = COMMANDS.get(plain)
    if known is None or not is_installed(machine, known):
        return None
    if folder and (known.builtin or folder.removeprefix("/usr") not in _folders(known)):
        return None
    return known


def is_installed(machine: "Computer", known: Known) -> bool:
    """Whether that machine has it."""
    there = {
        Where.ANYWHERE: True,
        Where.NODE: machine.is_node,
        Where.GUEST: not machine.is_node,
        Where.DOCKER: machine.has_docker,
    }
    return there[known.where] and known.name not in machine.lacks


def _folders(known: Known) -> tuple[str, ...]:
    """`/bin` and `/usr/bin` are one folder, as on Debian."""
    return (known.folder.removeprefix("/usr"), "/local/bin") if known.folder else ()


def load() -> None:
    """Import every module of this package, so that its commands are in the table."""
    package = importlib.import_module(__package__ or "")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
