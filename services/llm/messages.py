"""The canonical message: what is stored, and what each provider's adapter translates."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from services.safety.tiers import Tier
from services.tools.calls import NOTHING, Outcome, Payload


class Role(StrEnum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    """The results of the tool uses of the assistant's message before it, all of them."""


class ProviderName(StrEnum):
    """Who can answer."""

    CLAUDE = "claude"
    LOCAL = "local"
    DIRECT = "direct"
    """No model: rules and templates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """The assistant asks for a tool."""

    id: str
    tool: str
    arguments: Payload = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAnswer:
    """What a tool found, already redacted and capped; `text` is data, never instruction."""

    id: str
    """The ToolUse it answers."""
    tool: str
    outcome: Outcome
    text: str
    digest: str = ""
    """One line that stands for it once it is old, or before a model with little room."""
    duration_ms: float = 0.0
    because: str = ""
    """Why the outcome is what it is, for a person; `text` says it to a model."""
    tier: Tier | None = None
    approval_id: str | None = None
    """The question a person was asked about it."""


Part = Text | ToolUse | ToolAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one request; `input_tokens` excludes both cache fields, as Anthropic counts."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    estimated: bool = False
    """Whether the provider did not tell (a stream that was stopped), so that we guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation, as it is stored."""

    id: str
    conversation_id: str
    role: Role
    parts: tuple[Part, ...]
    at: datetime
    provider: ProviderName | None = None
    model: str | None = None
    usage: Usage | None = None
    cost_usd: Decimal | None = None
    total_ms: int | None = None
    """Of an answer: since the question, without the time in which a person decided; None where it
    was not measured."""
    because: str = ""
    """Why this provider: the route's own words, and each fallback on the way."""
    ended_by: str = ""
    """Why it is not whole, such as `stopped by owner`; empty for a whole one."""

    @property
    def text(self) -> str:
        """Its words alone."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def is_quoted(self) -> bool:
        """Whether its words were put together from what machines said, and not by a model."""
        return self.provider is ProviderName.DIRECT

    @property
    def tool_uses(self) -> tuple[ToolUse, ...]:
        """What it asks for."""
        return tuple(part for part in self.parts if isinstance(part, ToolUse))
