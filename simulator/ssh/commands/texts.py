"""Filters: lines go in, lines come out. They read their input as it comes and never keep all of it,
save those that have to: sort, tac and column.
"""

import re
from collections.abc import AsyncIterator, Iterator

from simulator.ssh.files.tree import Missing, normal
from simulator.ssh.shell.state import Call
from simulator.ssh.streams import CHUNK_BYTES, Source, lines_of

from .options import Options, Usage, read_options
from .registry import command

MOST_HELD_BYTES = 32 * 1024 * 1024
"""What a filter that needs all lines at once may hold."""

Filtered = AsyncIterator[tuple[str, str]]
"""(name of the file, line)."""


def open_file(call: Call, path: str) -> Source:
    """A file's content, or the input for `-`. Raises Missing with the path before the reason."""
    if path == "-":
        return call.stdin
    try:
        return call.machine.files.open_source(normal(path, call.shell.cwd))
    except Missing as missing:
        raise Missing(f"{path}: {missing.text}") from None


async def each_line(call: Call, paths: list[str]) -> Filtered:
    """The lines of these files, or of the input; one that cannot be read is told and left out."""
    for path in paths or ["-"]:
        try:
            source = open_file(call, path)
        except Missing as missing:
            await call.fail(missing.text)
            continue
        async for line in lines_of(source):
            yield path, line


async def all_lines(call: Call, paths: list[str]) -> list[str]:
    """The same as a list, for who needs them all at once. Raises Missing past what may be held."""
    lines: list[str] = []
    held = 0
    async for _, line in each_line(call, paths):
        lines.append(line)
        held += len(line) + 60
        if held > MOST_HELD_BYTES:
            raise Missing("memory exhausted")
    return lines


