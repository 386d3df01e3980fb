"""The host keys of the nodes: trusted by a person, forgotten by one, never overwritten."""

from datetime import datetime
from typing import Any

from pony import orm

from db.entities import Entities
from db.queries.audit import record_audit
from db.rows import NewAudit
from db.rows_nodes import HostKeyRow
from db.times import as_stored, from_stored


def find_host_keys(entities: Entities) -> list[HostKeyRow]:
    """The keys that are trusted now, one a node, by its name."""
    rows = orm.select(row for row in entities.HostKey if row.forgotten_at is None)
    return [_row(entity) for entity in rows.order_by(entities.HostKey.node)]


def record_host_key(entities: Entities, row: HostKeyRow) -> HostKeyRow:
    """Trust a key, and enter it in the audit; hands back the one that is trusted from then on.

    That is another one, and nothing is written, where the node has a trusted key already.
    """
    if (held := entities.HostKey.get(node=row.node, forgotten_at=None)) is not None:
        return _row(held)
    entities.HostKey(
        node=row.node,
        host=row.host,
        fingerprint=row.fingerprint,
        public_key=row.public_key,
        trusted_at=as_stored(row.trusted_at),
        trusted_by=row.trusted_by,
    )
    orm.flush()
    _audit(entities, row.trusted_at, row.trusted_by, "host-key.trust", row.node, row.fingerprint)
    return row


def forget_host_key(entities: Entities, node: str, *, at: datetime, by: str) -> HostKeyRow | None:
    """Withdraw the trust in a node's key, and enter it in the audit; hands back what it was."""
    entity = entities.HostKey.get(node=node, forgotten_at=None)
    if entity is None:
        return None
    row = _row(entity)
    entity.forgotten_at = as_stored(at)
    entity.forgotten_by = by
    orm.flush()
    _audit(entities, at, by, "host-key.forget", node, row.fingerprint)
    return row


def _audit(
    entities: Entities, at: datetime, by: str, action: str, node: str, fingerprint: str
) -> None:
    record_audit(
        entities,
        NewAudit(
            at=at,
            actor=f"user/{by}",
            action=action,
            target=f"node/{node}",
            outcome="done",
            because=fingerprint,
        ),
    )


def _row(entity: Any) -> HostKeyRow:
    return HostKeyRow(
        node=entity.node,
        host=entity.host,
        fingerprint=entity.fingerprint,
        public_key=entity.public_key,
        trusted_at=from_stored(entity.trusted_at),
        trusted_by=entity.trusted_by,
    )
