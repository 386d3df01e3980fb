"""What is configured for the cluster, its nodes and its storages, as it is read."""

from simulator.api.routes import Check, Param, Params, Request, node_of, route
from simulator.world.world import CLUSTER_NAME, World

_AUDIT = Check("/", "Sys.Audit")


@route("GET", "/cluster/config", check=_AUDIT)
def index_config(world: World, request: Request, params: Params) -> object:
    return [{"name": name} for name in ("nodes", "totem", "join", "qdevice", "apiversion")]


@route("GET", "/cluster/config/nodes", check=_AUDIT)
def list_members(world: World, request: Request, params: Params) -> object:
    return [
        {
            "name": node.name,
            "node": node.name,
            "nodeid": str(node.nodeid),
            "quorum_votes": "1",
            "ring0_addr": node.ip,
        }
        for node in world.nodes.values()
    ]


@route("GET", "/cluster/config/totem", check=_AUDIT)
def read_totem(world: World, request: Request, params: Params) -> object:
    return {
        "cluster_name": CLUSTER_NAME,
        "config_version": str(len(world.nodes)),
        "interface": {"0": {"linknumber": "0"}},
        "ip_version": "ipv4-6",
        "link_mode": "passive",
        "secauth": "on",
        "version": "2",
    }


@route("GET", "/cluster/config/qdevice", check=_AUDIT)
def read_qdevice(world: World, request: Request, params: Params) -> object:
    """The house has no third voter: empty, as Proxmox answers."""
    return {}


@route("GET", "/cluster/options")
def read_options(world: World, request: Request, params: Params) -> object:
    return {"keyboard": "en-gb", "migration": {"type": "secure"}}


@route("GET", "/cluster/ha/resources", check=_AUDIT, params=(Param("type", enum=("ct", "vm")),))
def list_resources(world: World, request: Request, params: Params) -> object:
    rows = []
    for guest in world.guests.values():
        kind = "vm" if guest.kind == "qemu" else "ct"
        if guest.ha and params.get("type", kind) == kind:
            wanted = "stopped" if guest.hastate == "stopped" else "started"
            rows.append({"sid": f"{kind}:{guest.vmid}", "state": wanted, "type": kind})
    return rows


@route("GET", "/nodes/{node}/config", check=_AUDIT, params=(Param("property"),))
def read_node_config(world: World, request: Request, params: Params) -> object:
    """Only what is set: the address that wakes it."""
    mac = node_of(world, params).mac
    return {"wakeonlan": mac} if mac is not None else {}


@route("GET", "/nodes/{node}/subscription")
def read_subscription(world: World, request: Request, params: Params) -> object:
    """The house has none, like most."""
    node = node_of(world, params)
    return {
        "message": "There is no subscription key",
        "serverid": f"{node.key:016X}{node.nodeid:016X}",
        "status": "notfound",
        "url": "https://www.proxmox.com/en/proxmox-virtual-environment/pricing",
    }


_BEHIND: dict[str, dict[str, object]] = {
    "lvmthin": {"thinpool": "data", "vgname": "pve"},
    "nfs": {"server": "192.0.2.60"},
    "zfspool": {"pool": "rpool/data", "sparse": 1},
}
"""What a plugin's storages are made of, as far as it is the same for each."""


@route("GET", "/storage", params=(Param("type"),))
def list_storages(world: World, request: Request, params: Params) -> object:
    """Each storage once, as /etc/pve/storage.cfg has it."""
    rows: dict[str, dict[str, object]] = {}
    nodes: dict[str, list[str]] = {}
    for storage in world.storages:
        if not request.rights(f"/storage/{storage.name}") & {
            "Datastore.Audit",
            "Datastore.AllocateSpace",
        }:
            continue
        nodes.setdefault(storage.name, []).extend(storage.nodes)
        row: dict[str, object] = {
            "content": storage.content,
            "digest": f"{len(world.storages):040x}",
            "storage": storage.name,
            "type": storage.plugin,
            **_BEHIND.get(storage.plugin, {}),
        }
        if storage.path is not None:
            row["path"] = storage.path
        if storage.shared:
            row["shared"] = 1
        rows[storage.name] = row
    for name, row in rows.items():
        if len(nodes[name]) < len(world.nodes):
            row["nodes"] = ",".join(nodes[name])
    return [row for row in rows.values() if params.get("type", row["type"]) == row["type"]]
