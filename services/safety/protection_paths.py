"""Which files a node must keep as they are, lest its guests or the node itself go down."""

import posixpath
import re
from enum import Enum
from typing import Final

from services.safety.words import BRACKET, QUERY, STAR, UNKNOWN

_GUESTS: Final = ("/etc/pve/", "/var/lib/pve-cluster/")
"""Configuration of guests and of the cluster: of all nodes, from each."""
_POWER: Final = ("/proc/sysrq-trigger", "/sys/power/", "/dev/watchdog")
_NODE: Final = (
    "/bin/", "/boot/", "/dev/", "/lib/", "/lib64/", "/sbin/", "/usr/", "/proc/", "/sys/", "/run/",
    "/var/run/", "/var/lib/vz/", "/var/lib/lxc/", "/var/lib/docker/", "/var/lib/qemu-server/",
    "/var/lib/ceph/", "/var/lib/pve-manager/", "/var/lib/iscsi/", "/var/spool/cron/",
    "/mnt/pve/", "/rpool/", "/etc/cron", "/etc/init.d/", "/etc/systemd/", "/etc/network/",
    "/etc/fstab", "/etc/modprobe.d/", "/etc/modules", "/etc/sysctl", "/etc/udev/", "/etc/lvm/",
    "/etc/zfs/", "/etc/iscsi/", "/etc/ceph/", "/etc/corosync/", "/etc/default/", "/etc/docker/",
    "/etc/hosts", "/etc/passwd", "/etc/shadow", "/etc/crontab", "/etc/rc", "/etc/profile",
    "/etc/ld.so", "/etc/vzdump.conf", "/etc/apt/", "/root/.ssh/", "/root/.bash", "/root/.profile",
)  # fmt: skip
_MILD: Final = ("/etc/", "/home/", "/opt/", "/root/", "/srv/", "/tmp/", "/var/")  # noqa: S108
"""Else a folder may be a storage that guests lie on."""
_ELSEWHERE: Final = re.compile(r"/proc/[^/]*/(?:root|cwd|fd|task|map_files)(?:/|$)|/dev/fd/")
"""Places that are another name for any other."""
_SHARED: Final = re.compile(r"/mnt/pve(?!/[^/]+/(?:dump|template|snippets|import)/)(?:/|$)")
"""Storages that other nodes may have too, with what guests lie on."""
_HARMLESS: Final = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/shm/")  # noqa: S108
_MARKS: Final = (UNKNOWN, STAR, QUERY, BRACKET)


class Reach(Enum):
    """How far a change of a file may reach."""

    NOTHING = 0
    NODE = 1
    POWER = 2
    GUESTS = 3


def reach_of_path(word: str) -> Reach:
    """How far changing, moving or deleting what the word names may reach.

    What the shell will put in the place of a pattern or a variable is not known, so all that
    begins as the known part does counts.
    """
    cut = min((at for mark in _MARKS if (at := word.find(mark)) >= 0), default=len(word))
    known = word[:cut]
    if not known and cut < len(word):
        return Reach.GUESTS if word[0] == UNKNOWN else Reach.NOTHING
    if known.startswith("~"):
        known = f"/root/{known.partition('/')[2]}"
    if not known.startswith("/"):
        return Reach.GUESTS if ".." in known.split("/") else Reach.NOTHING
    path = posixpath.normpath(known)
    path = f"/{path.lstrip('/')}"
    whole = path if cut < len(word) and not known.endswith("/") else f"{path.rstrip('/')}/"
    if path in _HARMLESS or path.startswith(_HARMLESS[-1]):
        return Reach.NOTHING
    if (
        _ELSEWHERE.match(whole)
        or _SHARED.match(whole)
        or (whole.startswith("/proc/") and cut < len(word))
    ):
        return Reach.GUESTS
    for places, reach in ((_GUESTS, Reach.GUESTS), (_POWER, Reach.POWER), (_NODE, Reach.NODE)):
        if any(whole.startswith(place) or place.startswith(whole) for place in places):
            return reach
    return Reach.NOTHING if whole.startswith(_MILD) else Reach.NODE
