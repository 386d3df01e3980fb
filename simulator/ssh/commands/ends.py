"""head and tail: the ends of files, and following one as it grows."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator

from simulator.ssh.files.tree import Missing, normal
from simulator.ssh.shell.state import Call
from simulator.ssh.streams import CHUNK_BYTES, Source, lines_of, read_all

from .options import number_of, read_options
from .registry import command
from .texts import Buffered, open_file

_FOLLOW_S = 0.5


@command("head")
async def head(call: Call) -> int:
    call = _with_old_count(call)
    options, paths = read_options(call, "n:c:qv", ("lines=", "bytes=", "quiet", "verbose"))
    size = options.first("-c", "--bytes")
    if size:
        return await _head_bytes(call, number_of(call, size, "number of bytes"), paths)
    count = number_of(call, options.first("-n", "--lines", default="10"), "number of lines")
    status = 0
    async for source in _each_file(call, paths, titled=not options.has("-q", "--quiet")):
        if source is None:
            status = 1
        else:
            await _head_lines(call, source, count)
    return status


async def _each_file(
    call: Call, paths: list[str], *, titled: bool
) -> AsyncGenerator[Source | None, None]:
    """What head and tail read: each file under its title, None for one that is not there."""
    for index, path in enumerate(paths or ["-"]):
        try:
            source = open_file(call, path)
        except Missing as missing:
            await call.fail(f"cannot open '{path}' for reading: {missing.text}")
            yield None
            continue
        if len(paths) > 1 and titled:
            await call.say(f"{chr(10) if index else ''}==> {path} <==\n")
        yield source


def _with_old_count(call: Call) -> Call:
    """`head -5` is `head -n 5`."""
    words: list[str] = []
    for before, word in zip(("", *call.rest), call.rest, strict=False):
        old = re.fullmatch(r"-\d+", word) is not None and before not in ("-n", "-c")
        words += ["-n", word[1:]] if old else [word]
    return call.called(call.words[0], *words)


async def _head_lines(call: Call, source: Source, count: int) -> None:
    out = Buffered(call)
    kept: deque[str] = deque()
    if count == 0:
        return
    async for line in lines_of(source):
        if count < 0:
            kept.append(line)
            if len(kept) > -count:
                await out.add(kept.popleft())
            continue
        await out.add(line)
        count -= 1
        if count == 0:
            break
    await out.flush()


async def _head_bytes(call: Call, count: int, paths: list[str]) -> int:
    for path in paths or ["-"]:
        source, left = open_file(call, path), count
        while left > 0 and (chunk := await source.read(min(left, CHUNK_BYTES))):
            left -= len(chunk)
            await call.stdout.write(chunk)
    return 0


@command("tail")
async def tail(call: Call) -> int:
    call = _with_old_count(call)
    options, paths = read_options(
        call, "n:c:fFqvs:", ("lines=", "bytes=", "follow", "quiet", "retry")
    )
    text = options.first("-n", "--lines", default="10")
    count = abs(number_of(call, text, "number of lines"))
    follow = options.has("-f", "-F", "--follow")
    status = 0
    async for source in _each_file(call, paths, titled=not options.has("-q", "--quiet")):
        if source is None:
            status = 1
            continue
        size = options.first("-c", "--bytes")
        if size:
            data = await read_all(source)
            await call.stdout.write(data[-abs(number_of(call, size)) :])
            continue
        out = Buffered(call)
        if text.startswith("+"):
            number = 0
            async for line in lines_of(source):
                number += 1
                if number >= count:
                    await out.add(line)
        elif count:
            kept: deque[str] = deque(maxlen=count)
            async for line in lines_of(source):
                kept.append(line)
            for line in kept:
                await out.add(line)
        await out.flush()
    if follow and paths:
        await _follow(call, paths[-1])
    return status


async def _follow(call: Call, path: str) -> None:
    """What is added to the file from now on, until Ctrl-C."""
    real = normal(path, call.shell.cwd)
    seen = len(call.machine.files.read(real))
    while True:
        await asyncio.sleep(_FOLLOW_S)
        data = call.machine.files.read(real)
        if len(data) > seen:
            await call.stdout.write(data[seen:])
        seen = len(data)
