"""The demo's terminals: asked for on the page, opened by a person's word, kept over a reload."""

import re

import pytest
from playwright.sync_api import Page, expect

from simulator.remote import Control
from tests.support.house import eventually

SHOWN = "document.querySelector('.term-screen:not([hidden]) .xterm-rows')?.textContent ?? ''"


def until(page: Page, wanted: str, *, within_s: float = 20.0) -> str:
    """Wait until the screen that is seen shows this."""

    def look() -> str | None:
        page.wait_for_timeout(20)
        text: str = page.evaluate(SHOWN).replace("\xa0", " ")
        return text if re.search(wanted, text) else None

    return eventually(f"{wanted!r} on the screen", look, within_s=within_s)


def opened(page: Page, node: str) -> None:
    """A terminal on a node, asked for if this session has no person's word yet."""
    tab = page.get_by_role("tab", name=re.compile(f"^{node},"))
    tab.click()
    terminal = page.get_by_role("region", name="Terminal")
    expect(tab).to_have_attribute("aria-selected", "true")
    if not re.search(", (open|connecting)", tab.get_attribute("aria-label") or ""):
        terminal.get_by_role("button", name=f"Open {node}").click()
        expect(tab).to_have_accessible_name(re.compile(", (open|waits for your word)$"))
    if "waits" in (tab.get_attribute("aria-label") or ""):
        terminal.get_by_role("button", name="Show the question").click()
        page.get_by_role("button", name=re.compile("^Proceed")).first.click()
    expect(tab).to_have_accessible_name(f"{node}, open")
    page.get_by_role("textbox", name=f"Terminal on {node}").focus()


def test_top_on_pve_runs_on_over_a_resize_and_a_reload(hud: Page) -> None:
    opened(hud, "pve")
    until(hud, r"root@pve:~#\s*$")
    hud.keyboard.type("stty size; top\n")
    until(hud, "PID USER")

    hud.set_viewport_size({"width": 1366, "height": 768})
    until(hud, "PID USER")
    hud.reload()

    until(hud, "PID USER")
    hud.get_by_role("textbox", name="Terminal on pve").focus()
    hud.keyboard.type("q")
    until(hud, r"root@pve:~#\s*$")
    hud.keyboard.type("clear; qm list\n")
    until(hud, "media")


def test_a_container_has_a_terminal_through_its_node(hud: Page) -> None:
    opened(hud, "pve")
    hud.get_by_role("button", name="Open a terminal on…").click()
    hud.get_by_role("searchbox", name="Find a node or guest").fill("adguard")
    hud.keyboard.press("Enter")

    until(hud, r"root@adguard")

    expect(hud.get_by_role("tab", name="adguard 101")).to_have_accessible_name("adguard 101, open")
    activity = hud.get_by_role("region", name="Activity")
    expect(activity).to_contain_text("opened a terminal on adguard (101)")


@pytest.mark.parametrize("width", [1920, 390], ids=["desk", "phone"])
def test_a_node_without_power_offers_to_be_woken(hud: Page, hurt: Control, width: int) -> None:
    hud.set_viewport_size({"width": width, "height": 844})
    if width < 900:
        sections = hud.get_by_role("navigation", name="Sections")
        sections.get_by_role("button", name="Terminal").click()
    hurt.fault("power-off", "agent1")
    tab = hud.get_by_role("tab", name=re.compile("^agent1"))
    expect(tab).to_have_accessible_name("agent1, down", timeout=30_000)
    tab.click()

    terminal = hud.get_by_role("region", name="Terminal")
    expect(terminal).to_contain_text("agent1 is down since")
    terminal.get_by_role("button", name="Wake agent1").click()

    expect(terminal).to_contain_text("agent1 was called")
    hurt.clear("power-off", "agent1")
    expect(tab).to_have_accessible_name("agent1, not open", timeout=60_000)
    expect(terminal.get_by_role("button", name="Open agent1")).to_be_visible()
