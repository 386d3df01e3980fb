"""One slip of the finger: which known word an unknown one was meant to be.

Every known word is filed under itself and under each text that is left when one letter is taken
out; a word with one letter wrong, missing, doubled or swapped with its neighbour shares at least
one of these with the word that was meant. So a look-up costs as many dictionary reads as the word
has letters, however many words are known.
"""

from collections.abc import Iterable, Iterator

SHORTEST = 4
"""Shorter words have too many neighbours to be what was meant."""
LONGEST = 24


def shortened(word: str) -> Iterator[str]:
    """The word with each of its letters taken out in turn."""
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def is_near(one: str, other: str) -> bool:
    """Whether one slip (wrong, missing, extra or swapped letter) leads from one to the other."""
    if one == other:
        return True
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    if len(longer) - len(shorter) > 1:
        return False
    place = 0
    while place < len(shorter) and longer[place] == shorter[place]:
        place += 1
    if len(longer) != len(shorter):
        return longer[place + 1 :] == shorter[place:]
    if longer[place + 1 :] == shorter[place + 1 :]:
        return True
    swapped = longer[place + 1 : place + 2] + longer[place : place + 1]
    return swapped + longer[place + 2 :] == shorter[place:]


class NearWords:
    """Known words, to be found by what is one slip away from them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._filed: dict[str, list[str]] = {}
        for word in words:
            if SHORTEST <= len(word) <= LONGEST:
                for key in {word, *shortened(word)}:
                    self._filed.setdefault(key, []).append(word)

    def find(self, word: str) -> list[str]:
        """The known words one slip away, in the order they were filed; the first letter holds."""
        if not SHORTEST - 1 <= len(word) <= LONGEST:
            return []
        found: dict[str, None] = {}
        for key in (word, *shortened(word)):
            for known in self._filed.get(key, ()):
                if known not in found and is_near(word, known):
                    found[known] = None
        # People rarely get the first letter wrong, except by swapping the first two.
        return [known for known in found if known[0] == word[0] or known[:2] == word[1::-1]]
