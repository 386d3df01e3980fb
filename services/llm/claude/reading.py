"""Reads an answer of the Messages API event by event, keeping what a cut stream would lose; pure.

Events are read by attribute and may be of any class: those of the SDK, or a test's own.
"""

import json
from dataclasses import replace
from math import ceil
from types import MappingProxyType
from typing import Any

from services.llm.messages import ToolUse, Usage
from services.llm.provider import StopReason
from services.llm.tokens import CLAUDE_CHARS_PER_TOKEN
from services.tools.calls import UNREADABLE, Payload

_SHOWN_CHARS = 500

_STOPS = {
    "end_turn": StopReason.END,
    "stop_sequence": StopReason.END,
    "tool_use": StopReason.TOOL_USE,
    "max_tokens": StopReason.MAX_TOKENS,
    "refusal": StopReason.REFUSAL,
    "model_context_window_exceeded": StopReason.CONTEXT,
    "pause_turn": StopReason.PAUSE,
}
_PLAIN_BLOCKS = frozenset({"text", "tool_use"})


class _Block:
    """One block of the answer as it grows."""

    __slots__ = ("_begun", "pieces", "signature", "type")

    def __init__(self, begun: dict[str, Any]) -> None:
        self._begun = begun
        self.type = str(begun.get("type", ""))
        self.pieces: list[str] = []
        self.signature: str | None = None

    def whole(self) -> Payload:
        """The block as the API wants it back."""
        block = dict(self._begun)
        grown = "".join(self.pieces)
        match self.type:
            case "text" | "thinking":
                block[self.type] = str(block.get(self.type) or "") + grown
                if self.signature is not None:
                    block["signature"] = self.signature
                block = {key: value for key, value in block.items() if value is not None}
            case "tool_use":
                block["input"] = _arguments(grown) if grown else block.get("input") or {}
            case _:
                pass
        return block

    @property
    def has_text(self) -> bool:
        """Whether there is a word in it yet; quicker than to read them all."""
        return bool(self.pieces or self._begun.get("text"))

    @property
    def text(self) -> str:
        """Its words, of a block of text."""
        return str(self._begun.get("text") or "") + "".join(self.pieces)


class ClaudeReading:
    """What has come of one answer so far."""

    def __init__(self, *, input_tokens_guess: int) -> None:
        self.message_id = ""
        self.model: str | None = None
        self.begun = False
        self.stop: str | None = None
        self.refusal_category: str | None = None
        self._blocks: list[_Block] = []
        self._usage = Usage(input_tokens=input_tokens_guess, estimated=True)
        self._read_chars = 0

    def take(self, event: Any) -> str:
        """Read one event; hands back the text it adds to the answer."""
        match getattr(event, "type", ""):
            case "message_start":
                self.begun = True
                self.message_id = str(event.message.id or "")
                self.model = event.message.model or None
                self._count(event.message.usage, final=False)
            case "content_block_start":
                return self._begin(event.content_block)
            case "content_block_delta":
                return self._grow(self._blocks[event.index], event.delta)
            case "message_delta":
                self.stop = event.delta.stop_reason or self.stop
                details = getattr(event.delta, "stop_details", None)
                self.refusal_category = getattr(details, "category", None)
                self._count(event.usage, final=self.stop is not None)
        return ""

    @property
    def text(self) -> str:
        """Every word of the answer, as it was handed out."""
        texts: list[str] = []
        for block in self._blocks:
            if block.type == "text" and block.text:
                texts.append(_gap(texts) + block.text)
        return "".join(texts)

    @property
    def asks(self) -> bool:
        """Whether a tool is being asked for."""
        return any(block.type == "tool_use" for block in self._blocks)

    def usage(self) -> Usage:
        """Tokens so far: what was told, and a guess at the output while it goes on."""
        if not self._usage.estimated:
            return self._usage
        guess = ceil(self._read_chars / CLAUDE_CHARS_PER_TOKEN)
        return replace(self._usage, output_tokens=max(self._usage.output_tokens, guess))

    def stop_reason(self) -> StopReason:
        """Why it ended; a reason that is not known ends it like any other."""
        return _STOPS.get(self.stop or "", StopReason.END)

    @property
    def knows_stop(self) -> bool:
        """Whether the reason it told is one of those that are known."""
        return self.stop in _STOPS

    def tool_uses(self) -> tuple[ToolUse, ...]:
        """What it asks for; nothing unless it ended in order to ask, as the last may be cut."""
        if self.stop != "tool_use":
            return ()
        wholes = [block.whole() for block in self._blocks if block.type == "tool_use"]
        return tuple(
            ToolUse(
                id=str(whole.get("id", "")),
                tool=str(whole.get("name", "")),
                arguments=MappingProxyType(dict(whole["input"])),
            )
            for whole in wholes
        )

    def opaque(self) -> tuple[Payload, ...]:
        """All its blocks as they came, where one of them is the model's own; else none."""
        if all(block.type in _PLAIN_BLOCKS for block in self._blocks):
            return ()
        return tuple(block.whole() for block in self._blocks)

    def _begin(self, begun: Any) -> str:
        as_dict = begun.to_dict() if hasattr(begun, "to_dict") else dict(begun)
        before = self.text
        block = _Block(as_dict)
        self._blocks.append(block)
        if block.type == "text" and block.text:
            return self.text[len(before) :]
        return ""

    def _grow(self, block: _Block, delta: Any) -> str:
        match delta.type:
            case "text_delta":
                added: str = delta.text
                if not added:
                    return ""
                lead = "" if block.has_text else self._lead(block)
                block.pieces.append(added)
                self._read_chars += len(added)
                return lead + added
            case "input_json_delta":
                block.pieces.append(delta.partial_json)
                self._read_chars += len(delta.partial_json)
            case "thinking_delta":
                block.pieces.append(delta.thinking)
                self._read_chars += len(delta.thinking)
            case "signature_delta":
                block.signature = delta.signature
        return ""

    def _lead(self, block: _Block) -> str:
        """What parts a later block of text from the one before."""
        return _gap(
            [b.text for b in self._blocks if b.type == "text" and b is not block and b.text]
        )

    def _count(self, told: Any, *, final: bool) -> None:
        if told is None:
            return
        fields = {
            "input_tokens": told.input_tokens,
            "output_tokens": told.output_tokens,
            "cache_read_tokens": told.cache_read_input_tokens,
            "cache_write_tokens": told.cache_creation_input_tokens,
        }
        known = {name: int(value) for name, value in fields.items() if value is not None}
        self._usage = replace(self._usage, **known, estimated=not final)


def _gap(texts: list[str]) -> str:
    return "\n\n" if texts and not texts[-1][-1:].isspace() else ""


def _arguments(text: str) -> dict[str, Any]:
    """The arguments as they are written; never guessed where they cannot be read."""
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {UNREADABLE: text[:_SHOWN_CHARS]}
