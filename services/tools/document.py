"""The tools in docs/tools.md, made of the registry: `python -m services.tools.document`."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from services.tools.command_line import told_tier
from services.tools.registry import REGISTRY
from services.tools.schema import schema_of
from services.tools.spec import Tool

BEGIN = "<!-- the tools, made by python -m services.tools.document -->"
END = "<!-- end of the tools -->"
DOCUMENT = Path("docs/tools.md")
_ORDER = ("GREEN", "YELLOW", "by call", "RED", "BLACK")
_TITLES = {
    "GREEN": "GREEN: they only read, and run",
    "YELLOW": "YELLOW: easily undone; they run and are told",
    "by call": "By call: the arguments decide",
    "RED": "RED: they wait for a person",
    "BLACK": "BLACK: under an open override alone, and never offered to a model",
}


def document(tools: Iterable[Tool[Any]]) -> str:
    """A section a tier, a heading a tool, with its arguments and how its effect is read back."""
    found = list(tools)
    parts: list[str] = []
    for tier in _ORDER:
        of_tier = [tool for tool in found if told_tier(tool) == tier]
        if of_tier:
            parts.append(f"## {_TITLES[tier]}")
            parts += [_section(tool) for tool in of_tier]
    return "\n\n".join(parts)


def _section(tool: Tool[Any]) -> str:
    lines = [f"### {tool.name}", "", tool.summary, ""]
    lines.append(f"- Reads: {tool.reads}")
    if tool.changes:
        lines += [f"- Changes: {tool.changes}", f"- Read back: {tool.verified_by}"]
    lines.append(f"- At most {tool.timeout_s:g} s")
    schema = schema_of(tool)
    if schema["properties"]:
        lines += ["", "| argument | kind | meaning |", "|---|---|---|"]
        required = schema.get("required", ())
        lines += [
            f"| `{name}`{'' if name in required else ' (optional)'} | {_kind(given)} "
            f"| {given.get('description', '')} |"
            for name, given in schema["properties"].items()
        ]
    return "\n".join(lines)


def _kind(given: dict[str, Any]) -> str:
    if "enum" in given:
        return ", ".join(f"`{value}`" for value in given["enum"])
    kind = {"string": "text", "integer": "number", "boolean": "yes or no"}.get(
        given.get("type", ""), "text"
    )
    if "minimum" in given or "maximum" in given:
        return f"{kind}, {given.get('minimum', '')} to {given.get('maximum', '')}"
    return kind


def put_in(text: str, table: str) -> str:
    """The document with this table between its marks. Raises ValueError where it has none."""
    found = re.search(f"{re.escape(BEGIN)}.*{re.escape(END)}", text, re.DOTALL)
    if found is None:
        raise ValueError(f"{DOCUMENT} has no place for the tools: {BEGIN} … {END}")
    return f"{text[: found.start()]}{BEGIN}\n\n{table}\n\n{END}{text[found.end() :]}"


if __name__ == "__main__":
    DOCUMENT.write_text(put_in(DOCUMENT.read_text(), document(REGISTRY.values())))
    sys.stdout.write(f"{DOCUMENT} tells {len(REGISTRY)} tools\n")
