"""The hub: one drawing for all pages, and each page kept in step."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from components.live.hub import Hub
from db.rows import EventRow
from services.auth.happenings import SessionsEnded
from services.clock import SystemClock
from services.cluster.changes import PastRead, SnapshotTaken
from services.cluster.model import ClusterSnapshot, NodeState, Tier
from services.events import Bus
from services.journal import EventAcknowledged, EventRecorded, JournalFailing
from services.tasks import Tasks
from tests.support.clusters import NOON, make_guest, make_node, make_snapshot, make_tiers
from tests.support.waiting import until


class Window:
    """An open page: takes what it is given, as a browser would."""

    def __init__(self, session: str = "s1") -> None:
        self.seq = -1
        self.session = session
        self.listening = True
        self.messages: list[dict[str, Any]] = []
        self.told: list[tuple[str, dict[str, Any]]] = []

    def send(self, code: str) -> None:
        for call in code.split(";jarvis."):
            name, _, rest = call.removeprefix("jarvis.").partition("(")
            if name == "apply":
                self.messages.append(json.loads(_unquoted(rest.removesuffix(")"))))
            else:
                topic, _, payload = rest.removesuffix(")").partition(",")
                self.told.append((json.loads(topic), json.loads(_unquoted(payload))))


def _unquoted(quoted: str) -> str:
    assert quoted[0] == quoted[-1] == "'"
    out, i = [], 1
    while i < len(quoted) - 1:
        if quoted[i] == "\\":
            i += 1
            out.append("\n" if quoted[i] == "n" else quoted[i])
        else:
            assert quoted[i] not in "'\n"
            out.append(quoted[i])
        i += 1
    return "".join(out)


class Stage:
    """A bus, a hub on it, and a word for what the cluster does."""

    def __init__(self) -> None:
        self.tasks = Tasks()
        self.bus = Bus(self.tasks)
        self.lines: dict[str, Sequence[float | None]] = {}
        self.asked_until: set[datetime] = set()
        self.hub = Hub(self.bus, self.tasks, SystemClock(), line=self._line)

    def _line(self, node: str, until: datetime) -> Sequence[float | None]:
        self.asked_until.add(until)
        return self.lines.get(node, ())

    def open(self, session: str = "s1") -> Window:
        window = Window(session)
        self.hub.open(window)
        return window

    def show(self, snapshot: ClusterSnapshot) -> None:
        self.bus.publish(SnapshotTaken(at=NOON, snapshot=snapshot, tier=Tier.CRITICAL))


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A hub that knows one node and one guest."""
    made = Stage()
    made.hub.start(snapshot=make_snapshot(guests=[make_guest(104)]), tiers=make_tiers())
    yield made
    await made.tasks.stop(because="the test is over")


def _later(cpu_fraction: float, seconds: float = 12.0, **more: Any) -> ClusterSnapshot:
    at = NOON + timedelta(seconds=seconds)
    nodes = [make_node(cpu_fraction=cpu_fraction, **more)]
    return make_snapshot(nodes=nodes, guests=[make_guest(104)], at=at)


async def test_a_new_page_gets_everything_and_then_only_what_changed(stage: Stage) -> None:
    page = stage.open()
    await until(lambda: page.messages, "the whole view")

    stage.show(_later(0.9))
    await until(lambda: len(page.messages) == 2, "the patch")

    whole, change = page.messages
    assert whole["reset"] is True
    assert whole["panels"]["guests"]["set"]["104"]["name"] == "guest-104"
    assert "reset" not in change
    assert change["seq"] == whole["seq"] + 1
    assert change["panels"]["nodes"]["set"] == {"pve": {"cpu": 0.9}}
    assert "set" not in change["panels"]["guests"]


async def test_changes_within_a_tick_leave_as_one_message(stage: Stage) -> None:
    page = stage.open()
    await until(lambda: page.messages, "the whole view")

    for step in range(1, 6):
        stage.show(_later(step / 10, seconds=step))
    await stage.bus.drained()
    await until(lambda: len(page.messages) > 1, "the patch")

    assert len(page.messages) == 2
    assert page.messages[1]["panels"]["nodes"]["set"]["pve"]["cpu"] == 0.5


async def test_what_changes_nothing_on_the_page_sends_nothing(stage: Stage) -> None:
    page = stage.open()
    await until(lambda: page.messages, "the whole view")
    drawn = stage.hub.draws

    stage.show(make_snapshot(guests=[make_guest(104)]))
    await until(lambda: stage.hub.draws > drawn, "another drawing")

    assert len(page.messages) == 1


