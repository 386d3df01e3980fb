"""Accounts, their sessions, one-time links and preferences.

Changes that must be answerable for take the audit entry with them, in the same transaction.
"""

from datetime import datetime
from typing import Any

from pony import orm

from db.entities import Entities
from db.queries.audit import record_audit
from db.rows import NewAudit, SessionRow, UserRow
from db.times import as_stored, from_stored


def count_users(entities: Entities) -> int:
    """How many accounts there are."""
    return int(orm.count(user for user in entities.User))


def find_user(entities: Entities, name: str) -> UserRow | None:
    """The account of that name; capitals do not matter, as a phone writes them unasked."""
    wanted = name.strip().casefold()
    for entity in orm.select(user for user in entities.User):
        if entity.name.casefold() == wanted:
            return _user(entity)
    return None


def find_owner(entities: Entities) -> UserRow | None:
    """The first account."""
    entity = orm.select(user for user in entities.User).order_by(entities.User.id).first()
    return _user(entity) if entity else None


def record_first_user(
    entities: Entities, *, name: str, password_hash: str | None, at: datetime, audit: NewAudit
) -> UserRow | None:
    """Make the first account; None, and nothing written, when there is one already."""
    if count_users(entities):
        return None
    now = as_stored(at)
    entity = entities.User(
        name=name, password_hash=password_hash, created_at=now, password_changed_at=now
    )
    record_audit(entities, audit)
    orm.flush()
    return _user(entity)


def record_password_hash(
    entities: Entities,
    *,
    user_id: int,
    password_hash: str,
    name: str | None = None,
    at: datetime | None = None,
    audit: NewAudit | None = None,
) -> None:
    """Replace the hash; `at` is given when the password itself changed, not only its hashing."""
    user = entities.User[user_id]
    user.password_hash = password_hash
    if name is not None:
        user.name = name
    if at is not None:
        user.password_changed_at = as_stored(at)
    if audit is not None:
        record_audit(entities, audit)


def record_session(
    entities: Entities, session: SessionRow, *, replaces: str | None, audit: NewAudit
) -> None:
    """Keep a session that begins, and end the one its browser had before."""
    if replaces is not None and (old := entities.Session.get(key=replaces)):
        old.delete()
    entities.Session(
        key=session.key,
        user=session.user_id,
        created_at=as_stored(session.created_at),
        last_seen_at=as_stored(session.last_seen_at),
        expires_at=as_stored(session.expires_at),
        address=session.address,
        agent=session.agent,
    )
    record_audit(entities, audit)


def record_seen(entities: Entities, seen: dict[str, tuple[datetime, datetime]]) -> None:
    """Write when sessions were last seen and when they now expire, by key."""
    for key, (last_seen_at, expires_at) in seen.items():
        if entity := entities.Session.get(key=key):
            entity.last_seen_at = as_stored(last_seen_at)
            entity.expires_at = as_stored(expires_at)


def find_sessions(entities: Entities, *, now: datetime) -> list[SessionRow]:
    """The sessions that have not expired."""
    moment = as_stored(now)
    found = orm.select(s for s in entities.Session if s.expires_at > moment)
    return [_session(entity) for entity in found]


def delete_sessions(entities: Entities, keys: list[str], *, audit: NewAudit | None) -> int:
    """End sessions by key; tells how many there were."""
    gone = 0
    for key in keys:
        if entity := entities.Session.get(key=key):
            entity.delete()
            gone += 1
    if audit is not None:
        record_audit(entities, audit)
    return gone


def delete_expired(entities: Entities, *, now: datetime) -> int:
    """Remove sessions and links whose time is over; tells how many sessions went."""
    moment = as_stored(now)
    orm.delete(link for link in entities.Link if link.expires_at <= moment)
    return int(orm.delete(s for s in entities.Session if s.expires_at <= moment))


def record_link(
    entities: Entities, *, key: str, user_id: int, expires_at: datetime, audit: NewAudit
) -> None:
    """Keep a one-time link under the SHA-256 of its token."""
    entities.Link(key=key, user=user_id, expires_at=as_stored(expires_at))
    record_audit(entities, audit)


def take_link(entities: Entities, key: str, *, now: datetime) -> UserRow | None:
    """Use up a link: its account, or None when there is no such link or its time is over."""
    link = entities.Link.get(key=key)
    if link is None:
        return None
    user = _user(link.user) if link.expires_at > as_stored(now) else None
    link.delete()
    return user


def find_preferences(entities: Entities, user_id: int) -> str | None:
    """The account's preferences as JSON, or None when it never set any."""
    entity = entities.Preference.get(user=user_id)
    return str(entity.values_json) if entity else None


def record_preferences(entities: Entities, *, user_id: int, values_json: str, at: datetime) -> None:
    """Replace the account's preferences."""
    entity = entities.Preference.get(user=user_id)
    if entity is None:
        entities.Preference(user=user_id, values_json=values_json, changed_at=as_stored(at))
    else:
        entity.set(values_json=values_json, changed_at=as_stored(at))


def _user(entity: Any) -> UserRow:
    return UserRow(
        id=entity.id,
        name=entity.name,
        password_hash=entity.password_hash,
        created_at=from_stored(entity.created_at),
    )


def _session(entity: Any) -> SessionRow:
    return SessionRow(
        key=entity.key,
        user_id=entity.user.id,
        user_name=entity.user.name,
        created_at=from_stored(entity.created_at),
        last_seen_at=from_stored(entity.last_seen_at),
        expires_at=from_stored(entity.expires_at),
        address=entity.address,
        agent=entity.agent,
    )
