"""What commands read from and write to: bytes in order, with an end, and never without a bound.

Writing waits while the reader is behind; to a reader that is gone it raises BrokenPipeError.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

CHUNK_BYTES = 32 * 1024
PIPE_BYTES = 64 * 1024
"""What a pipe holds before its writer waits, as on Linux."""
LINE_BYTES = 1024 * 1024
"""The longest line a filter takes as one."""


class Source(Protocol):
    """Something to read from."""

    async def read(self, most: int = CHUNK_BYTES) -> bytes:
        """Some bytes, at least one; none at the end."""
        ...


class Sink(Protocol):
    """Something to write to."""

    async def write(self, data: bytes) -> None: ...


class Nothing:
    """/dev/null: empty to read, swallows what is written."""

    async def read(self, most: int = CHUNK_BYTES) -> bytes:
        return b""

    async def write(self, data: bytes) -> None:
        await asyncio.sleep(0)


class Given:
    """Bytes that are there already, to be read once."""

    def __init__(self, data: bytes) -> None:
        self._rest = memoryview(data)

    async def read(self, most: int = CHUNK_BYTES) -> bytes:
        taken, self._rest = self._rest[:most], self._rest[most:]
        return bytes(taken)


class Collected:
    """Keeps what is written, up to a bound; what comes after that is counted and dropped."""

    def __init__(self, most_bytes: int = 16 * 1024 * 1024) -> None:
        self._most_bytes = most_bytes
        self._data = bytearray()
        self.dropped_bytes = 0

    async def write(self, data: bytes) -> None:
        room = self._most_bytes - len(self._data)
        self._data += data[:room]
        self.dropped_bytes += max(0, len(data) - room)
        await asyncio.sleep(0)

    @property
    def data(self) -> bytes:
        return bytes(self._data)

    @property
    def text(self) -> str:
        return self._data.decode(errors="replace")


class Pipe:
    """The `|` between two commands."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ended = False
        self._deserted = False
        self._moved = asyncio.Event()

    async def read(self, most: int = CHUNK_BYTES) -> bytes:
        while not self._data and not self._ended:
            await self._wait()
        taken = bytes(self._data[:most])
        del self._data[:most]
        self._wake()
        return taken

    async def write(self, data: bytes) -> None:
        while len(self._data) >= PIPE_BYTES and not self._deserted:
            await self._wait()
        if self._deserted:
            raise BrokenPipeError
        self._data += data
        self._wake()
        await asyncio.sleep(0)

    def end(self) -> None:
        """The writer is done: the reader meets the end after what is left."""
        self._ended = True
        self._wake()

    def desert(self) -> None:
        """The reader is done: writing breaks from now on."""
        self._deserted = True
        self._data.clear()
        self._wake()

    async def _wait(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    def _wake(self) -> None:
        self._moved.set()


async def read_all(source: Source, most_bytes: int = 16 * 1024 * 1024) -> bytes:
    """Everything up to the end, or up to the bound; beyond that OSError."""
    data = bytearray()
    while chunk := await source.read():
        data += chunk
        if len(data) > most_bytes:
            raise OSError("Cannot allocate memory")
    return bytes(data)


async def lines_of(source: Source) -> AsyncIterator[str]:
    """Its lines, without their ends; a last one without an end counts as well.

    A line without an end in sight is broken where it is longest.
    """
    rest = b""
    while chunk := await source.read():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
        if len(rest) > LINE_BYTES:
            yield rest.decode(errors="replace")
            rest = b""
    if rest:
        yield rest.decode(errors="replace")
