"""The name of a Proxmox task: `UPID:node:pid:pstart:starttime:type:id:user:`."""

import re
from dataclasses import dataclass
from datetime import datetime

from services.cluster import wire

_SHAPE = re.compile(
    r"UPID:(?P<node>[^:\s]+):(?P<pid>[0-9A-Fa-f]{8}):(?P<pstart>[0-9A-Fa-f]{8,9}):"
    r"(?P<start>[0-9A-Fa-f]{8}):(?P<kind>[^:\s]+):(?P<id>[^:\s]*):(?P<user>[^:\s]+):?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upid:
    """What a task's name tells of it."""

    node: str
    pid: int
    started_at: datetime | None
    kind: str
    subject_id: str | None
    user: str
    """With the token, if one was used: `root@pam!jarvis`."""


def parse_upid(value: object) -> Upid | None:
    """Take a UPID apart; None for anything else."""
    if not isinstance(value, str) or len(value) > wire.TEXT_LIMIT:
        return None
    found = _SHAPE.fullmatch(value)
    if found is None:
        return None
    return Upid(
        node=found["node"],
        pid=int(found["pid"], 16),
        started_at=wire.moment(int(found["start"], 16)),
        kind=found["kind"],
        subject_id=found["id"].replace(r"\x3a", ":") or None,
        user=found["user"],
    )
