"""The tables as Pony sees them; nothing of this leaves `db`."""

from dataclasses import dataclass
from typing import Any

from pony import orm

from db.entities_gate import define_gate_entities
from db.entities_journal import define_journal_entities
from db.entities_nodes import define_nodes_entities
from db.entities_talk import define_talk_entities

# mypy: disable-error-code="misc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """The entity classes bound to one open file, handed to every query as its first argument."""

    db: Any
    Event: Any
    Snapshot: Any
    User: Any
    Session: Any
    Link: Any
    Preference: Any
    Audit: Any
    Approval: Any
    GateState: Any
    OpenCall: Any
    HostKey: Any
    ModelRequest: Any
    Route: Any
    EventAck: Any


def define_entities(db: Any) -> Entities:
    """Define the entities on `db`, a `pony.orm.Database`; call before `generate_mapping`."""

    class Event(db.Entity):
        _table_ = "events"
        id = orm.PrimaryKey(int, auto=True)
        at = orm.Required(str)
        kind = orm.Required(str)
        severity = orm.Required(str)
        node = orm.Optional(str, nullable=True)
        subject = orm.Required(str)
        text = orm.Required(orm.LongStr, lazy=False)
        detail_json = orm.Required(orm.LongStr, lazy=False)

    class Snapshot(db.Entity):
        _table_ = "snapshots"
        id = orm.PrimaryKey(int, auto=True)
        taken_at = orm.Required(str)
        nodes_count = orm.Required(int)
        guests_count = orm.Required(int)
        payload = orm.Required(orm.buffer, lazy=True)

    class User(db.Entity):
        _table_ = "users"
        id = orm.PrimaryKey(int, auto=True)
        name = orm.Required(str, unique=True)
        password_hash = orm.Optional(str, nullable=True)
        created_at = orm.Required(str)
        password_changed_at = orm.Optional(str, nullable=True)
        sessions = orm.Set("Session")
        links = orm.Set("Link")
        preference = orm.Optional("Preference")

    class Session(db.Entity):
        _table_ = "sessions"
        key = orm.PrimaryKey(str)
        user = orm.Required(User)
        created_at = orm.Required(str)
        last_seen_at = orm.Required(str)
        expires_at = orm.Required(str)
        address = orm.Required(str)
        agent = orm.Optional(str)

    class Link(db.Entity):
        _table_ = "links"
        key = orm.PrimaryKey(str)
        user = orm.Required(User)
        expires_at = orm.Required(str)

    class Preference(db.Entity):
        _table_ = "preferences"
        user = orm.PrimaryKey(User)
        values_json = orm.Required(orm.LongStr, lazy=False)
        changed_at = orm.Required(str)

    class Audit(db.Entity):
        _table_ = "audit"
        id = orm.PrimaryKey(int, auto=True)
        at = orm.Required(str)
        actor = orm.Required(str)
        action = orm.Required(str)
        target = orm.Optional(str)
        outcome = orm.Required(str)
        because = orm.Optional(str)
        detail_json = orm.Required(orm.LongStr, lazy=False)
        prev_hash = orm.Optional(str)
        hash = orm.Required(str, unique=True)

    return Entities(
        db=db,
        Event=Event,
        Snapshot=Snapshot,
        User=User,
        Session=Session,
        Link=Link,
        Preference=Preference,
        Audit=Audit,
        **define_gate_entities(db),
        **define_nodes_entities(db),
        **define_talk_entities(db),
        **define_journal_entities(db),
    )
