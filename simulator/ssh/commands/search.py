"""grep and sed, as far as one uses them to look."""

import re
from collections import deque

from simulator.ssh.files.tree import normal
from simulator.ssh.shell.state import Call

from .options import Options, Usage, number_of, read_options
from .registry import command
from .texts import Buffered, each_line

_LONG = (
    "ignore-case", "invert-match", "count", "line-number", "quiet", "silent", "no-messages",
    "with-filename", "no-filename", "files-with-matches", "only-matching", "word-regexp",
    "line-regexp", "extended-regexp", "fixed-strings", "perl-regexp", "recursive", "regexp=",
    "max-count=", "after-context=", "before-context=", "context=", "color=", "colour=", "text",
    "line-buffered", "include=", "exclude=",
)  # fmt: skip
_RED, _MAGENTA, _PLAIN = "\x1b[01;31m\x1b[K", "\x1b[35m\x1b[K", "\x1b[m\x1b[K"


@command("grep", "egrep", "fgrep", "zgrep")
async def grep(call: Call) -> int:
    options, operands = read_options(call, "ivcnqshHlowxEFPre:m:A:B:C:aR", _LONG, status=2)
    patterns = [value for name, value in options.each if name in ("-e", "--regexp")]
    if not patterns:
        if not operands:
            raise Usage("usage: grep [OPTION]... PATTERNS [FILE]...", 2)
        patterns = operands.pop(0).split("\n")
    matcher = _matcher(call, patterns, options)
    paths = operands
    if options.has("-r", "-R", "--recursive"):
        paths = _below(call, paths or ["."])
    return await _Search(call, options, matcher, paths).run()


def _matcher(call: Call, patterns: list[str], options: Options) -> re.Pattern[str]:
    extended = options.has("-E", "--extended-regexp", "-P", "--perl-regexp") or call.name == "egrep"
    fixed = options.has("-F", "--fixed-strings") or call.name == "fgrep"
    parts = []
    for pattern in patterns:
        part = re.escape(pattern) if fixed else pattern if extended else basic(pattern)
        if options.has("-w", "--word-regexp"):
            part = rf"(?<!\w)(?:{part})(?!\w)"
        if options.has("-x", "--line-regexp"):
            part = rf"^(?:{part})$"
        parts.append(_classes(part))
    flags = re.IGNORECASE if options.has("-i", "--ignore-case") else 0
    try:
        return re.compile("|".join(f"(?:{part})" for part in parts), flags)
    except re.error as error:
        raise Usage(f"Invalid regular expression: {error}", 2) from None


def basic(pattern: str) -> str:
    """A basic regular expression in Python's words: `\\(`, `\\|`, `\\+` are the special ones."""
    written = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            following = pattern[at + 1]
            written.append(following if following in "(){}|+?" else f"\\{following}")
            at += 2
            continue
        starts = at == 0 or pattern[at - 1] in "(|"
        written.append(f"\\{char}" if char in "(){}|+?" or (char == "*" and starts) else char)
        at += 1
    return "".join(written)


def _classes(pattern: str) -> str:
    names = {
        "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "space": r"\s", "upper": "A-Z",
        "lower": "a-z", "blank": r" \t", "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9a-fA-F",
    }  # fmt: skip
    pattern = re.sub(r"\[:(\w+):\]", lambda match: names.get(match.group(1), ""), pattern)
    return pattern.replace(r"\<", r"\b").replace(r"\>", r"\b")


def _below(call: Call, paths: list[str]) -> list[str]:
    files = call.machine.files
    found: list[str] = []
    for path in paths:
        entry = files.find(normal(path, call.shell.cwd))
        if entry is None or not entry.is_folder:
            found.append(path)
            continue
        found += _below(call, [f"{path.rstrip('/')}/{name}" for name in files.names(entry.path)])
        if len(found) > 5_000:
            raise Usage("too many files", 2)
    return found


