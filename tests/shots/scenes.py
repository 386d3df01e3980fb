"""Each scene is a house brought into its states one after another, and photographed in each."""

import signal
from pathlib import Path

from argon2 import PasswordHasher
from playwright.sync_api import Browser, Page

from simulator.process import SimulatorProcess
from simulator.remote import Control
from tests.shots.album import Album
from tests.shots.gate import take_gate, take_terminals
from tests.shots.papers import take_papers
from tests.shots.portrait import take_portrait
from tests.shots.stage import WELL, Scene, control_of, house_of, run_on, windows_of
from tests.shots.talk import take_talk
from tests.shots.windows import PASSWORD, Windows, fill_in
from tests.support.house import settings_for

CALM = {"STORAGE_WARNING_PERCENT": "92"}
"""The demo has one storage at 87 %: above the usual line, below this one. A failed unit is left."""
TABS = ("Talk", "Approve", "Terminal", "More")


def take_door(album: Album, browser: Browser, folder: Path) -> list[str]:
    """Sign-in, a wrong password, a spent link; then the calm page, and a server that is gone."""
    with (
        house_of(folder, "demo", **CALM) as house,
        windows_of(album, browser, house) as windows,
    ):
        windows.open("/login")
        windows.take("login")
        windows.enter(house)
        with windows_of(album, browser, house) as stranger:
            stranger.open(house.login_link())
            stranger.take("login link spent")
            for size, page in stranger.pages.items():
                guess_until_told_to_wait(page)
                stranger.take("login wrong password", size)
        windows.until(WELL)
        run_on(house, "agent", "systemctl restart logrotate")
        windows.until("() => [...jarvis.panel('nodes').rows.values()].every((row) => row.units_at)")
        windows.until("() => ['NOMINAL', 'BUSY'].includes(jarvis.panel('top').meta.health)")
        windows.take("calm")
        house.stop(signal.SIGKILL)
        windows.until("() => document.querySelector('.banner:not(.hidden)')")
        windows.take("connection lost")
        return windows.faults


def guess_until_told_to_wait(page: Page) -> None:
    """Wrong passwords, until the door names the next try."""
    for _ in range(8):
        page.goto("/login")
        fill_in(page, "owner", "not the password")
        told = page.locator("#told")
        told.wait_for()
        if "ext try in" in told.inner_text():
            return
    raise AssertionError("the door never asked to wait")


def take_life(album: Album, browser: Browser, folder: Path) -> list[str]:
    """The demo as it comes: attention, alarm and recovery, each panel's drawer, the sheets."""
    with (
        house_of(folder, "demo", PROXMOX_TIMEOUT_S="4") as house,
        windows_of(album, browser, house) as windows,
    ):
        control = control_of(house)
        windows.enter(house)
        windows.until(WELL)
        live_a_little(windows, control)
        windows.take("attention")
        take_tabs(windows)
        take_drawers(windows)
        take_sheets(windows)
        take_troubles(windows, control)
        take_ills(windows, control)
        house.process.send_signal(signal.SIGTERM)
        windows.until("() => document.querySelector('.banner:not(.hidden)')")
        windows.take("restarting")
        return windows.faults


def live_a_little(windows: Windows, control: Control) -> None:
    """Crashes, a node without power, and all back: what a feed looks like after a day."""
    for vmid in ("105", "110", "121"):
        control.fault("crash-guest", vmid)
    control.fault("power-off", "agent1")
    windows.until("() => jarvis.panel('nodes').rows.get('agent1').state === 'down'")
    windows.until_told("agent1 is down")
    windows.take("alarm")
    control.clear()
    windows.until("() => jarvis.panel('top').meta.health === 'ATTENTION'")
    windows.until("() => jarvis.panel('nodes').rows.get('agent1').state === 'online'")
    windows.until_told("agent1 is back")
    windows.until("() => jarvis.panel('top').meta.unknown === 0")


def take_tabs(windows: Windows) -> None:
    """The phone's other sections."""
    for tab in TABS:
        windows.phone.get_by_role("button", name=tab, exact=True).click()
        windows.take(f"tab {tab.lower()}", "390")
    windows.phone.get_by_role("button", name="Cluster", exact=True).click()


