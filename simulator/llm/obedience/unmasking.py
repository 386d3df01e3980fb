"""Texts as a model may understand them: without disguise."""

import base64
import binascii
import html
import re
import unicodedata
import urllib.parse
from collections.abc import Iterator
from typing import Final

_SHOWN: Final = re.compile(
    r"\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})", re.IGNORECASE
)
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2}|[\w.-]){12,}")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_TAGS: Final = range(0xE0020, 0xE007F)
MOST_TEXTS: Final = 12


def unmask(text: str) -> Iterator[str]:
    """The text as it is meant, and what is hidden in it in another alphabet."""
    plain = _plain(text)
    yield plain
    hidden = [*_decoded(plain), *(urllib.parse.unquote(one) for one in _encoded(plain))]
    for one in hidden[:MOST_TEXTS]:
        yield _plain(one)


def _plain(text: str) -> str:
    """Entities and escapes read, invisible characters left out or read as what they stand for."""
    told = _SHOWN.sub(lambda found: _char(found[1] or found[2] or found[3]), html.unescape(text))
    if told.isascii():
        return _CONTROLS.sub("", told)
    letters: list[str] = []
    tagged = False
    for char in unicodedata.normalize("NFKC", told):
        before, tagged = tagged, ord(char) in _TAGS
        if tagged:
            letters += ["" if before else "\n", chr(ord(char) - 0xE0000)]
        elif unicodedata.category(char) not in ("Cf", "Cc", "Co", "Cn") or char in "\n\t":
            letters.append(char)
    return "".join(letters)


def _char(code: str) -> str:
    number = int(code, 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def _decoded(text: str) -> Iterator[str]:
    for found in _BASE64.findall(text):
        bare = found.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            told = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if told.isprintable() or "\n" in told:
            yield told


def _encoded(text: str) -> Iterator[str]:
    for found in _PERCENT.findall(text):
        if found.count("%") >= 2:
            yield found
