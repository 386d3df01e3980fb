"""An answer as it comes: over a reload, in several tabs, stopped, given anew, and taken back."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from simulator.remote import Control
from tests.support.house import eventually
from tests.support.talk_page import TalkPage

LONG = " ".join(f"Sentence {n} of this long answer stands here." for n in range(1, 61))
"""Some 600 tokens: seven seconds of talk."""


def begin_long(talk: TalkPage, models: Control, asked: str = "@claude tell me a story") -> None:
    """Have a long answer begin, and wait for its first words."""
    models.llm_script("claude", {"text": LONG})
    talk.say(asked)
    expect(talk.last).to_contain_text("Sentence 2 of")


def another(context: BrowserContext, models: Control) -> TalkPage:
    """Another tab of the same browser, with the conversation that is open there."""
    page = context.new_page()
    page.goto("/")
    return TalkPage(page, models)


def test_a_reload_in_mid_answer_shows_it_going_on(talk: TalkPage, slow: Control) -> None:
    begin_long(talk, slow)

    talk.page.reload()

    expect(talk.questions).to_have_text([re.compile("tell me a story")])
    expect(talk.panel.get_by_role("button", name="Stop")).to_be_visible()
    shown = talk.last.inner_text()
    assert "Sentence 1 of" in shown
    assert "Sentence 60 of" not in shown
    talk.wait()
    assert talk.last.locator(".prose").inner_text() == LONG
    expect(talk.answers).to_have_count(1)


def test_two_tabs_show_the_same_conversation_live(
    talk: TalkPage, slow: Control, hud_context: BrowserContext
) -> None:
    begin_long(talk, slow)
    other = another(hud_context, slow)
    expect(other.last).to_contain_text("Sentence 1 of")
    assert "Sentence 60 of" not in other.last.inner_text(), "it comes while it is said"
    talk.wait()
    other.wait()
    assert other.last.locator(".prose").inner_text() == LONG

    slow.llm_speed("instant")
    other.ask("thanks")
    expect(talk.last).to_contain_text("You are welcome.")
    other.act_anew("Answer anew")
    expect(talk.questions).to_have_count(2)
    expect(talk.answers).to_have_count(2)
    other.questions.last.hover()
    other.questions.last.get_by_role("button", name="Edit and send again").click()
    other.page.get_by_role("textbox", name="The message").fill("is nextcloud up?")
    other.page.get_by_role("button", name="Send again", exact=True).click()
    expect(other.questions.last).to_contain_text("is nextcloud up?")
    other.wait()
    expect(talk.questions.last).to_contain_text("is nextcloud up?")
    talk.wait()
    expect(talk.last).to_contain_text("nextcloud (105) is running")
    assert "You are welcome." not in talk.panel.inner_text(), "it was cut off"
    assert (
        talk.panel.locator(".talk-list").inner_text()
        == other.panel.locator(".talk-list").inner_text()
    )
    other.page.close()


def test_a_question_of_one_tab_is_answered_in_the_other(
    talk: TalkPage, simulator_control: Control, hud_context: BrowserContext
) -> None:
    talk.say("restart grafana")
    expect(talk.card).to_contain_text("grafana (121)")
    other = another(hud_context, simulator_control)
    expect(other.card).to_contain_text("grafana (121)")
    other.card.get_by_role("button", name="Refuse").click()
    other.card.get_by_role("button", name="Refuse it").click()

    talk.wait()
    expect(talk.card).to_have_count(0)
    expect(other.card).to_have_count(0)
    other.page.close()


def test_stop_is_heard_at_once_and_keeps_what_was_said(talk: TalkPage, slow: Control) -> None:
    before = talk.last_request()
    begin_long(talk, slow)
    talk.panel.get_by_role("button", name="Stop").click()

    (asked,) = eventually(
        "the request to end", lambda: [one for one in talk.asked(before) if one["ended"]]
    )
    assert asked["ended"] == "client gone", "it was not listened to, to its end"

    talk.wait()
    kept = talk.last.locator(".prose").inner_text()
    assert kept.startswith("Sentence 1 of this long answer stands here.")
    assert LONG.startswith(kept.strip())
    assert len(kept.strip()) < len(LONG)
    expect(talk.last).to_contain_text("Stopped by owner.")
    expect(talk.foot).to_contain_text("≈")
    talk.page.reload()
    talk.wait()
    assert talk.last.locator(".prose").inner_text() == kept, "what was said is kept"
    (row,) = talk.cost_rows()
    assert (row["outcome"], row["is_estimated"]) == ("stopped", "yes")
    assert float(row["cost_usd"]) > 0


def test_what_was_read_is_still_told_after_a_refusal(talk: TalkPage) -> None:
    expect(talk.ask("@direct how is grafana?")).to_contain_text("grafana (121)")
    talk.say("restart grafana")
    talk.card.get_by_role("button", name="Refuse").click()
    talk.card.get_by_role("button", name="Refuse it").click()
    talk.wait()

    expect(talk.ask("@direct how is grafana?")).to_contain_text("running")

    assert "may be made again" not in talk.last.inner_text()


def test_escape_stops_while_an_answer_waits_for_a_person(talk: TalkPage) -> None:
    talk.say("restart grafana")
    expect(talk.card).to_be_visible()

    talk.field.press("Escape")

    talk.wait()
    expect(talk.card).to_have_count(0)
    expect(talk.page.locator(".top .waits")).to_be_hidden()
    expect(talk.last).to_contain_text("Stopped by owner.")


def test_an_answer_is_given_anew_by_the_same_and_by_the_other(talk: TalkPage) -> None:
    talk.models.llm_script("claude", {"text": "The first word on it."}, {"text": "A second word."})
    expect(talk.ask("@claude what is a quorum?")).to_contain_text("The first word on it.")

    talk.act("Answer anew")

    expect(talk.last).to_contain_text("A second word.")
    talk.wait()
    expect(talk.answers).to_have_count(1)
    talk.act("Ask Local model instead")
    expect(talk.last.locator(".talk-who")).to_have_text("Local model")
    talk.wait()
    expect(talk.questions).to_have_count(1)
    expect(talk.answers).to_have_count(1)
    assert [row["provider"] for row in talk.cost_rows()] == ["claude", "claude", "local"]


def test_a_question_is_edited_and_what_came_after_is_gone(talk: TalkPage) -> None:
    talk.ask("is nextcloud up?")
    talk.ask("thanks")
    first = talk.questions.first
    first.hover()
    first.get_by_role("button", name="Edit and send again").click()
    field = talk.page.get_by_role("textbox", name="The message")
    expect(field).to_have_value("is nextcloud up?")
    talk.page.locator(".talk-edit").get_by_role("button", name="Back").click()
    expect(first).to_contain_text("is nextcloud up?")
    first.hover()
    first.get_by_role("button", name="Edit and send again").click()
    field.fill("is git up?")

    talk.page.get_by_role("button", name="Send again", exact=True).click()

    expect(talk.questions).to_have_text([re.compile("is git up?")])
    expect(talk.wait()).to_contain_text("git (120) is running")
    assert "You are welcome." not in talk.panel.inner_text()
    talk.page.reload()
    expect(talk.questions).to_have_text([re.compile("is git up?")])


def test_what_was_said_is_copied_whole(talk: TalkPage, hud_context: BrowserContext) -> None:
    hud_context.grant_permissions(["clipboard-read", "clipboard-write"])
    said = "Two **bold** words:\n\n- one\n- two\n\n```sh\nqm list\n```"
    talk.models.llm_script("claude", {"text": said})
    talk.ask("@claude speak")
    pasted = "navigator.clipboard.readText()"

    talk.act("Copy the answer")
    expect(talk.last.get_by_text("copied")).to_be_visible()
    assert talk.page.evaluate(pasted) == said
    talk.last.locator(".prose-code button").click()
    expect(talk.last.locator(".prose-code button")).to_have_text("copied")
    assert talk.page.evaluate(pasted) == "qm list"
    talk.questions.first.hover()
    talk.questions.first.get_by_role("button", name="Copy this message").click()
    expect(talk.questions.first.get_by_text("copied")).to_be_visible()
    assert talk.page.evaluate(pasted) == "@claude speak"


def test_a_person_says_who_should_have_answered(talk: TalkPage) -> None:
    talk.ask("thanks")
    talk.act("Say who should have answered")

    talk.last.get_by_role("button", name="Claude", exact=True).click()

    expect(talk.last).to_contain_text("Kept: Claude.")


def test_the_reactor_tells_what_is_done(talk: TalkPage, slow: Control) -> None:
    told = talk.page.locator(".panel-reactor, .hud-reactor").first
    talk.field.fill("hm")
    expect(told).to_contain_text("Listening", ignore_case=True)
    begin_long(talk, slow)
    expect(told).to_contain_text("Answering", ignore_case=True)
    talk.field.press("Escape")
    talk.wait()
    slow.llm_speed("instant")
    talk.say("restart grafana")
    expect(told).to_contain_text("Waiting for you", ignore_case=True)
    talk.card.get_by_role("button", name="Proceed").click()
    expect(told).to_contain_text("Acting", ignore_case=True)
    talk.wait(60_000)
    expect(told).not_to_contain_text("Waiting", ignore_case=True)


def test_a_new_conversation_is_not_disturbed_by_the_old_one(talk: TalkPage, slow: Control) -> None:
    begin_long(talk, slow)
    old = talk.page.evaluate("localStorage.getItem('jarvis.talk.open')")
    talk.page.get_by_role("button", name="New conversation").click()
    expect(talk.answers).to_have_count(0)
    slow.llm_speed("instant")

    expect(talk.ask("thanks")).to_contain_text("You are welcome.")

    assert "Sentence" not in talk.panel.inner_text()
    expect(talk.questions).to_have_count(1)
    talk.page.evaluate("id => jarvis.action('talk-stop', {id})", old)
    expect(talk.page.locator(".panel-reactor")).not_to_contain_text("Answering", ignore_case=True)


def older_page(talk: TalkPage) -> Page:
    """The page, with a conversation of thirty exchanges open."""
    for n in range(1, 31):
        talk.models.llm_script("claude", {"text": f"Answer {n}."})
        talk.ask(f"@claude question {n}")
    talk.page.reload()
    expect(talk.last).to_contain_text("Answer 30.")
    return talk.page


def test_fifty_are_in_view_and_older_ones_come_with_the_scroll(talk: TalkPage) -> None:
    page = older_page(talk)
    expect(page.locator(".talk-list > article")).to_have_count(50)
    scroll = page.locator(".talk-scroll")
    at_end = "one => one.scrollHeight - one.clientHeight - one.scrollTop"
    assert scroll.evaluate(at_end) < 4
    expect(talk.questions.first).to_contain_text("question 6")
    before = scroll.evaluate(
        """one => {
          one.scrollTop = 150;
          return document.querySelector('.talk-question').getBoundingClientRect().top;
        }"""
    )

    expect(page.locator(".talk-list > article")).to_have_count(60)

    after = talk.questions.nth(5).bounding_box()
    assert after is not None
    assert abs(after["y"] - before) < 2, "what is read stays where it is"
    expect(talk.questions.first).to_contain_text("question 1")
    assert [text.split()[2] for text in page.locator(".talk-bubble").all_inner_texts()] == [
        str(n) for n in range(1, 31)
    ]
    talk.models.llm_script("claude", {"text": "Answer 31."})
    talk.ask("@claude question 31")
    assert scroll.evaluate(at_end) < 4, "who speaks sees the answer"
