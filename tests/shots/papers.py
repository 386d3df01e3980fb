"""The plain pages: the account, the audit and its filters, the costs with a month in them."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.shots.album import Album
from tests.shots.stage import WELL, control_of, house_of, windows_of
from tests.shots.windows import Windows
from tests.support.talk_page import ENDED

LINES = (
    "how is the cluster?", "why is pve hot?", "thanks", "what is a zfs scrub?",
    "which guests have no backup?", "@direct what is down",
)  # fmt: skip


def take_papers(album: Album, browser: Browser, folder: Path) -> list[str]:
    """Each of them empty where it can be, with something in it, and with a fault in its form."""
    with house_of(folder, "demo") as house, windows_of(album, browser, house) as windows:
        control_of(house).llm_speed("instant")
        windows.enter(house)
        windows.until(WELL)
        _photograph(windows, "/costs", "costs of nothing")
        windows.open("/")
        windows.until(WELL)
        for line in LINES:
            say(windows, line)
        _photograph(windows, "/costs", "costs")
        windows.each(lambda page: page.locator("details summary").first.click())
        windows.take("costs hour by hour", "1920")
        _photograph(windows, "/costs.csv?since=2026-11-02&until=2026-11-01", "costs no such days")
        _photograph(windows, "/account", "account")
        for page in windows.pages.values():
            form = page.locator("form[action='/account/password']")
            form.locator("input[name=wanted]").fill("short")
            form.locator("input[name=again]").fill("short")
            form.get_by_role("button").click()
            page.get_by_role("status").first.wait_for()
        windows.take("account weak password")
        windows.open("/")
        windows.until(WELL)
        windows.wide.evaluate(
            "async () => (await import('jarvis-asking')).ask('act', { tool: 'stop_guest',"
            " arguments: { guest: '103' }, reason: 'make room' })"
        )
        _photograph(windows, "/audit?verify=1", "audit")
        windows.each(lambda page: page.locator("details summary").first.click())
        windows.take("audit detail")
        _photograph(windows, "/audit?action=nothing", "audit no entry")
        _photograph(windows, "/talk/none.md", "conversation not here")
        return windows.faults


def say(windows: Windows, line: str, *, wait: bool = True) -> None:
    """Say something on the widest page, and wait for the end of the answer."""
    page = windows.wide
    questions = page.locator(".talk-question").count()
    field = page.get_by_role("textbox", name="Message to Jarvis")
    field.fill(line)
    field.press("Enter")
    if wait:
        page.wait_for_function(
            f"() => document.querySelectorAll('.talk-question').length > {questions}"
        )
        page.wait_for_function(ENDED)


def _photograph(windows: Windows, path: str, state: str) -> None:
    windows.open(path)
    windows.take(state)
