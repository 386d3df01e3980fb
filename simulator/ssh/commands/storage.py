"""zpool, zfs, LVM and pvesm: what lies under a node's storages."""

import time

from simulator.ssh.shell.state import Call
from simulator.world.errors import Refused
from simulator.world.figures import guest_disk
from simulator.world.model import GIB, Node
from simulator.world.noise import key_of
from simulator.world.pools import Pool, pools_of
from simulator.world.volumes import disk_name

from .asking import ask, follow, read_values, say_usage
from .options import Options, Usage, read_options
from .registry import Where, command

_COLUMNS = ("name", "size", "allocated", "free", "ckpoint", "expandsize", "fragmentation",
            "capacity", "dedupratio", "health", "altroot")  # fmt: skip
_ALIASES = {"alloc": "allocated", "frag": "fragmentation", "cap": "capacity", "dedup": "dedupratio"}
_HEADS = {"allocated": "ALLOC", "ckpoint": "CKPOINT", "expandsize": "EXPANDSZ",
          "fragmentation": "FRAG", "capacity": "CAP", "dedupratio": "DEDUP"}  # fmt: skip


@command("zpool", where=Where.NODE, folder="/usr/sbin")
async def zpool(call: Call) -> int:
    words = list(call.rest)
    verb = words.pop(0) if words else ""
    options, names = read_options(call.called("zpool", *words), "HpvLPo:xjt:s", ("json",))
    pools = pools_of(call.machine.world, call.machine.name)
    if verb not in ("list", "status", "iostat", "get", "history", "scrub"):
        await call.complain(f"unrecognized command '{verb}'\nusage: zpool command args ...")
        return 2
    for name in names[:1] if verb != "get" else []:
        if all(pool.name != name for pool in pools):
            await call.complain(f"cannot open '{name}': no such pool")
            return 1
        pools = [pool for pool in pools if pool.name == name]
    if not pools:
        await call.say("no pools available\n")
        return 0
    match verb:
        case "list":
            await _list_pools(call, options, pools)
        case "status" if options.has("-x") and all(pool.state == "ONLINE" for pool in pools):
            await call.say("all pools are healthy\n")
        case "status":
            for pool in pools:
                await call.say(_pool_status(call, pool, options))
        case "scrub":
            raise Refused("cannot scrub rpool: currently not allowed in this simulated pool")
        case _:
            await call.say("pool        alloc   free   read  write   read  write\n")
            for pool in pools:
                used, free = pool.allocated_bytes, pool.size_bytes - pool.allocated_bytes
                rates = "      4     92   118K  1.6M"
                await call.say(f"{pool.name:<10} {_zfs(used):>6} {_zfs(free):>6}{rates}\n")
    return 0


async def _list_pools(call: Call, options: Options, pools: list[Pool]) -> None:
    chosen = options.first("-o").split(",") if options.has("-o") else list(_COLUMNS)
    columns = [_ALIASES.get(name, name) for name in chosen]
    unknown = [name for name in columns if name not in _COLUMNS]
    if unknown:
        raise Usage(f"bad property list: invalid property '{unknown[0]}'", 2)
    rows = []
    for pool in pools:
        exact = options.has("-p")
        percent = "" if exact else "%"
        values = {
            "name": pool.name,
            "size": str(pool.size_bytes) if exact else _zfs(pool.size_bytes),
            "allocated": str(pool.allocated_bytes) if exact else _zfs(pool.allocated_bytes),
            "free": str(pool.size_bytes - pool.allocated_bytes)
            if exact
            else _zfs(pool.size_bytes - pool.allocated_bytes),
            "ckpoint": "-",
            "expandsize": "-",
            "fragmentation": f"{pool.fragmented_percent}{percent}",
            "capacity": f"{100 * pool.allocated_bytes // pool.size_bytes}{percent}",
            "dedupratio": "1.00" if exact else "1.00x",
            "health": pool.state,
            "altroot": "-",
        }
        rows.append([values[name] for name in columns])
    await _say_columns(call, [_HEADS.get(name, name.upper()) for name in columns], rows, options)


async def _say_columns(
    call: Call, heads: list[str], rows: list[list[str]], options: Options
) -> None:
    """Parted by tabs with -H, else laid out."""
    if options.has("-H"):
        await call.say("".join("\t".join(row) + "\n" for row in rows))
        return
    wide = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
    for row in [heads, *rows]:
        cells = [
            cell.ljust(wide[at]) if at == 0 or heads[at] in _WORDS else cell.rjust(wide[at])
            for at, cell in enumerate(row)
        ]
        await call.say("  ".join(cells).rstrip() + "\n")


_WORDS = ("MOUNTPOINT", "TYPE", "HEALTH", "ALTROOT")
"""Columns that begin at their left."""


