"""Beside the talk itself: drafts, commands, conversations to find again, and names that open."""

import json
import re

from playwright.sync_api import Locator, Page, expect

from tests.support.hud import TAKE_ALONE
from tests.support.talk_page import TalkPage


def lines(page: Page) -> Locator:
    """The conversations in the list."""
    return page.locator(".talk-sessions-list > li")


def open_sessions(page: Page) -> Locator:
    page.locator(".panel-talk").get_by_role("button", name="Conversations").click()
    sheet = page.get_by_role("dialog", name="Conversations")
    expect(sheet).to_be_visible()
    return sheet


def test_drafts_survive_a_reload_each_in_its_conversation(talk: TalkPage) -> None:
    talk.field.fill("a thought for later")
    talk.page.reload()
    expect(talk.field).to_have_value("a thought for later")
    talk.ask("thanks")
    expect(talk.field).to_have_value("")
    talk.field.fill("one more\nof two lines")
    talk.page.get_by_role("button", name="New conversation").click()
    expect(talk.field).to_have_value("")

    sheet = open_sessions(talk.page)
    sheet.locator(".talk-session").first.click()

    expect(talk.questions).to_have_text([re.compile("thanks")])
    expect(talk.field).to_have_value("one more\nof two lines")
    talk.page.reload()
    expect(talk.questions).to_have_count(1)
    expect(talk.field).to_have_value("one more\nof two lines")


def test_conversations_are_found_named_pinned_taken_away_and_deleted(talk: TalkPage) -> None:
    page = talk.page
    talk.ask("is paperless up?")
    page.get_by_role("button", name="New conversation").click()
    talk.ask("thanks a lot for the zebra")
    sheet = open_sessions(page)
    search = sheet.get_by_role("searchbox", name="Find conversations")
    expect(search).to_be_focused()
    expect(lines(page).first).to_have_attribute("aria-current", "true")
    search.fill("zebra")
    expect(lines(page)).to_have_count(1)
    search.fill("paperless")
    expect(lines(page).first).to_contain_text("paperless")
    search.fill('"up is paperless"')
    expect(sheet).to_contain_text("No conversation has these words.")
    search.fill("UP? paperless")
    expect(lines(page).first).to_contain_text("paperless")
    search.fill("nobody ever said this")
    expect(sheet).to_contain_text("No conversation has these words.")
    search.fill('"is paperless up"')
    expect(lines(page)).to_have_count(1)

    lines(page).get_by_role("button", name=re.compile("^rename")).click()
    title = sheet.get_by_role("textbox", name="Title")
    title.fill("<b>Paper</b> & post")
    title.press("Enter")
    expect(lines(page)).to_contain_text("<b>Paper</b> & post")
    lines(page).get_by_role("button", name=re.compile("^pin")).click()
    expect(lines(page).get_by_role("button", name=re.compile("^unpin"))).to_be_visible()
    search.fill("")
    expect(lines(page).first).to_contain_text("<b>Paper</b> & post")

    with page.expect_download() as taken:
        lines(page).first.get_by_role("link", name=re.compile("^Markdown")).click()
    text = taken.value.path().read_text()
    assert "is paperless up?" in text
    assert "paperless (106) is running" in text
    assert taken.value.suggested_filename.endswith(".md")
    with page.expect_download() as taken:
        lines(page).first.get_by_role("link", name=re.compile("^JSON")).click()
    told = json.loads(taken.value.path().read_text())
    assert "get_guest_status" in json.dumps(told)

    lines(page).first.get_by_role("button", name=re.compile("^delete")).click()
    expect(lines(page).first).to_contain_text("Delete “<b>Paper</b> & post” with its")
    sheet.get_by_role("button", name="Keep it").click()
    lines(page).first.get_by_role("button", name=re.compile("^delete")).click()
    sheet.get_by_role("button", name="Delete it").click()
    expect(lines(page).filter(has_text="Paper")).to_have_count(0)
    search.fill('"paperless up"')
    expect(sheet).to_contain_text("No conversation has these words.")
    search.press("Escape")
    expect(sheet).to_be_hidden()
    expect(talk.questions).to_have_text([re.compile("zebra")])


def test_a_list_that_comes_late_takes_no_name_from_under_the_hand(talk: TalkPage) -> None:
    talk.ask("thanks")
    sheet = open_sessions(talk.page)
    expect(lines(talk.page)).not_to_have_count(0)

    # In one breath, so that the search is still on its way when the name is asked for.
    talk.page.evaluate(
        """() => {
          window.listed = 0;
          jarvis.on('tell:talk', (word) => { if (word.t === 'listed') window.listed += 1; });
          const sheet = document.querySelector('.talk-sessions');
          sheet.querySelector('input[type=search]').dispatchEvent(new Event('input'));
          sheet.querySelector('[aria-label^="rename"]').click();
          sheet.querySelector('[aria-label="Title"]').value = 'half a name';
        }"""
    )
    talk.page.wait_for_function("() => window.listed > 0")
    expect(sheet.get_by_role("textbox", name="Title")).to_have_value("half a name")

    sheet.get_by_role("button", name="Back").click()
    expect(sheet.get_by_role("textbox", name="Title")).to_have_count(0)
    expect(lines(talk.page).first.get_by_role("button", name=re.compile("^rename"))).to_be_visible()


