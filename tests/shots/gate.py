"""The gate's states: cards wherever they stand, the switches and their strips; then terminals."""

from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.shots.album import Album
from tests.shots.stage import WELL, control_of, house_of, windows_of
from tests.shots.windows import Windows

PASSKEY = "nine-green-moths"
SHOWN = "document.querySelector('.term-screen:not([hidden]) .xterm-rows')?.textContent ?? ''"
SCREEN = ".term-screen:not([hidden]) .xterm-screen"


def take_gate(album: Album, browser: Browser, folder: Path) -> list[str]:
    """A question in the drawer, in the centre and on the phone; what was decided; the switches."""
    with house_of(folder, "demo") as house, windows_of(album, browser, house) as windows:
        windows.enter(house)
        windows.until(WELL)
        windows.show("#guest/104")
        windows.until_text(".drawer-acts-buttons", "Stop")
        windows.take("drawer with its acts")
        _press(windows.wide, "Stop")
        windows.until("() => jarvis.panel('gate').meta.waiting === 1")
        windows.until("() => document.querySelector('.drawer .approval') || true")
        windows.take("card in the drawer", "1920")
        windows.show("")
        for page in (windows.pages["1366"], windows.phone):
            page.evaluate("() => { location.hash = '#guest/105' }")
            page.locator(".drawer-acts-buttons button").first.wait_for()
        _press(windows.phone, "Reboot")
        windows.phone.locator(".drawer .approval").wait_for()
        windows.take("card in the drawer", "390")
        windows.show("")
        windows.until("() => jarvis.panel('gate').meta.waiting === 2")
        windows.phone.get_by_role("button", name="Approve").click()
        windows.take("cards that wait")
        _decide(windows)
        _throw_switches(windows)
        return windows.faults


def _press(page: Page, name: str) -> None:
    page.locator(".drawer-acts-buttons").get_by_role("button", name=name, exact=True).click()


def _decide(windows: Windows) -> None:
    cards = windows.wide.locator(".hud-approvals .approval")
    cards.nth(1).get_by_role("button", name="Refuse", exact=True).click()
    cards.nth(1).get_by_role("textbox").fill("after lunch")
    windows.take("a refusal and its reason", "1920")
    cards.nth(1).get_by_role("button", name="Refuse it").click()
    windows.until("() => jarvis.panel('gate').meta.waiting === 1")
    cards.nth(0).get_by_role("button", name="Proceed").click()
    windows.take("a card that runs", "1920")
    windows.until(
        "() => [...jarvis.panel('gate').rows.values()].some((row) => row.outcome === 'done')"
    )
    for size in ("1920", "1366"):
        windows.pages[size].evaluate("jarvis.action('approvals')")
    windows.take("decided lately")
    for size in ("1920", "1366"):
        windows.pages[size].evaluate("jarvis.action('approvals')")


def _throw_switches(windows: Windows) -> None:
    windows.phone.get_by_role("button", name="Cluster", exact=True).click()
    windows.wide.locator(".top .stand-down").click()
    windows.until("() => jarvis.panel('gate').meta.stood_down")
    windows.take("stood down")
    windows.wide.get_by_role("button", name="Let Jarvis act again").click()
    windows.until("() => !jarvis.panel('gate').meta.stood_down")
    windows.each(lambda page: page.evaluate("jarvis.action('ask-override')"))
    windows.take("override without a passkey")
    windows.each(lambda page: page.keyboard.press("Escape"))
    _set_passkey(windows.wide)
    windows.open("/")
    windows.until(WELL)
    windows.each(lambda page: page.evaluate("jarvis.action('ask-override')"))
    windows.wide.locator("#override-passkey").fill("eight-green-moths")
    windows.wide.keyboard.press("Enter")
    windows.wide.locator(".ask-sheet .warn[role=status]").filter(has_text="passkey").wait_for()
    windows.take("override asked for")
    for size in ("1366", "390"):
        windows.pages[size].keyboard.press("Escape")
    windows.wide.locator("#override-passkey").fill(PASSKEY)
    windows.wide.keyboard.press("Enter")
    windows.until("() => jarvis.panel('gate').meta.override")
    windows.take("override open")
    windows.wide.evaluate(
        "async () => (await import('jarvis-asking')).ask('act', { tool: 'destroy_guest',"
        " arguments: { guest: '140', name: 'dev-box' }, reason: 'it was a test' })"
    )
    windows.until("() => jarvis.panel('gate').meta.waiting === 1")
    windows.phone.get_by_role("button", name="Approve").click()
    windows.take("card of what destroys")


def _set_passkey(page: Page) -> None:
    page.goto("/account")
    form = page.locator("form[action='/account/passkey']")
    form.locator("input[name=wanted]").fill(PASSKEY)
    form.locator("input[name=again]").fill(PASSKEY)
    form.get_by_role("button").click()
    page.get_by_text("The passkey is set.").wait_for()


def take_terminals(album: Album, browser: Browser, folder: Path) -> list[str]:
    """None open, one that waits for a word, one that lives, one whose node has died."""
    with house_of(folder, "demo") as house, windows_of(album, browser, house) as windows:
        control = control_of(house)
        windows.enter(house)
        windows.until(WELL)
        windows.phone.get_by_role("button", name="Terminal", exact=True).click()
        windows.take("terminal empty")
        windows.each(lambda page: page.get_by_role("tab", name="pve").click())
        windows.wide.get_by_role("button", name="Open pve").click()
        windows.until_text(".panel-terminal", "Show the question")
        windows.take("terminal waiting")
        windows.wide.locator(".hud-approvals .approval").get_by_role(
            "button", name="Proceed"
        ).click()
        windows.until(f"() => ({SHOWN}).includes('root@pve')")
        windows.wide.locator(SCREEN).click()
        windows.wide.keyboard.type("zfs list -o name,used,avail | head -4\n")
        # What runs takes what is typed: the next line waits for its prompt.
        windows.until(f"() => ({SHOWN}).split('root@pve:~#').length > 2")
        windows.wide.keyboard.type("qm list\n")
        windows.until(f"() => ({SHOWN}).includes('BOOTDISK')")
        windows.take("terminal open")
        control.fault("power-off", "pve")
        windows.until("() => jarvis.panel('nodes').rows.get('pve').state === 'down'")
        windows.until_text(".panel-terminal", "Wake pve")
        windows.take("terminal of a dead node")
        return windows.faults
