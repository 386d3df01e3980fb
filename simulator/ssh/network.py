"""Who is where, who answers, and on which ports: the house's network, which leads nowhere else."""

import asyncio
import re
from typing import TYPE_CHECKING

from simulator.api.listener import Door
from simulator.world.units import is_active

from .process_list import unit_pid

if TYPE_CHECKING:
    from .machines import Machine

OUTSIDE_MS = {
    "1.1.1.1": 11.8,
    "8.8.8.8": 13.4,
    "9.9.9.9": 14.1,
    "192.0.2.1": 0.4,
    "192.0.2.53": 0.5,
}
"""Addresses outside that answer a ping, and after how long."""
_NAMES = {
    "one.one.one.one": "1.1.1.1",
    "dns.google": "8.8.8.8",
    "deb.debian.org": "199.232.190.132",
    "download.proxmox.com": "51.91.38.34",
}
_PORTS = {
    "ssh": (22,), "pveproxy": (8006,), "spiceproxy": (3128,), "rpcbind": (111,),
    "postfix": (25,), "AdGuardHome": (53, 80, 3000), "grafana-server": (3000,),
    "prometheus": (9090,), "vaultwarden": (8000,), "unifi": (8443, 8080), "forgejo": (3000,),
    "paperless-webserver": (8000,), "frigate": (5000, 8971), "jellyfin": (8096,),
    "apache2": (80, 443), "immich-server": (2283,), "k3s": (6443,), "proxmox-backup-proxy": (8007,),
}  # fmt: skip
UNREACHABLE_S = 3.0
"""Until a machine without power is told as such."""


def resolve(machine: "Machine", name: str) -> str | None:
    """An address for a name of the house, or one of the few known outside."""
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        return name
    plain = name.removesuffix(".home.arpa")
    if plain in ("localhost", machine.hostname):
        return "127.0.0.1" if plain == "localhost" else machine.ip
    found = machine.house.find(plain)
    return found.ip if found is not None else _NAMES.get(name)


def delay_ms(machine: "Machine", address: str) -> float | None:
    """How long a ping's answer takes; None where none comes."""
    if address in ("127.0.0.1", machine.ip):
        return 0.03
    if address in OUTSIDE_MS or address in _NAMES.values():
        return OUTSIDE_MS.get(address, 16.0)
    found = machine.house.find(address)
    return 0.31 if found is not None and machine.sees(found) else None


def listening(machine: "Machine") -> list[tuple[int, str, int]]:
    """(port, program, its number) of what listens there."""
    found = []
    for unit in machine.units:
        if is_active(machine.host, unit):
            for port in _PORTS.get(unit.name, ()):
                name = "sshd" if unit.name == "ssh" else unit.name
                found.append((port, name, unit_pid(machine, unit.api or unit.name)))
    daemon = machine.world.docker
    if machine.has_docker and daemon.is_up:
        for one in daemon.containers:
            if one.running:
                found += [(host, "docker-proxy", 3_950 + host % 40) for host, _ in one.ports]
    return sorted(found)


async def connect(machine: "Machine", host: str, port: int) -> str | None:
    """Why no connection is made there, in the kernel's words; None when one is."""
    address = resolve(machine, host)
    if address is None:
        return "Name or service not known"
    local = address in ("127.0.0.1", machine.ip)
    found = machine if local else machine.house.find(address)
    if found is None:
        return "Network is unreachable"
    if not local and found.door is Door.SILENT:
        await found.awake()
    if not local and not machine.sees(found):
        await asyncio.sleep(UNREACHABLE_S)
        return "No route to host"
    if all(one != port for one, _, _ in listening(found)):
        return "Connection refused"
    return None
