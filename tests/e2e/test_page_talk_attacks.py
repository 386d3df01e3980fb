"""A model that writes markup at the page: it stays words, nothing runs, and nothing is fetched."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.support.house import House
from tests.support.talk_page import TalkPage

PROSE = {"p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br", "strong", "em"}
PROSE |= {"s", "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td"}
OURS = {"article", "div", "span", "figure", "figcaption", "button", "footer", "b", "i"}
OURS |= {"details", "summary"}
ALLOWED = PROSE | OURS
"""What may stand in a conversation: prose, and the page's own cards and buttons."""
OWN = {"class", "role", "aria-label", "title", "type", "hidden", "tabindex", "open", "start"}
OWN |= {"data-state", "data-label", "href", "target", "rel"}
NOWHERE = "http://192.0.2.66/leak"
MARKUP = f"""<script>window.hacked = 1</script>
<img src="{NOWHERE}?a" onerror="window.hacked = 2"> and <svg onload="window.hacked = 3"></svg>

<iframe srcdoc="<script>parent.hacked = 4</script>"></iframe><object data="{NOWHERE}?b"></object>
<form action="{NOWHERE}?c"><input name=passkey autofocus onfocus="window.hacked = 5"></form>
<style>@import url({NOWHERE}?d); * {{ background: url({NOWHERE}?e) }}</style>
<link rel=stylesheet href="{NOWHERE}?f"><base href="{NOWHERE}/"><meta http-equiv=refresh content=0>
<details open ontoggle="window.hacked = 6"><summary>x</summary></details>
<math><mtext><table><mglyph><style><!--</style>
<img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">

![an image]({NOWHERE}?g) and ![by reference][pic] and [![nested]({NOWHERE}?h)]({NOWHERE}?i)

[one](javascript:window.hacked=7) [two](JaVaScRiPt:alert(1))
[three](data:text/html,<script>1</script>)
[four](vbscript:x) [five](file:///etc/passwd) [six](//192.0.2.66/j "\\" onmouseover=alert(1)")
<javascript:alert(1)> <{NOWHERE}?auto> [seven]( javascript:alert(1) )
[eight](&#106;avascript:alert(1))

[pic]: {NOWHERE}?k "x"

{{{{ constructor.constructor('window.hacked = 8')() }}}} ${{window.hacked = 9}} {{% raw %}}

```html" onmouseover="window.hacked = 10
<b onclick="window.hacked = 11">in a fence</b>
```

| a <img src=x onerror=alert(12)> | b |
|:--|--:|
| `<i>code</i>` | **<u>bold</u>** |

&lt;script&gt;window.hacked = 13&lt;/script&gt; \\<img src=x onerror=alert(14)>

media (104)<img src=x onerror=alert(15)> **media<script>alert(16)</script>**
"""
ELEMENTS = """() => [...document.querySelectorAll('.talk-list *')].map((one) => ({
  tag: one.tagName.toLowerCase(), names: one.getAttributeNames(), href: one.getAttribute('href'),
}))"""


@pytest.fixture
def watched(talk: TalkPage, demo: House) -> Iterator[TalkPage]:
    """A talk on a page that may ask its own server alone, and may not open a dialog."""
    asked: list[str] = []
    dialogs: list[str] = []
    own = urlsplit(demo.url).netloc
    talk.page.on("request", lambda one: asked.append(one.url))
    talk.page.on("dialog", lambda one: (dialogs.append(one.message), one.dismiss()))
    yield talk
    strangers = [url for url in asked if urlsplit(url).netloc not in (own, "")]
    assert strangers == []
    assert dialogs == []
    assert talk.page.evaluate("window.hacked") is None
    assert "/leak" not in "".join(asked)


def assert_harmless(page: Page) -> None:
    """Nothing stands in the conversation but what may."""
    for one in page.evaluate(ELEMENTS):
        assert one["tag"] in ALLOWED, one
        strange = {name for name in one["names"] if name not in OWN}
        assert strange <= {"aria-labelledby", "aria-expanded"}, one
        assert one["href"] is None or re.match(r"https?://", one["href"]), one
    assert page.locator(".talk-list :is(img, script, style, form, iframe, svg)").count() == 0


def test_markup_of_a_model_stays_words(watched: TalkPage) -> None:
    watched.models.llm_script("claude", {"text": MARKUP})
    watched.ask("@claude speak")

    assert_harmless(watched.page)
    expect(watched.last).to_contain_text("<script>window.hacked = 1</script>")
    expect(watched.last).to_contain_text("constructor.constructor")
    expect(watched.last.locator("td").first).to_have_text("<i>code</i>")
    for link in watched.last.locator("a").all():
        assert link.get_attribute("target") == "_blank"
        assert "noopener" in (link.get_attribute("rel") or "")
    watched.page.reload()
    watched.wait()
    assert_harmless(watched.page)


def test_markup_is_harmless_while_it_is_half_written(watched: TalkPage) -> None:
    watched.models.llm_speed("realistic")
    watched.models.llm_script("claude", {"text": MARKUP[:900]})
    watched.say("@claude speak")
    expect(watched.last).to_contain_text("<script>")
    while watched.page.locator(".talk-answer[data-state=coming]").count():
        assert_harmless(watched.page)
    watched.models.llm_speed("instant")
    watched.wait()
    assert_harmless(watched.page)


def test_markup_in_calls_questions_and_titles_stays_words(watched: TalkPage) -> None:
    evil = '<img src=x onerror="window.hacked = 1">'
    watched.models.llm_script(
        "claude",
        {
            "text": f"I look {evil}",
            "calls": [
                {"tool": "get_guest_status", "arguments": {"guest": evil}},
                {"tool": f"tool{evil}", "arguments": {evil: evil}},
                {"tool": "reboot_guest", "arguments": {"guest": "git"}},
            ],
        },
        {"text": "Done."},
    )
    watched.say(f"@claude {evil} look at git")
    expect(watched.card).to_contain_text(evil)
    assert watched.page.locator(".approval :is(img, script)").count() == 0
    watched.card.get_by_role("button", name="Refuse").click()
    watched.card.get_by_role("button", name="Refuse it").click()
    watched.wait()
    for summary in watched.page.locator(".talk-tool summary").all():
        summary.click()
    assert_harmless(watched.page)
    expect(watched.questions.first).to_contain_text(evil)

    watched.panel.get_by_role("button", name="Conversations").click()

    expect(watched.page.locator(".talk-sessions-list > li").first).to_contain_text("look at git")
    assert watched.page.locator(".talk-sessions img").count() == 0
    watched.page.goto("/costs")
    assert watched.page.locator("main img").count() == 0


def test_a_flood_of_marks_neither_stops_the_page_nor_breaks_out(watched: TalkPage) -> None:
    watched.models.llm_script(
        "claude",
        {"text": "> " * 300 + "deep\n\n" + "*" * 3_000 + "\n\n" + "[" * 2_000 + "\n\nthe end"},
    )

    expect(watched.ask("@claude speak")).to_contain_text("the end")

    assert_harmless(watched.page)
    assert watched.page.evaluate("1 + 1") == 2