async def test_fifty_pages_get_the_very_same_text(stage: Stage) -> None:
    pages = [stage.open() for _ in range(50)]
    await until(lambda: all(page.messages for page in pages), "fifty whole views")
    drawn = stage.hub.draws

    stage.show(_later(0.7))
    await until(lambda: all(len(page.messages) == 2 for page in pages), "fifty patches")

    assert stage.hub.draws == drawn + 1
    assert all(page.messages == pages[0].messages for page in pages)


async def test_a_page_that_is_hidden_gets_nothing_until_it_is_seen(stage: Stage) -> None:
    page, other = stage.open(), stage.open()
    await until(lambda: page.messages and other.messages, "two whole views")

    page.listening = False
    stage.show(_later(0.7))
    await until(lambda: len(other.messages) == 2, "the other page's patch")
    assert len(page.messages) == 1

    page.listening = True
    stage.hub.wake()
    await until(lambda: len(page.messages) == 2, "the page's return")
    assert page.messages[1]["reset"] is True
    assert page.messages[1]["panels"]["nodes"]["set"]["pve"]["cpu"] == 0.7


async def test_a_whole_view_brings_the_last_minutes_of_each_node(stage: Stage) -> None:
    stage.show(_later(0.4, seconds=90))
    await stage.bus.drained()
    stage.lines["pve"] = (0.1, None, 0.294, 0.4)

    page = stage.open()
    await until(lambda: page.messages, "the whole view")

    panel = page.messages[0]["panels"]["nodes"]
    assert panel["set"]["pve"]["spark"] == [10, None, 29, 40]
    assert stage.asked_until == {NOON + timedelta(seconds=90)}, "it would end with another minute"
    assert panel["meta"]["as_of"] == NOON.timestamp() + 90


async def test_the_past_is_told_once_it_is_read_and_a_tick_tells_none_of_it(stage: Stage) -> None:
    page = stage.open()
    await until(lambda: page.messages, "the whole view")
    stage.lines["pve"] = (0.5, 0.2)

    stage.bus.publish(PastRead(at=NOON, name="pve"))
    await until(lambda: len(page.messages) == 2, "the line")
    stage.show(_later(0.7))
    await until(lambda: len(page.messages) == 3, "the tick")

    assert page.messages[0]["panels"]["nodes"]["set"]["pve"]["spark"] == []
    assert page.messages[1]["panels"] == {"nodes": {"set": {"pve": {"spark": [50, 20]}}}}
    assert page.messages[2]["panels"]["nodes"]["set"] == {"pve": {"cpu": 0.7}}


async def test_a_past_that_is_read_before_its_node_is_shown_waits_for_it(stage: Stage) -> None:
    page = stage.open()
    await until(lambda: page.messages, "the whole view")
    stage.lines["new"] = (0.5, 0.2)

    stage.bus.publish(PastRead(at=NOON, name="new"))
    await stage.bus.drained()
    stage.show(make_snapshot(nodes=[make_node(), make_node("new")], guests=[make_guest(104)]))
    await until(lambda: len(page.messages) == 2, "the new node")

    assert page.messages[1]["panels"]["nodes"]["set"]["new"]["spark"] == [50, 20]


async def test_an_ended_session_closes_its_pages_and_no_other(stage: Stage) -> None:
    mine, theirs = stage.open("mine"), stage.open("theirs")
    await until(lambda: mine.messages and theirs.messages, "two whole views")

    ended = SessionsEnded(at=NOON, keys=frozenset({"mine"}), because="signed out")
    stage.bus.publish(ended)
    await until(lambda: mine.told, "the farewell")
    stage.show(_later(0.7))
    await until(lambda: len(theirs.messages) == 2, "the other session's patch")

    assert mine.told == [("ended", {})]
    assert len(mine.messages) == 1
    assert theirs.told == []


async def test_pages_hear_that_jarvis_restarts(stage: Stage) -> None:
    page = stage.open()
    await until(lambda: page.messages, "the whole view")

    await stage.hub.stop(because="Jarvis is restarting")

    told = {"state": "restarting", "because": "Jarvis is restarting"}
    assert page.told == [("connection", told)]


async def test_hostile_names_reach_the_browser_as_text(stage: Stage) -> None:
    hostile = "'+alert(1)+'\\';\nalert(2)//</script>\u2028"
    at = NOON + timedelta(seconds=12)
    page = stage.open()
    await until(lambda: page.messages, "the whole view")

    stage.show(make_snapshot(guests=[make_guest(104, name=hostile)], at=at))
    await until(lambda: len(page.messages) == 2, "the patch")

    assert page.messages[1]["panels"]["guests"]["set"]["104"]["name"] == hostile


