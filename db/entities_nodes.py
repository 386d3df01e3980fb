"""The table of the nodes' room as Pony sees it."""

from collections.abc import Mapping
from typing import Any

from pony import orm

# mypy: disable-error-code="misc"


def define_nodes_entities(db: Any) -> Mapping[str, Any]:
    """Define the entities of the nodes' room on `db`; by the names of their fields in Entities."""

    class HostKey(db.Entity):
        _table_ = "host_keys"
        id = orm.PrimaryKey(int, auto=True)
        node = orm.Required(str)
        host = orm.Required(str)
        fingerprint = orm.Required(str)
        public_key = orm.Required(orm.LongStr, lazy=False)
        trusted_at = orm.Required(str)
        trusted_by = orm.Required(str)
        forgotten_at = orm.Optional(str, nullable=True)
        forgotten_by = orm.Optional(str, nullable=True)

    return {"HostKey": HostKey}
