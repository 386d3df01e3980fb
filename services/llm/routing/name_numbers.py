"""Whether a number is said as that of a guest, and not as a quantity; pure."""

from collections.abc import Sequence
from itertools import pairwise

from services.llm.routing.name_places import AUXILIARY, HOUSE, VERB
from services.llm.routing.text import Token
from services.llm.routing.words import parts as p

_COUNTED_BEFORE = p.word_set(
    "error http https port code status rfc chapter page version number python linux windows "
    "room route step level iso kb dm $ € + * - / = < > % # year times by divided minus plus "
    "celsius fahrenheit route apartment bus highway debian ubuntu"
) - {"#"}


def is_vmid(tokens: Sequence[Token], place: int) -> bool:
    """Whether a number that is a vmid is said as one and not as a quantity."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    before = tokens[place - 1] if place else None
    if after is not None:
        if after.parts & p.UNIT and not after.parts & (p.STATE | p.HAPPENING | p.BE):
            return False
        if after.number is not None and not (before is not None and before.parts & VERB):
            return False
        if not after.parts and after.named is None and after.number is None:
            return before is not None and bool(before.parts & (p.THING | VERB))
    if before is None:
        return True
    if before.text in _COUNTED_BEFORE or before.parts & (p.TECHNOLOGY | p.UNIT) & ~p.STATE:
        return False
    if before.parts & p.JUDGING or before.number is not None:
        return before.number is not None and len(tokens) > 2
    if before.parts & (p.THING | VERB | AUXILIARY | p.PREPOSITION | p.CONJUNCTION) or (
        before.text in ("#", "the", "id")
    ):
        return not _is_sum(tokens)
    return bool(before.parts & (HOUSE | p.STATE | p.HAPPENING | p.WH))


def _is_sum(tokens: Sequence[Token]) -> bool:
    """`what is 104 times 3`, `is 101 a prime number`, `15 % of 104`."""
    numbers = sum(token.number is not None for token in tokens)
    signs = any(token.text in _SIGNS for token in tokens)
    counted = any(
        before.number is not None and after.parts & p.A and tokens[0].parts & p.BE
        for before, after in pairwise(tokens)
    )
    return (signs and numbers > 1) or counted or any(token.text in _RECKONED for token in tokens)


_SIGNS = p.word_set("* + / - = x %")
_RECKONED = p.word_set("percent % times divided plus minus prime")
