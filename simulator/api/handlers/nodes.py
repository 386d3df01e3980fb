"""Nodes: the list, their status and time, their task log."""

from typing import Any

from simulator.api.errors import ApiError, bad_parameter
from simulator.api.handlers.access import VERSIONS
from simulator.api.routes import Check, Listing, Param, Params, Request, node_of, route
from simulator.api.wire import task_row
from simulator.world.model import Task
from simulator.world.world import World

AUDIT = Check("/nodes/{node}", "Sys.Audit")


@route("GET", "/nodes")
def nodes(world: World, request: Request, params: Params) -> object:
    rows: list[dict[str, Any]] = []
    for node in world.nodes.values():
        lost = world.lost_since(request.entry, node)
        row: dict[str, Any] = {
            "id": f"node/{node.name}",
            "node": node.name,
            "ssl_fingerprint": world.fingerprints.get(node.name, ""),
            "status": "online" if lost is None else "offline",
            "type": "node",
        }
        figures = world.node_pulse(node) if lost is None else None
        if figures is not None and request.may(f"/nodes/{node.name}", "Sys.Audit"):
            row |= {
                "cpu": figures.cpu,
                "disk": figures.root,
                "level": "",
                "maxcpu": node.threads,
                "maxdisk": node.root_bytes,
                "maxmem": node.mem_bytes,
                "mem": figures.mem,
                "uptime": figures.uptime,
            }
        rows.append(row)
    return rows


@route("GET", "/nodes/{node}/status", check=AUDIT)
def status(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    figures = world.node_figures(node)
    if figures is None:
        raise ApiError(596, "Connection timed out", empty=True)
    _, _, _, kernel, pveversion = VERSIONS[world.major]
    memory = {
        "free": node.mem_bytes - figures.mem,
        "total": node.mem_bytes,
        "used": figures.mem,
    }
    if world.major >= 9:
        memory["available"] = node.mem_bytes - figures.mem
    free = node.root_bytes - figures.root
    return {
        "boot-info": {"mode": "efi", "secureboot": 0},
        "cpu": figures.cpu,
        "cpuinfo": {
            "cores": node.cores,
            "cpus": node.threads,
            "flags": "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat sse sse2",
            "hvm": "1",
            "mhz": f"{node.mhz:.3f}",
            "model": node.cpu_model,
            "sockets": node.sockets,
            "user_hz": 100,
        },
        "current-kernel": {
            "machine": "x86_64",
            "release": kernel,
            "sysname": "Linux",
            "version": f"#1 SMP PREEMPT_DYNAMIC PMX {kernel}",
        },
        "idle": 0,
        "ksm": {"shared": 0},
        "kversion": f"Linux {kernel} #1 SMP PREEMPT_DYNAMIC PMX {kernel}",
        "loadavg": [f"{value:.2f}" for value in figures.load],
        "memory": memory,
        "pveversion": f"pve-manager/{pveversion}",
        "rootfs": {
            "avail": int(free * 0.95),
            "free": free,
            "total": node.root_bytes,
            "used": figures.root,
        },
        "swap": {
            "free": node.swap_bytes - figures.swap,
            "total": node.swap_bytes,
            "used": figures.swap,
        },
        "uptime": figures.uptime,
        "wait": figures.iowait,
    }


@route("GET", "/nodes/{node}/version")
def version(world: World, request: Request, params: Params) -> object:
    number, release, repoid, *_ = VERSIONS[world.major]
    return {"version": number, "release": release, "repoid": repoid}


@route("GET", "/nodes/{node}/time", check=AUDIT)
def time(world: World, request: Request, params: Params) -> object:
    told = world.told(world.now)
    return {"localtime": told, "time": told, "timezone": "UTC"}


@route(
    "GET",
    "/nodes/{node}/tasks",
    params=(
        Param("source", enum=("archive", "active", "all")),
        Param("limit", "integer", low=0),
        Param("start", "integer", low=0),
        Param("errors", "boolean"),
        Param("since", "integer"),
        Param("until", "integer"),
        Param("statusfilter"),
        Param("typefilter"),
        Param("userfilter"),
        Param("vmid", "integer", low=100),
    ),
)
def tasks(world: World, request: Request, params: Params) -> object:
    source = params.get("source", "archive")
    sees_all = request.may(f"/nodes/{params['node']}", "Sys.Audit")
    found = [
        task
        for task in world.tasks.of_node(params["node"])
        if (source == "all" or task.is_running == (source == "active"))
        and (sees_all or task.user == request.who.user)
        and _wanted(task, params)
    ]
    found.sort(key=lambda task: -task.told_started)
    start = params.integer("start", 0)
    limit = params.integer("limit", 50)
    rows = []
    for task in found[start : start + limit]:
        row = task_row(world, task)
        if task.is_running:
            row["status"] = "RUNNING"
        rows.append(row)
    return Listing(rows, len(found))


def _wanted(task: Task, params: Params) -> bool:
    failed = task.exitstatus is not None and not (
        task.exitstatus == "OK" or task.exitstatus.startswith("WARNINGS:")
    )
    return (
        (not params.flag("errors") or failed)
        and ("since" not in params or task.told_started >= int(params["since"]))
        and ("until" not in params or task.told_started <= int(params["until"]))
        and ("typefilter" not in params or task.kind == params["typefilter"])
        and ("userfilter" not in params or params["userfilter"] in task.who)
        and ("vmid" not in params or task.of == params["vmid"])
        and ("statusfilter" not in params or _word(task) in params["statusfilter"].split(","))
    )


def _word(task: Task) -> str:
    if task.exitstatus is None:
        return "unknown"
    if task.exitstatus == "OK":
        return "ok"
    return "warning" if task.exitstatus.startswith("WARNINGS:") else "error"


def task_of(world: World, request: Request, params: Params) -> Task:
    """The task named in the path, if the caller may see it."""
    task = world.tasks.find(params["upid"])
    if not params["upid"].startswith("UPID:"):
        raise bad_parameter(upid="value does not look like a valid UPID")
    if task is None or task.node != params["node"]:
        raise ApiError(500, f"unable to open file '{params['upid']}' - No such file or directory")
    if task.user != request.who.user and not request.may(f"/nodes/{task.node}", "Sys.Audit"):
        raise ApiError(403, f"Permission check failed (/nodes/{task.node}, Sys.Audit)")
    return task


@route("GET", "/nodes/{node}/tasks/{upid}/status")
def task_status(world: World, request: Request, params: Params) -> object:
    task = task_of(world, request, params)
    row = task_row(world, task)
    row.pop("endtime", None)
    row["status"] = "running" if task.is_running else "stopped"
    if not task.is_running:
        row["exitstatus"] = task.exitstatus
    return row


@route(
    "GET",
    "/nodes/{node}/tasks/{upid}/log",
    params=(
        Param("start", "integer", low=0),
        Param("limit", "integer", low=0),
        Param("download", "boolean"),
    ),
)
def task_log(world: World, request: Request, params: Params) -> object:
    task = task_of(world, request, params)
    lines = [text for at, text in task.lines if at <= world.now]
    start = params.integer("start", 0)
    limit = params.integer("limit", 50) or len(lines)
    rows = [
        {"n": start + number, "t": text}
        for number, text in enumerate(lines[start : start + limit], 1)
    ]
    return Listing(rows or [{"n": 1, "t": "no content"}], len(lines))
