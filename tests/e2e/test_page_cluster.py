"""The rows of nodes and guests: what is drawn on them, and what is told of them."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.hud import TAKE_ALONE, TWO_FRAMES

RED_IN_RING = """
(name) => {
  const row = document.querySelector(`.panel-nodes li[data-key="${name}"]`);
  const canvas = document.querySelector('.panel-nodes canvas');
  const whole = canvas.getBoundingClientRect();
  const ring = row.querySelector('.ring').getBoundingClientRect();
  const scale = canvas.width / whole.width;
  const pixels = canvas.getContext('2d').getImageData((ring.left - whole.left) * scale,
    (ring.top - whole.top) * scale, ring.width * scale, ring.height * scale).data;
  let red = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i] > 120 && pixels[i] > pixels[i + 1] + 60) red += 1;
  }
  return red;
}
"""


PAINTED_IN_LINE = """
([name, from, to]) => {
  const row = document.querySelector(`.panel-nodes li[data-key="${name}"]`);
  const canvas = document.querySelector('.panel-nodes canvas');
  const whole = canvas.getBoundingClientRect();
  const { left, top, width, height } = row.querySelector('.spark').getBoundingClientRect();
  const scale = canvas.width / whole.width;
  const at = (share) => Math.round((left - whole.left + share * width) * scale);
  const [begin, end] = [at(from), at(to)];
  return canvas.getContext('2d').getImageData(begin, (top - whole.top) * scale,
    end - begin, height * scale).data.some(Boolean);
}
"""
"""Whether anything of a node's line is drawn between these shares of its width."""


def take(hud: Page, panels: dict[str, Any]) -> None:
    hud.evaluate(TAKE_ALONE, panels)
    hud.evaluate(TWO_FRAMES)


def until_red(hud: Page, name: str) -> None:
    hud.wait_for_function(f"() => ({RED_IN_RING})('{name}') > 40")


def test_the_ring_of_a_node_turns_red_when_its_processors_have_no_rest(hud: Page) -> None:
    take(hud, {"nodes": {"set": {"pve": {"cpu": 0.2}}}})
    hud.wait_for_function(f"() => ({RED_IN_RING})('pve') === 0")

    take(hud, {"nodes": {"set": {"pve": {"cpu": 0.97}}}})

    until_red(hud, "pve")
    assert hud.evaluate(RED_IN_RING, "home") == 0


def test_the_dials_go_with_their_rows_when_a_node_leaves(hud: Page) -> None:
    take(hud, {"nodes": {"set": {"pve": {"cpu": 0.97}, "home": {"cpu": 0.2}}}})
    until_red(hud, "pve")

    take(hud, {"nodes": {"del": ["agent1"], "order": ["agent", "home", "pve"]}})

    until_red(hud, "pve")
    assert hud.evaluate(RED_IN_RING, "home") == 0


def test_temperatures_and_uptimes_stand_in_columns(hud: Page) -> None:
    hud.set_viewport_size({"width": 1366, "height": 768})
    day_s = 86_400
    uptimes = {"home": 900, "pve": 41 * day_s + 6 * 3600, "agent": 88 * day_s}
    take(hud, {"nodes": {"set": {name: {"up": up, "temp": 44} for name, up in uptimes.items()}}})
    feet = hud.get_by_role("region", name="Nodes").locator(".foot")

    starts = feet.evaluate_all(
        "(all) => all.map((foot) => foot.firstChild.getBoundingClientRect().left)"
    )
    ends = feet.evaluate_all(
        "(all) => all.map((foot) => foot.lastChild.getBoundingClientRect().right)"
    )

    assert len({round(start) for start in starts}) == 1
    assert len({round(end) for end in ends}) == 1


def test_the_line_of_each_node_spans_its_width_from_the_start(hud: Page) -> None:
    for name in ("agent", "agent1", "home", "pve"):
        hud.wait_for_function(f"() => ({PAINTED_IN_LINE})(['{name}', 0, 0.15])")

    lines = hud.get_by_role("region", name="Nodes").locator(".spark")
    assert lines.evaluate_all("(all) => new Set(all.map((line) => line.title)).size") == 1
    expect(lines.first).to_have_attribute("title", "CPU over 40 min")


