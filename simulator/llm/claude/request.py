"""A request to the Messages API, looked through as the real one does, and refused in its words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulator.llm.talk import Call, Offered, Result, Talk, Turn, join_turns

from .blocks import check_messages, text_of
from .catalogue import Model, find_model
from .errors import invalid, missing

OLD_VERSION: Final = "2023-06-01"
VERSION: Final = "2026-10-21"
_SAMPLING: Final = {"temperature", "top_p", "top_k"}
_KNOWN: Final = {
    *("model", "messages", "max_tokens", "system", "tools", "tool_choice", "stream", "thinking"),
    *("stop_sequences", "metadata", "cache_control", "diagnostics", "output_config", "container"),
    *("service_tier", "speed", "inference_geo"),
}
_COUNTED: Final = {
    *("model", "messages", "system", "tools", "tool_choice", "thinking", "cache_control"),
    *("output_config", "speed"),
}
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
_CHOICES: Final = ("auto", "any", "tool", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for, once it was found in order."""

    model: Model
    max_tokens: int
    stream: bool
    system: tuple[Mapping[str, Any], ...]
    tools: tuple[Mapping[str, Any], ...]
    messages: tuple[Mapping[str, Any], ...]
    """Content always as a list of blocks."""
    tool_choice: Mapping[str, Any]
    thinking: str | None
    """The `thinking.type` that was asked for."""
    stop_sequences: tuple[str, ...]
    cache_control: Mapping[str, Any] | None
    diagnostics: Mapping[str, Any] | None
    schema: Mapping[str, Any] | None
    """The JSON schema the answer must have, of `output_config.format`."""
    talk: Talk

    @property
    def thinks(self) -> bool:
        """Whether the answer begins with a thinking block."""
        if self.thinking is None:
            return self.model.thinks
        return self.thinking in ("adaptive", "enabled")


