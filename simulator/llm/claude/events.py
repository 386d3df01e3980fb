"""The events of a streamed answer, in the order and the shapes the API sends them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulator.llm.pace import Pace

from .answer import Answer, Block
from .cache import Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One server-sent event; `tokens` is how long saying it takes, `said` what it adds."""

    name: str
    data: dict[str, Any]
    tokens: int = 0
    said: str = ""

    def encode(self) -> bytes:
        """As it goes over the wire."""
        data = json.dumps({"type": self.name, **self.data}, ensure_ascii=False)
        return f"event: {self.name}\ndata: {data}\n\n".encode()


def tell_message(
    answer: Answer, model: str, counted: Counted, diagnostics: dict[str, Any] | None
) -> dict[str, Any]:
    """The whole message, as an answer that is not streamed has it."""
    return {
        **_frame(answer, model, diagnostics),
        "content": [block.tell() for block in answer.blocks],
        "stop_reason": answer.stop,
        "stop_sequence": answer.stop_sequence,
        "stop_details": answer.stop_details,
        "usage": counted.usage(answer.output_tokens),
    }


def tell_events(
    answer: Answer, model: str, counted: Counted, diagnostics: dict[str, Any] | None, pace: Pace
) -> Iterator[Event]:
    """The same as events."""
    start = {
        **_frame(answer, model, diagnostics),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": counted.usage(1),
    }
    yield Event(name="message_start", data={"message": start})
    for index, block in enumerate(answer.blocks):
        yield Event(
            name="content_block_start", data={"index": index, "content_block": _opened(block)}
        )
        if index == 0:
            yield Event(name="ping", data={})
        for delta, tokens, said in _deltas(block, pace):
            yield Event(
                name="content_block_delta",
                data={"index": index, "delta": delta},
                tokens=tokens,
                said=said,
            )
        yield Event(name="content_block_stop", data={"index": index})
    usage = {
        "input_tokens": counted.fresh,
        "cache_creation_input_tokens": counted.written,
        "cache_read_input_tokens": counted.read,
        "output_tokens": answer.output_tokens,
    }
    delta = {
        "stop_reason": answer.stop,
        "stop_sequence": answer.stop_sequence,
        "stop_details": answer.stop_details,
    }
    yield Event(name="message_delta", data={"delta": delta, "usage": usage})
    yield Event(name="message_stop", data={})


def _frame(answer: Answer, model: str, diagnostics: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": answer.id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "container": None,
        "diagnostics": diagnostics,
    }


def _opened(block: Block) -> dict[str, Any]:
    if block.kind == "text":
        return {"type": "text", "text": "", "citations": None}
    if block.kind == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}


def _deltas(block: Block, pace: Pace) -> Iterator[tuple[dict[str, Any], int, str]]:
    if block.kind == "thinking":
        signature = (block.whole or {}).get("signature", "")
        yield {"type": "signature_delta", "signature": signature}, block.extra, ""
        return
    if block.kind == "tool_use":
        yield {"type": "input_json_delta", "partial_json": ""}, block.extra, ""
    for text, tokens in pace.split(block.text):
        if block.kind == "text":
            yield {"type": "text_delta", "text": text}, tokens, text
        else:
            yield {"type": "input_json_delta", "partial_json": text}, tokens, ""
