"""Acting from the page: cards, protection, switches and the record, by keyboard and on a phone."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from simulator.remote import Control
from tests.support.house import House
from tests.support.silent_server import SilentServer

NOT_SENT = "Not sent yet, Jarvis is being looked for…"


def open_guest(page: Page, vmid: int) -> None:
    page.evaluate("vmid => jarvis.action('open', {kind: 'guest', id: String(vmid)})", vmid)
    expect(page.locator(".drawer-acts-buttons button").first).to_be_visible()


def press(page: Page, name: str) -> None:
    page.locator(".drawer-acts-buttons").get_by_role("button", name=name, exact=True).click()


def act(page: Page, tool: str, guest: int) -> Any:
    """What comes back to a page that asks past its buttons."""
    return page.evaluate(
        """([tool, guest]) => new Promise((resolve) => {
          jarvis.on('tell:act', resolve);
          jarvis.action('act', { tool, arguments: { guest: String(guest) }, ask: 77 });
        })""",
        [tool, guest],
    )


def test_a_guest_is_stopped_by_a_card_and_started_again(hud: Page, hurt: Control) -> None:
    open_guest(hud, 121)
    press(hud, "Stop")
    asked = hud.locator(".drawer .approval")
    expect(asked).to_contain_text("stop_guest")
    expect(asked).to_contain_text("grafana (121)")
    expect(asked).to_contain_text("Last backup")
    expect(asked).to_contain_text(re.compile(r"lapses in [45]:\d\d"))
    expect(hud.locator(".top .waits")).to_have_text("1 waits")

    asked.get_by_role("button", name="Proceed").click()

    expect(hud.locator(".drawer-acts-says")).to_contain_text("stopped", timeout=30_000)
    expect(hud.locator(".top .waits")).to_be_hidden()
    press(hud, "Start")
    expect(hud.locator(".drawer-acts-says")).to_contain_text("running", timeout=30_000)


def test_a_protected_guest_shows_what_cannot_be_done_to_it_and_why(hud: Page) -> None:
    server = SilentServer.of(hud)
    open_guest(hud, 103)

    stop = hud.locator(".drawer-acts-buttons").get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_disabled()
    expect(stop).to_have_accessible_description("I may not act on mgmt (103): I live there.")
    expect(hud.locator(".drawer-acts-held")).to_have_text(
        "I may not act on mgmt (103): I live there."
    )
    stop.click(force=True)
    stop.press("Enter")

    assert server.sent("act") == []
    expect(
        hud.locator(".drawer-acts-buttons").get_by_role("button", name="Ask about it")
    ).to_be_enabled()
    open_guest(hud, 121)
    expect(hud.locator(".drawer-acts-held")).to_be_hidden()


def test_a_node_on_which_jarvis_lives_shows_that_it_may_not_go_down(hud: Page) -> None:
    hud.evaluate("jarvis.action('open', { kind: 'node', id: 'pve' })")

    down = hud.locator(".drawer-acts-buttons").get_by_role("button", name="Shut down")
    expect(down).to_be_disabled()
    expect(down).to_have_attribute("title", re.compile("pve may not go down: mgmt .103. is there"))


def test_what_is_protected_is_refused_whatever_a_page_sends(hud: Page) -> None:
    answer = act(hud, "stop_guest", 103)

    assert (answer["ok"], answer["outcome"]) == (False, "refused")
    assert "I may not act on mgmt (103): I live there" in answer["because"]


def test_an_act_waits_in_sight_until_the_page_has_found_its_server(hud: Page) -> None:
    server = SilentServer.of(hud)
    hud.evaluate("jarvis.apply = () => {}; jarvis.setConnection('connecting')")
    open_guest(hud, 121)
    press(hud, "Reboot")
    expect(hud.locator(".drawer-acts-says")).to_have_text(NOT_SENT)
    assert server.sent("act") == []

    hud.evaluate("jarvis.setConnection('up')")

    expect(hud.locator(".drawer-acts-says")).to_have_text("Reboot: sent…")
    assert [one["tool"] for one in server.sent("act")] == ["reboot_guest"]


@pytest.mark.parametrize("state", ["connecting", "lost"])
def test_an_act_that_waits_is_let_go_of_with_its_drawer(hud: Page, state: str) -> None:
    server = SilentServer.of(hud)
    hud.evaluate("state => { jarvis.apply = () => {}; jarvis.setConnection(state); }", state)
    open_guest(hud, 121)
    press(hud, "Stop")
    expect(hud.locator(".drawer-acts-says")).to_have_text(NOT_SENT)

    hud.keyboard.press("Escape")
    expect(hud.locator(".drawer")).to_be_hidden()
    hud.evaluate("jarvis.setConnection('up')")

    assert server.sent("act") == []
    open_guest(hud, 121)
    expect(hud.locator(".drawer-acts-says")).to_have_text("")


def test_jarvis_is_not_said_to_be_stood_down_where_nobody_heard_it(hud: Page) -> None:
    server = SilentServer.of(hud)
    hud.clock.install()
    hud.evaluate("jarvis.apply = () => {}; jarvis.setConnection('lost')")

    hud.locator(".top .stand-down").click()
    failed = hud.locator(".strip-failed")
    expect(failed).to_have_text(NOT_SENT)
    hud.clock.run_for(10_000)

    expect(failed).to_contain_text("could not be stood down: Nothing was sent: the server is not")
    assert server.sent("stand-down") == []


def test_a_refusal_keeps_its_reason(hud: Page) -> None:
    open_guest(hud, 106)
    press(hud, "Reboot")
    asked = hud.locator(".drawer .approval")
    asked.get_by_role("button", name="Refuse").click()
    asked.get_by_role("textbox", name="Why it is refused").fill("after lunch")

    asked.get_by_role("button", name="Refuse it").click()

    expect(hud.locator(".drawer-acts-says")).to_contain_text("after lunch")


def test_two_pages_say_yes_at_once_and_it_runs_once(hud: Page, hud_context: BrowserContext) -> None:
    other = hud_context.new_page()
    other.goto("/")
    open_guest(hud, 107)
    press(hud, "Reboot")
    expect(other.locator(".hud-approvals .approval")).to_contain_text("vaultwarden")
    where = "document.querySelector('.approval .btn.go').click()"

    hud.evaluate(where)
    other.evaluate(where)

    expect(hud.locator(".drawer-acts-says")).to_contain_text("running", timeout=40_000)
    expect(other.locator(".hud-approvals .approval")).to_have_count(0)
    told = hud.request.get("/audit.json?action=reboot_guest&target=guest/107&outcome=begun")
    assert len(told.json()) == 1
    other.close()


def test_the_card_is_answered_from_the_keyboard_alone(hud: Page) -> None:
    hud.keyboard.press("/")
    hud.keyboard.type("git")
    hud.keyboard.press("Enter")
    expect(hud.locator(".drawer-acts-buttons")).to_be_visible()
    for _ in range(12):
        hud.keyboard.press("Tab")
        if hud.evaluate("document.activeElement.textContent") == "Shut down":
            break
    hud.keyboard.press("Enter")
    expect(hud.locator(".drawer .approval")).to_be_visible()
    expect(hud.locator(".drawer .approval")).to_be_focused()
    hud.keyboard.press("Enter")  # pressed once too often, it is no answer
    hud.keyboard.press("Tab")
    expect(hud.locator(".drawer .approval .btn.go")).to_be_focused()
    hud.keyboard.press("Tab")
    hud.keyboard.press("Enter")
    hud.keyboard.type("not now")

    hud.keyboard.press("Enter")

    expect(hud.locator(".drawer-acts-says")).to_contain_text("not now")


@pytest.mark.phone
def test_a_phone_has_its_questions_behind_a_badge(hud: Page) -> None:
    open_guest(hud, 106)
    press(hud, "Stop")
    expect(hud.locator(".drawer .approval")).to_be_visible()
    hud.locator(".drawer-close").click()
    tab = hud.get_by_role("button", name="Approve")
    expect(tab).to_have_attribute("data-badge", "1")

    tab.click()

    asked = hud.locator(".hud-approvals .approval")
    expect(asked).to_contain_text("paperless (106)")
    asked.get_by_role("button", name="Refuse").click()
    asked.get_by_role("button", name="Refuse it").click()
    expect(hud.locator(".hud-approvals .approval")).to_have_count(0)


def test_one_click_stands_jarvis_down_and_a_person_lets_it_act_again(hud: Page) -> None:
    open_guest(hud, 106)
    press(hud, "Stop")
    expect(hud.locator(".drawer .approval")).to_be_visible()
    hud.locator(".drawer-close").click()

    hud.locator(".top .stand-down").click()

    expect(hud.locator(".strip-down")).to_contain_text("by owner")
    expect(hud.locator(".hud-approvals .approval")).to_have_count(0)
    hud.get_by_role("button", name="Let Jarvis act again").click()
    expect(hud.locator(".strip-down")).to_be_hidden()


def test_an_override_wants_the_passkey_and_ends(hud: Page, demo: House) -> None:
    hud.goto("/account")
    if hud.get_by_role("button", name="Set the passkey").count():
        hud.locator("form[action='/account/passkey'] input[name=wanted]").fill("nine-green-moths")
        hud.locator("form[action='/account/passkey'] input[name=again]").fill("nine-green-moths")
        hud.get_by_role("button", name="Set the passkey").click()
        expect(hud.get_by_role("status")).to_contain_text("set")
    hud.goto("/")
    hud.evaluate("jarvis.action('ask-override')")
    hud.locator("#override-passkey").fill("eight-green-moths")
    hud.keyboard.press("Enter")
    expect(hud.locator(".ask-sheet .warn[role=status]")).to_contain_text("passkey")
    time_left = hud.locator(".ask-sheet .warn[role=status]").inner_text()
    if found := re.search(r"(\d+) s", time_left):
        hud.wait_for_timeout(int(found[1]) * 1000 + 200)
    hud.locator("#override-passkey").fill("nine-green-moths")

    hud.keyboard.press("Enter")

    expect(hud.locator(".strip-override")).to_contain_text("owner · 4:")
    assert "nine-green-moths" not in demo.log
    hud.get_by_role("button", name="End the override").click()
    expect(hud.locator(".strip-override")).to_be_hidden()


def test_the_audit_tells_it_all_and_can_be_taken_away(hud: Page) -> None:
    assert "I live there" in act(hud, "reboot_guest", 103)["because"]

    hud.goto("/audit?action=reboot_guest&outcome=refused&verify=1")

    expect(hud.get_by_role("status")).to_contain_text("the audit is whole")
    expect(hud.get_by_role("row").nth(1)).to_contain_text("guest/103")
    lines = hud.request.get("/audit.csv?action=reboot_guest").text().splitlines()
    assert lines[0].startswith("id,at,actor")
    assert any("guest/103" in line for line in lines)
    told = hud.request.get("/audit.json?target=guest/103").json()
    assert {row["target"] for row in told} == {"guest/103"}
    hud.goto("/audit?since=yesterday")
    expect(hud.get_by_role("status")).to_contain_text("2026-11-27")
