"""A span of time in words."""


def told_duration(seconds: float) -> str:
    """A span as a person says it: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7_200:
        return f"{round(whole / 60)} min"
    if whole < 172_800:
        hours, rest = divmod(whole, 3_600)
        return f"{hours} h {rest // 60} min" if rest >= 60 else f"{hours} h"
    days, rest = divmod(whole, 86_400)
    return f"{days} d {rest // 3_600} h" if rest >= 3_600 else f"{days} d"
