"""Holds an answer against Proxmox's own description of its API, as recorded in the fixtures.

The schema is the normalised `apidata.js` of one release. Proxmox never checks its answers against
it, so the reading is as loose as its Perl: a boolean is 0 or 1, a whole number may come as a
string of digits. What it cannot excuse is told: another type, a missing key, an unknown value.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "pve"
SNAPSHOTS = {"8.4": "pve-8.4.5.snapshot.json", "9.2": "pve-9.2.3.snapshot.json"}

Schema = Mapping[str, Any]

_WHOLE = re.compile(r"-?\d+\Z")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One place where an answer is not what the schema says; `where` is such as `[0].cpu`."""

    where: str
    because: str

    def __str__(self) -> str:
        return f"{self.where or 'the answer'}: {self.because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One verb of one path: what it answers, who may ask, and which node it is passed on to."""

    path: str
    verb: str
    returns: Schema
    permissions: Schema
    proxied: bool
    pattern: re.Pattern[str] = field(repr=False)


def schema_is_here() -> bool:
    """Whether the recorded schema lies beside the project."""
    return all((FIXTURES / "schema" / name).is_file() for name in SNAPSHOTS.values())


@cache
def load_methods(release: str) -> dict[tuple[str, str], Method]:
    """All methods of `8.4` or `9.2`, by (verb, path with its {placeholders})."""
    text = (FIXTURES / "schema" / SNAPSHOTS[release]).read_text(encoding="utf-8")
    return {
        (method["verb"], path["path"]): Method(
            path=path["path"],
            verb=method["verb"],
            returns=method["returns"],
            permissions=method.get("permissions", {}),
            proxied="proxyto" in method["extra"],
            pattern=_path_pattern(path["path"]),
        )
        for path in json.loads(text)["paths"]
        for method in path["methods"]
    }


def find_method(release: str, verb: str, path: str) -> Method | None:
    """The method that serves a concrete path; the one with the fewest placeholders wins."""
    path = path.partition("?")[0]
    fitting = [
        method
        for (method_verb, _), method in load_methods(release).items()
        if method_verb == verb and method.pattern.fullmatch(path)
    ]
    return min(fitting, key=lambda method: method.path.count("{"), default=None)


def _path_pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


def validate(answer: object, schema: Schema) -> list[Violation]:
    """Everything in `answer` (the `data` of an envelope) that `schema` does not allow."""
    return list(_violations(answer, schema, ""))


def _violations(value: object, schema: Schema, where: str) -> Iterator[Violation]:
    kind = schema.get("type")
    if isinstance(kind, list):
        tried = [list(_violations(value, {**schema, "type": one}, where)) for one in kind]
        if all(tried):
            yield from tried[0]
        return
    if not _type_fits(value, kind, schema):
        yield Violation(where=where, because=f"{_shown(value)} is not of type {kind}")
        return
    yield from _breaches(value, schema, where)
    if isinstance(value, dict):
        yield from _object_violations(value, schema, where)
    elif isinstance(value, list) and schema.get("items"):
        for index, item in enumerate(value):
            yield from _violations(item, schema["items"], f"{where}[{index}]")


def _type_fits(value: object, kind: str | None, schema: Schema) -> bool:
    match kind:
        case "boolean":
            return not isinstance(value, bool) and value in (0, 1, "0", "1")
        case "integer":
            return _is_whole(value) or (isinstance(value, str) and bool(_WHOLE.match(value)))
        case "number":
            return _is_number(value) or (isinstance(value, str) and bool(_DECIMAL.match(value)))
        case "string":
            return isinstance(value, str)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "null":
            return value is None
        case None if schema.get("properties"):
            return isinstance(value, dict)
        case None if schema.get("enum"):
            return isinstance(value, str | int)
    return True


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_whole(value) or isinstance(value, float)


def _breaches(value: object, schema: Schema, where: str) -> Iterator[Violation]:
    allowed = schema.get("enum") or []
    if allowed and str(value) not in {str(one) for one in allowed}:
        yield Violation(where=where, because=f"{_shown(value)} is none of {', '.join(allowed)}")
    pattern = schema.get("pattern")
    if pattern and isinstance(value, str) and not re.fullmatch(pattern, value):
        yield Violation(where=where, because=f"{_shown(value)} does not match {pattern}")
    if schema.get("type") in ("integer", "number"):
        number = float(str(value))
        lowest, highest = schema.get("minimum"), schema.get("maximum")
        if lowest is not None and number < float(lowest):
            yield Violation(where=where, because=f"{_shown(value)} is less than {lowest}")
        if highest is not None and number > float(highest):
            yield Violation(where=where, because=f"{_shown(value)} is more than {highest}")


def _object_violations(value: dict[str, Any], schema: Schema, where: str) -> Iterator[Violation]:
    properties: Mapping[str, Schema] = schema.get("properties") or {}
    for key, wanted in properties.items():
        at = f"{where}.{key}".lstrip(".")
        if key in value:
            yield from _violations(value[key], wanted, at)
        elif not wanted.get("optional") and "instance-types" not in wanted.get("extra", {}):
            yield Violation(where=at, because="a required key is missing")
    for key in sorted(value.keys() - properties.keys()):
        rest = (schema.get("extra") or {}).get("additionalProperties", 1)
        at = f"{where}.{key}".lstrip(".")
        if isinstance(rest, dict):
            yield from _violations(value[key], rest, at)
        elif not int(rest):
            yield Violation(where=at, because="a key that the schema does not allow")


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
