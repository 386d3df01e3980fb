"""What a tick costs the browser's main thread, from the message to the painted frame."""

import json
import statistics
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.bench.measure import Report, scratch, told
from tests.bench.pages import demo, open_page, signed_in
from tests.support.chromium import chromium
from tests.support.house import House

NODES, GUESTS = 8, 500
INTERVAL_S = 2.1
"""No whole seconds, so that the page's clocks, drawn each second, fall into few of the ticks."""
SPEED = 16.0
"""With it, a tick brings as much change as half a minute does at the default tiers."""
TICKS = 20
WINDOW_MS = 150.0
"""All the main thread does for so long after a message counts as the tick's."""
BARS_MS = {1: 8.0, 4: 25.0}
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"]

MARK = """
() => {
  const apply = jarvis.apply;
  jarvis.apply = (text) => {
    const full = text.includes('"guests":');
    performance.mark(full ? 'tick' : 'small tick');
    apply(text);
    if (full) window.applied.push(jarvis.cost.lastMs);
  };
  window.applied = [];
}
"""


def run(report: Report) -> None:
    """Trace ticks at full speed and with the CPU slowed."""
    report.group(f"Browser, {NODES} nodes, {GUESTS} guests, important tick every {INTERVAL_S:g} s")
    size = ("--nodes", str(NODES), "--guests", str(GUESTS), "--speed", str(SPEED))
    with (
        scratch() as folder,
        demo(folder, *size, POLL_IMPORTANT_S=f"{INTERVAL_S:g}") as house,
        chromium() as browser,
    ):
        with signed_in(browser, house, reduced=True) as context:
            for slowed, bar_ms in BARS_MS.items():
                _trace(report, browser, context, slowed, bar_ms)
        _rest(report, browser, house)


def _trace(
    report: Report, browser: Browser, context: BrowserContext, slowed: int, bar_ms: float
) -> None:
    page = open_page(context)
    page.wait_for_timeout(3_000)
    page.evaluate(MARK)
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.wait_for_function("n => window.applied.length > n", arg=TICKS, timeout=60_000, polling=500)
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    applied = page.evaluate("window.applied")
    page.close()
    spent = spent_per_tick(trace)
    speed = "" if slowed == 1 else f", CPU slowed {slowed}x"
    # CPU time, as a busy machine takes the thread off its core in the middle of a task.
    spent_ms = [tick.cpu_ms for tick in spent]
    report.under(
        f"main thread per tick, script to paint{speed}",
        statistics.median(spent_ms),
        bar_ms,
        "ms",
        f"CPU {told(spent_ms)}",
    )
    report.row(f"the same on the wall{speed}", told([tick.all_ms for tick in spent]))
    report.row(f"of it taking the message{speed}", told(applied))


class Tick:
    """What the main thread spent in the window after a message."""

    def __init__(self) -> None:
        self.all_ms = 0.0
        self.cpu_ms = 0.0


def spent_per_tick(trace: list[dict[str, Any]]) -> list[Tick]:
    """The main thread's tasks from the one with the message to the end of the window."""
    marks = [e for e in trace if e.get("name") == "tick" and "user_timing" in e.get("cat", "")]
    thread = (marks[0]["pid"], marks[0]["tid"])
    tasks = [
        e
        for e in trace
        if e.get("name") == "RunTask" and e.get("ph") == "X" and (e["pid"], e["tid"]) == thread
    ]
    ticks = []
    for mark in marks:
        tick, at = Tick(), mark["ts"]
        for task in tasks:
            if task["ts"] + task["dur"] >= at and task["ts"] < at + 1000 * WINDOW_MS:
                tick.all_ms += task["dur"] / 1000
                tick.cpu_ms += task.get("tdur", 0) / 1000
        ticks.append(tick)
    return ticks


def _rest(report: Report, browser: Browser, house: House) -> None:
    """The main thread's share over some seconds of watching, clocks and animation included."""
    for reduced in (True, False):
        with signed_in(browser, house, reduced=reduced) as context:
            page = open_page(context)
            page.wait_for_timeout(3_000)
            session = context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "timeTicks"})
            before = _metrics(session)
            page.wait_for_timeout(8_000)
            after = _metrics(session)
            share = (
                100
                * (after["TaskDuration"] - before["TaskDuration"])
                / (after["Timestamp"] - before["Timestamp"])
            )
            what = "reduced effects" if reduced else "full effects"
            report.row(f"main thread while watching, {what}", f"{share:.1f} % of a core")


def _metrics(session: Any) -> dict[str, float]:
    told = session.send("Performance.getMetrics")["metrics"]
    return {each["name"]: each["value"] for each in told}
