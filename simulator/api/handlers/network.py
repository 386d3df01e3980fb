"""A node's network: interfaces, name servers, /etc/hosts."""

import hashlib

from simulator.api.routes import Check, Param, Params, Request, node_of, route
from simulator.world.model import Node
from simulator.world.world import World

_TYPES = (
    "bridge",
    "bond",
    "eth",
    "alias",
    "vlan",
    "fabric",
    "OVSBridge",
    "OVSBond",
    "OVSPort",
    "OVSIntPort",
    "vnet",
    "any_bridge",
    "any_local_bridge",
    "include_sdn",
)
_BRIDGES = ("bridge", "any_bridge", "any_local_bridge")


@route("GET", "/nodes/{node}/network", params=(Param("type", enum=_TYPES),))
def list_interfaces(world: World, request: Request, params: Params) -> object:
    rows = [_port(), _bridge(node_of(world, params))]
    wanted = params.get("type", "include_sdn")
    if wanted == "include_sdn":
        return rows
    kinds = _BRIDGES if wanted in _BRIDGES else (wanted,)
    return [row for row in rows if row["type"] in kinds]


def _port() -> dict[str, object]:
    return {
        "active": 1,
        "exists": 1,
        "families": ["inet"],
        "iface": "eno1",
        "method": "manual",
        "method6": "manual",
        "priority": 3,
        "type": "eth",
    }


def _bridge(node: Node) -> dict[str, object]:
    """Delays and masks are strings, flags are numbers, as they are read from the file."""
    return {
        "active": 1,
        "address": node.ip,
        "autostart": 1,
        "bridge_fd": "0",
        "bridge_ports": "eno1",
        "bridge_stp": "off",
        "cidr": f"{node.ip}/24",
        "families": ["inet"],
        "gateway": "192.0.2.1",
        "iface": "vmbr0",
        "method": "static",
        "method6": "manual",
        "netmask": "24",
        "priority": 4,
        "type": "bridge",
    }


@route("GET", "/nodes/{node}/dns", check=Check("/nodes/{node}", "Sys.Audit"))
def read_dns(world: World, request: Request, params: Params) -> object:
    return {"dns1": "192.0.2.53", "search": "home.arpa"}


@route("GET", "/nodes/{node}/hosts", check=Check("/", "Sys.Audit"))
def read_hosts(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    text = (
        "127.0.0.1 localhost.localdomain localhost\n"
        f"{node.ip} {node.name}.home.arpa {node.name}\n\n"
        "::1     ip6-localhost ip6-loopback\n"
    )
    return {"data": text, "digest": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()}


@route("GET", "/nodes/{node}/replication", params=(Param("guest", "integer", low=100),))
def node_replication(world: World, request: Request, params: Params) -> object:
    """The house copies no guest from node to node."""
    return []


@route("GET", "/cluster/replication")
def cluster_replication(world: World, request: Request, params: Params) -> object:
    return []
