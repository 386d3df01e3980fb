"""Approvals: asked once, settled once, each step with its entry in the audit."""

from typing import Any

from pony import orm

from db.entities import Entities
from db.queries.audit import record_audit
from db.rows import NewAudit
from db.rows_gate import ApprovalRow, Settling
from db.times import as_stored, from_stored

MAX_PAGE = 500
OPEN_STATES = ("pending", "approved")


def record_approval(entities: Entities, approval: ApprovalRow, *, audit: NewAudit) -> None:
    """Keep a question and enter it in the audit, both or neither."""
    entities.Approval(
        id=approval.id,
        call_id=approval.call_id,
        tool=approval.tool,
        arguments_json=approval.arguments_json,
        digest=approval.digest,
        actor_kind=approval.actor_kind,
        actor_name=approval.actor_name,
        actor_session=approval.actor_session,
        actor_user=approval.actor_user,
        reason=approval.reason,
        tier=approval.tier,
        why=approval.why,
        touches_json=approval.touches_json,
        blast_json=approval.blast_json,
        standing_json=approval.standing_json,
        asked_at=as_stored(approval.asked_at),
        expires_at=as_stored(approval.expires_at),
        state=approval.state,
        because=approval.because,
    )
    orm.flush()
    record_audit(entities, audit)


def settle_approval(
    entities: Entities, settling: Settling, *, audit: NewAudit | None = None
) -> bool:
    """Take an approval from one state to the next; False, and no entry, when it is not in it.

    One statement looks and changes, so of two who come at once one finds it changed.
    """
    values: dict[str, Any] = {
        "id": settling.id,
        "before": settling.before,
        "state": settling.state,
        "because": settling.because,
        "decided_by": settling.decided_by,
        "decided_at": as_stored(settling.decided_at) if settling.decided_at else None,
        "arguments": settling.arguments_json,
        "result": settling.result_json,
    }
    cursor = entities.db.execute(
        "UPDATE approvals SET state = $state, because = $because,"
        " decided_by = coalesce($decided_by, decided_by),"
        " decided_at = coalesce($decided_at, decided_at),"
        " arguments_json = coalesce($arguments, arguments_json),"
        " result_json = coalesce($result, result_json)"
        " WHERE id = $id AND state = $before",
        {},
        values,
    )
    if cursor.rowcount != 1:
        return False
    if audit is not None:
        record_audit(entities, audit)
    return True


def find_approval(entities: Entities, approval_id: str) -> ApprovalRow | None:
    """One approval by its id."""
    entity = entities.Approval.get(id=approval_id)
    return _row(entity) if entity else None


def find_approvals(
    entities: Entities, *, limit: int, before_id: str | None = None
) -> list[ApprovalRow]:
    """The newest, newest first; those asked before `before_id` when it names one."""
    rows = orm.select(row for row in entities.Approval)
    if before_id is not None:
        before = entities.Approval.get(id=before_id)
        if before is None:
            return []
        number = before.number
        rows = rows.filter(lambda row: row.number < number)
    page = rows.order_by(orm.desc(entities.Approval.number)).limit(max(1, min(limit, MAX_PAGE)))
    return [_row(entity) for entity in page]


def find_open_approvals(entities: Entities) -> list[ApprovalRow]:
    """Those of which something can still come, oldest first."""
    rows = orm.select(row for row in entities.Approval if row.state in OPEN_STATES)
    return [_row(entity) for entity in rows.order_by(entities.Approval.number)]


def _row(entity: Any) -> ApprovalRow:
    return ApprovalRow(
        id=entity.id,
        call_id=entity.call_id,
        tool=entity.tool,
        arguments_json=entity.arguments_json,
        digest=entity.digest,
        actor_kind=entity.actor_kind,
        actor_name=entity.actor_name,
        actor_session=entity.actor_session,
        actor_user=entity.actor_user,
        reason=entity.reason,
        tier=entity.tier,
        why=entity.why,
        touches_json=entity.touches_json,
        blast_json=entity.blast_json,
        standing_json=entity.standing_json,
        asked_at=from_stored(entity.asked_at),
        expires_at=from_stored(entity.expires_at),
        state=entity.state,
        decided_by=entity.decided_by,
        decided_at=from_stored(entity.decided_at) if entity.decided_at else None,
        because=entity.because,
        result_json=entity.result_json,
    )
