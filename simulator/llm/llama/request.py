"""A chat completion that is asked for, read as llama-server reads it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulator.llm.schema import offered_in
from simulator.llm.talk import Call, Offered, Result, Talk, Turn, join_turns
from simulator.llm.tokens import count_tokens

from .unwritable import find_fault

_NO_PARSER: Final = (
    "Unable to generate parser for this template. Automatic parser generation failed: "
)
_LITERAL: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Refused(Exception):
    """The request is answered with this status and error."""

    def __init__(self, status: int, kind: str, message: str, **figures: int) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.figures = figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for."""

    talk: Talk
    prompt: str
    """The whole of it as the template lays it out."""
    stream: bool
    tell_usage: bool
    most_tokens: int | None
    stops: tuple[str, ...]
    choices: tuple[str, ...]
    """What a grammar of plain alternatives lets it say; empty without one."""
    schema: Mapping[str, Any] | None
    forced: bool
    """Whether a tool must be called."""
    silent: bool
    """Whether none may be."""

    @property
    def prompt_tokens(self) -> int:
        """How long the prompt is."""
        return count_tokens(self.prompt)


def parse_request(body: Any) -> Request:
    """Read a body. Raises Refused."""
    if not isinstance(body, dict):
        raise _bad("JSON body must be an object")
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise _bad("'messages' is required")
    if not messages:
        raise _bad("'messages' must not be empty")
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise _bad("each message must have a 'role'")
        if "content" not in message and "tool_calls" not in message:
            raise _bad("Expected 'content' to be a string or an array")
    tools = _tools(body.get("tools"))
    grammar, form = body.get("grammar"), body.get("response_format")
    schema = _schema(form)
    if schema is None and isinstance(body.get("json_schema"), dict):
        schema = body["json_schema"]
    if grammar and isinstance(body.get("json_schema"), dict):
        raise Refused(500, "server_error", "Cannot use both json_schema and grammar")
    if schema is not None and (fault := find_fault(schema)) is not None:
        raise _bad(f"{_NO_PARSER}{fault}")
    if grammar and tools:
        raise _bad("Cannot use custom grammar constraints with tools.")
    choice = body.get("tool_choice", "auto")
    return Request(
        talk=_talk(messages, tools or (offered_in(schema) if schema else ())),
        prompt=lay_out(messages, tools),
        stream=body.get("stream") is True,
        tell_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        most_tokens=_most(body),
        stops=_stops(body.get("stop")),
        choices=() if schema is not None else _choices(grammar),
        schema=schema,
        forced=choice == "required" or isinstance(choice, dict),
        silent=choice == "none",
    )


def lay_out(messages: list[dict[str, Any]], tools: tuple[Offered, ...]) -> str:
    """The prompt as the template of the model lays it out."""
    parts: list[str] = []
    if tools:
        told = [json.dumps({"name": tool.name, "parameters": tool.schema}) for tool in tools]
        parts.append("<|im_start|>system\n# Tools\n" + "\n".join(told) + "<|im_end|>\n")
    for message in messages:
        text = _words(message.get("content"))
        for call in message.get("tool_calls") or ():
            text += f"\n<tool_call>\n{json.dumps(call.get('function', {}))}\n</tool_call>"
        parts.append(f"<|im_start|>{message['role']}\n{text}<|im_end|>\n")
    parts.append("<|im_start|>assistant\n")
    return "".join(parts)


def _talk(messages: list[dict[str, Any]], tools: tuple[Offered, ...]) -> Talk:
    system: list[str] = []
    turns: list[Turn] = []
    for message in messages:
        words = _words(message.get("content"))
        if message["role"] in ("system", "developer"):
            system.append(words)
        elif message["role"] == "tool":
            result = Result(id=str(message.get("tool_call_id", "")), text=words)
            turns.append(Turn(role="user", results=(result,)))
        elif message["role"] == "assistant":
            turns.append(Turn(role="assistant", text=words, calls=_calls(message)))
        else:
            turns.append(Turn(role="user", text=words))
    return Talk(system="\n\n".join(system), tools=tools, turns=join_turns(turns))


def _calls(message: Mapping[str, Any]) -> tuple[Call, ...]:
    calls = []
    for one in message.get("tool_calls") or ():
        function = one.get("function", {})
        given = function.get("arguments", "{}")
        try:
            arguments = json.loads(given) if isinstance(given, str) else given
        except ValueError as error:
            raise Refused(
                500, "server_error", f"[json.exception.parse_error.101] {error}"
            ) from error
        calls.append(
            Call(id=str(one.get("id", "")), tool=str(function.get("name")), arguments=arguments)
        )
    return tuple(calls)


def _words(content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    raise _bad("Expected 'content' to be a string or an array")


def _tools(given: Any) -> tuple[Offered, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise _bad("'tools' must be an array")
    return tuple(
        Offered(
            name=str(tool["function"]["name"]),
            summary=str(tool["function"].get("description", "")),
            schema=tool["function"].get("parameters") or {},
        )
        for tool in given
        if isinstance(tool, dict) and isinstance(tool.get("function"), dict)
    )


def _schema(form: Any) -> Mapping[str, Any] | None:
    if not isinstance(form, dict):
        return None
    kind = form.get("type")
    if kind == "json_schema":
        wanted = form.get("json_schema") or {}
        schema: Mapping[str, Any] = wanted.get("schema") or form.get("schema") or {}
        return schema
    if kind == "json_object":
        return form.get("schema") or {"type": "object"}
    if kind not in (None, "text"):
        raise _bad(f'response_format type must be one of "text" or "json_object", but got: {kind}')
    return None


def _choices(grammar: Any) -> tuple[str, ...]:
    """The alternatives of a grammar that is nothing but literals."""
    if not isinstance(grammar, str) or not grammar.strip():
        return ()
    head, _, rule = grammar.partition("::=")
    literals = tuple(found.encode().decode("unicode_escape") for found in _LITERAL.findall(rule))
    if head.strip() != "root" or not literals:
        raise _bad("Failed to initialize samplers: failed to parse grammar")
    return literals


def _most(body: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens", "n_predict"):
        most = body.get(name)
        if isinstance(most, int) and most >= 0:
            return most
    return None


def _stops(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    return tuple(one for one in given if one) if isinstance(given, list) else ()


def _bad(message: str) -> Refused:
    return Refused(400, "invalid_request_error", message)
