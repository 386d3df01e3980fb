"""What the doubles were asked, and how each request ended: for tests, and for the curious."""

from collections import deque
from dataclasses import dataclass, field, fields
from typing import Any, Final

MOST_KEPT: Final = 200
MOST_BODY_CHARS: Final = 200_000


@dataclass(slots=True, kw_only=True)
class Recorded:
    """One request and its end; it is filled in while the request lives."""

    number: int
    at: float
    """Seconds since the epoch."""
    double: str
    verb: str
    path: str
    headers: dict[str, str]
    """Those a client chooses, without what signs it in."""
    signed_in: bool = False
    body: Any = None
    """The JSON that was sent; None where it was none or too long to keep."""
    status: int | None = None
    request_id: str | None = None
    faults: list[str] = field(default_factory=list)
    text: str = ""
    """What was said, as far as it went out."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    stop: str | None = None
    usage: dict[str, Any] | None = None
    tokens_sent: int = 0
    """Tokens that went out before the end."""
    ended: str = ""
    """`whole`, `refused`, `cut`, `client gone`; empty while it goes on."""


class Records:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Recorded] = deque(maxlen=MOST_KEPT)
        self._count = 0

    def open(
        self, *, at: float, double: str, verb: str, path: str, headers: dict[str, str]
    ) -> Recorded:
        """A new record for a request that has just come in."""
        self._count += 1
        record = Recorded(
            number=self._count, at=at, double=double, verb=verb, path=path, headers=headers
        )
        self._kept.append(record)
        return record

    def list(self, *, double: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """Those of one double, or of both, that came after a number."""
        return [
            {one.name: getattr(record, one.name) for one in fields(record)}
            for record in self._kept
            if record.number > after and double in (None, record.double)
        ]

    def clear(self) -> None:
        """Forget them; their numbers go on."""
        self._kept.clear()
