"""All word tables as vocabularies by language, and the common English words beside them."""

from pathlib import Path

from services.llm.routing.words import english, everyday, french, german, technology
from services.llm.routing.words import parts as p


def _common_words() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_english.txt").read_text().splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


COMMON_WORDS: frozenset[str] = _common_words()
"""Words of everyday English: none of them is a misspelling of something else."""


def _with_courtesies() -> dict[str, int]:
    """English, and the courtesies of the others: a `merci` makes no French sentence."""
    known = p.merge((*english.ALL_TABLES, technology.TABLE, everyday.TABLE))
    for table in (german.TABLE, french.TABLE):
        for word, parts in p.merge([table]).items():
            if parts & p.SOCIAL and word not in known and word not in COMMON_WORDS:
                known[word] = parts & p.SOCIAL
    return known


ENGLISH: dict[str, int] = _with_courtesies()
"""Folded word to the parts it can play (`words.parts`)."""


def _beside_english(table: p.Table) -> tuple[dict[str, int], frozenset[str]]:
    own = p.merge([table])
    both = {word: ENGLISH.get(word, 0) | own.get(word, 0) for word in {*ENGLISH, *own}}
    telling = {
        word
        for word, parts in own.items()
        if (word not in ENGLISH or not ENGLISH[word] & ~p.SOCIAL)
        and word not in COMMON_WORDS
        and parts & ~p.SOCIAL
    }
    return both, frozenset(telling)


GERMAN, TELLING_GERMAN = _beside_english(german.TABLE)
"""German and English together, and the words that betray a German sentence: a greeting does not."""

FRENCH, TELLING_FRENCH = _beside_english(french.TABLE)
"""The same for French."""


def vocabulary_of(words: list[str]) -> dict[str, int]:
    """The vocabulary for a message that has these words."""
    german_count = french_count = 0
    for word in words:
        german_count += word in TELLING_GERMAN
        french_count += word in TELLING_FRENCH
    if not german_count and not french_count:
        return ENGLISH
    return GERMAN if german_count > french_count else FRENCH


FOREIGN_WORDS: frozenset[str] = frozenset({*GERMAN, *FRENCH})
"""Every word of any vocabulary: known, hence no misspelling."""
