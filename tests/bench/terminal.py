"""What a terminal costs: key to echo, how fast output passes, and memory under a flood.

Both ways are measured in the same run against the same OpenSSH server: through the page's socket,
and with a plain asyncssh client, which reads as fast as it can and shows nothing.
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import asyncssh
from playwright.sync_api import Page

from tests.bench.measure import MEBIBYTE, Meter, Report, scratch, told
from tests.support.chromium import chromium
from tests.support.openssh import OpenSsh, can_run, running_openssh
from tests.support.terminal_houses import (
    TerminalHouse,
    running_terminal_house,
    terminal_socket,
)

KEYS = 300
PAUSE_S = 0.02
ECHO_MS = 30.0
BYTES = 50_000_000
COMMAND = f"head -c {BYTES} /dev/zero | tr '\\0' x | fold -w 99"
WRITTEN = BYTES + (BYTES + 98) // 99
"""Each line ends in CR LF on a terminal, and in LF alone without one."""
FLOOD_S = 30.0
WARM_S = 3.0
GROWTH_MIB = 8.0
DRAWN_STEP = 32 * 1024


def run(report: Report) -> None:
    """Measure over a real server, where one is installed."""
    report.group("Terminal over OpenSSH on loopback")
    if not can_run():
        report.row("everything", "OpenSSH's server is not installed")
        return
    with (
        scratch() as folder,
        running_openssh(folder / "openssh") as server,
        running_terminal_house(folder / "house", {"pve": server}) as house,
    ):
        asyncio.run(_through_sockets(report, house, server))
        _through_chromium(report, house)


class Line:
    """A terminal, however it is reached: type into it, read from it."""

    def __init__(
        self, write: Callable[[bytes], Awaitable[None]], read: Callable[[], Awaitable[bytes]]
    ) -> None:
        self.write = write
        self.read = read

    async def until(self, wanted: bytes) -> int:
        """Read until this has come; hands back how many bytes that took."""
        tail, seen = b"", 0
        async with asyncio.timeout(300):
            while wanted not in tail:
                data = await self.read()
                seen += len(data)
                tail = (tail + data)[-len(data) - len(wanted) :]
        return seen


@asynccontextmanager
async def _page_line(house: TerminalHouse) -> AsyncIterator[Line]:
    """Through the house, as a page that draws at once."""
    browser = house.signed_in()
    cookie = f"jarvis_session={browser.cookies['jarvis_session']}"
    terminal_id = browser.post("/open", params={"node": "pve"}).json()["id"]
    browser.close()
    at = acknowledged = 0
    async with terminal_socket(house, terminal_id, cookie) as socket:

        async def read() -> bytes:
            nonlocal at, acknowledged
            while True:
                message = await socket.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    at += len(message.data)
                    if at - acknowledged >= DRAWN_STEP:
                        acknowledged = at
                        await socket.send_str(json.dumps({"t": "drawn", "at": at}))
                    return bytes(message.data)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise RuntimeError(f"the socket closed: {message}")

        yield Line(socket.send_bytes, read)
        await socket.send_bytes(b"\x03\x04")


@asynccontextmanager
async def _plain_line(server: OpenSsh) -> AsyncIterator[Line]:
    """With asyncssh alone."""
    async with (
        asyncssh.connect(
            server.host,
            server.port,
            username=server.user,
            client_keys=[str(server.key_file)],
            known_hosts=asyncssh.import_known_hosts(server.known_hosts_line),
            config=None,
        ) as connection,
        connection.create_process(
            term_type="xterm-256color", term_size=(80, 24), encoding=None
        ) as process,
    ):

        async def write(data: bytes) -> None:
            process.stdin.write(data)

        async def read() -> bytes:
            return bytes(await process.stdout.read(64 * 1024))

        yield Line(write, read)
        process.close()


async def _through_sockets(report: Report, house: TerminalHouse, server: OpenSsh) -> None:
    async with _page_line(house) as line:
        through = await _echo_ms(line)
    async with _plain_line(server) as line:
        plain = await _echo_ms(line)
    p95_ms = sorted(through)[int(0.95 * len(through))]
    report.under("key to echo through the page's socket", p95_ms, ECHO_MS, "ms", told(through))
    report.row("the same with a plain asyncssh client", told(plain))

    for again in range(2):
        which = "" if again == 0 else ", again"
        async with _plain_line(server) as line:
            plain_mb_s = await _megabytes_a_second(line)
        async with _page_line(house) as line:
            through_mb_s = await _megabytes_a_second(line)
        report.row(
            f"{BYTES / 1e6:.0f} MB of output{which}",
            f"{through_mb_s:.1f} MB/s through the socket, {plain_mb_s:.1f} MB/s plain asyncssh "
            f"({through_mb_s / plain_mb_s:.0%})",
        )
    await _flood(report, house)


async def _prompted(line: Line) -> None:
    await line.until(b"$ " if os.geteuid() else b"# ")
    await line.write(b"PS1=; stty -echo; echo rea''dy\r")
    await line.until(b"ready")


async def _echo_ms(line: Line) -> list[float]:
    await _prompted(line)
    await line.write(b"stty echo; echo go''ing; cat > /dev/null\r")
    await line.until(b"going")
    await asyncio.sleep(0.3)
    figures = []
    for n in range(KEYS):
        key = bytes([ord("a") + n % 26])
        began_s = time.perf_counter()
        await line.write(key)
        await line.until(key)
        figures.append((time.perf_counter() - began_s) * 1000)
        await asyncio.sleep(PAUSE_S)
    return figures


async def _megabytes_a_second(line: Line) -> float:
    await _prompted(line)
    await line.write(f"{COMMAND}; echo e''nd-of-it\r".encode())
    began_s = time.perf_counter()
    seen = await line.until(b"end-of-it")
    took_s = time.perf_counter() - began_s
    if seen < BYTES:
        raise RuntimeError(f"{seen} bytes came, {BYTES} were written")
    return seen / took_s / 1e6


async def _flood(report: Report, house: TerminalHouse) -> None:
    meter = Meter(house.process.pid)
    async with _page_line(house) as line:
        await _prompted(line)
        await line.write(b"yes 0123456789012345678901234567890123456789\r")
        seen, samples = 0, []
        began_s = time.perf_counter()
        next_s = WARM_S
        while (passed_s := time.perf_counter() - began_s) < FLOOD_S:
            seen += len(await line.read())
            if passed_s >= next_s:
                samples.append(meter.read().rss_bytes / MEBIBYTE)
                next_s += 1.0
        cost = meter.read()
        stopped_s = time.perf_counter()
        await line.write(b"\x03")
        await line.write(b"echo sto''pped\r")
        await line.until(b"stopped")
        stop_ms = (time.perf_counter() - stopped_s) * 1000
    growth_mib = max(samples) - samples[0]
    report.under(
        f"memory of the house under `yes` for {FLOOD_S:.0f} s",
        growth_mib,
        GROWTH_MIB,
        "MiB",
        f"{samples[0]:.0f} MiB, {growth_mib:+.1f} MiB at most, {seen / 1e6:.0f} MB passed, "
        f"{cost.core_percent:.0f} % of a core",
    )
    report.row("from Ctrl C to the next prompt", f"{stop_ms:.0f} ms")


def _through_chromium(report: Report, house: TerminalHouse) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        page = context.new_page()
        page.goto(house.link())
        page.get_by_role("button", name="Open pve").click()
        _shows(page, "[#$]\\s*$")
        page.keyboard.type("PS1=; stty echo; clear; cat > /dev/null\n")
        _shows(page, "^\\s*$")
        figures = _painted_ms(page)
        report.row("key press to the letter in Chromium's page", told(figures))
        page.keyboard.press("Control+c")
        page.keyboard.type(f"clear; {COMMAND}; echo e''nd-of-it\n")
        began_s = time.perf_counter()
        _shows(page, "end-of-it", within_ms=240_000)
        took_s = time.perf_counter() - began_s
        report.row(f"{BYTES / 1e6:.0f} MB drawn in Chromium", f"{WRITTEN / took_s / 1e6:.1f} MB/s")
        _flood_page(report, page)
        context.close()


def _shows(page: Page, pattern: str, *, within_ms: float = 20_000) -> None:
    page.wait_for_function(
        "(wanted) => new RegExp(wanted).test((document.querySelector("
        "'.term-screen:not([hidden]) .xterm-rows')?.textContent ?? '').replaceAll('\\xa0', ' '))",
        arg=pattern,
        timeout=within_ms,
    )


WATCH = """
() => {
  window.seen = [];
  const rows = document.querySelector('.term-screen:not([hidden]) .xterm-rows');
  let at = 0;
  document.addEventListener('keydown', () => { at = performance.now(); }, true);
  new MutationObserver(() => {
    if (!at) return;
    window.seen.push(performance.now() - at);
    at = 0;
  }).observe(rows, { childList: true, subtree: true, characterData: true });
}
"""


def _painted_ms(page: Page) -> list[float]:
    page.evaluate(WATCH)
    for n in range(150):
        page.keyboard.press("abcdefghijklmnopqrstuvwxyz"[n % 26])
        page.wait_for_function("(n) => window.seen.length > n", arg=n, timeout=5_000, polling=5)
        page.wait_for_timeout(20)
    found: list[float] = page.evaluate("window.seen")
    return found


def _flood_page(report: Report, page: Page) -> None:
    page.keyboard.type("yes 0123456789012345678901234567890123456789\n")
    page.wait_for_timeout(WARM_S * 1000)
    heaps, lags = [], []
    for _ in range(10):
        lag: float = page.evaluate(
            "new Promise((done) => { const from = performance.now(); "
            "setTimeout(() => done(performance.now() - from), 0); })"
        )
        lags.append(lag)
        heap: float = page.evaluate("performance.memory.usedJSHeapSize")
        heaps.append(heap / MEBIBYTE)
        page.wait_for_timeout(1_000)
    page.keyboard.press("Control+c")
    report.row(
        "the page under `yes` for 10 s",
        f"heap {min(heaps):.0f} to {max(heaps):.0f} MiB, a timer comes "
        f"{statistics.median(lags):.0f} ms late, worst {max(lags):.0f}",
    )
