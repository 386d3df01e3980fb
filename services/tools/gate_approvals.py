"""An approval as the page shows it: the exact call, what it would touch, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from services.safety.actors import Actor
from services.safety.approvals import ApprovalState
from services.safety.tiers import Tier
from services.safety.touches import Touch
from services.tools.calls import ToolCall, ToolResult

BlastRow = tuple[str, str]
"""A label and its value, `—` with a reason where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A call that waits, or waited, for a person."""

    id: str
    """32 hex digits, random."""
    call: ToolCall
    """Its arguments are the validated ones; once it is decided, secrets are taken out of them."""
    actor: Actor
    tier: Tier
    why: str
    """Why it has this tier, in a clause."""
    touches: tuple[Touch, ...] = ()
    blast: tuple[BlastRow, ...] = ()
    """What it would do to the house, read when it was asked; in the order to be shown."""
    digest: str
    """SHA-256 over the tool and its canonical arguments."""
    asked_at: datetime
    expires_at: datetime
    state: ApprovalState = ApprovalState.PENDING
    decided_by: str | None = None
    """`person/owner`; None while it waits, and where no person decided."""
    decided_at: datetime | None = None
    because: str = ""
    """Why it was refused, lapsed or cancelled."""
    result: ToolResult | None = None