class Buffered:
    """Lines on their way out, gathered so that a long output is not written byte by byte."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._lines: list[str] = []
        self._length = 0

    async def add(self, line: str) -> None:
        self._lines.append(line + "\n")
        self._length += len(line) + 1
        if self._length >= CHUNK_BYTES:
            await self.flush()

    async def flush(self) -> None:
        text, self._lines, self._length = "".join(self._lines), [], 0
        if text:
            await self._call.say(text)


@command("cat", "zcat")
async def cat(call: Call) -> int:
    options, paths = read_options(call, "nbAEsTuv", ("number",))
    status = 0
    if options.has("-n", "-b", "--number"):
        out, number = Buffered(call), 0
        async for _, line in each_line(call, paths):
            number += 1
            await out.add(f"{number:>6}\t{line}")
        await out.flush()
        return 0
    for path in paths or ["-"]:
        try:
            source = open_file(call, path)
        except Missing as missing:
            status = await call.fail(missing.text)
            continue
        while chunk := await source.read():
            await call.stdout.write(chunk)
    return status


@command("wc")
async def wc(call: Call) -> int:
    options, paths = read_options(call, "lwcm", ("lines", "words", "bytes", "chars"))
    shown = [
        name
        for name, letters in (("lines", "-l"), ("words", "-w"), ("bytes", "-c"))
        if options.has(letters, f"--{name}") or (name == "bytes" and options.has("-m", "--chars"))
    ] or ["lines", "words", "bytes"]
    totals = dict.fromkeys(("lines", "words", "bytes"), 0)
    status = 0
    for path in paths or ["-"]:
        try:
            counts = await _count(open_file(call, path))
        except Missing as missing:
            status = await call.fail(missing.text)
            continue
        for name, count in counts.items():
            totals[name] += count
        await _say_counts(call, counts, shown, "" if not paths else path)
    if len(paths) > 1:
        await _say_counts(call, totals, shown, "total")
    return status


async def _count(source: Source) -> dict[str, int]:
    counts = dict.fromkeys(("lines", "words", "bytes"), 0)
    within = False
    while chunk := await source.read():
        counts["lines"] += chunk.count(b"\n")
        counts["bytes"] += len(chunk)
        words = len(chunk.split())
        counts["words"] += words - int(within and words > 0 and not chunk[:1].isspace())
        within = not chunk[-1:].isspace()
    return counts


async def _say_counts(call: Call, counts: dict[str, int], shown: list[str], name: str) -> None:
    alone = len(shown) == 1
    figures = " ".join(f"{counts[one]}" if alone else f"{counts[one]:>7}" for one in shown)
    await call.say(f"{figures} {name}".rstrip() + "\n")


@command("sort")
async def sort(call: Call) -> int:
    options, paths = read_options(
        call, "nrhuk:t:fbVo:", ("reverse", "numeric-sort", "unique", "key=", "field-separator=")
    )
    lines = await all_lines(call, paths)
    reverse = options.has("-r", "--reverse")
    separator = options.first("-t", "--field-separator") or None
    key = options.first("-k", "--key")
    numeric = options.has("-n", "--numeric-sort", "-h", "-V") or bool(re.search(r"\d[nh]", key))
    reverse = reverse or bool(re.search(r"\dn?r", key))

    def rank(line: str) -> tuple[float, str]:
        wanted = line
        if key:
            fields = line.split(separator)
            first = int(re.match(r"\d+", key).group()) if re.match(r"\d+", key) else 1  # type: ignore[union-attr]
            last = re.search(r",(\d+)", key)
            part = fields[first - 1 : int(last.group(1)) if last else None]
            wanted = (separator or " ").join(part)
        if not numeric:
            return 0.0, (wanted.lower() if options.has("-f") else wanted) + "\0" + line
        match = re.match(r"\s*(-?\d+(?:\.\d+)?)([KMGT]?)", wanted)
        if match is None:
            return 0.0, line
        scale = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}[match.group(2)]
        return float(match.group(1)) * scale, line

    out, before = Buffered(call), None
    for line in sorted(lines, key=rank, reverse=reverse):
        if not options.has("-u", "--unique") or line != before:
            await out.add(line)
        before = line
    await out.flush()
    return 0


@command("uniq")
async def uniq(call: Call) -> int:
    options, paths = read_options(call, "cdui", ("count", "repeated", "unique", "ignore-case"))
    out = Buffered(call)
    held: str | None = None
    count = 0

    async def close() -> None:
        if held is None:
            return
        if options.has("-d", "--repeated") and count < 2:
            return
        if options.has("-u", "--unique") and count > 1:
            return
        await out.add(f"{count:>7} {held}" if options.has("-c", "--count") else held)

    async for _, line in each_line(call, paths[:1]):
        if held is not None and _same(line, held, options):
            count += 1
            continue
        await close()
        held, count = line, 1
    await close()
    await out.flush()
    return 0


def _same(line: str, held: str, options: Options) -> bool:
    return line.lower() == held.lower() if options.has("-i", "--ignore-case") else line == held


@command("cut")
async def cut(call: Call) -> int:
    options, paths = read_options(
        call, "d:f:c:b:s", ("delimiter=", "fields=", "characters=", "only-delimited", "complement")
    )
    fields = options.first("-f", "--fields")
    characters = options.first("-c", "-b", "--characters")
    if not fields and not characters:
        raise Usage("you must specify a list of bytes, characters, or fields")
    separator = options.first("-d", "--delimiter", default="\t")
    out = Buffered(call)
    async for _, line in each_line(call, paths):
        if characters:
            await out.add("".join(_chosen(list(line), characters)))
        elif separator in line:
            await out.add(separator.join(_chosen(line.split(separator), fields)))
        elif not options.has("-s", "--only-delimited"):
            await out.add(line)
    await out.flush()
    return 0


def _chosen(parts: list[str], ranges: str) -> Iterator[str]:
    """Those of `1,3-5,7-`, in their own order."""
    wanted: set[int] = set()
    for one in ranges.split(","):
        low, dash, high = one.partition("-")
        try:
            start, end = int(low or 1), int(high or len(parts)) if dash else int(low)
        except ValueError as error:
            raise Usage(f"invalid field value '{one}'") from error
        wanted |= set(range(start, min(end, len(parts)) + 1))
    return (part for number, part in enumerate(parts, 1) if number in wanted)


@command("tr")
async def tr(call: Call) -> int:
    options, sets = read_options(call, "dscC", ("delete", "squeeze-repeats", "complement"))
    if not sets:
        raise Usage("missing operand")
    first = _set(sets[0])
    delete, squeeze = options.has("-d", "--delete"), options.has("-s", "--squeeze-repeats")
    complement = options.has("-c", "-C", "--complement")
    second = _set(sets[1]) if len(sets) > 1 else ""
    table = {}
    if second and not delete:
        padded = second + second[-1] * (len(first) - len(second))
        table = dict(zip(first, padded, strict=False))
    last = ""
    while chunk := await call.stdin.read():
        written = []
        for char in chunk.decode(errors="replace"):
            inside = (char in first) != complement
            if delete and inside:
                continue
            new = (
                (second[-1] if complement else table.get(char, char)) if inside and second else char
            )
            if squeeze and new == last and (inside or new in second):
                continue
            written.append(new)
            last = new
        await call.say("".join(written))
    return 0


def _set(text: str) -> str:
    """`a-z`, `[:upper:]` and escapes as the characters they stand for."""
    classes = {
        "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "lower": "abcdefghijklmnopqrstuvwxyz",
        "digit": "0123456789",
        "space": " \t\n\r\f\v",
        "blank": " \t",
    }
    text = re.sub(r"\[:(\w+):\]", lambda match: classes.get(match.group(1), ""), text)
    text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")

    def span(match: re.Match[str]) -> str:
        return "".join(chr(code) for code in range(ord(match.group(1)), ord(match.group(2)) + 1))

    return re.sub(r"(.)-(.)", span, text, flags=re.DOTALL)


@command("tac")
async def tac(call: Call) -> int:
    _, paths = read_options(call, "")
    lines = await all_lines(call, paths)
    await call.say("".join(f"{line}\n" for line in reversed(lines)))
    return 0


@command("rev")
async def rev(call: Call) -> int:
    _, paths = read_options(call, "")
    out = Buffered(call)
    async for _, line in each_line(call, paths):
        await out.add(line[::-1])
    await out.flush()
    return 0


@command("nl")
async def nl(call: Call) -> int:
    options, paths = read_options(call, "b:")
    every = options.first("-b") == "a"
    out, number = Buffered(call), 0
    async for _, line in each_line(call, paths):
        number += bool(line) or every
        await out.add(f"{number:>6}\t{line}" if line or every else " " * 7)
    await out.flush()
    return 0


@command("column")
async def column(call: Call) -> int:
    options, paths = read_options(call, "ts:", ("table", "separator="))
    separator = options.first("-s", "--separator") or None
    rows = [line.split(separator) for line in await all_lines(call, paths) if line.strip()]
    if not options.has("-t", "--table"):
        await call.say("".join(f"{' '.join(row)}\n" for row in rows))
        return 0
    widths = [
        max(len(row[at]) for row in rows if at < len(row))
        for at in range(max(map(len, rows), default=0))
    ]
    for row in rows:
        cells = [cell.ljust(widths[at]) for at, cell in enumerate(row)]
        await call.say("  ".join(cells).rstrip() + "\n")
    return 0