def _zfs(count: int) -> str:
    """As ZFS writes sizes: 1.86T, 412G, 96K."""
    for unit, scale in (("T", 1 << 40), ("G", GIB), ("M", 1 << 20), ("K", 1024)):
        if count >= scale:
            value = count / scale
            places = 2 if value < 10 else 1 if value < 100 else 0
            return f"{value:.{places}f}{unit}"
    return f"{count}B"


_ILL_POOL = (
    "status: One or more devices has experienced an unrecoverable error.  An\n"
    "\tattempt was made to correct the error.  Applications are unaffected.\n"
    "action: Determine if the device needs to be replaced, and clear the errors\n"
    "\tusing 'zpool clear' or replace the device with 'zpool replace'.\n"
    "   see: https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-9P\n"
)


def _pool_status(call: Call, pool: Pool, options: Options) -> str:
    world, node = call.machine.world, call.machine.node
    assert node is not None
    scrubbed = world.began - 86_400 * (3 + key_of(node.key, pool.name) % 20)
    when = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(world.told(scrubbed)))
    disk = next((one for one in node.disks if one.used == "ZFS"), node.disks[0])
    device = f"nvme-{disk.model.replace(' ', '_')}_{disk.serial}-part3"
    if options.has("-L", "-P"):
        device = f"{disk.dev.removeprefix('/dev/')}p3"
    width = max(len(device) + 2, len(pool.name))
    ill = pool.state != "ONLINE"
    counts = "    0     0   142  too many errors" if ill else "    0     0     0"
    return (
        f"  pool: {pool.name}\n state: {pool.state}\n{_ILL_POOL if ill else ''}"
        f"  scan: scrub repaired 0B in 00:41:12 with 0 errors on {when}\nconfig:\n\n"
        f"\t{'NAME':<{width}}  STATE     READ WRITE CKSUM\n"
        f"\t{pool.name:<{width}}  {pool.state:<8}     0     0     0\n"
        f"\t  {device:<{width - 2}}  {pool.state:<8} {counts}\n\n"
        "errors: No known data errors\n"
    )


@command("zfs", where=Where.NODE, folder="/usr/sbin")
async def zfs(call: Call) -> int:
    words = list(call.rest)
    verb = words.pop(0) if words else ""
    options, _ = read_options(call.called("zfs", *words), "Hpro:t:d:s:S:")
    if verb != "list":
        await call.complain(f"this simulated zfs knows `list`, and not `{verb}`\nusage: zfs list")
        return 2
    kinds = options.first("-t", default="filesystem,volume").split(",")
    wanted = [
        _ZFS_SHORT.get(one, one) for one in options.first("-o", default=_ZFS_USUAL).split(",")
    ]
    if unknown := next((one for one in wanted if one not in _ZFS_HEADS), None):
        await call.complain(f"bad property list: invalid property '{unknown}'")
        return 2
    rows = []
    for name, used, avail, refer, where, kind in _datasets(call):
        if kind in kinds or "all" in kinds:
            exact = options.has("-p")
            shown = [
                str(one) if exact else _zfs(one) if one else "-" for one in (used, avail, refer)
            ]
            all_of_it = dict(zip(_ZFS_HEADS, [name, *shown, where, kind], strict=True))
            rows.append([all_of_it[one] for one in wanted])
    if not rows:
        await call.complain("no datasets available")
        return 0
    await _say_columns(call, [_ZFS_HEADS[one] for one in wanted], rows, options)
    return 0


_ZFS_HEADS = {
    "name": "NAME",
    "used": "USED",
    "available": "AVAIL",
    "referenced": "REFER",
    "mountpoint": "MOUNTPOINT",
    "type": "TYPE",
}
"""Properties that `zfs list -o` can be asked for, and how they are headed."""
_ZFS_SHORT = {"avail": "available", "refer": "referenced"}
_ZFS_USUAL = "name,used,avail,refer,mountpoint"


def _datasets(call: Call) -> list[tuple[str, int, int, int, str, str]]:
    """(name, used, available, referred, where it is mounted, kind)."""
    world, node = call.machine.world, call.machine.node
    assert node is not None
    found: list[tuple[str, int, int, int, str, str]] = []
    for pool in pools_of(world, node.name):
        used = world.storage_used(pool.storage)
        free = pool.storage.total_bytes - used
        root = world.node_figures(node)
        root_used = root.root if root else 0
        found += [
            (pool.name, used + root_used, free, 106_496, f"/{pool.name}", "filesystem"),
            (f"{pool.name}/ROOT/pve-1", root_used, free, root_used, "/", "filesystem"),
            (f"{pool.name}/data", used, free, 98_304, f"/{pool.name}/data", "filesystem"),
        ]
        for guest in world.guests_on(node.name):
            if guest.storage != pool.storage.name:
                continue
            own = guest_disk(guest, world.now, world.began)
            name = f"{pool.name}/data/{disk_name(guest, 'zfspool')}"
            kind = "filesystem" if guest.kind == "lxc" else "volume"
            where = f"/{name}" if guest.kind == "lxc" else "-"
            found.append((name, own, free, own, where, kind))
            found += [
                (f"{name}@{one.name}", GIB, 0, own, "-", "snapshot") for one in guest.snapshots
            ]
    return found


