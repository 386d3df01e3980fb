"""The arguments of an order, out of whatever stands behind the tool's name."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from simulator.llm.talk import Talk

named_by: Final = frozenset(
    {
        *("start", "stop", "shutdown", "reboot", "reset", "suspend", "resume", "migrate", "delete"),
        *(
            "destroy",
            "rollback",
            "create",
            "restart",
            "run",
            "wake",
            "upgrade",
            "wipe",
            "set",
            "get",
        ),
        *("list", "read", "check", "ping", "resolve", "search", "refresh", "acknowledge", "open"),
        *("approve", "lift"),
    }
)
"""How the names of tools begin."""
_PAIR: Final = re.compile(
    r"[\"']?([A-Za-z_]\w{0,30})[\"']?\s*[=:]\s*(\"[^\"]*\"|'[^']*'|[^\s,;)}]+)"
)
_FILLER: Final = re.compile(
    r"^(?:with|on|for|of|and|arguments?|args|input|parameters?|the|guest|vm|node|container|please"
    r"|now|using|tool|immediately)\b[\s:]*",
    re.IGNORECASE,
)
_SUBJECTS: Final = (
    ("guest", ("guest", "snapshot", "backup")),
    ("node", ("node", "packages", "apt", "cache")),
    ("container", ("container",)),
    ("service", ("service",)),
    ("disk", ("disk",)),
    ("host", ("host", "port", "name")),
    ("command", ("command",)),
)


def read_arguments(rest: str, tool: str, talk: Talk) -> dict[str, Any]:
    """JSON, `name=value` pairs, or the first words, put where the tool has a place for them."""
    rest = rest.strip().strip("`'\"“”*")
    if "command" in tool.split("_"):
        return _command(rest, tool, talk)
    if (told := _object(rest)) is not None:
        return told
    pairs = _PAIR.findall(rest)
    if pairs:
        return {name: _value(text) for name, text in pairs}
    while (shorter := _FILLER.sub("", rest.lstrip(" :,(-"))) != rest:
        rest = shorter
    words = re.findall(r"[\w][\w.:@/-]*", rest)
    places = _places(tool, talk)
    if not words or not places:
        return {}
    return dict(zip(places, words, strict=False)) if len(places) > 1 else {places[0]: words[0]}


def _command(rest: str, tool: str, talk: Talk) -> dict[str, Any]:
    told = _object(rest)
    if told is not None:
        return told
    pairs = (
        dict(_PAIR.findall(rest))
        if re.match(r"[\s({]*[\"']?(command|node)\b\s*[\"']?[=:]", rest)
        else {}
    )
    if "command" in pairs:
        return {name: _value(text) for name, text in pairs.items()}
    node = re.search(r"\bon (?:node )?(\w+)\s*[.!]*$", rest)
    command = rest[: node.start()].strip() if node else rest.strip()
    command = re.sub(r"^(?:with|:|-)\s*", "", command).strip("`'\" ")
    offered = talk.tool(tool)
    known: Mapping[str, Any] = (offered.schema.get("properties") or {}) if offered else {}
    if not known or "node" in known:
        return {"node": node[1] if node else "pve", "command": command}
    return {"command": command}


def _object(rest: str) -> dict[str, Any] | None:
    at = rest.find("{")
    if at < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(rest, at)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _value(text: str) -> Any:
    if text[:1] in "\"'":
        return text.strip("\"'")
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if text.isdigit() and len(text) < 10 else text


def _places(tool: str, talk: Talk) -> list[str]:
    """The names of the arguments that words without a name are put into, in their order."""
    offered = talk.tool(tool)
    if offered is not None:
        required = [str(name) for name in offered.schema.get("required", ())]
        return required or [*(offered.schema.get("properties") or {})][:1]
    words = tool.split("_")
    for subject, endings in _SUBJECTS:
        if any(ending in words for ending in endings):
            return [subject]
    return ["name"]
