"""One slip of the finger is mended, two are not, and a real word is never touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.routing.inventory import Inventory, Named, Plainness
from services.llm.routing.spelling import NearWords, is_near
from services.llm.routing.text import tokenize
from tests.support.routing_messages import demo_inventory

HOUSE = Inventory.of([Named(name="nextcloud", what="guest", plainness=Plainness.KNOWN)])
WORDS = st.text("abcd", min_size=1, max_size=7)


@pytest.mark.parametrize(
    "slip", ["nextclud", "nextcluod", "nextcloudd", "nextcliud", "nexxtcloud", "nxtcloud"]
)
def test_each_kind_of_slip_is_found(slip: str) -> None:
    assert NearWords(["nextcloud"]).find(slip) == ["nextcloud"]


def test_two_slips_are_too_many() -> None:
    assert NearWords(["nextcloud"]).find("nextclxuc") == []


def reference_distance(one: str, other: str) -> int:
    """Optimal string alignment, as any textbook has it."""
    rows = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for left in range(len(one) + 1):
        rows[left][0] = left
    for right in range(len(other) + 1):
        rows[0][right] = right
    for left in range(1, len(one) + 1):
        for right in range(1, len(other) + 1):
            cost = one[left - 1] != other[right - 1]
            rows[left][right] = min(
                rows[left - 1][right] + 1,
                rows[left][right - 1] + 1,
                rows[left - 1][right - 1] + cost,
            )
            swapped = left > 1 and right > 1 and one[left - 1] == other[right - 2]
            if swapped and one[left - 2] == other[right - 1]:
                rows[left][right] = min(rows[left][right], rows[left - 2][right - 2] + 1)
    return rows[-1][-1]


@given(WORDS, WORDS)
def test_nearness_is_a_distance_of_one(one: str, other: str) -> None:
    assert is_near(one, other) == (reference_distance(one, other) <= 1)


@given(st.text("abcdefg", min_size=5, max_size=9), st.data())
def test_whatever_is_near_and_begins_alike_is_found(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(word) - 1))
    slip = word[:place] + data.draw(st.sampled_from("abcdefg")) + word[place + 1 :]

    assert word in NearWords([word]).find(slip)


@pytest.mark.parametrize("text", ["Nextcloud", "next cloud", "NEXTCLOUD's", "nextclod"])
def test_a_name_is_known_however_it_is_written(text: str) -> None:
    assert [token.named.name for token in tokenize(text, HOUSE) if token.named] == ["nextcloud"]


@pytest.mark.parametrize(
    ("glued", "words"),
    [("restartmedia", ["restart", "media"]), ("ismediaup", ["is", "media", "up"])],
)
def test_words_that_lost_their_spaces_are_taken_apart(glued: str, words: list[str]) -> None:
    assert [token.text for token in tokenize(glued, demo_inventory())] == words


def test_a_word_of_its_own_is_left_alone() -> None:
    tokens = tokenize("the medal and a checklist", demo_inventory())

    assert [token.text for token in tokens] == ["the", "medal", "and", "a", "checklist"]
    assert not any(token.named for token in tokens)


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    tokenize(text, HOUSE)
