"""The field where one writes to Jarvis, by itself in a real browser."""

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        ("how is pve?", {"text": "how is pve?"}),
        ("  how is pve?\n", {"text": "how is pve?"}),
        ("/status", {"command": "status", "rest": ""}),
        ("  /STATUS  ", {"command": "status", "rest": ""}),
        ("/model claude", {"command": "model", "rest": "claude"}),
        ("/model\nclaude  ", {"command": "model", "rest": "claude"}),
        ("/export json extra", {"command": "export", "rest": "json extra"}),
        ("/exportmarkdown", {"unknown": "exportmarkdown"}),
        ("/stat", {"unknown": "stat"}),
        ("/status/now", {"unknown": "status/now"}),
        ("/", {"unknown": ""}),
        ("/ status", {"unknown": ""}),
        ("//status is a word", {"text": "/status is a word"}),
        ("///x", {"text": "//x"}),
        ("/etc/pve is what?", {"unknown": "etc/pve"}),
        ("what is /status", {"text": "what is /status"}),
        ("", {"text": ""}),
        ("   ", {"text": ""}),
        ("/constructor", {"unknown": "constructor"}),
        ("/__proto__", {"unknown": "__proto__"}),
    ],
)
def test_a_line_is_a_message_or_a_command(lone: Page, line: str, parsed: dict[str, str]) -> None:
    found = lone.evaluate(
        "async (line) => (await import('jarvis-talk-compose')).parseLine(line)", line
    )

    if "command" in found:
        found["command"] = found["command"]["name"]
    assert found == parsed


def show_compose(page: Page) -> None:
    page.evaluate(
        """async () => {
          const { Compose } = await import('jarvis-talk-compose');
          window.heard = [];
          window.key = 'draft.a';
          window.compose = new Compose({
            say: (text) => heard.push(['say', text]), stop: () => heard.push(['stop']),
            command: (command, rest) => heard.push([command.name, rest]), draftKey: () => key,
            listening: (on) => { window.listening = on; },
          });
          show(compose.root);
        }"""
    )


def test_a_slash_offers_the_commands_and_enter_takes_the_chosen(place: Page) -> None:
    show_compose(place)
    field = place.get_by_role("textbox", name="Message to Jarvis")
    options = place.get_by_role("option").filter(has_text="/")
    field.press_sequentially("/")
    expect(options).to_have_count(7)
    field.press_sequentially("s")
    expect(options).to_have_text(
        ["/statushow the cluster is", "/sessionsthe conversations there are"]
    )
    field.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")

    field.press("Enter")

    assert place.evaluate("heard") == [["sessions", ""]]
    expect(field).to_have_value("")
    expect(options).to_have_count(0)


def test_tab_completes_and_escape_lets_go_of_the_list_before_it_stops(place: Page) -> None:
    show_compose(place)
    field = place.get_by_role("textbox", name="Message to Jarvis")
    field.press_sequentially("/mo")
    field.press("Tab")
    expect(field).to_have_value("/model ")
    expect(place.get_by_role("option", name="harder", exact=True)).to_be_visible()
    place.evaluate("() => compose.setBusy(true)")

    field.press("Escape")
    assert place.evaluate("heard") == []
    field.press("Escape")

    assert place.evaluate("heard") == [["stop"]]


def test_a_command_there_is_none_of_is_told_and_kept(place: Page) -> None:
    show_compose(place)
    field = place.get_by_role("textbox", name="Message to Jarvis")
    field.fill("/etc/hosts is odd")

    field.press("Enter")

    expect(place.get_by_role("status")).to_contain_text("There is no command /etc/hosts.")
    expect(field).to_have_value("/etc/hosts is odd")
    assert place.evaluate("heard") == []


def test_a_draft_is_kept_for_each_conversation_and_goes_once_it_is_sent(place: Page) -> None:
    show_compose(place)
    field = place.get_by_role("textbox", name="Message to Jarvis")
    field.fill("half a thought")
    assert place.evaluate("listening") is True, "the reactor listens to who writes"
    place.evaluate("() => { key = 'draft.b'; compose.load(); }")
    expect(field).to_have_value("")
    place.evaluate("() => { key = 'draft.a'; compose.load(); }")
    expect(field).to_have_value("half a thought")

    field.press("Enter")
    place.evaluate("() => compose.clear()")

    assert place.evaluate("heard") == [["say", "half a thought"]]
    assert place.evaluate("localStorage.getItem('draft.a')") is None
    assert place.evaluate("listening") is False


