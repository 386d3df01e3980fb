"""An approval as the page shows it, and the row that keeps it."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from db.rows_gate import ApprovalRow
from services.clock import as_stored, from_stored
from services.safety.actors import Actor, ActorKind
from services.safety.approvals import ApprovalState
from services.safety.tiers import Tier
from services.safety.touches import Touch, TouchKind
from services.tools.blast import BlastRow
from services.tools.blast_sight import Standing
from services.tools.calls import Outcome, Payload, ToolCall, ToolResult


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
    standing: Standing = field(default_factory=lambda: MappingProxyType({}))
    """How what it touches stood when it was asked; it runs only if that is still so."""
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

    def answer(self) -> ToolResult:
        """What became of the call, for whoever waited for it; only once it is settled."""
        if self.result is not None:
            return self.result
        return ToolResult(
            call_id=self.call.id,
            tool=self.call.tool,
            outcome=Outcome.REFUSED,
            because=self.because,
            tier=self.tier,
            approval_id=self.id,
        )


def to_row(approval: Approval, arguments_json: str) -> ApprovalRow:
    """A pending approval as it is kept."""
    return ApprovalRow(
        id=approval.id,
        call_id=approval.call.id,
        tool=approval.call.tool,
        arguments_json=arguments_json,
        digest=approval.digest,
        actor_kind=approval.actor.kind.value,
        actor_name=approval.actor.name,
        actor_session=approval.actor.session,
        actor_user=approval.actor.user,
        reason=approval.call.reason,
        tier=int(approval.tier),
        why=approval.why,
        touches_json=json.dumps([_touch_told(touch) for touch in approval.touches]),
        blast_json=json.dumps(approval.blast, ensure_ascii=False),
        standing_json=json.dumps(dict(approval.standing), ensure_ascii=False),
        asked_at=approval.asked_at,
        expires_at=approval.expires_at,
        state=approval.state.value,
    )


def from_row(row: ApprovalRow) -> Approval:
    """What was kept. Raises ValueError, KeyError or TypeError for what cannot be read."""
    return Approval(
        id=row.id,
        call=ToolCall(
            id=row.call_id,
            tool=row.tool,
            arguments=json.loads(row.arguments_json),
            reason=row.reason,
        ),
        actor=Actor(
            kind=ActorKind(row.actor_kind),
            name=row.actor_name,
            session=row.actor_session,
            user=row.actor_user,
        ),
        tier=Tier(row.tier),
        why=row.why,
        touches=tuple(_touch_from(told) for told in json.loads(row.touches_json)),
        blast=tuple((label, value) for label, value in json.loads(row.blast_json)),
        standing=json.loads(row.standing_json),
        digest=row.digest,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        state=ApprovalState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        because=row.because,
        result=result_from(row.result_json) if row.result_json else None,
    )


def settled(
    approval: Approval,
    state: ApprovalState,
    *,
    arguments: Payload,
    because: str = "",
    result: ToolResult | None = None,
) -> Approval:
    """The same at the end of its life, with what may be kept of its arguments."""
    return replace(
        approval,
        state=state,
        because=because,
        result=result,
        call=replace(approval.call, arguments=arguments),
    )


def result_json(result: ToolResult) -> str:
    """A result as it is kept: it is redacted and capped already."""
    return json.dumps(
        {
            "call_id": result.call_id,
            "tool": result.tool,
            "outcome": result.outcome.value,
            "because": result.because,
            "text": result.text,
            "data": dict(result.data),
            "tier": None if result.tier is None else int(result.tier),
            "verified": result.verified,
            "read_at": as_stored(result.read_at) if result.read_at else None,
            "cut_bytes": result.cut_bytes,
            "approval_id": result.approval_id,
            "audit_id": result.audit_id,
            "duration_ms": result.duration_ms,
        },
        ensure_ascii=False,
    )


def result_from(text: str) -> ToolResult:
    """What `result_json` wrote."""
    told = json.loads(text)
    return ToolResult(
        **{
            **told,
            "outcome": Outcome(told["outcome"]),
            "tier": None if told["tier"] is None else Tier(told["tier"]),
            "read_at": from_stored(told["read_at"]) if told["read_at"] else None,
        }
    )


def _touch_told(touch: Touch) -> dict[str, Any]:
    return {"kind": touch.kind.value, "id": touch.id, "node": touch.node, "ends": touch.ends}


def _touch_from(told: dict[str, Any]) -> Touch:
    return Touch(
        kind=TouchKind(told["kind"]), id=told["id"], node=told["node"], ends=bool(told["ends"])
    )
