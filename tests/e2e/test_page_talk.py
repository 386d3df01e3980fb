"""A newcomer's talk with the demo: looked up, asked for, done, read back, counted, and told."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.house import House
from tests.support.talk_page import TalkPage


def test_a_newcomer_asks_acts_follows_up_and_thanks(talk: TalkPage, demo: House) -> None:
    answer = talk.ask("how is the cluster?")
    expect(answer).to_contain_text("quorate")
    expect(answer.get_by_role("row").filter(has_text="agent1")).to_contain_text("online")
    assert set(talk.tools()) == {"get_cluster_status", "list_nodes"}
    expect(talk.foot.locator(".talk-who")).to_have_text("Claude")
    expect(talk.foot).to_contain_text("it asks about the cluster")
    spent = [talk.cost_usd()]

    answer = talk.ask("why is pve hot?")
    expect(answer).to_contain_text(re.compile(r"pve: processor \d+ °C"))
    assert "get_temperatures" in talk.tools()
    spent.append(talk.cost_usd())

    talk.say("restart media")
    expect(talk.card).to_contain_text("reboot_guest")
    expect(talk.card).to_contain_text("media (104), a virtual machine on pve")
    expect(talk.card).to_contain_text("media (104) is running on pve,")
    expect(talk.page.locator(".hud-approvals .approval")).to_have_count(0)
    expect(talk.panel.locator(".talk-doing")).to_have_text("waits for your word")
    assert talk.tools() == ["get_guest_status", "reboot_guest"], "the target is read before"
    talk.card.get_by_role("button", name="Proceed").click()
    answer = talk.wait(60_000)
    expect(answer).to_contain_text("media (104) is back: running on pve")
    expect(talk.card).to_have_count(0)
    assert talk.tools() == ["get_guest_status", "reboot_guest", "get_guest_status"]
    spent.append(talk.cost_usd())

    expect(talk.ask("and nextcloud?")).to_contain_text("nextcloud (105) is running on agent")
    assert talk.tools() == ["get_guest_status"]
    expect(talk.foot.locator(".talk-who")).to_have_text("Claude")
    spent.append(talk.cost_usd())

    before = talk.last_request()
    expect(talk.ask("thanks")).to_contain_text("You are welcome.")
    (only,) = talk.asked(before)
    assert (only["double"], only["calls"], talk.tools()) == ("local", [], [])
    expect(talk.foot.locator(".talk-who")).to_have_text("Local model")
    expect(talk.foot).to_contain_text("it says thanks")

    rows = talk.cost_rows()
    assert {row["outcome"] for row in rows} == {"done"}
    assert [row["provider"] for row in rows].count("local") == 1
    counted = sum(float(row["cost_usd"]) for row in rows)
    assert counted == pytest.approx(float(sum(spent)), abs=0.00005 * len(spent))
    talk.page.goto("/costs")
    told = talk.page.locator("tr").filter(has_text=re.compile("how is the cluster", re.IGNORECASE))
    expect(told.first).to_contain_text(re.compile(r"\$0\.00\d+"))


def test_the_page_says_who_answers_in_the_demo(talk: TalkPage) -> None:
    expect(talk.page.locator(".top .chip-cost")).to_contain_text("scripted model", ignore_case=True)


@pytest.mark.phone
def test_a_phone_has_the_whole_of_it(talk: TalkPage, hud: Page) -> None:
    expect(talk.ask("how is the cluster?")).to_contain_text("quorate")
    expect(talk.ask("temps")).to_contain_text("hottest processor")
    talk.say("restart git")
    expect(talk.card).to_contain_text("git (120)")
    proceed = talk.card.get_by_role("button", name="Proceed")
    proceed.tap() if hud.evaluate("'ontouchstart' in window") else proceed.click()
    expect(talk.wait(60_000)).to_contain_text("git (120) is back")

    wide = hud.evaluate(
        """() => [...document.querySelectorAll('.panel-talk *')]
          .filter((one) => one.getClientRects().length && one.getBoundingClientRect().right > 391)
          .filter((one) => !one.closest('.prose-scroll, pre, .talk-args, .talk-tool summary'))
          .map((one) => one.className)"""
    )
    assert wide == []
    assert hud.evaluate("document.documentElement.scrollWidth") <= 390
    small = hud.evaluate(
        """() => [...document.querySelectorAll('.panel-talk :is(button, select, textarea)')]
          .filter((one) => !one.matches('.chip-link'))
          .filter((one) => one.getClientRects().length)
          .filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.textContent)"""
    )
    assert small == [], "too small for a finger"
    expect(talk.field).to_be_in_viewport()
    cells = talk.panel.locator(".prose td .chip-link")
    expect(cells.first).to_be_visible()
    broken = cells.evaluate_all("all => all.filter((one) => one.offsetHeight > 34).length")
    assert broken == 0, "a name is not torn in two"
    talk.last.locator(".chip-link").first.click()
    expect(hud.locator(".drawer")).to_contain_text("git")


def test_the_keyboard_alone_is_enough(talk: TalkPage, hud: Page) -> None:
    hud.keyboard.press("Control+k")
    hud.keyboard.type("/new")
    hud.keyboard.press("Enter")
    expect(talk.field).to_be_focused()
    hud.keyboard.type("restart git")
    hud.keyboard.press("Enter")
    expect(talk.card).to_be_visible()
    for _ in range(20):
        hud.keyboard.press("Shift+Tab")
        if hud.evaluate("document.activeElement.textContent") == "Refuse":
            break
    hud.keyboard.press("Enter")
    hud.keyboard.type("not now")
    hud.keyboard.press("Enter")

    expect(talk.wait()).to_contain_text("not now")
    hud.keyboard.type("")
    talk.field.focus()
    hud.keyboard.press("Shift+Tab")
    assert hud.evaluate("document.activeElement.closest('.talk-answer') !== null")
