"""From a message to tokens: names recognised, short forms written out, slips mended."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from services.llm.routing.folding import fold
from services.llm.routing.inventory import Inventory, Named, Plainness
from services.llm.routing.spelling import NearWords
from services.llm.routing.words import parts as p
from services.llm.routing.words.phrases import (
    ALWAYS_IS,
    ENDINGS,
    EXPANDED,
    FIRST_WORDS,
    LONGEST_PHRASE,
    PHRASES,
)
from services.llm.routing.words.vocabulary import (
    COMMON_WORDS,
    ENGLISH,
    FOREIGN_WORDS,
    FRENCH,
    GERMAN,
    vocabulary_of,
)

HEAD_SIGNS = 1_200
TAIL_SIGNS = 400
"""What is read of a long message: people say what they want first or last."""
MOST_TOKENS = 260

_WORD = re.compile(r"[^\W_]+(?:['_.\-/:@][^\W_]+)*|[?!.,;:\n#%*+/=<>()$€&|\-]")
_POINTED = re.compile(r"\b(e\.g|i\.e|etc|vs|approx|ca|z\.b)\.")
_NUMBERED = re.compile(r"(vm|ct|lxc|vmid|guest|id)[-_]?(\d{3,9})")
"""`vm-104`, `ct113`."""
STOPS = frozenset("?!.;\n()|")
BREAKS = STOPS | {",", ":"}
_NUMBER = re.compile(r"\d+")
_DEVICE = re.compile(
    r"sd[a-z]\d?|nvme\d+(n\d+)?(p\d+)?|vd[a-z]|eth\d+|vmbr\d+|en[pso]\d+\w*|wlan\d|bond\d|dev/\w+"
)
_VERSION = re.compile(r"v?\d+([.:/]\d+)+|\d+(h|s|m|min|am|pm|x|th|nd|rd|st|c|g|gb|mb|tb|k|d)")

_RARELY_MEANT = p.EVERYDAY | p.NEUTRAL | p.SELF
_FIRST_MEANT = p.FUNCTION | p.THING | p.ACTION | p.STATE


@cache
def _mendable(language: str) -> NearWords:
    """The words of a language that a slip of the finger is mended to, the likeliest first."""
    vocabulary = {"english": ENGLISH, "german": GERMAN, "french": FRENCH}[language]
    words = [word for word, parts in vocabulary.items() if parts & ~_RARELY_MEANT]
    own = ENGLISH if language == "english" else {}
    return NearWords(
        sorted(
            words,
            key=lambda word: (
                word in ENGLISH and not own,
                not vocabulary[word] & _FIRST_MEANT,
                word,
            ),
        )
    )


_GLUED_SHORTEST = 6
_GLUED_LONGEST = 40
_GLUE_WORDS = frozenset({"is", "on", "of", "up", "my", "it", "to", "in", "me", "am", "do", "we"})


def warm_up_words() -> None:
    """Build what the first misspelt word of each language would otherwise have to wait for."""
    for language in ("english", "german", "french"):
        _mendable(language)


class Token(NamedTuple):
    """One word, name, number or mark of a message."""

    text: str
    """Folded, mended and written out."""
    parts: int
    """The parts it can play (`words.parts`)."""
    named: Named | None = None
    """The thing of the house it may name; whether it does is for `names` to say."""
    number: int | None = None
    mended: bool = False


def tokenize(message: str, inventory: Inventory) -> list[Token]:
    """The tokens of a message, those of its middle left out when it is very long."""
    words = list(_split(fold(_shorten(message))))[:MOST_TOKENS]
    return _Reader(words, inventory).read()


def _shorten(message: str) -> str:
    if len(message) <= HEAD_SIGNS + TAIL_SIGNS:
        return message
    return f"{message[:HEAD_SIGNS]}\n{message[-TAIL_SIGNS:]}"


def _split(folded: str) -> Iterator[str]:
    for word in _WORD.findall(_POINTED.sub(r"\1 ", folded)):
        if (expanded := EXPANDED.get(word)) is not None:
            yield from expanded
        elif (numbered := _NUMBERED.fullmatch(word)) is not None:
            yield from numbered.groups()
        elif "'" not in word:
            yield word
        else:
            yield from _apart(word)


def _apart(word: str) -> Iterator[str]:
    """`what's`, `don't`, `media's`, `l'état`: each apostrophe begins or ends a word."""
    if word.endswith("n't"):
        stem = {"ca": "can", "wo": "will", "sha": "shall"}.get(word[:-3], word[:-3])
        yield from (stem, "not")
        return
    first, _, rest = word.partition("'")
    if rest == "s" and first in ALWAYS_IS:
        yield from (first, "us" if first == "let" else "is")
    elif rest in ENDINGS:
        yield first
        yield from ENDINGS[rest]
    elif "'" in rest:
        yield first
        yield from _apart(rest)
    else:
        yield from (first, rest)


_LANGUAGES = {id(GERMAN): "german", id(FRENCH): "french"}


class _Reader:
    """Goes over the words once and makes tokens of them."""

    def __init__(self, words: list[str], inventory: Inventory) -> None:
        self._words = words
        self._inventory = inventory
        self._vocabulary = vocabulary_of(words)
        self._language = _LANGUAGES.get(id(self._vocabulary), "english")
        self._tokens: list[Token] = []

    def read(self) -> list[Token]:
        place = 0
        while place < len(self._words):
            place += self._take(place)
        return self._tokens

    def _take(self, place: int) -> int:
        """Make tokens of what begins here; hands back how many words that used up."""
        word = self._words[place]
        if word in BREAKS:
            self._tokens.append(Token(word, 0))
            return 1
        if used := self._take_spaced_name(place) or self._take_phrase(place):
            return used
        if used := self._take_two_halves(place):
            return used
        if (token := self._known(word)) is not None:
            self._tokens.append(token)
            return 1
        if "-" in word or "/" in word or "_" in word or "." in word or ":" in word:
            self._take_pieces(word)
        else:
            self._take_unknown(word)
        return 1

    def _take_spaced_name(self, place: int) -> int:
        spaced = self._inventory.spaced
        if not spaced:
            return 0
        for length in range(4, 1, -1):
            named = spaced.get(tuple(self._words[place : place + length]))
            if named is not None:
                self._tokens.append(Token(fold(named.name), 0, named))
                return length
        return 0

    def _take_phrase(self, place: int) -> int:
        if self._words[place] not in FIRST_WORDS:
            return 0
        for length in range(LONGEST_PHRASE, 1, -1):
            words = tuple(self._words[place : place + length])
            if len(words) == length and (parts := PHRASES.get(words)) is not None:
                self._tokens.append(Token("-".join(words), parts))
                return length
        return 0

    def _known(self, word: str) -> Token | None:
        named = self._inventory.names.get(word)
        parts = self._vocabulary.get(word, 0)
        if named is not None:
            return Token(word, parts, named)
        if parts:
            return Token(word, parts)
        if (named := self._inventory.joined.get(word)) is not None:
            return Token(word, 0, named)
        if _NUMBER.fullmatch(word):
            number = int(word) if len(word) <= 9 else None
            return Token(word, 0, number=number)
        if word == "'s":
            return Token(word, p.BE)
        if word in COMMON_WORDS:
            return Token(word, 0)
        if _DEVICE.fullmatch(word):
            return Token(word, p.THING | p.MINE)
        if _VERSION.fullmatch(word):
            return Token(word, p.NEUTRAL)
        return None

    def _take_two_halves(self, place: int) -> int:
        """`next cloud` for nextcloud."""
        if place + 1 >= len(self._words):
            return 0
        whole = self._words[place] + self._words[place + 1]
        if len(whole) < _GLUED_SHORTEST or whole not in self._inventory.names:
            return 0
        self._tokens.append(Token(whole, 0, self._inventory.names[whole], mended=True))
        return 2

    def _take_pieces(self, word: str) -> None:
        """`vm/104`, `pve:`, `what-is`: not a name as a whole, so look at what it is made of."""
        if near := self._near_name(word):
            self._tokens.append(near)
            return
        for piece in self._pieces(word)[:8]:
            self._tokens.append(self._known(piece) or Token(piece, 0))

    def _pieces(self, word: str) -> list[str]:
        """What stands between its marks; in `pve/local-zfs` the name of a storage is whole."""
        names = self._inventory.names
        found: list[str] = []
        for part in re.split(r"[/:@]", word):
            found += [part] if part in names else re.split(r"[-_.]", part)
        return [piece for piece in found if piece]

    def _take_unknown(self, word: str) -> None:
        if near := self._near_name(word):
            self._tokens.append(near)
            return
        if word in FOREIGN_WORDS and self._vocabulary is ENGLISH:
            self._tokens.append(Token(word, 0))
            return
        if (meant := _mend(word, self._language)) is not None:
            self._tokens.append(Token(meant, self._vocabulary.get(meant, 0), mended=True))
            return
        if pieces := self._unglue(word):
            for piece in pieces:
                token = self._known(piece)
                assert token is not None
                self._tokens.append(token)
            return
        self._tokens.append(Token(word, 0))

    def _near_name(self, word: str) -> Token | None:
        for meant in self._inventory.near.find(word):
            if _digits(meant) != _digits(word):
                continue
            named = self._inventory.names.get(meant) or self._inventory.joined[meant]
            if named.plainness is not Plainness.WORD:
                return Token(meant, self._vocabulary.get(meant, 0), named, mended=True)
        return None

    def _unglue(self, word: str) -> list[str]:
        """`restartmedia`: the fewest known words it can be cut into, one of them of the house."""
        size = len(word)
        if not _GLUED_SHORTEST <= size <= _GLUED_LONGEST:
            return []
        best: list[list[str] | None] = [None] * (size + 1)
        best[0] = []
        for end in range(2, size + 1):
            for start in range(max(0, end - 14), end - 1):
                before = best[start]
                if before is None or not self._may_be_glued(word[start:end]):
                    continue
                if best[end] is None or len(before) + 1 < len(best[end] or ()):
                    best[end] = [*before, word[start:end]]
        pieces = best[size] or []
        return pieces if len(pieces) > 1 and self._is_sentence(pieces) else []

    def _is_sentence(self, pieces: list[str]) -> bool:
        """`restartmedia`, `showbackups`; a `checklist` is one word."""
        parts = [self._vocabulary.get(piece, 0) for piece in pieces]
        verb = p.WH | p.BE | p.DO | p.LOOKING | p.ACTION | p.HANDLING
        names = [self._inventory.names[one] for one in pieces if one in self._inventory.names]
        if names and (parts[0] & verb or any(n.plainness is not Plainness.COMMON for n in names)):
            return True
        ours = any(part & (p.THING | p.METRIC | p.EVENT | p.STATE) for part in parts)
        asks = parts[0] & verb
        return bool(ours and asks and parts[-1] & (p.THING | p.METRIC | p.EVENT | p.STATE))

    def _may_be_glued(self, piece: str) -> bool:
        if piece in self._inventory.names:
            return True
        if len(piece) == 2:
            return piece in _GLUE_WORDS
        return piece in self._vocabulary


@lru_cache(maxsize=8_192)
def _mend(word: str, language: str) -> str | None:
    found = _mendable(language).find(word)
    return found[0] if found else None


def _digits(word: str) -> str:
    return "".join(sign for sign in word if sign.isdigit())
