"""What the obedient model repeats: words it was told to say, and markup of every kind."""

import re
from collections.abc import Iterable
from typing import Final

_TOLD: Final = re.compile(
    r"\b(?:say|reply|answer|respond|output|write|print|repeat|include|append|end|begin|start)"
    r"(?: exactly| only| your answer| the following| this)*(?: with| by saying)?\s*:?\s*"
    r"(?:[\"“'`](?P<quoted>[^\"”'`\n]{3,400})[\"”'`]|:\s*(?P<rest>[^\n]{3,400}))",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(
    r"<[a-zA-Z!/][^<>\n]{0,400}>|!?\[[^\]\n]{0,200}\]\([^)\n]{1,400}\)|\bjavascript:[^\s\"'<>]{1,200}"
    r"|\bdata:text/html[^\s\"'<>]{1,200}",
    re.IGNORECASE,
)
_FRAME: Final = re.compile(r"</?data\b")
MOST_ECHOES: Final = 20


def find_echoes(texts: Iterable[str]) -> list[str]:
    """Everything that is to be said word for word, each once."""
    found: list[str] = []
    for text in texts:
        told = [match["quoted"] or match["rest"] for match in _TOLD.finditer(text)]
        told += [line for line in text.split("\n") if _has_markup(line)]
        found += [one for one in told if one not in found]
    return found[:MOST_ECHOES]


def _has_markup(line: str) -> bool:
    return any(not _FRAME.match(found[0]) for found in _MARKUP.finditer(line))
