"""The tables of the gate as Pony sees them; nothing of this leaves `db`."""

from collections.abc import Mapping
from typing import Any

from pony import orm

# mypy: disable-error-code="misc"


def define_gate_entities(db: Any) -> Mapping[str, Any]:
    """Define them on `db`; hands back the classes by the names `Entities` gives them."""

    class Approval(db.Entity):
        _table_ = "approvals"
        number = orm.PrimaryKey(int, auto=True)
        id = orm.Required(str, unique=True)
        call_id = orm.Optional(str)
        tool = orm.Required(str)
        arguments_json = orm.Required(orm.LongStr, lazy=False)
        digest = orm.Required(str)
        actor_kind = orm.Required(str)
        actor_name = orm.Optional(str)
        actor_session = orm.Optional(str, nullable=True)
        actor_user = orm.Optional(str, nullable=True)
        reason = orm.Optional(orm.LongStr, lazy=False)
        tier = orm.Required(int)
        why = orm.Optional(orm.LongStr, lazy=False)
        touches_json = orm.Required(orm.LongStr, lazy=False)
        blast_json = orm.Required(orm.LongStr, lazy=False)
        standing_json = orm.Required(orm.LongStr, lazy=False)
        asked_at = orm.Required(str)
        expires_at = orm.Required(str)
        state = orm.Required(str)
        decided_by = orm.Optional(str, nullable=True)
        decided_at = orm.Optional(str, nullable=True)
        because = orm.Optional(orm.LongStr, lazy=False)
        result_json = orm.Optional(orm.LongStr, lazy=False, nullable=True)

    class GateState(db.Entity):
        _table_ = "gate_state"
        name = orm.PrimaryKey(str)
        value_json = orm.Required(orm.LongStr, lazy=False)
        changed_at = orm.Required(str)

    class OpenCall(db.Entity):
        _table_ = "open_calls"
        audit = orm.PrimaryKey(int)

    return {"Approval": Approval, "GateState": GateState, "OpenCall": OpenCall}
