"""`jarvis classify-command`: a command a line in, a JSON object a line out."""

import json
from collections.abc import Iterable, Iterator

from services.safety.classifier import classify


def classify_lines(lines: Iterable[bytes]) -> Iterator[str]:
    """One JSON text a line, in order; bytes that are no UTF-8 are kept as lone surrogates."""
    for line in lines:
        command = line.removesuffix(b"\n").decode("utf-8", "surrogateescape")
        verdict = classify(command)
        told = {"command": command, "tier": verdict.tier.name, "reason": verdict.reason}
        yield json.dumps(told)
