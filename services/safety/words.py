"""How a word of the shell is kept once it is read: its quotes gone, its unknowns marked.

An unquoted `*`, `?` or `[` becomes a character of its own, since the shell will put file names
there, while a quoted one is text. What a substitution or a variable will give is not known and
becomes `UNKNOWN`. Input never holds these characters: whatever is not Latin-1 is refused before.
"""

from typing import Final

UNKNOWN: Final = "\ue000"
STAR: Final = "\ue001"
QUERY: Final = "\ue002"
BRACKET: Final = "\ue003"

GLOBS: Final = {"*": STAR, "?": QUERY, "[": BRACKET}
_WRITTEN = str.maketrans({STAR: "*", QUERY: "?", BRACKET: "[", UNKNOWN: "$…"})
_GLOB_CHARACTERS = frozenset(GLOBS.values())


def as_written(word: str) -> str:
    """The word as a person would read it."""
    return word.translate(_WRITTEN)


def has_glob(word: str) -> bool:
    """Whether the shell will put file names in its place."""
    return not _GLOB_CHARACTERS.isdisjoint(word)


def is_known(word: str) -> bool:
    """Whether the program will get exactly this text."""
    return UNKNOWN not in word and not has_glob(word)


def name_set(names: str) -> frozenset[str]:
    """The words of a text as a set; for tables of names."""
    return frozenset(names.split())
