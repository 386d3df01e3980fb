"""The audit: appended to, never changed, each entry sealed with the hash of the one before."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pony import orm

from db.entities import Entities
from db.rows import AuditRow, NewAudit
from db.rows_gate import AuditSearch
from db.times import as_stored, from_stored

FIRST_HASH = "0" * 64
VERIFY_PAGE = 1_000
MAX_PAGE = 1_000
_COLUMNS = "id, at, actor, action, target, outcome, because, detail_json, prev_hash, hash"


def record_audit(entities: Entities, entry: NewAudit) -> AuditRow:
    """Append one entry to the chain."""
    last = orm.select(row for row in entities.Audit).order_by(orm.desc(entities.Audit.id)).first()
    fields = _fields(
        as_stored(entry.at),
        entry.actor,
        entry.action,
        entry.target,
        entry.outcome,
        entry.because,
        entry.detail_json,
    )
    prev_hash = last.hash if last else FIRST_HASH
    entity = entities.Audit(**fields, prev_hash=prev_hash, hash=chain_hash(prev_hash, fields))
    entity.flush()
    return _row(entity)


def find_audit(entities: Entities, *, before_id: int | None = None, limit: int) -> list[AuditRow]:
    """The newest entries, newest first."""
    rows = orm.select(row for row in entities.Audit)
    if before_id is not None:
        rows = rows.filter(lambda row: row.id < before_id)
    return [_row(entity) for entity in rows.order_by(orm.desc(entities.Audit.id)).limit(limit)]


def find_audit_entry(entities: Entities, audit_id: int) -> AuditRow | None:
    """One entry by its number."""
    entity = entities.Audit.get(id=audit_id)
    return _row(entity) if entity else None


def search_audit(
    entities: Entities,
    search: AuditSearch,
    *,
    before_id: int | None = None,
    after_id: int | None = None,
    limit: int = 50,
) -> list[AuditRow]:
    """Entries that fit, newest first below `before_id`; or oldest first above `after_id`."""
    wanted = ["1 = 1"]
    values: dict[str, Any] = {"rows": max(1, min(limit, MAX_PAGE))}
    if search.actor is not None and search.actor.endswith("/"):
        wanted.append("actor LIKE $actors ESCAPE '\\'")
        values["actors"] = f"{_literal(search.actor)}%"
        search = replace(search, actor=None)
    for column in ("actor", "action", "outcome"):
        if (value := getattr(search, column)) is not None:
            wanted.append(f"{column} = ${column}")
            values[column] = value
    if search.target is not None:
        wanted.append("(target = $target OR ' ' || target || ' ' LIKE $within ESCAPE '\\')")
        values |= {"target": search.target, "within": f"% {_literal(search.target)} %"}
    for name, comparison, moment in (("since", ">=", search.since), ("until", "<", search.until)):
        if moment is not None:
            wanted.append(f"at {comparison} ${name}")
            values[name] = as_stored(moment)
    if search.text:
        told = " || ' ' || ".join(("actor", "action", "target", "because", "detail_json"))
        # Pony makes LIKE tell cases apart, and gives SQLite a `lower` that knows all letters.
        wanted.append(f"py_lower({told}) LIKE $text ESCAPE '\\'")
        values["text"] = f"%{_literal(search.text.lower())}%"
    order = "DESC"
    if before_id is not None:
        wanted.append("id < $before")
        values["before"] = before_id
    if after_id is not None:
        wanted.append("id > $after")
        values["after"] = after_id
        order = "ASC"
    sql = (
        f"SELECT {_COLUMNS} FROM audit WHERE {' AND '.join(wanted)}"  # noqa: S608
        f" ORDER BY id {order} LIMIT $rows"
    )
    return [_from_columns(row) for row in entities.db.select(sql, {}, values)]


def find_broken_audit(entities: Entities) -> int | None:
    """The number of the first entry that does not fit the one before, or None when all do."""
    expected = FIRST_HASH
    for entity in _in_order(entities):
        fields = _fields(
            entity.at,
            entity.actor,
            entity.action,
            entity.target,
            entity.outcome,
            entity.because,
            entity.detail_json,
        )
        if entity.prev_hash != expected or entity.hash != chain_hash(expected, fields):
            return int(entity.id)
        expected = entity.hash
    return None


def _in_order(entities: Entities) -> Iterator[Any]:
    last = 0
    while True:
        after = last
        rows = orm.select(row for row in entities.Audit if row.id > after)
        page = rows.order_by(entities.Audit.id).limit(VERIFY_PAGE)[:]
        if not page:
            return
        yield from page
        last = page[-1].id


def chain_hash(prev_hash: str, fields: dict[str, str]) -> str:
    """SHA-256 over the hash before and the entry in canonical JSON."""
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{prev_hash}\n{text}".encode()).hexdigest()


def _fields(
    at: str, actor: str, action: str, target: str, outcome: str, because: str, detail_json: str
) -> dict[str, str]:
    return {
        "at": at,
        "actor": actor,
        "action": action,
        "target": target,
        "outcome": outcome,
        "because": because,
        "detail_json": detail_json,
    }


def _literal(text: str) -> str:
    """The text as LIKE takes it for itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def _from_columns(columns: Any) -> AuditRow:
    id_, at, actor, action, target, outcome, because, detail_json, prev_hash, hash_ = columns
    return AuditRow(
        id=id_,
        at=from_stored(at),
        actor=actor,
        action=action,
        target=target,
        outcome=outcome,
        because=because,
        detail_json=detail_json,
        prev_hash=prev_hash,
        hash=hash_,
    )


def _row(entity: Any) -> AuditRow:
    return AuditRow(
        id=entity.id,
        at=from_stored(entity.at),
        actor=entity.actor,
        action=entity.action,
        target=entity.target,
        outcome=entity.outcome,
        because=entity.because,
        detail_json=entity.detail_json,
        prev_hash=entity.prev_hash,
        hash=entity.hash,
    )
