"""A page over the real talk: what it is told is what was said, however it comes to it."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from components.talk import LISTED, TalkAnswers
from services.safety.actors import Actor
from simulator.process import SimulatorProcess
from tests.support.talk_house import ALEX, OWNER, TalkHouse, talking
from tests.support.told_page import ToldPage
from tests.support.waiting import until


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("page"), speed=20) as process:
        yield process


@pytest.fixture
async def house(simulator: SimulatorProcess, tmp_path: Path) -> AsyncIterator[TalkHouse]:
    async with talking(simulator, tmp_path) as opened:
        yield opened


class Screen:
    """What a browser would show of the conversation, put together from what it was told."""

    def __init__(self, house: TalkHouse, by: Actor = OWNER) -> None:
        self.page = ToldPage()
        self.answers = TalkAnswers(self.page, house.talk, by)
        self.id: str | None = None
        self.messages: dict[str, Mapping[str, Any]] = {}
        self.texts: dict[str, str] = {}
        self.approvals: list[str] = []
        self.outcome: str | None = None
        self.doing: str | None = None
        self.missed = False

    def look(self) -> "Screen":
        """Take up what was told since the last look."""
        for word in self.page.take("talk"):
            match word["t"]:
                case "opened":
                    self.id, self.messages, self.texts = word["id"], {}, {}
                    self.approvals, self.missed = [], False
                    # A turn that was over before its page was drawn anew tells of no end.
                    self.outcome = None if word["live"] else "over"
                    for message in word["messages"]:
                        self._store(message)
                    self._stand(word["live"])
                case "live":
                    self._stand(word["live"])
                case "events":
                    for event in word["events"]:
                        self._take(event)
                case "missed":
                    self.missed = True
        return self

    @property
    def text(self) -> str:
        """The last answer, as far as it has come."""
        return list(self.texts.values())[-1] if self.texts else ""

    async def ends(self, *, within_s: float = 30.0) -> "Screen":
        await until(lambda: self.look().outcome, "the turn to end", within_s=within_s)
        return self

    async def say(self, text: str, **args: Any) -> str:
        answer = await self.page.ask("talk-say", id=self.id, text=text, **args)
        assert answer["ok"] is True, answer
        self.id, self.outcome = answer["id"], None
        return str(answer["id"])

    def _stand(self, live: Mapping[str, Any] | None) -> None:
        if live is None:
            return
        self.doing = live["doing"]
        if live["mid"]:
            self.texts[live["mid"]] = live["text"]
        self.approvals = [
            t["approval"] for t in live["tools"] if t["approval"] and not t["outcome"]
        ]

    def _store(self, message: Mapping[str, Any]) -> None:
        self.messages[message["id"]] = message
        if message["role"] == "assistant":
            words = "".join(part["text"] for part in message["parts"] if part["k"] == "text")
            self.texts[message["id"]] = words

    def _take(self, event: Mapping[str, Any]) -> None:
        match event["k"]:
            case "began" | "stored":
                self._store(event["message"])
            case "text":
                self.texts[event["mid"]] = self.texts.get(event["mid"], "") + event["text"]
            case "withdrawn":
                self.texts.pop(event["mid"], None)
            case "wants":
                self.approvals.append(event["approval"])
            case "doing":
                self.doing = event["doing"]
            case "ended":
                self.outcome = event["outcome"]


async def stored(house: TalkHouse, id: str) -> list[str]:
    return [message.id for message in await house.talk.find_messages(id, "owner", limit=200)]


@pytest.mark.parametrize("picked", ["auto", "claude", "local", "direct"])
async def test_a_question_on_an_empty_page_is_answered_on_it(house: TalkHouse, picked: str) -> None:
    screen = Screen(house)

    id = await screen.say("how is the cluster?", picked=picked)

    await screen.ends()
    assert screen.outcome == "done"
    assert list(screen.messages) == await stored(house, id)
    assert screen.text.strip()
    again = Screen(house)
    await again.page.act("talk-open", id=id)
    assert (again.look().messages, again.text) == (screen.messages, screen.text)
    for one in (screen, again):
        one.answers.end()


async def test_a_red_call_is_found_by_a_page_that_comes_while_it_waits(house: TalkHouse) -> None:
    first = Screen(house)
    id = await first.say("restart media")
    await until(lambda: first.look().approvals, "the question")

    late = Screen(house)
    await late.page.act("talk-open")

    assert late.look().id == id
    assert late.approvals == first.approvals
    assert late.doing == "waiting"
    await house.gate.proceed(late.approvals[0], OWNER)
    await first.ends()
    await late.ends()
    assert (late.messages, late.text) == (first.messages, first.text)
    assert "media (104) is back" in late.text
    results = [part for m in late.messages.values() for part in m["parts"] if part["k"] == "answer"]
    assert [(part["tool"], part["tier"]) for part in results] == [
        ("get_guest_status", "GREEN"),
        ("reboot_guest", "RED"),
        ("get_guest_status", "GREEN"),
    ]
    for one in (first, late):
        one.answers.end()


async def test_two_pages_show_one_conversation_whoever_asks_in_it(house: TalkHouse) -> None:
    left, right = Screen(house), Screen(house)
    id = await left.say("how is the cluster?")
    await left.ends()
    await right.page.act("talk-open", id=id)
    assert right.look().messages == left.messages

    right.outcome = None
    await right.say("thanks")
    await right.ends()
    await until(lambda: left.look().missed, "the word that there is more")
    await left.page.act("talk-open", id=id)
    assert left.look().messages == right.messages

    answer = await right.page.ask("talk-regenerate", id=id, picked="claude")
    assert answer["ok"] is True
    await until(lambda: left.look().missed, "the word that something was cut off")
    await right.ends()
    await left.page.act("talk-open", id=id)
    assert list(left.look().messages) == list(right.messages) == await stored(house, id)
    for one in (left, right):
        one.answers.end()


async def test_an_answer_is_stopped_and_what_was_said_is_kept(house: TalkHouse) -> None:
    screen = Screen(house)
    id = await screen.say("restart media")
    await until(lambda: screen.look().approvals, "the question")

    answer = await screen.page.ask("talk-stop", id=id)

    assert answer["ok"] is True
    await screen.ends()
    assert screen.outcome == "stopped"
    assert house.gate.pending == ()
    assert "stopped by owner" in [message["ended"] for message in screen.messages.values()]
    again = await screen.page.ask("talk-stop", id=id)
    assert again["ok"] is False
    screen.answers.end()


async def test_another_person_sees_none_of_it(house: TalkHouse) -> None:
    mine, theirs = Screen(house), Screen(house, ALEX)
    id = await mine.say("how is the cluster?")

    await theirs.page.act("talk-open", id=id)
    await theirs.page.act("talk-open")
    await theirs.page.act("talk-list")

    told = [word for word in theirs.page.take("talk") if word["t"] != "changed"]
    assert told == [
        {"t": "gone", "id": id},
        {"t": "listed", "rows": [], "more": False, "text": "", "most": LISTED},
    ]
    for name in ("talk-say", "talk-stop", "talk-regenerate", "talk-delete"):
        answer = await theirs.page.ask(name, id=id, text="hello")
        assert (answer["ok"], answer["because"]) == (False, "There is no such conversation"), name
    await mine.ends()
    assert list(mine.messages) == await stored(house, id)
    for one in (mine, theirs):
        one.answers.end()


async def test_what_an_answer_should_have_been_is_kept_once_there_was_a_decision(
    house: TalkHouse,
) -> None:
    screen = Screen(house)
    await screen.say("thanks")
    await screen.ends()
    answers = [m["id"] for m in screen.messages.values() if m["role"] == "assistant"]

    kept = await screen.page.ask("talk-should", message=answers[-1], wish="claude")
    none = await screen.page.ask("talk-should", message="f" * 24, wish="claude")

    assert (kept["ok"], none["ok"]) == (True, False)
    screen.answers.end()