@command("lvs", "vgs", "pvs", where=Where.NODE, folder="/usr/sbin")
async def lvm(call: Call) -> int:
    options, _ = read_options(call, "ao:v", ("noheadings", "units=", "separator="))
    node = call.machine.node
    assert node is not None
    storages = call.machine.world.storages_of(node.name)
    thin = next((one for one in storages if one.plugin == "lvmthin"), None)
    if thin is None:
        return 0
    whole = thin.total_bytes + node.root_bytes + node.swap_bytes
    used = 100 * call.machine.world.storage_used(thin) / thin.total_bytes
    match call.name:
        case "lvs":
            lines = ["  LV   VG  Attr       LSize    Pool Origin Data%  Meta%\n"]
            lines += _logical_volumes(call, node, used, thin.total_bytes)
        case "vgs":
            count = 3 + len(call.machine.world.guests_on(node.name))
            lines = ["  VG  #PV #LV #SN Attr   VSize    VFree\n"]
            lines.append(f"  pve   1 {count:>3}   0 wz--n- <{_lvm(whole)}  16.00g\n")
        case _:
            lines = ["  PV             VG  Fmt  Attr PSize    PFree\n"]
            lines.append(f"  /dev/nvme0n1p3 pve lvm2 a--  <{_lvm(whole)}  16.00g\n")
    await call.say("".join(lines[1:] if options.has("--noheadings") else lines))
    return 0


def _logical_volumes(call: Call, node: Node, used: float, total: int) -> list[str]:
    world = call.machine.world
    rows = [
        f"  data pve twi-aotz-- {_lvm(total):>8}             {used:>5.2f}  1.64\n",
        f"  root pve -wi-ao---- {_lvm(node.root_bytes):>8}\n",
        f"  swap pve -wi-ao---- {_lvm(node.swap_bytes):>8}\n",
    ]
    for guest in world.guests_on(node.name):
        if guest.storage == "local-lvm":
            share = 100 * guest_disk(guest, world.now, world.began) / guest.disk_bytes
            name = disk_name(guest, "lvmthin")
            rows.append(
                f"  {name} pve Vwi-aotz-- {_lvm(guest.disk_bytes):>8} data        {share:>5.2f}\n"
            )
    return rows


def _lvm(count: int) -> str:
    return f"{count / GIB:.2f}g" if count < 1024 * GIB else f"{count / (1024 * GIB):.2f}t"


@command("pvesm", where=Where.NODE, folder="/usr/sbin")
async def pvesm(call: Call) -> int:
    operands, values = read_values(list(call.rest))
    base = f"/nodes/{call.machine.name}/storage"
    match operands:
        case ["status"]:
            return await _storage_status(call, base, values)
        case ["list", storage]:
            rows = await ask(call, "GET", f"{base}/{storage}/content", values)
            wide = max([len(str(row["volid"])) for row in rows] + [5])
            await call.say(f"{'Volid':<{wide}} Format  Type      {'Size':>14} VMID\n")
            for row in rows:
                await call.say(
                    f"{row['volid']:<{wide}} {row['format']:<7} {row['content']:<9}"
                    f" {row['size']:>14} {row.get('vmid', '')}\n"
                )
            return 0
        case ["path", volume]:
            storage, _, rest = volume.partition(":")
            found = call.machine.world.find_storage(call.machine.name, storage)
            if found is None:
                raise Refused(f"storage '{storage}' does not exist")
            folder = f"{found.path}/dump" if found.path and "backup/" in rest else "/dev/zvol"
            await call.say(f"{folder}/{rest.removeprefix('backup/')}\n")
            return 0
        case ["free", volume]:
            storage, _, _ = volume.partition(":")
            upid = await ask(call, "DELETE", f"{base}/{storage}/content/{volume}")
            status = await follow(call, upid)
            if status == 0:
                await call.say(f"Removed volume '{volume}'\n")
            return status
    return await say_usage(call, f"unknown command 'pvesm {' '.join(operands)}'".rstrip())


async def _storage_status(call: Call, base: str, values: dict[str, str]) -> int:
    rows = await ask(call, "GET", base, values)
    wide = max([len(row["storage"]) for row in rows] + [4])
    await call.say(
        f"{'Name':<{wide}}{'Type':>12}{'Status':>11}{'Total (KiB)':>16}{'Used (KiB)':>16}"
        f"{'Available (KiB)':>16}{'%':>9}\n"
    )
    for row in rows:
        active = "active" if row["active"] else "inactive"
        share = f"{100 * row['used'] / row['total']:.2f}%" if row["total"] else "N/A"
        await call.say(
            f"{row['storage']:<{wide}}{row['type']:>12}{active:>11}{row['total'] // 1024:>16}"
            f"{row['used'] // 1024:>16}{row['avail'] // 1024:>16}{share:>9}\n"
        )
    return 0
