"""What an operand or the value of an option may be: a rule tells why a word is refused, or None."""

import re
from collections.abc import Callable
from typing import Final

from services.safety.ground import Ground
from services.safety.secrets import is_open, refuses_naming, refuses_reading
from services.safety.words import BRACKET, UNKNOWN, as_written, has_glob, is_known

Rule = Callable[[str, Ground], str | None]

_REPEATS = re.compile(r"\{\d|\{,\d")
_MOST_REPEATS: Final = 6
_MANY_TIMES = re.compile(r"\{\d*,?\d{3,}")
_ONE_NAME = re.compile(rf"{BRACKET}[A-Za-z0-9]\][\w.\-]+")
"""`[q]emu` stands for one name at most."""


def by_word(refuses: Callable[[str], str | None]) -> Rule:
    """A rule that looks at the word alone, whatever the command stands on."""
    return lambda word, _: refuses(word)


@by_word
def text(word: str) -> str | None:
    """Anything: it is only printed or compared."""
    return None


@by_word
def names(word: str) -> str | None:
    """A path of which only the name or the state is told, not the content."""
    return None


def paths(word: str, ground: Ground) -> str | None:
    """A path whose content is told."""
    return refuses_reading(word, ground)


def closed_names(word: str, ground: Ground) -> str | None:
    """A path of which a count, a sum or a list of names is told, as long as it holds no secret."""
    leaves = f"{as_written(word)} leaves its folder" if ".." in word else None
    return ground.of_telling(leaves) or refuses_naming(word, ground)


def pattern(word: str, ground: Ground) -> str | None:
    """A search pattern; a path is looked at all the same.

    The shell may put several names in the place of a glob, and all but the first would be read.
    """
    if not is_known(word) and not _ONE_NAME.fullmatch(word):
        return ground.of_telling(
            f"{as_written(word)} may become a pattern and files; quotes would keep it one"
        )
    if "/" in word or word.startswith("."):
        return refuses_naming(word, ground) or expression(word, ground)
    return expression(word, ground)


def expression(word: str, ground: Ground) -> str | None:
    """A regular expression that is built in little memory: repeats of repeats multiply."""
    heavy = len(_REPEATS.findall(word)) > _MOST_REPEATS or _MANY_TIMES.search(word)
    return ground.of_telling(f"{word[:20]!r} repeats too much" if heavy else None)


def open_paths(word: str, ground: Ground) -> str | None:
    """A path below which everything is told."""
    if has_glob(word):
        return refuses_reading(word, ground)
    if UNKNOWN in word or not is_open(word):
        why = f"everything below {as_written(word)} would be read"
        return refuses_reading(word, ground) or ground.of_telling(why)
    return None


@by_word
def known(word: str) -> str | None:
    """A literal word: no file name put there by the shell."""
    return None if is_known(word) else "it is not known what it will be"


def matching(expression: str, because: str) -> Rule:
    """A rule that a whole word matches the expression."""
    wanted = re.compile(expression)

    @by_word
    def rule(word: str) -> str | None:
        return None if wanted.fullmatch(word) else f"{as_written(word)!r} {because}"

    return rule


def number_up_to(most: float) -> Rule:
    """A number, with a unit of time perhaps, that is not above a bound."""

    @by_word
    def rule(word: str) -> str | None:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m)?", word)
        if not found:
            return f"{as_written(word)!r} is no plain number"
        value = float(found[1]) * (60 if found[2] == "m" else 1)
        return None if value <= most else f"{word} is more than {most:g}"

    return rule


_PLAIN_NAME: Final = r"[\w@][\w.@:/,+=%\-]*"
token: Final = matching(rf"{_PLAIN_NAME}|{UNKNOWN}", "is not a plain name")
number: Final = matching(r"[+-]?\d+(?:\.\d+)?[A-Za-z]{0,3}", "is no number")
vmid: Final = matching(rf"\d{{1,9}}|{UNKNOWN}", "is no vmid")
host: Final = matching(r"[A-Za-z0-9][\w.:\-]*(?:%\w+)?", "is not a host")
device: Final = matching(r"/dev/[\w/.:\-]+|[\w.:\-]+", "is not a device")
seconds: Final = number_up_to(60)
rounds: Final = number_up_to(100)
