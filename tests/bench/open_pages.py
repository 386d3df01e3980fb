"""What open pages cost Jarvis: 1, 10 and 50 of them, in a real Chromium, default tiers."""

import time

from playwright.sync_api import BrowserContext, Page

from tests.bench.measure import MEBIBYTE, Meter, Report, scratch, sent_on_wire
from tests.bench.pages import demo, open_page, signed_in
from tests.support.chromium import chromium
from tests.support.house import House

NODES, GUESTS = 8, 500
WINDOWS_S = {1: 32.0, 10: 32.0, 50: 64.0}
"""Whole numbers of the important tier's interval."""
SETTLE_S = 4.0
CORE_PERCENT, RSS_MIB, BYTES_PER_S = 25.0, 350.0, 2_048.0


def run(report: Report) -> None:
    """Open the pages, let them settle, and look at Jarvis while they are fed."""
    report.group(f"Open pages, {NODES} nodes, {GUESTS} guests, default tiers")
    with (
        scratch() as folder,
        demo(folder, "--nodes", str(NODES), "--guests", str(GUESTS)) as house,
        chromium() as browser,
        signed_in(browser, house, reduced=True) as context,
    ):
        pages: list[Page] = []
        for count, window_s in WINDOWS_S.items():
            began_s, opening = time.perf_counter(), Meter(house.process.pid)
            opened = count - len(pages)
            while len(pages) < count:
                pages.append(open_page(context))
            cpu_ms = 1000 * opening.read().cpu_s / opened
            if count == max(WINDOWS_S):
                took_s = time.perf_counter() - began_s
                report.row(
                    f"opening {opened} more pages",
                    f"{cpu_ms:.0f} ms of CPU each, {took_s:.0f} s in all",
                )
            _watch(report, house, context, pages, window_s)


def _watch(
    report: Report, house: House, context: BrowserContext, pages: list[Page], window_s: float
) -> None:
    payload = [0, 0]

    def received(event: dict[str, object]) -> None:
        payload[0] += len(event["response"]["payloadData"].encode())  # type: ignore[index]
        payload[1] += 1

    session = context.new_cdp_session(pages[0])
    session.send("Network.enable")
    pages[0].wait_for_timeout(1000 * SETTLE_S)
    session.on("Network.webSocketFrameReceived", received)
    port = int(house.url.rpartition(":")[2])
    applied = _applied(pages[0])
    wire = sent_on_wire(port)
    meter = Meter(house.process.pid)
    pages[0].wait_for_timeout(1000 * window_s)
    cost, wire_after = meter.read(), sent_on_wire(port)
    frames = tuple(payload)
    session.detach()
    messages = _applied(pages[0]) - applied
    assert messages > 0, "the pages are not fed"
    assert len({page.evaluate("jarvis.seq") for page in (pages[0], pages[-1])}) == 1

    name = f"{len(pages)} page{'s' if len(pages) > 1 else ''}"
    rss_mib = cost.rss_bytes / MEBIBYTE
    told = f"{cost.core_percent:.1f} % over {cost.wall_s:.0f} s"
    report.under(f"{name}: CPU of one core", cost.core_percent, CORE_PERCENT, "%", told)
    report.under(f"{name}: RSS", rss_mib, RSS_MIB, "MiB", f"{rss_mib:.0f} MiB")
    text_per_s = frames[0] / cost.wall_s
    report.under(
        f"{name}: text to each, unpacked",
        text_per_s,
        BYTES_PER_S,
        "B/s",
        f"{text_per_s:.0f} B/s, {frames[1]} frames, {messages} of them views",
    )
    lasting = wire.keys() & wire_after.keys()
    if lasting:
        sent = sum(wire_after[peer] - wire[peer] for peer in lasting)
        wire_per_s = sent / cost.wall_s / len(pages)
        report.under(
            f"{name}: TCP payload to each", wire_per_s, BYTES_PER_S, "B/s", f"{wire_per_s:.0f} B/s"
        )


def _applied(page: Page) -> int:
    return int(page.evaluate("jarvis.cost.messages"))
