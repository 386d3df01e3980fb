"""The line a person types: keys as in bash, history, search, completion, any width."""

import codecs
import re
from collections.abc import Callable, Iterator

from simulator.ssh.terminal import Terminal

from .layout import in_columns, place_after

Complete = Callable[[str], tuple[str, list[str]]]
"""For the line up to the cursor: the part that is completed, and what it may become."""

PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
MOST_CHARACTERS = 16_384
MOST_HISTORY = 500
_KEY = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O[A-Za-z]|[^\[O])|\x1b\Z|[^\x1b]", re.DOTALL)
_HALF = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*|O)?\Z")

_MOVES = {
    "\x01": "home", "\x1b[H": "home", "\x1bOH": "home", "\x1b[1~": "home", "\x1b[7~": "home",
    "\x05": "end", "\x1b[F": "end", "\x1bOF": "end", "\x1b[4~": "end", "\x1b[8~": "end",
    "\x02": "left", "\x1b[D": "left", "\x1bOD": "left",
    "\x06": "right", "\x1b[C": "right", "\x1bOC": "right",
    "\x1bb": "word left", "\x1b[1;5D": "word left", "\x1b[1;3D": "word left",
    "\x1bf": "word right", "\x1b[1;5C": "word right", "\x1b[1;3C": "word right",
}  # fmt: skip
_HISTORY = {
    "\x10": -1, "\x1b[A": -1, "\x1bOA": -1,
    "\x0e": 1, "\x1b[B": 1, "\x1bOB": 1,
}  # fmt: skip


class Interrupted(Exception):
    """Ctrl-C at the prompt."""


