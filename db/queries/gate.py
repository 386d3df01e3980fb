"""How the gate stands, and the two entries of the audit that every call leaves."""

from datetime import datetime

from pony import orm

from db.entities import Entities
from db.queries.audit import find_audit_entry, record_audit
from db.rows import AuditRow, NewAudit, read_detail
from db.times import as_stored

BEGUN = "begun"
"""The outcome of a call's first entry, made before anything is done."""
ACCEPTED = "accepted"
"""The outcome of the entry that names the task by which Proxmox does a change."""


def record_begun(entities: Entities, entry: NewAudit) -> AuditRow:
    """Enter a call that is about to run, and remember that it has not ended."""
    row = record_audit(entities, entry)
    entities.OpenCall(audit=row.id)
    return row


def record_ended(entities: Entities, begun_id: int, entry: NewAudit) -> AuditRow:
    """Enter how the call of that first entry ended."""
    open_call = entities.OpenCall.get(audit=begun_id)
    if open_call is not None:
        open_call.delete()
    return record_audit(entities, entry)


def find_unended(entities: Entities) -> list[tuple[AuditRow, str | None]]:
    """First entries whose last is missing: calls in whose middle the process ended.

    Each with the UPID of the task that does it; None where none is on record.
    """
    ids = [call.audit for call in orm.select(c for c in entities.OpenCall)]
    found = (find_audit_entry(entities, audit_id) for audit_id in sorted(ids))
    return [(row, _task_of(entities, row)) for row in found if row is not None]


def _task_of(entities: Entities, begun: AuditRow) -> str | None:
    """The last one that was named: what came before it had ended."""
    id, action = begun.id, begun.action
    rows = orm.select(
        (row.id, row.detail_json)
        for row in entities.Audit
        if row.outcome == ACCEPTED and row.id > id and row.action == action
    )
    told = (read_detail(detail) for _, detail in rows.order_by(orm.desc(1)))
    return next((str(each["upid"]) for each in told if each.get("of") == id), None)


def find_begun_since(entities: Entities, since: datetime) -> list[tuple[str, str, str]]:
    """Moment, actor and detail of every call begun since then, oldest first."""
    moment = as_stored(since)
    rows = orm.select(
        (row.id, row.at, row.actor, row.detail_json)
        for row in entities.Audit
        if row.outcome == BEGUN and row.at >= moment
    )
    return [(at, actor, detail) for _, at, actor, detail in rows.order_by(1)]


def find_state(entities: Entities, name: str) -> str | None:
    """What is kept under that name, as JSON."""
    entity = entities.GateState.get(name=name)
    return str(entity.value_json) if entity else None


def record_state(
    entities: Entities,
    name: str,
    value_json: str | None,
    *,
    at: datetime,
    audit: NewAudit | None = None,
) -> None:
    """Keep something under that name, or nothing any more, and enter it in the audit."""
    entity = entities.GateState.get(name=name)
    if value_json is None:
        if entity is not None:
            entity.delete()
    elif entity is None:
        entities.GateState(name=name, value_json=value_json, changed_at=as_stored(at))
    else:
        entity.set(value_json=value_json, changed_at=as_stored(at))
    if audit is not None:
        record_audit(entities, audit)
