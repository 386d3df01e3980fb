"""What a provider is to the agent: a request goes in, small frozen events come out."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from services.llm.digests import plain
from services.llm.messages import Message, ProviderName, ToolUse, Usage
from services.tools.calls import Payload


@dataclass(frozen=True, kw_only=True)
class OfferedTool:
    """A tool as a model is told of it; what each request makes of it is made once."""

    name: str
    summary: str
    schema: Payload
    """JSON schema of its arguments."""

    @cached_property
    def plain_schema(self) -> Payload:
        """The schema as dictionaries and lists, for whoever reads it and writes nothing to it."""
        schema: Payload = plain(self.schema)
        return schema

    @cached_property
    def size_bytes(self) -> int:
        """How long its name, its summary and its schema are as JSON."""
        told = json.dumps(self.plain_schema) + self.name + self.summary
        return len(told.encode("utf-8", "replace"))


class Effort(StrEnum):
    """How deep a model thinks before it answers; only Claude knows the difference."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """For whom and why a request is made: what its row among the costs tells."""

    actor: str = ""
    """`person/owner`, as `Actor.id` has it."""
    user: str | None = None
    session: str | None = None
    """The key of the signed-in session."""
    conversation_id: str | None = None
    message_id: str | None = None
    """The message that is being answered."""
    because: str = ""
    """The route's own words."""


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
    effort: Effort | None = None
    """None lets the provider choose by the model."""
    account: Account = field(default_factory=Account)


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
    because: str = ""
    """Why it stopped, where the provider told more than the reason, such as the category of a
    refusal."""
    cost_usd: Decimal | None = None
    """What it cost; None until it was counted."""
    window_used_ratio: float | None = None
    """Of a local model: how much of the room for a prompt the conversation would take. From 0.8
    on the talk offers a new session; above 1 older messages were left out."""
    left_out_messages: int = 0
    """Of a local model: how many earlier messages it was not shown."""


ProviderEvent = TextDelta | Answered


@dataclass(slots=True, kw_only=True)
class Meter:
    """What one request has used so far: filled by those who serve it, read by whoever asked.

    It outlives the stream, so that an answer that was stopped or failed can be told with its cost.
    """

    read_usage: Callable[[], Usage] | None = None
    """Set by the provider once there is something to read."""
    model: str | None = None
    first_token_ms: float | None = None
    total_ms: float = 0.0
    cost_usd: Decimal | None = None
    """Set once the request has ended, in whatever way, and was counted."""

    @property
    def usage(self) -> Usage:
        """Tokens so far; marked as estimated until the provider has told the final figures."""
        return self.read_usage() if self.read_usage is not None else Usage()


class Provider(Protocol):
    """One way to get an answer."""

    @property
    def name(self) -> ProviderName:
        """Which one it is."""

    def stream(
        self, request: ModelRequest, meter: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Deltas as they come, then one Answered.

        Raises services.llm.errors.ProviderError (never a vendor's own error). Whoever leaves it
        early closes it (`contextlib.aclosing`): that ends the generation at the other side.
        """