def parse_request(body: Any, version: str, *, counting: bool = False) -> Request:
    """Look a body through in the API's order. Raises Refused with what it would say."""
    if not isinstance(body, dict):
        raise invalid("Input should be a valid dictionary or object to extract fields from")
    _check_fields(body, version, counting=counting)
    model = find_model(body["model"])
    if model is None or model.lifecycle == "retired":
        raise missing(f"model: {body['model']}")
    max_tokens = 0 if counting else _max_tokens(body, model)
    system = _system(body.get("system"))
    tools = _tools(body.get("tools"))
    thinking = _thinking(body.get("thinking"), model)
    choice = _choice(body.get("tool_choice"), tools, model)
    messages = check_messages(body["messages"])
    if messages[-1]["role"] == "assistant" and not model.prefill:
        raise invalid(
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    request = Request(
        model=model,
        max_tokens=max_tokens,
        stream=body.get("stream") is True,
        system=system,
        tools=tools,
        messages=messages,
        tool_choice=choice,
        thinking=thinking,
        stop_sequences=_stops(body.get("stop_sequences")),
        cache_control=body.get("cache_control"),
        diagnostics=body.get("diagnostics"),
        schema=_schema(body.get("output_config")),
        talk=_talk(system, tools, messages),
    )
    _check_breakpoints(request)
    return request


def _check_fields(body: Mapping[str, Any], version: str, *, counting: bool) -> None:
    wanted = ("model", "messages") if counting else ("model", "max_tokens", "messages")
    for name in wanted:
        if name not in body:
            raise invalid(f"{name}: Field required")
    known = _COUNTED if counting else _KNOWN
    if version == OLD_VERSION:
        known = known | _SAMPLING
    for name in body:
        if name not in known:
            raise invalid(f"{name}: Extra inputs are not permitted")
    if not isinstance(body["model"], str) or not body["model"]:
        raise invalid("model: Input should be a valid string")
    if not isinstance(body.get("stream", False), bool):
        raise invalid("stream: Input should be a valid boolean")


def _max_tokens(body: Mapping[str, Any], model: Model) -> int:
    asked = body["max_tokens"]
    if not isinstance(asked, int) or isinstance(asked, bool):
        raise invalid("max_tokens: Input should be a valid integer")
    if asked < 0:
        raise invalid("max_tokens: Input should be greater than or equal to 0")
    if asked > model.max_output:
        raise invalid(
            f"max_tokens: {asked} > {model.max_output}, which is the maximum allowed number of "
            f"output tokens for {model.id}"
        )
    return asked


def _system(given: Any) -> tuple[Mapping[str, Any], ...]:
    if given is None or given == "":
        return ()
    if isinstance(given, str):
        return ({"type": "text", "text": given},)
    if not isinstance(given, list):
        raise invalid("system: Input should be a valid string or a list of text blocks")
    for number, block in enumerate(given):
        if not isinstance(block, dict) or block.get("type") != "text":
            raise invalid(f"system.{number}.type: Input should be 'text'")
        if not isinstance(block.get("text"), str) or not block["text"]:
            raise invalid("system: text content blocks must be non-empty")
    return tuple(given)


def _tools(given: Any) -> tuple[Mapping[str, Any], ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise invalid("tools: Input should be a valid list")
    seen: set[str] = set()
    for number, tool in enumerate(given):
        where = f"tools.{number}.custom"
        if not isinstance(tool, dict):
            raise invalid(f"tools.{number}: Input should be a valid dictionary")
        for field in ("name", "input_schema"):
            if field not in tool:
                raise invalid(f"{where}.{field}: Field required")
        if not _TOOL_NAME.fullmatch(str(tool["name"])):
            raise invalid(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        schema = tool["input_schema"]
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise invalid(f"{where}.input_schema.type: Input should be 'object'")
        if tool["name"] in seen:
            raise invalid("tools: Tool names must be unique.")
        seen.add(tool["name"])
    return tuple(given)


def _choice(given: Any, tools: tuple[Mapping[str, Any], ...], model: Model) -> Mapping[str, Any]:
    if given is None:
        return {"type": "auto"}
    if not isinstance(given, dict) or given.get("type") not in _CHOICES:
        raise invalid("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")
    if not tools and given["type"] != "none":
        raise invalid("tool_choice may only be specified while providing tools")
    if given["type"] in ("any", "tool") and not model.forced_tools:
        raise invalid(f"tool_choice: {model.id} does not support forced tool use")
    if given["type"] == "tool" and given.get("name") not in {tool["name"] for tool in tools}:
        raise invalid(f"Tool '{given.get('name')}' not found in provided tools")
    return given


def _thinking(given: Any, model: Model) -> str | None:
    if given is None:
        return None
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in ("adaptive", "enabled", "disabled", "between_tools"):
        raise invalid("thinking.type: Input should be a known type of thinking")
    if kind not in model.thinking:
        raise invalid(f"thinking.type: '{kind}' is not supported by {model.id}")
    return str(kind)


def _stops(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise invalid("stop_sequences: Input should be a valid list of strings")
    if any(not one.strip() for one in given):
        raise invalid("stop_sequences: each stop sequence must contain non-whitespace")
    return tuple(given)


def _schema(given: Any) -> Mapping[str, Any] | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise invalid("output_config: Input should be a valid dictionary")
    effort = given.get("effort")
    if effort is not None and effort not in _EFFORTS:
        raise invalid(
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
        )
    wanted = given.get("format")
    if wanted is None:
        return None
    if not isinstance(wanted, dict) or not isinstance(wanted.get("schema"), dict):
        raise invalid("output_config.format.schema: Field required")
    schema: Mapping[str, Any] = wanted["schema"]
    return schema


def _check_breakpoints(request: Request) -> None:
    marked = sum(
        block.get("cache_control") is not None
        for block in (
            *request.tools,
            *request.system,
            *(block for message in request.messages for block in message["content"]),
        )
    ) + (request.cache_control is not None)
    if marked > 4:
        raise invalid(f"A maximum of 4 blocks with cache_control may be provided. Found {marked}.")


def _talk(
    system: tuple[Mapping[str, Any], ...],
    tools: tuple[Mapping[str, Any], ...],
    messages: tuple[Mapping[str, Any], ...],
) -> Talk:
    said = [block["text"] for block in system]
    turns: list[Turn] = []
    for message in messages:
        if message["role"] == "system":
            said.append(text_of(message["content"]))
            continue
        turns.append(_turn(message))
    return Talk(
        system="\n\n".join(said),
        tools=tuple(
            Offered(
                name=tool["name"],
                summary=str(tool.get("description", "")),
                schema=tool["input_schema"],
            )
            for tool in tools
        ),
        turns=join_turns(turns),
    )


def _turn(message: Mapping[str, Any]) -> Turn:
    blocks = message["content"]
    return Turn(
        role=message["role"],
        text="\n\n".join(block["text"] for block in blocks if block["type"] == "text"),
        calls=tuple(
            Call(id=block["id"], tool=block["name"], arguments=block["input"])
            for block in blocks
            if block["type"] == "tool_use"
        ),
        results=tuple(
            Result(
                id=block["tool_use_id"],
                text=text_of(block.get("content")),
                is_error=block.get("is_error") is True,
            )
            for block in blocks
            if block["type"] == "tool_result"
        ),
    )
