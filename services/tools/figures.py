"""Figures as text for a model or a person: each with its unit, `—` for what is not known."""

from datetime import datetime

from services.cluster.spans import told_duration

UNKNOWN = "—"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def told_bytes(value: float | None) -> str:
    """`512 MiB`, `4.0 GiB`, `1.57 TiB`: three digits, no more."""
    if value is None:
        return UNKNOWN
    size, unit = float(value), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    digits = 0 if unit == 0 or size >= 100 else 1 if size >= 10 else 2
    return f"{size:.{digits}f} {_UNITS[unit]}"


def told_rate(value: float | None) -> str:
    """`1.2 MiB/s`."""
    return UNKNOWN if value is None else f"{told_bytes(value)}/s"


def told_share(value: float | None) -> str:
    """`46 %` of a share between 0 and 1."""
    if value is None:
        return UNKNOWN
    return f"{100 * value:.0f} %" if value >= 0.1 or value == 0 else f"{100 * value:.1f} %"


def told_part(used: float | None, total: float | None) -> str:
    """`2.0 of 4.0 GiB (50 %)`, as far as it is known."""
    if not total:
        return told_bytes(used)
    if used is None:
        return f"{UNKNOWN} of {told_bytes(total)}"
    return f"{told_bytes(used)} of {told_bytes(total)} ({told_share(used / total)})"


def told_span(seconds: float | None) -> str:
    """`3 h 5 min`."""
    return UNKNOWN if seconds is None else told_duration(seconds)


def told_age(moment: datetime | None, now: datetime) -> str:
    """`12 s ago`."""
    if moment is None:
        return UNKNOWN
    seconds = (now - moment).total_seconds()
    return f"{told_duration(seconds)} ago" if seconds >= 0 else f"in {told_duration(-seconds)}"


def told_celsius(value: float | None) -> str:
    """`71 °C`."""
    return UNKNOWN if value is None else f"{value:.0f} °C"


def told_truth(value: bool | None) -> str:
    """`yes` or `no`."""
    return UNKNOWN if value is None else "yes" if value else "no"


def told(value: object) -> str:
    """Anything else in one line."""
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return told_truth(value)
    if isinstance(value, tuple | list):
        return ", ".join(str(each) for each in value) or UNKNOWN
    return str(value)


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 guest`, `20 guests`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