class _Search:
    def __init__(
        self, call: Call, options: Options, matcher: re.Pattern[str], paths: list[str]
    ) -> None:
        self._call = call
        self._options = options
        self._matcher = matcher
        self._paths = paths
        many = len(paths) > 1 or options.has("-r", "-R", "--recursive")
        self._named = (many or options.has("-H", "--with-filename")) and not options.has(
            "-h", "--no-filename"
        )
        around = options.first("-C", "--context", default="0")
        self._after = number_of(call, options.first("-A", "--after-context", default=around))
        self._before = number_of(call, options.first("-B", "--before-context", default=around))
        self._most = number_of(call, options.first("-m", "--max-count", default="-1"))
        colour = options.first("--color", "--colour", default="never")
        self._coloured = colour == "always" or (colour == "auto" and call.screen is not None)
        self._out = Buffered(call)
        self._counts: dict[str, int] = {}

    async def run(self) -> int:
        options = self._options
        quiet = options.has("-q", "--quiet", "--silent")
        only_counts = options.has("-c", "--count")
        only_names = options.has("-l", "--files-with-matches")
        failed = self._missing()
        for path in failed:
            if not options.has("-s", "--no-messages"):
                await self._call.complain(f"{self._call.name}: {path}: No such file or directory")
        readable = [path for path in self._paths if path not in failed]
        self._counts = dict.fromkeys(readable or ["-"], 0)
        if readable or not self._paths:
            found = await self._walk(
                readable, quiet=quiet, silent=quiet or only_counts or only_names
            )
        else:
            found = 0
        for path, count in self._counts.items():
            if only_names and count:
                await self._out.add(path if path != "-" else "(standard input)")
            elif only_counts:
                await self._out.add(f"{path}:{count}" if self._named else str(count))
        await self._out.flush()
        if failed and not (quiet and found):
            return 2
        return 0 if found else 1

    def _missing(self) -> list[str]:
        files, cwd = self._call.machine.files, self._call.shell.cwd
        return [
            path for path in self._paths if path != "-" and files.find(normal(path, cwd)) is None
        ]

    async def _walk(self, paths: list[str], *, quiet: bool, silent: bool) -> int:
        invert = self._options.has("-v", "--invert-match")
        held: deque[tuple[int, str]] = deque(maxlen=self._before or None)
        current, number, follow, told, found = "", 0, 0, 0, 0
        async for path, line in each_line(self._call, paths):
            if path != current:
                current, number, follow, told = path, 0, 0, 0
                held.clear()
            number += 1
            if self._most >= 0 and self._counts[path] >= self._most:
                continue
            if bool(self._matcher.search(line)) != invert:
                found += 1
                self._counts[path] += 1
                if quiet:
                    return found
                if not silent:
                    if told and (self._before or self._after) and number - len(held) > told + 1:
                        await self._out.add("--")
                    for at, text in held:
                        await self._say(path, at, text, "-")
                    await self._say_match(path, number, line)
                    told = number
                held.clear()
                follow = self._after
            elif follow:
                follow -= 1
                told = number
                await self._say(path, number, line, "-")
            elif self._before and not silent:
                held.append((number, line))
        return found

    async def _say_match(self, path: str, number: int, line: str) -> None:
        if self._options.has("-o", "--only-matching"):
            for match in self._matcher.finditer(line):
                if match.group():
                    await self._say(path, number, self._painted(match.group(), _RED), ":")
            return
        if self._coloured and not self._options.has("-v", "--invert-match"):
            line = self._matcher.sub(
                lambda match: self._painted(match.group(), _RED) if match.group() else "", line
            )
        await self._say(path, number, line, ":")

    async def _say(self, path: str, number: int, text: str, mark: str) -> None:
        shown = path if path != "-" else "(standard input)"
        name = f"{self._painted(shown, _MAGENTA)}{mark}" if self._named else ""
        line = f"{number}{mark}" if self._options.has("-n", "--line-number") else ""
        await self._out.add(f"{name}{line}{text}")

    def _painted(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._coloured else text
