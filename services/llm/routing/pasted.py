"""Pasted output is evidence, not speech: a log line of this house wants looking into."""

import re

_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_STAMP = re.compile(
    rf"\s*(?:\[?\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d|{_MONTH} +\d+ \d\d:\d\d:\d\d"
    r"|\[ *\d+\.\d+\]|\d\d:\d\d:\d\d )",
    re.IGNORECASE,
)
"""A line that begins with a time."""
_INSIDE = re.compile(
    rf"(?i:{_MONTH} +\d+ \d\d:\d\d:\d\d)|\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
    r"|\b\w[\w.-]{0,40}\[\d+\]: |\bTASK ERROR: |\bERROR: |\bkernel: |\bcurl: \(\d+\)"
    r"|Traceback \(most"
)
"""Where output begins in the middle of a line."""
_OUTPUT = re.compile(
    r"\s*(?:[\w.@~:/-]{0,60}[$#] \S|TASK ERROR|ERROR:|error:|warning:|WARN|INFO[: ]|panic:|fatal:"
    r"|\w{1,40}: \(\d+\) |(?:pool|state|status|scan|config|action|errors): )"
)
"""A prompt, or how programs begin to complain."""


def is_pasted(line: str) -> bool:
    """Whether this line came out of a program and not of a person."""
    return bool(_STAMP.match(line) or _OUTPUT.match(line))


def part_pasted(message: str) -> tuple[str, str]:
    """What the person said, and what was pasted with it."""
    inside = _INSIDE.search(message)
    if inside is None and "\n" not in message and not is_pasted(message):
        return message, ""
    said: list[str] = []
    pasted: list[str] = []
    for line in message.splitlines():
        if is_pasted(line):
            head, mark, tail = line.rpartition(". ")
            # A question after the last full stop is the person's again.
            if mark and tail.rstrip().endswith("?"):
                pasted.append(head)
                said.append(tail)
            else:
                pasted.append(line)
        elif (found := _INSIDE.search(line)) is not None:
            said.append(line[: found.start()])
            pasted.append(line[found.start() :])
        else:
            said.append(line)
    return "\n".join(said), "\n".join(pasted)
