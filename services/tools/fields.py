"""The kinds of argument tools take, each with its bounds and the sentence a model reads."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field


def _as_text(value: object) -> object:
    """A number where a name is wanted is that number's digits: models write both."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


GUEST_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9.\-]{0,62}( \([0-9]{1,9}\))?$"
NODE_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?$"
STORAGE_PATTERN = r"^[A-Za-z][A-Za-z0-9\-_.]{0,61}[A-Za-z0-9]$"
SNAPSHOT_PATTERN = r"^[A-Za-z][A-Za-z0-9_\-]{1,39}$"
UNIT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9:_.@\-]{0,127}$"
HOST_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9.\-:]{0,251}[A-Za-z0-9])?$"
UPID_PATTERN = (
    r"^UPID:[A-Za-z0-9\-]{1,63}:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:"
    r"[A-Za-z0-9_\-]{1,64}:[^:\s/]{0,128}:[^:\s/]{1,128}:?$"
)
CONTAINER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}$"

GuestName = Annotated[
    str,
    Field(
        pattern=GUEST_PATTERN,
        description="The guest (virtual machine or container): its number, or its unique name.",
    ),
    # Last, so that the pattern is the text's own and stands in the schema a model is given.
    BeforeValidator(_as_text),
]
NodeName = Annotated[
    str, Field(pattern=NODE_PATTERN, description="The node's name, as list_nodes tells it.")
]
AnyNode = Annotated[
    str | None,
    Field(pattern=NODE_PATTERN, description="Only this node; all nodes when left out."),
]
StorageName = Annotated[
    str,
    Field(pattern=STORAGE_PATTERN, description="The storage's name, as list_storage tells it."),
]
SnapshotName = Annotated[
    str,
    Field(
        pattern=SNAPSHOT_PATTERN,
        description="The snapshot's name: a letter first, then letters, digits, _ and -.",
    ),
]
Upid = Annotated[
    str,
    Field(pattern=UPID_PATTERN, description="The task's name, as list_tasks tells it: UPID:…"),
]
UnitName = Annotated[
    str,
    Field(pattern=UNIT_PATTERN, description="The systemd unit or service, such as pveproxy."),
]
HostName = Annotated[
    str,
    Field(
        pattern=HOST_PATTERN,
        description="A host name or an IP address, such as router.lan or 192.0.2.1.",
    ),
]
ContainerName = Annotated[
    str,
    Field(pattern=CONTAINER_PATTERN, description="The Docker container's name, or its id."),
]
Lines = Annotated[int, Field(ge=1, le=500, description="How many lines, the newest ones.")]
Rows = Annotated[int, Field(ge=1, le=200, description="How many at most.")]


class Span(StrEnum):
    """How far back a history reaches."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"
