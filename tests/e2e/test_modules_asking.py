"""What is asked while the server is away: it waits a little, in sight, and is never sent late."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.module_page import open_modules

ASK = """
async ([name, shown, dropped]) => {
  const { ask } = await import('jarvis-asking');
  const waits = (still) => told.push(still ? 'waits' : 'sent');
  window.letGo = new AbortController();
  ask(name, { a: 1 }, 5_000, { waits: shown ? waits : null, signal: dropped ? letGo.signal : null })
    .then((answer) => { answers.push(answer); });
}
"""


@pytest.fixture
def away(browser: Browser) -> Iterator[Page]:
    """A page whose clock the test turns, and that has not found its server yet."""
    context = browser.new_context()
    page = context.new_page()
    page.clock.install()
    assert open_modules(page) == []
    page.evaluate(
        """async () => {
          const { jarvis } = await import('jarvis');
          Object.assign(window, { jarvis, asked: [], told: [], answers: [] });
          jarvis.connectActions((one) => asked.push(one.name));
        }"""
    )
    yield page
    context.close()


def ask(page: Page, name: str = "act", *, shown: bool = True, dropped: bool = False) -> None:
    page.evaluate(ASK, [name, shown, dropped])


def seen(page: Page) -> dict[str, Any]:
    """What was sent, what the asker was told, and what came back."""
    # Once round the loop, so that what a promise brings has been taken.
    told: dict[str, Any] = page.evaluate(
        "() => Promise.resolve().then(() => ({ asked, told, answers }))"
    )
    return told


def test_while_the_server_is_there_it_is_sent_at_once(away: Page) -> None:
    away.evaluate("jarvis.setConnection('up')")

    ask(away)

    assert seen(away) == {"asked": ["act"], "told": [], "answers": []}


@pytest.mark.parametrize("state", ["connecting", "lost", "restarting"])
def test_what_is_asked_before_the_server_is_there_waits_in_its_order(
    away: Page, state: str
) -> None:
    away.evaluate("state => jarvis.setConnection(state)", state)
    ask(away, "first")
    ask(away, "second")
    assert seen(away) == {"asked": [], "told": ["waits", "waits"], "answers": []}

    away.evaluate("jarvis.setConnection('lost'); jarvis.setConnection('up')")

    assert seen(away) == {
        "asked": ["first", "second"],
        "told": ["waits", "waits", "sent", "sent"],
        "answers": [],
    }


@pytest.mark.parametrize(("shown", "most_ms"), [(True, 10_000), (False, 3_000)])
def test_where_the_server_does_not_come_nothing_is_sent_and_that_is_told(
    away: Page, shown: bool, most_ms: int
) -> None:
    ask(away, shown=shown)
    away.clock.run_for(most_ms - 1_000)
    assert seen(away)["answers"] == []

    away.clock.run_for(1_000)
    away.evaluate("jarvis.setConnection('up')")

    told = seen(away)
    assert told["asked"] == []
    (answer,) = told["answers"]
    assert (answer["ok"], answer["outcome"]) == (False, "unsent")
    assert answer["because"] == "Nothing was sent: the server is not there"


def test_what_nobody_wants_any_more_is_not_sent(away: Page) -> None:
    ask(away, dropped=True)

    away.evaluate("letGo.abort(); jarvis.setConnection('up')")

    told = seen(away)
    assert told["asked"] == []
    assert [answer["outcome"] for answer in told["answers"]] == ["unsent"]


def test_the_time_for_an_answer_begins_when_it_is_sent(away: Page) -> None:
    ask(away)
    away.clock.run_for(9_000)
    away.evaluate("jarvis.setConnection('up')")

    away.clock.run_for(4_000)
    assert seen(away)["answers"] == []

    away.clock.run_for(2_000)
    assert [answer["outcome"] for answer in seen(away)["answers"]] == ["unknown"]


def test_a_word_on_a_card_shows_that_it_waits_and_goes_with_its_card(away: Page) -> None:
    row = {"id": "a" * 32, "tool": "stop_guest", "args": [], "tier": "RED", "why": "it stops"}
    away.evaluate(
        """async (row) => {
          const { makeCard } = await import('jarvis-approval');
          const times = { asked: jarvis.now(), expires: jarvis.now() + 300 };
          window.card = makeCard({ ...row, ...times, asker: 'owner', blast: [], state: 'pending' });
          document.querySelector('#place').append(card.root);
        }""",
        row,
    )
    away.get_by_role("button", name="Proceed").click()
    expect(away.get_by_role("status")).to_have_text("Not sent yet, Jarvis is being looked for…")
    assert seen(away)["asked"] == []

    away.evaluate("card.destroy(); jarvis.setConnection('up')")

    assert seen(away)["asked"] == []
