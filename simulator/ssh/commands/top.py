"""top: over the whole screen, drawn anew each three seconds; or as text with -b."""

import asyncio
from collections.abc import Callable

from simulator.ssh.figures import Figures, read_figures
from simulator.ssh.process_list import Listed, list_processes
from simulator.ssh.shell.state import Call

from .options import read_options, seconds_of
from .registry import command
from .screen import Screen
from .system import tell_uptime

_HEAD = "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND"
_HELP = (
    "Help for a simulated top",
    "",
    "  M       sort by memory       P       sort by processor",
    "  T       sort by time         c       whole command lines, or names",
    "  space   draw anew            q       end",
    "",
    "Press any key to go on.",
)


@command("top")
async def top(call: Call) -> int:
    options, _ = read_options(call, "bn:d:o:cHiSu:p:w:E:e:1", ())
    pause_s = max(0.1, seconds_of(options.first("-d", default="3")))
    rounds = int(options.first("-n", default="0") or 0)
    order = {"%MEM": "M", "RES": "M", "TIME+": "T"}.get(options.first("-o").lstrip("+-"), "P")
    if options.has("-b"):
        at = 0
        while rounds == 0 or at < rounds:
            if at:
                await asyncio.sleep(pause_s)
                await call.say("\n")
            for line in _page(call, order, whole=options.has("-c")):
                await call.say(f"{line.rstrip()}\n")
            at += 1
        return 0
    if call.screen is None:
        return await call.fail("failed tty get")
    await _watch(call, order, pause_s, rounds, whole=options.has("-c"))
    return 0


async def _watch(call: Call, order: str, pause_s: float, rounds: int, *, whole: bool) -> None:
    assert call.screen is not None
    shown = 0
    async with Screen(call.screen) as screen:
        while rounds == 0 or shown < rounds:
            lines = _page(call, order, whole=whole)
            head = f"\x1b[7m{lines[6].ljust(screen.columns)}\x1b[m"
            await screen.draw([*lines[:6], head, *lines[7:]])
            shown += 1
            key = await screen.key(pause_s)
            if key in ("q", "\x03", ""):
                return
            if key in ("h", "?"):
                await screen.draw(list(_HELP))
                await screen.key(60.0)
            elif key == "c":
                whole = not whole
            elif key in ("M", "P", "T"):
                order = key


def _page(call: Call, order: str, *, whole: bool) -> list[str]:
    figures = read_figures(call.machine)
    listed = list_processes(call.machine)
    ranks: dict[str, Callable[[Listed], tuple[float, int]]] = {
        "P": lambda one: (-one.cpu_percent, one.pid),
        "M": lambda one: (-one.rss_bytes, one.pid),
        "T": lambda one: (-one.cpu_s, one.pid),
    }
    listed.sort(key=ranks[order])
    running = max(1, sum(one.cpu_percent > 50 for one in listed))
    rows = [_row(one, figures, whole=whole) for one in listed]
    return [*_summary(call, figures, len(listed), running), "", _HEAD, *rows]


def _summary(call: Call, figures: Figures, tasks: int, running: int) -> list[str]:
    busy, waited = figures.cpu * 100, min(figures.iowait, 1 - figures.cpu) * 100
    user, system = busy * 0.71, busy * 0.29
    mib = 1 << 20

    def memory(count: int) -> str:
        return f"{count / mib:>8.1f}"

    return [
        f"top - {tell_uptime(call, figures)}",
        f"Tasks: {tasks:>3} total, {running:>3} running, {tasks - running:>3} sleeping,"
        "   0 stopped,   0 zombie",
        f"%Cpu(s): {user:>4.1f} us, {system:>4.1f} sy,  0.0 ni, {100 - busy - waited:>4.1f} id,"
        f" {waited:>4.1f} wa,  0.0 hi,  0.0 si,  0.0 st",
        f"MiB Mem : {memory(figures.mem_total)} total, {memory(figures.mem_free)} free,"
        f" {memory(figures.mem_used)} used, {memory(figures.mem_cached)} buff/cache",
        f"MiB Swap: {memory(figures.swap_total)} total,"
        f" {memory(figures.swap_total - figures.swap_used)} free,"
        f" {memory(figures.swap_used)} used. {memory(figures.mem_available)} avail Mem",
    ]


def _row(one: Listed, figures: Figures, *, whole: bool) -> str:
    state = "R" if one.cpu_percent > 50 else one.state[0]
    minutes, seconds = divmod(one.cpu_s, 60)
    name = one.line if whole else one.name
    return (
        f"{one.pid:>7} {one.user:<8}  20   0 {_size(one.virtual_bytes):>7}"
        f" {_size(one.rss_bytes):>6} {_size(one.rss_bytes // 5):>6} {state}"
        f" {one.cpu_percent:>5.1f} {100 * one.rss_bytes / figures.mem_total:>5.1f}"
        f" {int(minutes):>6}:{seconds:05.2f} {name}"
    )


def _size(count: int) -> str:
    """KiB, and above six digits GiB with a letter, as top does."""
    kib = count // 1024
    return str(kib) if kib < 1_000_000 else f"{kib / (1 << 20):.1f}g"
