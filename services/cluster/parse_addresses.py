"""The network addresses of one guest, as its agent or its container's node tells them.

`/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces` and `/nodes/{node}/lxc/{vmid}/interfaces`.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from services.cluster import wire

MOST_INTERFACES = 512
MOST_ADDRESSES = 64
"""Of one interface; a guest may say whatever it likes."""
NAME_LIMIT = 64

_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5,19}", re.ASCII)
_LOOPBACK = re.compile(r"lo\d*|loopback.*", re.ASCII | re.IGNORECASE)
_INNER = re.compile(
    r"docker\d+|docker_gwbridge|br-[0-9a-f]{12}|hassio|veth.*|podman\d+|cni.*|flannel.*"
    r"|cali[0-9a-f]+|cilium_.*|lxc[0-9a-f]{8,}|kube-.*|nodelocaldns|(?:lxc|lxd|incus)br\d+"
    r"|virbr\d+(?:-nic)?|vnet\d+|tap\d+i\d+|fw(?:br|ln|pr)\d+.*"
    r"|vEthernet \((?:WSL|Default Switch).*",
    re.ASCII,
)

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestInterface:
    """One interface within a guest."""

    name: str | None = None
    mac: str | None = None
    """In small letters, with colons."""
    addresses: tuple[str, ...] = ()
    """Without their prefix, IPv4 first."""
    link_local: tuple[str, ...] = ()
    """Those that reach no further than its own link."""
    inner: bool = False
    """Made for what runs within the guest: a bridge of Docker, the end of a container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressReading:
    """What was told; without the loopback, and what is reached from outside first."""

    interfaces: tuple[GuestInterface, ...] | None = None
    """None where no list was sent."""
    refused: str | None = None
    """Why the agent sent none, in its own words."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """By which the guest can be reached from outside, each once."""
        outer = (each.addresses for each in self.interfaces or () if not each.inner)
        return tuple(dict.fromkeys(one for some in outer for one in some))


def parse_addresses(payload: object) -> AddressReading:
    """Read either answer; an agent's list stands under `result`, and so does its refusal."""
    listed = payload.get("result") if isinstance(payload, dict) else payload
    if not isinstance(listed, list | tuple):
        error = wire.fields(wire.fields(listed).get("error"))
        return AddressReading(refused=wire.text(error.get("desc")))
    found = [
        interface
        for row in islice(wire.rows(listed), MOST_INTERFACES)
        if (interface := _interface(row)) is not None
    ]
    found.sort(key=lambda each: (each.inner, not each.addresses))
    return AddressReading(interfaces=tuple(found))


def _interface(row: wire.Row) -> GuestInterface | None:
    """None for the loopback, and for what neither has an address nor could get one."""
    name = (wire.text(row.get("name")) or "")[:NAME_LIMIT] or None
    told = dict.fromkeys(_told(row))
    outer = [ip for ip in told if not ip.is_loopback]
    addresses = tuple(str(ip) for ip in _in_order(outer) if not ip.is_link_local)
    inner = _INNER.fullmatch(name or "") is not None
    loopback = bool(told and not outer) or _LOOPBACK.fullmatch(name or "") is not None
    mac = _mac(row.get("hardware-address")) or _mac(row.get("hwaddr"))
    if not addresses and (loopback or inner or not (outer or mac)):
        return None
    return GuestInterface(
        name=name,
        mac=mac,
        addresses=addresses,
        link_local=tuple(str(ip) for ip in _in_order(outer) if ip.is_link_local),
        inner=inner,
    )


def _told(row: wire.Row) -> Iterator[_Ip]:
    """The list has them all; `inet` and `inet6` are all that older releases send."""
    listed = [each.get("ip-address") for each in wire.rows(row.get("ip-addresses"))]
    for value in (*listed[:MOST_ADDRESSES], row.get("inet"), row.get("inet6")):
        ip = _address(value)
        if ip is not None and not ip.is_unspecified:
            yield ip


def _address(value: object) -> _Ip | None:
    """An address without its prefix and without its scope, which may be any text at all."""
    read = wire.text(value) if isinstance(value, str) else None
    try:
        return ipaddress.ip_address(re.split("[/%]", read, maxsplit=1)[0]) if read else None
    except ValueError:
        return None


def _in_order(addresses: list[_Ip]) -> list[_Ip]:
    return sorted(addresses, key=lambda ip: ip.version)


def _mac(value: object) -> str | None:
    """None where it is all zeroes as well, which is what has none is told with."""
    read = (wire.text(value) or "").lower().replace("-", ":") if isinstance(value, str) else ""
    return read if _MAC.fullmatch(read) and read.strip("0:") else None
