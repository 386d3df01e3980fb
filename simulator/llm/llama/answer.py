"""From a step to what llama-server says: bound by a grammar, a schema, a budget, or by nothing."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from simulator.llm.brain.doubt import needs_tools
from simulator.llm.ids import make_id
from simulator.llm.mind import decide_words, force_call
from simulator.llm.schema import fit_step, tell_json
from simulator.llm.talk import Step
from simulator.llm.tokens import count_tokens, split_pieces
from simulator.llm.trouble import Fate

from .request import Request

_YES: Final = re.compile(r"\s*(yes|true|tools?|needed|1)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said, and why it ended."""

    text: str
    calls: tuple[dict[str, Any], ...] = ()
    """As the API tells a call, its arguments as JSON text."""
    finish: str = "stop"

    @property
    def tokens(self) -> int:
        """How long it is; the end of a text is a token as well."""
        calls = sum(count_tokens(json.dumps(call["function"])) for call in self.calls)
        return count_tokens(self.text) + calls + (self.finish == "stop")


def make_answer(request: Request, fate: Fate, room: int) -> Answer:
    """The answer to that request.

    :param room: tokens the context still holds.
    """
    if request.choices:
        return Answer(text=_choose(request))
    spoken = decide_words(request.talk, fate)
    step = spoken.step
    if request.schema is not None:
        step = Step(text=tell_json(fit_step(step, request.schema)))
        if spoken.malformed:
            step = Step(text=step.text[: max(1, len(step.text) * 2 // 3)])
    elif request.forced:
        step = force_call(step, request.talk, None)
    if request.silent:
        step = Step(text=step.text or "I may use no tool here.")
    text = step.text
    for stop in request.stops:
        text = text.partition(stop)[0]
    most = room if request.most_tokens is None else min(room, request.most_tokens)
    if fate.has("llm-max-tokens"):
        most = min(most, max(1, count_tokens(text) // 2))
    pieces = split_pieces(text)
    if len(pieces) > most:
        return Answer(text="".join(pieces[:most]), finish="length")
    calls = tuple(
        {
            "type": "function",
            "id": make_id("", 32),
            "function": {
                "name": call.tool,
                "arguments": json.dumps(dict(call.arguments))[: -1 if spoken.malformed else None],
            },
        }
        for call in step.calls
    )
    return Answer(text=text, calls=calls, finish="tool_calls" if calls else "stop")


def _choose(request: Request) -> str:
    """The alternative that says whether the message needs tools; the first where none does."""
    wanted = needs_tools(request.talk)
    for choice in request.choices:
        if bool(_YES.match(choice)) is wanted:
            return choice
    return request.choices[0]
