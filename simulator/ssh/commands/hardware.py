"""sensors and lsblk: a machine's chips and disks."""

import json

from simulator.ssh.sensors import Chip, Feature, read_chips
from simulator.ssh.shell.state import Call
from simulator.world.model import GIB, Disk
from simulator.world.noise import key_of

from .asking import ask, follow
from .options import Options, read_options
from .registry import Where, command

_Block = tuple[str, int, int, str, str]
_UNITS = {"temp": "°C", "fan": " RPM", "in": " V"}


@command("sensors")
async def sensors(call: Call) -> int:
    options, wanted = read_options(call, "juAfhs", ("no-adapter", "fahrenheit"))
    chips = [
        chip
        for chip in read_chips(call.machine)
        if not wanted or any(chip.name.startswith(one.rstrip("*")) for one in wanted)
    ]
    if not chips:
        await call.complain("No sensors found!")
        return 1
    if options.has("-j"):
        told = {chip.name: _as_json(chip) for chip in chips}
        await call.say(json.dumps(told, indent=3, ensure_ascii=False) + "\n")
        return 0
    for chip in chips:
        adapter = "" if options.has("-A", "--no-adapter") else f"Adapter: {chip.adapter}\n"
        lines = [_plain(one) if options.has("-u") else _shown(one) for one in chip.features]
        await call.say(f"{chip.name}\n{adapter}{''.join(lines)}\n")
    return 0


def _as_json(chip: Chip) -> dict[str, object]:
    told: dict[str, object] = {"Adapter": chip.adapter}
    for feature in chip.features:
        told[feature.label] = _figures(feature)
    return told


def _figures(feature: Feature) -> dict[str, float]:
    stem = f"{feature.kind}{feature.number}"
    figures = {f"{stem}_input": feature.value}
    return figures | {f"{stem}_{name}": limit for name, limit in feature.limits}


def _plain(feature: Feature) -> str:
    rows = "".join(f"  {name}: {value:.3f}\n" for name, value in _figures(feature).items())
    return f"{feature.label}:\n{rows}"


def _shown(feature: Feature) -> str:
    unit = _UNITS[feature.kind]
    if feature.kind == "temp":
        value = f"{feature.value:+.1f}{unit}"
    else:
        value = f"{feature.value:.0f}{unit}"
    names = {"max": "high", "crit": "crit", "min": "low"}
    limits = [
        f"{names[name]} = {limit:+.1f}{unit}"
        if feature.kind == "temp"
        else f"{name} = {limit:.0f}{unit}"
        for name, limit in feature.limits
        if name in names
    ]
    told = f"  ({', '.join(limits)})" if limits else ""
    return f"{f'{feature.label}:':<14}{value:>10}{told}\n"


@command("lsblk")
async def lsblk(call: Call) -> int:
    options, _ = read_options(
        call, "abdfJnpro:e:l", ("json", "output=", "nodeps", "bytes", "paths")
    )
    rows = _block_devices(call)
    if options.has("-d", "--nodeps"):
        rows = [row for row in rows if row[2] == 0]
    if options.has("-J", "--json"):
        devices = [
            {
                "name": name,
                "size": _sized(size, options),
                "type": kind,
                "mountpoints": [where or None],
            }
            for name, size, _, kind, where in rows
        ]
        await call.say(json.dumps({"blockdevices": devices}, indent=3) + "\n")
        return 0
    columns = options.first("-o", "--output")
    if columns:
        return await _say_columns(call, rows, columns.upper().split(","), options)
    if not options.has("-n"):
        await call.say(f"{'NAME':<28}MAJ:MIN RM   SIZE RO TYPE MOUNTPOINTS\n")
    for at, (name, size, depth, kind, where) in enumerate(rows):
        branch = f"{'  ' * (depth - 1)}└─" if depth else ""
        shown = f"/dev/{name}" if options.has("-p", "--paths") else name
        number = f"{8 + depth:>3}:{at:<3} 0"
        line = f"{branch + shown:<28}{number} {_sized(size, options):>6}  0 {kind:<4} {where}"
        await call.say(f"{line.rstrip()}\n")
    return 0


