"""Verbs on guests and nodes: start, stop, snapshot, migrate, back up, reboot, wake."""

from collections.abc import Callable, Iterable

from simulator.api.errors import ApiError, bad_parameter
from simulator.api.routes import Check, Param, Params, Request, guest_of, node_of, route
from simulator.world import actions, backups, migration, power, snapshots
from simulator.world.errors import Refused
from simulator.world.model import Guest
from simulator.world.world import World

POWER = Check("/vms/{vmid}", "VM.PowerMgmt")
NODE_POWER = Check("/nodes/{node}", "Sys.PowerMgmt")
TIMEOUT = Param("timeout", "integer", low=0)
SKIPLOCK = Param("skiplock", "boolean")

Verb = Callable[[World, Request, Guest, Params], str]


def _guest_verb(
    path: str, check: Check, params: Iterable[Param] = (), *, verb: str = "POST"
) -> Callable[[Verb], Verb]:
    """Enter a verb below /nodes/{node}/{kind}/{vmid}/."""

    def enter(act: Verb) -> Verb:
        def handler(world: World, request: Request, given: Params) -> object:
            return act(world, request, guest_of(world, given), given)

        full = f"/nodes/{{node}}/{{kind}}/{{vmid}}{path}"
        route(verb, full, check=check, params=params)(handler)
        return act

    return enter


@_guest_verb(
    "/status/start",
    POWER,
    (
        TIMEOUT,
        SKIPLOCK,
        Param("debug", "boolean"),
        Param("force-cpu"),
        Param("machine"),
        Param("migratedfrom"),
        Param("migration_network"),
        Param("migration_type"),
        Param("stateuri"),
        Param("targetstorage"),
    ),
)
def start(world: World, request: Request, guest: Guest, params: Params) -> str:
    return actions.start(world, guest, request.who)


@_guest_verb(
    "/status/stop",
    POWER,
    (TIMEOUT, SKIPLOCK, Param("keepActive", "boolean"), Param("overrule-shutdown", "boolean")),
)
def stop(world: World, request: Request, guest: Guest, params: Params) -> str:
    return actions.stop(world, guest, request.who)


@_guest_verb(
    "/status/shutdown",
    POWER,
    (TIMEOUT, SKIPLOCK, Param("keepActive", "boolean"), Param("forceStop", "boolean")),
)
def shutdown(world: World, request: Request, guest: Guest, params: Params) -> str:
    return actions.shutdown(world, guest, request.who, force_stop=params.flag("forceStop"))


@_guest_verb("/status/reboot", POWER, (TIMEOUT,))
def reboot(world: World, request: Request, guest: Guest, params: Params) -> str:
    return actions.reboot(world, guest, request.who)


@_guest_verb("/status/reset", POWER, (SKIPLOCK,))
def reset(world: World, request: Request, guest: Guest, params: Params) -> str:
    return actions.reset(world, guest, request.who)


@_guest_verb(
    "/status/suspend", POWER, (SKIPLOCK, Param("todisk", "boolean"), Param("statestorage"))
)
def suspend(world: World, request: Request, guest: Guest, params: Params) -> str:
    return actions.suspend(world, guest, request.who, to_disk=params.flag("todisk"))


@_guest_verb("/status/resume", POWER, (SKIPLOCK, Param("nocheck", "boolean")))
def resume(world: World, request: Request, guest: Guest, params: Params) -> str:
    return actions.resume(world, guest, request.who)


SNAPSHOT = Check("/vms/{vmid}", "VM.Snapshot")


@_guest_verb(
    "/snapshot",
    SNAPSHOT,
    (Param("snapname", required=True), Param("description"), Param("vmstate", "boolean")),
)
def snapshot(world: World, request: Request, guest: Guest, params: Params) -> str:
    name = params["snapname"]
    if not name[:1].isalpha() or not name.replace("_", "").replace("-", "").isalnum():
        raise bad_parameter(snapname=f"invalid format - invalid configuration ID '{name}'")
    if name == "current":
        raise Refused("unable to use snapshot name 'current' (reserved name)")
    return snapshots.take_snapshot(
        world,
        guest,
        request.who,
        name,
        description=params.get("description", ""),
        vmstate=params.flag("vmstate"),
    )


@_guest_verb(
    "/snapshot/{snapname}/rollback",
    Check("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback", any_of=True),
    (Param("start", "boolean"),),
)
def rollback(world: World, request: Request, guest: Guest, params: Params) -> str:
    return snapshots.roll_back(
        world, guest, request.who, params["snapname"], start_it=params.flag("start")
    )


