"""The machine's end of one SSH channel: a terminal with a line discipline, or plain pipes.

Cooked, it echoes and hands over whole lines, and Ctrl-C interrupts; raw, every byte goes through.
"""

import asyncio
import codecs
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Protocol

from .streams import CHUNK_BYTES

INPUT_HIGH_BYTES = 64 * 1024
INPUT_LOW_BYTES = 16 * 1024
"""Unread input at which the client is asked to wait, and at which it may go on."""
LINE_MOST_BYTES = 4096
"""A cooked line beyond that takes no more, as in Linux's n_tty."""


class Key(IntEnum):
    """Bytes that a line discipline acts on."""

    INTERRUPT = 3
    END = 4
    BACKSPACE = 8
    NEWLINE = 10
    RETURN = 13
    KILL_LINE = 21
    KILL_WORD = 23
    SUSPEND = 26
    QUIT = 28
    ERASE = 127


class Channel(Protocol):
    """What of an SSH channel is used here."""

    def write(self, data: bytes) -> None: ...
    def write_stderr(self, data: bytes) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Terminal:
    """Source of what the client types, sink of what it sees."""

    def __init__(
        self, channel: Channel, *, awake: Callable[[], Awaitable[None]], kind: str | None
    ) -> None:
        self._channel = channel
        self._awake = awake
        self.kind = kind
        """The terminal's type, such as `xterm-256color`; None without a terminal."""
        self.columns = 80
        self.rows = 24
        self._raw = False
        self.escape = b""
        """What the client types to leave something it has entered; none where it is empty."""
        self.on_escape: Callable[[], object] | None = None
        self._escaping = 0
        self.on_interrupt: Callable[[], object] | None = None
        """What Ctrl-C does while the terminal is cooked."""
        self._ready = bytearray()
        self._line = bytearray()
        self._ends = 0
        self._over = False
        self._resized = False
        self._paused = False
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = False
        self.errors = _Errors(self)

    @property
    def is_tty(self) -> bool:
        return self.kind is not None

    @property
    def raw(self) -> bool:
        return self._raw

    @raw.setter
    def raw(self, wanted: bool) -> None:
        """What was typed ahead passes through the line discipline when it comes into force."""
        self._raw = wanted
        if self.is_tty and not wanted and self._ready:
            ahead = bytes(self._ready)
            self._ready.clear()
            self.take(ahead)

    def unread(self, data: bytes) -> None:
        """Give back what was read too much."""
        self._ready[:0] = data

    async def read(self, most: int = CHUNK_BYTES) -> bytes:
        """What was typed: whole lines while cooked, single bytes while raw; none at its end."""
        while not self._ready and not self._over:
            if self._ends:
                self._ends -= 1
                return b""
            self._arrived.clear()
            await self._arrived.wait()
        return self._taken(most)

    async def read_key(self) -> bytes | None:
        """What was typed, or None once after the size has changed: for who draws the screen."""
        while not self._ready and not self._over and not self._resized:
            self._arrived.clear()
            await self._arrived.wait()
        if self._resized:
            self._resized = False
            return None
        return self._taken(CHUNK_BYTES)

    def _taken(self, most: int) -> bytes:
        taken = bytes(self._ready[:most])
        del self._ready[:most]
        if self._paused and len(self._ready) <= INPUT_LOW_BYTES:
            self._paused = False
            self._channel.resume_reading()
        return taken

    async def write(self, data: bytes, *, as_errors: bool = False) -> None:
        """Show it; waits while the client is behind or the machine hangs."""
        if self.is_tty and not self.raw:
            data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        for start in range(0, len(data), CHUNK_BYTES):
            await self._awake()
            await self._writable.wait()
            if self._gone:
                raise BrokenPipeError
            chunk = data[start : start + CHUNK_BYTES]
            if as_errors and not self.is_tty:
                self._channel.write_stderr(chunk)
            else:
                self._channel.write(chunk)
            await asyncio.sleep(0)

    def take(self, data: bytes) -> None:
        """What the client sent."""
        if self.escape:
            data = self._without_escape(data)
        if self.is_tty and not self.raw:
            for byte in data:
                self._cook(byte)
        else:
            self._ready += data
            if len(self._ready) >= INPUT_HIGH_BYTES and not self._paused:
                self._paused = True
                self._channel.pause_reading()
        self._arrived.set()

    def _without_escape(self, data: bytes) -> bytes:
        """Looks for the escape, byte by byte; what only looked like one goes through."""
        through = bytearray()
        for byte in data:
            if byte != self.escape[self._escaping]:
                through += self.escape[: self._escaping]
                self._escaping = int(byte == self.escape[0])
                if not self._escaping:
                    through.append(byte)
                continue
            self._escaping += 1
            if self._escaping == len(self.escape):
                self._escaping = 0
                if self.on_escape is not None:
                    self.on_escape()
        return bytes(through)

    def take_end(self) -> None:
        """The client will send no more."""
        self._over = True
        self._arrived.set()

    def resize(self, columns: int, rows: int) -> None:
        """A client that tells no size is taken to have 80 by 24."""
        self.columns, self.rows = columns or 80, rows or 24
        self._resized = True
        self._arrived.set()

    def hold(self) -> None:
        """The client is behind."""
        self._writable.clear()

    def go_on(self) -> None:
        self._writable.set()

    def leave(self) -> None:
        """The channel is gone: reading ends, writing breaks."""
        self._gone = self._over = True
        self._writable.set()
        self._arrived.set()

    def _cook(self, byte: int) -> None:
        match byte:
            case Key.INTERRUPT | Key.QUIT:
                self._line.clear()
                self._echo(b"^C" if byte == Key.INTERRUPT else b"^\\")
                if self.on_interrupt is not None:
                    self.on_interrupt()
            case Key.SUSPEND:
                self._echo(b"^Z")
            case Key.END if self._line:
                self._hand_over(b"")
            case Key.END:
                self._ends += 1
            case Key.NEWLINE | Key.RETURN:
                self._echo(b"\r\n")
                self._hand_over(b"\n")
            case Key.BACKSPACE | Key.ERASE:
                self._erase(1 if self._line else 0)
            case Key.KILL_LINE:
                self._erase(len(self._shown()))
            case Key.KILL_WORD:
                shown = self._shown().rstrip()
                self._erase(len(self._shown()) - len(shown[: shown.rfind(" ") + 1]))
            case _ if len(self._line) < LINE_MOST_BYTES:
                self._line.append(byte)
                if byte >= ord(" ") or byte == ord("\t"):
                    self._echo(bytes([byte]))

    def _hand_over(self, end: bytes) -> None:
        room = INPUT_HIGH_BYTES - len(self._ready)
        self._ready += (bytes(self._line) + end)[: max(0, room)]
        self._line.clear()

    def _shown(self) -> str:
        return codecs.decode(bytes(self._line), errors="replace")

    def _erase(self, characters: int) -> None:
        kept = self._shown()[: len(self._shown()) - characters]
        self._line[:] = kept.encode()
        self._echo(b"\b \b" * characters)

    def _echo(self, data: bytes) -> None:
        if not self._gone and self._writable.is_set():
            self._channel.write(data)


class _Errors:
    """The error output of a terminal: on the screen, or apart where there is none."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    async def write(self, data: bytes) -> None:
        await self._terminal.write(data, as_errors=True)
