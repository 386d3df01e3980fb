"""The QEMU guest agent: ping, file systems, addresses; and the addresses of containers."""

from simulator.api.errors import ApiError
from simulator.api.routes import Check, Params, Request, route
from simulator.world.errors import Refused
from simulator.world.figures import guest_disk
from simulator.world.model import Guest
from simulator.world.world import World

_BASE = "/nodes/{node}/qemu/{vmid}/agent"


def _guest_with_agent(world: World, request: Request, params: Params) -> Guest:
    """The guest whose agent answers; each step that fails has Proxmox's own sentence."""
    path = f"/vms/{params['vmid']}"
    wanted = (
        ("VM.Monitor",)
        if world.major < 9
        else ("VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted")
    )
    if not any(request.may(path, right) for right in wanted):
        raise ApiError(403, f"Permission check failed ({path}, {'|'.join(wanted)})")
    guest = world.find_guest(params["node"], "qemu", int(params["vmid"]))
    if not guest.agent:
        raise Refused("No QEMU guest agent configured")
    if not guest.is_running:
        raise Refused(f"VM {guest.vmid} is not running")
    if not guest.agent_alive or guest.state == "paused":
        raise Refused("QEMU guest agent is not running")
    return guest


@route("POST", f"{_BASE}/ping", writes=False)
def ping(world: World, request: Request, params: Params) -> object:
    _guest_with_agent(world, request, params)
    return {"result": {}}


@route("GET", f"{_BASE}/get-fsinfo")
def list_file_systems(world: World, request: Request, params: Params) -> object:
    """Bytes. The only place that tells how full a virtual machine's disk is."""
    guest = _guest_with_agent(world, request, params)
    total = int(guest.disk_bytes * 0.965)
    used = min(total, guest_disk(guest, world.now, world.began))
    windows = guest.ostype.startswith("win")
    root = {
        "name": "sda1"
        if not windows
        else r"\\?\Volume{5c1d4a6e-0000-0000-0000-100000000000}" + "\\",
        "mountpoint": "/" if not windows else "C:\\",
        "type": "ext4" if not windows else "NTFS",
        "used-bytes": used,
        "total-bytes": total,
        "total-bytes-privileged": guest.disk_bytes,
        "disk": [_device(guest)],
    }
    if windows:
        return {"result": [root]}
    boot = {
        "name": "sda15",
        "mountpoint": "/boot/efi",
        "type": "vfat",
        "used-bytes": 12_345_344,
        "total-bytes": 129_718_272,
        "disk": [_device(guest) | {"dev": "/dev/sda15"}],
    }
    return {"result": [boot, root]}


def _device(guest: Guest) -> dict[str, object]:
    return {
        "bus": 0,
        "bus-type": "scsi",
        "dev": "/dev/sda1",
        "pci-controller": {"bus": 9, "domain": 0, "function": 0, "slot": 1},
        "serial": "0QEMU_QEMU_HARDDISK_drive-scsi0",
        "target": 0,
        "unit": 0,
    }


@route("GET", f"{_BASE}/network-get-interfaces")
def list_interfaces(world: World, request: Request, params: Params) -> object:
    guest = _guest_with_agent(world, request, params)
    figures = world.guest_figures(guest)
    rx, tx = (figures.netin, figures.netout) if figures else (0, 0)
    return {
        "result": [
            _interface("lo", "00:00:00:00:00:00", [("127.0.0.1", 8)], [("::1", 128)], 4096, 4096),
            _interface(
                "eth0",
                guest.mac.lower(),
                [(address_of(guest), 24)],
                [(link_local_of(guest), 64)],
                rx,
                tx,
            ),
        ]
    }


def _interface(
    name: str,
    mac: str,
    ipv4: list[tuple[str, int]],
    ipv6: list[tuple[str, int]],
    rx_bytes: int,
    tx_bytes: int,
) -> dict[str, object]:
    addresses = [("ipv4", *one) for one in ipv4] + [("ipv6", *one) for one in ipv6]
    return {
        "name": name,
        "hardware-address": mac,
        "ip-addresses": [
            {"ip-address": address, "ip-address-type": kind, "prefix": prefix}
            for kind, address, prefix in addresses
        ],
        "statistics": {
            "rx-bytes": rx_bytes,
            "rx-packets": rx_bytes // 900,
            "rx-errs": 0,
            "rx-dropped": 0,
            "tx-bytes": tx_bytes,
            "tx-packets": tx_bytes // 900,
            "tx-errs": 0,
            "tx-dropped": 0,
        },
    }


def address_of(guest: Guest) -> str:
    """A guest's IPv4 address: its number in the house's network, as far as that reaches.

    Beyond it lies the range that is kept for measuring, where no packet ever leads to anybody.
    """
    if guest.vmid < 255:
        return f"192.0.2.{guest.vmid}"
    return f"198.18.{guest.vmid // 250 % 250}.{guest.vmid % 250 + 1}"


def link_local_of(guest: Guest) -> str:
    """A guest's IPv6 address on its own link, made of its hardware address."""
    octets = [int(part, 16) for part in guest.mac.split(":")]
    octets[0] ^= 2
    groups = (*octets[:3], 0xFF, 0xFE, *octets[3:])
    pairs = [f"{groups[i] << 8 | groups[i + 1]:x}" for i in range(0, 8, 2)]
    return "fe80::" + ":".join(pairs)


@route("GET", "/nodes/{node}/lxc/{vmid}/interfaces", check=Check("/vms/{vmid}", "VM.Audit"))
def list_container_interfaces(world: World, request: Request, params: Params) -> object:
    """A running container's addresses; null when it is off, as Proxmox answers."""
    guest = world.find_guest(params["node"], "lxc", int(params["vmid"]))
    if not guest.is_running:
        return None if world.major < 9 else []
    return [
        _container_interface("lo", "00:00:00:00:00:00", "127.0.0.1/8", "::1/128"),
        _container_interface(
            "eth0", guest.mac.lower(), f"{address_of(guest)}/24", f"{link_local_of(guest)}/64"
        ),
    ]


def _container_interface(name: str, mac: str, inet: str, inet6: str) -> dict[str, object]:
    addresses = []
    for kind, written in (("inet", inet), ("inet6", inet6)):
        address, _, prefix = written.partition("/")
        addresses.append({"ip-address": address, "ip-address-type": kind, "prefix": prefix})
    return {
        "name": name,
        "hwaddr": mac,
        "hardware-address": mac,
        "inet": inet,
        "inet6": inet6,
        "ip-addresses": addresses,
    }
