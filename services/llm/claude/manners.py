"""How each Claude model is asked: how deep it thinks, and how much room that needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from services.llm.claude.config import ModelRole
from services.llm.provider import Effort

OUTPUT_TOKENS_MOST = 64_000
"""What every model that is still served may write, where nobody told more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a model takes; None where nobody has told."""

    efforts: frozenset[str] | None = None
    thinking: frozenset[str] | None = None
    """The values of `thinking.type` it accepts."""
    output_tokens_most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What a request says of depth, and how long its answer may be."""

    params: Mapping[str, Any]
    max_tokens: int


_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})
KNOWN: Mapping[str, ModelFacts] = MappingProxyType(
    {
        "claude-haiku-5-5": ModelFacts(efforts=_EFFORTS),
        "claude-sonnet-5-5": ModelFacts(
            efforts=_EFFORTS, thinking=frozenset({"adaptive", "between_tools"})
        ),
        "claude-opus-5-5": ModelFacts(efforts=_EFFORTS, thinking=frozenset({"adaptive"})),
    }
)
"""What is known before the API has been asked; what it tells then counts instead."""

_EFFORT_OF_ROLE = {
    ModelRole.ROUTINE: Effort.LOW,
    ModelRole.HARD: Effort.MEDIUM,
    ModelRole.ESCALATION: Effort.HIGH,
}
_THINKING_TOKENS = {Effort.LOW: 1_024, Effort.MEDIUM: 8_192, Effort.HIGH: 16_384}
"""Thinking counts as output: without room of its own it would eat the answer."""
_SHALLOW = ("disabled", "between_tools")


def decide_manner(
    facts: ModelFacts | None,
    *,
    roles: tuple[ModelRole, ...],
    effort: Effort | None,
    max_output_tokens: int,
) -> Manner:
    """How to ask a model that was given these roles."""
    facts = facts or ModelFacts()
    depth = effort or (_EFFORT_OF_ROLE[roles[0]] if roles else Effort.MEDIUM)
    params: dict[str, Any] = {}
    if facts.efforts is not None and depth.value in facts.efforts:
        params["output_config"] = {"effort": depth.value}
    thinking = _decide_thinking(facts.thinking, depth)
    if thinking is not None:
        params["thinking"] = {"type": thinking}
    room = 0 if thinking == "disabled" else _THINKING_TOKENS[depth]
    most = facts.output_tokens_most or OUTPUT_TOKENS_MOST
    return Manner(params=params, max_tokens=min(max_output_tokens + room, most))


def _decide_thinking(accepted: frozenset[str] | None, depth: Effort) -> str | None:
    if accepted is None:
        return None
    if depth is Effort.LOW:
        for shallow in _SHALLOW:
            if shallow in accepted:
                return shallow
    return "adaptive" if "adaptive" in accepted else None