class LineEditor:
    """Reads lines from one terminal."""

    def __init__(self, terminal: Terminal, history: list[str], complete: Complete) -> None:
        self._terminal = terminal
        self._history = history
        self._complete = complete
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._killed = ""
        self._prompt = ""
        self._text = ""
        self._cursor = 0
        self._row = 0
        """The row of the cursor, counted from the prompt's first."""
        self._drawn: str | None = None
        """What stands on the screen up to the cursor at its end; None where that is not known."""
        self._place = 0
        self._draft = ""
        self._tabbed = False
        self._pasting = False

    async def read_line(self, prompt: str) -> str | None:
        """One line without its end; None at Ctrl-D on an empty one. Raises Interrupted."""
        terminal = self._terminal
        terminal.raw = True
        self._prompt, self._text, self._cursor, self._row = prompt, "", 0, 0
        self._drawn = prompt
        self._place, self._draft = len(self._history), ""
        try:
            await self._show(PASTE_ON + prompt)
            return await self._edit()
        finally:
            self._pasting = False
            await self._show(PASTE_OFF)
            terminal.raw = False

    async def _edit(self) -> str | None:
        while True:
            data = await self._terminal.read_key()
            if data is None:
                before = self._prompt + self._text[: self._cursor]
                self._row, self._drawn = place_after(before, self._terminal.columns)[0], None
                await self._redraw()
                continue
            if not data:
                return None
            typed = self._rest + self._decoder.decode(data)
            self._rest = ""
            for key, behind in self._keys(typed):
                if self._pasting and key != "\x1b[201~":
                    self._put("\n" if key == "\r" else key)
                    continue
                if key in ("\r", "\n"):
                    self._terminal.unread(behind.encode())
                    return await self._finish()
                if key == "\x04" and not self._text:
                    self._terminal.unread(behind.encode())
                    return None
                if key == "\x12":
                    self._terminal.unread(behind.encode())
                    await self._search()
                    break
                await self._press(key)
            if self._pasting:
                continue
            await self._redraw()

    def _keys(self, typed: str) -> Iterator[tuple[str, str]]:
        """Each key with what stands behind it; half an escape sequence waits for its end."""
        at = 0
        while at < len(typed):
            if _HALF.match(typed, at) and len(typed) - at < 16:
                self._rest = typed[at:]
                return
            match = _KEY.match(typed, at)
            at = match.end() if match else at + 1
            if match:
                yield match.group(), typed[at:]

    async def _finish(self) -> str:
        """The line as it is: the cursor goes below it."""
        self._cursor = len(self._text)
        await self._redraw()
        await self._show("\r\n")
        line = self._text
        if line.strip() and (not self._history or self._history[-1] != line):
            self._history.append(line)
            del self._history[:-MOST_HISTORY]
        return line

    async def _press(self, key: str) -> None:
        tabbed, self._tabbed = self._tabbed, key == "\t"
        before, after = self._text[: self._cursor], self._text[self._cursor :]
        match key:
            case "\x03":
                await self._show("^C\r\n")
                raise Interrupted
            case _ if key in _MOVES:
                self._cursor = self._moved(_MOVES[key])
            case _ if key in _HISTORY:
                self._recall(_HISTORY[key])
            case "\x7f" | "\x08":
                self._set(before[:-1] + after, max(0, self._cursor - 1))
            case "\x04" | "\x1b[3~":
                self._set(before + after[1:], self._cursor)
            case "\x0b":
                self._kill(self._cursor, len(self._text))
            case "\x15":
                self._kill(0, self._cursor)
            case "\x17":
                self._kill(before.rstrip().rfind(" ") + 1, self._cursor)
            case "\x1b\x7f" | "\x1b\x08":
                self._kill(self._moved("word left"), self._cursor)
            case "\x1bd":
                self._kill(self._cursor, self._moved("word right"))
            case "\x19":
                self._put(self._killed)
            case "\x0c":
                await self._show("\x1b[H\x1b[2J")
                self._row, self._drawn = 0, None
            case "\t":
                await self._complete_word(again=tabbed)
            case "\x1b[200~":
                self._pasting = True
            case "\x1b[201~":
                self._pasting = False
            case _ if key[0] >= " " and key[0] != "\x7f":
                self._put(key)

    def _put(self, text: str) -> None:
        room = MOST_CHARACTERS - len(self._text)
        text = "".join(char for char in text[:room] if char >= " " or char in "\n\t")
        text = text.replace("\t", "    ")
        self._set(
            self._text[: self._cursor] + text + self._text[self._cursor :],
            self._cursor + len(text),
        )

    def _set(self, text: str, cursor: int) -> None:
        self._text, self._cursor = text, cursor

    def _kill(self, start: int, end: int) -> None:
        if start < end:
            self._killed = self._text[start:end]
            self._set(self._text[:start] + self._text[end:], start)

    def _moved(self, move: str) -> int:
        match move:
            case "home":
                return 0
            case "end":
                return len(self._text)
            case "left":
                return max(0, self._cursor - 1)
            case "right":
                return min(len(self._text), self._cursor + 1)
            case "word left":
                found = re.search(r"\w+\W*\Z", self._text[: self._cursor])
                return found.start() if found else 0
        found = re.compile(r"\W*\w+").match(self._text, self._cursor)
        return found.end() if found else len(self._text)

    def _recall(self, step: int) -> None:
        """An older line, or a newer one; behind the newest is what was being typed."""
        if self._place == len(self._history):
            self._draft = self._text
        place = self._place + step
        if 0 <= place <= len(self._history):
            self._place = place
            text = self._draft if place == len(self._history) else self._history[place]
            self._set(text, len(text))

    async def _complete_word(self, *, again: bool) -> None:
        part, choices = self._complete(self._text[: self._cursor])
        if not choices:
            await self._show("\a")
            return
        common = choices[0]
        for choice in choices[1:]:
            while not choice.startswith(common):
                common = common[:-1]
        if len(choices) == 1 and not common.endswith("/"):
            common += " "
        if common != part and len(common) >= len(part):
            kept = self._text[: self._cursor - len(part)]
            self._set(kept + common + self._text[self._cursor :], len(kept) + len(common))
        elif again:
            names = [re.sub(r".*/(?=.)", "", choice) for choice in choices]
            listed = in_columns(names, self._terminal.columns).replace("\n", "\r\n")
            await self._show("\r\n" + listed + self._prompt + self._text)
            self._row = place_after(self._prompt + self._text, self._terminal.columns)[0]
            self._drawn = None
        else:
            await self._show("\a")

    async def _search(self) -> None:
        """Ctrl-R: the newest line that holds what is typed; Enter and moves take it."""
        held_prompt, wanted, at = self._prompt, "", len(self._history)
        try:
            while True:
                self._prompt = f"(reverse-i-search)`{wanted}': "
                await self._redraw()
                data = await self._terminal.read_key()
                if data is None:
                    continue
                if not data:
                    return
                typed, self._rest = self._rest + self._decoder.decode(data), ""
                for key, behind in self._keys(typed):
                    if key == "\x12":
                        at = self._found(wanted, at)
                    elif key in ("\x7f", "\x08"):
                        wanted = wanted[:-1]
                        at = self._found(wanted, len(self._history))
                    elif key >= " " and key[0] != "\x1b":
                        wanted += key
                        at = self._found(wanted, min(at + 1, len(self._history)))
                    else:
                        ahead = "" if key in ("\x07", "\x1b") else key + behind
                        self._terminal.unread(ahead.encode())
                        return
        finally:
            self._prompt = held_prompt
            await self._redraw()

    def _found(self, wanted: str, before: int) -> int:
        for at in range(before - 1, -1, -1):
            if wanted and wanted in self._history[at]:
                self._set(self._history[at], self._history[at].find(wanted) + len(wanted))
                return at
        return before

    async def _redraw(self) -> None:
        """Prompt and text anew from the first row, with the cursor in its place."""
        columns = self._terminal.columns
        shown = self._prompt + self._text
        if await self._appended(shown, columns):
            return
        end = place_after(shown, columns)
        here = place_after(self._prompt + self._text[: self._cursor], columns)
        drawn = shown.replace("\n", "\r\n")
        if end[1] == 0 and end[0] > 0 and not shown.endswith("\n"):
            drawn += "\r\n"
        up = f"\x1b[{self._row}A" if self._row else ""
        back = f"\x1b[{end[0] - here[0]}A" if end[0] > here[0] else ""
        right = f"\x1b[{here[1]}C" if here[1] else ""
        await self._show(f"{up}\r\x1b[J{drawn}{back}\r{right}")
        self._row = here[0]
        self._drawn = shown if here == end else None

    async def _appended(self, shown: str, columns: int) -> bool:
        """Draw only what was typed at the end of the line, where that is all that is new."""
        drawn = self._drawn
        if drawn is None or self._cursor < len(self._text) or not shown.startswith(drawn):
            return False
        row, column = place_after(shown, columns)
        if row != self._row or (column == 0 and row > 0) or "\n" in shown[len(drawn) :]:
            return False
        await self._show(shown[len(drawn) :])
        self._drawn = shown
        return True

    async def _show(self, text: str) -> None:
        await self._terminal.write(text.encode())
