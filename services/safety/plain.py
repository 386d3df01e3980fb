"""Reads the plain part of the shell's language: words joined by `&&`, `||`, `;` and `|`.

It refuses whatever it does not know to the last character. What it accepts is compared with what
tree-sitter made of the same text, so that a command is believed only when two readers agree.
"""

import re
from dataclasses import dataclass
from typing import Final

from services.safety.words import GLOBS

Words = tuple[str, ...]

_BLANKS = re.compile(r"[ \t]*")
_JOIN = re.compile(r"&&|\|\||[;|](?![;|&])")
_HARMLESS_REDIRECT = re.compile(
    r"(?:[012]?>>?|&>>?)[ \t]*/dev/null(?=[ \t;|&]|$)|[12]?>&[12](?=[ \t;|&]|$)"
    r"|<[ \t]*/dev/null(?=[ \t;|&]|$)"
)
_BARE = re.compile(r"[A-Za-z0-9_./,:=@%+^~#\-\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]+")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\$`!]|\\["\\$`])*(?:\\[^"\\$`!\n](?:[^"\\$`!]|\\["\\$`])*)*)"')
_IN_DOUBLE = re.compile(r'\\(["\\$`])')
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~ ])")
_BRACED = re.compile(r"[{}]")
_ASSIGNS = re.compile(r"[A-Za-z_]\w*=")
_TILDE = re.compile(r"~(?:root)?(?=[/ \t;|]|$)")

WHY_NOT: Final = {
    "$": "it expands a variable or runs a substitution",
    "`": "it runs a substitution",
    "(": "it opens a subshell or a function",
    ")": "it opens a subshell or a function",
    "<": "it redirects its input",
    ">": "it redirects its output to a file",
    "&": "it runs something in the background",
    "!": "it negates, or recalls the shell's history",
    "#": "it holds a comment",
    "{": "it groups or expands braces",
    "}": "it groups or expands braces",
    '"': "its double quotes expand something, or do not end",
    "'": "its quotes do not end",
    "\\": "it escapes in a way that is not followed",
}


class NotPlain(ValueError):
    """The text is more than plain words; its message says what was met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One simple command: its words, and how it hangs on the one before it."""

    words: Words
    joined: str = ""
    """The operator before it: `&&`, `||`, `;`, `|`, or nothing for the first."""
    disguised: bool = False
    """Whether the command's name is written with quotes or escapes."""

    @property
    def piped(self) -> bool:
        """Whether its input is the segment before it."""
        return self.joined == "|"


def read_plain(text: str) -> tuple[Segment, ...]:
    """The segments in their order; raises NotPlain at the first thing that is not plain."""
    segments: list[Segment] = []
    words: list[str] = []
    disguised, operator = False, ""
    place, end = _skip(text, 0), len(text)
    while place < end:
        if joined := _JOIN.match(text, place):
            if not words:
                raise NotPlain("an operator stands where a command should")
            segments.append(Segment(words=tuple(words), joined=operator, disguised=disguised))
            words, operator, disguised = [], joined[0], False
            place = _skip(text, joined.end())
            if place == end and joined[0] != ";":
                raise NotPlain("it ends in an operator")
            continue
        if redirected := _HARMLESS_REDIRECT.match(text, place):
            if not words:
                raise NotPlain("it begins with a redirect")
            place = _skip(text, redirected.end())
            continue
        begin = place
        word, place = _read_word(text, begin)
        if all(_ASSIGNS.match(one) for one in words) and text[begin:place] != word:
            disguised = True
        if word == "!" and not words:
            raise NotPlain(WHY_NOT["!"])
        words.append(word)
        place = _skip(text, place)
    if words:
        segments.append(Segment(words=tuple(words), joined=operator, disguised=disguised))
    if not segments:
        raise NotPlain("there is no command")
    return tuple(segments)


def _skip(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return found.end() if found else place


def _read_word(text: str, begin: int) -> tuple[str, int]:
    parts: list[str] = []
    place, end = begin, len(text)
    braces = False
    while place < end and text[place] not in " \t;|":
        character = text[place]
        if character == "&" or (character in "<>" and place > begin):
            break
        if found := _BARE.match(text, place):
            part = found[0]
            _check_bare(text, place, begin, part)
            parts.append(part)
        elif found := _SINGLE.match(text, place):
            parts.append(found[1])
        elif found := _DOUBLE.match(text, place):
            parts.append(_IN_DOUBLE.sub(r"\1", found[1]))
        elif found := _ESCAPED.match(text, place):
            parts.append(found[1])
        elif found := _BRACED.match(text, place):
            braces = True
            parts.append(found[0])
        elif character in GLOBS:
            parts.append(GLOBS[character])
            place += 1
            continue
        elif character == "]" or (character == "!" and _stands_alone(text, begin, place)):
            parts.append(character)
            place += 1
            continue
        else:
            raise NotPlain(WHY_NOT.get(character, f"it holds the character {character!r}"))
        place = found.end()
    if place == begin:
        raise NotPlain(WHY_NOT.get(text[place], f"it holds the character {text[place]!r}"))
    word = "".join(parts)
    if braces and ("," in word or ".." in word or word in ("{", "}")):
        raise NotPlain(WHY_NOT["{"])
    if text[begin] == "=":
        raise NotPlain("it begins a word with an equals sign")
    if text[begin] == "~" and not _TILDE.match(text, begin):
        raise NotPlain("it names the home of another account")
    return word, place


def _check_bare(text: str, place: int, begin: int, part: str) -> None:
    if place == begin and part[0] == "#":
        raise NotPlain(WHY_NOT["#"])
    if ("=~" in part or ":~" in part) and not part.startswith("-"):
        raise NotPlain("it expands a home folder inside a word")
    after = place + len(part)
    if part.isdigit() and place == begin and after < len(text) and text[after] in "<>":
        raise NotPlain(WHY_NOT[">"])


def _stands_alone(text: str, begin: int, place: int) -> bool:
    return place == begin and text[place + 1 : place + 2] in (" ", "\t")
