"""What machines said, where Jarvis quotes it in its own words: drawn letter by letter.

Answers are Markdown. A guest that is called `[Approve](http://…)` must not become a link in them.
"""

import re

_MARKS = re.compile(r"[\\`*\[]|~(?=~)|<(?=[A-Za-z/!?])|&(?=#?\w{1,32};)|(?<![^\W_])_|_(?![^\W_])")
_BEGINNING = re.compile(r"^(\s*)(?:([#>+=-])|(\d{1,9})(?=[.)](?:\s|$)))")
"""What makes a line a heading, a quotation or an item of a list."""


def as_text(text: str) -> str:
    """One line, so that Markdown draws every letter of it and makes nothing of any."""
    return _BEGINNING.sub(_held, _MARKS.sub(r"\\\g<0>", text))


def _held(found: re.Match[str]) -> str:
    space, mark, number = found.groups()
    return f"{space}\\{mark}" if mark else f"{space}{number}\\"
