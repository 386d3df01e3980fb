"""The panel of terminals in a browser, over a real OpenSSH server on this machine."""

import re
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.support.house import eventually
from tests.support.openssh import needs_openssh
from tests.support.terminal_houses import TerminalHouse
from tests.support.terminal_page import decide, opened, until

pytestmark = needs_openssh


def test_a_terminal_opens_after_a_person_s_word_and_outlives_a_reload(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    terminal = terminal_page.get_by_role("region", name="Terminal")
    expect(terminal).to_contain_text("No terminal is open on pve.")
    opened(terminal_page, terminal_house)
    expect(terminal).to_contain_text("ssh · host key pinned")
    terminal_page.keyboard.type("echo kept-$((40+2))\n")
    until(terminal_page, "kept-42")

    terminal_page.reload()

    until(terminal_page, "kept-42")
    terminal_page.locator(".term-screen:not([hidden]) .xterm-screen").click()
    terminal_page.keyboard.type("echo and-on-$((1+1))\n")
    until(terminal_page, "and-on-2")


def test_a_refused_terminal_says_so_and_opens_nothing(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    terminal_page.get_by_role("button", name="Open pve").click()
    terminal_page.get_by_role("button", name="Show the question").click()
    before = terminal_page.request.get("/record").json()["opened"]

    decide(terminal_page, terminal_house, yes=False)

    expect(terminal_page.get_by_role("region", name="Terminal")).to_contain_text("You refused it.")
    assert terminal_page.request.get("/record").json()["opened"] == before
    terminal_page.get_by_role("region", name="Terminal").get_by_role(
        "button", name="Close", exact=True
    ).click()
    expect(terminal_page.get_by_role("button", name="Open pve")).to_be_visible()


def test_the_second_terminal_of_a_session_asks_no_more(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)

    terminal_page.get_by_role("tab", name="home").click()

    expect(terminal_page.get_by_role("tab", name="home")).to_have_accessible_name("home, open")
    until(terminal_page, re.compile("[#$] ?$"))
    terminal_page.get_by_role("button", name="Open a terminal on…").click()
    terminal_page.get_by_role("searchbox", name="Find a node or guest").fill("pve")
    terminal_page.keyboard.press("Enter")
    expect(terminal_page.get_by_role("tab", name="pve · 2")).to_have_accessible_name(
        "pve · 2, open"
    )


def test_a_node_that_is_down_says_so_and_offers_to_wake_it(terminal_page: Page) -> None:
    agent1 = terminal_page.get_by_role("tab", name="agent1")
    expect(agent1).to_have_accessible_name("agent1, down")
    agent1.click()
    told = terminal_page.evaluate_handle(
        "() => { const noted = []; jarvis.on('tell:noted', (it) => noted.push(it)); return noted; }"
    )

    terminal_page.get_by_role("button", name="Wake agent1").click()

    expect(terminal_page.get_by_role("region", name="Terminal")).to_contain_text(
        "agent1 was called"
    )
    eventually("the server to hear it", lambda: told.json_value() == [{"node": "agent1"}])


def test_only_links_of_the_web_are_followed_and_they_learn_nothing(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    terminal_page.evaluate(
        "() => { window.went = []; window.open = (...args) => { window.went.push(args); }; }"
    )
    terminal_page.keyboard.type(
        "clear; printf '%s\\n\\033]8;;javascript:alert(1)\\033\\\\evil\\033]8;;\\033\\\\\\n' "
        "https://example.net/page\n"
    )
    until(terminal_page, re.compile("https://example.net/page *evil"))

    terminal_page.get_by_text("https://example.net/page").last.click()
    terminal_page.get_by_text(re.compile("^evil")).last.click()

    went = terminal_page.evaluate("window.went")
    assert went == [["https://example.net/page", "_blank", "noopener,noreferrer"]]


def test_a_shell_that_ended_is_told_and_reopened(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)

    terminal_page.keyboard.type("exit 7\n")

    terminal = terminal_page.get_by_role("region", name="Terminal")
    expect(terminal).to_contain_text("The shell ended with status 7.")
    until(terminal_page, "READY> exit 7")
    last = terminal_page.get_by_text("READY> exit 7").last.bounding_box()
    bar = terminal_page.get_by_text("The shell ended with status 7.").bounding_box()
    assert last
    assert bar
    assert last["y"] + last["height"] <= bar["y"], "the bar hides the last line"
    expect(terminal_page.get_by_role("tab", name="pve")).to_have_accessible_name("pve, ended")
    terminal_page.get_by_role("button", name="Reopen pve").click()
    expect(terminal_page.get_by_role("tab", name="pve")).to_have_accessible_name("pve, open")
    until(terminal_page, re.compile("^[^>]*[#$] ?$"))


def test_a_socket_that_is_cut_comes_back_to_the_same_screen(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    routes: list[WebSocketRoute] = []
    blocked = False

    def carry(route: WebSocketRoute) -> None:
        if blocked:
            route.close(code=1001)
            return
        routes.append(route)
        route.connect_to_server()

    terminal_page.route_web_socket(re.compile("/terminals/"), carry)
    opened(terminal_page, terminal_house)
    terminal_page.keyboard.type("echo before-$((1+1)); sleep 1; echo meanwhile-$((1+1))\n")
    until(terminal_page, "before-2")

    blocked = True
    routes[-1].close(code=1001)
    expect(terminal_page.get_by_role("region", name="Terminal")).to_contain_text(
        "cut off from Jarvis"
    )
    terminal_page.keyboard.type("echo typed-blind\n")
    blocked = False

    text = until(terminal_page, "meanwhile-2")
    assert "before-2" in text
    assert "typed-blind" not in text
    assert "since=" in routes[-1].url
    terminal_page.keyboard.type("echo again-$((1+1))\n")
    until(terminal_page, "again-2")


def test_a_flood_leaves_the_page_alive_and_ends_with_one_key(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    terminal_page.keyboard.type("yes 0123456789 0123456789 0123456789\n")
    terminal_page.wait_for_timeout(2_000)
    heap = terminal_page.evaluate("performance.memory.usedJSHeapSize")

    terminal_page.wait_for_timeout(4_000)
    terminal_page.get_by_role("button", name=re.compile("^pve")).first.click(timeout=30_000)
    expect(terminal_page.locator("body")).to_be_visible()

    assert terminal_page.evaluate("performance.memory.usedJSHeapSize") - heap < 60 * 2**20
    terminal_page.get_by_role("textbox", name="Terminal on pve").focus()
    terminal_page.keyboard.press("Control+c")
    until(terminal_page, re.compile("READY> ?$"), within_s=30)


def test_junk_and_endless_lines_leave_a_terminal_that_can_be_reset(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    terminal_page.keyboard.type("printf 'x%.0s' $(seq 10000); echo; printf 'end-%s\\n' $((1+1))\n")
    until(terminal_page, "end-2")
    terminal_page.keyboard.type(
        "head -c 400000 /dev/urandom; printf '\\nover-%s' $((1+1)); sleep 0.5\n"
    )
    terminal_page.wait_for_timeout(2_500)

    terminal_page.keyboard.press("Control+c")
    terminal_page.keyboard.press("Control+u")
    terminal_page.keyboard.type("printf '\\033c'; stty sane; echo well-$((1+1))\n")

    until(terminal_page, "well-2")


def test_two_pages_of_a_session_see_one_terminal_and_one_of_them_types(
    terminal_page: Page, terminal_window: BrowserContext, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    second = terminal_window.new_page()
    second.set_viewport_size({"width": 1400, "height": 800})
    second.goto("/")
    second.get_by_role("tab", name="pve").click()
    until(second, "READY>")

    second.get_by_role("textbox", name="Terminal on pve").focus()
    second.keyboard.type("clear; stty size; echo seen-$((1+1))\n")

    assert until(second, "seen-2").split()[1] == until(terminal_page, "seen-2").split()[1]
    second.close()
    terminal_page.get_by_role("textbox", name="Terminal on pve").focus()
    terminal_page.keyboard.type("echo mine-$((1+1))\n")
    until(terminal_page, "mine-2")


def test_signing_out_ends_the_terminals(terminal_page: Page, terminal_house: TerminalHouse) -> None:
    opened(terminal_page, terminal_house)
    closed_before = len(terminal_page.request.get("/record").json()["closed"])
    other = terminal_house.signed_in()

    terminal_page.request.post("/logout", headers={"origin": terminal_house.url})

    def ended() -> list[Any] | None:
        closed = other.get("/record").json()["closed"][closed_before:]
        return closed or None

    (record,) = eventually("the terminal to be on record as ended", ended)
    assert record[:3] == ["owner", "pve", "signed out"]
    terminal_page.wait_for_url("**/login")
    other.close()


def test_what_was_typed_is_in_no_log_and_on_no_record(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    terminal_page.keyboard.type("echo a-very-secret-word\n")
    until(terminal_page, re.compile("a-very-secret-word.*a-very-secret-word"))

    assert "a-very-secret-word" not in terminal_house.log
    assert "a-very-secret-word" not in terminal_page.request.get("/record").text()
    assert httpx.get(f"{terminal_house.url}/record").status_code == 401
