"""rrddata of nodes, guests and storages; a node that is down has its history all the same."""

from typing import Literal

from simulator.api.errors import bad_parameter
from simulator.api.routes import Check, Param, Params, Request, guest_of, node_of, route
from simulator.world.errors import Refused
from simulator.world.history import timeframes
from simulator.world.world import World

_PARAMS = (
    Param("timeframe", required=True, enum=("hour", "day", "week", "month", "year", "decade")),
    Param("cf", enum=("AVERAGE", "MAX")),
)
STORAGE_AUDIT = Check(
    "/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace", any_of=True
)


def _window(world: World, params: Params) -> tuple[str, Literal["AVERAGE", "MAX"]]:
    timeframe = params["timeframe"]
    known = timeframes(world.major)
    if timeframe not in known:
        wanted = ", ".join(known)
        raise bad_parameter(
            timeframe=f"value '{timeframe}' does not have a value in the enumeration '{wanted}'"
        )
    return timeframe, "MAX" if params.get("cf") == "MAX" else "AVERAGE"


@route(
    "GET",
    "/nodes/{node}/rrddata",
    check=Check("/nodes/{node}", "Sys.Audit"),
    params=_PARAMS,
    local=True,
)
def node_rrddata(world: World, request: Request, params: Params) -> object:
    return world.history.of_node(node_of(world, params), *_window(world, params))


@route(
    "GET",
    "/nodes/{node}/{kind}/{vmid}/rrddata",
    check=Check("/vms/{vmid}", "VM.Audit"),
    params=_PARAMS,
    local=True,
)
def guest_rrddata(world: World, request: Request, params: Params) -> object:
    return world.history.of_guest(guest_of(world, params), *_window(world, params))


@route("GET", "/nodes/{node}/storage/{storage}/rrddata", check=STORAGE_AUDIT, params=_PARAMS)
def storage_rrddata(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    storage = world.find_storage(node.name, params["storage"])
    if storage is None:
        raise Refused(f"storage '{params['storage']}' does not exist")
    return world.history.of_storage(node, storage, *_window(world, params))
