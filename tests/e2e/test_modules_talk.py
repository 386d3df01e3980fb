"""The small modules of the talk and of the cards, each by itself in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

APPROVAL: dict[str, Any] = {
    "id": "a" * 32,
    "tool": "stop_guest",
    "args": [["guest", "media (104)"], ["force", "no"]],
    "reason": "it is <b>noisy</b>",
    "asker": "claude (model)",
    "tier": "RED",
    "why": "it stops a running guest",
    "blast": [["Runs there", "media (104)"], ["<i>Lock</i>", "none"]],
    "state": "pending",
}


def call(page: Page, module: str, name: str, *args: Any) -> Any:
    """What a function of a module hands back."""
    return page.evaluate(
        "async ([module, name, args]) => (await import(module))[name](...args)",
        [module, name, list(args)],
    )


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (300, "5:00"), (299.9, "4:59"), (60, "1:00"), (59.99, "0:59"), (9, "0:09"), (0.5, "0:00"),
        (0, "0:00"), (-3, "0:00"), (3_600, "60:00"),
    ],
)  # fmt: skip
def test_a_countdown_tells_minutes_and_seconds(lone: Page, seconds: float, told: str) -> None:
    assert call(lone, "jarvis-approval", "countdown", seconds) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("0.0041", "$0.0041"), ("0.00004", "< $0.0001"), ("0", "$0"), ("0.000000", "$0"),
        ("0.42", "$0.42"), ("12.3456", "$12.35"), ("0.0999", "$0.0999"), ("many", ""),
    ],
)  # fmt: skip
def test_money_is_told_to_the_hundredth_of_a_cent(lone: Page, value: str, told: str) -> None:
    assert call(lone, "jarvis-talk-foot", "usd", value) == told


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ({"guest": 104, "force": None, "name": ""}, "guest=104"),
        ({"node": "pve", "most": 5}, "node=pve  most=5"),
        ({"names": ["a", "b"], "deep": {"x": 1}}, 'names=["a","b"]  deep={"x":1}'),
        ({"force": False, "n": 0}, "force=false  n=0"),
        ({}, ""),
        (None, ""),
    ],
)
def test_arguments_stand_on_one_line(lone: Page, args: Any, line: str) -> None:
    assert call(lone, "jarvis-talk-cards", "argsLine", args) == line


def show_card(page: Page, **changes: Any) -> None:
    page.evaluate(
        """async (row) => {
          const { jarvis } = await import('jarvis');
          const { makeCard } = await import('jarvis-approval');
          row.asked = jarvis.now() - 40;
          row.expires ??= jarvis.now() + 272.5;
          window.card = makeCard(row);
          window.row = row;
          show(card.root);
        }""",
        {**APPROVAL, **changes},
    )


def test_a_card_tells_the_call_and_why_and_takes_names_as_text(place: Page) -> None:
    show_card(place)

    card = place.get_by_role("region", name="stop_guest needs your word")
    expect(card).to_contain_text("Red · needs your word")
    expect(card.locator(".approval-call")).to_have_text("stop_guestguest=media (104)force=no")
    expect(card).to_contain_text("Asked by claude (model), 40 s ago: “it is <b>noisy</b>”")
    expect(card).to_contain_text("Why red: it stops a running guest")
    expect(card.locator("dt").nth(1)).to_have_text("<i>Lock</i>")
    expect(card).to_contain_text("lapses in 4:32 · this call, these arguments, once")
    assert card.locator("i, b:has(*)").count() == 0


def test_a_card_says_who_asks_as_it_was_told(place: Page) -> None:
    show_card(place, asker="Jarvis's rules")

    card = place.get_by_role("region", name="stop_guest needs your word")
    expect(card).to_contain_text("Asked by Jarvis's rules, 40 s ago")


def test_a_card_counts_down_and_warns_in_its_last_minute(place: Page) -> None:
    show_card(place)
    assert place.locator(".approval-lapses").get_attribute("data-soon") is None

    place.evaluate("() => { row.expires -= 215; card.draw(row); }")

    lapses = place.locator(".approval-lapses")
    expect(lapses).to_contain_text("lapses in 0:5")
    assert lapses.get_attribute("data-soon") == "true"


def test_a_word_is_given_once_whatever_is_clicked(place: Page) -> None:
    show_card(place)
    place.evaluate(
        "() => { for (let n = 0; n < 5; n += 1) document.querySelector('.btn.go').click(); }"
    )

    (asked,) = place.evaluate("window.asked")
    assert asked["name"] == "proceed"
    assert asked["args"]["id"] == APPROVAL["id"]
    expect(place.get_by_role("button", name="Refuse", exact=True)).to_be_disabled()
    expect(place.get_by_role("status")).to_have_text("Sent, following it to its end…")

    answer = {"ask": asked["args"]["ask"], "ok": False, "because": "it has lapsed", "remedy": "Ask"}
    place.evaluate(
        "async (told) => (await import('jarvis')).jarvis.notify('tell:act', told)", answer
    )

    expect(place.get_by_role("status")).to_have_text("It has lapsed. Ask.")
    expect(place.get_by_role("button", name="Proceed")).to_be_enabled()


def test_a_card_whose_call_runs_asks_for_nothing_more(place: Page) -> None:
    show_card(place)

    place.evaluate("() => card.draw({ ...row, state: 'approved' })")

    card = place.get_by_role("region", name="stop_guest has your word")
    expect(card).to_contain_text("Red · has your word")
    expect(card.get_by_role("status")).to_have_text(
        "Approved: it runs, and is followed to its end…"
    )


def test_a_refusal_takes_a_reason_and_escape_takes_it_back(place: Page) -> None:
    show_card(place)
    place.get_by_role("button", name="Refuse", exact=True).click()
    field = place.get_by_role("textbox", name="Why it is refused")
    expect(field).to_be_focused()
    field.press("Escape")
    expect(field).to_be_hidden()
    expect(place.get_by_role("button", name="Refuse", exact=True)).to_be_focused()

    place.get_by_role("button", name="Refuse", exact=True).click()
    field.fill("  after lunch ")
    field.press("Enter")

    (asked,) = place.evaluate("window.asked")
    assert (asked["name"], asked["args"]["because"]) == ("refuse", "after lunch")


def test_a_question_that_is_over_can_no_longer_be_answered(place: Page) -> None:
    show_card(place)

    place.evaluate("() => card.draw({ ...row, state: 'lapsed' })")

    expect(place.get_by_role("button", name="Proceed")).to_be_disabled()
    expect(place.locator(".approval-lapses")).to_have_text("")
    place.evaluate("() => document.querySelector('.btn.go').click()")
    assert place.evaluate("window.asked") == []


def test_black_is_another_colour_and_another_word(place: Page) -> None:
    show_card(place, tier="BLACK", why="it destroys a guest")

    expect(place.locator(".approval")).to_contain_text("Black · needs your word")
    expect(place.locator(".approval")).to_contain_text("Why black: it destroys a guest")
    assert place.locator(".approval").get_attribute("data-tier") == "BLACK"


def test_a_tool_card_tells_what_was_asked_and_opens_to_what_was_found(place: Page) -> None:
    place.evaluate(
        """async () => {
          const { ToolCard } = await import('jarvis-talk-cards');
          window.card = new ToolCard({ call: 'c1', tool: 'get_guest_status', args: { guest: '<b>104' }, tier: 'GREEN' });
          show(card.root);
        }"""  # noqa: E501
    )
    summary = place.locator("summary")
    expect(summary).to_contain_text("running")
    expect(summary).to_contain_text("guest=<b>104")

    place.evaluate(
        "() => card.end({ outcome: 'failed', because: 'pve is away', text: '<i>x</i>', ms: 84.4 })"
    )
    summary.click()

    expect(summary).to_contain_text("failed")
    expect(place.locator("pre").nth(1)).to_have_text("pve is away\n\n<i>x</i>")
    assert place.locator("pre *").count() == 0


def test_a_tool_that_waits_shows_its_question_in_place_until_it_is_over(place: Page) -> None:
    place.evaluate(
        """async (row) => {
          const { jarvis } = await import('jarvis');
          const { ToolCard } = await import('jarvis-talk-cards');
          const rows = jarvis.panel('gate').rows;
          rows.set(row.id, { ...row, asked: jarvis.now(), expires: jarvis.now() + 300 });
          window.card = new ToolCard({ call: 'c1', tool: 'stop_guest', args: {}, tier: 'RED' });
          show(card.root);
          card.want(row.id);
          window.settle = (state) => {
            rows.get(row.id).state = state;
            jarvis.notify('gate', {});
          };
        }""",
        APPROVAL,
    )
    expect(place.get_by_role("region", name="stop_guest needs your word")).to_be_visible()

    place.evaluate("() => settle('refused')")

    expect(place.locator(".approval")).to_have_count(0)
    assert place.evaluate("card.open") is False
    expect(place.locator("summary")).to_contain_text("refused")


def test_what_came_of_a_call_stands_whatever_the_list_of_questions_still_says(place: Page) -> None:
    place.evaluate(
        """async (row) => {
          const { jarvis } = await import('jarvis');
          const { ToolCard } = await import('jarvis-talk-cards');
          jarvis.panel('gate').rows.set(row.id, { ...row, asked: jarvis.now(), expires: jarvis.now() + 300 });
          window.card = new ToolCard({ call: 'c1', tool: 'stop_guest', args: {}, tier: 'RED' });
          show(card.root);
          card.want(row.id);
          card.end({ outcome: 'refused', because: 'owner said no', text: '', ms: 3 });
          card.want(row.id);
          jarvis.notify('gate', {});
        }""",  # noqa: E501
        APPROVAL,
    )

    expect(place.locator("summary")).to_contain_text("refused")
    expect(place.locator("summary")).not_to_contain_text("waits")
    expect(place.locator(".approval")).to_have_count(0)


def test_a_question_outlives_the_turn_that_asked_it(place: Page) -> None:
    place.evaluate(
        """async (row) => {
          const { jarvis } = await import('jarvis');
          const { ToolCard } = await import('jarvis-talk-cards');
          jarvis.panel('gate').rows.set(row.id, { ...row, asked: jarvis.now(), expires: jarvis.now() + 300 });
          window.card = new ToolCard({ call: 'c1', tool: 'stop_guest', args: {}, tier: 'RED' });
          show(card.root);
          card.want(row.id);
        }""",  # noqa: E501
        APPROVAL,
    )
    place.get_by_role("button", name="Refuse", exact=True).click()
    field = place.get_by_role("textbox", name="Why it is refused")
    field.fill("after lunch")

    place.evaluate(
        "() => card.end({ outcome: 'waiting', because: '', text: 'It waits.', ms: null })"
    )

    expect(field).to_have_value("after lunch")
    field.press("Enter")
    (asked,) = place.evaluate("window.asked")
    assert (asked["name"], asked["args"]["because"]) == ("refuse", "after lunch")
