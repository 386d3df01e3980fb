"""What the queries of the gate take and hand back: frozen values, aware times."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRow:
    """A question to a person, as it is kept; what is JSON here has its shape from the gate."""

    id: str
    call_id: str
    tool: str
    arguments_json: str
    digest: str
    actor_kind: str
    actor_name: str
    actor_session: str | None
    actor_user: str | None
    reason: str
    tier: int
    why: str
    touches_json: str
    blast_json: str
    standing_json: str
    asked_at: datetime
    expires_at: datetime
    state: str
    decided_by: str | None = None
    decided_at: datetime | None = None
    because: str = ""
    result_json: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """How an approval goes from one state to the next."""

    id: str
    before: str
    """The state it must be in; in any other nothing is changed."""
    state: str
    because: str = ""
    decided_by: str | None = None
    decided_at: datetime | None = None
    arguments_json: str | None = None
    """What is kept of the arguments from now on; None leaves them."""
    result_json: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSearch:
    """Which entries of the audit are wanted; what is left out wants all."""

    actor: str | None = None
    """The whole actor; one that ends with a slash (`person/`) stands for all of its kind."""
    action: str | None = None
    outcome: str | None = None
    target: str | None = None
    """The whole target, or one of those it names."""
    since: datetime | None = None
    until: datetime | None = None
    """Up to but not including this moment."""
    text: str | None = None
    """Stands somewhere in actor, action, target, because or detail, in whatever case."""
