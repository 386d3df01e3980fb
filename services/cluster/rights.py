"""The rights Jarvis needs on Proxmox, for watching and for acting, and which of them a token lacks.

What each tool asks of Proxmox stands in Proxmox's own description of its API; a test holds the two
lists below to it. A token without the second list is a choice like any other: Jarvis then watches
and cannot act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.cluster import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededRight:
    """A privilege on a path, and what it is needed for."""

    path: str
    privilege: str
    needed_for: str
    tools: tuple[str, ...] = ()
    """The tools that Proxmox refuses, or answers with nothing, where it is missing."""
    vital: bool = False
    """Without it the page has no figures to show."""
    since: int = 0
    """The first major version of Proxmox VE that knows the privilege."""
    until: int | None = None
    """The last one that does; None where it is known still."""

    def known_to(self, major: int | None) -> bool:
        """Whether that version of Proxmox VE has the privilege; where the version is not known,
        only one that every version has."""
        if major is None:
            return not self.since and self.until is None
        return self.since <= major and (self.until is None or major <= self.until)

    @property
    def told(self) -> str:
        """`Sys.Modify on /nodes (pending updates): get_updates`."""
        tools = f": {', '.join(self.tools)}" if self.tools else ""
        return f"{self.privilege} on {self.path} ({self.needed_for}){tools}"


WATCHING = (
    NeededRight(
        path="/nodes",
        privilege="Sys.Audit",
        needed_for="figures of the nodes",
        tools=("get_node_status", "get_node_services", "get_service_status"),
        vital=True,
    ),
    NeededRight(
        path="/",
        privilege="Sys.Audit",
        needed_for="quorum, SMART, backup cover",
        tools=("get_disk_health", "get_zfs_health", "get_ha_status"),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Audit",
        needed_for="the guests",
        tools=(
            "get_guest_status",
            "get_guest_config",
            "list_snapshots",
            "get_replication",
            "get_guest_addresses",
        ),
        vital=True,
    ),
    NeededRight(
        path="/vms",
        privilege="VM.GuestAgent.Audit",
        needed_for="network addresses of virtual machines",
        tools=("get_guest_addresses",),
        since=9,
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Monitor",
        needed_for="network addresses of virtual machines",
        tools=("get_guest_addresses",),
        until=8,
    ),
    NeededRight(
        path="/storage",
        privilege="Datastore.Audit",
        needed_for="the storages",
        tools=("get_storage_content",),
    ),
    NeededRight(
        path="/nodes",
        privilege="Sys.Modify",
        needed_for="pending updates",
        tools=("get_updates",),
    ),
    NeededRight(
        path="/nodes",
        privilege="Sys.Syslog",
        needed_for="the log of a node that is not reached over SSH",
        tools=("read_journal",),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Backup",
        needed_for="age of each guest's backup",
        tools=("list_backups", "guests_without_backup"),
    ),
    NeededRight(
        path="/storage",
        privilege="Datastore.AllocateSpace",
        needed_for="age of each guest's backup",
        tools=("list_backups", "guests_without_backup"),
    ),
)
"""What Jarvis reads with; some of these rights would let their holder change something as well."""

ACTING = (
    NeededRight(
        path="/vms",
        privilege="VM.PowerMgmt",
        needed_for="power of guests",
        tools=(
            "start_guest",
            "resume_guest",
            "stop_guest",
            "shutdown_guest",
            "reboot_guest",
            "reset_guest",
            "suspend_guest",
        ),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Snapshot",
        needed_for="snapshots",
        tools=("create_snapshot", "rollback_snapshot", "delete_snapshot"),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Migrate",
        needed_for="moving guests",
        tools=("migrate_guest",),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Config.CPU",
        needed_for="cores of guests",
        tools=("set_guest_resources",),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Config.Memory",
        needed_for="memory of guests",
        tools=("set_guest_resources",),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Config.Disk",
        needed_for="suspending to disk",
        tools=("suspend_guest",),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Backup",
        needed_for="backups of guests",
        tools=("start_backup", "delete_backup"),
    ),
    NeededRight(
        path="/storage",
        privilege="Datastore.AllocateSpace",
        needed_for="room for backups, moved disks and memory written to disk",
        tools=("start_backup", "delete_backup", "migrate_guest", "suspend_guest"),
    ),
    NeededRight(
        path="/vms",
        privilege="VM.Allocate",
        needed_for="the end of guests",
        tools=("destroy_guest",),
    ),
    NeededRight(
        path="/nodes",
        privilege="Sys.PowerMgmt",
        needed_for="power of nodes",
        tools=("wake_node", "reboot_node", "shutdown_node"),
    ),
    NeededRight(
        path="/nodes",
        privilege="Sys.Modify",
        needed_for="services and package lists of nodes",
        tools=("restart_service", "stop_service", "refresh_apt_cache"),
    ),
)
"""What Jarvis changes with, through the API; what it does over SSH needs the key and no right."""

Granted = Mapping[str, Mapping[str, bool]]
"""Path to privilege to whether it holds for the paths below as well."""


def parse_granted(payload: object) -> Granted:
    """Read `/access/permissions`: what the token may do, by path."""
    return {
        path: {name: wire.truth(below) is not False for name, below in wire.fields(granted).items()}
        for path, granted in wire.fields(payload).items()
    }


def holds(granted: Granted, path: str, privilege: str) -> bool:
    """Whether the privilege is held on the path itself, or handed down to it.

    The nearest path above that Proxmox names decides.
    """
    if path in granted:
        return privilege in granted[path]
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        if path in granted:
            return granted[path].get(privilege, False)
    return False


def backups_barred(granted: Granted, storage: str) -> str | None:
    """Why Proxmox leaves guests' backups on that storage out of its listings, as it would say it.

    It says nothing when it does so; None where it shows them.
    """
    place = f"/storage/{storage}"
    if holds(granted, place, "Datastore.Allocate"):
        return None
    if not holds(granted, "/vms", "VM.Backup"):
        return "Permission check failed (/vms, VM.Backup)"
    if not holds(granted, place, "Datastore.AllocateSpace"):
        return f"Permission check failed ({place}, Datastore.AllocateSpace)"
    return None


def missing_rights(
    granted: Granted, needed: Sequence[NeededRight], major: int | None
) -> Sequence[NeededRight]:
    """Those of WATCHING or ACTING that the token lacks, as that version of Proxmox VE has them."""
    return [
        right
        for right in needed
        if right.known_to(major) and not holds(granted, right.path, right.privilege)
    ]
