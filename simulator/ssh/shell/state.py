"""What one shell knows: its folder, its variables, its past; and how a command is called in it."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.ssh.streams import Sink, Source

from .grammar import Group

if TYPE_CHECKING:
    from simulator.ssh.machines import Machine
    from simulator.ssh.terminal import Terminal

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Exit(Exception):
    """`exit` in this shell."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Jump(Exception):
    """`break` and `continue` out of loops, `return` out of a function."""

    def __init__(self, verb: str, count: int) -> None:
        super().__init__(verb)
        self.verb = verb
        self.count = count
        """Loops left to leave, or the status of `return`."""


@dataclass(slots=True, kw_only=True)
class Shell:
    """A bash on one machine."""

    machine: "Machine"
    terminal: "Terminal | None" = None
    interactive: bool = False
    cwd: str = "/root"
    variables: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Group] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    """`$1` and on."""
    name: str = "bash"
    """`$0`."""
    options: set[str] = field(default_factory=set)
    """`errexit`, `nounset`, `pipefail`, `xtrace` where `set` turned them on."""
    status: int = 0
    pid: int = 0
    depth: int = 0
    history: list[str] = field(default_factory=list)
    jobs: set[asyncio.Task[None]] = field(default_factory=set)
    """What was started with `&`; it ends with the session."""

    @property
    def tty(self) -> str:
        """As `ps` tells it."""
        return "pts/0" if self.terminal is not None and self.terminal.is_tty else "?"

    def fork(self) -> "Shell":
        """A shell within this one: what it changes stays in it."""
        return Shell(
            machine=self.machine,
            terminal=self.terminal,
            cwd=self.cwd,
            variables=dict(self.variables),
            functions=dict(self.functions),
            arguments=self.arguments,
            name=self.name,
            options=set(self.options),
            status=self.status,
            pid=self.pid,
            depth=self.depth + 1,
            history=self.history,
            jobs=self.jobs,
        )


def new_shell(
    machine: "Machine", terminal: "Terminal | None" = None, *, interactive: bool = False
) -> Shell:
    """A login shell of root."""
    shell = Shell(machine=machine, terminal=terminal, interactive=interactive)
    shell.variables = {
        "HOME": "/root",
        "LANG": "en_US.UTF-8",
        "LOGNAME": "root",
        "MAIL": "/var/mail/root",
        "PATH": PATH,
        "PWD": "/root",
        "SHELL": "/bin/bash",
        "SHLVL": "1",
        "USER": "root",
    }
    if terminal is not None and terminal.kind is not None:
        shell.variables["TERM"] = terminal.kind
    return shell


class Streams:
    """Where a command reads and writes, before its own redirections."""

    __slots__ = ("stderr", "stdin", "stdout")

    def __init__(self, stdin: Source, stdout: Sink, stderr: Sink) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr

    def copy(self) -> "Streams":
        return Streams(self.stdin, self.stdout, self.stderr)


@dataclass(slots=True, kw_only=True)
class Call:
    """One command as it is called: its words, and where it reads and writes."""

    shell: Shell
    words: tuple[str, ...]
    stdin: Source
    stdout: Sink
    stderr: Sink

    @property
    def machine(self) -> "Machine":
        return self.shell.machine

    @property
    def name(self) -> str:
        return self.words[0].rpartition("/")[2]

    @property
    def rest(self) -> tuple[str, ...]:
        """The words behind the name."""
        return self.words[1:]

    @property
    def screen(self) -> "Terminal | None":
        """The terminal, where this command's output is one."""
        terminal = self.shell.terminal
        shown = terminal is not None and terminal.is_tty and self.stdout is terminal
        return terminal if shown else None

    async def say(self, text: str) -> None:
        """Write to its output; nothing is added."""
        await self.stdout.write(text.encode())

    async def complain(self, text: str) -> None:
        """Write a line to its error output."""
        await self.stderr.write(f"{text}\n".encode())

    async def fail(self, text: str, status: int = 1) -> int:
        """`name: text` on its error output; hands back the status."""
        await self.complain(f"{self.name}: {text}")
        return status

    def called(self, *words: str) -> "Call":
        """The same places, another command."""
        return Call(
            shell=self.shell,
            words=words,
            stdin=self.stdin,
            stdout=self.stdout,
            stderr=self.stderr,
        )
