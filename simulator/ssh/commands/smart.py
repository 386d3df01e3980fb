"""smartctl: what SMART says of a node's disks, as text and as JSON."""

import json
import time

from simulator.ssh.shell.state import Call
from simulator.world.model import Disk, Node
from simulator.world.smart import ata_attributes, disk_temp_c, nvme_text, power_on_hours

from .options import read_options
from .registry import Where, command

CANNOT_OPEN = 2
_LONG = (
    "json", "json=", "all", "info", "health", "attributes", "scan", "scan-open", "nocheck=", "xall",
)  # fmt: skip


@command("smartctl", where=Where.NODE, folder="/usr/sbin")
async def smartctl(call: Call) -> int:
    options, paths = read_options(
        call,
        "aiHAjxd:l:n:t:s:c",
        (
            "json",
            "json=",
            "all",
            "info",
            "health",
            "attributes",
            "scan",
            "scan-open",
            "nocheck=",
            "xall",
        ),
    )
    node = call.machine.node
    assert node is not None
    as_json = options.has("-j", "--json")
    if options.has("--scan", "--scan-open"):
        return await _scan(call, node, as_json=as_json)
    disk = next((one for one in node.disks if paths and _is_path_of(paths[-1], one)), None)
    if disk is None:
        return await _refuse(call, paths, as_json=as_json)
    failed = disk.health == "FAILED!"
    status = 8 if failed else 0
    if as_json:
        told = _head(call, status) | _of_disk(call, node, disk)
        await call.say(json.dumps(told, indent=2) + "\n")
        return status
    await call.say(_banner(call))
    every = options.has("-a", "-x", "--all", "--xall")
    if every or options.has("-i", "--info"):
        await call.say(_info(call, disk))
    if every or options.has("-H", "--health"):
        await call.say(
            "=== START OF SMART DATA SECTION ===\n"
            f"SMART overall-health self-assessment test result: {disk.health}\n\n"
        )
    if every or options.has("-A", "--attributes"):
        await call.say(_attributes(call, node, disk))
    return status


def _is_path_of(path: str, disk: Disk) -> bool:
    """A disk by its device; an NVMe one by its controller as well."""
    return path == disk.dev or (disk.kind == "nvme" and path == disk.dev.removesuffix("n1"))


async def _refuse(call: Call, paths: list[str], *, as_json: bool) -> int:
    if not paths:
        await call.complain(
            "ERROR: smartctl requires a device name as the final command-line argument."
        )
        return 1
    what = f"Smartctl open device: {paths[-1]} failed: No such device"
    if as_json:
        await call.say(json.dumps(_head(call, CANNOT_OPEN, (what,)), indent=2) + "\n")
    else:
        await call.say(f"{_banner(call)}{what}\n")
    return CANNOT_OPEN


async def _scan(call: Call, node: Node, *, as_json: bool) -> int:
    rows = []
    for disk in node.disks:
        name = disk.dev.removesuffix("n1") if disk.kind == "nvme" else disk.dev
        kind, protocol = ("nvme", "NVMe") if disk.kind == "nvme" else ("scsi", "SCSI")
        rows.append({"name": name, "info_name": name, "type": kind, "protocol": protocol})
    if as_json:
        await call.say(json.dumps(_head(call, 0) | {"devices": rows}, indent=2) + "\n")
        return 0
    for row in rows:
        await call.say(
            f"{row['name']} -d {row['type']} # {row['name']}, {row['protocol']} device\n"
        )
    return 0


def _head(call: Call, status: int, messages: tuple[str, ...] = ()) -> dict[str, object]:
    about: dict[str, object] = {
        "version": [7, 4],
        "pre_release": False,
        "svn_revision": "5530",
        "platform_info": f"x86_64-linux-{call.machine.kernel}",
        "build_info": "(local build)",
        "argv": list(call.words),
        "exit_status": status,
    }
    if messages:
        about["messages"] = [{"string": text, "severity": "error"} for text in messages]
    return {"json_format_version": [1, 0], "smartctl": about}


def _banner(call: Call) -> str:
    return (
        f"smartctl 7.4 2023-08-01 r5530 [x86_64-linux-{call.machine.kernel}] (local build)\n"
        "Copyright (C) 2002-23, Bruce Allen, Christian Franke, www.smartmontools.org\n\n"
    )


