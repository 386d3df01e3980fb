"""What an answer costs on its way to the page: bytes to the browser, and its main thread's time."""

import random
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession

from simulator.llm.tokens import count_tokens
from tests.bench.measure import Report, scratch, sent_on_wire, told
from tests.bench.pages import control_of, demo, open_page, signed_in
from tests.support.chromium import chromium
from tests.support.talk_page import ENDED, TalkPage

TOKENS = 2_000
SPEEDS = {"realistic": "at 80 tokens/s", "instant": "at once"}
IDLE_MS = 12_000.0
LOOK_MS = 500.0
RATIO = 3.0
"""Most bytes to the browser for each byte of the reply."""
FLUSH_MS = 8.0
STOPS = 8
STOP_MS = 200.0
FRAMES_LEAST = 40
"""With fewer, what one of them costs is no figure."""
WORDS = """
backup pool node guest disk memory queue snapshot latency storage replica kernel driver switch
mirror volume quota schedule window retention drive controller firmware bridge lease record
slow full quiet recent steady hourly nightly spare worn shared remote busy idle warm early
grows holds waits reads writes keeps fills lags drops follows settles repeats answers rises
because while after before under beside without since until although whenever therefore
"""
LONG_TASKS = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries()
    .map((one) => one.duration))).observe({ entryTypes: ['longtask'] });
}"""


def run(report: Report) -> None:
    """The same answer, spoken as fast as a model speaks and all at once."""
    text = make_reply(TOKENS)
    size = len(text.encode())
    report.group(f"An answer of {TOKENS:,} tokens on the page, {size:,} bytes")
    with (
        scratch() as folder,
        demo(folder) as house,
        chromium() as browser,
        signed_in(browser, house, reduced=True) as context,
    ):
        talk = TalkPage(open_page(context), control_of(house))
        talk.wait_for_models()
        talk.page.evaluate(LONG_TASKS)
        port = int(house.url.rpartition(":")[2])
        watch = Watch(context.new_cdp_session(talk.page), port)
        idle = _idle(talk, watch)
        for speed, name in SPEEDS.items():
            talk.models.llm_speed(speed)
            talk.models.llm_script("claude", {"text": text})
            _tell(report, _answer(talk, watch, text), idle, name=name, size=size)
        stops = [_stop(talk, text) for _ in range(STOPS)]
        report.under(
            "Stop, from the click to the end of the request", max(stops), STOP_MS, "ms", told(stops)
        )


def make_reply(tokens: int) -> str:
    """Prose with marks and lists, of so many tokens as the double counts them."""
    chance = random.Random(1)
    text = ""
    while count_tokens(text) < tokens:
        text += _paragraph(chance)
    while count_tokens(text) > tokens:
        text = text[:-1]
    return text.rstrip()


def _paragraph(chance: random.Random) -> str:
    """Unlike any other, so that what packs the socket finds no more to pack than in real prose."""

    def clause(least: int, most: int) -> str:
        return " ".join(chance.choices(WORDS.split(), k=chance.randint(least, most)))

    said = f"The {clause(6, 12)} at **{chance.randint(2, 98)} %**, {clause(8, 14)}.\n\n"
    return said + "".join(f"- `{clause(1, 1)}`: {clause(3, 7)}\n" for _ in range(2)) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What has come and what was done by a moment."""

    at_s: float
    busy_ms: float
    """Of the main thread, as the processor counts it."""
    frames: int
    frame_bytes: int
    """Of the talk alone, unpacked."""
    wire: dict[str, int]


