"""Tools for a model that was never taught any: a schema its answer cannot leave, read as it comes.

With a `response_format` llama-server lets the model write JSON of the schema and nothing else, so
a call always parses; whether it is a wise one is for the gate to say.
"""

import json
import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from services.llm.messages import ToolUse
from services.llm.provider import OfferedTool
from services.llm.wrapping import sendable
from services.tools.calls import Payload

_OPENING = re.compile(r'\s*\{\s*"(?P<key>answer|tool)"\s*:\s*')
_ESCAPE = re.compile(r'\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])')
_ESCAPE_CHARS = 6
_DEEPEST = 16


class SchemaTooDeep(Exception):
    """The schema of a tool refers to itself, or nests more deeply than a small model can follow."""


def response_format(tools: Sequence[OfferedTool]) -> Payload:
    """What makes the answer either `{"answer": …}` or one call of one of the tools."""
    branches = [_object(answer={"type": "string"})]
    branches += [
        _object(tool={"const": tool.name}, arguments=_inlined(tool.plain_schema)) for tool in tools
    ]
    return {
        "type": "json_schema",
        "json_schema": {"name": "step", "strict": True, "schema": {"anyOf": branches}},
    }


def without_deep(tools: Sequence[OfferedTool]) -> tuple[OfferedTool, ...]:
    """The tools whose arguments can be written out."""
    return tuple(tool for tool in tools if not _is_deep(tool))


class StepReader:
    """Reads such an answer piece by piece, handing out the words of it as they come."""

    def __init__(self) -> None:
        self._text = ""
        self._read = 0
        """How far the text of the answer has been decoded."""
        self._key: str | None = None
        self._done = False

    def take(self, piece: str) -> str:
        """Read one more piece; hands back the words it adds to the answer."""
        self._text += piece
        if self._key is None:
            opening = _OPENING.match(self._text)
            if opening is None:
                return ""
            self._key = opening["key"]
            self._read = opening.end()
            if self._key == "answer":
                if not self._text.startswith('"', self._read):
                    self._key = None  # the quote has not come yet
                    return ""
                self._read += 1
        if self._key != "answer" or self._done:
            return ""
        return self._decode()

    @property
    def asks(self) -> bool:
        """Whether it is a call, whole or not."""
        return self._key == "tool"

    def unread(self) -> str:
        """What came, when it is neither words nor a call."""
        return "" if self._key is not None else self._text.strip()

    def tool_use(self, id: str) -> ToolUse | None:
        """The call, once the answer is whole; None for words, or for a call that was cut."""
        if not self.asks:
            return None
        try:
            told = json.loads(self._text)
        except ValueError:
            return None
        arguments = told.get("arguments")
        return ToolUse(
            id=id,
            tool=str(told.get("tool", "")),
            arguments=MappingProxyType(arguments if isinstance(arguments, dict) else {}),
        )

    def _decode(self) -> str:
        """The text from where it was read to, up to its closing quote or an escape half come."""
        words: list[str] = []
        at, text = self._read, self._text
        while at < len(text):
            char = text[at]
            if char == '"':
                self._done = True
                break
            if char != "\\":
                end = min(
                    (i for i in (text.find('"', at), text.find("\\", at)) if i >= 0), default=-1
                )
                end = len(text) if end < 0 else end
                words.append(text[at:end])
                at = end
                continue
            escape = _whole_escape(text, at)
            if escape is None and len(text) - at < 2 * _ESCAPE_CHARS:
                break
            if escape is None:  # no JSON has it
                words.append("\ufffd")
                at += 2
                continue
            words.append(sendable(str(json.loads(f'"{escape}"'))))
            at += len(escape)
        self._read = at
        return "".join(words)


def _whole_escape(text: str, at: int) -> str | None:
    """The escape at that place with the second half of its pair; None while it is incomplete."""
    first = _ESCAPE.match(text, at)
    if first is None:
        return None
    if not first[0].lower().startswith(("\\ud8", "\\ud9", "\\uda", "\\udb")):
        return first[0]
    rest = text[first.end() : first.end() + _ESCAPE_CHARS]
    if len(rest) < _ESCAPE_CHARS and rest[:1] in ("", "\\"):
        return None
    second = _ESCAPE.match(rest)
    return first[0] + second[0] if second and second[0].startswith("\\u") else first[0]


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _is_deep(tool: OfferedTool) -> bool:
    try:
        _inlined(tool.plain_schema)
    except SchemaTooDeep:
        return True
    return False


def _inlined(schema: Payload) -> dict[str, Any]:
    """The schema with its references written out and what only a reader needs left away."""
    definitions = schema.get("$defs", {})

    def walk(part: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            raise SchemaTooDeep
        if isinstance(part, list):
            return [walk(item, depth + 1) for item in part]
        if not isinstance(part, dict):
            return part
        reference = part.get("$ref")
        if isinstance(reference, str):
            return walk(definitions.get(reference.rpartition("/")[2], {}), depth + 1)
        return {
            key: {name: walk(field, depth + 1) for name, field in value.items()}
            if key == "properties" and isinstance(value, dict)
            else walk(value, depth + 1)
            for key, value in part.items()
            if key not in ("$defs", "title", "description", "default", "examples")
        }

    return {"type": "object", **walk(schema, 0)}
