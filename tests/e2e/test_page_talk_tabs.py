"""Two tabs on the same conversations: each learns at once what was done in the other."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.support.silent_server import SilentServer
from tests.support.talk_page import TalkPage


@pytest.fixture
def other(talk: TalkPage) -> Iterator[TalkPage]:
    """Another tab, with the conversation open that `talk` has begun."""
    talk.ask("thanks")
    page = talk.page.context.new_page()
    page.goto("/")
    tab = TalkPage(page, talk.models)
    expect(tab.questions).to_have_count(1)
    yield tab
    page.close()


def line_of(tab: TalkPage) -> Locator:
    """The open conversation in the list, which is shown."""
    sheet = tab.page.get_by_role("dialog", name="Conversations")
    if not sheet.is_visible():
        tab.panel.get_by_role("button", name="Conversations").click()
    return sheet.locator("[aria-current=true]")


def rename(tab: TalkPage, title: str) -> None:
    line_of(tab).get_by_role("button", name=re.compile("^rename")).click()
    field = tab.page.get_by_role("textbox", name="Title")
    field.fill(title)
    field.press("Enter")


def test_a_new_name_is_told_in_every_tab_and_in_the_open_list(
    talk: TalkPage, other: TalkPage
) -> None:
    mine = line_of(talk)
    expect(mine).to_be_visible()

    rename(other, "Disks and dust")

    for tab in (other, talk):
        expect(tab.panel.locator(".panel-h .note")).to_contain_text("“Disks and dust”")
    expect(mine).to_contain_text("Disks and dust")


def test_a_tab_learns_at_once_that_its_conversation_was_deleted(
    talk: TalkPage, other: TalkPage
) -> None:
    talk.field.fill("one more thing")
    line_of(other).get_by_role("button", name=re.compile("^delete")).click()
    other.page.get_by_role("button", name="Delete it").click()

    expect(talk.says).to_contain_text("This conversation was deleted.")

    expect(talk.questions).to_have_count(0)
    expect(talk.field).to_have_value("one more thing")
    other.page.keyboard.press("Escape")
    expect(other.says).to_have_text("")
    expect(talk.ask("thanks")).to_contain_text("You are welcome.")


def test_there_is_more_than_the_first_sixty(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.panel.get_by_role("button", name="Conversations").click()
    rows = [
        {"id": f"c{n}", "title": f"Talk {n}", "pinned": False, "last": 0, "count": 2, "cost": None}
        for n in range(100)
    ]
    server.tell("listed", rows=rows[:60], more=True, text="", most=60)

    talk.page.get_by_role("button", name="Show more").click()

    assert [one["most"] for one in server.sent("talk-list")] == [60, 120]
    server.tell("listed", rows=rows, more=False, text="", most=120)
    expect(talk.page.locator(".talk-sessions-list > li")).to_have_count(100)
    expect(talk.page.get_by_role("button", name="Show more")).to_be_hidden()
