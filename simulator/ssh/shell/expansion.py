"""Turns a word as written into the words a command gets: variables, substitutions, patterns."""

import fnmatch
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.ssh.files.tree import normal

from .arithmetic import evaluate
from .grammar import Arithmetic, Literal, Malformed, Part, Script, Substitution, Variable, Word
from .state import Shell

Substitute = Callable[[Shell, Script], Awaitable[str]]
"""Runs a script in a shell within, and hands back what it wrote."""
MOST_FIELDS = 100_000


class Unbound(Exception):
    """A variable is wanted that is not there, or `${name:?…}` says so."""


@dataclass(slots=True)
class _Piece:
    text: str
    active: bool
    """Its `*`, `?` and `[` are patterns."""


class _Fields:
    """Words as they grow out of pieces."""

    def __init__(self) -> None:
        self.done: list[list[_Piece]] = []
        self._open: list[_Piece] | None = None

    def add(self, text: str, *, active: bool) -> None:
        if self._open is None:
            self._open = []
        self._open.append(_Piece(text, active))

    def cut(self) -> None:
        if self._open is not None:
            self.done.append(self._open)
            self._open = None
        if len(self.done) > MOST_FIELDS:
            raise Malformed("Argument list too long")

    def add_split(self, text: str) -> None:
        """What an unquoted expansion gave: blanks in it part words."""
        for index, part in enumerate(re.split(r"[ \t\n]+", text)):
            if index:
                self.cut()
            if part:
                self.add(part, active=True)


async def expand(shell: Shell, words: tuple[Word, ...], substitute: Substitute) -> list[str]:
    """The words a command gets."""
    found: list[str] = []
    for word in words:
        for braced in _braces(word):
            fields = _Fields()
            for index, part in enumerate(braced):
                await _add(shell, part, fields, substitute, first=index == 0)
            fields.cut()
            for pieces in fields.done:
                found += _globbed(shell, pieces)
    return found


async def expand_text(shell: Shell, word: Word, substitute: Substitute) -> str:
    """One text: of an assignment, a here-document, a `case`; nothing is parted, no pattern is."""
    texts = []
    for index, part in enumerate(word):
        if isinstance(part, Literal):
            tilde = index == 0 and not part.quoted and part.text.startswith("~")
            texts.append(_home(shell, part.text) if tilde else part.text)
        else:
            texts.append(await _value(shell, part, substitute))
    return "".join(texts)


async def expand_pattern(shell: Shell, word: Word, substitute: Substitute) -> str:
    """A pattern for `case` and `${name#…}`, with what is quoted standing for itself."""
    texts = []
    for part in word:
        if isinstance(part, Literal):
            texts.append(glob_escape(part.text) if part.quoted else part.text)
        else:
            value = await _value(shell, part, substitute)
            texts.append(glob_escape(value) if part.quoted else value)
    return "".join(texts)


def glob_escape(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)


async def _add(
    shell: Shell, part: Part, fields: _Fields, substitute: Substitute, *, first: bool
) -> None:
    if isinstance(part, Literal):
        tilde = first and not part.quoted and part.text.startswith("~")
        fields.add(_home(shell, part.text) if tilde else part.text, active=not part.quoted)
    elif isinstance(part, Variable) and part.name in "@*" and not part.operator:
        for index, argument in enumerate(shell.arguments):
            if index:
                fields.cut()
            if part.quoted:
                fields.add(argument, active=False)
            else:
                fields.add_split(argument)
    else:
        value = await _value(shell, part, substitute)
        if part.quoted:
            fields.add(value, active=False)
        else:
            fields.add_split(value)


async def _value(shell: Shell, part: Part, substitute: Substitute) -> str:
    match part:
        case Literal():
            return part.text
        case Substitution():
            return (await substitute(shell, part.script)).rstrip("\n")
        case Arithmetic():
            return str(evaluate(part.text, shell.variables))
    value = variable(shell, part.name)
    if part.length:
        return str(len(value or ""))
    if not part.operator:
        if value is None and "nounset" in shell.options:
            raise Unbound(f"{part.name}: unbound variable")
        return value or ""
    return await _operated(shell, part, value, substitute)


