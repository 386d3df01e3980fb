"""Between letters and Markdown, which answers are written in.

What machines said, where Jarvis quotes it in its own words, is drawn letter by letter: a guest that
is called `[Approve](http://…)` must not become a link. What an answer says, where there is no
Markdown to draw it, is told without the marks.
"""

import re

_MARKS = re.compile(r"[\\`*\[]|~(?=~)|<(?=[A-Za-z/!?])|&(?=#?\w{1,32};)|(?<![^\W_])_|_(?![^\W_])")
_BEGINNING = re.compile(r"^(\s*)(?:([#>+=-])|(\d{1,9})(?=[.)](?:\s|$)))")
"""What makes a line a heading, a quotation or an item of a list."""
_HEAD = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?)+", re.MULTILINE)
_PART = re.compile(
    r"\\(?P<letter>[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?<!!)\[(?P<link>[^\[\]]+)\]\((?P<url>[^\s()]+)\)"
    r"|(?P<run>\*{1,3}|_{1,3}|~~)",
    re.DOTALL,
)


def as_text(text: str) -> str:
    """One line, so that Markdown draws every letter of it and makes nothing of any."""
    return _BEGINNING.sub(_held, _MARKS.sub(r"\\\g<0>", text))


def words_of(text: str) -> str:
    """What Markdown draws of the text, as letters: without its marks, a link with its address."""
    told: list[str] = []
    opened: list[tuple[str, int]] = []
    text = _HEAD.sub("", text)
    at = 0
    for part in _PART.finditer(text):
        told.append(text[at : part.start()])
        at = part.end()
        if part["run"]:
            told.append(_paired(part, told, opened))
        elif part["link"]:
            told.append(f"{words_of(part['link'])} ({part['url']})")
        else:
            told.append(part["letter"] or part["code"].strip())
    return "".join([*told, text[at:]])


def _paired(part: re.Match[str], told: list[str], opened: list[tuple[str, int]]) -> str:
    """What a run of marks leaves: nothing where it ends another, which goes with it."""
    run, begin, end = part["run"], part.start(), part.end()
    before, after = part.string[begin - 1 : begin], part.string[end : end + 1]
    if before.strip() and not after.isalnum():
        for place in reversed(range(len(opened))):
            if opened[place][0] == run:
                told[opened[place][1]] = ""
                del opened[place:]
                return ""
    if after.strip() and not before.isalnum():
        opened.append((run, len(told)))
    return run


def _held(found: re.Match[str]) -> str:
    space, mark, number = found.groups()
    return f"{space}\\{mark}" if mark else f"{space}{number}\\"
