"""What the browser tests share: one running demo with quick tiers, and a signed-in page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from simulator.remote import Control
from tests.support.chromium import FLAGS, find_chromium
from tests.support.house import QUICK_TIERS, House, start_house
from tests.support.module_page import open_modules
from tests.support.openssh import OpenSsh, running_openssh
from tests.support.talk_page import TalkPage
from tests.support.terminal_houses import TerminalHouse, running_terminal_house
from tests.support.windows import Windows, still_window

expect.set_options(timeout=15_000)
DESKTOP = {"width": 1366, "height": 768}
"""The smaller of the desktops the page is made for; half as much is drawn as on the larger."""
PHONE = {"width": 390, "height": 844}
EXPECTED_NOISE = ("ERR_CONNECTION_REFUSED", "WebSocket connection to", "ERR_EMPTY_RESPONSE")
"""What Chromium itself says in the console when a test takes the server away."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": FLAGS}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo as a newcomer starts it, but with quick tiers."""
    house = start_house(["demo"], tmp_path_factory.mktemp("demo"), **QUICK_TIERS)
    yield house
    house.stop()


@pytest.fixture(scope="session")
def simulator_control(demo: House) -> Control:
    """The control API of the demo's homelab."""
    return Control.find(demo.folder / "data" / "demo" / "simulator")


@pytest.fixture
def hurt(simulator_control: Control) -> Iterator[Control]:
    """The homelab, to be hurt; whatever was done to it is mended afterwards."""
    yield simulator_control
    simulator_control.clear()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, demo: House) -> Any:
    """The cookies of a browser that has opened the one-time link."""
    context = still_window(browser)
    page = context.new_page()
    page.goto(demo.login_link())
    page.get_by_role("region", name="Nodes").wait_for()
    state = context.storage_state()
    context.close()
    return state


def watch(page: Page, faults: list[str]) -> Page:
    """Collect what goes wrong in the page."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(noise in message.text for noise in EXPECTED_NOISE):
            faults.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return page


@pytest.fixture
def context_size(request: pytest.FixtureRequest) -> dict[str, int]:
    """The window; `@pytest.mark.phone` makes it a phone's."""
    return PHONE if request.node.get_closest_marker("phone") else DESKTOP


@pytest.fixture(scope="session")
def windows(browser: Browser, demo: House) -> Iterator[Windows]:
    """Windows on the demo, shared by all tests."""
    kept = Windows(browser, demo.url)
    yield kept
    kept.close()


@pytest.fixture
def hud_context(
    request: pytest.FixtureRequest, windows: Windows, signed_in: Any, context_size: dict[str, int]
) -> Iterator[BrowserContext]:
    """A signed-in window, with reduced effects unless the test is marked for all of them."""
    moves = request.node.get_closest_marker("effects")
    context = windows.open(
        viewport=context_size, reduced_motion="no-preference" if moves else "reduce"
    )
    context.add_cookies(signed_in["cookies"])
    yield context
    windows.forget(context)


@pytest.fixture
def hud(hud_context: BrowserContext) -> Iterator[Page]:
    """The page, signed in and fed; the test fails when anything was wrong in its console."""
    faults: list[str] = []
    page = watch(hud_context.new_page(), faults)
    page.goto("/")
    page.get_by_role("region", name="Nodes").get_by_role("listitem").first.wait_for()
    yield page
    assert faults == []


@pytest.fixture
def talk(hud: Page, simulator_control: Control) -> Iterator[TalkPage]:
    """A new conversation on the page, with models that answer at once and as they should."""
    simulator_control.llm_speed("instant")
    if hud.locator("nav.tabs").is_visible():
        hud.get_by_role("button", name="Talk", exact=True).click()
    opened = TalkPage(hud, simulator_control)
    expect(opened.field).to_be_visible()
    opened.wait_for_models()
    yield opened
    simulator_control.ask("DELETE", "/llm/script")


@pytest.fixture
def slow(talk: TalkPage, simulator_control: Control) -> Iterator[Control]:
    """Models that speak as fast as real ones do."""
    simulator_control.llm_speed("realistic")
    yield simulator_control
    simulator_control.llm_speed("instant")


@pytest.fixture
def data_folder(demo: House) -> Path:
    """Where the demo keeps its database."""
    return demo.folder / "data" / "demo"


@pytest.fixture(scope="module")
def lone(browser: Browser) -> Iterator[Page]:
    """A page with the modules and nothing else."""
    context = browser.new_context()
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    left = open_modules(page)
    yield page
    assert (left, faults) == ([], [])
    context.close()


@pytest.fixture
def place(lone: Page) -> Page:
    """The page, empty, with what its modules ask of the server kept in `asked`."""
    lone.evaluate(
        """async () => {
          document.querySelector('#place').replaceChildren();
          localStorage.clear();
          const { jarvis } = await import('jarvis');
          for (const name of ['gate', 'guests', 'nodes']) jarvis.panel(name).rows.clear();
          window.asked = [];
          jarvis.setConnection('up');
          jarvis.connectActions((action) => window.asked.push(action));
          window.show = (root) => document.querySelector('#place').replaceChildren(root);
        }"""
    )
    return lone


@pytest.fixture(scope="module")
def terminal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    """A real OpenSSH server on this machine."""
    with running_openssh(tmp_path_factory.mktemp("openssh")) as running:
        yield running


@pytest.fixture(scope="module")
def terminal_house(
    terminal_server: OpenSsh, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TerminalHouse]:
    """A house whose nodes pve and home are that server, and whose terminals ask first."""
    servers = {"pve": terminal_server, "home": terminal_server}
    with running_terminal_house(tmp_path_factory.mktemp("house"), servers, ASKS="1") as running:
        yield running


@pytest.fixture(scope="module")
def terminal_windows(browser: Browser, terminal_house: TerminalHouse) -> Iterator[Windows]:
    """Windows on that house instead of the demo."""
    kept = Windows(browser, terminal_house.url)
    yield kept
    kept.close()


@pytest.fixture
def terminal_window(
    terminal_windows: Windows, context_size: dict[str, int], request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    """A window that may read and write the clipboard, and can be touched as a phone can."""
    context = terminal_windows.open(
        viewport=context_size,
        has_touch=bool(request.node.get_closest_marker("phone")),
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield context
    terminal_windows.forget(context)


@pytest.fixture
def terminal_page(terminal_window: BrowserContext, terminal_house: TerminalHouse) -> Iterator[Page]:
    """The page of a session of its own; the test fails when anything was wrong in its console."""
    faults: list[str] = []
    opened = watch(terminal_window.new_page(), faults)
    opened.goto(terminal_house.link())
    opened.get_by_role("tab", name="pve", include_hidden=True).wait_for(state="attached")
    yield opened
    assert faults == []