async def _say_columns(call: Call, rows: list[_Block], columns: list[str], options: Options) -> int:
    """The columns asked for, the tree drawn in the first."""
    table = []
    for name, size, depth, kind, where in rows:
        values = {
            "NAME": f"{'  ' * (depth - 1)}└─{name}" if depth else name,
            "KNAME": name,
            "PATH": f"/dev/{name}",
            "SIZE": _sized(size, options),
            "TYPE": kind,
            "MOUNTPOINT": where,
            "MOUNTPOINTS": where,
            "FSTYPE": "swap" if where == "[SWAP]" else "ext4" if where == "/" else "",
            "MODEL": next((d.model for d in _disks(call) if d.dev == f"/dev/{name}"), ""),
            "SERIAL": next((d.serial for d in _disks(call) if d.dev == f"/dev/{name}"), ""),
        }
        unknown = [column for column in columns if column not in values]
        if unknown:
            return await call.fail(f"unknown column: {unknown[0]}")
        table.append([values[column] for column in columns])
    if not options.has("-n"):
        table.insert(0, columns)
    wide = [max(len(row[at]) for row in table) for at in range(len(columns))]
    for row in table:
        line = " ".join(cell.ljust(wide[at]) for at, cell in enumerate(row))
        await call.say(f"{line.rstrip()}\n")
    return 0


def _disks(call: Call) -> tuple[Disk, ...]:
    node = call.machine.node
    return node.disks if node is not None and call.machine.is_node else ()


def _sized(size: int, options: dict[str, str]) -> str:
    if "-b" in options or "--bytes" in options:
        return str(size)
    for unit, scale in (("T", 1 << 40), ("G", GIB), ("M", 1 << 20)):
        if size >= scale:
            return f"{size / scale:.1f}".rstrip("0").rstrip(".") + unit
    return f"{size // 1024}K"


def _block_devices(call: Call) -> list[_Block]:
    """(name, bytes, depth, type, where it is mounted)."""
    node, guest = call.machine.node, call.machine.guest
    assert node is not None
    if guest is not None:
        return [
            ("sda", guest.disk_bytes, 0, "disk", ""),
            ("sda1", int(guest.disk_bytes * 0.985), 1, "part", "/"),
            ("sda15", 124 << 20, 1, "part", "/boot/efi"),
        ]
    rows: list[tuple[str, int, int, str, str]] = []
    for disk in node.disks:
        name = disk.dev.removeprefix("/dev/")
        rows.append((name, disk.size_bytes, 0, "disk", ""))
        if disk.used in ("LVM", "ZFS"):
            rows += [
                (f"{name}p1", 1007 << 10, 1, "part", ""),
                (f"{name}p2", GIB, 1, "part", "/boot/efi"),
            ]
            rows.append((f"{name}p3", disk.size_bytes - 2 * GIB, 1, "part", ""))
        elif disk.used == "partitions":
            rows.append((f"{name}1", disk.size_bytes - GIB, 1, "part", ""))
        if disk.used == "LVM":
            rows += [
                ("pve-swap", node.swap_bytes, 2, "lvm", "[SWAP]"),
                ("pve-root", node.root_bytes, 2, "lvm", "/"),
            ]
    return rows


@command("wipefs", "sgdisk", where=Where.NODE, folder="/usr/sbin")
async def wipefs(call: Call) -> int:
    """Without `-a` and `-Z` it only looks; with them the disk is wiped, if nothing uses it."""
    paths = [word for word in call.rest if word.startswith("/dev/")]
    if not paths:
        return await call.fail("no device specified")
    if not {"-a", "--all", "-af", "-Z", "--zap-all"} & set(call.rest):
        await call.say(f"DEVICE OFFSET TYPE\n{paths[0].rpartition('/')[2]:<6} 0x200  gpt\n")
        return 0
    path = f"/nodes/{call.machine.name}/disks/wipedisk"
    for dev in paths:
        status = await follow(call, await ask(call, "PUT", path, {"disk": dev}))
        if status:
            return status
        await call.say(f"{dev}: 8 bytes were erased at offset 0x00000200 (gpt)\n")
    return 0


@command("blkid", folder="/usr/sbin")
async def blkid(call: Call) -> int:
    for name, _, depth, kind, where in _block_devices(call):
        if depth and kind == "part":
            uuid = f"{key_of(0, call.machine.name, name):016x}"
            fs = "vfat" if "efi" in where else "LVM2_member" if not where else "ext4"
            await call.say(f'/dev/{name}: UUID="{uuid[:8]}-{uuid[8:12]}" TYPE="{fs}"\n')
    return 0