def _of_disk(call: Call, node: Node, disk: Disk) -> dict[str, object]:
    """Everything `-a` tells in JSON."""
    world = call.machine.world
    told_now = call.machine.told_now
    temp, hours = disk_temp_c(world, node, disk), power_on_hours(world, node, disk)
    nvme = disk.kind == "nvme"
    name = disk.dev.removesuffix("n1") if nvme else disk.dev
    told: dict[str, object] = {
        "local_time": {
            "time_t": told_now,
            "asctime": time.strftime("%a %b %e %H:%M:%S %Y UTC", time.gmtime(told_now)),
        },
        "device": {
            "name": name,
            "info_name": name if nvme else f"{name} [SAT]",
            "type": "nvme" if nvme else "sat",
            "protocol": "NVMe" if nvme else "ATA",
        },
        "model_name": disk.model,
        "serial_number": disk.serial,
        "firmware_version": "4B2QJXD7" if nvme else "81.00A81",
        "user_capacity": {"blocks": disk.size_bytes // 512, "bytes": disk.size_bytes},
        "logical_block_size": 512,
        "smart_support": {"available": True, "enabled": True},
        "smart_status": {"passed": disk.health != "FAILED!"},
        "power_on_time": {"hours": hours},
        "power_cycle_count": 52 if nvme else 68,
        "temperature": {"current": temp},
    }
    if nvme:
        used = 100 - (disk.wear_left_percent or 100)
        failed = disk.health == "FAILED!"
        told["smart_status"] = {"passed": not failed, "nvme": {"value": 4 if failed else 0}}
        told["nvme_smart_health_information_log"] = {
            "nsid": -1,
            "critical_warning": 4 if failed else 0,
            "temperature": temp,
            "available_spare": 100,
            "available_spare_threshold": 10,
            "percentage_used": used,
            "data_units_read": hours * 2_150,
            "data_units_written": hours * 1_480,
            "host_reads": hours * 61_200,
            "host_writes": hours * 48_900,
            "controller_busy_time": hours // 9,
            "power_cycles": 52,
            "power_on_hours": hours,
            "unsafe_shutdowns": 11,
            "media_errors": 0,
            "num_err_log_entries": 0,
            "warning_temp_time": 0,
            "critical_comp_time": 0,
            "temperature_sensors": [temp, temp + 6],
        }
        told["nvme_composite_temperature_threshold"] = {"warning": 82, "critical": 85}
        return told
    told["rotation_rate"] = 5400
    told["form_factor"] = {"ata_value": 2, "name": "3.5 inches"}
    told["physical_block_size"] = 4096
    told["ata_smart_attributes"] = {
        "revision": 16,
        "table": [
            {
                "id": one.number,
                "name": one.name,
                "value": one.value,
                "worst": one.value,
                "thresh": one.threshold,
                "when_failed": "",
                "flags": {
                    "value": 51,
                    "string": f"{one.flags} ",
                    "prefailure": one.flags.startswith("P"),
                    "updated_online": True,
                },
                "raw": {"value": int(one.raw.split()[0]), "string": one.raw},
            }
            for one in ata_attributes(world, node, disk)
        ],
    }
    return told


def _info(call: Call, disk: Disk) -> str:
    nvme = disk.kind == "nvme"
    size = f"{disk.size_bytes:,} bytes [{disk.size_bytes / 1e12:.2f} TB]"
    now = time.strftime("%a %b %e %H:%M:%S %Y UTC", time.gmtime(call.machine.told_now))
    rows = [
        ("Model Number" if nvme else "Device Model", disk.model),
        ("Serial Number", disk.serial),
        ("Firmware Version", "4B2QJXD7" if nvme else "81.00A81"),
        ("Total NVM Capacity" if nvme else "User Capacity", size),
        ("Local Time is", now),
    ]
    if not nvme:
        rows += [("Rotation Rate", "5400 rpm"), ("SMART support is", "Enabled")]
    lines = "".join(f"{f'{name}:':<{36 if nvme else 18}}{value}\n" for name, value in rows)
    return f"=== START OF INFORMATION SECTION ===\n{lines}\n"


def _attributes(call: Call, node: Node, disk: Disk) -> str:
    world = call.machine.world
    if disk.kind == "nvme":
        return nvme_text(
            temp_c=disk_temp_c(world, node, disk),
            used_percent=100 - (disk.wear_left_percent or 100),
            hours=power_on_hours(world, node, disk),
            failed=disk.health == "FAILED!",
        ).lstrip("\n")
    head = (
        "SMART Attributes Data Structure revision number: 16\n"
        "Vendor Specific SMART Attributes with Thresholds:\n"
        "ID# ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED"
        "  WHEN_FAILED RAW_VALUE\n"
    )
    rows = [
        f"{one.number:>3} {one.name:<23} 0x0033   {one.value:03d}   {one.value:03d}   "
        f"{one.threshold:03d}    {'Pre-fail' if one.flags[0] == 'P' else 'Old_age '}  Always"
        f"       -       {one.raw}\n"
        for one in ata_attributes(world, node, disk)
    ]
    return head + "".join(rows) + "\n"
