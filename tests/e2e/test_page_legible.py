"""Whether what stands on the page can be read: contrast of what is old, and names that are long."""

import pytest
from playwright.sync_api import Page

FAINT = """(state) => {
  const parts = (colour) => [...colour.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
  const over = (top, below) =>
    top.slice(0, 3).map((value, i) => value * top[3] + below[i] * (1 - top[3]));
  const light = (rgb) => rgb.map((value) => value / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [];
  let seen = 0;
  for (const panel of document.querySelectorAll('.panel')) {
    panel.dataset.state = state;
    const body = panel.querySelector('.panel-body');
    const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const one = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || !one.checkVisibility()) continue;
      if (one.closest('[disabled], [aria-disabled=true], option, .unseen')) continue;
      let below = [10, 33, 54]; // the lightest the page's own ground is
      let opacity = 1;
      const above = [];
      for (let at = one; at; at = at.parentElement) above.unshift(at);
      for (const at of above) {
        const style = getComputedStyle(at);
        opacity *= Number(style.opacity);
        const ground = parts(style.backgroundColor);
        if (ground[3]) below = over(ground, below);
      }
      if (opacity === 0) continue;
      const colour = parts(getComputedStyle(one).color);
      colour[3] *= opacity;
      const [dark, bright] = [light(below), light(over(colour, below))].sort((a, b) => a - b);
      seen += 1;
      const contrast = (bright + 0.05) / (dark + 0.05);
      if (contrast < 4.5) found.push([contrast.toFixed(2), one.className, one.textContent]);
    }
  }
  return [seen, found];
}"""
RENAMED = """(name) => {
  [...jarvis.panel('nodes').rows.values()][0].name = name;
  jarvis.notify('nodes', jarvis.everything);
  const title = document.querySelector('.node .title');
  const side = document.querySelector('.node .side');
  const shown = title.querySelector('b').getBoundingClientRect();
  return [shown.right, side.getBoundingClientRect().left];
}"""


@pytest.mark.parametrize("state", ["ok", "stale"])
def test_all_text_of_a_panel_stands_out_from_its_ground(hud: Page, state: str) -> None:
    seen, found = hud.evaluate(FAINT, state)

    assert seen > 50
    assert found == []


@pytest.mark.phone
def test_a_long_name_of_a_node_ends_before_its_figures(hud: Page) -> None:
    hud.evaluate("jarvis.action('tab', { key: 'cluster' })")

    right, left = hud.evaluate(
        RENAMED, "a-node-with-a-name-as-long-as-the-label-of-a-host-may-be-at-all"
    )

    assert right <= left