def test_shift_enter_is_a_new_line_and_the_field_grows(place: Page) -> None:
    show_compose(place)
    field = place.get_by_role("textbox", name="Message to Jarvis")
    low = field.bounding_box()
    field.press_sequentially("one")
    for _ in range(3):
        field.press("Shift+Enter")
    field.press_sequentially("two")
    high = field.bounding_box()

    field.press("Enter")

    assert low is not None
    assert high is not None
    assert high["height"] > low["height"] + 30
    assert place.evaluate("heard") == [["say", "one\n\n\ntwo"]]


def test_the_button_stops_while_an_answer_comes_and_nothing_is_written(place: Page) -> None:
    show_compose(place)
    place.evaluate("() => compose.setBusy(true)")
    place.get_by_role("button", name="Stop").click()
    place.get_by_role("textbox", name="Message to Jarvis").fill("and then?")

    place.get_by_role("button", name="Speak").click()

    assert place.evaluate("heard") == [["stop"], ["say", "and then?"]]


NO_LOCAL = {"name": "local", "because": "The local model is not set up", "remedy": "Set THE_URL"}
NO_CLAUDE = {"name": "claude", "because": "Claude is not set up", "remedy": "Set THE_KEY"}
NOT_HERE = {"name": "local", "because": "192.0.2.20 was not dialled", "remedy": None}


def tell_off(page: Page, *rows: dict[str, str | None]) -> None:
    """The server says which providers are off."""
    page.evaluate("rows => compose.tellOff(rows)", list(rows))


def options(page: Page) -> dict[str, bool]:
    """What the picker offers, and whether each can be picked."""
    told: dict[str, bool] = page.get_by_role("combobox", name="Who answers").evaluate(
        "one => Object.fromEntries([...one.options].map((o) => [o.textContent, !o.disabled]))"
    )
    return told


def test_who_there_is_none_of_cannot_be_picked_until_there_is(place: Page) -> None:
    show_compose(place)
    everybody = {
        "Auto": True, "Claude": True, "Local": True, "No model": True, "Think harder": True,
    }  # fmt: skip
    assert options(place) == everybody

    tell_off(place, NO_CLAUDE, NOT_HERE)
    assert options(place) == {
        "Auto": True,
        "Claude (not set up)": False,
        "Local (off)": False,
        "No model": True,
        "Think harder (not set up)": False,
    }

    tell_off(place)
    assert options(place) == everybody


def test_auto_stands_in_for_who_was_picked_and_is_off(place: Page) -> None:
    show_compose(place)
    picker = place.get_by_role("combobox", name="Who answers")
    picker.select_option("local")
    tell_off(place, NO_CLAUDE)
    expect(picker).to_have_value("local")

    tell_off(place, NO_CLAUDE, NO_LOCAL)

    expect(picker).to_have_value("auto")
    expect(place.get_by_role("status")).to_have_text(
        "There is no local model: set THE_URL. Auto decides who answers."
    )
    assert place.evaluate("localStorage.getItem('draft.a.picked')") is None
    place.evaluate(
        "() => { key = 'draft.b'; localStorage['draft.b.picked'] = 'harder'; compose.load(); }"
    )
    expect(picker).to_have_value("auto")
    expect(place.get_by_role("status")).to_have_text(
        "There is no Claude to think harder: set THE_KEY. Auto decides who answers."
    )


def test_the_command_takes_who_there_is_and_says_why_nobody_else(place: Page) -> None:
    show_compose(place)
    picker = place.get_by_role("combobox", name="Who answers")
    field = place.get_by_role("textbox", name="Message to Jarvis")
    tell_off(place, NOT_HERE)
    field.press_sequentially("/model l")
    expect(place.locator(".talk-commands [role=option]")).to_have_text(["localoff"])

    for asked, value, said in (
        ("claude", "claude", "Who answers: claude."),
        ("local", "claude", "There is no local model: 192.0.2.20 was not dialled."),
        ("nobody", "claude", "There is no nobody; write auto, claude, local, direct or harder."),
        ("constructor", "claude", "There is no constructor; write auto"),
        ("auto", "auto", "Who answers: auto."),
    ):
        place.evaluate("asked => compose.takePick(asked)", asked)
        expect(place.get_by_role("status")).to_contain_text(said)
        expect(picker).to_have_value(value)
