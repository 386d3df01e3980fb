"""What stands on the screens of the terminals' panel, and how a terminal is opened there."""

import re

from playwright.sync_api import Page, expect

from tests.support.house import eventually
from tests.support.terminal_houses import TerminalHouse

SHOWN = "document.querySelector('.term-screen:not([hidden]) .xterm-rows')?.textContent ?? ''"
PLAIN = "PS1='READY''> '; bind 'set enable-bracketed-paste off'; clear\n"
"""Typed, it does not hold the prompt it makes."""


def decide(page: Page, house: TerminalHouse, *, yes: bool = True) -> None:
    """Answer the question that waits."""
    answer = page.request.post(f"{house.url}/decide?yes={int(yes)}", headers={"origin": house.url})
    assert answer.ok


def opened(page: Page, house: TerminalHouse) -> Page:
    """A terminal on pve with a plain prompt, the question about it answered."""
    page.get_by_role("tab", name="pve").click()
    page.get_by_role("button", name="Open pve").click()
    expect(page.get_by_role("tab", name="pve")).to_have_accessible_name("pve, waits for your word")
    decide(page, house)
    until(page, re.compile("[#$] ?$"))
    page.keyboard.type("exec bash --norc --noprofile\n")
    page.keyboard.type(PLAIN)
    until(page, re.compile("^READY> ?$"))
    return page


def shown(page: Page) -> str:
    """The text of the screen that is seen."""
    text: str = page.evaluate(SHOWN)
    return text.replace("\xa0", " ")


def until(page: Page, wanted: str | re.Pattern[str], *, within_s: float = 20.0) -> str:
    """Wait until the screen that is seen shows this."""
    pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted

    def look() -> str | None:
        page.wait_for_timeout(20)
        text = shown(page)
        return text if pattern.search(text.rstrip()) else None

    try:
        return eventually(f"{pattern.pattern!r} on the screen", look, within_s=within_s)
    except AssertionError as error:
        raise AssertionError(f"{error}; it shows {shown(page)[-300:]!r}") from None
