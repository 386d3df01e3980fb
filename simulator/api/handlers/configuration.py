"""Changes to a guest's configuration: VM by POST (a task) or PUT, CT by PUT."""

import zlib

from simulator.api.errors import ApiError, bad_parameter
from simulator.api.handlers.guests import config_of
from simulator.api.routes import Params, Request, guest_of, route
from simulator.world.actions import refuse_when_locked
from simulator.world.errors import Refused
from simulator.world.model import GIB, MIB, Guest
from simulator.world.world import World

_RIGHT = {
    "memory": "VM.Config.Memory",
    "balloon": "VM.Config.Memory",
    "swap": "VM.Config.Memory",
    "cores": "VM.Config.CPU",
    "cpulimit": "VM.Config.CPU",
    "cpuunits": "VM.Config.CPU",
    "sockets": "VM.Config.CPU",
}
_CONTROL = frozenset(
    {"node", "kind", "vmid", "delete", "digest", "skiplock", "background_delay", "force", "revert"}
)
_FIXED = frozenset({"ostype", "digest", "lock", "template", "parent"})


@route("PUT", "/nodes/{node}/{kind}/{vmid}/config", extra=True)
def put(world: World, request: Request, params: Params) -> object:
    _apply(world, request, guest_of(world, params), params)
    return None


@route("POST", "/nodes/{node}/{kind}/{vmid}/config", extra=True)
def post(world: World, request: Request, params: Params) -> object:
    guest = guest_of(world, params)
    if guest.kind == "lxc":
        path = f"/nodes/{guest.node}/lxc/{guest.vmid}/config"
        raise ApiError(501, f"Method 'POST {path}' not implemented")
    _apply(world, request, guest, params)
    return world.tasks.start(
        world.nodes[guest.node], "qmconfig", str(guest.vmid), request.who, lasts_s=0.3
    ).upid


def _apply(world: World, request: Request, guest: Guest, params: Params) -> None:
    gone = [name for name in params.get("delete", "").replace(";", ",").split(",") if name]
    wanted = {name: value for name, value in params.items() if name not in _CONTROL}
    if not wanted and not gone:
        raise bad_parameter(**{"": "no options specified"})
    for name in [*wanted, *gone]:
        right = _RIGHT.get(name, "VM.Config.Options")
        if not request.may(f"/vms/{guest.vmid}", right):
            raise ApiError(403, f"Permission check failed (/vms/{guest.vmid}, {right})")
        if name in _FIXED:
            raise bad_parameter(**{name: "property cannot be changed"})
    refuse_when_locked(guest)
    if "digest" in params and params["digest"] != config_of(world, guest)["digest"]:
        raise Refused("detected modified configuration - file changed by other user? Try again.")
    for name, value in wanted.items():
        _set(guest, name, value)
    for name in gone:
        _unset(guest, name)
    guest.digest = zlib.crc32(repr((guest.digest, sorted(wanted.items()), gone)).encode())
    world.changed()


def _number(name: str, value: str, low: int) -> int:
    if not value.isdigit():
        raise bad_parameter(**{name: f"type check ('integer') failed - got '{value}'"})
    if int(value) < low:
        raise bad_parameter(**{name: f"value must have a minimum value of {low}"})
    return int(value)


def _set(guest: Guest, name: str, value: str) -> None:
    if name == "memory":
        guest.mem_bytes = _number(name, value, 16) * MIB
    elif name == "cores":
        guest.cores = _number(name, value, 1)
    elif name in ("name", "hostname"):
        guest.name = value
    elif name == "tags":
        guest.tags = tuple(sorted(tag for tag in value.replace(",", ";").split(";") if tag))
    elif name == "onboot":
        guest.onboot = value in ("1", "on", "yes", "true")
    elif name == "protection":
        guest.protection = value in ("1", "on", "yes", "true")
    elif name == "description":
        guest.description = value
    elif name == "agent":
        guest.agent = value.partition(",")[0].removeprefix("enabled=") == "1"
    else:
        guest.options[name] = value


def _unset(guest: Guest, name: str) -> None:
    if name == "tags":
        guest.tags = ()
    elif name == "onboot":
        guest.onboot = False
    elif name == "protection":
        guest.protection = False
    elif name == "description":
        guest.description = ""
    elif name == "agent":
        guest.agent = False
    else:
        guest.options.pop(name, None)


@route("PUT", "/nodes/{node}/{kind}/{vmid}/resize", extra=True)
def resize(world: World, request: Request, params: Params) -> object:
    guest = guest_of(world, params)
    if not request.may(f"/vms/{guest.vmid}", "VM.Config.Disk"):
        raise ApiError(403, f"Permission check failed (/vms/{guest.vmid}, VM.Config.Disk)")
    refuse_when_locked(guest)
    size = params.get("size", "")
    if not size.lstrip("+").removesuffix("G").isdigit():
        raise bad_parameter(size="value does not match the regex pattern")
    gib = int(size.lstrip("+").removesuffix("G"))
    wanted = guest.disk_bytes + gib * GIB if size.startswith("+") else gib * GIB
    if wanted < guest.disk_bytes:
        raise Refused("shrinking disks is not supported")
    guest.disk_bytes = wanted
    guest.digest += 1
    world.changed()
    return world.tasks.start(
        world.nodes[guest.node], "resize", str(guest.vmid), request.who, lasts_s=1.0
    ).upid