def test_a_point_of_the_line_is_a_minute_and_what_nobody_measured_a_gap(hud: Page) -> None:
    minute_s = 1_795_000_020 // 60 * 60

    def tick(at_s: float, **row: Any) -> None:
        take(hud, {"nodes": {"meta": {"as_of": at_s}, "set": {"pve": {"cpu": 0.5, **row}}}})

    def painted(begin: float, end: float) -> bool:
        return bool(hud.evaluate(PAINTED_IN_LINE, ["pve", begin, end]))

    tick(minute_s, spark=[None] * 37 + [50, 50, 50])
    assert painted(0.9, 1)
    assert not painted(0, 0.9)

    for second in range(10, 60, 2):
        tick(minute_s + second)
    assert not painted(0, 0.9), "a reading within the minute moved the line"

    tick(minute_s + 60)
    tick(minute_s + 20 * 60)
    assert painted(0.4, 0.55), "the line did not move by its minutes"
    assert not painted(0.55, 0.95), "a gap was bridged"
    assert painted(0.95, 1), "a lone minute is not seen"


STAMPS = """
async (states) => {
  const { Brush } = await import('jarvis-topology-brush');
  const brush = new Brush();
  return states.map((state) => brush.stamp({ state }, 5, 14).toDataURL());
}
"""


def test_a_guest_whose_state_is_unknown_does_not_look_like_one_that_is_off(hud: Page) -> None:
    legend = hud.get_by_role("region", name="Topology").locator(".topology-legend")
    expect(legend.get_by_text("off", exact=True)).to_be_visible()
    expect(legend.get_by_text("unknown")).to_be_hidden()
    looks = hud.evaluate(STAMPS, ["running", "paused", "stopped", "unknown"])
    assert len(set(looks)) == len(looks)

    take(hud, {"guests": {"set": {"104": {"state": "unknown"}}}})

    expect(legend.get_by_text("unknown")).to_be_visible()


ROWS = """
async ([count, width, height]) => {
  const { placeNodes } = await import('jarvis-layout');
  return new Set(placeNodes(count, width, height).places.map(({ y }) => Math.round(y))).size;
}
"""


@pytest.mark.parametrize(
    ("nodes", "width", "height", "rows"),
    [
        pytest.param(4, 540, 250, 2, id="a wide screen"),
        pytest.param(4, 540, 210, 2, id="the same with a line of trouble below"),
        pytest.param(4, 337, 172, 2, id="a small one"),
        pytest.param(4, 337, 60, 1, id="no room for two"),
        pytest.param(2, 540, 250, 1, id="two have one link"),
        pytest.param(8, 900, 110, 1, id="more than links are drawn for"),
    ],
)
def test_nodes_that_are_linked_stand_on_one_line_only_where_there_is_no_room(
    hud: Page, nodes: int, width: int, height: int, rows: int
) -> None:
    assert hud.evaluate(ROWS, [nodes, width, height]) == rows


def test_a_node_that_is_down_is_marked_in_its_ring(hud: Page) -> None:
    take(hud, {"nodes": {"set": {"agent1": {"state": "down", "cpu": None}}}})

    until_red(hud, "agent1")


def test_a_guest_out_of_sight_has_its_newest_figures_once_it_is_scrolled_to(hud: Page) -> None:
    guests = {
        str(vmid): {
            "vmid": vmid, "name": f"many-{vmid}", "node": "pve", "kind": "lxc", "state": "running",
            "template": False, "tags": [], "cpu": 0.1, "mem": 1, "memtotal": 4,
        }
        for vmid in range(7000, 7060)
    }  # fmt: skip
    take(hud, {"guests": {"set": guests}})
    view = hud.locator(".guest-view")
    row = hud.locator("#guest-7030")
    view.evaluate("(view) => { view.scrollTop = view.scrollHeight; }")
    hud.wait_for_function("document.querySelector('#guest-7059')")

    take(hud, {"guests": {"set": {"7030": {"cpu": 0.42, "mem": 3}}}})
    view.evaluate("(view) => { view.scrollTop = 27 * (view.scrollHeight / 27 - 32); }")

    expect(row).to_contain_text("42\u00a0%")
    expect(row).to_contain_text("75\u00a0%")


def test_rows_just_out_of_sight_are_told_when_they_come_into_it(hud: Page) -> None:
    vmid = hud.locator(".guest-view").evaluate(
        "(view) => view.querySelectorAll('.guest-line')[Math.ceil(view.clientHeight / 27) + 1]"
        ".id.replace('guest-', '')"
    )
    row = hud.locator(f"#guest-{vmid}")

    take(hud, {"guests": {"set": {vmid: {"name": "just-below"}}}})
    hud.locator(".guest-view").evaluate("(view) => { view.scrollTop = 27 * 3; }")
    hud.evaluate(TWO_FRAMES)

    assert "just-below" in str(row.text_content())


