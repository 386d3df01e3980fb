"""The page under a finger: what can be hit, what the keyboard leaves in sight, how fields are."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.windows import Windows

PHONE = {"width": 390, "height": 844}
ON_ITS_SIDE_TYPING = {"width": 844, "height": 190}
HIT = """([chosen, reach]) => {
  const found = [...document.querySelectorAll(chosen)].filter((one) => one.getClientRects().length);
  const missed = [];
  for (const one of found) {
    one.scrollIntoView({ block: 'center' });
    const box = one.getBoundingClientRect();
    for (const [across, down] of [[0, reach], [0, -reach], [10, 0], [-10, 0]]) {
      const at = [box.x + box.width / 2 + across, box.y + box.height / 2 + down];
      const hit = document.elementFromPoint(...at)?.closest('button, a');
      if (hit !== one) missed.push([one.ariaLabel ?? one.textContent, across, down]);
    }
  }
  return [found.length, missed];
}"""
FIELDS = """() => [...document.querySelectorAll('input, select, textarea')]
  .filter((field) => !field.matches('.xterm-helper-textarea'))
  .filter((field) => parseFloat(getComputedStyle(field).fontSize) < 16)
  .map((field) => field.ariaLabel ?? field.id)"""


@pytest.fixture
def touched(windows: Windows, signed_in: Any) -> Iterator[Page]:
    """The page on a phone that is touched."""
    window = windows.open(viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce")
    window.add_cookies(signed_in["cookies"])
    page = window.new_page()
    page.goto("/")
    page.get_by_role("region", name="Nodes").get_by_role("listitem").first.wait_for()
    yield page
    page.set_viewport_size({"width": 390, "height": 844})
    windows.forget(window)


def show(page: Page, tab: str) -> None:
    page.evaluate("(key) => jarvis.action('tab', { key })", tab)


@pytest.mark.parametrize(
    ("tab", "chosen", "reach"),
    [
        ("cluster", ".top :is(.pill:not(.waits), .find, .user, .stand-down)", 20),
        ("cluster", ".filters-open", 18),
        ("cluster", ".guest-heads button", 16),
        ("talk", ".panel-talk .panel-h .talk-act", 18),
        ("talk", ".talk-hints .btn", 18),
        ("map", ".feed-bar .feed-filter", 18),
        ("terminal", ".term-head :is(.tab, .term-plus), .term-key", 18),
    ],
)
def test_what_is_pressed_is_hit_by_a_finger(
    touched: Page, tab: str, chosen: str, reach: int
) -> None:
    show(touched, tab)
    expect(touched.locator(chosen).first).to_be_visible()

    count, missed = touched.evaluate(HIT, [chosen, reach])

    assert count > 0
    assert missed == []


def test_no_field_is_so_small_that_a_phone_enlarges_the_page(touched: Page) -> None:
    assert touched.evaluate(FIELDS) == []
    touched.goto("/audit")
    assert touched.evaluate(FIELDS) == []


def test_a_phone_on_its_side_shows_what_is_typed_above_its_keyboard(touched: Page) -> None:
    show(touched, "talk")
    touched.set_viewport_size(ON_ITS_SIDE_TYPING)

    expect(touched.get_by_role("textbox", name="Message to Jarvis")).to_be_in_viewport(ratio=1)
    expect(touched.get_by_role("button", name="Speak")).to_be_in_viewport(ratio=1)
    show(touched, "terminal")
    expect(touched.get_by_role("toolbar", name="Keys")).to_be_in_viewport(ratio=1)
    stage = touched.locator(".term-stage").bounding_box()
    assert stage is not None
    assert stage["height"] > 80


@pytest.mark.parametrize("width", [360, 390])
@pytest.mark.parametrize("full", [False, True])
def test_a_phone_has_room_for_the_whole_top_bar(touched: Page, width: int, full: bool) -> None:
    touched.set_viewport_size({"width": width, "height": 740})

    right = touched.evaluate(
        """(full) => {
          const bar = document.querySelector('.top');
          bar.toggleAttribute('data-full', full);
          bar.querySelector('.pill').textContent = 'ATTENTION';
          return bar.querySelector('.stand-down').getBoundingClientRect().right;
        }""",
        full,
    )

    assert right <= width - 6


def test_the_record_shows_how_each_act_ended_without_being_moved_aside(touched: Page) -> None:
    touched.goto("/audit")
    row = (
        touched.get_by_role("row")
        .filter(has_text="one-time")
        .or_(touched.get_by_role("row").nth(1))
    )

    expect(row.first.get_by_role("cell").nth(5)).to_be_visible()
    right = row.first.get_by_role("cell").nth(5).bounding_box()
    assert right is not None
    assert right["x"] + right["width"] <= 390


def test_the_menu_of_the_user_ends_within_a_phone_on_its_side(touched: Page) -> None:
    touched.set_viewport_size({"width": 844, "height": 320})
    touched.get_by_role("button", name="Menu of owner").tap()
    touched.get_by_role("button", name="Sign out everywhere").scroll_into_view_if_needed()

    expect(touched.get_by_role("button", name="Sign out everywhere")).to_be_in_viewport(ratio=1)


def test_the_figures_of_the_hours_are_moved_aside_in_their_own_place(touched: Page) -> None:
    show(touched, "talk")
    touched.get_by_role("textbox", name="Message to Jarvis").fill("How is the cluster?")
    touched.get_by_role("button", name="Speak").tap()
    expect(touched.locator(".talk-answer .talk-who").last).to_be_visible(timeout=30_000)
    touched.goto("/costs")
    touched.get_by_text("The figures, hour by hour").tap()
    expect(touched.get_by_role("columnheader", name="Hour")).to_be_visible()

    assert touched.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert touched.get_by_role("columnheader", name="Cost").first.evaluate(
        "(head) => head.getBoundingClientRect().right <= screen.width"
    )


def test_a_tablet_has_room_for_the_top_bar_and_for_the_composer(touched: Page) -> None:
    touched.set_viewport_size({"width": 1024, "height": 768})

    bar, line, panel = touched.evaluate(
        """() => {
          const waits = document.querySelector('.top .waits');
          waits.hidden = false;
          waits.textContent = '2 wait';
          document.querySelector('.talk-stop').hidden = false;
          return ['.top .stand-down', '.talk-line', '.panel-talk']
            .map((one) => document.querySelector(one).getBoundingClientRect().right);
        }"""
    )

    assert bar <= 1024
    assert line < panel
