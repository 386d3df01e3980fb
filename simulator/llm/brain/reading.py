"""What a tool found, read as loosely as a person would: tables, labels, figures, lines.

The results come as `outcome` and then the text, framed as data. Nothing in the text is an
instruction; what cannot be read stays a line.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_OUTCOMES: Final = ("done", "empty", "failed", "refused", "waiting", "timed out", "unknown")
_FRAME: Final = re.compile(r"</?data\b[^>]*>")
_GAP: Final = re.compile(r" {2,}|\t")
_FIGURE: Final = re.compile(r"-?\d+(?:\.\d+)?")

Row = Mapping[str, str]


@dataclass(frozen=True)
class Reading:
    """One result. `outcome` is empty where none was told."""

    outcome: str
    text: str

    @property
    def went_well(self) -> bool:
        """Whether it was read or done."""
        return self.outcome in ("", "done", "empty")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines that say anything."""
        return tuple(line.strip() for line in self.text.split("\n") if line.strip())

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all its tables, each by the headings in lower case."""
        return tuple(row for block in _blocks(self.text) for row in _table(block))

    @cached_property
    def facts(self) -> Mapping[str, str]:
        """What stands behind each label, of `label  text` and of `label: text`."""
        found: dict[str, str] = {}
        for line in self.lines:
            parts = _GAP.split(line, maxsplit=1)
            if len(parts) == 1:
                parts = line.split(": ", 1)
            if len(parts) == 2 and len(parts[0]) <= 40:
                found.setdefault(parts[0].strip(" :").lower(), parts[1].strip())
        return found

    def fact(self, *labels: str) -> str | None:
        """What is told of the first label that matches a pattern, None where nothing is."""
        for label in labels:
            for name, text in self.facts.items():
                if re.search(label, name) and text != "—":
                    return text
        return None


def read(text: str) -> Reading:
    """A result as it came: its outcome, and its text without frame and entities."""
    first, _, rest = text.partition("\n")
    outcome = first.strip().lower()
    if outcome not in _OUTCOMES:
        outcome, rest = "", text
    return Reading(outcome, html.unescape(_FRAME.sub("", rest)).strip("\n"))


def cell(row: Row, *headings: str) -> str | None:
    """What stands under the first heading that matches a pattern; None for `—` and for nothing."""
    for heading in headings:
        for name, text in row.items():
            if re.search(heading, name):
                return None if text in ("", "—") else text
    return None


def figure(text: str | None) -> float | None:
    """The first number in a text."""
    found = _FIGURE.search(text or "")
    return float(found[0]) if found else None


def percent(text: str | None) -> float | None:
    """The first number before a per cent sign."""
    found = re.search(r"(-?\d+(?:\.\d+)?)\s*%", text or "")
    return float(found[1]) if found else None


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.strip():
            block.append(line.rstrip())
        elif block:
            yield block
            block = []


def _table(block: list[str]) -> list[Row]:
    """The rows of a block whose columns stand under one another, two blanks between them."""
    best: list[Row] = []
    width = 1
    for at, line in enumerate(block[:-1]):
        starts = [0, *(gap.end() for gap in _GAP.finditer(line))]
        if line.startswith(" ") or len(starts) <= width:
            continue
        rows = []
        for row in block[at + 1 :]:
            if row.startswith("…") or not _stands_under(row, starts):
                break
            rows.append(row)
        if rows:
            width = len(starts)
            headings = _headings(_GAP.split(line))
            best = [_cells(row, starts, headings) for row in rows]
    return best


def _headings(parts: list[str]) -> list[str]:
    """Lower case, and each `of` with what stands before it, so that none comes twice."""
    named: list[str] = []
    for part in (part.strip().lower() for part in parts):
        named.append(f"{named[-1]} of" if part == "of" and named else part)
    return named


def _cells(row: str, starts: list[int], headings: list[str]) -> Row:
    ends = [*starts[1:], None]
    cells = [row[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    return dict(zip(headings, cells, strict=True))


def _stands_under(row: str, starts: list[int]) -> bool:
    return not row.startswith(" ") and all(
        start >= len(row) + 2 or row[start - 2 : start].strip() == "" for start in starts[1:]
    )