@_guest_verb("/snapshot/{snapname}", SNAPSHOT, (Param("force", "boolean"),), verb="DELETE")
def delete_snapshot(world: World, request: Request, guest: Guest, params: Params) -> str:
    return snapshots.delete_snapshot(world, guest, request.who, params["snapname"])


@_guest_verb(
    "/migrate",
    Check("/vms/{vmid}", "VM.Migrate"),
    (
        Param("target", required=True),
        Param("online", "boolean"),
        Param("restart", "boolean"),
        Param("with-local-disks", "boolean"),
        Param("force", "boolean"),
        Param("targetstorage"),
        Param("target-storage"),
        Param("bwlimit"),
        Param("migration_type"),
        Param("migration_network"),
        TIMEOUT,
    ),
)
def migrate(world: World, request: Request, guest: Guest, params: Params) -> str:
    target = world.nodes.get(params["target"])
    if target is None:
        raise Refused(f"no such cluster node '{params['target']}'")
    online = params.flag("online") or params.flag("restart")
    return migration.migrate(world, guest, request.who, target, online=online)


@_guest_verb(
    "",
    Check("/vms/{vmid}", "VM.Allocate"),
    (
        Param("purge", "boolean"),
        Param("destroy-unreferenced-disks", "boolean"),
        Param("force", "boolean"),
        SKIPLOCK,
    ),
    verb="DELETE",
)
def destroy(world: World, request: Request, guest: Guest, params: Params) -> str:
    return actions.destroy(world, guest, request.who)


_VZDUMP_IGNORED = (
    "bwlimit",
    "exclude",
    "exclude-path",
    "fleecing",
    "ionice",
    "job-id",
    "lockwait",
    "pbs-change-detection-mode",
    "performance",
    "pigz",
    "pool",
    "script",
    "stdexcludes",
    "stop",
    "stopwait",
    "tmpdir",
    "zstd",
)


@route(
    "POST",
    "/nodes/{node}/vzdump",
    params=(
        Param("vmid"),
        Param("all", "boolean"),
        Param("storage"),
        Param("mode", enum=("snapshot", "suspend", "stop")),
        Param("compress", enum=("0", "1", "gzip", "lzo", "zstd")),
        Param("remove", "boolean"),
        Param("notes-template"),
        Param("protected", "boolean"),
        Param("mailto"),
        Param("mailnotification"),
        Param("notification-mode"),
        Param("quiet", "boolean"),
        Param("prune-backups"),
        *map(Param, _VZDUMP_IGNORED),
    ),
)
def vzdump(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    if params.flag("all"):
        guests = [guest for guest in world.guests_on(node.name) if guest.backed_up]
    else:
        numbers = params.get("vmid", "").replace(",", " ").split()
        if not numbers:
            raise bad_parameter(vmid="property is missing and it is not optional")
        guests = [
            world.guests[int(number)]
            for number in numbers
            if number.isdigit() and int(number) in world.guests
        ]
        missing = [number for number in numbers if not number.isdigit()]
        if missing:
            text = f"invalid format - value '{missing[0]}' does not look like a valid VM ID"
            raise bad_parameter(vmid=text)
    for guest in guests:
        if not request.may(f"/vms/{guest.vmid}", "VM.Backup"):
            raise ApiError(403, f"Permission check failed (/vms/{guest.vmid}, VM.Backup)")
    storage = params.get("storage", backups.STORAGE)
    if world.find_storage(node.name, storage) is None:
        raise Refused(f"storage '{storage}' does not exist")
    here = [guest for guest in guests if guest.node == node.name]
    return backups.back_up(world, node, here, request.who, mode=params.get("mode", "snapshot"))


@route(
    "POST",
    "/nodes/{node}/status",
    check=NODE_POWER,
    params=(Param("command", required=True, enum=("reboot", "shutdown")),),
)
def node_command(world: World, request: Request, params: Params) -> object:
    power.order(world, node_of(world, params), params["command"], request.who)
    return None


@route("POST", "/nodes/{node}/wakeonlan", check=NODE_POWER, local=True, writes=False)
def wake(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    if node.name == request.entry:
        raise Refused(f"'{node.name}' is local node, cannot wake my self!")
    if node.mac is None:
        raise Refused(f"No wake on LAN MAC address defined for '{node.name}'!")
    power.power_on(world, node)
    return node.mac
