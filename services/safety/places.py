"""Which places must not go: the system, the guests, the backups, the disks."""

import posixpath
import re
from typing import Final

from services.safety.secrets import is_credential
from services.safety.words import UNKNOWN, as_written, name_set

_SYSTEM: Final = name_set(
    "bin boot dev etc home lib lib32 lib64 media mnt opt proc root run sbin srv sys usr "
    "var rpool tank"
)
_DEEP_SYSTEM = re.compile(
    r"/(?:boot|dev|etc/(?:pve|ssh|network|systemd|ssl|lvm|zfs|ceph|apt|pam\.d|corosync|default)"
    r"|usr|s?bin|lib(?:32|64)?|proc|sys|root"
    r"|var/lib/(?:vz|pve-cluster|pve-manager|docker|ceph|lxc|dpkg|apt|rrdcached|proxmox-backup)"
    r"|mnt/pve|srv/nfs|var/lib/libvirt)(?:/|$)"
)
_BACKUPS = re.compile(r"vzdump-|/dump(?:/|$)|\.vma(?:\.|$)|/backups?(?:/|$)|\.fidx$|\.didx$", re.I)
_VITAL = re.compile(
    r"^/?(?:etc/(?:passwd|group|g?shadow|fstab|sudoers|hosts|crypttab|network/interfaces)$"
    r"|etc/(?:pve|ssh|sudoers\.d|pam\.d|corosync)(?:/|$)|boot(?:/|$)|var/lib/pve-cluster(?:/|$)"
    r"|vmlinuz|proc/sys(?:rq-trigger|/kernel)|sys/(?!class/(?:leds|backlight))|root/\.ssh(?:/|$))"
    r"|authorized_keys$"
)
_DISK = re.compile(
    r"^/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|md|dm-|mapper/|zd|zvol/|loop|disk/|sr|st|nst|rbd|drbd|bcache"
    r"|pve/|mem$|kmem$|port$|[a-z]\w*/)"
)
_NOT_A_DISK = re.compile(
    r"^/dev/(?:null|zero|full|stdout|stderr|stdin|tty\w*|pts/\d+|fd/\d+|shm/.*)$"
)


def is_disk(word: str) -> bool:
    """Whether the word names a disk or the memory as a device."""
    path = as_written(word)
    return bool(_DISK.match(path)) and not _NOT_A_DISK.match(path)


def ruins_by_writing(word: str) -> str | None:
    """Why writing to this place destroys; None where it only changes a file."""
    path = posixpath.normpath(as_written(word)) if word else ""
    if is_disk(path):
        return f"it writes over {path}"
    if path.startswith(("/dev/tcp/", "/dev/udp/")):
        return f"it sends to {path}"
    if _VITAL.search(path):
        return f"it writes over {path}"
    return None


def too_much_to_delete(word: str) -> str | None:
    """Why a recursive change of this place hurts the system, its guests or its backups."""
    written = as_written(word)
    if word in ("", UNKNOWN) or re.fullmatch(rf"{UNKNOWN}(?:/|/\W*)?", word):
        return "it is not known what would be deleted"
    if written.startswith(("~", "$…/~")):
        return "it deletes a home folder" if written.count("/") < 2 else None
    path = posixpath.normpath(written)
    path = path[1:] if path.startswith("//") else path
    while path.endswith(("/*", "/.*", "/**")):
        path = path.rpartition("/")[0] or "/"
    if path in ("/", ".", "..", "*", ".*", "**", "./*", "../*") or set(path) <= set("./*?"):
        return "it deletes everything there"
    if path.startswith(".."):
        return "it deletes what lies above"
    if not path.startswith("/"):
        return "it deletes backups" if _BACKUPS.search(path) else None
    parts = path.strip("/").split("/")
    if path in ("/tmp", "/var/tmp") or path.startswith(("/tmp/", "/var/tmp/")):  # noqa: S108
        return None
    if len(parts) == 1 or _DEEP_SYSTEM.match(path) or is_credential(path):
        return f"it deletes {path}"
    if parts[0] in ("var", "home", "mnt", "media", "opt", "srv", "etc") and len(parts) == 2:
        return f"it deletes {path}"
    if any(mark in parts[0] for mark in "*?["):
        return f"it deletes {path}"
    return "it deletes backups" if _BACKUPS.search(path) else None


def one_not_to_delete(word: str) -> str | None:
    """Why even one file of this kind must not go."""
    path = posixpath.normpath(as_written(word)) if word else ""
    if _VITAL.search(path) or is_disk(path) or is_credential(path):
        return f"it deletes {path}"
    if _BACKUPS.search(path):
        return "it deletes backups"
    return "it deletes disks of guests" if re.search(r"\.(?:qcow2|vmdk|raw)$", path) else None


def whole_folder(word: str) -> str | None:
    """Why a folder of the system must stay where it is."""
    path = posixpath.normpath(as_written(word)) if word else "."
    known = path.startswith("/") and (path.strip("/") in _SYSTEM or path in ("/", "/*"))
    return f"it moves {path} away" if known else None
