"""tail, and following a file as it grows."""

import asyncio
from collections import deque

from simulator.ssh.files.tree import Missing, normal
from simulator.ssh.shell.state import Call
from simulator.ssh.streams import lines_of, read_all

from .options import number_of, read_options
from .registry import command
from .texts import Buffered, open_file, with_old_count

_FOLLOW_S = 0.5


@command("tail")
async def tail(call: Call) -> int:
    call = with_old_count(call)
    options, paths = read_options(
        call, "n:c:fFqvs:", ("lines=", "bytes=", "follow", "quiet", "retry")
    )
    text = options.first("-n", "--lines", default="10")
    count = abs(number_of(call, text, "number of lines"))
    follow = options.has("-f", "-F", "--follow")
    status = 0
    for index, path in enumerate(paths or ["-"]):
        try:
            source = open_file(call, path)
        except Missing as missing:
            status = await call.fail(f"cannot open '{path}' for reading: {missing.text}")
            continue
        if len(paths) > 1 and not options.has("-q", "--quiet"):
            await call.say(f"{chr(10) if index else ''}==> {path} <==\n")
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
