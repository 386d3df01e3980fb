"""JSON that fits a schema: what a grammar would force a weak model to say."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .talk import Offered, Step

Schema = Mapping[str, Any]
_DEEPEST: Final = 12
_TOOL_FIELDS: Final = ("tool", "name", "tool_name", "function", "action")
_ARGUMENT_FIELDS: Final = ("arguments", "args", "input", "parameters")
_TEXT_FIELDS: Final = ("answer", "text", "reply", "message", "content", "response")


def smallest(schema: Schema) -> dict[str, Any]:
    """The smallest object that fits: required fields only, each with its plainest value."""
    made = _value(schema, schema, 0)
    return made if isinstance(made, dict) else {}


def fit_step(step: Step, schema: Schema) -> Any:
    """A step told in a schema: its call where there is a place for one, else its words."""
    return _fit(step, schema, schema, 0)


def offered_in(schema: Schema) -> tuple[Offered, ...]:
    """The tools that a schema leaves a place for: branches with a constant name and arguments."""
    found: list[Offered] = []
    for branch in schema.get("anyOf") or schema.get("oneOf") or (schema,):
        branch = _resolve(branch, schema)
        properties: Mapping[str, Schema] = branch.get("properties") or {}
        names = [
            str(name)
            for field in _TOOL_FIELDS
            for part in [_resolve(properties.get(field) or {}, schema)]
            for name in ([part["const"]] if "const" in part else part.get("enum") or ())
        ]
        arguments = next(
            (
                _resolve(properties[field], schema)
                for field in _ARGUMENT_FIELDS
                if field in properties
            ),
            {},
        )
        found += [Offered(name=name, schema=arguments) for name in names]
    return tuple(found)


def _fit(step: Step, schema: Schema, root: Schema, depth: int) -> Any:
    schema = _resolve(schema, root)
    call = step.calls[0] if step.calls else None
    branches: Sequence[Schema] = schema.get("anyOf") or schema.get("oneOf") or ()
    for branch in branches:
        if _suits(step, _resolve(branch, root), root):
            return _fit(step, branch, root, depth + 1)
    if branches:
        return _value(branches[-1], root, depth + 1)
    properties: Mapping[str, Schema] = schema.get("properties") or {}
    if not properties:
        return _value(schema, root, depth)
    told: dict[str, Any] = {}
    for name, part in properties.items():
        part = _resolve(part, root)
        if call is not None and name in _TOOL_FIELDS and _allows(part, call.tool):
            told[name] = call.tool
        elif call is not None and name in _ARGUMENT_FIELDS:
            told[name] = dict(call.arguments)
        elif call is None and name in _TEXT_FIELDS and _allows(part, step.text):
            told[name] = step.text
        elif name in schema.get("required", properties):
            told[name] = _value(part, root, depth + 1)
    return told


def _suits(step: Step, branch: Schema, root: Schema) -> bool:
    """Whether a branch has a place for the call, or for words where there is none."""
    properties: Mapping[str, Schema] = branch.get("properties") or {}
    for name, part in properties.items():
        if step.calls and name in _TOOL_FIELDS:
            return _allows(_resolve(part, root), step.calls[0].tool)
        if not step.calls and name in _TEXT_FIELDS:
            return True
    return False


def _allows(part: Schema, value: str) -> bool:
    if "const" in part:
        return str(part["const"]) == value
    if "enum" in part:
        return value in [str(one) for one in part["enum"]]
    return bool(part.get("type", "string") == "string")


def _resolve(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    found: Any = root
    for step in reference[2:].split("/"):
        found = found.get(step, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _value(schema: Schema, root: Schema, depth: int) -> Any:
    schema = _resolve(schema, root)
    if depth > _DEEPEST:
        return None
    for choice in ("const", "default"):
        if choice in schema:
            return schema[choice]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return _value(schema[choice][0], root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        properties: Mapping[str, Schema] = schema.get("properties") or {}
        return {
            name: _value(properties.get(name, {}), root, depth + 1)
            for name in schema.get("required", ())
        }
    if kind == "array":
        least = int(schema.get("minItems", 0))
        return [_value(schema.get("items", {}), root, depth + 1) for _ in range(least)]
    plain: Mapping[str, Any] = {
        "integer": schema.get("minimum", 1),
        "number": schema.get("minimum", 1),
        "boolean": False,
        "null": None,
    }
    return plain.get(kind, "x" * int(schema.get("minLength", 0)))


def tell_json(value: Any) -> str:
    """A value as a model writes it."""
    return json.dumps(value, ensure_ascii=False)
