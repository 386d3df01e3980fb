"""A page outlives its server, and a tab that was away comes back to the present."""

import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from simulator.process import SimulatorProcess
from tests.support.house import QUICK_TIERS, settings_for, start_house
from tests.support.windows import still_window

SHOW = """(state) => {
  Object.defineProperty(document, 'visibilityState', { get: () => state, configurable: true });
  Object.defineProperty(document, 'hidden', { get: () => state === 'hidden', configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGKILL], ids=["told", "killed"])
def test_after_a_restart_the_page_comes_back_by_itself_where_it_was(
    browser: Browser, tmp_path: Path, own_simulator: SimulatorProcess, signal_: signal.Signals
) -> None:
    settings = {**settings_for(own_simulator), **QUICK_TIERS}
    house = start_house(["serve"], tmp_path, **settings)
    context = still_window(browser, base_url=house.url)
    page = context.new_page()
    page.goto(house.setup_link())
    page.get_by_label("Password", exact=True).fill("four unrelated words make one")
    page.get_by_label("Password again").fill("four unrelated words make one")
    page.get_by_role("button", name="Create the owner").click()
    page.get_by_role("region", name="Nodes").get_by_role("button", name=re.compile("^pve")).click()
    expect(page.get_by_role("dialog", name="pve")).to_contain_text("a sample every")

    house.stop(signal_)

    banner = page.get_by_role("status").filter(
        has_text="Jarvis is restarting" if signal_ == signal.SIGTERM else "Connection lost"
    )
    expect(banner).to_be_visible()

    again = start_house(["serve"], tmp_path, port=int(house.url.rpartition(":")[2]), **settings)
    try:
        expect(banner).to_be_hidden(timeout=60_000)
        expect(page).to_have_url(re.compile("#node/pve$"))
        expect(page.get_by_role("dialog", name="pve")).to_contain_text("a sample every")
        page.wait_for_function("() => jarvis.connection === 'up' && jarvis.seq > 0")
    finally:
        context.close()
        again.stop()


def test_a_tab_in_the_background_is_sent_nothing_and_catches_up_when_it_is_shown(hud: Page) -> None:
    hud.evaluate(SHOW, "hidden")
    hud.wait_for_function(
        """() => {
          const { seq } = jarvis;
          if (window.__seq !== seq) Object.assign(window, { __seq: seq, __at: Date.now() });
          return Date.now() - window.__at > 4000;
        }"""
    )
    old = hud.evaluate("jarvis.panel('nodes').meta.as_of")

    hud.evaluate(SHOW, "visible")

    hud.wait_for_function("(old) => jarvis.panel('nodes').meta.as_of > old", arg=old)
    nodes = hud.get_by_role("region", name="Nodes")
    expect(nodes).to_contain_text(re.compile(r"seen \d\ss ago"))
