"""The title of a conversation, from its first message: by code, not by a model."""

import re

from services.llm.routing import strip_mention
from services.llm.wrapping import one_line

TITLE_CHARS = 60
UNTITLED = "Untitled"
_GREETING = re.compile(
    r"^(?:(?:hi|hey|hello|good (?:morning|evening|afternoon)|hallo|guten (?:morgen|tag|abend)|"
    r"bonjour|salut|moin)\b[\s,!.]*)?(?:jarvis\b[\s,:!.]*)?(?:please\b[\s,]*)?",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[`*_#>|\x00-\x1f\x7f]+")
_SENTENCE = re.compile(r"(?<=[.?!])\s")
_SHORTEST_CHARS = 12


def make_title(text: str) -> str:
    """What it is about in one line of at most 60 characters."""
    plain = " ".join(_MARKS.sub(" ", strip_mention(text)).split())
    bare = _GREETING.sub("", plain, count=1).strip() or plain
    first = _SENTENCE.split(bare, maxsplit=1)[0]
    told = first if len(first) >= _SHORTEST_CHARS else bare
    title = _cut(told)
    return title[:1].upper() + title[1:] if title else UNTITLED


def clean_title(text: str) -> str:
    """A title as a person wrote it, in one line and short enough; empty where nothing is left."""
    return one_line(
        "".join(sign for sign in text if sign.isprintable() or sign == " "), limit_chars=TITLE_CHARS
    ).strip()


def _cut(text: str) -> str:
    """At most so many characters, ended between words where that loses little."""
    if len(text) <= TITLE_CHARS:
        return text
    head = text[: TITLE_CHARS - 1]
    space = head.rfind(" ")
    return f"{head[:space] if space > TITLE_CHARS // 2 else head}…"
