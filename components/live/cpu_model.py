"""A processor's name as a person says it; pure."""

import re

_MARKS = re.compile(r"\((?:R|TM|C)\)|®|™", re.IGNORECASE)
_CLOCK = re.compile(r"\s*@\s*[\d.]+\s*GHz.*$", re.IGNORECASE)
_NOISE = re.compile(
    r"\b(?:\d+(?:st|nd|rd|th) Gen|Intel|AMD|Genuine|Core|CPU|APU|Processor|"
    r"with Radeon.*|w/ Radeon.*|(?:\d+|Dual|Quad|Six|Eight|Twelve|Sixteen)-Core)(?=\s|$)",
    re.IGNORECASE,
)


def shorten_cpu_model(model: str | None) -> str | None:
    """`12th Gen Intel(R) Core(TM) i7-12700` as `i7-12700`; what would leave nothing stays whole."""
    if model is None:
        return None
    bare = _CLOCK.sub("", _MARKS.sub("", model))
    short = " ".join(_NOISE.sub(" ", bare).split())
    return short or " ".join(model.split()) or None
