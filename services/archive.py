"""A cluster snapshot as bytes for the database: its figures as JSON, compressed."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from db.times import as_stored
from services.cluster.model import ClusterSnapshot

FORMAT = 1
"""Stands in each archived snapshot; counts up when the shape changes."""

_LEFT_OUT = frozenset({"tasks", "tasks_at"})
"""Tasks stay in Proxmox's own log."""


def encode_snapshot(snapshot: ClusterSnapshot) -> bytes:
    """zlib of JSON; what is unknown is left out, times are UTC with `Z`. Takes milliseconds."""
    essentials = {
        field.name: _plain(getattr(snapshot, field.name))
        for field in fields(snapshot)
        if field.name not in _LEFT_OUT
    }
    text = json.dumps(
        {"format": FORMAT, **_known(essentials)}, ensure_ascii=False, separators=(",", ":")
    )
    return zlib.compress(text.encode(), level=6)


def plain_json(values: Mapping[str, object]) -> str:
    """Any of our frozen values as JSON text."""
    return json.dumps(_plain(values), ensure_ascii=False, separators=(",", ":"))


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return as_stored(value)
    if is_dataclass(value):
        return _known({field.name: _plain(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)
