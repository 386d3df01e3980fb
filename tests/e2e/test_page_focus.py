"""Where the focus goes when what had it goes away, and what a screen reader is told meanwhile."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.talk_page import TalkPage

HAS_FOCUS = "(place) => place.contains(document.activeElement)"


def expect_focus_within(page: Page, place: Locator) -> None:
    """Wait until the focus is on the place or on something in it."""
    page.wait_for_function(HAS_FOCUS, arg=place.element_handle())


def ask_to_stop(page: Page, vmid: int) -> Locator:
    """Ask to stop a guest from its drawer, and hand back the card that came of it."""
    page.evaluate(f"location.hash = '#guest/{vmid}'")
    page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
    card = page.get_by_role("dialog").locator(".approval")
    expect(card).to_be_visible()
    return card


def test_the_strip_of_a_stand_down_is_read_out_once_and_keeps_the_focus(hud: Page) -> None:
    hud.get_by_role("button", name="Stand down").focus()
    hud.keyboard.press("Enter")
    strip = hud.locator(".strip-down")
    expect(strip).to_be_visible()
    expect_focus_within(hud, strip)

    said = hud.get_by_role("alert").filter(has_text="Nothing acts on its own")
    words, first = said.inner_text(), strip.inner_text()
    expect(strip).not_to_have_text(first, use_inner_text=True)
    assert said.inner_text() == words

    hud.keyboard.press("Tab")
    expect(hud.get_by_role("button", name="Let Jarvis act again")).to_be_focused()
    hud.keyboard.press("Enter")
    expect(strip).to_be_hidden()
    expect_focus_within(hud, hud.get_by_role("main"))


def test_a_card_that_was_decided_leaves_the_focus_where_it_stood(hud: Page) -> None:
    card = ask_to_stop(hud, 106)
    card.get_by_role("button", name="Refuse").focus()
    hud.keyboard.press("Enter")
    hud.keyboard.press("Enter")

    expect(card).to_have_count(0)
    expect_focus_within(hud, hud.get_by_role("dialog"))


@pytest.mark.phone
def test_the_button_that_refuses_is_in_sight_when_it_is_asked_why(hud: Page) -> None:
    ask_to_stop(hud, 106)
    hud.keyboard.press("Escape")
    hud.get_by_role("button", name="Approve, 1 waiting").click()
    hud.set_viewport_size({"width": 390, "height": 480})
    card = hud.locator(".hud-approvals .approval")
    card.get_by_role("button", name="Refuse").click()

    expect(card.get_by_role("button", name="Refuse it")).to_be_in_viewport(ratio=1)
    card.get_by_role("button", name="Refuse it").click()
    expect(card).to_have_count(0)


def test_a_question_that_waits_is_told_in_the_singular(hud: Page) -> None:
    card = ask_to_stop(hud, 106)
    expect(hud.locator(".waits")).to_have_attribute("aria-label", "1\xa0approval waits for you")
    card.get_by_role("button", name="Refuse").click()
    hud.keyboard.press("Enter")
    expect(card).to_have_count(0)


def test_a_message_sent_with_the_button_leaves_the_focus_in_the_field(talk: TalkPage) -> None:
    talk.field.fill("How is the cluster?")
    talk.page.get_by_role("button", name="Speak").focus()
    talk.page.keyboard.press("Enter")

    expect(talk.field).to_be_focused()


def test_a_search_of_no_terminal_gives_the_focus_back(hud: Page) -> None:
    asking = hud.get_by_role("button", name="Open agent", exact=True)
    asking.focus()
    hud.keyboard.press("Enter")
    hud.get_by_role("button", name="Show the question").wait_for()
    expect_focus_within(hud, hud.locator(".term-says"))
    find = hud.get_by_role("button", name="Find in the terminal")
    find.focus()
    hud.keyboard.press("Enter")
    expect(hud.get_by_role("searchbox", name="Find in the terminal")).to_be_focused()
    hud.keyboard.press("Escape")

    expect(find).to_be_focused()
    hud.get_by_role("button", name="Close the terminal on agent").focus()
    hud.keyboard.press("Enter")
    asking.wait_for()
    expect(hud.get_by_role("tab", name="agent, not open", exact=True)).to_be_focused()


def test_an_edit_is_left_with_escape(talk: TalkPage) -> None:
    talk.say("How is the cluster?")
    edit = talk.questions.first.get_by_role("button", name="Edit and send again")
    edit.focus()
    talk.page.keyboard.press("Enter")
    expect(talk.page.get_by_role("textbox", name="The message")).to_be_focused()
    talk.page.keyboard.press("Escape")

    expect(talk.page.get_by_role("textbox", name="The message")).to_have_count(0)
    expect(edit).to_be_focused()


def test_who_has_an_answer_given_anew_is_at_the_question_then(talk: TalkPage) -> None:
    talk.say("How is the cluster?")
    talk.last.get_by_role("button", name="Answer anew").focus()
    talk.page.keyboard.press("Enter")

    expect_focus_within(talk.page, talk.questions.last)


def test_escape_leaves_the_renaming_of_a_conversation_and_not_the_list(talk: TalkPage) -> None:
    talk.say("How is the cluster?")
    talk.page.get_by_role("button", name="Conversations").click()
    sheet = talk.page.get_by_role("dialog", name="Conversations")
    for label in ("rename", "delete"):
        button = sheet.get_by_role("button", name=f"{label}: ").first
        button.focus()
        talk.page.keyboard.press("Enter")
        expect_focus_within(talk.page, sheet.locator("li").first)
        talk.page.keyboard.press("Escape")

        expect(button).to_be_focused()
    talk.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_menu_that_was_gone_past_is_closed_and_gives_no_dialog_its_place(hud: Page) -> None:
    user = hud.get_by_role("button", name="Menu of owner")
    user.focus()
    hud.keyboard.press("Enter")
    hud.get_by_role("button", name="Sign out everywhere").focus()
    hud.keyboard.press("Tab")
    expect(hud.get_by_role("link", name="Account", exact=True)).to_be_hidden()

    user.focus()
    hud.keyboard.press("Enter")
    hud.get_by_role("button", name="Override", exact=True).focus()
    hud.keyboard.press("Enter")
    expect(hud.get_by_role("dialog", name="Override")).to_be_visible()
    expect(hud.get_by_role("link", name="Account", exact=True)).to_be_hidden()
    hud.keyboard.press("Escape")
    expect(user).to_be_focused()


def test_an_answer_is_read_out_once_it_is_whole(talk: TalkPage) -> None:
    heard = talk.page.locator("body > [aria-live=polite]")
    expect(heard).to_be_empty()

    words = talk.ask("How is the cluster?").locator(".prose").inner_text()

    assert "quorate" in words
    expect(heard).to_contain_text("quorate")
    talk.act("Copy the answer")
    expect(heard).to_have_text(re.compile("copied|not allowed"))
