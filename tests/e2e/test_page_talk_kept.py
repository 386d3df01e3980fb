"""A conversation that is told anew: what stands stays, and a reader is not moved."""

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.support.silent_server import SilentServer, answer, question
from tests.support.talk_page import TalkPage

LONG = "\n\n".join(f"Line {n} of this answer." for n in range(12))


def exchanges(first: int, last: int) -> list[dict[str, Any]]:
    """Questions and answers by their numbers."""
    return [
        message
        for n in range(first, last + 1)
        for message in (
            question(f"q{n}", f"question {n}"),
            answer(f"a{n}", f"Answer {n}.\n\n{LONG}"),
        )
    ]


@pytest.fixture
def server(talk: TalkPage) -> SilentServer:
    """Plays the server of the page that `talk` is."""
    return SilentServer.of(talk.page)


def scroll_of(talk: TalkPage) -> Locator:
    return talk.page.locator(".talk-scroll")


def mark(talk: TalkPage) -> None:
    """Know the messages again that stand now."""
    talk.page.evaluate(
        "document.querySelectorAll('.talk-list > article').forEach(one => { one.dataset.same = 1 })"
    )


def told(talk: TalkPage) -> list[str]:
    """The first words of each message."""
    return [
        text.split("\n")[0].strip()
        for text in talk.page.locator(
            ".talk-list > article :is(.talk-bubble, .prose)"
        ).all_inner_texts()
    ]


def test_a_connection_that_comes_back_leaves_the_reader_and_the_edit_alone(talk: TalkPage) -> None:
    for n in (1, 2, 3):
        talk.models.llm_script("claude", {"text": f"Answer {n}.\n\n{LONG}"})
        talk.ask(f"@claude question {n}")
    talk.questions.first.hover()
    talk.questions.first.get_by_role("button", name="Edit and send again").click()
    edit = talk.page.get_by_role("textbox", name="The message")
    edit.fill("half an edit")
    scroll_of(talk).evaluate("one => { one.scrollTop = 40 }")
    mark(talk)
    talk.page.evaluate(
        """() => {
          window.opened = 0;
          jarvis.on('tell:talk', (word) => { if (word.t === 'opened') window.opened += 1; });
          jarvis.setConnection('lost');
          jarvis.setConnection('up');
        }"""
    )

    talk.page.wait_for_function("opened > 0")

    expect(edit).to_have_value("half an edit")
    assert scroll_of(talk).evaluate("one => one.scrollTop") == 40
    expect(talk.page.locator(".talk-list > article")).to_have_count(6)
    expect(talk.page.locator(".talk-list > [data-same]")).to_have_count(6)


def test_older_messages_stay_and_what_was_missed_follows(
    talk: TalkPage, server: SilentServer
) -> None:
    server.open(*exchanges(3, 6), more=True)
    scroll_of(talk).evaluate("one => { one.scrollTop = 0 }")
    talk.page.wait_for_function("sent.some((one) => one.name === 'talk-older')")
    assert server.sent("talk-older")[0]["before"] == "q3"
    server.tell("older", id="c1", messages=exchanges(1, 2), more=False)
    expect(talk.questions).to_have_count(6)
    before = scroll_of(talk).evaluate("one => { one.scrollTop = 300; return one.scrollTop }")
    mark(talk)

    server.open(*exchanges(4, 7), more=True)

    expect(talk.questions).to_have_count(7)
    assert told(talk)[::2] == [f"question {n}" for n in range(1, 8)]
    expect(talk.page.locator(".talk-list > [data-same]")).to_have_count(12)
    assert scroll_of(talk).evaluate("one => one.scrollTop") == before


def test_who_follows_sees_what_was_missed(talk: TalkPage, server: SilentServer) -> None:
    server.open(*exchanges(1, 3))

    server.open(*exchanges(1, 4))

    expect(talk.last).to_contain_text("Answer 4.")
    talk.page.wait_for_function(
        """() => {
          const { scrollHeight, clientHeight, scrollTop } = document.querySelector('.talk-scroll');
          return scrollHeight - clientHeight - scrollTop < 4;
        }"""
    )


def test_what_another_tab_cut_off_goes_and_the_rest_stays(
    talk: TalkPage, server: SilentServer
) -> None:
    server.open(*exchanges(1, 4))
    mark(talk)

    server.open(*exchanges(1, 2), question("q9", "something else"))

    assert told(talk)[::2] == ["question 1", "question 2", "something else"]
    expect(talk.page.locator(".talk-list > [data-same]")).to_have_count(4)


def test_what_lies_too_far_back_makes_room_for_the_latest(
    talk: TalkPage, server: SilentServer
) -> None:
    server.open(*exchanges(1, 2))

    server.open(*exchanges(8, 9), more=True)

    assert told(talk)[::2] == ["question 8", "question 9"]


def test_a_question_stands_before_its_answer_whichever_was_told_first(
    talk: TalkPage, server: SilentServer
) -> None:
    server.open(*exchanges(1, 2))
    server.tell("events", id="c1", events=[{"k": "text", "mid": "a3", "text": "It is well."}])

    live = {"mid": "a3", "text": "It is well.", "tools": [], "doing": "answering"}
    server.open(*exchanges(1, 2), question("q3", "question 3"), live=live)

    assert told(talk)[-2:] == ["question 3", "It is well."]


def test_an_answer_goes_on_where_it_stood(talk: TalkPage, server: SilentServer) -> None:
    live = {"mid": "a1", "doing": "answering", "text": "It stands", "tools": []}
    server.open(question("q1", "how full?"), live=live)
    mark(talk)

    server.open(question("q1", "how full?"), live={**live, "text": "It stands at 87 %"})
    talk.page.evaluate("jarvis.said(' of the pool.')")

    expect(talk.last.locator(".prose")).to_have_text("It stands at 87 % of the pool.")
    expect(talk.page.locator(".talk-list > [data-same]")).to_have_count(2)
    expect(talk.panel.locator(".talk-doing")).to_have_text("answering…")


def test_a_question_that_another_tab_asks_moves_no_reader(talk: TalkPage) -> None:
    talk.models.llm_script("claude", {"text": LONG})
    talk.ask("@claude question 1")
    talk.models.llm_script("claude", {"text": LONG})
    talk.ask("@claude question 2")
    other = TalkPage(talk.page.context.new_page(), talk.models)
    other.page.goto("/")
    expect(other.questions).to_have_count(2)
    scroll_of(talk).evaluate("one => { one.scrollTop = 20 }")
    mark(talk)

    other.ask("thanks")

    expect(talk.questions).to_have_count(3)
    expect(talk.last).to_contain_text("You are welcome.")
    assert scroll_of(talk).evaluate("one => one.scrollTop") == 20
    expect(talk.page.locator(".talk-list > [data-same]")).to_have_count(4)
    other.page.close()
