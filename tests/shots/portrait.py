"""The picture of the README: a day in the life of the page, at one glance."""

from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.shots.album import Album
from tests.shots.gate import SCREEN, SHOWN
from tests.shots.papers import say
from tests.shots.stage import WELL, control_of, house_of, windows_of
from tests.shots.windows import Windows
from tests.support.house import ROOT

HUD = ROOT / "docs" / "hud.png"
LINES = ("pvecm nodes", "df -h /", "sensors | grep Tctl", "pct list", "zpool status -x")
LAST_WORDS = "pools are healthy"
SPARKS_FULL = """
() => {
  const canvas = document.querySelector('.panel-nodes canvas');
  const whole = canvas.getBoundingClientRect();
  const scale = canvas.width / whole.width;
  return [...document.querySelectorAll('.panel-nodes .spark')].every((spark) => {
    const { left, top, width, height } = spark.getBoundingClientRect();
    return canvas.getContext('2d').getImageData((left - whole.left) * scale,
      (top - whole.top) * scale, (width * scale) / 8, height * scale).data.some(Boolean);
  });
}
"""


def take_portrait(album: Album, browser: Browser, folder: Path) -> list[str]:
    """Something has happened, a terminal is open, a question was answered, and one waits."""
    with house_of(folder, "demo") as house, windows_of(album, browser, house) as windows:
        control = control_of(house)
        windows.enter(house)
        windows.until(WELL)
        control.fault("power-off", "agent1")
        windows.until_told("agent1 is down")
        control.clear()
        windows.until("() => jarvis.panel('nodes').rows.get('agent1').state === 'online'")
        windows.until_told("agent1 is back")
        windows.until("() => jarvis.panel('top').meta.unknown === 0")
        _open_terminal(windows)
        say(windows, "what fills local-zfs on pve?")
        say(windows, "restart media", wait=False)
        windows.wide.locator(".panel-talk .approval").wait_for()
        windows.portray(HUD, _show_terminal)
        return windows.faults


def _open_terminal(windows: Windows) -> None:
    page = windows.wide
    page.get_by_role("tab", name="pve").click()
    page.get_by_role("button", name="Open pve").click()
    page.locator(".hud-approvals .approval").get_by_role("button", name="Proceed").click()
    page.wait_for_function(f"() => ({SHOWN}).includes('root@pve')")
    page.locator(SCREEN).click()
    page.keyboard.type("clear\n")
    page.wait_for_function(f"() => !({SHOWN}).includes('Last login')")
    for n, line in enumerate(LINES):
        # What runs takes what is typed: the next line waits for its prompt.
        page.wait_for_function(f"() => ({SHOWN}).split('root@pve:~#').length > {n + 1}")
        page.keyboard.type(f"{line}\n")
    page.wait_for_function(f"() => ({SHOWN}).includes('{LAST_WORDS}')")


def _show_terminal(page: Page) -> None:
    page.get_by_role("tab", name="pve").click()
    page.wait_for_function(f"() => ({SHOWN}).includes('{LAST_WORDS}')")
    page.locator(".panel-talk .approval").wait_for()
    page.wait_for_function(SPARKS_FULL, timeout=90_000)
