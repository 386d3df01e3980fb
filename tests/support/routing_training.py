"""Which lists the learned layer is trained on, and their digest."""

import hashlib

from tests.support.routing_messages import OWN
from tests.support.routing_patterns import PATTERNS


def _names(folder: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{path.stem}" for path in sorted((OWN / folder).glob("*.jsonl")))


LISTS = ("messages", "held_out", "adversarial", "blind_a", "blind_b", "blind_d", *_names("authors"))
UNSEEN = _names("unseen")
"""Measured, and neither trained on nor mended from."""


def digest() -> str:
    """Tells whether the weights in the package are of these very lists."""
    found = hashlib.sha256()
    for path in [*(OWN / f"{name}.jsonl" for name in LISTS), PATTERNS]:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]
