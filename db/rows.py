"""What queries hand back: frozen values, aware times."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


def read_detail(detail_json: str) -> Mapping[str, Any]:
    """The JSON object that a row keeps as text; empty where the text is none."""
    try:
        told = json.loads(detail_json)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event before it has a number."""

    at: datetime
    kind: str
    severity: str
    """`info`, `good`, `warning` or `alarm`."""
    node: str | None
    subject: str
    text: str
    detail_json: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event of the journal; a higher `id` was recorded later."""

    id: int
    at: datetime
    kind: str
    severity: str
    node: str | None
    subject: str
    text: str
    detail_json: str
    acknowledged_at: datetime | None = None
    """When somebody took note of it."""
    acknowledged_by: str = ""

    @property
    def detail(self) -> Mapping[str, Any]:
        """What `detail_json` holds; nothing where it cannot be read."""
        return read_detail(self.detail_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRow:
    """The cluster as it was once, compressed."""

    id: int
    taken_at: datetime
    nodes_count: int
    guests_count: int
    payload: bytes
    """zlib of UTF-8 JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """An account."""

    id: int
    name: str
    password_hash: str | None
    created_at: datetime

    def __repr__(self) -> str:
        return f"UserRow(id={self.id}, name={self.name!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A signed-in browser; `key` is the SHA-256 of the token it holds."""

    key: str
    user_id: int
    user_name: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAudit:
    """An action to be entered in the audit."""

    at: datetime
    actor: str
    """Who: `user/owner`, `anyone`, `system`."""
    action: str
    """What: `sign-in`, `sign-out`, `set-up`, `fault.start`…"""
    target: str = ""
    outcome: str
    """`done`, `refused`, `failed`…"""
    because: str = ""
    detail_json: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """An entry of the audit, chained to the one before by its hash."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    outcome: str
    because: str
    detail_json: str
    prev_hash: str
    hash: str
