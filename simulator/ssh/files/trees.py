"""Which files a machine has: those of its own kind, and those of any Debian."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.ssh.commands.registry import COMMANDS, is_installed
from simulator.world.volumes import volumes_on

from .etc import grow_etc
from .proc import grow_proc
from .sys import grow_sys
from .tree import Archive, Content, Device, Folder, Link

if TYPE_CHECKING:
    from simulator.ssh.computer import Computer

_EMPTY = ("/boot", "/home", "/media", "/opt", "/root", "/run", "/srv", "/tmp")  # noqa: S108
_MERGED = ("bin", "sbin", "lib", "lib64")


def grow(machine: "Computer") -> Iterable[tuple[str, Content]]:
    """Every path of that machine as it is now."""
    for name in ("null", "zero", "random", "urandom", "tty", "full"):
        yield f"/dev/{name}", Device()
    for folder in (*_EMPTY, "/mnt", "/usr/share", "/var/lib", "/var/tmp"):  # noqa: S108
        yield folder, Folder()
    for name in _MERGED:
        yield f"/{name}", Link(f"usr/{name}")
    yield from _programs(machine)
    yield from grow_etc(machine)
    yield from grow_proc(machine)
    yield from grow_sys(machine)
    yield from _logs(machine)
    if machine.is_node:
        yield from _disks(machine)
        yield from _storages(machine)
    elif machine.guest is not None and machine.guest.kind == "qemu":
        for name in ("sda", "sda1", "sda15"):
            yield f"/dev/{name}", Device(disk=True)


def _programs(machine: "Computer") -> Iterable[tuple[str, Content]]:
    for known in COMMANDS.values():
        if not known.builtin and is_installed(machine, known):
            yield f"{known.folder}/{known.name}", f"\x7fELF simulated {known.name}\n"


def _logs(machine: "Computer") -> Iterable[tuple[str, Content]]:
    yield "/var/log/journal", Folder()
    yield "/var/log/apt/history.log", ""
    yield "/var/log/dpkg.log", ""
    if machine.is_node:
        yield "/var/log/pve/tasks", Folder()
        yield "/var/log/pveproxy/access.log", ""


def _disks(machine: "Computer") -> Iterable[tuple[str, Content]]:
    node = machine.node
    for disk in node.disks if node is not None else ():
        yield disk.dev, Device(disk=True)
        if disk.used in ("LVM", "ZFS"):
            for part in (1, 2, 3):
                yield f"{disk.dev}p{part}", Device(disk=True)
        elif disk.used == "partitions":
            yield f"{disk.dev}1", Device(disk=True)


def _storages(machine: "Computer") -> Iterable[tuple[str, Content]]:
    """What lies on the storages that are folders, under the paths Proxmox gives it."""
    world = machine.world
    folders = {"backup": "dump", "iso": "template/iso", "vztmpl": "template/cache"}
    for storage in world.storages_of(machine.name):
        if storage.path is None or not storage.active:
            continue
        yield storage.path, Folder()
        for content in storage.content.split(","):
            yield f"{storage.path}/{folders.get(content, content)}", Folder()
        for volume in volumes_on(world, storage):
            name = volume.volid.rpartition("/")[2]
            folder = folders.get(volume.content, f"images/{volume.vmid}")
            yield f"{storage.path}/{folder}/{name}", Archive(volume.size_bytes)