def test_the_open_conversation_is_deleted_and_a_new_one_begins(talk: TalkPage) -> None:
    talk.ask("thanks")
    sheet = open_sessions(talk.page)
    current = sheet.locator("[aria-current=true]")
    current.get_by_role("button", name=re.compile("^delete")).click()

    sheet.get_by_role("button", name="Delete it").click()

    expect(talk.questions).to_have_count(0)
    talk.page.keyboard.press("Escape")
    expect(talk.ask("thanks")).to_contain_text("You are welcome.")


def test_commands_complete_and_do_what_they_say(talk: TalkPage) -> None:
    page, field = talk.page, talk.field
    options = page.locator(".talk-commands [role=option]")
    field.press_sequentially("/")
    expect(options).to_have_count(7)
    field.press_sequentially("stat")
    expect(options).to_have_count(1)
    field.press("Enter")
    expect(talk.wait()).to_contain_text("quorate")

    field.fill("/model local")
    field.press("Enter")
    expect(page.get_by_role("combobox", name="Who answers")).to_have_value("local")
    talk.ask("how is the cluster?")
    expect(talk.foot.locator(".talk-who")).to_have_text("Local model")
    field.fill("/model nobody")
    field.press("Enter")
    expect(talk.says).to_contain_text("There is no nobody")
    field.fill("/help")
    field.press("Enter")
    expect(talk.says).to_contain_text("/export")
    field.fill("/sessions")
    field.press("Enter")
    expect(page.get_by_role("dialog", name="Conversations")).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_download() as taken:
        field.fill("/export json")
        field.press("Enter")
    assert json.loads(taken.value.path().read_text())
    field.fill("/new")
    field.press("Enter")
    expect(talk.questions).to_have_count(0)
    field.fill("/cost")
    field.press("Enter")
    page.wait_for_url("**/costs")


def test_who_is_not_set_up_is_picked_by_nobody_and_no_command(talk: TalkPage) -> None:
    picker = talk.page.get_by_role("combobox", name="Who answers")
    picker.select_option("local")
    off = {"because": "The local model is not set up", "remedy": "Set LLAMA_SERVER_URL"}
    providers = [{"name": "claude", "state": "ready"}, {"name": "local", "state": "off", **off}]

    talk.page.evaluate(TAKE_ALONE, {"talk": {"meta": {"providers": providers}}})

    expect(picker).to_have_value("auto")
    expect(talk.says).to_have_text(
        "There is no local model: set LLAMA_SERVER_URL. Auto decides who answers."
    )
    expect(picker.get_by_role("option", name="Local (not set up)")).to_be_disabled()
    talk.field.fill("/model local")
    talk.field.press("Enter")
    expect(talk.says).to_have_text("There is no local model: set LLAMA_SERVER_URL.")
    expect(picker).to_have_value("auto")


def test_what_begins_with_a_slash_is_a_command_or_told_so(talk: TalkPage) -> None:
    before = talk.last_request()
    talk.field.fill("/statusquo is what?")
    talk.field.press("Enter")
    expect(talk.says).to_contain_text("There is no command /statusquo.")
    expect(talk.field).to_have_value("/statusquo is what?")
    assert talk.asked(before) == []

    talk.field.fill("//status is a word")
    talk.field.press("Enter")

    expect(talk.questions.last.locator(".talk-bubble")).to_have_text("/status is a word")
    talk.wait()


def test_ctrl_k_finds_every_command(talk: TalkPage) -> None:
    page = talk.page
    found = page.locator(".palette-item")
    for typed, label in (
        ("/status", "Ask how the cluster is"),
        ("/model", "Who answers"),
        ("/cost", "Costs"),
        ("/sessions", "Conversations"),
        ("/new", "New conversation"),
        ("/export", "Take the conversation away"),
        ("/help", "What can be said"),
    ):
        page.keyboard.press("Control+k")
        page.keyboard.type(typed)
        expect(found.first).to_contain_text(label)
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("/model")
    page.keyboard.press("Enter")
    expect(talk.field).to_have_value("/model ")
    expect(page.locator(".talk-commands [role=option]")).to_have_count(5)
    talk.field.fill("")
    page.keyboard.press("Control+k")
    page.keyboard.type("/status")
    page.keyboard.press("Enter")
    expect(talk.wait()).to_contain_text("quorate")


def test_names_in_an_answer_open_what_they_name(talk: TalkPage) -> None:
    talk.models.llm_script(
        "claude",
        {"text": "Look at **pve**, at media (104), at `nextcloud`, and stay at home in peace."},
    )
    talk.ask("@claude speak")
    chips = talk.last.locator(".chip-link")
    expect(chips).to_have_text(["pve", "media (104)", "nextcloud"])
    for n, title in enumerate(("pve", "media", "nextcloud")):
        chips.nth(n).click()
        expect(talk.page.locator(".drawer h2").first).to_contain_text(title)
        talk.page.locator(".drawer-close").click()


def test_a_conversation_is_opened_by_its_address(talk: TalkPage) -> None:
    talk.ask("thanks")
    id = talk.page.evaluate("localStorage.getItem('jarvis.talk.open')")
    talk.page.get_by_role("button", name="New conversation").click()
    expect(talk.questions).to_have_count(0)

    talk.page.goto(f"/#talk/{id}")

    expect(talk.questions).to_have_text([re.compile("thanks")])
    talk.page.evaluate("location.hash = '#talk/no-such-conversation'")
    expect(talk.questions).to_have_count(0)
    expect(talk.field).to_be_enabled()
