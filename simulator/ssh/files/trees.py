"""Which files a machine has: those of its own kind, and those of any Debian."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .tree import Content, Device, Folder

if TYPE_CHECKING:
    from simulator.ssh.machines import Machine

_EMPTY = ("/boot", "/home", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp")  # noqa: S108


def grow(machine: "Machine") -> Iterable[tuple[str, Content]]:
    """Every path of that machine as it is now."""
    for name in ("null", "zero", "random", "urandom", "tty", "full"):
        yield f"/dev/{name}", Device()
    for folder in _EMPTY:
        yield folder, Folder()
    yield "/etc/hostname", lambda: f"{machine.hostname}\n"
