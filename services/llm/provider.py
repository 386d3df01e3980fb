"""What a provider is to the agent: a request goes in, small frozen events come out."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from services.llm.messages import Message, ProviderName, ToolUse, Usage
from services.tools.calls import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTool:
    """A tool as a model is told of it."""

    name: str
    summary: str
    schema: Payload
    """JSON schema of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """Everything a provider needs for one answer."""

    system: str
    """Stable from request to request, so that it stays in the cache."""
    messages: tuple[Message, ...]
    """Oldest first; the last one is the user's or a tool answer."""
    context: str = ""
    """What changes (time, state of the cluster): the provider puts it into the last user turn."""
    tools: tuple[OfferedTool, ...] = ()
    model: str | None = None
    """None lets the provider take its usual one."""
    max_output_tokens: int = 2_048
    opaque: Mapping[str, tuple[Payload, ...]] = field(default_factory=dict)
    """By message id, the provider's own blocks of answers given earlier in this same turn."""
    grammar: str | None = None
    """llama-server's GBNF, for the yes/no question of the router; other providers refuse it."""


class StopReason(StrEnum):
    """Why a model ended its answer."""

    END = "end"
    TOOL_USE = "tool use"
    MAX_TOKENS = "max tokens"
    REFUSAL = "refusal"
    CONTEXT = "context exceeded"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The last event of every stream that went well: the whole of it, once more."""

    text: str
    tool_uses: tuple[ToolUse, ...]
    stop: StopReason
    usage: Usage
    model: str
    message_id: str = ""
    """The provider's own id of the answer."""
    first_token_ms: float | None = None
    total_ms: float = 0.0
    opaque: tuple[Payload, ...] = field(default=())
    """The provider's own blocks of this answer (signed thinking), to be handed back unchanged
    within the turn's tool loop and never stored."""


ProviderEvent = TextDelta | Answered


class Provider(Protocol):
    """One way to get an answer."""

    @property
    def name(self) -> ProviderName:
        """Which one it is."""

    def stream(self, request: ModelRequest) -> AsyncIterator[ProviderEvent]:
        """Deltas as they come, then one Answered.

        Raises services.llm.errors.ProviderError (never a vendor's own error); closing the
        iterator ends the generation at the other side.
        """
