"""pvesh: the whole API from the shell of a node, as text or JSON."""

import json
from collections.abc import Mapping
from typing import Any

from simulator.api.errors import ApiError
from simulator.api.routes import ROUTES, Encoded, Listing
from simulator.ssh.shell.layout import shown_width
from simulator.ssh.shell.state import Call

from .asking import FAILED, ask, follow, read_values, say_usage
from .registry import Where, command

_VERBS = {"get": "GET", "ls": "GET", "create": "POST", "set": "PUT", "delete": "DELETE"}
_SHOWN_AS = ("output-format", "human-readable", "noborder", "noheader", "quiet")


@command("pvesh", where=Where.NODE)
async def pvesh(call: Call) -> int:
    operands, values = read_values(list(call.rest), {"o": "output-format"})
    if len(operands) < 2 or operands[0] not in _VERBS:
        return await say_usage(call, "no command specified" if not operands else "unknown command")
    verb, path = _VERBS[operands[0]], "/" + operands[1].strip("/")
    shape = values.get("output-format", "text")
    given = {name: value for name, value in values.items() if name not in _SHOWN_AS}
    if operands[0] == "ls":
        return await _list(call, path)
    try:
        data = await ask(call, verb, path, given)
    except ApiError as error:
        if error.status == 501:
            return await call.fail(f"No '{operands[0]}' handler defined for '{path}'", FAILED)
        await call.complain(error.reason)
        for name, text in (error.errors or {}).items():
            await call.complain(f"{name}: {text}")
        return FAILED
    if isinstance(data, Encoded):
        data = json.loads(data.json)
    elif isinstance(data, Listing):
        data = data.rows
    if isinstance(data, str) and data.startswith("UPID:"):
        await call.say(f"{data}\n" if shape == "text" else f"{json.dumps(data)}\n")
        return await follow(call, data)
    if "quiet" not in values:
        await call.say(_shown(data, shape, border="noborder" not in values))
    return 0


async def _list(call: Call, path: str) -> int:
    """What stands below a path, with the letters of what can be asked of it."""
    below: dict[str, set[str]] = {}
    letters = {"GET": "r", "POST": "c", "PUT": "w", "DELETE": "d"}
    parts = path.strip("/").split("/") if path != "/" else []
    for route in ROUTES:
        steps = route.path.strip("/").split("/")
        if len(steps) <= len(parts):
            continue
        pairs = zip(steps, parts, strict=False)
        if all(step == part or step.startswith("{") for step, part in pairs):
            known = below.setdefault(steps[len(parts)], set())
            if len(steps) == len(parts) + 1:
                known.add(letters[route.verb])
    if not below:
        return await call.fail(f"no '{path}' resource", FAILED)
    for name in sorted(below):
        flags = "".join(letter if letter in below[name] else "-" for letter in "rwcd")
        await call.say(f"D{flags}   {name}\n")
    return 0


def _shown(data: Any, shape: str, *, border: bool) -> str:
    if shape == "json":
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    if shape == "json-pretty":
        return json.dumps(data, sort_keys=True, indent=3, ensure_ascii=False) + "\n"
    if shape == "yaml":
        return _as_yaml(data)
    if data is None:
        return ""
    if isinstance(data, list) and data and isinstance(data[0], Mapping):
        names = sorted({name for row in data for name in row})
        rows = [[_cell(row.get(name)) for name in names] for row in data]
        return _table(names, rows, border=border)
    if isinstance(data, Mapping):
        rows = [[name, _cell(data[name])] for name in sorted(data)]
        return _table(["key", "value"], rows, border=border)
    if isinstance(data, list):
        return "".join(f"{_cell(one)}\n" for one in data)
    return f"{data}\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else str(value)


def _table(names: list[str], rows: list[list[str]], *, border: bool) -> str:
    wide = [max(shown_width(row[at]) for row in [names, *rows]) for at in range(len(names))]

    def line(cells: list[str]) -> str:
        padded = [cell + " " * (wide[at] - shown_width(cell)) for at, cell in enumerate(cells)]
        return f"│ {' │ '.join(padded)} │\n" if border else f"{' '.join(padded).rstrip()}\n"

    def rule(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (width + 2) for width in wide) + right + "\n"

    body = [line(row) for row in rows]
    if not border:
        return line(names) + "".join(body)
    between = rule("├", "┼", "┤")
    head = rule("┌", "┬", "┐") + line(names) + rule("╞", "╪", "╡").replace("─", "═")
    return head + between.join(body) + rule("└", "┴", "┘")


def _as_yaml(data: object, indent: int = 0) -> str:
    pad = "  " * indent
    if isinstance(data, Mapping):
        return "".join(_yaml_pair(pad, str(key), data[key], indent) for key in sorted(data))
    if isinstance(data, list):
        lines = []
        for one in data:
            inner = _as_yaml(one, indent + 1)
            lines.append(f"{pad}- {inner.lstrip()}")
        return "".join(lines)
    return f"{pad}{json.dumps(data, ensure_ascii=False)}\n"


def _yaml_pair(pad: str, key: str, value: object, indent: int) -> str:
    if isinstance(value, Mapping | list) and value:
        return f"{pad}{key}:\n{_as_yaml(value, indent + 1)}"
    return f"{pad}{key}: {json.dumps(value, ensure_ascii=False)}\n"
