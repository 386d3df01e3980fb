"""What a series of measurements comes to: its bounds, its mean, where it is going; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

FEWEST = 4
"""With fewer samples nothing is said of a trend."""
STEADY_SHARE = 0.01
"""A change of less than this share of the mean is none."""
CLEAR_FIT = 0.5
"""A straight line has to explain this share of what varies; else it is mere coming and going."""
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One series, summed up."""

    samples: int
    least: float
    mean: float
    most: float
    last: float
    most_at_s: int
    """When it was highest, in seconds since 1970."""
    per_day: float | None
    """By how much it rises a day, on a straight line through all samples."""
    trend: str
    """`rising`, `falling`, `steady`, or `unknown` where there are too few samples."""


def summarise(times_s: Sequence[int], samples: Sequence[float | None]) -> Summary | None:
    """The samples that are known, summed up; None where none is."""
    known = [(at, value) for at, value in zip(times_s, samples, strict=True) if value is not None]
    if not known:
        return None
    values = [value for _, value in known]
    mean = fmean(values)
    per_s, fit = _line(known) if len(known) >= FEWEST else (None, 0.0)
    return Summary(
        samples=len(known),
        least=min(values),
        mean=mean,
        most=max(values),
        last=values[-1],
        most_at_s=max(known, key=lambda pair: pair[1])[0],
        per_day=None if per_s is None else per_s * DAY_S,
        trend=_trend(per_s, fit, known[-1][0] - known[0][0], mean),
    )


def full_in_days(used: Summary, total: float | None) -> float | None:
    """In how many days what grows reaches its total; None where it does not, or nobody knows."""
    if not total or used.per_day is None or used.trend != "rising" or used.last >= total:
        return None
    return (total - used.last) / used.per_day


def _line(known: Sequence[tuple[int, float]]) -> tuple[float | None, float]:
    """The slope a second of the straight line with the least squares, and how well it fits."""
    middle_s = fmean(at for at, _ in known)
    mean = fmean(value for _, value in known)
    spread = sum((at - middle_s) ** 2 for at, _ in known)
    varies = sum((value - mean) ** 2 for _, value in known)
    together = sum((at - middle_s) * (value - mean) for at, value in known)
    if spread == 0:
        return None, 0.0
    return together / spread, together**2 / (spread * varies) if varies > 0 else 0.0


def _trend(per_s: float | None, fit: float, span_s: float, mean: float) -> str:
    if per_s is None:
        return "unknown"
    change = per_s * span_s
    if fit < CLEAR_FIT or abs(change) <= STEADY_SHARE * abs(mean):
        return "steady"
    return "rising" if change > 0 else "falling"
