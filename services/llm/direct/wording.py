"""A sentence and a block of columns, as an answer shows them; pure."""

from collections.abc import Sequence

from services.llm.as_text import as_text


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
