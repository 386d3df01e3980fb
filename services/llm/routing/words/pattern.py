"""Patterns of sentences, written one alternative a line."""

import re
from collections.abc import Iterable

SOMEONE = "(?:i|you|we|one|people|someone|somebody|they|anyone|ich|man|du|wir|on|je|tu)"
"""Whoever is meant by nobody in particular; `SOMEONE` in an alternative stands for it."""


def one_of(alternatives: Iterable[str]) -> re.Pattern[str]:
    """What matches where any of the alternatives does."""
    return re.compile("|".join(alternatives).replace("SOMEONE", SOMEONE))
