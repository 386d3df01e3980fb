"""The panel of terminals in a browser, over a real OpenSSH server on this machine."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.e2e.conftest import DESKTOP, PHONE, watch
from tests.support.house import eventually
from tests.support.openssh import OpenSsh, needs_openssh, running_openssh
from tests.support.terminal_houses import TerminalHouse, running_terminal_house
from tests.support.windows import Windows

pytestmark = needs_openssh

SHOWN = "document.querySelector('.term-screen:not([hidden]) .xterm-rows')?.textContent ?? ''"
PLAIN = "PS1='READY''> '; bind 'set enable-bracketed-paste off'; clear\n"
"""Typed, it does not hold the prompt it makes."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with running_openssh(tmp_path_factory.mktemp("openssh")) as running:
        yield running


@pytest.fixture(scope="module")
def house(server: OpenSsh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TerminalHouse]:
    servers = {"pve": server, "home": server}
    with running_terminal_house(tmp_path_factory.mktemp("house"), servers, ASKS="1") as running:
        yield running


@pytest.fixture(scope="module")
def windows(browser: Browser, house: TerminalHouse) -> Iterator[Windows]:
    """Windows on this house instead of the demo."""
    kept = Windows(browser, house.url)
    yield kept
    kept.close()


@pytest.fixture
def window(windows: Windows, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    phone = request.node.get_closest_marker("phone")
    context = windows.open(
        viewport=PHONE if phone else DESKTOP,
        has_touch=bool(phone),
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield context
    windows.forget(context)


@pytest.fixture
def page(window: BrowserContext, house: TerminalHouse) -> Iterator[Page]:
    """The page of a session of its own; the test fails when anything was wrong in its console."""
    faults: list[str] = []
    opened = watch(window.new_page(), faults)
    opened.goto(house.link())
    opened.get_by_role("tab", name="pve", include_hidden=True).wait_for(state="attached")
    yield opened
    assert faults == []


def decide(page: Page, house: TerminalHouse, *, yes: bool = True) -> None:
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


def test_a_terminal_opens_after_a_person_s_word_and_outlives_a_reload(
    page: Page, house: TerminalHouse
) -> None:
    terminal = page.get_by_role("region", name="Terminal")
    expect(terminal).to_contain_text("No terminal is open on pve.")
    opened(page, house)
    expect(terminal).to_contain_text("ssh · host key pinned")
    page.keyboard.type("echo kept-$((40+2))\n")
    until(page, "kept-42")

    page.reload()

    until(page, "kept-42")
    page.locator(".term-screen:not([hidden]) .xterm-screen").click()
    page.keyboard.type("echo and-on-$((1+1))\n")
    until(page, "and-on-2")


def test_a_refused_terminal_says_so_and_opens_nothing(page: Page, house: TerminalHouse) -> None:
    page.get_by_role("button", name="Open pve").click()
    page.get_by_role("button", name="Show the question").click()
    before = page.request.get("/record").json()["opened"]

    decide(page, house, yes=False)

    expect(page.get_by_role("region", name="Terminal")).to_contain_text("You refused it.")
    assert page.request.get("/record").json()["opened"] == before
    page.get_by_role("region", name="Terminal").get_by_role(
        "button", name="Close", exact=True
    ).click()
    expect(page.get_by_role("button", name="Open pve")).to_be_visible()


def test_the_second_terminal_of_a_session_asks_no_more(page: Page, house: TerminalHouse) -> None:
    opened(page, house)

    page.get_by_role("tab", name="home").click()

    expect(page.get_by_role("tab", name="home")).to_have_accessible_name("home, open")
    until(page, re.compile("[#$] ?$"))
    page.get_by_role("button", name="Open a terminal on…").click()
    page.get_by_role("searchbox", name="Find a node or guest").fill("pve")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="pve · 2")).to_have_accessible_name("pve · 2, open")


def test_a_node_that_is_down_says_so_and_offers_to_wake_it(page: Page) -> None:
    agent1 = page.get_by_role("tab", name="agent1")
    expect(agent1).to_have_accessible_name("agent1, down")
    agent1.click()
    told = page.evaluate_handle(
        "() => { const noted = []; jarvis.on('tell:noted', (it) => noted.push(it)); return noted; }"
    )

    page.get_by_role("button", name="Wake agent1").click()

    expect(page.get_by_role("region", name="Terminal")).to_contain_text("agent1 was called")
    eventually("the server to hear it", lambda: told.json_value() == [{"node": "agent1"}])


