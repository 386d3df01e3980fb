"""`/nodes/{node}/network`: the interfaces of one node."""

from dataclasses import dataclass

from services.cluster import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceReading:
    """One interface, as configured."""

    name: str
    kind: str | None
    """`bridge`, `bond`, `eth`, `vlan`…"""
    active: bool | None
    """Whether it is up; Proxmox leaves it out where it is not."""
    starts_at_boot: bool | None
    addresses: tuple[str, ...] = ()
    """With their prefix: `192.0.2.11/24`."""
    gateway: str | None = None
    ports: tuple[str, ...] = ()
    """Of a bridge or a bond."""
    vlan_aware: bool = False
    comment: str | None = None


def parse_network(payload: object) -> tuple[InterfaceReading, ...] | None:
    """Read `/nodes/{node}/network`, sorted by name; None where it is no list."""
    if not isinstance(payload, list | tuple):
        return None
    found: dict[str, InterfaceReading] = {}
    for row in wire.rows(payload):
        name = wire.text(row.get("iface"))
        if name is None:
            continue
        told = (row.get("cidr") or row.get("address"), row.get("cidr6") or row.get("address6"))
        ports = row.get("bridge_ports") or row.get("slaves") or row.get("ovs_ports")
        found[name] = InterfaceReading(
            name=name,
            kind=wire.text(row.get("type")),
            active=wire.truth(row.get("active")) or False,
            starts_at_boot=wire.truth(row.get("autostart")) or False,
            addresses=tuple(line for each in told if (line := wire.text(each))),
            gateway=wire.text(row.get("gateway")) or wire.text(row.get("gateway6")),
            ports=wire.words(ports),
            vlan_aware=wire.truth(row.get("bridge_vlan_aware")) or False,
            comment=wire.text(row.get("comments")),
        )
    return tuple(found[name] for name in sorted(found))
