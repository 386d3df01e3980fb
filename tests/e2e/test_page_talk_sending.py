"""From the field to the talk: no letter is lost on the way, and nothing is said twice."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PHONE
from tests.support.house import House
from tests.support.silent_server import SilentServer, question
from tests.support.talk_page import TalkPage
from tests.support.windows import still_window


def test_the_field_is_free_at_once_and_what_is_refused_comes_back(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.field.fill("restart media")
    talk.field.press("Enter")
    expect(talk.field).to_have_value("")
    talk.field.press_sequentially("and then git")

    server.reply("talk-say", ok=False, because="An answer is being given", remedy="Stop it")

    expect(talk.field).to_have_value("restart media\nand then git")
    expect(talk.says).to_have_text("An answer is being given. Stop it.")
    talk.page.reload()
    expect(talk.field).to_have_value("restart media\nand then git")


def test_enter_again_says_nothing_twice_and_keeps_what_was_written_since(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.field.fill("thanks")
    talk.field.press("Enter")
    talk.field.press("Enter")
    talk.field.press_sequentially("one more")
    talk.field.press("Enter")
    assert [one["text"] for one in server.sent("talk-say")] == ["thanks"]

    server.reply("talk-say", ok=True, id="c1", title="Thanks")

    expect(talk.field).to_have_value("one more")
    talk.field.press("Enter")
    assert [(one["id"], one["text"]) for one in server.sent("talk-say")] == [
        (None, "thanks"),
        ("c1", "one more"),
    ]


def test_who_opens_another_conversation_stays_there(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.field.fill("thanks")
    talk.field.press("Enter")
    talk.panel.get_by_role("button", name="New conversation").click()
    server.tell("events", id="c1", events=[{"k": "began", "message": question("q1", "thanks")}])

    server.reply("talk-say", ok=True, id="c1", title="Thanks")

    expect(talk.questions).to_have_count(0)
    assert talk.page.evaluate("sent.at(-1).name") == "talk-leave", "it hears of nothing else"


def test_a_conversation_that_arrives_after_new_was_pressed_does_not_come_back(
    talk: TalkPage,
) -> None:
    talk.ask("thanks")
    talk.page.reload()
    expect(talk.questions).to_have_count(1)
    server = SilentServer.of(talk.page)
    talk.panel.get_by_role("button", name="New conversation").click()

    server.open(question("q1", "thanks"))
    server.tell("events", id="c1", events=[{"k": "began", "message": question("q2", "media?")}])
    talk.page.evaluate("jarvis.setConnection('lost'); jarvis.setConnection('up')")

    expect(talk.questions).to_have_count(0)
    assert server.sent("talk-open") == [], "what runs elsewhere is not sought"


def test_without_its_server_the_page_keeps_what_is_typed(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.page.evaluate("jarvis.apply = () => {}; jarvis.setConnection('lost')")
    talk.field.fill("restart media")

    talk.field.press("Enter")

    expect(talk.says).to_contain_text("The server is not there.")
    expect(talk.field).to_have_value("restart media")
    assert server.sent("talk-say") == []


def test_what_is_said_while_the_page_comes_up_is_sent_once_it_has_found_its_server(
    talk: TalkPage,
) -> None:
    server = SilentServer.of(talk.page)
    talk.page.evaluate("jarvis.apply = () => {}; jarvis.setConnection('connecting')")
    talk.field.fill("restart media")
    talk.field.press("Enter")
    talk.field.press("Enter")
    expect(talk.field).to_have_value("restart media")
    assert server.sent("talk-say") == []

    talk.page.evaluate("jarvis.setConnection('up')")

    expect(talk.field).to_have_value("")
    assert [one["text"] for one in server.sent("talk-say")] == ["restart media"]


def test_what_is_said_by_a_click_leaves_the_draft_alone(talk: TalkPage) -> None:
    page = talk.page
    talk.field.fill("half a thought")
    page.keyboard.press("Control+k")
    page.keyboard.type("/model")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Who answers")).to_be_focused()
    page.get_by_role("button", name="How is the cluster?").click()
    expect(talk.wait()).to_contain_text("quorate")
    expect(talk.field).to_have_value("half a thought")
    page.keyboard.press("Control+k")
    page.keyboard.type("/status")
    page.keyboard.press("Enter")

    expect(talk.questions).to_have_count(2)

    talk.wait()
    expect(talk.field).to_have_value("half a thought")


def test_a_long_text_is_not_cut_and_one_too_long_is_told(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.field.focus()
    talk.page.keyboard.insert_text("x" * 20_000)
    talk.field.press("Enter")
    assert len(server.sent("talk-say")[0]["text"]) == 20_000
    server.reply("talk-say", ok=True, id="c1", title="x")

    talk.page.keyboard.insert_text("y" * 200_000)
    talk.field.press("Enter")

    expect(talk.says).to_contain_text("The message has 200,000 characters, and one may have 32,000")
    assert len(talk.field.input_value()) == 200_000
    talk.page.reload()
    assert len(talk.field.input_value()) == 200_000
    talk.field.fill("")


def test_who_answers_is_kept_for_each_conversation_as_its_draft_is(talk: TalkPage) -> None:
    picker = talk.page.get_by_role("combobox", name="Who answers")
    picker.select_option("local")
    talk.page.reload()
    expect(picker).to_have_value("local")
    talk.ask("thanks")
    talk.page.reload()
    expect(picker).to_have_value("local")

    talk.panel.get_by_role("button", name="New conversation").click()

    expect(picker).to_have_value("auto")


@pytest.mark.phone
def test_an_answer_can_be_stopped_whatever_is_written_meanwhile(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    stop = talk.panel.get_by_role("button", name="Stop")
    server.open(question("q1", "how is media?"))
    expect(stop).to_be_hidden()
    for doing in ("thinking", "waiting"):
        server.open(
            question("q1", "how is media?"),
            live={"mid": None, "doing": doing, "text": "", "tools": []},
        )
        talk.field.fill("and then?")
        expect(talk.panel.get_by_role("button", name="Speak")).to_be_visible()

        stop.click()

    assert [one["id"] for one in server.sent("talk-stop")] == ["c1", "c1"]
    talk.panel.get_by_role("button", name="Speak").click()
    assert [one["text"] for one in server.sent("talk-say")] == ["and then?"]


def test_enter_makes_a_new_line_where_one_types_on_the_screen(
    browser: Browser, demo: House, signed_in: dict[str, list[dict[str, str]]]
) -> None:
    context = still_window(
        browser,
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
        storage_state=signed_in,
        base_url=demo.url,
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Talk", exact=True).tap()
    server = SilentServer.of(page)
    field = page.get_by_role("textbox", name="Message to Jarvis")
    field.press_sequentially("one")
    field.press("Enter")
    field.press_sequentially("two")
    expect(field).to_have_value(re.compile("one\ntwo"))
    assert server.sent("talk-say") == []

    page.get_by_role("button", name="Speak").tap()

    assert [one["text"] for one in server.sent("talk-say")] == ["one\ntwo"]
    context.close()
