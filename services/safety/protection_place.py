"""Finds out which guest Jarvis lives in, where nobody has told: by its own network addresses.

A guest's configuration names the MAC addresses of its interfaces. Where one of them is an address
of the machine Jarvis runs on, that guest is the one. Within a container of its own network this
finds nothing, since a bridge of Docker has addresses of its own: there JARVIS_VMID has to tell.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from services.cluster.parse_guest import GuestConfig

INTERFACES: Final = Path("/sys/class/net")
_MAC = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])")
_NOBODYS: Final = frozenset(("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"))


def own_macs(folder: Path = INTERFACES) -> frozenset[str]:
    """The MAC addresses of this machine, in lower case; none where they cannot be read."""
    found: set[str] = set()
    for interface in sorted(folder.glob("*/address")):
        try:
            found.add(interface.read_text(encoding="ascii").strip().lower())
        except (OSError, ValueError):
            continue  # an interface may go while it is looked at
    return frozenset(mac for mac in found if _MAC.fullmatch(mac)) - _NOBODYS


def macs_of(config: GuestConfig) -> frozenset[str]:
    """The MAC addresses a guest's configuration gives it."""
    return frozenset(mac.lower() for _, line in config.nets for mac in _MAC.findall(line))


def find_own_guest(configs: Mapping[int, GuestConfig], macs: Iterable[str]) -> int | None:
    """The one guest that has an address of this machine; None for none, or for more than one."""
    own = frozenset(macs)
    found = [vmid for vmid, config in configs.items() if macs_of(config) & own]
    return found[0] if len(found) == 1 else None
