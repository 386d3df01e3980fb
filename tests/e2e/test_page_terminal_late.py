"""A terminal that opens late: it takes neither the tab nor the keyboard of who went elsewhere."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.openssh import needs_openssh
from tests.support.silent_server import SilentServer
from tests.support.terminal_houses import TerminalHouse
from tests.support.terminal_page import decide, opened, until

pytestmark = needs_openssh

FIELD = "document.body.insertAdjacentHTML('afterbegin', '<input aria-label=Elsewhere>')"


def row(node: str) -> dict[str, Any]:
    facts = {"guest": None, "name": None, "away": False, "fingerprint": None, "status": None}
    told = {"because": "It waits", "approval": "a" * 16, "asked": 1.0, "opened": None}
    return {"id": f"of-{node}", "node": node, "state": "waiting", **facts, **told}


def test_whoever_chose_another_tab_since_stays_there(terminal_page: Page) -> None:
    server = SilentServer.of(terminal_page)
    home, pve = (terminal_page.get_by_role("tab", name=name) for name in ("home", "pve"))
    home.click()
    terminal_page.get_by_role("button", name="Open home").click()
    asked = {"ask": server.sent("open-terminal")[-1]["ask"], "id": "of-home"}
    pve.click()

    terminal_page.evaluate(
        "word => jarvis.notify('tell:terminals', word)", {"list": [row("home")], "asked": asked}
    )

    expect(home).to_have_accessible_name("home, waits for your word")
    expect(pve).to_have_attribute("aria-selected", "true")


def test_whoever_chose_nothing_since_comes_to_the_terminal(terminal_page: Page) -> None:
    server = SilentServer.of(terminal_page)
    home = terminal_page.get_by_role("tab", name="home")
    terminal_page.evaluate("jarvis.action('open-terminal', { node: 'home' })")
    asked = {"ask": server.sent("open-terminal")[-1]["ask"], "id": "of-home"}

    terminal_page.evaluate(
        "word => jarvis.notify('tell:terminals', word)", {"list": [row("home")], "asked": asked}
    )

    expect(home).to_have_attribute("aria-selected", "true")


def test_a_terminal_that_opens_after_a_word_leaves_the_keyboard_where_one_types(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    terminal_page.evaluate(FIELD)
    terminal_page.get_by_role("button", name="Open pve").click()
    expect(terminal_page.get_by_role("tab", name="pve")).to_have_accessible_name(
        "pve, waits for your word"
    )
    field = terminal_page.get_by_role("textbox", name="Elsewhere")
    field.focus()

    decide(terminal_page, terminal_house)
    until(terminal_page, re.compile("[#$] ?$"))

    expect(field).to_be_focused()


def test_a_terminal_that_is_asked_for_from_where_one_typed_takes_the_keyboard(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    terminal_page.evaluate(FIELD)
    terminal_page.get_by_role("textbox", name="Elsewhere").focus()
    terminal_page.evaluate("jarvis.action('open-terminal', { node: 'pve' })")
    expect(terminal_page.get_by_role("tab", name="pve")).to_have_accessible_name(
        "pve, waits for your word"
    )

    decide(terminal_page, terminal_house)

    until(terminal_page, re.compile("[#$] ?$"))
    expect(terminal_page.get_by_role("textbox", name="Terminal on pve")).to_be_focused()


def test_lines_that_would_run_by_now_are_asked_about_again(
    terminal_page: Page, terminal_house: TerminalHouse, tmp_path: Path
) -> None:
    ended = tmp_path / "ended"
    opened(terminal_page, terminal_house)
    holds = f"printf '\\e[?2004h'; until [ -e {ended} ]; do sleep 0.1; done; printf '\\e[?2004l'"
    terminal_page.keyboard.type(f"{holds}; echo ended-$((1+1))\n")
    until(terminal_page, "ended-$((1+1))")
    terminal_page.evaluate("navigator.clipboard.writeText('echo a-$((1+1))\\necho b-$((1+1))\\n')")
    terminal_page.keyboard.press("Control+Shift+V")
    dialog = terminal_page.get_by_role("dialog", name="2 lines to paste")
    expect(dialog).to_contain_text("holds them until you press Enter")
    ended.touch()
    until(terminal_page, "ended-2")

    dialog.get_by_role("button", name="Paste 2 lines").click()

    expect(dialog).to_contain_text("Each one runs on pve as it arrives.")
    dialog.get_by_role("button", name="Leave it").click()
    expect(dialog).to_have_count(0)
