"""sed, as far as one uses it to pick from a text; beyond that it says so."""

import re
from dataclasses import dataclass

from simulator.ssh.shell.state import Call

from .options import Usage, read_options
from .registry import command
from .search import basic
from .texts import Buffered, all_lines

_SUBSTITUTE = re.compile(r"s(?P<mark>[^\w\s])")
_ADDRESS = re.compile(r"(?:(?P<number>\d+)|(?P<last>\$)|/(?P<pattern>(?:[^/\\]|\\.)*)/)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One command of sed: where it applies, and what it does."""

    start: str | None
    end: str | None
    negated: bool
    verb: str
    pattern: re.Pattern[str] | None = None
    new: str = ""
    everywhere: bool = False
    prints: bool = False


@command("sed")
async def sed(call: Call) -> int:
    options, operands = read_options(
        call, "ne:rEsu", ("quiet", "silent", "expression=", "regexp-extended")
    )
    scripts = [value for name, value in options.each if name in ("-e", "--expression")]
    if not scripts:
        if not operands:
            raise Usage("no script specified")
        scripts = [operands.pop(0)]
    extended = options.has("-r", "-E", "--regexp-extended")
    steps = [
        _read_step(part.strip(), extended)
        for script in scripts
        for part in _parted(script)
        if part.strip()
    ]
    lines = await all_lines(call, operands)
    out = Buffered(call)
    inside = [False] * len(steps)
    for number, line in enumerate(lines, 1):
        kept, ended, text = True, False, line
        for at, step in enumerate(steps):
            applies, inside[at] = _applies(step, number, text, len(lines), inside[at])
            if applies == step.negated:
                continue
            match step.verb:
                case "d":
                    kept = False
                    break
                case "p":
                    await out.add(text)
                case "q":
                    ended = True
                case "s":
                    assert step.pattern is not None
                    count = 0 if step.everywhere else 1
                    text, changed = step.pattern.subn(step.new, text, count=count)
                    if changed and step.prints:
                        await out.add(text)
        if kept and not options.has("-n", "--quiet", "--silent"):
            await out.add(text)
        if ended:
            break
    await out.flush()
    return 0


def _parted(script: str) -> list[str]:
    """A script's commands: parted by `;` and line ends, save within what `s` is given."""
    parts, rest = [], script.strip()
    while rest:
        match = re.match(r"[^;\n]*?s([^\w\s])", rest)
        end = 0
        if match is not None and re.fullmatch(r"[\d,$!\s]*(?:/[^/]*/,?)*", rest[: match.end() - 2]):
            mark = re.escape(match.group(1))
            body = re.match(
                rf"(?:\\.|(?!{mark}).)*{mark}(?:\\.|(?!{mark}).)*{mark}", rest[match.end() :]
            )
            end = match.end() + (body.end() if body else 0)
        cut = re.search(r"[;\n]", rest[end:])
        stop = end + cut.start() if cut else len(rest)
        parts.append(rest[:stop])
        rest = rest[stop + 1 :]
    return parts


def _read_step(text: str, extended: bool) -> _Step:
    start = end = None
    rest = text
    match = _ADDRESS.match(rest)
    if match is not None:
        start, rest = match.group(), rest[match.end() :].lstrip()
        if rest.startswith(","):
            match = _ADDRESS.match(rest[1:])
            if match is None:
                raise Usage(f"-e expression #1: unexpected `,': {text}")
            end, rest = match.group(), rest[1 + match.end() :].lstrip()
    negated = rest.startswith("!")
    rest = rest.lstrip("! ")
    if rest in ("d", "p", "q"):
        return _Step(start=start, end=end, negated=negated, verb=rest)
    match = _SUBSTITUTE.match(rest)
    if match is None:
        raise Usage(f"this simulated sed knows s, p, d and q, and not: {text}", 4)
    parts = re.split(rf"(?<!\\){re.escape(match['mark'])}", rest[2:])
    if len(parts) != 3:
        raise Usage("-e expression #1: unterminated `s' command")
    pattern, new, flags = parts
    pattern = pattern.replace(f"\\{match['mark']}", match["mark"])
    new = re.sub(r"(?<!\\)&", r"\\g<0>", new.replace(f"\\{match['mark']}", match["mark"]))
    try:
        compiled = re.compile(
            pattern if extended else basic(pattern), re.IGNORECASE if "i" in flags.lower() else 0
        )
    except re.error as error:
        raise Usage(f"-e expression #1: {error}") from None
    return _Step(
        start=start,
        end=end,
        negated=negated,
        verb="s",
        pattern=compiled,
        new=new,
        everywhere="g" in flags,
        prints="p" in flags,
    )


def _applies(step: _Step, number: int, line: str, last: int, inside: bool) -> tuple[bool, bool]:
    """(whether it applies, whether its range is still open)."""
    if step.start is None:
        return True, False
    if step.end is None:
        return _meets(step.start, number, line, last), False
    if not inside:
        begins = _meets(step.start, number, line, last)
        single = step.end.isdigit() and int(step.end) <= number
        return begins, begins and not single
    return True, not _meets(step.end, number, line, last)


def _meets(address: str, number: int, line: str, last: int) -> bool:
    if address == "$":
        return number == last
    if address.isdigit():
        return number == int(address)
    return re.search(basic(address[1:-1]), line) is not None
