"""The talk's tables as Pony sees them.

The tables of sums are written with statements alone: an upsert has no entity.
"""

from collections.abc import Mapping
from typing import Any

from pony import orm

# mypy: disable-error-code="misc"


def define_talk_entities(db: Any) -> Mapping[str, Any]:
    """Define them on `db`; hands them back by the names `Entities` has for them."""

    class ModelRequest(db.Entity):
        _table_ = "model_requests"
        id = orm.PrimaryKey(int, auto=True)
        at = orm.Required(str)
        provider = orm.Required(str)
        model = orm.Required(str)
        input_tokens = orm.Required(int, size=64)
        output_tokens = orm.Required(int, size=64)
        cache_read_tokens = orm.Required(int, size=64)
        cache_write_tokens = orm.Required(int, size=64)
        is_estimated = orm.Required(bool)
        cost_picousd = orm.Required(int, size=64)
        always_claude_picousd = orm.Required(int, size=64)
        first_token_ms = orm.Optional(float)
        total_ms = orm.Required(float)
        because = orm.Optional(str)
        conversation = orm.Optional(str, nullable=True)
        message = orm.Optional(str, nullable=True)
        session = orm.Optional(str, nullable=True)
        user_name = orm.Optional(str, nullable=True)
        actor = orm.Optional(str)
        outcome = orm.Required(str)
        ended_because = orm.Optional(str)

    class Route(db.Entity):
        _table_ = "routes"
        id = orm.PrimaryKey(int, auto=True)
        at = orm.Required(str)
        conversation = orm.Optional(str, nullable=True)
        message = orm.Optional(str, nullable=True)
        excerpt = orm.Optional(str)
        provider = orm.Required(str)
        model_role = orm.Required(str)
        needs_tools = orm.Required(bool)
        step = orm.Required(str)
        kind = orm.Required(str)
        score = orm.Required(float)
        took_ms = orm.Required(float)
        because = orm.Required(str)
        features_json = orm.Required(orm.LongStr, lazy=False)
        should_have_been = orm.Optional(str)
        told_at = orm.Optional(str, nullable=True)
        told_by = orm.Optional(str)

    return {"ModelRequest": ModelRequest, "Route": Route}
