"""Debian packages of a node: what is installed, what waits, fetching lists and upgrading."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .model import Node, Task, Who
from .noise import DAY_S

if TYPE_CHECKING:
    from .world import World

REFRESH_S = 2.5


@dataclass(frozen=True, slots=True)
class Package:
    """One that is installed, and the version that waits for it."""

    name: str
    old: str
    new: str
    title: str
    section: str = "admin"
    arch: str = "amd64"
    origin: str = "Proxmox"
    priority: str = "optional"


_WAITING = (
    Package(
        "pve-manager", "9.2.3", "9.2.4", "Proxmox Virtual Environment Management Tools", arch="all"
    ),
    Package(
        "openssl",
        "3.5.4-1~deb13u1",
        "3.5.4-1~deb13u2",
        "Secure Sockets Layer toolkit",
        "utils",
        origin="Debian-Security",
    ),
    Package("proxmox-kernel-6.17", "6.17.2-1", "6.17.4-1", "Latest Proxmox Kernel Image"),
    Package(
        "libssl3t64",
        "3.5.4-1~deb13u1",
        "3.5.4-1~deb13u2",
        "SSL shared libraries",
        "libs",
        origin="Debian-Security",
    ),
    Package("qemu-server", "9.1.4", "9.1.6", "Qemu Server Tools"),
    Package("corosync", "3.1.10-pve1", "3.1.10-pve2", "cluster engine daemon and utilities"),
    Package(
        "bind9-host",
        "1:9.20.18-1~deb13u1",
        "1:9.20.21-1~deb13u1",
        "DNS Lookup Utility",
        "net",
        origin="Debian",
        priority="standard",
    ),
    Package("libpve-common-perl", "9.1.7", "9.1.9", "Proxmox VE base library", "perl", "all"),
    Package(
        "pve-firmware", "3.18-1", "3.18-2", "Binary firmware code for the pve-kernel", "misc", "all"
    ),
    Package(
        "linux-libc-dev",
        "6.12.57-1",
        "6.12.63-1",
        "Linux support headers for userspace development",
        "devel",
        "all",
        "Debian-Security",
    ),
    Package("pve-qemu-kvm", "10.1.2-3", "10.1.2-4", "Full virtualization on x86 hardware"),
    Package(
        "libpve-storage-perl",
        "9.1.0",
        "9.1.1",
        "Proxmox VE storage management library",
        "perl",
        "all",
    ),
    Package(
        "pve-container", "6.0.18", "6.0.19", "Proxmox VE Container management tool", "perl", "all"
    ),
    Package(
        "tzdata",
        "2025b-4+deb13u1",
        "2026a-0+deb13u1",
        "time zone and daylight-saving time data",
        "localization",
        "all",
        "Debian",
        "required",
    ),
    Package(
        "sudo",
        "1.9.16p2-3",
        "1.9.16p2-3+deb13u1",
        "Provide limited super user privileges to specific users",
        origin="Debian-Security",
    ),
    Package(
        "zfsutils-linux",
        "2.3.4-pve1",
        "2.3.5-pve1",
        "command-line tools to manage OpenZFS filesystems",
    ),
)


def packages(world: "World") -> tuple[Package, ...]:
    """All of them, in the versions of the release that is played."""
    if world.major >= 9:
        return _WAITING
    return tuple(replace(one, old=_for_8(one.old), new=_for_8(one.new)) for one in _WAITING)


def waiting(world: "World", node: Node) -> tuple[Package, ...]:
    """Those with a newer version, as far as the node has heard of it."""
    return packages(world)[: node.pending_updates]


def installed_version(world: "World", node: Node, package: Package) -> str:
    """The version that is installed there now."""
    return package.old if package in waiting(world, node) else package.new


def refresh(world: "World", node: Node) -> int:
    """Fetch the lists: a new version or two may have come out since; hands back how many wait."""
    day = int(world.now / DAY_S)
    if node.refreshed_on != day:
        node.refreshed_on = day
        found = int(world.between(0, 3, "updates", node.name, day))
        node.pending_updates = min(len(_WAITING), node.pending_updates + found)
        world.changed()
    return min(len(_WAITING), node.pending_updates)


def refresh_task(world: "World", node: Node, who: Who) -> str:
    """The same as a task, as the API does it; hands back its UPID."""

    def then(_: Task) -> str | None:
        refresh(world, node)
        return None

    lines = ["starting apt-get update", *fetched(world), "TASK OK"][:-1]
    return world.tasks.start(
        node, "aptupdate", "", who, lasts_s=REFRESH_S, lines=lines, then=then
    ).upid


def fetched(world: "World") -> list[str]:
    """What `apt-get update` writes while it asks the archives."""
    release = "trixie" if world.major >= 9 else "bookworm"
    return [
        f"Hit:1 http://security.debian.org {release}-security InRelease",
        f"Hit:2 http://deb.debian.org/debian {release} InRelease",
        f"Get:3 http://deb.debian.org/debian {release}-updates InRelease [47.1 kB]",
        f"Get:4 http://download.proxmox.com/debian/pve {release} InRelease [3,136 B]",
        "Fetched 50.2 kB in 1s (48.9 kB/s)",
        "Reading package lists...",
    ]


def upgrade(world: "World", node: Node) -> None:
    """Install whatever waits."""
    node.pending_updates = 0
    world.changed()


def _for_8(version: str) -> str:
    """Debian 12's spelling of a version, and Proxmox's eight for nine."""
    return version.replace("deb13", "deb12").replace("9.2.", "8.4.").replace("9.1.", "8.3.")
