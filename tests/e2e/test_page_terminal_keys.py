"""Hands on the panel of terminals: keys, clipboard and fingers, over a real OpenSSH server."""

import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.support.house import eventually
from tests.support.openssh import needs_openssh
from tests.support.terminal_houses import TerminalHouse
from tests.support.terminal_page import opened, shown, until

pytestmark = needs_openssh


def test_a_paste_of_lines_asks_first(terminal_page: Page, terminal_house: TerminalHouse) -> None:
    opened(terminal_page, terminal_house)
    terminal_page.evaluate(
        "navigator.clipboard.writeText('echo first-$((1+1))\\x1b\\necho second-$((1+1))\\n')"
    )

    terminal_page.keyboard.press("Control+Shift+V")
    dialog = terminal_page.get_by_role("dialog", name="2 lines to paste")
    expect(dialog).to_contain_text("Each one runs on pve as it arrives.")
    expect(dialog).to_contain_text("1 control character was taken out.")
    dialog.get_by_role("button", name="Leave it").click()
    terminal_page.keyboard.type("echo typed-$((1+1))\n")
    assert "first-2" not in until(terminal_page, "typed-2")

    terminal_page.keyboard.press("Control+Shift+V")
    terminal_page.get_by_role("button", name="Paste 2 lines").click()
    assert "first-2" in until(terminal_page, "second-2")


