"""The four tiers of an action, from what runs by itself to what only an override runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Tier(IntEnum):
    """Ordered by danger, so that the worst of several is their maximum."""

    GREEN = 0
    """Reads only: runs."""
    YELLOW = 1
    """Starts or creates what is easily undone: runs, and is told."""
    RED = 2
    """Changes, stops, deletes, or is not known: waits for a person."""
    BLACK = 3
    """Destroys data or the cluster, or steals: never offered to a model."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A tier and why it was given, in words a person reads on the approval card."""

    tier: Tier
    reason: str


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The first of the most dangerous; raises ValueError where there is none."""
    return max(verdicts, key=lambda verdict: verdict.tier)