def test_a_paste_of_lines_asks_first(page: Page, house: TerminalHouse) -> None:
    opened(page, house)
    page.evaluate(
        "navigator.clipboard.writeText('echo first-$((1+1))\\x1b\\necho second-$((1+1))\\n')"
    )

    page.keyboard.press("Control+Shift+V")
    dialog = page.get_by_role("dialog", name="2 lines to paste")
    expect(dialog).to_contain_text("Each one runs on pve as it arrives.")
    expect(dialog).to_contain_text("1 control character was taken out.")
    dialog.get_by_role("button", name="Leave it").click()
    page.keyboard.type("echo typed-$((1+1))\n")
    assert "first-2" not in until(page, "typed-2")

    page.keyboard.press("Control+Shift+V")
    page.get_by_role("button", name="Paste 2 lines").click()
    assert "first-2" in until(page, "second-2")


def test_what_is_selected_is_copied_and_pasted(page: Page, house: TerminalHouse) -> None:
    opened(page, house)
    page.keyboard.type("clear; printf 'x\\n%s\\n' copy-me\n")
    until(page, re.compile("copy-meREADY"))
    page.get_by_text("copy-me", exact=True).dblclick()

    page.keyboard.press("Control+Shift+C")

    assert "copy-me" in page.evaluate("navigator.clipboard.readText()")
    page.keyboard.type("echo pasted-")
    page.keyboard.press("Control+Shift+V")
    page.keyboard.press("Enter")
    until(page, re.compile("pasted-copy"))


def test_text_that_scrolled_away_is_found(page: Page, house: TerminalHouse) -> None:
    opened(page, house)
    page.keyboard.type("clear; for i in $(seq 400); do echo line-$i-é漢字-end; done\n")
    until(page, "line-400-")

    page.keyboard.press("Control+Shift+F")
    page.keyboard.type("字-end")
    search = page.get_by_role("search")
    expect(search).to_contain_text("400 of 400")
    page.get_by_role("searchbox", name="Find in the terminal").fill("line-17-")
    expect(search).to_contain_text("1 of 1")
    assert "line-17-" in until(page, "line-17-")
    assert "line-400-" not in shown(page)
    selected = page.evaluate("getSelection().toString()")
    assert selected in ("", "line-17-")

    page.get_by_role("searchbox", name="Find in the terminal").fill("nowhere")
    expect(search).to_contain_text("not found")
    page.keyboard.press("Escape")
    page.keyboard.type("echo back-$((1+1))\n")
    until(page, "back-2")


def test_the_size_of_the_text_changes_the_size_of_the_terminal(
    page: Page, house: TerminalHouse
) -> None:
    asked = count(1)

    def size() -> tuple[int, int]:
        n = next(asked)
        page.get_by_role("textbox", name="Terminal on pve").focus()
        page.keyboard.type(f"clear; stty size; echo size-{n}-$((1+1))\n")
        pattern = rf"(\d+) (\d+)\s*size-{n}-2"
        found = re.search(pattern, until(page, re.compile(pattern)))
        assert found
        return int(found[1]), int(found[2])

    opened(page, house)
    rows, cols = size()
    for _ in range(4):
        page.keyboard.press("Control+=")
    eventually("larger text", lambda: size()[0] < rows and size()[1] < cols)

    page.keyboard.press("Control+0")
    eventually("the usual size", lambda: size() == (rows, cols))

    page.get_by_role("button", name="Show it over the whole page").click()
    eventually("a wide terminal", lambda: size()[1] > 2 * cols)
    page.get_by_role("button", name="Put it back into its column").click()
    eventually("the usual size again", lambda: size() == (rows, cols))


def test_the_keyboard_leads_out_of_a_terminal(page: Page, house: TerminalHouse) -> None:
    opened(page, house)
    field = page.get_by_role("textbox", name="Terminal on pve")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("Ctrl Alt and an arrow key leaves"))

    page.keyboard.press("Tab")
    expect(field).to_be_focused()
    page.keyboard.press("Control+Alt+ArrowUp")
    expect(page.get_by_role("tab", name="pve")).to_be_focused()
    field.focus()
    page.keyboard.press("F6")
    expect(field).not_to_be_focused()
    assert page.evaluate("!document.activeElement.closest('.panel-terminal')")

    field.focus()
    page.keyboard.type(
        "\x15printf '\\033[?1049h'; read -rsn5 key; printf '\\033[?1049l'; echo got-${#key}\n"
    )
    page.wait_for_function("document.querySelector('.term-screen:not([hidden])') !== null")
    page.wait_for_timeout(400)
    page.keyboard.press("F6")
    until(page, "got-5")
    expect(field).to_be_focused()