def take_drawers(windows: Windows) -> None:
    """One of each kind, read to the end."""
    task = windows.find("tasks", "outcome", "failed", "upid")
    event = windows.find("feed", "severity", "alarm", "id")
    read = "() => document.querySelector('.drawer-facts') && !document.querySelector('.skeleton')"
    for kind, address in {
        "node": "#node/pve",
        "guest": "#guest/104",
        "container": "#guest/105",
        "storage": "#storage/pve/local-zfs",
        "task": f"#task/{task}",
        "event": f"#event/{event}",
    }.items():
        windows.show(address)
        windows.until(read)
        windows.take(f"drawer {kind}")
    windows.show("#guest/999")
    windows.until(read)
    windows.take("drawer of what is not there")
    windows.show("")


def take_sheets(windows: Windows) -> None:
    """What opens over the page."""
    windows.each(lambda page: page.keyboard.press("Control+k"))
    windows.each(lambda page: page.keyboard.type("ne"))
    windows.take("palette")
    windows.each(lambda page: page.keyboard.press("Escape"))
    wide = [windows.pages["1920"], windows.pages["1366"]]
    for page in wide:
        page.get_by_role("button", name="Simulation").click()
    windows.each(lambda page: page.evaluate("jarvis.panel('top')"))
    windows.phone.evaluate("jarvis.action('faults')")
    windows.until_text(".simulation-list", "Power off")
    windows.take("faults")
    for page in wide:
        page.get_by_role("button", name="Simulation").click()
    windows.phone.evaluate("jarvis.action('faults')")
    windows.each(lambda page: page.locator("button.pill").first.click())
    windows.take("health")
    windows.each(lambda page: page.keyboard.press("Escape"))
    windows.each(lambda page: page.get_by_role("button", name="Menu of owner").click())
    windows.take("menu")
    windows.each(lambda page: page.keyboard.press("Escape"))
    windows.each(lambda page: page.locator(".filters-open").click())
    windows.take("guest filters")
    windows.each(lambda page: page.locator(".filters-open").click())
    for page in wide:
        page.get_by_role("button", name="Reduced effects").click()
    windows.take("reduced effects", "1920", "1366")
    for page in wide:
        page.get_by_role("button", name="Reduced effects").click()


def take_troubles(windows: Windows, control: Control) -> None:
    """What Proxmox can do to us while the page is open."""
    stale = "() => document.querySelector('.panel-nodes').dataset.state === 'stale'"
    control.fault("stall")
    windows.show("#guest/104")
    windows.take("drawer loading")
    windows.show("")
    windows.until(stale)
    windows.take("stalled")
    control.clear()
    windows.until(WELL)
    control.fault("revoke-token")
    windows.until_text(".panel-reactor", "PROXMOX_TOKEN")
    windows.take("token refused")
    # One that was not looked at before: what was read a moment ago is still good.
    windows.show("#guest/107")
    windows.until_text(".drawer", "Try again")
    windows.take("drawer failed")
    windows.show("")
    control.clear()
    windows.until(WELL)
    control.fault("change-certificate")
    windows.until_text(".panel-reactor", "certificate")
    windows.take("certificate changed")
    control.clear()
    windows.until(WELL)
    control.fault("lose-quorum")
    windows.until("() => jarvis.panel('top').meta.quorate === false")
    windows.take("quorum lost")
    control.clear()


