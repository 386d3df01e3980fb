"""What cannot be taken back: a volume removed, a disk wiped, a node taken out of the cluster."""

from simulator.api.errors import ApiError
from simulator.api.handlers.storages import find_storage, may_see_volume
from simulator.api.routes import Param, Params, Request, node_of, route
from simulator.world.backups import protect
from simulator.world.erasing import find_volume, remove_volume, wipe_disk
from simulator.world.membership import expel
from simulator.world.model import ROOT, Storage
from simulator.world.volumes import Volume
from simulator.world.world import World

_CONTENT = "/nodes/{node}/storage/{storage}/content/{volume}"


def _volume(world: World, params: Params) -> tuple[Storage, Volume]:
    storage = find_storage(world, params)
    return storage, find_volume(world, storage, params["volume"])


@route("GET", _CONTENT)
def read_volume(world: World, request: Request, params: Params) -> object:
    storage, volume = _volume(world, params)
    if not may_see_volume(request, storage, volume):
        raise ApiError(403, "Permission check failed")
    path = f"{storage.path}/{volume.volid.rpartition('/')[2]}" if storage.path else volume.volid
    answer: dict[str, object] = {
        "format": volume.format,
        "path": path,
        "size": volume.size_bytes,
        "used": volume.used_bytes or volume.size_bytes,
    }
    if volume.notes is not None:
        answer["notes"] = volume.notes
    if volume.protected:
        answer["protected"] = 1
    return answer


@route("PUT", _CONTENT, params=(Param("notes"), Param("protected", "boolean")))
def change_volume(world: World, request: Request, params: Params) -> object:
    storage, volume = _volume(world, params)
    _check_removal(request, storage, volume)
    protect(
        world,
        volume.volid,
        protected=params.flag("protected") if "protected" in params else None,
        notes=params.get("notes"),
    )
    return None


@route("DELETE", _CONTENT, params=(Param("delay", "integer", low=1, high=30),))
def delete_volume(world: World, request: Request, params: Params) -> object:
    storage, volume = _volume(world, params)
    _check_removal(request, storage, volume)
    return remove_volume(world, node_of(world, params), storage, volume, request.who)


def _check_removal(request: Request, storage: Storage, volume: Volume) -> None:
    path = f"/storage/{storage.name}"
    if request.may(path, "Datastore.Allocate"):
        return
    own = volume.content == "backup" and request.may(f"/vms/{volume.vmid}", "VM.Backup")
    if not (own and request.may(path, "Datastore.AllocateSpace")):
        raise ApiError(403, f"Permission check failed ({path}, Datastore.Allocate)")


def _root_only(request: Request) -> None:
    """What Proxmox gives no right for is root's alone, and no token's."""
    if request.who != ROOT:
        raise ApiError(403, "Permission check failed (user != root@pam)")


@route("PUT", "/nodes/{node}/disks/wipedisk", params=(Param("disk", required=True),))
def wipe(world: World, request: Request, params: Params) -> object:
    _root_only(request)
    return wipe_disk(world, node_of(world, params), params["disk"], request.who)


@route("DELETE", "/cluster/config/nodes/{node}", local=True)
def delete_node(world: World, request: Request, params: Params) -> object:
    _root_only(request)
    expel(world, request.entry, params["node"])
    return None
