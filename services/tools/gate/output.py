"""What a tool hands back before anyone sees it: without secrets, and not longer than is read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.redaction import MASK, Redactor
from services.tools.calls import Payload

TEXT_HIGH_WATER_BYTES: Final = 32_768
"""Longest text of a result; what is longer loses its middle."""
_HEAD_BYTES: Final = 24_576
_TAIL_BYTES: Final = TEXT_HIGH_WATER_BYTES - _HEAD_BYTES - 128
_READ_CHARS: Final = 190_000
"""Longest text that is searched for secrets; of a longer one both ends are kept for that."""
VALUES_HIGH_WATER: Final = 20_000
"""Most values of a result's data; what comes after is left out and said to be."""
_DEEPEST: Final = 12
_LONGEST_VALUE_CHARS: Final = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """A text and how much of it was left out."""

    text: str
    cut_bytes: int = 0


def clean_text(text: str, redactor: Redactor) -> Capped:
    """The text without secrets and control characters, its middle left out where it is long."""
    left = 0
    if len(text) > _READ_CHARS:
        half = _READ_CHARS // 2
        left = len(text[half:-half].encode("utf-8", "replace"))
        text = f"{text[:half]}\n{text[-half:]}"
    return cap(redactor.text(text, limit_chars=_READ_CHARS + 1), left_bytes=left)


def cap(text: str, *, left_bytes: int = 0) -> Capped:
    """The text as it is, or its two ends with a line between that says how much is missing.

    `left_bytes` were taken out of its middle before.
    """
    whole = text.encode("utf-8", "replace")
    if len(whole) <= TEXT_HIGH_WATER_BYTES and not left_bytes:
        return Capped(text=whole.decode("utf-8"))
    head = whole[:_HEAD_BYTES].decode("utf-8", "ignore")
    tail = whole[-_TAIL_BYTES:].decode("utf-8", "ignore")
    cut = left_bytes + len(whole) - len(head.encode()) - len(tail.encode())
    return Capped(text=f"{head}\n… {cut} bytes left out here …\n{tail}", cut_bytes=cut)


def clean_data(data: Payload, redactor: Redactor) -> Payload:
    """The values without secrets, as JSON knows them, and not more than anyone will read."""
    return _Cleaner(redactor).mapping(data, 0)


class _Cleaner:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._left = VALUES_HIGH_WATER

    def mapping(self, value: Mapping[Any, Any], depth: int) -> Payload:
        plain: dict[str, Any] = {}
        for key, item in value.items():
            if self._left <= 0:
                plain["…"] = "the rest is left out"
                break
            name = self._redactor.text(str(key))
            hidden = isinstance(item, str | bytes | int | float) and not isinstance(item, bool)
            if hidden and self._redactor.under(str(key), "shown") == MASK:
                plain[name] = MASK
            else:
                plain[name] = self._value(item, depth + 1)
        return plain

    def _value(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, str):
            return self._redactor.text(value, limit_chars=_LONGEST_VALUE_CHARS)
        if depth >= _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            kept: list[Any] = []
            for item in value:
                if self._left <= 0:
                    kept.append("… the rest is left out")
                    break
                kept.append(self._value(item, depth + 1))
            return kept
        return self._redactor.text(str(value))
