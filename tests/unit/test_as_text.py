"""What machines said stays letters in an answer, whatever Markdown would make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services.llm.as_text import as_text, words_of

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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I stop **media** (104), _gently_.", "I stop media (104), gently."),
        ("***all*** of __it__ and ~~this~~", "all of it and this"),
        ("`qm stop 104` on **`pve`**", "qm stop 104 on pve"),
        ("``a ` b``", "a ` b"),
        ("**two *and* three**", "two and three"),
        ("## Plan\n> then **go**", "Plan\nthen go"),
        ("look [here](http://192.0.2.66/x) first", "look here (http://192.0.2.66/x) first"),
        ("[**bold**](http://192.0.2.66/)", "bold (http://192.0.2.66/)"),
        ("rm *.log, 2*3*4, 5 * 6 * 7", "rm *.log, 2*3*4, 5 * 6 * 7"),
        ("dev_box and my_guest_2, **open", "dev_box and my_guest_2, **open"),
        ("- one\n- two", "- one\n- two"),
        ("`open and **closed**", "`open and closed"),
        ("`**no mark**`", "**no mark**"),
        ("", ""),
    ],
)
def test_marks_of_markdown_go_and_what_is_no_mark_stays(text: str, words: str) -> None:
    assert words_of(text) == words


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_what_was_made_letters_is_told_letter_by_letter(text: str) -> None:
    line = " ".join(text.split())

    assert words_of(as_text(line)) == line


@given(st.lists(st.sampled_from([*PIECES, "**", "\n", "word"]), max_size=20).map("".join))
def test_no_word_is_lost_with_the_marks(text: str) -> None:
    assert words_of(text).count("word") == text.count("word")
