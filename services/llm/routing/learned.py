"""The learned layer: how much a message sounds like one about the live cluster.

A logistic regression over `features`, trained by `scripts/train-router` on the labelled lists. The
rules read sentences they have a pattern for; this layer has seen how people vary them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.llm.routing.features import FAR, find_features
from services.llm.routing.inventory import Inventory
from services.llm.routing.text import Token, warm_up_words
from services.llm.routing.values import Evidence

FILE = Path(__file__).parent / "learned.json"
STEPS = 50
"""Weights are kept in fiftieths."""
NEAR_LEANS = 0.25
"""A message with a word of the homelab leans to tools: a miss costs more than a look."""
FAR_LEANS = -0.75
"""One without any must sound much more like a question about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What was learned: the weight of each feature, in logarithms of odds."""

    bias: float
    weights: Mapping[str, float]
    trained_on: str
    """The digest of the lists it was trained on."""

    def judge(self, features: Mapping[str, float]) -> float:
        """Above zero: the message sounds like one about the live cluster."""
        weights = self.weights
        total = self.bias
        for name, value in features.items():
            weight = weights.get(name)
            if weight is not None:
                total += weight * value
        return total


@cache
def learned() -> Learned:
    """What is in the package; read once."""
    kept = json.loads(FILE.read_text())
    return Learned(
        bias=kept["bias"] / STEPS,
        weights={name: weight / STEPS for name, weight in kept["weights"].items()},
        trained_on=kept["trained_on"],
    )


def warm_up() -> None:
    """Read what was learned, and build what the first misspelt word would have to wait for."""
    learned()
    warm_up_words()


def sounds_like(
    tokens: Sequence[Token], evidence: Sequence[Evidence], inventory: Inventory
) -> float:
    """How much a message sounds like work on the cluster, as a logarithm of odds."""
    features = find_features(tokens, evidence, inventory)
    leaning = FAR_LEANS if FAR in features else NEAR_LEANS
    return learned().judge(features) + leaning
