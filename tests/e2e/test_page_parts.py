"""The drawer, the palette, the topology and the faults, by mouse and by keyboard."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from simulator.remote import Control
from tests.support.hud import TAKE_ALONE, TWO_FRAMES

WITHIN_MS = 20_000
ROWS_AT_MOST = 200


def drawer_of(page: Page) -> Locator:
    return page.locator(".drawer-sheet")


def find(page: Page, typed: str) -> Locator:
    """Open the palette, type, and hand back what it found."""
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name=re.compile("Find")).fill(typed)
    return page.get_by_role("listbox", name="Found").get_by_role("option")


def test_a_guest_is_found_by_its_number_and_opened_without_a_mouse(hud: Page) -> None:
    expect(find(hud, "104").first).to_contain_text("media")
    hud.keyboard.press("Enter")

    drawer = hud.get_by_role("dialog", name="media")
    expect(drawer).to_contain_text("virtual machine 104 on pve")
    expect(drawer.get_by_role("img", name=re.compile("^CPU: CPU now"))).to_be_visible()
    expect(drawer.get_by_role("region", name="Snapshots")).to_contain_text("auto11")
    assert hud.url.endswith("#guest/104")


def test_a_span_that_was_chosen_holds_for_what_is_opened_next(hud: Page) -> None:
    hud.evaluate("location.hash = '#node/pve'")
    drawer = drawer_of(hud)
    drawer.get_by_role("button", name="7 d").click()
    expect(drawer).to_contain_text("a sample every 30")

    hud.evaluate("location.hash = '#guest/104'")

    expect(drawer.get_by_role("heading", name="media")).to_be_visible()
    expect(drawer.get_by_role("button", name="7 d")).to_have_attribute("aria-pressed", "true")
    expect(drawer.get_by_role("img", name=re.compile("^CPU: CPU now"))).to_be_visible()
    expect(drawer).to_contain_text("a sample every 30")


CHART = """
async () => {
  const { Chart } = await import('jarvis-chart');
  const chart = new Chart({ title: 'CPU', format: (value) => `${value} %`, onCursor: () => {} });
  const times = Array.from({ length: 70 }, (_, index) => 60 * index);
  const values = times.map((at) => (at < 600 ? 90 : 10));
  const series = [{ name: 'CPU', tone: '--arc', values }];
  chart.show({ times, step: 60, from: 600, to: 4200, series });
  return [chart.times[0], chart.series[0].values.length, chart.summary()];
}
"""


def test_samples_older_than_the_span_of_a_chart_are_left_out(hud: Page) -> None:
    first, count, told = hud.evaluate(CHART)

    assert (first, count) == (600, 60)
    assert "most 10 %" in told


FAILED = """
() => jarvis.tell('drawer', JSON.stringify({
  kind: 'guest', id: '104', part: 'snapshots', span: '1h', state: 'failed',
  because: 'pve refused the connection', remedy: 'Is the node up?',
}))
"""


def test_what_could_not_be_read_is_told_in_whole_sentences(hud: Page) -> None:
    hud.evaluate("location.hash = '#guest/104'")
    snapshots = drawer_of(hud).get_by_role("region", name="Snapshots")
    expect(snapshots).to_contain_text("auto11")

    hud.evaluate(FAILED)

    expect(snapshots).to_contain_text("pve refused the connection. Is the node up? Try again")


def test_a_slash_looks_for_the_next_guest_instead_of_the_last(hud: Page) -> None:
    search = hud.get_by_role("searchbox", name="Find guests")
    hud.keyboard.press("/")
    hud.keyboard.type("104")
    search.blur()

    hud.keyboard.press("/")
    hud.keyboard.type("103")

    expect(search).to_have_value("103")


def test_escape_closes_the_drawer_and_gives_the_focus_back(hud: Page) -> None:
    hud.get_by_role("button", name="Tasks", exact=True).click()
    task = hud.get_by_role("region", name="Tasks").get_by_role("button").first
    task.focus()
    hud.keyboard.press("Enter")
    expect(drawer_of(hud).get_by_role("region", name="Log").locator("pre")).to_contain_text("TASK")

    for _ in range(12):
        hud.keyboard.press("Tab")
        assert hud.evaluate("Boolean(document.activeElement.closest('.drawer-sheet'))")
    hud.keyboard.press("Escape")

    expect(drawer_of(hud)).to_be_hidden()
    expect(task).to_be_focused()
    assert "#" not in hud.url


def test_the_back_button_goes_through_the_drawers_and_out(hud: Page) -> None:
    hud.get_by_role("region", name="Nodes").get_by_role("button", name=re.compile("^pve")).click()
    expect(hud.get_by_role("dialog", name="pve")).to_be_visible()
    hud.get_by_role("dialog", name="pve").get_by_role("region", name="Tasks").get_by_role(
        "button"
    ).first.click()
    expect(drawer_of(hud)).to_contain_text("UPID:pve")

    hud.go_back()
    expect(hud.get_by_role("dialog", name="pve")).to_be_visible()
    hud.go_back()

    expect(drawer_of(hud)).to_be_hidden()


def test_a_link_to_a_node_opens_its_drawer_and_its_week(hud: Page) -> None:
    hud.goto("/#node/pve")
    hud.reload()

    drawer = hud.get_by_role("dialog", name="pve")
    expect(drawer).to_contain_text("Ryzen 7 5800X")
    drawer.get_by_role("button", name="7 d").click()

    expect(drawer).to_contain_text("a sample every 30 min")
    drawer.get_by_role("img", name=re.compile("^CPU:")).focus()
    hud.keyboard.press("ArrowLeft")
    expect(drawer.locator("[aria-live=polite]").first).to_have_text(
        re.compile(r"^\d+ \w+, \d\d:\d\d:\d\d: CPU \d+")
    )


def test_a_link_to_nothing_says_that_there_is_no_such_thing(hud: Page) -> None:
    hud.goto("/#guest/999")
    hud.reload()

    expect(drawer_of(hud)).to_contain_text("There is no guest 999")
    expect(drawer_of(hud)).not_to_contain_text("0 %")


def test_the_palette_says_when_nothing_is_called_so(hud: Page) -> None:
    expect(find(hud, "zzzz")).to_have_count(0)
    expect(hud.get_by_text("Nothing here is called “zzzz”.")).to_be_visible()
    hud.keyboard.press("Escape")
    expect(hud.get_by_role("dialog", name="Command palette")).to_be_hidden()


def test_the_palette_reduces_the_effects_and_gives_them_back(hud: Page) -> None:
    find(hud, "effects")
    hud.keyboard.press("Enter")
    expect(hud.locator("html")).to_have_attribute("data-effects", "reduced")

    find(hud, "effects")
    hud.keyboard.press("Enter")
    expect(hud.locator("html")).to_have_attribute("data-effects", "full")


def test_the_topology_is_walked_by_arrow_keys(hud: Page) -> None:
    topology = hud.get_by_role("listbox", name=re.compile("^Topology"))
    topology.focus()
    expect(topology.get_by_role("option")).to_have_text(re.compile("^agent · online"))

    hud.keyboard.press("ArrowRight")
    hud.keyboard.press("ArrowDown")
    expect(topology.get_by_role("option")).to_have_text(re.compile(r"\(\d+\) · agent1 · "))
    hud.keyboard.press("Enter")

    expect(drawer_of(hud)).to_contain_text("on agent1")


def test_a_fault_is_caused_and_cleared_from_the_page(hud: Page, hurt: Control) -> None:
    hud.get_by_role("button", name="Simulation").click()
    sheet = hud.get_by_role("dialog", name="Faults of the simulation")
    sheet.get_by_role("combobox", name="Fill a storage: storage").select_option("pve/local-zfs")

    sheet.get_by_role("button", name="Cause: Fill a storage").click()
    expect(sheet).to_contain_text("Fill a storage: pve/local-zfs")
    assert [on["fault"] for on in hurt.faults()["active"]] == ["fill-storage"]

    sheet.get_by_role("button", name=re.compile("^Clear: Fill a storage")).click()
    expect(sheet.get_by_role("button", name=re.compile("^Clear:"))).to_have_count(0)
    assert hurt.faults()["active"] == []


def test_the_feed_filters_by_severity_with_words_not_colour_alone(hud: Page, hurt: Control) -> None:
    feed = hud.get_by_role("region", name="Activity")
    hurt.fault("crash-guest", "grafana")
    expect(feed.get_by_role("button", name=re.compile("Alarm: grafana"))).to_be_visible(
        timeout=WITHIN_MS
    )

    feed.hover()
    feed.get_by_role("button", name="Alarm", exact=True).click()

    for row in feed.locator("ol").get_by_role("button").all():
        assert "Alarm:" in (row.text_content() or "")
    feed.get_by_role("button", name=re.compile("Alarm: grafana")).click()
    expect(drawer_of(hud).get_by_role("button", name="Open grafana")).to_be_visible()


def an_event(id: int, **changed: Any) -> dict[str, Any]:
    """A row of the feed; higher numbers are later."""
    row = {"id": id, "at": time.time() - (900_300 - id) * 60, "severity": "info", "node": "pve"}
    return row | {"subject": "node/pve", "kind": "Test", "text": f"event {id}"} | changed


TOP_ROW = """
(id) => {
  const list = document.querySelector('.feed-scroll');
  const top = list.getBoundingClientRect().top;
  const rows = [...list.querySelectorAll('[data-id]')];
  const row = id ? rows.find((one) => one.dataset.id === id)
    : rows.find((one) => one.getBoundingClientRect().bottom > top);
  return { id: row.dataset.id, at: row.getBoundingClientRect().top - top };
}
"""


def test_the_feed_keeps_its_place_and_its_size_while_events_come(hud: Page) -> None:
    many = {str(id): an_event(id) for id in range(900_000, 900_200)}
    hud.evaluate(TAKE_ALONE, {"feed": {"set": many}})
    hud.locator(".feed-scroll").evaluate("(list) => { list.scrollTop = list.scrollHeight / 2; }")
    hud.wait_for_function("document.querySelector('.feed-scroll').scrollTop > 100")
    hud.evaluate(TWO_FRAMES)
    before: dict[str, Any] = hud.evaluate(TOP_ROW)

    hud.evaluate(TAKE_ALONE, {"feed": {"set": {"900200": an_event(900_200)}}})

    hud.evaluate(TWO_FRAMES)
    after: dict[str, Any] = hud.evaluate(TOP_ROW, before["id"])
    assert abs(after["at"] - before["at"]) <= 1
    expect(hud.get_by_role("button", name="↑ 1 new event")).to_be_visible()
    assert hud.locator(".feed-row").count() <= ROWS_AT_MOST


HOSTILE = "<img src=x onerror=\"window.hurt=1\"> {{constructor.constructor('window.hurt=1')()}}"


def test_a_hostile_name_stays_text_wherever_it_is_shown(hud: Page) -> None:
    event = an_event(910_000, node=HOSTILE, subject="guest/104", kind=HOSTILE, text=HOSTILE)
    guest = {"name": HOSTILE, "tags": [HOSTILE], "pool": HOSTILE}
    panels = {"guests": {"set": {"104": guest}}, "feed": {"set": {"910000": event}}}
    hud.evaluate(TAKE_ALONE, panels)
    expect(find(hud, "constructor").first).to_contain_text("<img src=x")
    hud.keyboard.press("Enter")

    expect(drawer_of(hud).get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert hud.locator("img[src=x]").count() == 0
    assert hud.evaluate("window.hurt") is None


@pytest.mark.phone
def test_on_a_phone_the_drawer_is_the_whole_screen(hud: Page) -> None:
    hud.goto("/#guest/103")
    hud.reload()

    expect(drawer_of(hud)).to_contain_text("protected")
    dialog = drawer_of(hud)
    dialog.evaluate("(sheet) => Promise.all(sheet.getAnimations().map((one) => one.finished))")
    box = drawer_of(hud).bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    assert hud.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_task_that_left_the_list_is_asked_of_its_node(hud: Page) -> None:
    hud.goto("/#node/pve")
    hud.reload()
    drawer = hud.get_by_role("dialog", name="pve")
    drawer.get_by_role("region", name="Tasks").get_by_role("button").last.click()
    expect(hud).to_have_url(re.compile("#task/UPID"))

    hud.reload()

    expect(drawer_of(hud)).to_contain_text("asked by")
    expect(drawer_of(hud)).to_contain_text(re.compile(r"took\d+"))


def test_a_guest_tells_its_last_backup(hud: Page) -> None:
    hud.goto("/#guest/104")
    hud.reload()

    expect(hud.get_by_role("dialog", name="media")).to_contain_text(
        re.compile(r"last backup(none seen|no job covers it|\d+)"), timeout=30_000
    )


def test_an_alarm_is_acknowledged_from_its_drawer_and_grows_quiet(
    hud: Page, hurt: Control, hud_context: BrowserContext
) -> None:
    other = hud_context.new_page()
    other.goto("/")
    hurt.fault("crash-guest", "121")
    row = hud.locator(".hud-feed .feed-row", has_text="grafana (121)").first
    expect(row).to_contain_text("stopped", timeout=30_000)
    told = "jarvis.panel('top').meta.reasons.find((reason) => reason.startsWith('grafana'))"
    hud.wait_for_function(told)
    row.focus()
    hud.keyboard.press("Enter")
    button = hud.locator(".drawer-acts-buttons").get_by_role("button", name="Acknowledge")
    expect(button).to_be_visible()

    button.focus()
    hud.keyboard.press("Enter")

    expect(hud.locator(".drawer-facts")).to_contain_text("by owner")
    expect(button).to_have_count(0)
    expect(hud.locator(".drawer-acts-says")).to_contain_text("is acknowledged")
    expect(hud.locator(".drawer-title")).to_be_focused()
    hud.keyboard.press("Escape")
    for page in (hud, other):
        quiet = page.locator(".hud-feed .feed-row.acked", has_text="grafana (121)").first
        expect(quiet).to_contain_text("acknowledged by owner")
    expect(row).to_be_focused()
    hud.wait_for_function(f"{told}.endsWith('acknowledged by owner')")
    other.close()
