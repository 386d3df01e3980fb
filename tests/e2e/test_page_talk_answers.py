"""What stands below an answer and in a question: facts, and what can be done with them."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.hud import TAKE_ALONE
from tests.support.silent_server import SilentServer, answer, question
from tests.support.talk_page import TalkPage

TWO = (
    question("q1", "how full?"),
    answer("a1", "87 %."),
    question("q2", "and pve?"),
    answer("a2", "Up."),
)


@pytest.fixture
def server(talk: TalkPage) -> SilentServer:
    """Plays the server of the page that `talk` is."""
    return SilentServer.of(talk.page)


def press(message: Locator, name: str) -> None:
    message.hover()
    message.get_by_role("button", name=name, exact=True).click()


def test_the_answer_under_which_it_is_pressed_is_given_anew(
    talk: TalkPage, server: SilentServer
) -> None:
    server.open(*TWO)
    press(talk.answers.last, "Answer anew")
    press(talk.answers.last, "Ask Local model instead")
    talk.page.get_by_role("combobox", name="Who answers").select_option("claude")
    press(talk.answers.first, "Answer anew")
    expect(talk.answers.first).to_contain_text("What was said after it is cut off.")
    assert len(server.sent("talk-regenerate")) == 2
    press(talk.answers.first, "Leave it as it is")
    expect(talk.answers.first).not_to_contain_text("cut off")
    press(talk.answers.first, "Answer anew")

    press(talk.answers.first, "Answer anew, and cut off what was said after it")

    assert [(one["message"], one["picked"]) for one in server.sent("talk-regenerate")] == [
        ("a2", "auto"),
        ("a2", "local"),
        ("a1", "claude"),
    ]


def test_an_edit_is_open_until_it_is_accepted(talk: TalkPage, server: SilentServer) -> None:
    server.open(*TWO)
    talk.page.get_by_role("combobox", name="Who answers").select_option("local")
    press(talk.questions.last, "Edit and send again")
    field = talk.page.get_by_role("textbox", name="The message")
    again = talk.page.get_by_role("button", name="Send again", exact=True)
    field.fill("and agent1?")
    again.click()
    again.click()
    assert [(one["message"], one["text"], one["picked"]) for one in server.sent("talk-resend")] == [
        ("q2", "and agent1?", "local")
    ]

    server.reply("talk-resend", ok=False, because="An answer is being given", remedy="Stop it")

    expect(field).to_have_value("and agent1?")
    expect(talk.says).to_have_text("An answer is being given. Stop it.")
    again.click()
    server.reply("talk-resend", ok=True, id="c1")
    expect(field).to_have_count(0)


@pytest.mark.parametrize("width", [1920, 1366, 390])
def test_who_answered_with_what_when_and_how_long_it_took(
    talk: TalkPage, server: SilentServer, width: int
) -> None:
    talk.page.set_viewport_size({"width": width, "height": 800})
    talk.page.evaluate("jarvis.action('tab', { key: 'talk' })")
    server.open(*TWO[:3], answer("a2", "Up.", ms=None))

    foot = talk.answers.first.locator(".talk-foot")
    for told in ("Claude", "claude-haiku-5-5", "3.2\u00a0s", "12 in · 3 out", "$0.0004"):
        expect(foot.get_by_text(told, exact=True)).to_be_visible()
    expect(foot.locator(".talk-at")).to_be_visible()
    expect(talk.foot.locator(".talk-ms")).to_have_count(0)
    assert talk.page.evaluate("document.documentElement.scrollWidth") <= width


def test_misrouted_asks_once(talk: TalkPage, server: SilentServer) -> None:
    server.open(*TWO)
    press(talk.last, "Say who should have answered")
    expect(talk.last.get_by_text("It should have been")).to_have_count(1)

    press(talk.last, "Say who should have answered")

    expect(talk.last.get_by_text("It should have been")).to_have_count(0)


def lay(page: Page, **meta: Any) -> None:
    """Lay how the models stand on the page, which hears of no other."""
    page.evaluate(TAKE_ALONE, {"talk": {"meta": meta}})


def test_nobody_is_offered_to_ask_who_is_not_set_up(talk: TalkPage, server: SilentServer) -> None:
    server.open(*TWO)
    talk.last.hover()
    local = talk.last.get_by_role("button", name="Ask Local model instead")
    expect(local).to_be_visible()
    claude = {"name": "claude", "state": "ready"}

    lay(talk.page, providers=[claude, {"name": "local", "state": "off"}])

    expect(local).to_be_hidden()
    lay(talk.page, providers=[claude, {"name": "local", "state": "resting"}])
    expect(local).to_be_visible()


def test_names_in_a_question_open_what_they_name(talk: TalkPage, server: SilentServer) -> None:
    server.open(question("q1", "restart media (104) on `pve`, not nobody (999) or `x`"))
    chips = talk.questions.first.locator(".chip-link")
    expect(chips).to_have_text(["media (104)", "pve"])
    expect(talk.questions.first.locator(".talk-bubble")).to_have_text(
        "restart media (104) on `pve`, not nobody (999) or `x`"
    )

    chips.first.click()

    expect(talk.page.locator(".drawer h2").first).to_contain_text("media")


@pytest.mark.parametrize("width", [1920, 1366, 1281, 1201, 1024, 390])
def test_what_today_has_cost_and_that_a_script_answers_is_always_seen(
    talk: TalkPage, width: int
) -> None:
    page = talk.page
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("jarvis.action('tab', { key: 'talk' })")
    claude = {"name": "claude", "state": "ready"}
    lay(page, providers=[claude], scripted=True, today=0.4211, limit=5, spent=False)

    expect(talk.panel.get_by_text("scripted model")).to_be_visible()
    narrow = width <= 1150
    spent = page.locator(".talk-today" if narrow else ".top .chip-cost")
    expect(spent.get_by_text("$0.42")).to_be_visible()
    page.get_by_role("button", name="Menu of owner").click()
    expect(page.locator(".menu")).to_contain_text("Scripted model today: $0.42 / $5.00")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bar = page.locator(".top").evaluate("one => one.scrollWidth - one.clientWidth")
    assert bar <= 0, "nothing is pushed out of the bar"

    lay(page, providers=[{"name": "claude", "state": "off"}], scripted=False)

    expect(talk.panel.get_by_text("scripted model")).to_be_hidden()
    expect(spent).to_be_hidden()
