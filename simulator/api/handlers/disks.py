"""/nodes/{node}/disks: the physical disks, what SMART says of them, and the ZFS pools."""

from simulator.api.errors import ApiError
from simulator.api.routes import Check, Param, Params, Request, node_of, route
from simulator.world.errors import Refused
from simulator.world.model import Disk, Node
from simulator.world.noise import key_of
from simulator.world.pools import pools_of
from simulator.world.smart import ata_attributes, disk_temp_c, nvme_text, power_on_hours
from simulator.world.world import World

_AUDIT_ALL = Check("/", "Sys.Audit")


@route(
    "GET",
    "/nodes/{node}/disks/list",
    params=(
        Param("include-partitions", "boolean"),
        Param("skipsmart", "boolean"),
        Param("type", enum=("unused", "journal_disks")),
    ),
)
def list_disks(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    if not (request.may("/", "Sys.Audit") or request.may(f"/nodes/{node.name}", "Sys.Audit")):
        raise ApiError(403, f"Permission check failed (/nodes/{node.name}, Sys.Audit)")
    wanted = params.get("type")
    return [
        _row(disk, skip_smart=params.flag("skipsmart"))
        for disk in node.disks
        if wanted is None or (wanted == "unused" and not disk.used)
    ]


def _row(disk: Disk, *, skip_smart: bool) -> dict[str, object]:
    """`wearout` is the percentage that is left, or N/A for a disk that does not wear."""
    unknown = skip_smart or disk.wear_left_percent is None
    row: dict[str, object] = {
        "by_id_link": f"/dev/disk/by-id/{_bus(disk)}-{disk.model.replace(' ', '_')}_{disk.serial}",
        "devpath": disk.dev,
        "gpt": 1,
        "health": "UNKNOWN" if skip_smart else disk.health,
        "model": disk.model.replace(" ", "_") if disk.kind != "nvme" else disk.model,
        "mounted": 0,
        "osdid": -1,
        "osdid-list": [],
        "rpm": "5400" if disk.kind == "hdd" else 0,
        "serial": disk.serial,
        "size": disk.size_bytes,
        "type": disk.kind,
        "vendor": "unknown" if disk.kind == "nvme" else "ATA     ",
        "wearout": "N/A" if unknown else disk.wear_left_percent,
        "wwn": _wwn(disk),
    }
    return row | ({"used": disk.used} if disk.used else {})


def _bus(disk: Disk) -> str:
    return "nvme" if disk.kind == "nvme" else "ata"


def _wwn(disk: Disk) -> str:
    digits = f"{key_of(0, disk.serial):016x}"
    return f"eui.{digits}" if disk.kind == "nvme" else f"0x{digits}"


@route(
    "GET",
    "/nodes/{node}/disks/smart",
    check=_AUDIT_ALL,
    params=(Param("disk", required=True), Param("healthonly", "boolean")),
)
def read_smart(world: World, request: Request, params: Params) -> object:
    """A table of attributes for ATA; for NVMe the text that smartctl prints."""
    node = node_of(world, params)
    disk = next((one for one in node.disks if one.dev == params["disk"]), None)
    if disk is None:
        raise Refused("not a valid block device")
    answer: dict[str, object] = {"health": disk.health}
    if disk.kind == "nvme":
        answer["type"] = "text"
        if not params.flag("healthonly"):
            answer["text"] = nvme_text(
                temp_c=disk_temp_c(world, node, disk),
                used_percent=100 - (disk.wear_left_percent or 100),
                hours=power_on_hours(world, node, disk),
                failed=disk.health == "FAILED!",
            )
            answer["wearout"] = disk.wear_left_percent
        return answer
    answer["type"] = "ata"
    if not params.flag("healthonly"):
        answer["attributes"] = _attributes(world, node, disk)
    return answer


def _attributes(world: World, node: Node, disk: Disk) -> list[dict[str, object]]:
    return [
        {
            "fail": "-",
            "flags": one.flags,
            "id": f"{one.number:>3}",
            "name": one.name,
            "normalized": one.value,
            "raw": one.raw,
            "threshold": one.threshold,
            "value": one.value,
            "worst": one.value,
        }
        for one in ata_attributes(world, node, disk)
    ]


@route("GET", "/nodes/{node}/disks/zfs", check=_AUDIT_ALL)
def list_pools(world: World, request: Request, params: Params) -> object:
    """The pools behind this node's ZFS storages; bytes."""
    return [
        {
            "alloc": pool.allocated_bytes,
            "dedup": 1,
            "frag": pool.fragmented_percent,
            "free": pool.size_bytes - pool.allocated_bytes,
            "health": pool.state,
            "name": pool.name,
            "size": pool.size_bytes,
        }
        for pool in pools_of(world, params["node"])
    ]
