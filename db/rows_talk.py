"""What the talk's queries take and hand back: frozen values, aware times, exact money."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewModelRequest:
    """One request to a model, before it has a number."""

    at: datetime
    """When it was sent."""
    provider: str
    """`claude`, `local` or `direct`."""
    model: str
    input_tokens: int = 0
    """Without both cache fields."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    is_estimated: bool = False
    """Whether tokens or price are a guess."""
    cost_usd: Decimal = Decimal(0)
    always_claude_usd: Decimal = Decimal(0)
    """What the same tokens would have cost at the everyday model's price; always an estimate where
    another than Claude answered."""
    first_token_ms: float | None = None
    total_ms: float = 0.0
    because: str = ""
    """Why this provider: the route's words."""
    conversation: str | None = None
    message: str | None = None
    """The message that was being answered."""
    session: str | None = None
    """The key of the signed-in session."""
    user: str | None = None
    actor: str = ""
    outcome: str = "done"
    """`done`, `stopped`, `failed` or `refused`."""
    ended_because: str = ""
    """Why it is not `done`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequestRow(NewModelRequest):
    """One request to a model; a higher `id` was recorded later."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSum:
    """What some requests used and cost together."""

    requests: int = 0
    estimated_requests: int = 0
    failed_requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    always_claude_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost:
    """The sum of one model."""

    provider: str
    model: str
    sum: CostSum


@dataclass(frozen=True, slots=True, kw_only=True)
class SparedSum:
    """Answers that others than Claude gave, and gave to their end."""

    requests: int = 0
    always_claude_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCost:
    """The sum of one hour, in UTC."""

    hour: datetime
    sum: CostSum


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationCost:
    """The sum of one conversation, from its first request to its last."""

    conversation: str
    first_at: datetime
    last_at: datetime
    sum: CostSum