async def test_a_page_that_breaks_does_not_keep_the_others_waiting(stage: Stage) -> None:
    class Broken(Window):
        def send(self, code: str) -> None:
            raise RuntimeError("the browser is gone")

    pages = [stage.open() for _ in range(5)]
    stage.hub.open(Broken())
    pages += [stage.open() for _ in range(5)]

    await until(lambda: all(page.messages for page in pages), "the pages that work")
    assert stage.hub.pages == 10


async def test_a_closed_page_is_forgotten(stage: Stage) -> None:
    page = stage.open()
    await until(lambda: page.messages, "the whole view")

    stage.hub.close(page)
    stage.show(_later(0.7))
    await asyncio.wait_for(stage.bus.drained(), 30)
    drawn = stage.hub.draws
    await until(lambda: stage.hub.draws > drawn or stage.hub.pages == 0, "the next tick")

    assert stage.hub.pages == 0
    assert len(page.messages) == 1


async def test_a_journal_that_takes_no_events_is_told_until_it_does(stage: Stage) -> None:
    window = Window()
    stage.hub.open(window)
    await until(lambda: window.messages, "the whole view")

    stage.bus.publish(JournalFailing(at=NOON, because="disk is full", waiting=1))
    await until(lambda: stage.hub.view.panels["feed"].meta["state"] == "stale", "a stale feed")

    assert "disk is full" in stage.hub.view.panels["feed"].meta["because"]
    assert "1 event waits" in stage.hub.view.panels["feed"].meta["because"]

    stage.bus.publish(EventRecorded(at=NOON, row=make_row()))
    await until(lambda: stage.hub.view.panels["feed"].meta["state"] == "ok", "a feed in step")
    assert stage.hub.view.panels["feed"].meta["because"] is None


async def test_an_acknowledged_event_is_patched_where_it_stands(stage: Stage) -> None:
    window = stage.open()
    stage.bus.publish(EventRecorded(at=NOON, row=make_row()))
    await until(
        lambda: any("1" in m["panels"]["feed"].get("set", {}) for m in window.messages), "the row"
    )
    so_far = len(window.messages)

    stage.bus.publish(EventAcknowledged(at=NOON, row=make_row(noted=True), is_last_word=False))
    await until(lambda: len(window.messages) > so_far, "the mark")

    mark = {"acked": round(NOON.timestamp()), "acked_by": "owner"}
    assert window.messages[-1]["panels"] == {"feed": {"set": {"1": mark}}}
    assert window.told == []


async def test_an_event_the_feed_no_longer_holds_is_told_beside_it(stage: Stage) -> None:
    window = stage.open()
    row = make_row(noted=True)

    stage.bus.publish(EventAcknowledged(at=NOON, row=row, is_last_word=True))
    await until(lambda: bool(window.told), "a word")

    ((topic, told),) = window.told
    assert topic == "event"
    assert (told["id"], told["acked_by"]) == (row.id, "owner")
    assert "1" not in stage.hub.view.panels["feed"].rows


async def test_a_node_that_was_acknowledged_to_be_down_is_an_alarm_when_it_goes_down_again(
    stage: Stage,
) -> None:
    went_down = {"kind": "NodeWentDown", "severity": "alarm", "subject": "node/pve"}
    stage.show(make_snapshot(nodes=[make_node(state=NodeState.DOWN)]))
    await until(lambda: stage.hub.view.panels["top"].meta["health"] == "ALARM", "an alarm")

    row = make_row(noted=True, **went_down)
    stage.bus.publish(EventAcknowledged(at=NOON, row=row, is_last_word=True))
    await until(lambda: stage.hub.view.panels["top"].meta["health"] == "NOMINAL", "calm")

    stage.bus.publish(EventRecorded(at=NOON, row=make_row(**went_down, id=2)))
    await until(lambda: stage.hub.view.panels["top"].meta["health"] == "ALARM", "a new alarm")


def make_row(*, noted: bool = False, **changes: Any) -> EventRow:
    row = EventRow(
        id=1,
        at=NOON,
        kind="SignedIn",
        severity="info",
        node=None,
        subject="user/owner",
        text="owner signed in",
        detail_json="{}",
        acknowledged_at=NOON if noted else None,
        acknowledged_by="person/owner" if noted else "",
    )
    return replace(row, **changes)
