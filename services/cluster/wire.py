"""What Proxmox sends, one value at a time: the sane ones as typed values, all others as None.

Perl writes a number as a string and a name of digits as a number, keys are absent where nothing is
known, and a damaged answer may hold anything. Nothing in here raises, and nothing turns absence
into zero. All parsers take what stands under `data` in Proxmox's answer.
"""

import ipaddress
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

Row = Mapping[str, Any]
"""One object of an answer, its values not yet looked at."""

LARGEST_NUMBER = 2**63 - 1
LATEST_EPOCH_S = 253_402_300_799
TEXT_LIMIT = 512
_DIGITS_LIMIT = 32


def rows(payload: object) -> Iterator[Row]:
    """The objects of a list; anything else in it, or in its place, is passed over."""
    if isinstance(payload, list | tuple):
        for row in payload:
            if isinstance(row, dict):
                yield row


def fields(payload: object) -> Row:
    """The object itself, or an empty one in its place."""
    return payload if isinstance(payload, dict) else {}


def number(value: object) -> float | None:
    """A finite number, also when it is written as text; true and false are none."""
    kind = type(value)
    if kind is int:
        return value if -LARGEST_NUMBER <= value <= LARGEST_NUMBER else None  # type: ignore[operator, return-value]
    if kind is float:
        return value if math.isfinite(value) else None  # type: ignore[arg-type, return-value]
    if isinstance(value, str) and 0 < len(value) <= _DIGITS_LIMIT and value.isascii():
        try:
            read = float(value)
        except ValueError:
            return None
        return read if math.isfinite(read) and abs(read) <= LARGEST_NUMBER else None
    return None


def whole(value: object) -> int | None:
    """A number without its fraction; negative ones are none, for nothing is counted below zero."""
    if type(value) is int:
        return value if 0 <= value <= LARGEST_NUMBER else None
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        read = int(value) if len(value) <= _DIGITS_LIMIT else -1
        return read if 0 <= read <= LARGEST_NUMBER else None
    read_ = number(value)
    return int(read_) if read_ is not None and read_ >= 0 else None


def size(value: object) -> int | None:
    """A capacity: zero is what Proxmox sends where it knows none."""
    return whole(value) or None


def fraction(value: object) -> float | None:
    """A share between 0 and 1; what overshoots by a rounding is 1, what is absurd is none."""
    read = number(value)
    if read is None or read < 0 or read > 100:
        return None
    return read if read <= 1 else 1.0


def text(value: object) -> str | None:
    """A line of text that is not empty; a number is its digits, control characters are blanks."""
    if value is None:
        return None
    if isinstance(value, str):
        cut = value[:TEXT_LIMIT]
        if not cut.isprintable():
            cut = "".join(char if char.isprintable() else " " for char in cut)
        return cut.strip() or None
    if type(value) is int or type(value) is float:
        read = number(value)
        return None if read is None else str(value)
    return None


def address(value: object) -> str | None:
    """An IP address, as it is written; anything else is none."""
    read = text(value)
    try:
        return str(ipaddress.ip_address(read)) if read is not None else None
    except ValueError:
        return None


def truth(value: object) -> bool | None:
    """Yes or no in any of Perl's writings."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"1": True, "0": False, "": False, "yes": True, "no": False}.get(value.lower())
    if isinstance(value, int | float):
        return bool(value) if value in (0, 1) else None
    return None


def moment(value: object) -> datetime | None:
    """An aware time from seconds since 1970; zero is Proxmox's word for never."""
    read = number(value)
    if read is None or not 0 < read <= LATEST_EPOCH_S:
        return None
    return datetime.fromtimestamp(read, UTC)


def words(value: object, separators: str = ",") -> tuple[str, ...]:
    """The words of a list written as one text, in their order, each once."""
    line = text(value)
    return () if line is None else _split(line, separators)


@lru_cache(maxsize=1024)
def _split(line: str, separators: str) -> tuple[str, ...]:
    """Hundreds of guests carry the same few tags."""
    for separator in separators:
        line = line.replace(separator, " ")
    return tuple(dict.fromkeys(line.split()))