def test_a_house_of_many_nodes_says_where_a_terminal_is_opened(hud: Page) -> None:
    nodes = {
        f"node{n:02}": {"name": f"node{n:02}", "state": "online", "cpu": 0.1} for n in range(5, 9)
    }
    order = ["agent", "agent1", "home", *nodes, "pve"]

    take(hud, {"nodes": {"set": nodes, "order": order}})

    terminal = hud.get_by_role("region", name="Terminal")
    expect(terminal).to_contain_text("The + above opens one on a node or a guest.")


def test_a_tooltip_tells_of_the_guest_under_the_pointer_and_goes_with_it(hud: Page) -> None:
    rows = hud.locator(".guest-line")
    media = rows.filter(has_text="media")
    expect(media).not_to_have_attribute("title", re.compile("."))

    media.hover()
    expect(media).to_have_attribute("title", re.compile(r"^media \(104\) · virtual machine"))
    panels = {"guests": {"set": {"104": {"name": "renamed"}}}}
    hud.evaluate(TAKE_ALONE, panels)
    expect(rows.filter(has_text="renamed")).to_have_attribute("title", re.compile("^renamed"))

    rows.filter(has_text="nextcloud").hover()
    expect(hud.locator(".guest-line[title]")).to_have_count(1)
    expect(hud.locator(".guest-line[title]")).to_have_attribute("title", re.compile("^nextcloud"))


def test_a_guest_chosen_by_keyboard_is_described_as_one_under_the_pointer_is(hud: Page) -> None:
    grid = hud.get_by_role("grid", name="Guests")
    grid.focus()
    hud.keyboard.press("ArrowDown")

    chosen = grid.locator(".guest-line[data-active]")
    expect(chosen).to_have_attribute("title", re.compile("memory|off"))


def test_figures_of_the_top_bar_that_are_not_read_anew_tell_their_age(hud: Page) -> None:
    hud.set_viewport_size({"width": 1366, "height": 768})
    top, aged = hud.get_by_role("banner"), hud.locator(".top .aged")
    expect(top).to_contain_text("4/4")
    expect(aged).to_be_hidden()
    old = {"state": "stale", "as_of": time.time() - 300, "because": "Proxmox does not answer"}
    told = {**old, "health": "UNKNOWN", "up": 11, "off": 1, "unknown": 7}

    take(hud, {"top": {"meta": told}, "guests": {"meta": old}})

    expect(aged).to_have_text("5\u00a0min old")
    down = top.get_by_role("button", name="Stand down")
    assert down.evaluate("(node) => node.getBoundingClientRect().right") <= 1366 - 20
    assert aged.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    new = {"state": "ok", "as_of": time.time()}
    take(hud, {"top": {"meta": {**told, **new}}, "guests": {"meta": new}})
    expect(aged).to_be_hidden()


def test_what_ails_the_whole_house_is_told_at_length_once(hud: Page) -> None:
    old = {
        "state": "stale",
        "as_of": time.time() - 60,
        "because": "Proxmox: it does not answer: 192.0.2.11:8006, 192.0.2.12:8006 closed it",
        "brief": "Proxmox: it does not answer",
        "remedy": "Is the node up?",
    }
    lone = {**old, "because": "the token may not: VM.Audit is missing", "brief": "the token"}

    take(hud, {"reactor": {"meta": old}, "guests": {"meta": old}, "storage": {"meta": lone}})

    guests = hud.locator(".panel-guests > .panel-says")
    expect(hud.locator(".panel-reactor > .panel-says")).to_contain_text("192.0.2.12:8006 closed")
    expect(guests).to_have_text("Proxmox: it does not answer.")
    expect(guests).to_have_attribute("title", re.compile("192.0.2.12:8006 closed.*Is the node up"))
    expect(hud.locator(".panel-storage > .panel-says")).to_contain_text("VM.Audit is missing")


ROOM = """
(select) => {
  const style = getComputedStyle(select);
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = style.font;
  pen.letterSpacing = style.letterSpacing;
  const arrow = 16;
  const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
  const { width } = pen.measureText(select.selectedOptions[0].textContent);
  return select.clientWidth - padding - arrow - width;
}
"""


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (390, 844)])
def test_the_words_of_the_filters_fit_their_fields(hud: Page, size: tuple[int, int]) -> None:
    hud.get_by_role("button", name="filter: all").click()
    hud.set_viewport_size({"width": size[0], "height": size[1]})

    fields = hud.locator(".guest-filters select")

    expect(fields).to_have_count(4)
    assert [room for room in fields.evaluate_all(f"(all) => all.map({ROOM})") if room < 0] == []
