"""A tool call and what comes of it: the values that cross the gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from services.safety.tiers import Tier

Payload = Mapping[str, Any]
"""JSON values only: text, numbers, booleans, None, lists and mappings of them."""
NOTHING: Payload = MappingProxyType({})
UNREADABLE: Final = "unreadable_arguments"
"""The one argument of a call whose own could not be read; no tool takes it, so it is refused."""


class Outcome(StrEnum):
    """How a call ended; the list is closed."""

    DONE = "done"
    """What was asked for is so: read, or changed and verified by a read."""
    EMPTY = "empty"
    """It was read, and there is nothing."""
    FAILED = "failed"
    """It was tried and did not come about; `because` tells why."""
    REFUSED = "refused"
    """It was not tried: a rule, a person or a missing right forbids it."""
    WAITING = "waiting"
    """A person has to decide; `approval_id` names the question."""
    TIMED_OUT = "timed out"
    """It took longer than it may; what it has done is not known."""
    UNKNOWN = "unknown"
    """It was sent, and its effect could not be read; also what a crash or a stop leaves behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A wish, as it came: nothing in it is trusted."""

    id: str
    """Unique within its conversation; the provider's own id where a model asks."""
    tool: str
    arguments: Payload = field(default_factory=lambda: NOTHING)
    reason: str = ""
    """Why it is asked for, in the asker's words; shown, never obeyed."""
    must_ask: str = ""
    """Why a person has to be asked although the tier alone would let it run; whoever calls may
    only ever make the gate stricter by it. Empty leaves it to the tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What became of a call: the same for whoever asked."""

    call_id: str
    tool: str
    outcome: Outcome
    because: str = ""
    """One sentence without a full stop where the outcome wants one; empty when plainly done."""
    text: str = ""
    """What was found, for a model or a person to read: redacted and capped."""
    data: Payload = field(default_factory=lambda: NOTHING)
    """The same as values, redacted."""
    tier: Tier | None = None
    """Unknown where the call did not even name a tool."""
    verified: bool | None = None
    """Whether a read after a change found it done; None where nothing was changed."""
    read_at: datetime | None = None
    """How old what was found is."""
    cut_bytes: int = 0
    """How much of the text was left out."""
    approval_id: str | None = None
    audit_id: int | None = None
    duration_ms: float = 0.0
