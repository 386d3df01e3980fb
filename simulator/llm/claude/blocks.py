"""The messages of a request and their blocks: their order, their pairs, and what they may hold."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from .errors import invalid

_TOOL_ID: Final = re.compile(r"[a-zA-Z0-9_-]+")
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "text": frozenset({"text", "citations"}),
    "tool_use": frozenset({"id", "name", "input", "caller", "toolset_name"}),
    "tool_result": frozenset({"tool_use_id", "content", "is_error", "toolset_name"}),
    "thinking": frozenset({"thinking", "signature"}),
    "redacted_thinking": frozenset({"data"}),
    "image": frozenset({"source"}),
    "document": frozenset({"source", "title", "context", "citations"}),
}
_ROLES: Final[Mapping[str, frozenset[str]]] = {
    "user": frozenset({"text", "tool_result", "image", "document"}),
    "assistant": frozenset({"text", "tool_use", "thinking", "redacted_thinking"}),
    "system": frozenset({"text"}),
}


def check_messages(given: Any) -> tuple[Mapping[str, Any], ...]:
    """The messages with their content as lists of blocks. Raises Refused."""
    if not isinstance(given, list):
        raise invalid("messages: Input should be a valid list")
    if not given:
        raise invalid("messages: at least one message is required")
    messages = [
        _message(number, message, last=len(given) - 1) for number, message in enumerate(given)
    ]
    if messages[0]["role"] != "user":
        raise invalid('messages: first message must use the "user" role')
    _check_pairs(messages)
    return tuple(messages)


def text_of(content: Any) -> str:
    """The words of a block's content, which is text, or a list of blocks."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(
        block["text"]
        for block in content
        if isinstance(block, dict) and block.get("type") == "text"
    )


def told_bare(value: Any) -> str:
    """A value as JSON without its cache marks, which a client moves from request to request."""
    told = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if '"cache_control"' not in told:
        return told
    return json.dumps(_bare(value), sort_keys=True, ensure_ascii=False)


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _bare(one) for name, one in value.items() if name != "cache_control"}
    if isinstance(value, list | tuple):
        return [_bare(one) for one in value]
    return value


def _message(number: int, message: Any, *, last: int) -> Mapping[str, Any]:
    where = f"messages.{number}"
    if not isinstance(message, dict):
        raise invalid(f"{where}: Input should be a valid dictionary")
    for field in ("role", "content"):
        if field not in message:
            raise invalid(f"{where}.{field}: Field required")
    for field in message:
        if field not in ("role", "content"):
            raise invalid(f"{where}.{field}: Extra inputs are not permitted")
    role, content = message["role"], message["content"]
    if role not in _ROLES:
        raise invalid(f"{where}.role: Input should be 'user', 'assistant' or 'system'")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list):
        raise invalid(f"{where}.content: Input should be a valid list")
    if not content and not (role == "assistant" and number == last):
        raise invalid(
            f"{where}: all messages must have non-empty content except for the optional final "
            "assistant message"
        )
    for place, block in enumerate(content):
        _check_block(f"{where}.content.{place}", role, block)
    return {"role": role, "content": content}


def _check_block(where: str, role: str, block: Any) -> None:
    if not isinstance(block, dict):
        raise invalid(f"{where}: Input should be a valid dictionary")
    kind = block.get("type")
    if kind not in _FIELDS:
        raise invalid(f"{where}: Input tag '{kind}' does not match any of the expected tags")
    if kind not in _ROLES[role]:
        raise invalid(f"{where}: `{kind}` blocks are not permitted in `{role}` messages")
    for field in block:
        if field not in ("type", "cache_control") and field not in _FIELDS[kind]:
            raise invalid(f"{where}.{kind}.{field}: Extra inputs are not permitted")
    if "thinking" in kind and block.get("cache_control") is not None:
        raise invalid(f"{where}.{kind}.cache_control: Extra inputs are not permitted")
    if kind == "text":
        _check_text(where, role, block)
    elif kind == "tool_use":
        _check_use(where, block)
    elif kind == "tool_result":
        _check_result(where, block)


def _check_text(where: str, role: str, block: Mapping[str, Any]) -> None:
    if not isinstance(block.get("text"), str):
        raise invalid(f"{where}.text.text: Field required")
    if not block["text"]:
        raise invalid("messages: text content blocks must be non-empty")
    if not block["text"].strip():
        raise invalid("messages: text content blocks must contain non-whitespace text")
    if role == "user" and block.get("citations"):
        raise invalid(f"{where}.text.citations: Extra inputs are not permitted")


def _check_use(where: str, block: Mapping[str, Any]) -> None:
    for field in ("id", "name", "input"):
        if field not in block:
            raise invalid(f"{where}.tool_use.{field}: Field required")
    if not isinstance(block["id"], str) or not _TOOL_ID.fullmatch(block["id"]):
        raise invalid(f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if not isinstance(block["input"], dict):
        raise invalid(f"{where}.tool_use.input: Input should be a valid dictionary")


def _check_result(where: str, block: Mapping[str, Any]) -> None:
    if not isinstance(block.get("tool_use_id"), str):
        raise invalid(f"{where}.tool_result.tool_use_id: Field required")
    content = block.get("content")
    if content is not None and not isinstance(content, str | list):
        raise invalid(f"{where}.tool_result.content: Input should be a valid string or list")
    for place, part in enumerate(content if isinstance(content, list) else []):
        if not isinstance(part, dict) or part.get("type") not in ("text", "image", "document"):
            raise invalid(f"{where}.tool_result.content.{place}.type: Input should be 'text'")
        if part["type"] == "text" and not part.get("text"):
            raise invalid("messages: text content blocks must be non-empty")


def _check_pairs(messages: list[Mapping[str, Any]]) -> None:
    """Every tool_use is answered at the head of the next turn, and nothing else is answered."""
    open_ids: list[str] = []
    asked_at = 0
    seen: set[str] = set()
    turn: str | None = None
    answering = False
    for number, message in enumerate(messages):
        if message["role"] == "system":
            continue
        if message["role"] != turn:
            turn, answering = message["role"], message["role"] == "user"
            if turn == "assistant":
                _check_answered(open_ids, asked_at)
        for place, block in enumerate(message["content"]):
            if block["type"] == "tool_use":
                if block["id"] in seen:
                    raise invalid("messages: `tool_use` ids must be unique")
                seen.add(block["id"])
                open_ids.append(block["id"])
                asked_at = number
            elif block["type"] == "tool_result":
                if block["tool_use_id"] not in open_ids:
                    raise invalid(
                        f"messages.{number}.content.{place}: unexpected `tool_use_id` found in "
                        f"`tool_result` blocks: {block['tool_use_id']}. Each `tool_result` block "
                        "must have a corresponding `tool_use` block in the previous message."
                    )
                if not answering:
                    _check_answered(open_ids, asked_at)
                open_ids.remove(block["tool_use_id"])
            elif turn == "user":
                answering = False
    _check_answered(open_ids, asked_at)


def _check_answered(open_ids: list[str], asked_at: int) -> None:
    if open_ids:
        raise invalid(
            f"messages.{asked_at}: `tool_use` ids were found without `tool_result` blocks "
            f"immediately after: {', '.join(open_ids)}. Each `tool_use` block must have a "
            "corresponding `tool_result` block in the next message."
        )
