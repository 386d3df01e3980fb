"""A shell that a person types at: greeting, prompt, lines that go on, Ctrl-C, Ctrl-D."""

import asyncio
import posixpath
from typing import TYPE_CHECKING

from simulator.ssh.commands.registry import COMMANDS, is_installed
from simulator.ssh.files.tree import normal

from .editor import Interrupted, LineEditor
from .grammar import Malformed, Unfinished
from .interpreter import INTERRUPTED, run_text
from .parser import parse
from .state import Exit, Jump, Shell, Streams, new_shell

if TYPE_CHECKING:
    from simulator.ssh.machines import Machine
    from simulator.ssh.terminal import Terminal

_ALIASES = {"ll": "ls -l", "la": "ls -A", "l": "ls -lA"}


async def converse(
    machine: "Machine", terminal: "Terminal", *, greeting: str = "", ends: str = "logout"
) -> int:
    """Until `exit`, Ctrl-D or the channel's end; hands back the shell's last status."""
    shell = new_shell(machine, terminal, interactive=True)
    process = machine.processes.enter(("-bash",), shell.tty)
    shell.pid = process.pid
    shell.history = machine.history[:]
    streams = Streams(terminal, terminal, terminal.errors)
    editor = LineEditor(terminal, shell.history, lambda line: complete(shell, line))
    held, raw = terminal.on_interrupt, terminal.raw
    try:
        if greeting:
            await terminal.write(greeting.encode())
        while True:
            text = await _read_command(shell, editor)
            if text is None:
                await terminal.write(f"{ends}\n".encode())
                return shell.status
            if text.strip():
                await _run(shell, text, streams)
    except Exit as exit_:
        await terminal.write(f"{ends}\n".encode())
        return exit_.status
    finally:
        terminal.on_interrupt, terminal.raw = held, raw
        machine.processes.leave(process)
        machine.history[:] = shell.history
        for job in list(shell.jobs):
            job.cancel()


async def _read_command(shell: Shell, editor: LineEditor) -> str | None:
    """A line, and those that complete it; empty after Ctrl-C; None at the end."""
    lines: list[str] = []
    while True:
        try:
            line = await editor.read_line("> " if lines else draw_prompt(shell))
        except Interrupted:
            shell.status = INTERRUPTED
            return ""
        if line is None:
            if not lines:
                return None
            return "\n".join(lines)
        lines.append(_unaliased(line) if not lines else line)
        try:
            parse("\n".join(lines))
        except Unfinished:
            continue
        except Malformed:
            pass
        return "\n".join(lines)


async def _run(shell: Shell, text: str, streams: Streams) -> None:
    """Run it until it ends or Ctrl-C does; raises Exit."""
    job = asyncio.create_task(run_text(shell, text, streams), name="ssh foreground")
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        job.cancel()

    terminal = shell.terminal
    assert terminal is not None
    terminal.on_interrupt = interrupt
    try:
        shell.status = await job
    except asyncio.CancelledError:
        if not interrupted:
            raise
        shell.status = INTERRUPTED
        terminal.raw = False
        await terminal.write(b"\n")
    except Jump:
        shell.status = 0
    except BrokenPipeError:
        shell.status = 141
    finally:
        terminal.on_interrupt = None


def draw_prompt(shell: Shell) -> str:
    """`root@pve:~# `, in Debian's colours where the terminal has any."""
    home = shell.variables.get("HOME", "/root")
    where = shell.cwd
    if where == home or where.startswith(f"{home}/"):
        where = "~" + where[len(home) :]
    who = f"root@{shell.machine.hostname}"
    kind = shell.variables.get("TERM", "dumb")
    if kind in ("dumb", "unknown") or kind.startswith("vt"):
        return f"{who}:{where}# "
    title = f"\x1b]0;{who}: {where}\a" if kind.startswith(("xterm", "rxvt", "screen")) else ""
    return f"{title}\x1b[01;32m{who}\x1b[00m:\x1b[01;34m{where}\x1b[00m# "


def _unaliased(line: str) -> str:
    """The aliases of an interactive shell: colours for `ls` and `grep`, and `ll`."""
    first, space, rest = line.partition(" ")
    if first in _ALIASES:
        return _unaliased(_ALIASES[first] + space + rest)
    if first in ("ls", "grep", "ip"):
        colour = "-color=auto" if first == "ip" else "--color=auto"
        return f"{first} {colour}{space}{rest}"
    return line


def complete(shell: Shell, line: str) -> tuple[str, list[str]]:
    """What the word before the cursor may become: a command where one begins, else a path."""
    part = line.split(" ")[-1] if line else ""
    before = line[: len(line) - len(part)].rstrip()
    if "/" not in part and (not before or before[-1] in "|;&(" or before.endswith("sudo")):
        names = {name for name, known in COMMANDS.items() if is_installed(shell.machine, known)}
        names |= set(shell.functions)
        return part, sorted(name for name in names if part and name.startswith(part))
    folder, name = posixpath.split(part)
    where = (
        folder.replace("~", shell.variables.get("HOME", "/root"), 1) if part[:1] == "~" else folder
    )
    real = normal(where or ".", shell.cwd)
    found = []
    for known in shell.machine.files.names(real):
        if known.startswith(name) and (name.startswith(".") or not known.startswith(".")):
            entry = shell.machine.files.find(posixpath.join(real, known))
            slash = "/" if entry is not None and entry.is_folder else ""
            found.append(posixpath.join(folder, known) + slash if folder else known + slash)
    return part, found
