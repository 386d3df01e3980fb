"""Answers that arrive after the person went elsewhere: they change nothing where one is now."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support.silent_server import SilentServer

RED = {
    "id": "a" * 16,
    "tool": "reboot_guest",
    "args": [["guest", "104"]],
    "reason": "",
    "asker": "owner",
    "tier": "RED",
    "why": "it interrupts",
    "blast": [["Guest", "media (104)"]],
    "asked": 1_790_000_000,
    "expires": 4_000_000_000,
    "state": "pending",
    "decided": None,
    "told": "",
    "outcome": None,
}
WAITS = """row => {
  jarvis.panel('gate').rows.set(row.id, row);
  jarvis.notify('gate', jarvis.everything);
}"""
ALL_BUT_THREE = """() => {
  const { rows } = jarvis.panel('feed');
  for (const key of [...rows.keys()].slice(3)) rows.delete(key);
}"""
"""So few events that the feed asks for older ones, whatever its filters."""
ANSWER = "answer => jarvis.notify('tell:act', answer)"
DOWN = """name => {
  Object.assign(jarvis.panel('nodes').rows.get(name), { state: 'down', since: 1_790_000_000 });
  jarvis.notify('nodes', jarvis.everything);
}"""
TELL_FAULTS = "answer => jarvis.notify('tell:simulation', answer)"
STILL = "jarvis.apply = () => {}"
"""The page is told nothing new of the house, so that what a test has put there stays."""


CLOSE_AND_OPEN = """() => new Promise((done) => {
  window.addEventListener('hashchange', () => setTimeout(done), { once: true });
  jarvis.action('close-drawer');
  jarvis.action('open', { kind: 'guest', id: '104' });
})"""
"""Ends once the way back was gone, which takes a moment."""


def opened(page: Page, name: str, address: str) -> Any:
    page.evaluate("hash => { location.hash = hash; }", address)
    drawer = page.get_by_role("dialog", name=name)
    expect(drawer).to_be_visible()
    return drawer


def test_the_question_of_one_guest_is_not_asked_in_the_drawer_of_another(hud: Page) -> None:
    server = SilentServer.of(hud)
    hud.evaluate(STILL)
    opened(hud, "media", "#guest/104").get_by_role("button", name="Reboot", exact=True).click()
    other = opened(hud, "grafana", "#guest/121")
    hud.evaluate(WAITS, RED)

    server.reply("act", ok=True, outcome="waiting", approval=RED["id"])

    expect(other.locator(".approval")).to_have_count(0)
    expect(other.get_by_role("button", name="Reboot", exact=True)).to_be_enabled()


def test_what_came_of_an_act_is_not_told_in_the_drawer_of_another(hud: Page) -> None:
    server = SilentServer.of(hud)
    opened(hud, "media", "#guest/104").get_by_role("button", name="Reboot", exact=True).click()
    other = opened(hud, "grafana", "#guest/121")
    other.get_by_role("button", name="Back up", exact=True).click()
    asks = [one["ask"] for one in server.sent("act")]

    hud.evaluate(
        "ask => jarvis.notify('tell:act', { ask, ok: false, because: 'media is locked' })", asks[0]
    )

    expect(other.locator(".drawer-acts-says")).to_have_text("Back up: sent…")
    expect(other.get_by_role("button", name="Back up", exact=True)).to_be_disabled()


def test_a_drawer_that_is_opened_as_another_closes_stays_open(hud: Page) -> None:
    hud.evaluate("jarvis.action('open', { kind: 'node', id: 'pve' })")
    expect(hud.get_by_role("dialog", name="pve")).to_be_visible()

    hud.evaluate(CLOSE_AND_OPEN)

    expect(hud.get_by_role("dialog", name="media")).to_be_visible()
    assert hud.url.endswith("#guest/104")
    hud.keyboard.press("Escape")
    expect(hud.locator(".drawer-sheet")).to_be_hidden()
    expect(hud).to_have_url(re.compile(r"/$"))


def test_closing_after_the_back_button_stays_on_the_page(hud: Page) -> None:
    hud.evaluate("jarvis.action('open', { kind: 'node', id: 'pve' })")
    hud.evaluate("jarvis.action('open', { kind: 'guest', id: '104' })")
    expect(hud.get_by_role("dialog", name="media")).to_be_visible()
    hud.go_back()
    expect(hud.get_by_role("dialog", name="pve")).to_be_visible()

    hud.keyboard.press("Escape")

    expect(hud.locator(".drawer-sheet")).to_be_hidden()
    expect(hud).to_have_url(re.compile(r"/$"))
    expect(hud.get_by_role("region", name="Nodes")).to_be_visible()


def test_older_events_of_a_filter_that_was_lifted_are_not_taken_for_all_there_were(
    hud: Page,
) -> None:
    feed = hud.get_by_role("region", name="Activity")
    expect(feed.locator(".feed-row").nth(2)).to_be_attached()
    server = SilentServer.of(hud)
    hud.evaluate(STILL)
    hud.evaluate(ALL_BUT_THREE)
    feed.hover()
    alarms = feed.get_by_role("button", name="Alarm", exact=True)
    alarms.click()
    hud.wait_for_function("sent.some((one) => one.args.severities?.length === 1)")
    alarms.click()
    hud.wait_for_function("sent.at(-1).args.severities?.length === 0")
    first, last = (server.sent("older")[at] for at in (0, -1))
    assert (first["severities"], last["severities"]) == (["alarm"], [])
    assert first["before_id"] == last["before_id"]

    hud.evaluate("asked => jarvis.notify('tell:older', { ...asked, rows: [], more: false })", first)

    expect(feed.locator(".feed-foot")).to_have_text("Reading older events…")


def test_faults_are_shown_as_they_were_told_of_last(hud: Page) -> None:
    server = SilentServer.of(hud)
    hud.evaluate("jarvis.action('faults')")
    sheet = hud.locator(".simulation-sheet")
    hud.get_by_role("button", name="Close", exact=True).click()
    hud.evaluate("jarvis.action('faults')")
    on = [{"fault": "freeze", "target": "pve", "since": 1_790_000_000, "until": None}]
    first, second = ({**one, "catalogue": []} for one in server.sent("simulation"))

    hud.evaluate(TELL_FAULTS, {**second, "active": on, "because": None})
    hud.evaluate(TELL_FAULTS, {**first, "active": [], "because": None})

    expect(sheet.locator(".simulation-on")).to_have_count(1)


def test_why_a_fault_was_refused_stands_until_something_else_is_asked_for(hud: Page) -> None:
    server = SilentServer.of(hud)
    hud.evaluate("jarvis.action('faults')")
    says = hud.locator(".simulation-sheet [role=status]")
    on = [{"fault": "freeze", "target": "pve", "since": 1_790_000_000, "until": None}]
    (listed,) = server.sent("simulation")
    hud.evaluate(TELL_FAULTS, {**listed, "catalogue": [], "active": on, "because": None})
    hud.get_by_role("button", name="Clear: Freeze of pve").click()
    cleared = server.sent("simulation")[-1]

    hud.evaluate(TELL_FAULTS, {**cleared, "active": on, "because": "there is no such fault"})
    expect(says).to_have_text("there is no such fault.")
    hud.evaluate(TELL_FAULTS, {**listed, "ask": cleared["ask"] + 1, "active": on, "because": None})

    expect(says).to_have_text("there is no such fault.")


def test_a_form_that_was_sent_is_not_sent_again(hud_context: BrowserContext) -> None:
    page = hud_context.new_page()
    page.goto("/account")
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.url)
        route.fulfill(status=204)

    page.route("**/account/password", answer)
    page.get_by_label("New password", exact=True).fill("four sighted voles")
    page.get_by_label("New password again").fill("four sighted voles")

    page.get_by_role("button", name="Change the password").click()

    expect(page.get_by_role("button", name="Change the password")).to_be_disabled()
    assert len(sent) == 1


def test_a_key_that_is_held_while_a_question_arrives_does_not_answer_it(hud: Page) -> None:
    server = SilentServer.of(hud)
    hud.evaluate(STILL)
    drawer = opened(hud, "media", "#guest/104")
    drawer.get_by_role("button", name="Reboot", exact=True).focus()
    hud.keyboard.down("Enter")
    hud.evaluate(WAITS, RED)
    server.reply("act", ok=True, outcome="waiting", approval=RED["id"])
    expect(drawer.locator(".approval")).to_be_focused()

    hud.keyboard.down("Enter")

    assert server.sent("proceed") == []
    hud.keyboard.up("Enter")
    hud.keyboard.press("Enter")
    assert server.sent("proceed") == [], "nor is a second one that was on its way"
    drawer.get_by_role("button", name="Proceed").focus()
    hud.keyboard.press("Enter")
    assert [one["id"] for one in server.sent("proceed")] == [RED["id"]]


def test_a_wake_that_ends_well_leaves_what_is_told_of_another(hud: Page) -> None:
    server = SilentServer.of(hud)
    strip = hud.locator(".strip-failed")
    hud.evaluate("jarvis.action('wake-node', { node: 'pve' })")
    hud.evaluate("jarvis.action('wake-node', { node: 'home' })")
    first, second = server.sent("act")

    hud.evaluate(ANSWER, {"ask": second["ask"], "ok": False, "because": "no neighbour is up"})
    hud.evaluate(ANSWER, {"ask": first["ask"], "ok": True, "text": "pve is up"})

    expect(strip).to_have_text("home was not woken: No neighbour is up.")


def test_a_node_whose_wake_was_refused_can_be_woken_again(hud: Page) -> None:
    server = SilentServer.of(hud)
    hud.evaluate(STILL)
    hud.evaluate(DOWN, "agent1")
    terminal = hud.get_by_role("region", name="Terminal")
    terminal.get_by_role("tab", name="agent1").click()
    terminal.get_by_role("button", name="Wake agent1").click()
    expect(terminal).to_contain_text("agent1 was called")

    server.reply("act", ok=False, because="no neighbour is up")

    expect(terminal.get_by_role("button", name="Wake agent1")).to_be_visible()


def test_an_override_that_is_answered_after_its_dialog_closed_takes_no_keyboard(hud: Page) -> None:
    server = SilentServer.of(hud)
    hud.evaluate("jarvis.action('ask-override')")
    hud.get_by_label("Passkey").fill("nine-green-moths")
    hud.keyboard.press("Enter")
    asked = server.sent("open-override")[-1]
    hud.keyboard.press("Escape")
    hud.evaluate("jarvis.action('ask-override')")
    hud.get_by_label("Passkey").fill("ten-green-moths")

    hud.evaluate(ANSWER, {"ask": asked["ask"], "ok": False, "because": "that is not the passkey"})

    expect(hud.locator(".ask-sheet .panel-says")).to_have_text("")
    expect(hud.get_by_role("button", name="Open the override")).to_be_enabled()
    hud.keyboard.press("Escape")
