"""What asks or changes the terminal itself, and what writes without end."""

import asyncio

from simulator.ssh.shell.state import Call
from simulator.ssh.streams import CHUNK_BYTES

from .options import Usage, read_options, seconds_of
from .registry import command
from .texts import Buffered

_TPUT = {
    "bold": "\x1b[1m",
    "sgr0": "\x1b(B\x1b[m",
    "clear": "\x1b[H\x1b[2J",
    "civis": "\x1b[?25l",
    "cnorm": "\x1b[?25h",
    "smcup": "\x1b[?1049h",
    "rmcup": "\x1b[?1049l",
    "smul": "\x1b[4m",
    "rmul": "\x1b[24m",
    "el": "\x1b[K",
}


@command("clear", "reset")
async def clear(call: Call) -> int:
    if call.shell.terminal is None or not call.shell.terminal.is_tty:
        await call.complain("TERM environment variable not set.")
        return 1
    await call.say("\x1b[H\x1b[2J\x1b[3J" if call.name == "clear" else "\x1bc")
    return 0


@command("tput")
async def tput(call: Call) -> int:
    terminal = call.shell.terminal
    size = (terminal.columns, terminal.rows) if terminal is not None else (80, 24)
    words = list(call.rest)
    if not words:
        return await call.fail("usage: tput [-T term] capname [parameters]", 2)
    match words:
        case ["cols"]:
            await call.say(f"{size[0]}\n")
        case ["lines"]:
            await call.say(f"{size[1]}\n")
        case ["colors"]:
            await call.say("256\n")
        case ["setaf" | "setab" as which, number] if number.isdigit():
            await call.say(f"\x1b[{3 if which == 'setaf' else 4}{int(number) % 8}m")
        case ["cup", row, column] if row.isdigit() and column.isdigit():
            await call.say(f"\x1b[{int(row) + 1};{int(column) + 1}H")
        case [name] if name in _TPUT:
            await call.say(_TPUT[name])
        case _:
            return await call.fail(f"unknown terminfo capability '{words[0]}'", 4)
    return 0


@command("stty")
async def stty(call: Call) -> int:
    terminal = call.shell.terminal
    if terminal is None or not terminal.is_tty:
        return await call.fail("'standard input': Inappropriate ioctl for device")
    words = list(call.rest)
    if words == ["size"]:
        await call.say(f"{terminal.rows} {terminal.columns}\n")
    elif not words or words == ["-a"]:
        await call.say(
            f"speed 38400 baud; rows {terminal.rows}; columns {terminal.columns}; line = 0;\n"
            "intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; susp = ^Z; werase = ^W;\n"
        )
    return 0


@command("tty")
async def tty(call: Call) -> int:
    shown = call.shell.tty
    await call.say("not a tty\n" if shown == "?" else f"/dev/{shown}\n")
    return int(shown == "?")


@command("yes")
async def yes(call: Call) -> int:
    """Without end, as fast as it is taken."""
    line = (" ".join(call.rest) or "y").encode() + b"\n"
    block = line * max(1, CHUNK_BYTES // 2 // len(line))
    while True:
        await call.stdout.write(block)


@command("seq")
async def seq(call: Call) -> int:
    options, words = (
        read_options(call, "s:wf:", ("separator=", "equal-width"), anywhere=False)
        if not any(word[1:2].isdigit() for word in call.rest[:1])
        else ({}, list(call.rest))
    )
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise Usage("invalid floating point argument") from None
    if not 1 <= len(numbers) <= 3:
        raise Usage("missing operand" if not numbers else f"extra operand '{words[3]}'")
    first, step, last = {1: (1.0, 1.0, numbers[0])}.get(
        len(numbers), (numbers[0], numbers[1] if len(numbers) == 3 else 1.0, numbers[-1])
    )
    if step == 0:
        raise Usage("invalid Zero increment value: '0'")
    places = max(len(word.partition(".")[2]) for word in words)
    count = int((last - first) / step + 1e-9) + 1
    if "-s" in options:
        shown = (f"{first + step * at:.{places}f}" for at in range(max(0, min(count, 100_000))))
        await call.say(options["-s"].join(shown) + "\n")
        return 0
    width = max(len(f"{one:.{places}f}") for one in (first, last)) if "-w" in options else 0
    out = Buffered(call)
    for at in range(max(0, count)):
        await out.add(f"{first + step * at:.{places}f}".rjust(width, "0"))
    await out.flush()
    return 0


@command("sleep")
async def sleep(call: Call) -> int:
    if not call.rest:
        raise Usage("missing operand\nTry 'sleep --help' for more information.")
    await asyncio.sleep(sum(seconds_of(word) for word in call.rest))
    return 0
