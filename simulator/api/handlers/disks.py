"""/nodes/{node}/disks: the physical disks, what SMART says of them, and the ZFS pools."""

from simulator.api.errors import ApiError
from simulator.api.routes import Check, Param, Params, Request, node_of, route
from simulator.world.errors import Refused
from simulator.world.model import Disk, Node
from simulator.world.noise import key_of
from simulator.world.smart import nvme_text
from simulator.world.world import World

_AUDIT_ALL = Check("/", "Sys.Audit")


def disk_temp_c(world: World, node: Node, disk: Disk) -> int:
    """A disk follows its node: cooler than the processor, and slower to move; °C."""
    figures = world.node_figures(node)
    processor = figures.temp_c if figures else 24.0
    share = 0.55 if disk.kind == "hdd" else 0.75
    return round(24 + (processor - 24) * share)


def power_on_hours(world: World, node: Node, disk: Disk) -> int:
    """Hours since the disk was new; they go on counting."""
    age_h = 4_000 + key_of(node.key, disk.serial) % 21_000
    return age_h + int((world.now - world.began) / 3600)


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
    if params.get("type") in ("unused", "journal_disks"):
        return []
    return [_row(disk, skip_smart=params.flag("skipsmart")) for disk in node.disks]


def _row(disk: Disk, *, skip_smart: bool) -> dict[str, object]:
    """`wearout` is the percentage that is left, or N/A for a disk that does not wear."""
    unknown = skip_smart or disk.wear_left_percent is None
    return {
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
        "used": disk.used,
        "vendor": "unknown" if disk.kind == "nvme" else "ATA     ",
        "wearout": "N/A" if unknown else disk.wear_left_percent,
        "wwn": _wwn(disk),
    }


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
    hours, temp = power_on_hours(world, node, disk), disk_temp_c(world, node, disk)
    span = f"(Min/Max {min(temp, 19)}/{max(temp, 46)})"
    table = (
        (1, "Raw_Read_Error_Rate", "POSR-K", 200, 51, "0"),
        (3, "Spin_Up_Time", "POS--K", 204, 21, "4758"),
        (4, "Start_Stop_Count", "-O--CK", 100, 0, "143"),
        (5, "Reallocated_Sector_Ct", "PO--CK", 200, 140, "0"),
        (9, "Power_On_Hours", "-O--CK", max(1, 100 - hours // 730), 0, str(hours)),
        (12, "Power_Cycle_Count", "-O--CK", 100, 0, "68"),
        (
            194,
            "Temperature_Celsius",
            "-O---K",
            150 - temp,
            0,
            f"{temp} {span}",
        ),
        (197, "Current_Pending_Sector", "-O--CK", 200, 0, "0"),
        (198, "Offline_Uncorrectable", "----CK", 200, 0, "0"),
        (199, "UDMA_CRC_Error_Count", "-O--CK", 200, 0, "0"),
    )
    return [
        {
            "fail": "-",
            "flags": flags,
            "id": f"{number:>3}",
            "name": name,
            "normalized": value,
            "raw": raw,
            "threshold": threshold,
            "value": value,
            "worst": value,
        }
        for number, name, flags, value, threshold, raw in table
    ]


@route("GET", "/nodes/{node}/disks/zfs", check=_AUDIT_ALL)
def list_pools(world: World, request: Request, params: Params) -> object:
    """The pools behind this node's ZFS storages; bytes."""
    rows = []
    for storage in world.storages_of(params["node"]):
        if storage.plugin != "zfspool":
            continue
        size = int(storage.total_bytes * 1.03)
        alloc = min(size, int(world.storage_used(storage)))
        rows.append(
            {
                "alloc": alloc,
                "dedup": 1,
                "frag": min(80, 4 + int(40 * alloc / size)),
                "free": size - alloc,
                "health": "ONLINE",
                "name": "rpool" if storage.name == "local-zfs" else storage.name,
                "size": size,
            }
        )
    return rows
