"""Guests: the lists of a node, their status and their configuration."""

import zlib
from typing import Any

from simulator.api.routes import Check, Param, Params, Request, guest_of, node_of, route
from simulator.world.model import MIB, Guest
from simulator.world.volumes import disk_name
from simulator.world.world import World

AUDIT = Check("/vms/{vmid}", "VM.Audit")
QEMU_VERSION = {8: "9.2.0", 9: "10.1.2"}


@route("GET", "/nodes/{node}/qemu", params=(Param("full", "boolean"),))
def qemu(world: World, request: Request, params: Params) -> object:
    return _listed(world, request, params, "qemu")


@route("GET", "/nodes/{node}/lxc")
def lxc(world: World, request: Request, params: Params) -> object:
    return _listed(world, request, params, "lxc")


def _listed(world: World, request: Request, params: Params, kind: str) -> list[dict[str, Any]]:
    return [
        status_row(world, guest)
        for guest in world.guests_on(node_of(world, params).name)
        if guest.kind == kind and request.may_see_guest(guest)
    ]


def status_row(world: World, guest: Guest) -> dict[str, Any]:
    """A guest as its own node lists it."""
    figures = world.guest_figures(guest)
    row: dict[str, Any] = {
        "cpu": figures.cpu if figures else 0,
        "cpus": guest.cores,
        "disk": figures.disk if figures else 0,
        "diskread": figures.diskread if figures else 0,
        "diskwrite": figures.diskwrite if figures else 0,
        "maxdisk": guest.disk_bytes,
        "maxmem": guest.mem_bytes,
        "mem": figures.mem if figures else 0,
        "name": guest.name,
        "netin": figures.netin if figures else 0,
        "netout": figures.netout if figures else 0,
        "status": "running" if guest.is_running else "stopped",
        "uptime": figures.uptime if figures else 0,
        "vmid": guest.vmid,
    }
    if guest.tags:
        row["tags"] = ";".join(guest.tags)
    if guest.lock is not None:
        row["lock"] = guest.lock
    if guest.template:
        row["template"] = 1
    if guest.kind == "lxc":
        row |= {"type": "lxc", "maxswap": 512 * MIB, "swap": 0}
    if figures is None:
        return row
    row["pid"] = guest.pid
    if world.major >= 9:
        row |= _pressure(figures.cpu)
        if guest.kind == "qemu":
            row["memhost"] = figures.memhost
    return row


def _pressure(cpu: float) -> dict[str, float]:
    some = round(max(0.0, cpu - 0.7) * 20, 2)
    return {
        "pressurecpufull": 0.0,
        "pressurecpusome": some,
        "pressureiofull": 0.0,
        "pressureiosome": round(some / 8, 2),
        "pressurememoryfull": 0.0,
        "pressurememorysome": 0.0,
    }


@route("GET", "/nodes/{node}/{kind}/{vmid}/status/current", check=AUDIT)
def current(world: World, request: Request, params: Params) -> object:
    guest = guest_of(world, params)
    row = status_row(world, guest)
    row["ha"] = {"managed": 1, "state": guest.hastate} if guest.ha else {"managed": 0}
    if guest.kind == "lxc":
        return row
    row["qmpstatus"] = guest.state
    if guest.agent:
        row["agent"] = 1
    if guest.is_running:
        row["running-machine"] = "pc-i440fx-10.1+pve0"
        row["running-qemu"] = QEMU_VERSION[world.major]
        row["balloon"] = guest.mem_bytes
        row["freemem"] = guest.mem_bytes - int(row["mem"])
        row["ballooninfo"] = {
            "actual": guest.mem_bytes,
            "free_mem": row["freemem"],
            "last_update": world.told(world.now),
            "major_page_faults": 1_811,
            "max_mem": guest.mem_bytes,
            "mem_swapped_in": 0,
            "mem_swapped_out": 0,
            "minor_page_faults": 3_803_793,
            "total_mem": int(guest.mem_bytes * 0.96),
        }
        row["proxmox-support"] = {"backup-max-workers": True, "pbs-dirty-bitmap": True}
        row["blockstat"] = {
            "scsi0": {"rd_bytes": row["diskread"], "wr_bytes": row["diskwrite"]},
        }
        row["nics"] = {f"tap{guest.vmid}i0": {"netin": row["netin"], "netout": row["netout"]}}
    return row


@route(
    "GET",
    "/nodes/{node}/{kind}/{vmid}/config",
    check=AUDIT,
    params=(Param("current", "boolean"), Param("snapshot")),
)
def config(world: World, request: Request, params: Params) -> object:
    return config_of(world, guest_of(world, params))


def config_of(world: World, guest: Guest) -> dict[str, Any]:
    """The configuration as read; `memory` of a VM is a string, flags are 0 or 1."""
    gib = guest.disk_bytes >> 30
    storage = world.find_storage(guest.node, guest.storage)
    disk = f"{guest.storage}:{disk_name(guest, storage.plugin if storage else 'lvmthin')}"
    tags = {"tags": ";".join(guest.tags)} if guest.tags else {}
    shared: dict[str, Any] = {
        "digest": f"{zlib.crc32(f'{guest.vmid}:{guest.digest}'.encode()):08x}" * 5,
        "onboot": int(guest.onboot),
        "ostype": guest.ostype,
        **tags,
    }
    if guest.protection:
        shared["protection"] = 1
    if guest.description:
        shared["description"] = guest.description
    if guest.lock is not None:
        shared["lock"] = guest.lock
    if guest.template:
        shared["template"] = 1
    if guest.snapshots:
        shared["parent"] = guest.snapshots[-1].name
    if guest.kind == "lxc":
        return {
            **shared,
            "arch": "amd64",
            "cores": guest.cores,
            "features": "nesting=1",
            "hostname": guest.name,
            "memory": guest.mem_bytes // MIB,
            "net0": f"name=eth0,bridge=vmbr0,hwaddr={guest.mac},ip=dhcp,type=veth",
            "rootfs": f"{disk},size={gib}G",
            "swap": 512,
            "unprivileged": 1,
            **guest.options,
        }
    return {
        **shared,
        **({"agent": "1"} if guest.agent else {}),
        "boot": "order=scsi0;net0",
        "cores": guest.cores,
        "cpu": "x86-64-v2-AES",
        "memory": str(guest.mem_bytes // MIB),
        "meta": "creation-qemu=9.0.2,ctime=1722000000",
        "name": guest.name,
        "net0": f"virtio={guest.mac},bridge=vmbr0,firewall=1",
        "numa": 0,
        "scsi0": f"{disk},iothread=1,size={gib}G",
        "scsihw": "virtio-scsi-single",
        **({"serial0": "socket"} if guest.ostype == "l26" and not guest.template else {}),
        "smbios1": f"uuid=00000000-0000-4000-8000-{guest.vmid:012d}",
        "sockets": 1,
        "vmgenid": f"00000000-0000-4000-9000-{guest.vmid:012d}",
        **guest.options,
    }
