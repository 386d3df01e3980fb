"""How the script puts things: sentences with figures and ages, tables, lists of names."""

import re
from collections.abc import Iterable, Sequence

from .reading import Reading, Row, cell

_AGE = re.compile(r"\bread (?:just now|[^;,\n]{1,24} ago)")
_NAME = re.compile(r"[A-Za-z][\w.-]*")
_OF_THINGS = frozenset({"Node", "Guest"})
"""Headings of columns that hold names."""
MOST_ROWS = 12


def age_of(reading: Reading | None) -> str:
    """`read 12 s ago`, empty where no age was told."""
    if reading is None or not reading.lines:
        return ""
    found = _AGE.findall(reading.lines[0])
    return re.sub(r"\b0 s ago", "just now", found[-1]) if found else ""


def aged(sentence: str, reading: Reading | None) -> str:
    """The sentence with the age of what it tells."""
    age = age_of(reading)
    return f"{sentence.rstrip('.')} ({age})." if age else f"{sentence.rstrip('.')}."


def join(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    listed = list(names)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} and {listed[-1]}"


def bold(name: str | None) -> str | None:
    """`**pve**`: a name that a page makes a link of; what is not one plain name stays as it is."""
    return f"**{name}**" if name and _NAME.fullmatch(name) else name


def table(headings: Sequence[str], rows: Iterable[Sequence[str | None]]) -> str:
    """A markdown table; what is not known is `—`."""
    lines = [f"| {' | '.join(headings)} |", f"|{'|'.join('---' for _ in headings)}|"]
    for row in rows:
        told = [
            bold(text) if heading in _OF_THINGS else text
            for heading, text in zip(headings, row, strict=False)
        ]
        cells = [(text or "—").replace("|", "\\|") for text in told]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def table_of(rows: Sequence[Row], columns: Sequence[tuple[str, str]]) -> str:
    """A table of some columns, each a heading and a pattern for where it is found.

    Columns in which nothing is known are left out, and so are rows past a dozen, counted.
    """
    kept = [
        (heading, pattern)
        for heading, pattern in columns
        if any(cell(row, pattern) is not None for row in rows)
    ]
    told = table(
        [heading for heading, _ in kept],
        [[cell(row, pattern) for _, pattern in kept] for row in rows[:MOST_ROWS]],
    )
    left = len(rows) - MOST_ROWS
    return f"{told}\n\n… and {left} more." if left > 0 else told


def headline(reading: Reading) -> str:
    """The first line of a result as a sentence, its age in brackets."""
    if not reading.lines:
        return ""
    first = _AGE.sub("", reading.lines[0]).strip(" ;,")
    return aged(first, reading)


def because_of(reading: Reading) -> str:
    """Why something did not come about: its words as a sentence."""
    words = " ".join(reading.lines[:3]).strip()
    words = re.sub(r"^(refused|failed|because)[:,]? ", "", words, flags=re.IGNORECASE)
    return f"{words.rstrip('.')}." if words else "No reason was told."


def part_of(row: Row, used: str, total: str) -> str | None:
    """`5.73 of 15.4 GiB` from two columns, None where the first is not known."""
    told, whole = cell(row, used), cell(row, total)
    if told is None or whole is None:
        return told
    unit = whole.rpartition(" ")[2]
    return f"{told.removesuffix(unit).strip()} of {whole}"


def label_of(row: Row) -> str:
    """`media (104)` of a row of guests."""
    name, vmid = cell(row, "^name$"), cell(row, "^vmid$", "^guest$")
    return f"{name} ({vmid})" if name and vmid else name or vmid or "—"
