"""Lists as compact text and, from the same columns, as values."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from services.clock import as_stored
from services.tools.calls import Payload
from services.tools.figures import told

T = TypeVar("T")

CELL_CHARS = 120
"""Longest text of one cell; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One value of a row, declared once: its heading, its key, where it comes from, its looks."""

    title: str
    key: str
    value: Callable[[T], Any]
    show: Callable[[Any], str] = told


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Rows as text and as values, and how many were left out."""

    text: str
    rows: tuple[Payload, ...]
    left_out: int = 0


def list_rows(
    items: Iterable[T], columns: Sequence[Column[T]], *, most: int = 200, narrow: str = ""
) -> Listing:
    """The items as a table, headings first; those past `most` are counted, and `narrow` says how
    to see them. A column in which nothing is known is left out of the text."""
    found = list(items)
    kept = found[:most]
    cells = [[_cell(column, item) for column in columns] for item in kept]
    shown = [at for at in range(len(columns)) if not kept or any(row[at] != "—" for row in cells)]
    table = [[columns[at].title for at in shown], *([row[at] for at in shown] for row in cells)]
    lines = align(table) if kept else []
    left_out = len(found) - len(kept)
    if left_out:
        lines.append(f"… {left_out} more left out{f'; {narrow}' if narrow else ''}")
    return Listing(
        text="\n".join(lines),
        rows=tuple({column.key: plain(column.value(item)) for column in columns} for item in kept),
        left_out=left_out,
    )


def align(table: Sequence[Sequence[str]]) -> list[str]:
    """The rows of a table with their columns under one another, two blanks between."""
    if not table:
        return []
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def list_facts(facts: Iterable[tuple[str, str]]) -> str:
    """Labels and what is told of each, a line each; those of which nothing is known are left
    out."""
    kept = [(label, text) for label, text in facts if text != "—"]
    width = max((len(label) for label, _ in kept), default=0)
    return "\n".join(f"{label.ljust(width)}  {text}" for label, text in kept)


def plain(value: object) -> Any:
    """A value as JSON knows it: times as text in UTC, tuples as lists, enums as their value."""
    match value:
        case datetime():
            return as_stored(value)
        case Enum():
            return value.value
        case tuple() | list() | frozenset():
            return [plain(each) for each in value]
        case _:
            return value


def _cell(column: Column[Any], item: object) -> str:
    text = " ".join(column.show(column.value(item)).split())
    return text if len(text) <= CELL_CHARS else f"{text[: CELL_CHARS - 1]}…"
