"""One session of an SSH connection: a command to execute or a shell, with or without a terminal."""

import asyncio
from typing import TYPE_CHECKING

import asyncssh

from .run import run_command, run_interactive
from .terminal import Terminal

if TYPE_CHECKING:
    from .machines import Machine

HIGH_BYTES = 128 * 1024
LOW_BYTES = 32 * 1024
"""Output the client has not taken: at which a command waits, and at which it goes on."""


class Session(asyncssh.SSHServerSession[bytes]):
    """Runs what the client asks for, and ends with it or with the channel."""

    def __init__(self, machine: "Machine") -> None:
        self._machine = machine
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._terminal: Terminal | None = None
        self._kind: str | None = None
        self._size = (80, 24)
        self._command: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._signal: str | None = None

    def connection_made(self, chan: "asyncssh.SSHServerChannel[bytes]") -> None:
        self._channel = chan
        chan.set_write_buffer_limits(HIGH_BYTES, LOW_BYTES)

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object
    ) -> bool:
        self._kind = term_type or "dumb"
        self._size = term_size[0] or 80, term_size[1] or 24
        return True

    def shell_requested(self) -> bool:
        return True

    def exec_requested(self, command: str) -> bool:
        self._command = command
        return True

    def session_started(self) -> None:
        assert self._channel is not None
        self._terminal = Terminal(self._channel, awake=self._machine.awake, kind=self._kind)
        self._terminal.columns, self._terminal.rows = self._size
        self._task = asyncio.create_task(self._run(), name=f"ssh {self._machine.name}")

    def terminal_size_changed(self, width: int, height: int, *_: int) -> None:
        if self._terminal is not None:
            self._terminal.resize(width, height)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self._terminal is not None:
            self._terminal.take(data)

    def eof_received(self) -> bool:
        if self._terminal is not None:
            self._terminal.take_end()
        return True

    def signal_received(self, signal: str) -> None:
        """INT, TERM, KILL and HUP end what runs; the client learns by which."""
        if signal in ("INT", "TERM", "KILL", "HUP", "QUIT") and self._task is not None:
            self._signal = signal
            self._task.cancel()

    def break_received(self, msec: int) -> bool:
        if self._terminal is not None and self._terminal.on_interrupt is not None:
            self._terminal.on_interrupt()
        return True

    def pause_writing(self) -> None:
        if self._terminal is not None:
            self._terminal.hold()

    def resume_writing(self) -> None:
        if self._terminal is not None:
            self._terminal.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._terminal is not None:
            self._terminal.leave()
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        assert self._channel is not None
        assert self._terminal is not None
        status = 255
        try:
            if self._command is None:
                status = await run_interactive(self._machine, self._terminal)
            else:
                status = await run_command(self._machine, self._terminal, self._command)
            await self._machine.awake()
        except asyncio.CancelledError:
            if self._signal is not None:
                self._channel.exit_with_signal(self._signal)
            return
        except BrokenPipeError:
            return
        finally:
            if self._signal is None:
                self._channel.exit(status)
