"""The whole screen of a terminal, for commands that draw on all of it and read single keys."""

import asyncio
from types import TracebackType
from typing import Self

from simulator.ssh.shell.layout import shown_width, width_of
from simulator.ssh.terminal import Terminal

_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J", "\x1b[?25h\x1b[?1049l"


class Screen:
    """Takes the screen over, and gives it back as it was, however it is left."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._held = terminal.raw
        self._drawn: list[str] = []

    @property
    def columns(self) -> int:
        return self._terminal.columns

    @property
    def rows(self) -> int:
        return self._terminal.rows

    async def __aenter__(self) -> Self:
        self._terminal.raw = True
        await self._terminal.write(_ENTER.encode())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._terminal.write(_LEAVE.encode())
        except BrokenPipeError:
            pass
        finally:
            self._terminal.raw = self._held

    async def draw(self, lines: list[str]) -> None:
        """Show these lines from the top, cut to the screen; only those that changed are sent."""
        shown = [fit(line, self.columns) for line in lines[: self.rows]]
        parts = []
        for row in range(max(len(shown), len(self._drawn))):
            line = shown[row] if row < len(shown) else ""
            if row >= len(self._drawn) or self._drawn[row] != line:
                parts.append(f"\x1b[{row + 1};1H{line}\x1b[m\x1b[K")
        self._drawn = shown
        await self._terminal.write("".join(parts).encode())

    async def key(self, patience_s: float) -> str | None:
        """A key, None when none came in that time or the size has changed, empty at the end."""
        try:
            async with asyncio.timeout(patience_s):
                data = await self._terminal.read_key()
        except TimeoutError:
            return None
        if data is None:
            self._drawn = []
            await self._terminal.write(b"\x1b[H\x1b[2J")
            return None
        return data.decode(errors="replace")


def fit(line: str, columns: int) -> str:
    """The line cut to that many columns, with its colours whole."""
    if shown_width(line) <= columns:
        return line
    kept, width, at = [], 0, 0
    while at < len(line) and width < columns:
        if line[at] == "\x1b":
            end = at + 1
            while end < len(line) and not line[end].isalpha():
                end += 1
            kept.append(line[at : end + 1])
            at = end + 1
            continue
        width += width_of(line[at])
        if width <= columns:
            kept.append(line[at])
        at += 1
    return "".join(kept) + "\x1b[m"
