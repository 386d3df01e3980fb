"""Roles, the access list, and what a caller may do on a path."""

from dataclasses import dataclass

from simulator.world.model import Who

_COMMON = [
    "Datastore.Allocate",
    "Datastore.AllocateSpace",
    "Datastore.AllocateTemplate",
    "Datastore.Audit",
    "Group.Allocate",
    "Mapping.Audit",
    "Mapping.Modify",
    "Mapping.Use",
    "Permissions.Modify",
    "Pool.Allocate",
    "Pool.Audit",
    "Realm.Allocate",
    "Realm.AllocateUser",
    "SDN.Allocate",
    "SDN.Audit",
    "SDN.Use",
    "Sys.AccessNetwork",
    "Sys.Audit",
    "Sys.Console",
    "Sys.Incoming",
    "Sys.Modify",
    "Sys.PowerMgmt",
    "Sys.Syslog",
    "User.Modify",
    "VM.Allocate",
    "VM.Audit",
    "VM.Backup",
    "VM.Clone",
    "VM.Config.CDROM",
    "VM.Config.CPU",
    "VM.Config.Cloudinit",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.Console",
    "VM.Migrate",
    "VM.PowerMgmt",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
]
_ONLY_8 = ["VM.Monitor"]
_ONLY_9 = [
    "VM.GuestAgent.Audit",
    "VM.GuestAgent.FileRead",
    "VM.GuestAgent.FileSystemMgmt",
    "VM.GuestAgent.FileWrite",
    "VM.GuestAgent.Unrestricted",
    "VM.Replicate",
]
_SECTIONS = {
    "access": ("User.", "Group.", "Permissions."),
    "dc": ("Sys.", "SDN."),
    "mapping": ("Mapping.", "Permissions."),
    "nodes": ("Sys.", "Permissions."),
    "sdn": ("SDN.", "Permissions."),
    "storage": ("Datastore.", "Permissions."),
    "vms": ("VM.", "Permissions."),
}
TOP_PATHS = ("/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms")


def role(name: str, major: int) -> frozenset[str]:
    """The privileges of a built-in role in that major version."""
    everything = frozenset(_COMMON + (_ONLY_9 if major >= 9 else _ONLY_8))
    if name == "Administrator":
        return everything
    if name == "PVEAuditor":
        audits = {priv for priv in everything if priv.endswith(".Audit")}
        return frozenset(audits)
    return frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of the access list. A deeper line replaces what is inherited."""

    path: str
    whom: str
    """user@realm or user@realm!token."""
    role: str


class Rights:
    """The access list of one cluster."""

    def __init__(self, major: int, grants: list[Grant]) -> None:
        self.major = major
        self.grants = grants
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def of(self, who: Who, path: str) -> frozenset[str]:
        """What `who` may do on `path`; a token never more than its user."""
        if who.user == "root@pam" and who.tokenid is None:
            return role("Administrator", self.major)
        own = self._granted(who.user, path)
        return own & self._granted(str(who), path) if who.tokenid else own

    def permissions(self, who: Who) -> dict[str, dict[str, int]]:
        """As /access/permissions lists them: path, privilege, 1 for propagated."""
        paths = {*TOP_PATHS, *(g.path for g in self.grants if g.whom in (who.user, str(who)))}
        found = {path: self.of(who, path) for path in sorted(paths)}
        return {path: dict.fromkeys(sorted(privs), 1) for path, privs in found.items() if privs}

    def capabilities(self, who: Who) -> dict[str, dict[str, int]]:
        """The `cap` of a ticket: privileges by section."""
        privs = self.of(who, "/")
        return {
            section: {priv: 1 for priv in sorted(privs) if priv.startswith(prefixes)}
            for section, prefixes in _SECTIONS.items()
        }

    def _granted(self, whom: str, path: str) -> frozenset[str]:
        known = self._known.get((whom, path))
        if known is None:
            best = ""
            known = frozenset[str]()
            for grant in self.grants:
                below = grant.path.rstrip("/") + "/"
                inside = (path.rstrip("/") + "/").startswith(below)
                if grant.whom == whom and inside and len(grant.path) > len(best):
                    best, known = grant.path, role(grant.role, self.major)
            self._known[(whom, path)] = known
        return known
