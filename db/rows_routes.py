"""What the queries of the router take and hand back: frozen values, aware times, exact money."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoute:
    """One decision of the router, before it has a number."""

    at: datetime
    conversation: str | None = None
    message: str | None = None
    """The message that was decided about; its requests to models name it, too."""
    excerpt: str = ""
    """Its beginning, with secrets already taken out."""
    provider: str
    """`claude`, `local` or `direct`."""
    model_role: str
    needs_tools: bool
    step: str
    """The rule that decided."""
    kind: str
    score: float
    took_ms: float
    because: str
    features_json: str = "[]"
    """`[[name, weight], …]`, the heaviest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow(NewRoute):
    """A decision as it is stored, with what a person said of it."""

    id: int
    should_have_been: str = ""
    """`claude`, `local`, `direct`, `tools` or `no tools`; empty while nobody complained."""
    told_at: datetime | None = None
    told_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSum:
    """The decisions of one rule for one provider, and what their answers cost."""

    provider: str
    step: str
    routes: int
    misroutes: int
    requests: int
    """Requests to models that answered these messages."""
    cost_usd: Decimal
    always_claude_usd: Decimal
    """What the same tokens would have cost from Claude's everyday model."""
