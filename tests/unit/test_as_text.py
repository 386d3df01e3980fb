"""What machines said stays letters in an answer, whatever Markdown would make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services.llm.as_text import as_text

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PIECES = [*"[]()<>!*_`~#&;:|\\+-=.1a é", "http://e.example", "javascript:x", "&lt;", "<b>", "```"]


def drawn(text: str) -> str:
    """The letters that are drawn; fails where anything but letters is made of them."""
    tokens = READER.parse(text)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"], text
    letters = tokens[1].children or []
    assert {token.type for token in letters} <= {"text"}, (text, letters)
    return "".join(token.content for token in letters)


@pytest.mark.parametrize(
    "text",
    [
        "[Approve it here](http://192.0.2.66/x) (104) runs",
        "![](http://192.0.2.66/leak)",
        "<http://192.0.2.66/auto>",
        "<img src=x onerror=alert(1)>",
        "**media** is `off` and ~~gone~~, _so_ __they__ ***say***",
        "# Big",
        "1. first",
        "> quoted",
        "- item",
        "--- ",
        "&lt;b&gt; &#91;x](y)",
        "\\[a](http://e.example) \\",
        "`[a](http://e.example)``",
        "` a `` `[b](http://e.example)`",
        "dev_box and my_guest (105): 5 < 6, a & b, ~ 3 min",
    ],
)
def test_it_is_drawn_letter_by_letter(text: str) -> None:
    assert drawn(as_text(text)) == text.strip()


def test_everyday_sentences_are_left_as_they_are() -> None:
    text = "Guest dev-box (140) runs on my_node: 12 % of 4 cores, <1 s ago; AT&T, 3.5 GiB/s!"

    assert as_text(text) == text


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join))
def test_no_text_becomes_more_than_its_letters(text: str) -> None:
    line = " ".join(text.split())
    if line:
        assert drawn(as_text(line)) == line