def test_who_comes_by_the_keyboard_is_told_how_to_leave(page: Page, house: TerminalHouse) -> None:
    opened(page, house)
    hint = page.get_by_text("Ctrl Alt and an arrow key leaves the terminal")
    page.get_by_role("tab", name="pve").focus()

    for _ in range(12):
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
        page.keyboard.press("Tab")

    expect(hint).to_have_class("term-hint")
    page.keyboard.press("Control+Alt+ArrowUp")
    expect(page.get_by_role("tab", name="pve")).to_be_focused()


def test_a_screen_reader_finds_the_lines_once_it_is_asked_for(
    page: Page, house: TerminalHouse
) -> None:
    opened(page, house)
    page.keyboard.type("clear; echo aloud-$((1+1))\n")
    until(page, "aloud-2")

    reader = page.get_by_role("button", name="For screen readers")
    reader.focus()
    page.keyboard.press("Enter")

    expect(reader).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("list").get_by_text("aloud-2")).to_be_visible()


def test_keys_of_the_page_belong_to_the_shell_while_one_types(
    page: Page, house: TerminalHouse
) -> None:
    opened(page, house)

    page.keyboard.type("echo kept cut-away")
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+k")
    page.keyboard.press("Enter")

    text = until(page, re.compile("keptREADY|kept +READY"))
    assert "cut-away" not in text
    expect(page.get_by_role("dialog", name="Command palette")).to_be_hidden()


def test_only_links_of_the_web_are_followed_and_they_learn_nothing(
    page: Page, house: TerminalHouse
) -> None:
    opened(page, house)
    page.evaluate(
        "() => { window.went = []; window.open = (...args) => { window.went.push(args); }; }"
    )
    page.keyboard.type(
        "clear; printf '%s\\n\\033]8;;javascript:alert(1)\\033\\\\evil\\033]8;;\\033\\\\\\n' "
        "https://example.net/page\n"
    )
    until(page, re.compile("https://example.net/page *evil"))

    page.get_by_text("https://example.net/page").last.click()
    page.get_by_text(re.compile("^evil")).last.click()

    went = page.evaluate("window.went")
    assert went == [["https://example.net/page", "_blank", "noopener,noreferrer"]]


def test_a_shell_that_ended_is_told_and_reopened(page: Page, house: TerminalHouse) -> None:
    opened(page, house)

    page.keyboard.type("exit 7\n")

    terminal = page.get_by_role("region", name="Terminal")
    expect(terminal).to_contain_text("The shell ended with status 7.")
    until(page, "READY> exit 7")
    last = page.get_by_text("READY> exit 7").last.bounding_box()
    bar = page.get_by_text("The shell ended with status 7.").bounding_box()
    assert last
    assert bar
    assert last["y"] + last["height"] <= bar["y"], "the bar hides the last line"
    expect(page.get_by_role("tab", name="pve")).to_have_accessible_name("pve, ended")
    page.get_by_role("button", name="Reopen pve").click()
    expect(page.get_by_role("tab", name="pve")).to_have_accessible_name("pve, open")
    until(page, re.compile("^[^>]*[#$] ?$"))


def test_a_socket_that_is_cut_comes_back_to_the_same_screen(
    page: Page, house: TerminalHouse
) -> None:
    routes: list[WebSocketRoute] = []
    blocked = False

    def carry(route: WebSocketRoute) -> None:
        if blocked:
            route.close(code=1001)
            return
        routes.append(route)
        route.connect_to_server()

    page.route_web_socket(re.compile("/terminals/"), carry)
    opened(page, house)
    page.keyboard.type("echo before-$((1+1)); sleep 1; echo meanwhile-$((1+1))\n")
    until(page, "before-2")

    blocked = True
    routes[-1].close(code=1001)
    expect(page.get_by_role("region", name="Terminal")).to_contain_text("cut off from Jarvis")
    page.keyboard.type("echo typed-blind\n")
    blocked = False

    text = until(page, "meanwhile-2")
    assert "before-2" in text
    assert "typed-blind" not in text
    assert "since=" in routes[-1].url
    page.keyboard.type("echo again-$((1+1))\n")
    until(page, "again-2")