async def _operated(shell: Shell, part: Variable, value: str | None, substitute: Substitute) -> str:
    operand = await expand_text(shell, part.operand, substitute)
    missing = value is None or (part.operator.startswith(":") and not value)
    match part.operator.removeprefix(":") if part.operator != ":" else ":":
        case "-":
            return operand if missing else value or ""
        case "+":
            return "" if missing else operand
        case "=":
            if missing:
                shell.variables[part.name] = operand
            return operand if missing else value or ""
        case "?":
            if missing:
                raise Unbound(f"{part.name}: {operand or 'parameter null or not set'}")
            return value or ""
        case ":":
            start, _, length = operand.partition(":")
            begin = evaluate(start or "0", shell.variables)
            text = (value or "")[begin:]
            return text[: evaluate(length, shell.variables)] if length else text
        case "/" | "//":
            wanted, _, new = operand.partition("/")
            pattern = fnmatch.translate(wanted).removesuffix(r"\Z").removesuffix(r"\z")
            count = 0 if part.operator == "//" else 1
            return re.sub(pattern, lambda _: new, value or "", count=count)
    pattern = await expand_pattern(shell, part.operand, substitute)
    return _without(value or "", pattern, part.operator)


def _without(value: str, pattern: str, operator: str) -> str:
    """The value without what matches at its start (`#`) or its end (`%`); doubled, the longest."""
    lengths = range(len(value) + 1)
    for length in reversed(lengths) if len(operator) == 2 else lengths:
        cut = value[:length] if operator[0] == "#" else value[len(value) - length :]
        if fnmatch.fnmatchcase(cut, pattern):
            return value[length:] if operator[0] == "#" else value[: len(value) - length]
    return value


def variable(shell: Shell, name: str) -> str | None:
    """A variable's value, the special ones among them; None when it is not set."""
    match name:
        case "?":
            return str(shell.status)
        case "#":
            return str(len(shell.arguments))
        case "@" | "*":
            return " ".join(shell.arguments)
        case "$":
            return str(shell.pid)
        case "0":
            return shell.name
        case "!" | "-":
            return ""
        case "PWD":
            return shell.cwd
        case "HOSTNAME":
            return shell.machine.hostname
        case "EUID" | "UID":
            return "0"
        case "COLUMNS" if shell.terminal is not None and shell.terminal.is_tty:
            return str(shell.terminal.columns)
        case "LINES" if shell.terminal is not None and shell.terminal.is_tty:
            return str(shell.terminal.rows)
    if name.isdigit():
        index = int(name) - 1
        return shell.arguments[index] if index < len(shell.arguments) else None
    return shell.variables.get(name)


def _home(shell: Shell, text: str) -> str:
    user, slash, rest = text[1:].partition("/")
    if user not in ("", "root"):
        return text
    return shell.variables.get("HOME", "/root") + slash + rest


def _braces(word: Word) -> list[Word]:
    """`{a,b}` and `{1..3}`, where they stand unquoted."""
    for index, part in enumerate(word):
        if not isinstance(part, Literal) or part.quoted:
            continue
        match = re.search(r"\{([^{}\s]*(?:,[^{}\s]*)+|-?\d+\.\.-?\d+|[a-z]\.\.[a-z])\}", part.text)
        if match is None:
            continue
        found: list[Word] = []
        for choice in _choices(match.group(1)):
            text = part.text[: match.start()] + choice + part.text[match.end() :]
            found += _braces((*word[:index], Literal(text, quoted=False), *word[index + 1 :]))
        return found
    return [word]


def _choices(inside: str) -> list[str]:
    if "," in inside:
        return inside.split(",")
    low, _, high = inside.partition("..")
    if low.isalpha():
        return [chr(code) for code in range(ord(low), ord(high) + 1)]
    start, end = int(low), int(high)
    if abs(end - start) > MOST_FIELDS:
        raise Malformed("Argument list too long")
    step = 1 if end >= start else -1
    return [str(number) for number in range(start, end + step, step)]


def _globbed(shell: Shell, pieces: list[_Piece]) -> list[str]:
    """The paths a pattern matches; the word itself when it is none, or matches none."""
    plain = "".join(piece.text for piece in pieces)
    if not any(piece.active and re.search(r"[*?[]", piece.text) for piece in pieces):
        return [plain]
    pattern = "".join(piece.text if piece.active else glob_escape(piece.text) for piece in pieces)
    return _matches(shell, pattern) or [plain]


def _matches(shell: Shell, pattern: str) -> list[str]:
    found = ["/" if pattern.startswith("/") else ""]
    for step in [part for part in pattern.split("/") if part]:
        longer: list[str] = []
        for base in found:
            if not re.search(r"[*?[]", step):
                path = base + step
                if shell.machine.files.find(normal(path, shell.cwd)) is not None:
                    longer.append(f"{path}/")
                continue
            folder = normal(base or ".", shell.cwd)
            longer += [
                f"{base}{name}/"
                for name in shell.machine.files.names(folder)
                if fnmatch.fnmatchcase(name, step) and (name[0] != "." or step[0] == ".")
            ]
        found = longer
    return sorted(path.rstrip("/") for path in found)
