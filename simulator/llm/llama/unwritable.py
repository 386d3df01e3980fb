"""The schemas of which llama-server can make no grammar, and its words for each."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_TYPES: Final = {"array", "boolean", "integer", "null", "number", "object", "string"}
_LISTED: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE: Final = ("items", "additionalProperties")


def find_fault(schema: Mapping[str, Any]) -> str | None:
    """What is wrong with the first part that it cannot read; None when it can read them all."""
    for where, part in _parts(schema, "#"):
        if (fault := _fault(part, schema)) is not None:
            place, what = fault
            return f"JSON schema error at {where}{place}: {what}"
    return None


def _fault(part: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[str, str] | None:
    """The place within the part, and what is wrong there."""
    if (reference := part.get("$ref")) is not None:
        what = _lost(str(reference), root)
        return None if what is None else ("", what)
    kind = part.get("type")
    if isinstance(kind, list):
        for number, one in enumerate(kind):
            if one not in _TYPES:
                return f"/type/{number}", f"unrecognized type {one}"
    elif kind is not None and kind not in _TYPES:
        return "", f"unrecognized type {kind}"
    return None


def _lost(reference: str, root: Mapping[str, Any]) -> str | None:
    """Why a reference leads nowhere."""
    if not reference.startswith("#"):
        return f"unsupported $ref {reference}, only references into the same document are supported"
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step and (not isinstance(found, Mapping) or step not in found):
            return f"cannot resolve $ref {reference}, {step} not found"
        found = found[step] if step else found
    return None


def _parts(part: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The schema and every one within it, each with its place."""
    if not isinstance(part, Mapping):
        return
    yield where, part
    inner = [(key, part.get(key)) for key in _SINGLE]
    if isinstance(named := part.get("properties"), Mapping):
        inner += [(f"properties/{name}", one) for name, one in named.items()]
    for key in _LISTED:
        if isinstance(listed := part.get(key), list):
            inner += [(f"{key}/{number}", one) for number, one in enumerate(listed)]
    for place, one in inner:
        yield from _parts(one, f"{where}/{place}")
