"""/nodes/{node}/apt/update: packages that wait, a few of them mending holes."""

from dataclasses import dataclass

from simulator.api.routes import Check, Params, Request, node_of, route
from simulator.world.world import World


@dataclass(frozen=True, slots=True)
class _Package:
    name: str
    old: str
    new: str
    title: str
    section: str = "admin"
    arch: str = "amd64"
    origin: str = "Proxmox"
    priority: str = "optional"


_FOR_9 = (
    _Package(
        "pve-manager", "9.2.3", "9.2.4", "Proxmox Virtual Environment Management Tools", arch="all"
    ),
    _Package(
        "openssl",
        "3.5.4-1~deb13u1",
        "3.5.4-1~deb13u2",
        "Secure Sockets Layer toolkit",
        "utils",
        origin="Debian-Security",
    ),
    _Package("proxmox-kernel-6.17", "6.17.2-1", "6.17.4-1", "Latest Proxmox Kernel Image"),
    _Package(
        "libssl3t64",
        "3.5.4-1~deb13u1",
        "3.5.4-1~deb13u2",
        "SSL shared libraries",
        "libs",
        origin="Debian-Security",
    ),
    _Package("qemu-server", "9.1.4", "9.1.6", "Qemu Server Tools"),
    _Package("corosync", "3.1.10-pve1", "3.1.10-pve2", "cluster engine daemon and utilities"),
    _Package(
        "bind9-host",
        "1:9.20.18-1~deb13u1",
        "1:9.20.21-1~deb13u1",
        "DNS Lookup Utility",
        "net",
        origin="Debian",
        priority="standard",
    ),
    _Package("libpve-common-perl", "9.1.7", "9.1.9", "Proxmox VE base library", "perl", "all"),
    _Package(
        "pve-firmware", "3.18-1", "3.18-2", "Binary firmware code for the pve-kernel", "misc", "all"
    ),
    _Package(
        "linux-libc-dev",
        "6.12.57-1",
        "6.12.63-1",
        "Linux support headers for userspace development",
        "devel",
        "all",
        "Debian-Security",
    ),
    _Package("pve-qemu-kvm", "10.1.2-3", "10.1.2-4", "Full virtualization on x86 hardware"),
    _Package(
        "libpve-storage-perl",
        "9.1.0",
        "9.1.1",
        "Proxmox VE storage management library",
        "perl",
        "all",
    ),
    _Package(
        "pve-container", "6.0.18", "6.0.19", "Proxmox VE Container management tool", "perl", "all"
    ),
    _Package(
        "tzdata",
        "2025b-4+deb13u1",
        "2026a-0+deb13u1",
        "time zone and daylight-saving time data",
        "localization",
        "all",
        "Debian",
        "required",
    ),
    _Package(
        "sudo",
        "1.9.16p2-3",
        "1.9.16p2-3+deb13u1",
        "Provide limited super user privileges to specific users",
        origin="Debian-Security",
    ),
    _Package(
        "zfsutils-linux",
        "2.3.4-pve1",
        "2.3.5-pve1",
        "command-line tools to manage OpenZFS filesystems",
    ),
)


@route("GET", "/nodes/{node}/apt/update", check=Check("/nodes/{node}", "Sys.Modify"))
def list_updates(world: World, request: Request, params: Params) -> object:
    """Reading needs Sys.Modify: an auditor is refused here."""
    waiting = node_of(world, params).pending_updates
    return [_row(package, world.major) for package in _FOR_9[:waiting]]


def _row(package: _Package, major: int) -> dict[str, object]:
    old, new = (
        (_for_8(package.old), _for_8(package.new)) if major < 9 else (package.old, package.new)
    )
    return {
        "Arch": package.arch,
        "Description": f"{package.title}. This package is part of the simulated homelab.",
        "OldVersion": old,
        "Origin": package.origin,
        "Package": package.name,
        "Priority": package.priority,
        "Section": package.section,
        "Title": package.title,
        "Version": new,
    }


def _for_8(version: str) -> str:
    """Debian 12's spelling of a version, and Proxmox's eight for nine."""
    return version.replace("deb13", "deb12").replace("9.2.", "8.4.").replace("9.1.", "8.3.")
