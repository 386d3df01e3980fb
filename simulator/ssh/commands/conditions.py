"""`test`, `[` and `[[`; `true`, `echo` and `printf`."""

import fnmatch
import re
from collections.abc import Callable

from simulator.ssh.files.tree import Entry, normal
from simulator.ssh.shell.state import Call

from .registry import command

_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_ESCAPES = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\",
    "e": "\x1b", '"': '"', "'": "'",
}  # fmt: skip
_FORMAT = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\*|\d*)(?:\.(?P<exact>\d+))?(?P<kind>[a-zA-Z%])"
)


class _Wrong(Exception):
    """A condition cannot be read."""


@command("test", "[", "[[", builtin=True)
async def test(call: Call) -> int:
    words = list(call.rest)
    closing = {"[": "]", "[[": "]]"}.get(call.words[0])
    if closing is not None and (not words or words.pop() != closing):
        await call.complain(f"bash: {call.words[0]}: missing `{closing}'")
        return 2
    try:
        return int(not _Condition(call, words).all())
    except _Wrong as wrong:
        await call.complain(f"bash: {call.words[0]}: {wrong}")
        return 2


class _Condition:
    def __init__(self, call: Call, words: list[str]) -> None:
        self._call = call
        self._words = words

    def all(self) -> bool:
        if not self._words:
            return False
        value = self._any()
        if self._words:
            raise _Wrong("too many arguments")
        return value

    def _any(self) -> bool:
        value = self._each()
        while self._words and self._words[0] in ("-o", "||"):
            self._words.pop(0)
            value = self._each() or value
        return value

    def _each(self) -> bool:
        value = self._one()
        while self._words and self._words[0] in ("-a", "&&"):
            self._words.pop(0)
            value = self._one() and value
        return value

    def _one(self) -> bool:
        words = self._words
        if words[:1] == ["!"] and len(words) > 1:
            words.pop(0)
            return not self._one()
        if words[:1] == ["("] and len(words) > 2:
            words.pop(0)
            value = self._any()
            if words[:1] != [")"]:
                raise _Wrong("`)' expected")
            words.pop(0)
            return value
        if len(words) >= 3 and self._is_binary(words[1]):
            left, operator, right = words[:3]
            del words[:3]
            return self._compare(left, operator, right)
        if (
            len(words) >= 2
            and re.fullmatch(r"-[a-zA-Z]", words[0])
            and words[0] not in ("-a", "-o")
        ):
            operator, operand = words[:2]
            del words[:2]
            return self._look(operator, operand)
        if not words:
            raise _Wrong("argument expected")
        return bool(words.pop(0))

    def _is_binary(self, operator: str) -> bool:
        return operator in _NUMBERS or operator in ("=", "==", "!=", "<", ">", "=~", "-nt", "-ot")

    def _compare(self, left: str, operator: str, right: str) -> bool:
        if operator in _NUMBERS:
            for word in (left, right):
                if not re.fullmatch(r"\s*[-+]?\d+\s*", word):
                    raise _Wrong(f"{word}: integer expression expected")
            return _NUMBERS[operator](int(left), int(right))
        patterns = self._call.words[0] == "[["
        match operator:
            case "=" | "==":
                return fnmatch.fnmatchcase(left, right) if patterns else left == right
            case "!=":
                return not (fnmatch.fnmatchcase(left, right) if patterns else left == right)
            case "=~":
                try:
                    return re.search(right, left) is not None
                except re.error as error:
                    raise _Wrong(f"invalid regular expression `{right}'") from error
            case "<":
                return left < right
            case ">":
                return left > right
        files = [self._find(path) for path in (left, right)]
        times = [one.changed_at if one is not None else 0.0 for one in files]
        return times[0] > times[1] if operator == "-nt" else times[0] < times[1]

    def _look(self, operator: str, operand: str) -> bool:
        match operator:
            case "-z":
                return not operand
            case "-n":
                return bool(operand)
            case "-v":
                return operand in self._call.shell.variables
            case "-t":
                terminal = self._call.shell.terminal
                return terminal is not None and terminal.is_tty
        link = self._call.machine.files.find(self._path(operand), follow=False)
        entry = self._find(operand)
        match operator:
            case "-L" | "-h":
                return link is not None and link.is_link
            case "-f":
                return entry is not None and entry.is_file
            case "-d":
                return entry is not None and entry.is_folder
            case "-s":
                return entry is not None and entry.size_bytes > 0
            case "-x":
                return entry is not None and bool(entry.mode & 0o111)
            case "-b" | "-c":
                kind = 0o060000 if operator == "-b" else 0o020000
                return entry is not None and entry.mode & 0o170000 == kind
        return entry is not None

    def _path(self, operand: str) -> str:
        return normal(operand, self._call.shell.cwd)

    def _find(self, operand: str) -> Entry | None:
        return self._call.machine.files.find(self._path(operand))


@command("true", ":", builtin=True)
async def true(call: Call) -> int:
    return 0


@command("false", builtin=True)
async def false(call: Call) -> int:
    return 1


@command("echo", builtin=True)
async def echo(call: Call) -> int:
    words = list(call.rest)
    newline, escapes = True, False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        option = words.pop(0)
        newline = newline and "n" not in option
        escapes = "e" in option or (escapes and "E" not in option)
    text = " ".join(words)
    if escapes:
        text, cut, _ = unescape(text).partition("\\c")
        newline = newline and not cut
    await call.say(text + "\n" * newline)
    return 0


def unescape(text: str) -> str:
    """`\\n`, `\\t`, `\\033`, `\\x1b`, `\\u2713`."""

    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "xuU":
            return chr(int(code[1:], 16))
        if code[0] in "01234567":
            return chr(int(code, 8) % 256)
        return _ESCAPES.get(code, f"\\{code}")

    pattern = r"\\(x[0-9a-fA-F]{1,2}|[uU][0-9a-fA-F]{1,6}|0?[0-7]{1,3}|.)"
    return re.sub(pattern, one, text, flags=re.DOTALL)


@command("printf", builtin=True)
async def printf(call: Call) -> int:
    if not call.rest:
        await call.complain("printf: usage: printf [-v var] format [arguments]")
        return 2
    words = list(call.rest)
    into = None
    if words[0] == "-v" and len(words) > 2:
        into = words[1]
        del words[:2]
    shape, given = unescape(words[0]), words[1:]
    written = []
    while True:
        before = len(given)
        written.append(_FORMAT.sub(lambda match: _formatted(match, given), shape))
        if not given or len(given) == before:
            break
    text = "".join(written)
    if into is None:
        await call.say(text)
    else:
        call.shell.variables[into] = text
    return 0


def _formatted(match: re.Match[str], given: list[str]) -> str:
    kind = match["kind"]
    if kind == "%":
        return "%"
    width = (given.pop(0) if given else "0") if match["width"] == "*" else match["width"]
    value = given.pop(0) if given else ""
    exact = f".{match['exact']}" if match["exact"] is not None else ""
    flags = match["flags"]
    try:
        match kind:
            case "d" | "i" | "u":
                return f"%{flags}{width}d" % int(value or "0", 0)
            case "x" | "X" | "o":
                return f"%{flags}{width}{kind}" % int(value or "0", 0)
            case "f" | "e" | "g":
                return f"%{flags}{width}{exact}{kind}" % float(value or "0")
    except ValueError:
        return "0"
    text = unescape(value) if kind == "b" else repr(value) if kind == "q" else value
    if kind == "c":
        text = value[:1]
    return f"%{flags.replace('0', '')}{width}{exact}s" % text
