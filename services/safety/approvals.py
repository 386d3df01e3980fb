"""What an approval is bound to: one call to the letter, one user, five minutes, one use."""

import hashlib
import json
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from services.safety.actors import Actor

LIFETIME: Final = timedelta(minutes=5)
"""For so long a person may answer."""
PENDING_HIGH_WATER: Final = 20
"""Questions that may wait at once; past it a call is refused, not asked about."""


class ApprovalState(StrEnum):
    """The life of an approval; it leaves `pending` once and never returns."""

    PENDING = "pending"
    """It waits for a person."""
    APPROVED = "approved"
    """A person said yes, and the call is being checked anew and run."""
    REFUSED = "refused"
    """A person said no."""
    LAPSED = "lapsed"
    """Nobody answered in time."""
    CANCELLED = "cancelled"
    """It lost its ground: a stand-down, the end of its session, or a change of what it touches."""
    SPENT = "spent"
    """The call has run; what came of it is kept."""

    @property
    def is_open(self) -> bool:
        """Whether something can still come of it."""
        return self in (ApprovalState.PENDING, ApprovalState.APPROVED)


def canonical(arguments: Any) -> str:
    """JSON values as one text: the same for the same values, however they were ordered."""
    return json.dumps(
        arguments, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def digest_of(tool: str, arguments_json: str) -> str:
    """SHA-256 over the tool and its canonical arguments: what a person's yes is for."""
    return hashlib.sha256(f"{canonical(tool)}\n{arguments_json}".encode()).hexdigest()


def refuses_decider(by: Actor, *, user: str | None) -> str | None:
    """Why this one may not decide on an approval of that user's; None when they may."""
    if not by.is_person or not by.session:
        return "only a signed-in person decides"
    if user is not None and user != by.user:
        return f"it was asked for {user}, and only {user} decides on it"
    return None
