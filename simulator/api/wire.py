"""Rows as Proxmox writes them, with their oddities: absent keys, 0 for a qemu disk, lingering."""

import json
from typing import Any

from simulator.world.model import Guest, Node, Storage, Task
from simulator.world.world import LINGER_S, World

from .routes import Request

Row = dict[str, Any]


def encode(data: object) -> bytes:
    """Compact JSON."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def guest_row(world: World, entry: str, guest: Guest) -> Row:
    """A guest in /cluster/resources; on a lost node its last figures, after five minutes none."""
    row: Row = {
        "id": f"{guest.kind}/{guest.vmid}",
        "node": guest.node,
        "status": "unknown",
        "type": guest.kind,
        "vmid": guest.vmid,
    }
    if guest.hastate is not None:
        row["hastate"] = guest.hastate
    if guest.lock is not None:
        row["lock"] = guest.lock
    if guest.pool is not None:
        row["pool"] = guest.pool
    if guest.tags:
        row["tags"] = ";".join(guest.tags)
    lost = world.lost_since(entry, world.nodes[guest.node])
    if lost is not None and world.now - lost > LINGER_S:
        return row
    figures = world.guest_figures(guest, world.now if lost is None else lost)
    row |= {
        "cpu": figures.cpu if figures else 0,
        "disk": figures.disk if figures else 0,
        "diskread": figures.diskread if figures else 0,
        "diskwrite": figures.diskwrite if figures else 0,
        "maxcpu": guest.cores,
        "maxdisk": guest.disk_bytes,
        "maxmem": guest.mem_bytes,
        "mem": figures.mem if figures else 0,
        "name": guest.name,
        "netin": figures.netin if figures else 0,
        "netout": figures.netout if figures else 0,
        "status": "running" if figures else "stopped",
        "template": int(guest.template),
        "uptime": figures.uptime if figures else 0,
    }
    if world.major >= 9 and guest.kind == "qemu":
        row["memhost"] = figures.memhost if figures else 0
    return row


def node_row(world: World, request: Request, node: Node) -> Row:
    """A node in /cluster/resources: figures only with Sys.Audit, none of load while it is lost."""
    lost = world.lost_since(request.entry, node)
    row: Row = {
        "cgroup-mode": 2,
        "id": f"node/{node.name}",
        "node": node.name,
        "status": "online" if lost is None else "offline",
        "type": "node",
    }
    if world.major >= 9 and any(guest.ha for guest in world.guests.values()):
        row["hastate"] = "online" if lost is None else "unknown"
    if not request.may(f"/nodes/{node.name}", "Sys.Audit"):
        return row
    if lost is not None and world.now - lost > LINGER_S:
        return row
    row |= {
        "level": "",
        "maxcpu": node.threads,
        "maxdisk": node.root_bytes,
        "maxmem": node.mem_bytes,
    }
    figures = world.node_pulse(node) if lost is None else None
    if figures is not None:
        row |= {
            "cpu": figures.cpu,
            "disk": figures.root,
            "mem": figures.mem,
            "uptime": figures.uptime,
        }
    return row


def storage_row(world: World, entry: str, node: Node, storage: Storage) -> Row:
    """A storage as one node sees it, in /cluster/resources."""
    row: Row = {
        "content": storage.content,
        "id": f"storage/{node.name}/{storage.name}",
        "node": node.name,
        "plugintype": storage.plugin,
        "shared": int(storage.shared),
        "status": "unknown",
        "storage": storage.name,
        "type": "storage",
    }
    if world.lost_since(entry, node) is None and storage.active:
        row |= {
            "disk": world.storage_used(storage),
            "maxdisk": storage.total_bytes,
            "status": "available",
        }
    return row


def task_row(world: World, task: Task, *, saved: bool = False) -> Row:
    """A task in a listing. A running one has neither endtime nor status."""
    row: Row = {
        "id": task.of,
        "node": task.node,
        "pid": task.pid,
        "pstart": task.pstart,
        "starttime": task.told_started,
        "type": task.kind,
        "upid": task.upid,
        "user": task.who if saved else task.user,
    }
    if not saved and task.tokenid is not None:
        row["tokenid"] = task.tokenid
    if task.ended_at is not None:
        row["endtime"] = world.told(task.ended_at)
        row["status"] = task.exitstatus
    if saved:
        del row["pid"], row["pstart"]
        row["saved"] = "1" if task.ended_at is not None else "0"
    return row
