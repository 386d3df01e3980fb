"""Canonical messages as Anthropic's, and its tools; pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.llm.digests import digests, plain
from services.llm.exchanges import Step, Turn, into_turns
from services.llm.messages import Message, Text, ToolAnswer, ToolUse
from services.llm.provider import ModelRequest, OfferedTool
from services.llm.wrapping import TOLD_AS_IT_STANDS, TOLD_SOURCE, sendable, wrap_as_data
from services.tools.calls import Outcome, Payload

Block = dict[str, Any]

CACHED = {"type": "ephemeral"}
BEGINNING = "(What was said before is left out.)"
GO_ON = "Go on from where you stopped."
NAME_LIMIT_CHARS = 64

_STRANGE = re.compile(r"[^A-Za-z0-9_-]+")
_NOT_DONE = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.TIMED_OUT, Outcome.UNKNOWN})


def adapt_messages(
    request: ModelRequest, *, model: str, use_opaque: bool = True
) -> list[Mapping[str, Any]]:
    """The history as Messages API wants it, whatever was cut from it.

    It begins and ends with the user; each tool use is answered at the head of the next message,
    all of one step together and in order. What comes before the last turn has a cache mark at its
    end, and stays byte for byte what it was in the request before. A request without tools has no
    uses in it either, which the API would refuse: what was found then stands there as data.
    """
    turns = into_turns(request.messages)
    ids = _Ids()
    messages: list[dict[str, Any]] = []

    def append_step(step: Step, blocks: tuple[Payload, ...], found: list[str]) -> None:
        if request.tools:
            _append_step(messages, step, ids, blocks)
        else:
            _append_told(messages, step, found)

    for turn in turns[:-1]:
        _append_said(messages, turn, context="")
        for step in turn.steps:
            append_step(step, (), digests(step))
    if messages:
        _mark_cached(messages[-1])
    current = turns[-1] if turns else Turn(said=(), steps=())
    opaque = _own_blocks(current, request.opaque, model) if use_opaque else {}
    _append_said(messages, current, context=request.context)
    for step in current.steps:
        whole = [_found(answer) for answer in step.answers]
        append_step(step, opaque.get(step.message.id, ()), whole)
    if not messages or messages[-1]["role"] == "assistant":
        _append(messages, "user", [_text(GO_ON)])
    return list(messages)


def adapt_system(system: str) -> list[Block]:
    """The system prompt with a cache mark, which covers the tools before it as well."""
    if not system.strip():
        return []
    return [{"type": "text", "text": sendable(system), "cache_control": dict(CACHED)}]


def adapt_tools(tools: Sequence[OfferedTool]) -> list[Block]:
    """The tools in the order given, so that the prompt stays in the cache."""
    return [
        {
            "name": tool.name,
            "description": tool.summary,
            "input_schema": {"type": "object", **tool.plain_schema},
        }
        for tool in tools
    ]


def _own_blocks(
    turn: Turn, opaque: Mapping[str, tuple[Payload, ...]], model: str
) -> Mapping[str, tuple[Payload, ...]]:
    """The model's own blocks for the steps of this turn: all of them or none.

    They are signed over everything before them, so one that is left out spoils the next.
    """
    held = [step.message for step in turn.steps if opaque.get(step.message.id)]
    for message in held:
        asked = [b.get("id") for b in opaque[message.id] if b.get("type") == "tool_use"]
        if message.model not in (None, model) or asked != [use.id for use in message.tool_uses]:
            return {}
    return {message.id: opaque[message.id] for message in held}


class _Ids:
    """Gives each tool use an id the API takes: of its alphabet, and used once."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, id: str) -> str:
        clean = _STRANGE.sub("_", id) or "call"
        fresh, n = clean, 2
        while fresh in self._given:
            fresh, n = f"{clean}_{n}", n + 1
        self._given.add(fresh)
        return fresh


def _append_said(messages: list[dict[str, Any]], turn: Turn, *, context: str) -> None:
    said = [_text(part.text) for message in turn.said for part in _words(message)]
    if not said and not messages:
        said = [_text(BEGINNING)]
    if context.strip():
        said.append(_text(wrap_as_data(context, source="state of the house")))
    _append(messages, "user", said)


def _append_told(messages: list[dict[str, Any]], step: Step, found: list[str]) -> None:
    """A step as words and data alone."""
    _append_words(messages, step.message)
    if found:
        framed = wrap_as_data("\n".join(found), source="tools, asked then")
        _append(messages, "user", [_text(framed)])


def _append_step(
    messages: list[dict[str, Any]], step: Step, ids: _Ids, blocks: tuple[Payload, ...]
) -> None:
    uses = step.message.tool_uses
    given = [ids.give(use.id) for use in uses]
    if blocks:
        content = [plain(block) for block in blocks if not _is_blank(block)]
    else:
        _append_words(messages, step.message)
        content = [_use(use, id) for use, id in zip(uses, given, strict=True)]
    _append(messages, "assistant", content)
    results = [_result(answer, id) for answer, id in zip(step.answers, given, strict=True)]
    _append(messages, "user", results)


def _append_words(messages: list[dict[str, Any]], message: Message) -> None:
    """What was said; words made from what machines said are data, in no one's mouth."""
    words = [part.text for part in _words(message)]
    if words and message.is_quoted:
        _append(messages, "user", [_text(wrap_as_data("\n\n".join(words), source=TOLD_SOURCE))])
        words = [TOLD_AS_IT_STANDS]
    _append(messages, "assistant", [_text(text) for text in words])


def _append(messages: list[dict[str, Any]], role: str, content: list[Block]) -> None:
    """Add to the last message when it is of the same role: roles alternate."""
    if not content:
        return
    if messages and messages[-1]["role"] == role:
        messages[-1]["content"].extend(content)
    else:
        messages.append({"role": role, "content": content})


def _words(message: Message) -> list[Text]:
    return [part for part in message.parts if isinstance(part, Text) and part.text.strip()]


def _text(text: str) -> Block:
    return {"type": "text", "text": sendable(text)}


def _use(use: ToolUse, id: str) -> Block:
    name = _STRANGE.sub("_", use.tool)[:NAME_LIMIT_CHARS] or "unnamed"
    return {"type": "tool_use", "id": id, "name": name, "input": plain(use.arguments)}


def _result(answer: ToolAnswer, id: str) -> Block:
    framed = wrap_as_data(_found(answer), source=answer.tool)
    block: Block = {
        "type": "tool_result",
        "tool_use_id": id,
        "content": f"{answer.outcome.value}\n{framed}",
    }
    if answer.outcome in _NOT_DONE:
        block["is_error"] = True
    return block


def _found(answer: ToolAnswer) -> str:
    return answer.text or answer.digest or "(nothing)"


def _is_blank(block: Payload) -> bool:
    return block.get("type") == "text" and not str(block.get("text", "")).strip()


def _mark_cached(message: dict[str, Any]) -> None:
    message["content"][-1]["cache_control"] = dict(CACHED)