@dataclass(slots=True)
class Watch:
    """Counts the talk's frames, and looks at the browser and the wire."""

    session: CDPSession
    port: int
    frames: int = 0
    frame_bytes: int = 0

    def __post_init__(self) -> None:
        self.session.send("Network.enable")
        self.session.send("Performance.enable", {"timeDomain": "timeTicks"})
        # As a lambda: the library would set an attribute on a method's instance.
        self.session.on("Network.webSocketFrameReceived", lambda event: self._take(event))

    def _take(self, event: dict[str, Any]) -> None:
        payload = event["response"]["payloadData"]
        if "jarvis.apply(" not in payload and "jarvis." in payload:
            self.frames += 1
            self.frame_bytes += len(payload.encode())

    def look(self) -> Look:
        """As it stands."""
        metrics = {
            one["name"]: one["value"]
            for one in self.session.send("Performance.getMetrics")["metrics"]
        }
        return Look(
            at_s=metrics["Timestamp"],
            busy_ms=1000 * metrics["ThreadTime"],
            frames=self.frames,
            frame_bytes=self.frame_bytes,
            wire=sent_on_wire(self.port),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What the page costs while nobody speaks."""

    busy_ms_per_s: float
    wire_bytes_per_s: float


@dataclass(slots=True, kw_only=True)
class Course:
    """Looks at an answer from before the question to after its end."""

    looks: list[Look] = field(default_factory=list)
    long_ms: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.looks[-1].at_s - self.looks[0].at_s

    def ms_per_frame(self, first: int, last: int, idle: Idle) -> float:
        """Of the main thread between two looks, beyond what it does anyway."""
        one, two = self.looks[first], self.looks[last]
        spent = two.busy_ms - one.busy_ms - idle.busy_ms_per_s * (two.at_s - one.at_s)
        return max(0.0, spent) / max(1, two.frames - one.frames)


def _idle(talk: TalkPage, watch: Watch) -> Idle:
    talk.page.wait_for_timeout(3_000)
    before = watch.look()
    talk.page.wait_for_timeout(IDLE_MS)
    after = watch.look()
    passed_s = after.at_s - before.at_s
    return Idle(
        busy_ms_per_s=(after.busy_ms - before.busy_ms) / passed_s,
        wire_bytes_per_s=_sent(before, after) / passed_s,
    )


def _answer(talk: TalkPage, watch: Watch, text: str) -> Course:
    talk.page.get_by_role("button", name="New conversation").click()
    talk.page.evaluate("window.longTasks.length = 0")
    course = Course(looks=[watch.look()])
    talk.say("@claude tell me of the backups")
    while not talk.page.evaluate(ENDED):
        talk.page.wait_for_timeout(LOOK_MS)
        course.looks.append(watch.look())
    talk.page.wait_for_timeout(LOOK_MS)
    course.looks.append(watch.look())
    course.long_ms = talk.page.evaluate("window.longTasks")
    assert len(talk.last.locator(".prose").inner_text()) > len(text) / 2
    return course


def _stop(talk: TalkPage, text: str) -> float:
    """Milliseconds until the model has heard, looked at every few of them."""
    talk.models.llm_speed("realistic")
    talk.models.llm_script("claude", {"text": text})
    talk.page.get_by_role("button", name="New conversation").click()
    before = talk.last_request()
    talk.say("@claude tell me of the backups")
    talk.page.wait_for_function(
        "document.querySelector('.talk-answer .prose')?.textContent.length > 200"
    )
    clicked_s: float = talk.page.evaluate(
        "() => { document.querySelector('.talk-stop').click(); return Date.now() / 1000; }"
    )
    while not talk.asked(before)[0]["ended"]:
        pass
    stopped_s = time.time()
    assert talk.asked(before)[0]["ended"] == "client gone"
    talk.wait()
    return 1000 * (stopped_s - clicked_s)


def _tell(report: Report, course: Course, idle: Idle, *, name: str, size: int) -> None:
    first, last = course.looks[0], course.looks[-1]
    frames, frame_bytes = last.frames - first.frames, last.frame_bytes - first.frame_bytes
    report.under(
        f"frames to the browser, unpacked, {name}",
        frame_bytes / size,
        RATIO,
        "x the reply",
        f"{frame_bytes:,} bytes in {frames} frames, {frame_bytes / size:.2f}x",
    )
    if first.wire.keys() & last.wire.keys():
        sent = _sent(first, last) - idle.wire_bytes_per_s * course.seconds
        report.under(
            f"TCP payload beyond the idle page's, {name}",
            sent / size,
            RATIO,
            "x the reply",
            f"{sent:,.0f} bytes, {sent / size:.2f}x",
        )
    spent, worst = course.ms_per_frame(0, -1, idle), max(course.long_ms, default=0.0)
    whole = (
        f"{spent * frames:.0f} ms of CPU in all; {len(course.long_ms)} tasks above 50 ms on the "
        f"wall, the longest {worst:.0f} ms"
    )
    if frames < FRAMES_LEAST:
        report.row(f"main thread, {name}", whole)
        return
    figure = f"{spent:.2f} ms, {whole}"
    report.under(f"main thread for each frame, {name}", spent, FLUSH_MS, "ms", figure)
    quarter = len(course.looks) // 4
    begins = course.ms_per_frame(1, 1 + quarter, idle)
    ends = course.ms_per_frame(-2 - quarter, -2, idle)
    report.row("the same in the first and the last quarter", f"{begins:.2f} ms, {ends:.2f} ms")


def _sent(before: Look, after: Look) -> int:
    lasting = before.wire.keys() & after.wire.keys()
    return sum(after.wire[peer] - before.wire[peer] for peer in lasting)
