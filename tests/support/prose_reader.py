"""Draws what a model writes as the page does, and tells what came of it."""

from typing import Any

from playwright.sync_api import Page

from tests.support.module_page import open_modules

TAGS = {
    "A", "BLOCKQUOTE", "BR", "BUTTON", "CODE", "DIV", "EM", "FIGCAPTION", "FIGURE", "H3", "H4",
    "H5", "H6", "HR", "LI", "OL", "P", "PRE", "S", "SPAN", "STRONG", "TABLE", "TBODY", "TD", "TH",
    "THEAD", "TR", "UL",
}  # fmt: skip
ATTRIBUTES = {"class", "href", "rel", "start", "tabindex", "target", "title", "type"}
CLASSES = {
    "prose", "prose-tail", "prose-code", "prose-scroll", "btn", "quiet", "chip-link", "link-host",
    "to-right", "to-center",
}  # fmt: skip
START = """async () => {
  const { Prose } = await import('jarvis-markdown');
  const { jarvis } = await import('jarvis');
  const guests = jarvis.panel('guests').rows;
  const names = { 104: 'media', 105: '<img src=x onerror=hurt()>', 106: 'git' };
  for (const [vmid, name] of Object.entries(names)) guests.set(vmid, { vmid, name });
  jarvis.panel('nodes').rows.set('pve', { name: 'pve' });
  window.hurts = 0;
  window.hurt = () => { window.hurts += 1; };
  window.opened = [];
  jarvis.onAction('open', (asked) => window.opened.push(`${asked.kind}/${asked.id}`));
  window.draw = (text) => {
    window.prose = new Prose();
    document.querySelector('#place').replaceChildren(window.prose.root);
    window.prose.set(text);
  };
  window.seen = () => {
    const { root } = window.prose;
    const all = [...root.querySelectorAll('*'), root];
    const links = [...root.querySelectorAll('a')];
    const depth = (node) => (node === root ? 0 : 1 + depth(node.parentNode));
    return {
      tags: [...new Set(all.map((node) => node.tagName))],
      attributes: [...new Set(all.flatMap((node) => node.getAttributeNames()))],
      classes: [...new Set(all.flatMap((node) => [...node.classList]))],
      links: links.map((link) => [link.getAttribute('href'), link.rel, link.target]),
      text: root.textContent,
      depth: Math.max(0, ...all.slice(0, 4000).map(depth)),
      hurts: window.hurts,
    };
  };
}"""


class Reader:
    """The module in a page: draws a text, and tells what came of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.left = open_modules(page)
        page.evaluate(START)

    def draw(self, text: str) -> dict[str, Any]:
        """Draw a text, let the browser lay it out, and tell what stands there."""
        self.page.evaluate("(text) => draw(text)", text)
        self.page.evaluate("() => new Promise(requestAnimationFrame)")
        return dict(self.page.evaluate("() => seen()"))

    def html(self) -> str:
        """The drawn markup; the border between what is finished and what grows is left out."""
        return str(
            self.page.evaluate(
                "() => { const copy = prose.root.cloneNode(true); const tail ="
                " copy.querySelector('.prose-tail'); tail.replaceWith(...tail.childNodes);"
                " copy.normalize(); return copy.innerHTML; }"
            )
        )


def check_harmless(seen: dict[str, Any]) -> None:
    """Nothing stands there that is not on the short list, and no link but one out of the house."""
    assert set(seen["tags"]) <= TAGS
    assert set(seen["attributes"]) <= ATTRIBUTES
    assert set(seen["classes"]) <= CLASSES
    for href, rel, target in seen["links"]:
        assert href.lower().startswith(("http://", "https://"))
        assert set(rel.split()) == {"noopener", "noreferrer", "nofollow"}
        assert target == "_blank"
    assert seen["hurts"] == 0
