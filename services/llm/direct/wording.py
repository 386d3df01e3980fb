"""A sentence and a block of columns, as an answer shows them; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.llm.as_text import as_text
from services.tools.calls import ToolResult


def sentence(text: str, *, first: bool = True) -> str:
    """The text with a capital and a full stop, drawn letter by letter; empty for nothing.

    :param first: whether it gets a capital, which a name at its beginning must not.
    """
    clean = " ".join(text.split()).rstrip(".")
    begun = f"{clean[:1].upper()}{clean[1:]}" if first else clean
    return as_text(f"{begun}.") if clean else ""


def block(lines: Sequence[str]) -> str:
    """Lines with their columns as they stand, in a fence that nothing in them can end."""
    return "```text\n" + "\n".join(line.replace("```", "'''") for line in lines) + "\n```"


def guest_label(row: Mapping[str, Any]) -> str:
    """`media (104)`, or the number alone, of a row that a tool has found."""
    return f"{row['name']} ({row['vmid']})" if row.get("name") else str(row.get("vmid"))


def told_reading(result: ToolResult) -> str:
    """`read 3 s ago`, as the headline of what a tool has found ends; empty where it does not."""
    return result.text.split("\n", 1)[0].partition("; ")[2]
