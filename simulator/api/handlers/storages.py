"""/nodes/{node}/storage: what a node can reach, how full it is, and what lies on it."""

from simulator.api.handlers.rrd import STORAGE_AUDIT
from simulator.api.routes import Param, Params, Request, node_of, route
from simulator.world.errors import Refused
from simulator.world.model import Storage
from simulator.world.volumes import Volume, volumes_on
from simulator.world.world import World


def _status(world: World, storage: Storage) -> dict[str, object]:
    """Bytes. A storage that does not answer has zeros, not gaps; only its fraction is missing."""
    used = world.storage_used(storage) if storage.active else 0
    total = storage.total_bytes if storage.active else 0
    return {
        "active": int(storage.active),
        "avail": total - used,
        "content": storage.content,
        "enabled": 1,
        "shared": int(storage.shared),
        "total": total,
        "type": storage.plugin,
        "used": used,
    }


def find_storage(world: World, params: Params) -> Storage:
    """The storage named in the path; Refused when the node has none of that name."""
    storage = world.find_storage(node_of(world, params).name, params["storage"])
    if storage is None:
        raise Refused(f"storage '{params['storage']}' does not exist")
    return storage


@route(
    "GET",
    "/nodes/{node}/storage",
    params=(
        Param("content"),
        Param("enabled", "boolean"),
        Param("format", "boolean"),
        Param("storage"),
        Param("target"),
    ),
)
def list_storages(world: World, request: Request, params: Params) -> object:
    rows = []
    for storage in world.storages_of(params["node"]):
        path = f"/storage/{storage.name}"
        if not request.rights(path) & {"Datastore.Audit", "Datastore.AllocateSpace"}:
            continue
        if params.get("storage", storage.name) != storage.name:
            continue
        if "content" in params and not _holds(storage, params["content"]):
            continue
        row = {"storage": storage.name, **_status(world, storage)}
        if storage.active:
            row["used_fraction"] = world.storage_used(storage) / storage.total_bytes
        rows.append(row)
    return rows


def _holds(storage: Storage, contents: str) -> bool:
    return bool(set(contents.split(",")) & set(storage.content.split(",")))


@route("GET", "/nodes/{node}/storage/{storage}/status", check=STORAGE_AUDIT)
def read_status(world: World, request: Request, params: Params) -> object:
    return _status(world, find_storage(world, params))


@route(
    "GET",
    "/nodes/{node}/storage/{storage}/content",
    check=STORAGE_AUDIT,
    params=(Param("content"), Param("vmid", "integer", low=100, high=999_999_999)),
)
def list_content(world: World, request: Request, params: Params) -> object:
    """What the caller may see of it: an auditor sees images to install from, and no backup."""
    storage = find_storage(world, params)
    if not storage.active:
        raise Refused(f"storage '{storage.name}' is not online")
    return [
        _row(world, volume)
        for volume in volumes_on(world, storage)
        if params.get("content", volume.content) == volume.content
        and params.get("vmid", str(volume.vmid)) == str(volume.vmid)
        and may_see_volume(request, storage, volume)
    ]


def may_see_volume(request: Request, storage: Storage, volume: Volume) -> bool:
    """Whether the caller may read it."""
    path = f"/storage/{storage.name}"
    if request.may(path, "Datastore.Allocate") or volume.vmid is None:
        return True
    guest = f"/vms/{volume.vmid}"
    if volume.content == "backup":
        return request.may(path, "Datastore.AllocateSpace") and request.may(guest, "VM.Backup")
    return request.may(path, "Datastore.Audit") and request.may(guest, "VM.Config.Disk")


def _row(world: World, volume: Volume) -> dict[str, object]:
    row: dict[str, object] = {
        "content": volume.content,
        "format": volume.format,
        "size": volume.size_bytes,
        "volid": volume.volid,
    }
    optional: dict[str, object | None] = {
        "ctime": None if volume.at is None else world.told(volume.at),
        "notes": volume.notes,
        "protected": 1 if volume.protected else None,
        "subtype": volume.subtype,
        "used": volume.used_bytes,
        "vmid": volume.vmid,
    }
    return row | {key: value for key, value in optional.items() if value is not None}
