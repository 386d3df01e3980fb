"""An answer goes to a page once, however it is told; and never less than the whole of it."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from components.talk_sparing import Sparing


class Browser:
    """A page that does with what it is told as the real one does."""

    listening = True

    def __init__(self) -> None:
        self.comes: str | None = None
        self.texts: dict[str, str] = {}
        self.whole: dict[str, str] = {}
        self.told: list[Any] = []
        self.bare: list[str] = []

    def on_action(self, name: str, handler: Any) -> None:
        self.told.append((name, handler))

    def send(self, code: str) -> None:
        self.bare.append(code)
        assert self.comes is not None
        self.texts[self.comes] += json.loads(code.removeprefix("jarvis.said(").removesuffix(")"))

    def tell(self, topic: str, payload: Any) -> None:
        self.told.append((topic, payload))
        if payload.get("live"):
            self.comes = payload["live"]["mid"]
            self.texts[payload["live"]["mid"]] = payload["live"]["text"]
        for event in payload.get("events", ()):
            if event["k"] == "answer":
                self.comes = event["mid"]
                self.texts[event["mid"]] = ""
            elif event["k"] == "text":
                self.comes = event["mid"]
                self.texts[event["mid"]] = self.texts.get(event["mid"], "") + event["text"]
            elif event["k"] == "withdrawn":
                self.texts[event["mid"]] = ""
                self.comes = None
            elif event["k"] == "stored":
                message = event["message"]
                known = self.texts.get(message["id"], "")
                self.whole[message["id"]] = "".join(
                    self.taken(part, known) for part in message["parts"]
                )

    def taken(self, part: Any, known: str) -> str:
        if part["k"] != "rest":
            return str(part["text"])
        assert len(known.encode("utf-16-le")) // 2 == part["from"]
        return known + str(part["text"])


def events(*told: dict[str, Any]) -> dict[str, Any]:
    return {"t": "events", "id": "c1", "events": list(told)}


def text(words: str, mid: str = "a1") -> dict[str, Any]:
    return {"k": "text", "mid": mid, "text": words}


def stored(words: str, mid: str = "a1") -> dict[str, Any]:
    return {"k": "stored", "message": {"id": mid, "parts": [{"k": "text", "text": words}]}}


ANSWER = {"k": "answer", "mid": "a1", "provider": "claude"}


def test_words_that_follow_come_bare_and_the_end_brings_none_of_them_again() -> None:
    browser = Browser()
    page = Sparing(browser)

    page.tell("talk", events(ANSWER, text("It stands at ")))
    page.tell("talk", events(text("87 % “now”\n")))
    page.tell("talk", events(stored("It stands at 87 % “now”\n")))

    assert browser.bare == ['jarvis.said("87 % “now”\\n")']
    (_, last) = browser.told[-1]
    assert last["events"][0]["message"]["parts"] == [{"k": "rest", "from": 24, "text": ""}]
    assert browser.whole["a1"] == "It stands at 87 % “now”\n"


def test_what_was_added_at_the_end_comes_and_what_was_changed_comes_whole() -> None:
    browser = Browser()
    page = Sparing(browser)

    page.tell("talk", events(ANSWER, text("Half"), stored("Half and half")))
    page.tell("talk", events({**ANSWER, "mid": "a2"}, text("Half", "a2"), stored("Other", "a2")))

    assert browser.whole == {"a1": "Half and half", "a2": "Other"}


def test_a_page_that_came_in_the_middle_has_what_stood() -> None:
    browser = Browser()
    page = Sparing(browser)

    live = {"mid": "a1", "text": "It stands ", "doing": "answering", "tools": []}
    page.tell("talk", {"t": "opened", "id": "c1", "messages": [], "live": live})
    page.tell("talk", events(text("at 87 %")))
    page.tell("talk", events(stored("It stands at 87 %")))

    assert len(browser.bare) == 1
    assert browser.whole["a1"] == "It stands at 87 %"


def test_what_was_taken_back_is_no_longer_counted_on() -> None:
    browser = Browser()
    page = Sparing(browser)

    page.tell("talk", events(ANSWER, text("Wrong")))
    page.tell("talk", events({"k": "withdrawn", "mid": "a1", "because": "it fell"}))
    page.tell("talk", events({**ANSWER, "mid": "a2"}))
    page.tell("talk", events(text("Right", "a2")))
    page.tell("talk", events(stored("Right", "a2")))

    assert browser.whole == {"a2": "Right"}


def test_other_words_and_other_topics_pass_as_they_are() -> None:
    browser = Browser()
    page = Sparing(browser)

    for topic, payload in (
        ("act", {"ask": 1, "ok": True}),
        ("talk", {"t": "listed", "rows": []}),
        ("talk", {"t": "opened", "id": "c1", "messages": [], "live": None}),
        ("talk", events(text("for an answer nobody told of", "a9"))),
    ):
        page.tell(topic, payload)

    assert browser.told == [
        ("act", {"ask": 1, "ok": True}),
        ("talk", {"t": "listed", "rows": []}),
        ("talk", {"t": "opened", "id": "c1", "messages": [], "live": None}),
        ("talk", events(text("for an answer nobody told of", "a9"))),
    ]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8), st.data())
def test_however_it_is_cut_the_page_has_the_whole(pieces: list[str], data: st.DataObject) -> None:
    browser = Browser()
    page = Sparing(browser)
    page.tell("talk", events(ANSWER))
    for piece in pieces:
        page.tell("talk", events(text(piece)))
    if data.draw(st.booleans()):
        page.tell("talk", events({"k": "doing", "doing": "answering"}, text("!")))
        pieces = [*pieces, "!"]

    page.tell("talk", events(stored("".join(pieces))))

    assert browser.whole["a1"] == "".join(pieces)
