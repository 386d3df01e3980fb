"""The arguments of a tool as JSON schema, without what a model has no use for."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.tools.calls import Payload
from services.tools.spec import Tool

_NOISE = frozenset({"title", "$defs"})


def schema_of(tool: Tool[Any]) -> Payload:
    """A closed object with a description for each property: no titles, no references, and `null`
    only as what a left out argument means."""
    whole = tool.arguments.model_json_schema()
    defs = whole.get("$defs", {})
    properties = {name: _clean(given, defs) for name, given in whole.get("properties", {}).items()}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if whole.get("required"):
        schema["required"] = list(whole["required"])
    schema["additionalProperties"] = False
    return schema


def offers(tools: Iterable[Tool[Any]]) -> tuple[Payload, ...]:
    """`name`, `summary` and `schema` of each: what a model or a program is told of a tool."""
    return tuple(
        {"name": tool.name, "summary": tool.summary, "schema": schema_of(tool)} for tool in tools
    )


def _clean(given: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """One property: references put in place, a choice with `null` reduced to the other."""
    merged: dict[str, Any] = {}
    if "$ref" in given:
        merged |= _clean(defs[given["$ref"].rpartition("/")[2]], defs)
        merged.pop("description", None)  # the class's own, not the argument's
    choices = [each for each in given.get("anyOf", ()) if each.get("type") != "null"]
    if len(choices) == 1:
        merged |= _clean(choices[0], defs)
    elif choices:
        merged["anyOf"] = [_clean(each, defs) for each in choices]
    for name, value in given.items():
        if name in _NOISE or name in ("$ref", "anyOf"):
            continue
        if name == "default" and value is None:
            continue
        merged[name] = value
    return merged