def test_what_is_selected_is_copied_and_pasted(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    terminal_page.keyboard.type("clear; printf 'x\\n%s\\n' copy-me\n")
    until(terminal_page, re.compile("copy-meREADY"))
    terminal_page.get_by_text("copy-me", exact=True).dblclick()

    terminal_page.keyboard.press("Control+Shift+C")

    assert "copy-me" in terminal_page.evaluate("navigator.clipboard.readText()")
    terminal_page.keyboard.type("echo pasted-")
    terminal_page.keyboard.press("Control+Shift+V")
    terminal_page.keyboard.press("Enter")
    until(terminal_page, re.compile("pasted-copy"))


def test_text_that_scrolled_away_is_found(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    terminal_page.keyboard.type("clear; for i in $(seq 400); do echo line-$i-é漢字-end; done\n")
    until(terminal_page, "line-400-")

    terminal_page.keyboard.press("Control+Shift+F")
    terminal_page.keyboard.type("字-end")
    search = terminal_page.get_by_role("search")
    expect(search).to_contain_text("400 of 400")
    terminal_page.get_by_role("searchbox", name="Find in the terminal").fill("line-17-")
    expect(search).to_contain_text("1 of 1")
    assert "line-17-" in until(terminal_page, "line-17-")
    assert "line-400-" not in shown(terminal_page)
    selected = terminal_page.evaluate("getSelection().toString()")
    assert selected in ("", "line-17-")

    terminal_page.get_by_role("searchbox", name="Find in the terminal").fill("nowhere")
    expect(search).to_contain_text("not found")
    terminal_page.keyboard.press("Escape")
    terminal_page.keyboard.type("echo back-$((1+1))\n")
    until(terminal_page, "back-2")


def test_the_size_of_the_text_changes_the_size_of_the_terminal(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    asked = count(1)

    def size() -> tuple[int, int]:
        n = next(asked)
        terminal_page.get_by_role("textbox", name="Terminal on pve").focus()
        terminal_page.keyboard.type(f"clear; stty size; echo size-{n}-$((1+1))\n")
        pattern = rf"(\d+) (\d+)\s*size-{n}-2"
        found = re.search(pattern, until(terminal_page, re.compile(pattern)))
        assert found
        return int(found[1]), int(found[2])

    opened(terminal_page, terminal_house)
    rows, cols = size()
    for _ in range(4):
        terminal_page.keyboard.press("Control+=")
    eventually("larger text", lambda: size()[0] < rows and size()[1] < cols)

    terminal_page.keyboard.press("Control+0")
    eventually("the usual size", lambda: size() == (rows, cols))

    terminal_page.get_by_role("button", name="Show it over the whole page").click()
    eventually("a wide terminal", lambda: size()[1] > 2 * cols)
    terminal_page.get_by_role("button", name="Put it back into its column").click()
    eventually("the usual size again", lambda: size() == (rows, cols))


def test_the_keyboard_leads_out_of_a_terminal(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    field = terminal_page.get_by_role("textbox", name="Terminal on pve")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("Ctrl Alt and an arrow key leaves"))

    terminal_page.keyboard.press("Tab")
    expect(field).to_be_focused()
    terminal_page.keyboard.press("Control+Alt+ArrowUp")
    expect(terminal_page.get_by_role("tab", name="pve")).to_be_focused()
    field.focus()
    terminal_page.keyboard.press("F6")
    expect(field).not_to_be_focused()
    assert terminal_page.evaluate("!document.activeElement.closest('.panel-terminal')")

    field.focus()
    terminal_page.keyboard.type(
        "\x15printf '\\033[?1049h'; read -rsn5 key; printf '\\033[?1049l'; echo got-${#key}\n"
    )
    terminal_page.wait_for_function("document.querySelector('.term-screen:not([hidden])') !== null")
    terminal_page.wait_for_timeout(400)
    terminal_page.keyboard.press("F6")
    until(terminal_page, "got-5")
    expect(field).to_be_focused()


def test_who_comes_by_the_keyboard_is_told_how_to_leave(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    hint = terminal_page.get_by_text("Ctrl Alt and an arrow key leaves the terminal")
    terminal_page.get_by_role("tab", name="pve").focus()

    for _ in range(12):
        if terminal_page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
        terminal_page.keyboard.press("Tab")

    expect(hint).to_have_class("term-hint")
    terminal_page.keyboard.press("Control+Alt+ArrowUp")
    expect(terminal_page.get_by_role("tab", name="pve")).to_be_focused()


def test_a_screen_reader_finds_the_lines_once_it_is_asked_for(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)
    terminal_page.keyboard.type("clear; echo aloud-$((1+1))\n")
    until(terminal_page, "aloud-2")

    reader = terminal_page.get_by_role("button", name="For screen readers")
    reader.focus()
    terminal_page.keyboard.press("Enter")

    expect(reader).to_have_attribute("aria-pressed", "true")
    expect(terminal_page.get_by_role("list").get_by_text("aloud-2")).to_be_visible()


def test_keys_of_the_page_belong_to_the_shell_while_one_types(
    terminal_page: Page, terminal_house: TerminalHouse
) -> None:
    opened(terminal_page, terminal_house)

    terminal_page.keyboard.type("echo kept cut-away")
    for _ in range(9):
        terminal_page.keyboard.press("ArrowLeft")
    terminal_page.keyboard.press("Control+k")
    terminal_page.keyboard.press("Enter")

    text = until(terminal_page, re.compile("keptREADY|kept +READY"))
    assert "cut-away" not in text
    expect(terminal_page.get_by_role("dialog", name="Command palette")).to_be_hidden()


@pytest.mark.phone
def test_a_phone_has_the_keys_it_lacks(terminal_page: Page, terminal_house: TerminalHouse) -> None:
    terminal_page.get_by_role("navigation", name="Sections").get_by_role(
        "button", name="Terminal"
    ).click()
    opened(terminal_page, terminal_house)
    keys = terminal_page.get_by_role("toolbar", name="Keys")

    terminal_page.keyboard.type("echo one-$((1+1))\n")
    until(terminal_page, "one-2")
    keys.get_by_role("button", name="Up").tap()
    terminal_page.keyboard.type("3\n")
    until(terminal_page, "one-23")
    terminal_page.keyboard.type("sleep 60\n")
    keys.get_by_role("button", name="Ctrl").tap()
    expect(keys.get_by_role("button", name="Ctrl")).to_have_attribute("aria-pressed", "true")
    terminal_page.keyboard.type("c")
    until(terminal_page, re.compile(r"\^C"))
    expect(keys.get_by_role("button", name="Ctrl")).to_have_attribute("aria-pressed", "false")
    terminal_page.keyboard.type("printf '%q' \"")
    for name in ("Pipe", "Slash", "Minus", "Tilde"):
        keys.get_by_role("button", name=name).tap()
    terminal_page.keyboard.type('"\n')
    until(terminal_page, re.compile(r"\\\|/-~"))
    assert terminal_page.evaluate("document.documentElement.scrollWidth") <= 390
