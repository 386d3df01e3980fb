"""The one form in which times are stored: text, UTC, milliseconds, `Z`."""

from datetime import UTC, datetime


def as_stored(moment: datetime) -> str:
    """ISO 8601 with milliseconds and `Z`, the one form in which times are stored and sent.

    Such texts sort as the times they stand for. Raises ValueError for a time without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone was handed in: {moment!r}; give an aware one")
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def from_stored(text: str) -> datetime:
    """The aware moment that `as_stored` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
