"""The learned layer: how much a message sounds like one about the live cluster.

A logistic regression over `features`, trained by `scripts/train-router` on the labelled lists. The
rules read sentences they have a pattern for; this layer has seen how people vary them.
"""

import gzip
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

from services.llm.routing.features import AMBIENT, CORE, FAR, find_features
from services.llm.routing.inventory import Inventory
from services.llm.routing.text import Token, warm_up_words
from services.llm.routing.values import Evidence

FILE = Path(__file__).parent / "learned.tsv.gz"
STEPS = 50
"""Weights are kept in fiftieths."""
LEANS = {CORE: 0.3, AMBIENT: -0.3, FAR: -0.8}
"""A message with words that are of the homelab alone leans to tools, as a miss costs more than a
look; one without must sound more like a question about it, and without any word of it much more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What was learned: the weight of each feature, in logarithms of odds.

    Features are known by the CRC-32 of their names, which takes a twentieth of the names' memory.
    """

    bias: float
    trained_on: str
    """The digest of the lists it was trained on."""
    keys: "array[int]"
    """In ascending order."""
    weights: "array[int]"
    """In steps, in the order of the keys."""

    @classmethod
    def of(cls, lines: Iterable[bytes]) -> "Learned":
        """From the lines of a file, read one by one, as there are many; see `lines_of`."""
        keys, weights = array("I"), array("h")
        rest = iter(lines)
        trained_on, bias = next(rest).split(b"\t")
        for line in rest:
            name, steps = line.rsplit(b"\t", 1)
            keys.append(crc32(name))
            weights.append(int(steps))
        return cls(
            bias=int(bias) / STEPS, trained_on=trained_on.decode(), keys=keys, weights=weights
        )

    def judge(self, features: Mapping[str, float]) -> float:
        """Above zero: the message sounds like one about the live cluster."""
        keys, weights = self.keys, self.weights
        count = len(keys)
        total = 0.0
        for name, value in features.items():
            key = crc32(name.encode())
            place = bisect_left(keys, key)
            if place < count and keys[place] == key:
                total += weights[place] * value
        return self.bias + total / STEPS


def lines_of(weights: Mapping[str, float], *, bias: float, trained_on: str) -> Iterator[bytes]:
    """What is kept: the digest and the bias, then a feature a line, in the order of their keys."""
    yield f"{trained_on}\t{round(bias * STEPS)}\n".encode()
    for name in sorted(weights, key=lambda name: crc32(name.encode())):
        yield f"{name}\t{round(weights[name] * STEPS)}\n".encode()


@cache
def learned() -> Learned:
    """What is in the package; read once."""
    with gzip.open(FILE) as lines:
        return Learned.of(lines)


def warm_up() -> None:
    """Read what was learned, and build what the first misspelt word would have to wait for."""
    learned()
    warm_up_words()


def sounds_like(
    tokens: Sequence[Token], evidence: Sequence[Evidence], inventory: Inventory
) -> float:
    """How much a message sounds like work on the cluster, as a logarithm of odds."""
    features = find_features(tokens, evidence, inventory)
    leaning = next(lean for nearness, lean in LEANS.items() if nearness in features)
    return learned().judge(features) + leaning
