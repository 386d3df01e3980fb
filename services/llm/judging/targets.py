"""What a call is about, and which reads tell how that is; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from services.cluster.model import ClusterSnapshot
from services.tools.calls import NOTHING, Payload
from services.tools.errors import ToolError
from services.tools.naming import find_guest


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing, the same however it was called."""

    kind: str
    """`guest`, `node`, `service`, `containers`, `updates`, `snapshots`, `backups`, `config`."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A call that only reads."""

    tool: str
    arguments: Payload = field(default_factory=lambda: NOTHING)


_READS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "get_guest_status": ("guest",),
        "get_guest_config": ("config",),
        "list_snapshots": ("snapshots",),
        "list_backups": ("backups",),
        "get_node_status": ("node",),
        "get_service_status": ("service",),
        "list_containers": ("containers",),
        "get_updates": ("updates",),
    }
)
"""By tool, the kinds of target whose state it tells."""
_OF_GUEST: Final = ("get_guest_status", "get_guest_status")
_OF_NODE: Final = ("get_node_status", "get_node_status")
_OF_SERVICE: Final = ("get_service_status", "get_service_status")
_OF_CONTAINER: Final = ("list_containers", "list_containers")
READERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "start_guest",
                "resume_guest",
                "stop_guest",
                "shutdown_guest",
                "reboot_guest",
                "reset_guest",
                "suspend_guest",
                "migrate_guest",
            ),
            _OF_GUEST,
        ),
        "set_guest_resources": ("get_guest_config", "get_guest_config"),
        "create_snapshot": ("get_guest_status", "list_snapshots"),
        "rollback_snapshot": ("list_snapshots", "get_guest_status"),
        "delete_snapshot": ("list_snapshots", "list_snapshots"),
        "start_backup": ("get_guest_status", "list_backups"),
        **dict.fromkeys(("wake_node", "reboot_node", "shutdown_node", "run_command"), _OF_NODE),
        **dict.fromkeys(("restart_service", "stop_service"), _OF_SERVICE),
        **dict.fromkeys(("start_container", "restart_container", "stop_container"), _OF_CONTAINER),
        **dict.fromkeys(("refresh_apt_cache", "upgrade_packages"), ("get_updates", "get_updates")),
    }
)
"""By tool that changes something: what reads its target before, and what after it."""
_ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "get_guest_status": ("guest",),
        "get_guest_config": ("guest",),
        "list_snapshots": ("guest",),
        "list_backups": ("guest",),
        "get_node_status": ("node",),
        "get_service_status": ("node", "service"),
        "list_containers": ("host",),
        "get_updates": ("node",),
    }
)
"""What a read takes over from the call whose target it reads."""


def read_before(tool: str, arguments: Payload) -> Read | None:
    """The read of its target that belongs before a change; None where there is none."""
    return _read(READERS[tool][0], arguments) if tool in READERS else None


def read_after(tool: str, arguments: Payload) -> Read | None:
    """The read of its target that belongs after a change; None where there is none."""
    return _read(READERS[tool][1], arguments) if tool in READERS else None


def targets_read(tool: str, arguments: Payload, snapshot: ClusterSnapshot) -> frozenset[Target]:
    """What a read tells the state of."""
    kinds = _READS.get(tool, ())
    return frozenset(Target(kind=kind, name=_name(tool, arguments, snapshot)) for kind in kinds)


def _read(reader: str, arguments: Payload) -> Read | None:
    taken: dict[str, Any] = {
        name: arguments[name]
        for name in _ARGUMENTS[reader]
        if arguments.get(name) not in (None, "")
    }
    if not taken and reader != "list_containers":
        return None
    return Read(tool=reader, arguments=MappingProxyType(taken))


def _name(tool: str, arguments: Payload, snapshot: ClusterSnapshot) -> str:
    parts = []
    for name in _ARGUMENTS[tool]:
        told = str(arguments.get(name) or "")
        parts.append(_vmid(told, snapshot) if name == "guest" else told.lower())
    return "/".join(parts)


def _vmid(told: str, snapshot: ClusterSnapshot) -> str:
    """The guest's number where it is known: `104`, `media` and `media (104)` are one."""
    try:
        return str(find_guest(snapshot, told).vmid)
    except ToolError:
        return told.lower()
