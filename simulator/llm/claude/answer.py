"""From a step to the blocks of a message: cut where the request says so, and counted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from simulator.llm.ids import make_id
from simulator.llm.mind import decide_words, force_call
from simulator.llm.schema import fit_step, tell_json
from simulator.llm.talk import Step
from simulator.llm.tokens import count_tokens, split_pieces
from simulator.llm.trouble import Fate

from .request import Request

CALL_EXTRA: Final = 24
"""Tokens around a tool call that its arguments do not show."""
THINKING_TOKENS: Final = 36
REFUSAL: Final = {
    "type": "refusal",
    "category": "cyber",
    "explanation": "The request could enable cyber harm.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of the answer; `text` is words, or the JSON of a call's arguments."""

    kind: Literal["text", "thinking", "tool_use"]
    text: str = ""
    id: str = ""
    name: str = ""
    whole: Mapping[str, Any] | None = None
    """The thinking block as it is."""

    @property
    def extra(self) -> int:
        """The tokens it has beside its text."""
        return {"text": 0, "thinking": THINKING_TOKENS, "tool_use": CALL_EXTRA}[self.kind]

    def tell(self) -> dict[str, Any]:
        """As a message that is not streamed has it."""
        if self.kind == "text":
            return {"type": "text", "text": self.text, "citations": None}
        if self.kind == "thinking":
            return dict(self.whole or {})
        return {"type": "tool_use", "id": self.id, "name": self.name, "input": _read(self.text)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, before it goes out."""

    id: str
    blocks: tuple[Block, ...]
    stop: str
    stop_sequence: str | None = None
    stop_details: Mapping[str, Any] | None = None
    output_tokens: int = 0


def make_answer(request: Request, fate: Fate, thinking: Mapping[str, Any] | None) -> Answer:
    """What the model says to that request.

    :param thinking: the signed block it begins with, None where it does not think.
    """
    spoken = decide_words(request.talk, fate)
    step = _as_asked(spoken.step, request)
    blocks = [Block(kind="thinking", whole=thinking)] if thinking is not None else []
    text, stopped_by = _stop_at(step.text, request.stop_sequences)
    if text:
        blocks.append(Block(kind="text", text=text))
    if stopped_by is None:
        blocks += _calls(step, malformed=spoken.malformed)
    stop = "tool_use" if any(block.kind == "tool_use" for block in blocks) else "end_turn"
    if stopped_by is not None:
        stop = "stop_sequence"
    whole = sum(count_tokens(block.text) + block.extra for block in blocks)
    dense = request.model.dense
    budget = int(request.max_tokens / dense)
    details: Mapping[str, Any] | None = None
    for fault, reason in (
        ("llm-refusal", "refusal"),
        ("llm-context-exceeded", "model_context_window_exceeded"),
        ("llm-max-tokens", "max_tokens"),
    ):
        if fate.has(fault):
            budget, stop, stopped_by = min(budget, _middle(blocks, whole)), reason, None
            details = REFUSAL if reason == "refusal" else None
            blocks = _cut(blocks, budget)
            break
    else:
        if whole > budget:
            blocks, stop, stopped_by = _cut(blocks, budget), "max_tokens", None
    if stop == "refusal":
        blocks = [block for block in blocks if block.kind == "text"]
    said = sum(count_tokens(block.text) + block.extra for block in blocks)
    return Answer(
        id=make_id("msg_01"),
        blocks=tuple(blocks),
        stop=stop,
        stop_sequence=stopped_by,
        stop_details=details,
        output_tokens=min(request.max_tokens, max(1, round(said * dense))),
    )


def _as_asked(step: Step, request: Request) -> Step:
    """The step bent to what the request allows or demands."""
    choice = request.tool_choice
    if request.schema is not None and not step.calls:
        return Step(text=tell_json(fit_step(step, request.schema)))
    if choice["type"] == "none":
        return Step(text=step.text or "I may use no tool here.")
    if choice["type"] in ("any", "tool"):
        step = force_call(step, request.talk, choice.get("name"))
    if choice.get("disable_parallel_tool_use") is True:
        return Step(text=step.text, calls=step.calls[:1])
    return step


def _stop_at(text: str, sequences: tuple[str, ...]) -> tuple[str, str | None]:
    found = [(text.index(one), one) for one in sequences if one in text]
    if not found:
        return text, None
    place, sequence = min(found)
    return text[:place], sequence


def _calls(step: Step, *, malformed: bool) -> list[Block]:
    blocks = []
    for call in step.calls:
        text = json.dumps(dict(call.arguments), ensure_ascii=False)
        if malformed:
            text = "{'" + text.strip("{}").replace('"', "'") + ", oops"
        blocks.append(Block(kind="tool_use", id=make_id("toolu_01"), name=call.tool, text=text))
    return blocks


def _middle(blocks: list[Block], whole: int) -> int:
    """Where an answer breaks off: in its last block, so that a call is cut and not left out."""
    last = blocks[-1] if blocks else Block(kind="text")
    return whole - max(1, count_tokens(last.text) // 2 + 1)


def _cut(blocks: list[Block], budget: int) -> list[Block]:
    """As much of the blocks as so many tokens hold."""
    kept: list[Block] = []
    for block in blocks:
        pieces = split_pieces(block.text)
        room = budget - block.extra
        if room < 0 or (room == 0 and pieces):
            break
        text = "".join(pieces[:room])
        kept.append(
            Block(kind=block.kind, text=text, id=block.id, name=block.name, whole=block.whole)
        )
        budget = room - len(pieces)
        if budget <= 0:
            break
    return kept


def _read(text: str) -> dict[str, Any]:
    """The arguments of a call; where they cannot be read, the text as it was said."""
    try:
        found = json.loads(text)
    except ValueError:
        return {"unreadable": text}
    return found if isinstance(found, dict) else {}
