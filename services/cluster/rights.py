"""The rights Jarvis needs on Proxmox, and which of them a token lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.cluster import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededRight:
    """A privilege on a path, and what it is needed for."""

    path: str
    privilege: str
    needed_for: str
    vital: bool = False
    """Without it the page has no figures to show."""
    until_major: int | None = None
    """The last major version of Proxmox that knows the privilege."""
    since_major: int | None = None

    def applies_to(self, major: int | None) -> bool:
        """Whether this version of Proxmox has the privilege; an unknown one counts as new."""
        version = major if major is not None else 9
        return (self.since_major or 0) <= version <= (self.until_major or version)

    @property
    def told(self) -> str:
        """`Sys.Audit on /nodes (figures of the nodes)`."""
        return f"{self.privilege} on {self.path} ({self.needed_for})"


NEEDED = (
    NeededRight(
        path="/nodes", privilege="Sys.Audit", needed_for="figures of the nodes", vital=True
    ),
    NeededRight(path="/", privilege="Sys.Audit", needed_for="quorum, SMART, backup cover"),
    NeededRight(path="/vms", privilege="VM.Audit", needed_for="the guests", vital=True),
    NeededRight(path="/storage", privilege="Datastore.Audit", needed_for="the storages"),
    NeededRight(path="/nodes", privilege="Sys.Modify", needed_for="pending updates"),
    NeededRight(path="/vms", privilege="VM.Backup", needed_for="age of each guest's backup"),
    NeededRight(
        path="/vms",
        privilege="VM.Monitor",
        needed_for="figures from within virtual machines",
        until_major=8,
    ),
    NeededRight(
        path="/vms",
        privilege="VM.GuestAgent.Audit",
        needed_for="figures from within virtual machines",
        since_major=9,
    ),
)

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


BACKUPS_UNSEEN = "Permission check failed (/vms, VM.Backup)"


def may_see_backups(granted: Granted) -> bool:
    """Whether Proxmox lists guests' backups to the token."""
    return holds(granted, "/vms", "VM.Backup") or holds(granted, "/storage", "Datastore.Allocate")


def missing_rights(granted: Granted, major: int | None) -> Sequence[NeededRight]:
    """Those of NEEDED that the token lacks."""
    return [
        right
        for right in NEEDED
        if right.applies_to(major) and not holds(granted, right.path, right.privilege)
    ]
