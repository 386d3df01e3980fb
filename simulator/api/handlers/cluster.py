"""The cluster as a whole: resources, status, tasks, log, backups, HA."""

import email.utils
import zlib
from typing import Any

from simulator.api.errors import bad_parameter
from simulator.api.routes import Check, Encoded, Param, Params, Request, route
from simulator.api.wire import encode, guest_row, node_row, storage_row, task_row
from simulator.world.model import Node
from simulator.world.world import CLUSTER_NAME, World

AUDIT = Check("/", "Sys.Audit")


@route(
    "GET",
    "/cluster/resources",
    params=(Param("type", enum=("vm", "storage", "node", "sdn")),),
)
def resources(world: World, request: Request, params: Params) -> object:
    wanted = params.get("type")
    key = ("resources", request.entry, str(request.who), wanted)
    stamp = (int(world.now), world.version)
    return world.remember(
        key, stamp, lambda: Encoded(encode(_resource_rows(world, request, wanted)))
    )


def _resource_rows(world: World, request: Request, wanted: str | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    if wanted in (None, "vm"):
        if wanted is None:
            pools = sorted({guest.pool for guest in world.guests.values() if guest.pool})
            rows += [
                {"id": f"/pool/{pool}", "pool": pool, "type": "pool"}
                for pool in pools
                if request.may(f"/pool/{pool}", "Pool.Audit")
            ]
        rows += [
            guest_row(world, request.entry, guest)
            for guest in world.guests.values()
            if request.may_see_guest(guest)
        ]
    if wanted in (None, "node"):
        rows += [node_row(world, request, node) for node in world.nodes.values()]
    if wanted in (None, "storage"):
        rows += [
            storage_row(world, request.entry, world.nodes[name], storage)
            for name in world.nodes
            for storage in world.storages_of(name)
            if request.may(f"/storage/{storage.name}", "Datastore.Audit")
        ]
    if wanted in (None, "sdn"):
        rows += [_network_row(world, request.entry, node) for node in world.nodes.values()]
    return rows


def _network_row(world: World, entry: str, node: Node) -> dict[str, Any]:
    status = "ok" if world.lost_since(entry, node) is None else "unknown"
    if world.major >= 9:
        return {
            "id": f"network/{node.name}/zone/localnetwork",
            "network": "localnetwork",
            "network-type": "zone",
            "node": node.name,
            "status": status,
            "type": "network",
        }
    return {
        "id": f"sdn/{node.name}/localnetwork",
        "node": node.name,
        "sdn": "localnetwork",
        "status": status,
        "type": "sdn",
    }


@route("GET", "/cluster/status", check=AUDIT)
def status(world: World, request: Request, params: Params) -> object:
    rows: list[dict[str, Any]] = []
    if len(world.nodes) > 1:
        rows.append(
            {
                "id": "cluster",
                "name": CLUSTER_NAME,
                "nodes": len(world.nodes),
                "quorate": int(world.is_quorate(request.entry)),
                "type": "cluster",
                "version": len(world.nodes),
            }
        )
    rows += [
        {
            "id": f"node/{node.name}",
            "ip": node.ip,
            "level": "",
            "local": int(node.name == request.entry),
            "name": node.name,
            "nodeid": node.nodeid if len(world.nodes) > 1 else 0,
            "online": int(world.lost_since(request.entry, node) is None),
            "type": "node",
        }
        for node in world.nodes.values()
    ]
    return rows


@route("GET", "/cluster/tasks")
def tasks(world: World, request: Request, params: Params) -> object:
    sees_all = request.may("/", "Sys.Audit")
    found: list[dict[str, Any]] = []
    for name in world.nodes:
        recent = sorted(world.tasks.of_node(name), key=lambda task: task.started_at)[-25:]
        found += [
            task_row(world, task, saved=True)
            for task in recent
            if sees_all or task.user == request.who.user
        ]
    return sorted(found, key=lambda row: -int(row["starttime"]))


@route("GET", "/cluster/log", params=(Param("max", "integer", low=1),))
def log(world: World, request: Request, params: Params) -> object:
    rows: list[dict[str, Any]] = []
    sees_all = request.may("/", "Sys.Syslog")
    for task in world.tasks.all():
        if not sees_all and task.user != request.who.user:
            continue
        base = {
            "node": task.node,
            "pid": task.pid,
            "tag": "pvedaemon",
            "user": task.who,
        }
        rows.append(
            {
                **base,
                "msg": f"starting task {task.upid}",
                "pri": 6,
                "time": world.told(task.started_at),
                "uid": zlib.crc32(task.upid.encode()),
            }
        )
        if task.ended_at is not None:
            failed = task.exitstatus != "OK"
            rows.append(
                {
                    **base,
                    "msg": f"end task {task.upid} {task.exitstatus}",
                    "pri": 3 if failed else 6,
                    "time": world.told(task.ended_at),
                    "uid": zlib.crc32(task.upid.encode()) ^ 1,
                }
            )
    rows.sort(key=lambda row: -int(row["time"]))
    # The real list names each line "pid:…" in `id`; the number only has to be unique.
    for row in rows:
        row["id"] = f"{row['uid']}:{row['node']}"
    return rows[: params.integer("max", 50)]


@route("GET", "/cluster/backup", check=AUDIT)
def backup(world: World, request: Request, params: Params) -> object:
    excluded = sorted(guest.vmid for guest in world.guests.values() if not guest.backed_up)
    job: dict[str, Any] = {
        "all": 1,
        "compress": "zstd",
        "enabled": 1,
        "fleecing": {"enabled": "0"},
        "id": "backup-nightly",
        "mode": "snapshot",
        "next-run": world.told(world.next_backup_at),
        "notes-template": "{{guestname}}",
        "prune-backups": {"keep-daily": "3"},
        "schedule": "02:00",
        "storage": "backup",
        "type": "vzdump",
    }
    if excluded:
        job["exclude"] = ",".join(map(str, excluded))
    return [job]


@route("GET", "/cluster/backup-info/not-backed-up", check=AUDIT)
def not_backed_up(world: World, request: Request, params: Params) -> object:
    return [
        {"name": guest.name, "type": guest.kind, "vmid": guest.vmid}
        for guest in world.guests.values()
        if not guest.backed_up
    ]


@route("GET", "/cluster/nextid", params=(Param("vmid", "integer", low=100, high=999_999_999),))
def nextid(world: World, request: Request, params: Params) -> object:
    if "vmid" in params:
        if int(params["vmid"]) in world.guests:
            raise bad_parameter(vmid=f"VM {params['vmid']} already exists")
        return params["vmid"]
    return str(next(vmid for vmid in range(100, 10**9) if vmid not in world.guests))


@route("GET", "/cluster/ha/status/current", check=AUDIT)
def ha_current(world: World, request: Request, params: Params) -> object:
    told = world.told(world.now)
    quorate = world.is_quorate(request.entry)
    managed = [guest for guest in world.guests.values() if guest.ha]
    quorum: dict[str, Any] = {
        "id": "quorum",
        "node": request.entry,
        "quorate": int(quorate),
        "status": "OK" if quorate else f"No quorum on node '{request.entry}'!",
        "type": "quorum",
    }
    rows = [quorum]
    if world.major >= 9:
        rows.append(
            {
                "armed-state": "armed" if managed else "standby",
                "id": "fencing",
                "node": request.entry,
                "status": "armed (CRM watchdog active)" if managed else "standby",
                "type": "fencing",
            }
        )
    if not managed:
        return rows
    seen = [n for n in world.nodes.values() if world.lost_since(request.entry, n) is None]
    master = min(seen, key=lambda node: node.booted_at)
    rows.append(
        {
            "id": "master",
            "node": master.name,
            "status": f"{master.name} (active, {_long_time(told)})",
            "timestamp": told,
            "type": "master",
        }
    )
    for node in world.nodes.values():
        lost = world.lost_since(request.entry, node)
        active = any(guest.node == node.name for guest in managed)
        word = "active" if active else "idle"
        if lost is not None:
            word = "old timestamp - dead?" if world.now - lost > 20 else word
        heard = told if lost is None else world.told(lost)
        rows.append(
            {
                "id": f"lrm:{node.name}",
                "node": node.name,
                "status": f"{node.name} ({word}, {_long_time(heard)})",
                "timestamp": heard,
                "type": "lrm",
            }
        )
    for guest in managed:
        prefix = "vm" if guest.kind == "qemu" else "ct"
        sid = f"{prefix}:{guest.vmid}"
        rows.append(
            {
                "crm_state": guest.hastate,
                "failback": 1,
                "id": f"service:{sid}",
                "max_relocate": 1,
                "max_restart": 1,
                "node": guest.node,
                "request_state": "started" if guest.hastate != "stopped" else "stopped",
                "sid": sid,
                "state": guest.hastate,
                "status": f"{sid} ({guest.node}, {guest.hastate})",
                "type": "service",
            }
        )
    return rows


def _long_time(told: int) -> str:
    return email.utils.formatdate(told)[:-6]