def take_ills(windows: Windows, control: Control) -> None:
    """What SSH finds on nodes, and what it can no longer read."""
    control.fault("degrade-pool", "pve")
    control.fault("fail-drive", "pve")
    control.fault("ssh-key-changed", "agent1")
    control.fault("ssh-drop", "home")
    # A node that comes back is read anew, and need not wait for the next round.
    control.fault("power-off", "pve")
    windows.until("() => jarvis.panel('nodes').rows.get('pve').state === 'down'")
    control.clear("power-off")
    windows.until("() => jarvis.panel('nodes').rows.get('pve').ills?.length === 2")
    for node in ("agent1", "home"):
        windows.until(f"() => jarvis.panel('nodes').rows.get('{node}').ills", within_ms=90_000)
    # Two intervals of the sensors, and what the page lets pass.
    aged = "[...document.querySelectorAll('.node .aged')].some((one) => one.textContent)"
    windows.until(f"() => {aged}", within_ms=240_000)
    windows.take("nodes ill")
    windows.show("#node/pve")
    windows.until("() => document.querySelector('.drawer-facts dd.wide')")
    windows.take("drawer of an ill node")
    windows.show("#node/home")
    windows.until_text(".drawer-facts", "as of")
    windows.take("drawer of a node lost over SSH")
    windows.show("")
    control.clear()


def take_beginnings(album: Album, browser: Browser, folder: Path) -> list[str]:
    """A house with no account; then a cluster with one node and no guest."""
    with SimulatorProcess.start(folder / "simulator", nodes=1, guests=0) as lab:
        faults = _take_first_run(album, browser, folder, lab)
        faults += _take_loading(album, browser, folder / "loading", lab)
        faults += _take_failed(album, browser, folder / "failed", lab)
    return faults


def _take_first_run(
    album: Album, browser: Browser, folder: Path, lab: SimulatorProcess
) -> list[str]:
    with (
        house_of(folder, "serve", **settings_for(lab)) as house,
        windows_of(album, browser, house) as windows,
    ):
        windows.open(house.setup_link().removeprefix(house.url))
        windows.take("setup")
        page = windows.wide
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password again").fill(PASSWORD)
        page.get_by_role("button", name="Create the owner").click()
        page.get_by_role("region", name="Nodes").wait_for()
        windows.open("/")
        windows.until(WELL)
        windows.take("empty")
        return windows.faults


def _take_loading(album: Album, browser: Browser, folder: Path, lab: SimulatorProcess) -> list[str]:
    folder.mkdir()
    lab.fault("stall")
    with (
        house_of(folder, "serve", **settings_for(lab), **_owner(), PROXMOX_TIMEOUT_S="60") as house,
        windows_of(album, browser, house) as windows,
    ):
        windows.sign_in()
        windows.until("() => window.jarvis?.heardAt")
        windows.take("loading")
        lab.clear()
        return windows.faults


def _take_failed(album: Album, browser: Browser, folder: Path, lab: SimulatorProcess) -> list[str]:
    folder.mkdir()
    wrong = {**settings_for(lab), "PROXMOX_TOKEN_SECRET": "5a0b3c1e-0000-4000-8000-000000000000"}
    with (
        house_of(folder, "serve", **wrong, **_owner()) as house,
        windows_of(album, browser, house) as windows,
    ):
        windows.sign_in()
        windows.until("() => window.jarvis?.panel('nodes').meta.state === 'failed'")
        windows.take("failed")
        return windows.faults


def take_crowd(album: Album, browser: Browser, folder: Path) -> list[str]:
    """32 nodes and 2,000 guests."""
    with (
        house_of(folder, "demo", "--nodes", "32", "--guests", "2000") as house,
        windows_of(album, browser, house) as windows,
    ):
        windows.enter(house)
        windows.until(WELL)
        windows.until("() => jarvis.panel('guests').rows.size === 2000")
        windows.take("very full")
        take_tabs_named(windows, "very full")
        return windows.faults


def take_tabs_named(windows: Windows, state: str) -> None:
    """The phone's other sections in this state."""
    for tab in TABS:
        windows.phone.get_by_role("button", name=tab, exact=True).click()
        windows.take(f"{state} {tab.lower()}", "390")


def _owner() -> dict[str, str]:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return {"JARVIS_PASSWORD_HASH": quick.hash(PASSWORD)}


SCENES: dict[str, Scene] = {
    "door": take_door,
    "life": take_life,
    "beginnings": take_beginnings,
    "crowd": take_crowd,
    "gate": take_gate,
    "terminals": take_terminals,
    "papers": take_papers,
    "talk": take_talk,
    "portrait": take_portrait,
}