def test_a_flood_leaves_the_page_alive_and_ends_with_one_key(
    page: Page, house: TerminalHouse
) -> None:
    opened(page, house)
    page.keyboard.type("yes 0123456789 0123456789 0123456789\n")
    page.wait_for_timeout(2_000)
    heap = page.evaluate("performance.memory.usedJSHeapSize")

    page.wait_for_timeout(4_000)
    page.get_by_role("button", name=re.compile("^pve")).first.click(timeout=3_000)
    expect(page.locator("body")).to_be_visible()

    assert page.evaluate("performance.memory.usedJSHeapSize") - heap < 60 * 2**20
    page.get_by_role("textbox", name="Terminal on pve").focus()
    page.keyboard.press("Control+c")
    until(page, re.compile("READY> ?$"), within_s=5)


def test_junk_and_endless_lines_leave_a_terminal_that_can_be_reset(
    page: Page, house: TerminalHouse
) -> None:
    opened(page, house)
    page.keyboard.type("printf 'x%.0s' $(seq 10000); echo; printf 'end-%s\\n' $((1+1))\n")
    until(page, "end-2")
    page.keyboard.type("head -c 400000 /dev/urandom; printf '\\nover-%s' $((1+1)); sleep 0.5\n")
    page.wait_for_timeout(2_500)

    page.keyboard.press("Control+c")
    page.keyboard.press("Control+u")
    page.keyboard.type("printf '\\033c'; stty sane; echo well-$((1+1))\n")

    until(page, "well-2")


def test_two_pages_of_a_session_see_one_terminal_and_one_of_them_types(
    page: Page, window: BrowserContext, house: TerminalHouse
) -> None:
    opened(page, house)
    second = window.new_page()
    second.set_viewport_size({"width": 1400, "height": 800})
    second.goto("/")
    second.get_by_role("tab", name="pve").click()
    until(second, "READY>")

    second.get_by_role("textbox", name="Terminal on pve").focus()
    second.keyboard.type("clear; stty size; echo seen-$((1+1))\n")

    assert until(second, "seen-2").split()[1] == until(page, "seen-2").split()[1]
    second.close()
    page.get_by_role("textbox", name="Terminal on pve").focus()
    page.keyboard.type("echo mine-$((1+1))\n")
    until(page, "mine-2")


def test_signing_out_ends_the_terminals(page: Page, house: TerminalHouse) -> None:
    opened(page, house)
    closed_before = len(page.request.get("/record").json()["closed"])
    other = house.signed_in()

    page.request.post("/logout", headers={"origin": house.url})

    def ended() -> list[Any] | None:
        closed = other.get("/record").json()["closed"][closed_before:]
        return closed or None

    (record,) = eventually("the terminal to be on record as ended", ended)
    assert record[:3] == ["owner", "pve", "signed out"]
    page.wait_for_url("**/login")
    other.close()


@pytest.mark.phone
def test_a_phone_has_the_keys_it_lacks(page: Page, house: TerminalHouse) -> None:
    page.get_by_role("navigation", name="Sections").get_by_role("button", name="Terminal").click()
    opened(page, house)
    keys = page.get_by_role("toolbar", name="Keys")

    page.keyboard.type("echo one-$((1+1))\n")
    until(page, "one-2")
    keys.get_by_role("button", name="Up").tap()
    page.keyboard.type("3\n")
    until(page, "one-23")
    page.keyboard.type("sleep 60\n")
    keys.get_by_role("button", name="Ctrl").tap()
    expect(keys.get_by_role("button", name="Ctrl")).to_have_attribute("aria-pressed", "true")
    page.keyboard.type("c")
    until(page, re.compile(r"\^C"))
    expect(keys.get_by_role("button", name="Ctrl")).to_have_attribute("aria-pressed", "false")
    page.keyboard.type("printf '%q' \"")
    for name in ("Pipe", "Slash", "Minus", "Tilde"):
        keys.get_by_role("button", name=name).tap()
    page.keyboard.type('"\n')
    until(page, re.compile(r"\\\|/-~"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_was_typed_is_in_no_log_and_on_no_record(page: Page, house: TerminalHouse) -> None:
    opened(page, house)
    page.keyboard.type("echo a-very-secret-word\n")
    until(page, re.compile("a-very-secret-word.*a-very-secret-word"))

    assert "a-very-secret-word" not in house.log
    assert "a-very-secret-word" not in page.request.get("/record").text()
    assert httpx.get(f"{house.url}/record").status_code == 401
