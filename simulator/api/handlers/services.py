"""/nodes/{node}/services: Proxmox's own services, and starting and stopping them."""

from simulator.api.routes import Check, Param, Params, Request, node_of, route
from simulator.world.model import Node, Task
from simulator.world.units import API_UNITS, Unit, is_active, start_unit, stop_unit
from simulator.world.world import World

_ESSENTIAL = frozenset({"pveproxy", "pvedaemon", "pve-cluster"})
_AUDIT = Check("/nodes/{node}", "Sys.Audit")
_MODIFY = Check("/nodes/{node}", "Sys.Modify")


def _row(node: Node, unit: Unit) -> dict[str, object]:
    runs = is_active(node, unit)
    failed = (unit.api or unit.name) in node.failed_services
    return {
        "service": unit.api,
        "name": unit.api,
        "desc": unit.desc,
        "state": "running" if runs else "failed" if failed else "dead",
        "active-state": "active" if runs else "failed" if failed else "inactive",
        "unit-state": unit.state,
    }


@route("GET", "/nodes/{node}/services", check=_AUDIT)
def list_services(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    return [_row(node, unit) for unit in API_UNITS.values() if unit.since_major <= world.major]


_NAME = Param("service", enum=tuple(API_UNITS))


@route("GET", "/nodes/{node}/services/{service}", check=_AUDIT, params=(_NAME,), local=True)
def index_service(world: World, request: Request, params: Params) -> object:
    return [{"subdir": name} for name in ("state", "start", "stop", "restart", "reload")]


@route("GET", "/nodes/{node}/services/{service}/state", check=_AUDIT, params=(_NAME,))
def read_service(world: World, request: Request, params: Params) -> object:
    return _row(node_of(world, params), API_UNITS[params["service"]])


@route(
    "POST",
    "/nodes/{node}/services/{service}/{command}",
    check=_MODIFY,
    params=(_NAME, Param("command", enum=("start", "stop", "restart", "reload"))),
    writes=False,
)
def command_service(world: World, request: Request, params: Params) -> object:
    """Starts a task. An essential service is refused in the task, not in the answer."""
    node, name, command = node_of(world, params), params["service"], params["command"]

    def then(task: Task) -> str | None:
        if command == "stop" and name in _ESSENTIAL:
            return f"invalid service cmd '{name} {command}': refusing to stop essential service!"
        unit = API_UNITS[name]
        if not unit.is_installed:
            return f"command 'systemctl {command} {name}' failed: exit code 5"
        if command == "stop":
            stop_unit(world, node, unit)
        else:
            start_unit(world, node, unit)
        return None

    task = world.tasks.start(node, f"srv{command}", name, request.who, lasts_s=1.5, then=then)
    return task.upid
