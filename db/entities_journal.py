"""What stands beside the journal's events, as Pony sees it."""

from collections.abc import Mapping
from typing import Any

from pony import orm

# mypy: disable-error-code="misc"


def define_journal_entities(db: Any) -> Mapping[str, Any]:
    """Define what belongs to events on `db`; by the names of their fields in Entities."""

    class EventAck(db.Entity):
        _table_ = "event_acks"
        event = orm.PrimaryKey(int)
        acknowledged_at = orm.Required(str)
        acknowledged_by = orm.Required(str)

    return {"EventAck": EventAck}
