"""/nodes/{node}/services: Proxmox's own services, and starting and stopping them."""

from dataclasses import dataclass

from simulator.api.routes import Check, Param, Params, Request, node_of, route
from simulator.world.model import Node, Task
from simulator.world.world import World


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    desc: str
    unit: str = "enabled"
    idle: bool = False
    """Installed but not in use, as on most hosts."""
    since_major: int = 8


_SERVICES: dict[str, _Service] = {
    service.name: service
    for service in (
        _Service("chrony", "chrony, an NTP client/server"),
        _Service("corosync", "Corosync Cluster Engine"),
        _Service("cron", "Regular background program processing daemon"),
        _Service("ksmtuned", "Kernel Samepage Merging (KSM) Tuning Daemon"),
        _Service("lxcfs", "FUSE filesystem for LXC", since_major=9),
        _Service("postfix", "Postfix Mail Transport Agent"),
        _Service("proxmox-firewall", "Proxmox nftables firewall"),
        _Service("pve-cluster", "The Proxmox VE cluster filesystem"),
        _Service("pve-firewall", "Proxmox VE firewall"),
        _Service("pve-ha-crm", "PVE Cluster HA Resource Manager Daemon"),
        _Service("pve-ha-lrm", "PVE Local HA Resource Manager Daemon"),
        _Service("pve-lxc-syscalld", "Proxmox VE LXC Syscall Daemon"),
        _Service("pvedaemon", "PVE API Daemon"),
        _Service("pvefw-logger", "Proxmox VE firewall logger", "static"),
        _Service("pveproxy", "PVE API Proxy Server"),
        _Service("pvescheduler", "Proxmox VE scheduler"),
        _Service("pvestatd", "PVE Status Daemon"),
        _Service("qmeventd", "PVE Qemu Event Daemon"),
        _Service("spiceproxy", "PVE SPICE Proxy Server"),
        _Service("sshd", "OpenBSD Secure Shell server"),
        _Service("syslog", "syslog.service", "not-found", idle=True),
        _Service("systemd-journald", "Journal Service", "static"),
        _Service("systemd-timesyncd", "systemd-timesyncd.service", "not-found", idle=True),
    )
}
_ESSENTIAL = frozenset({"pveproxy", "pvedaemon", "pve-cluster"})
_AUDIT = Check("/nodes/{node}", "Sys.Audit")
_MODIFY = Check("/nodes/{node}", "Sys.Modify")


def _row(node: Node, service: _Service) -> dict[str, object]:
    runs = not service.idle and service.name not in node.stopped_services
    return {
        "service": service.name,
        "name": service.name,
        "desc": service.desc,
        "state": "running" if runs else "dead",
        "active-state": "active" if runs else "inactive",
        "unit-state": service.unit,
    }


@route("GET", "/nodes/{node}/services", check=_AUDIT)
def list_services(world: World, request: Request, params: Params) -> object:
    node = node_of(world, params)
    return [_row(node, one) for one in _SERVICES.values() if one.since_major <= world.major]


_NAME = Param("service", enum=tuple(_SERVICES))


@route("GET", "/nodes/{node}/services/{service}", check=_AUDIT, params=(_NAME,), local=True)
def index_service(world: World, request: Request, params: Params) -> object:
    return [{"subdir": name} for name in ("state", "start", "stop", "restart", "reload")]


@route("GET", "/nodes/{node}/services/{service}/state", check=_AUDIT, params=(_NAME,))
def read_service(world: World, request: Request, params: Params) -> object:
    return _row(node_of(world, params), _SERVICES[params["service"]])


@route(
    "POST",
    "/nodes/{node}/services/{service}/{command}",
    check=_MODIFY,
    params=(_NAME, Param("command", enum=("start", "stop", "restart", "reload"))),
    writes=False,
)
def command_service(world: World, request: Request, params: Params) -> object:
    """Starts a task. An essential service is refused in the task, not in the answer."""
    node, name, command = node_of(world, params), params["service"], params["command"]

    def then(task: Task) -> str | None:
        if command == "stop" and name in _ESSENTIAL:
            return f"invalid service cmd '{name} {command}': refusing to stop essential service!"
        if _SERVICES[name].idle:
            return f"command 'systemctl {command} {name}' failed: exit code 5"
        if command == "stop":
            node.stopped_services.add(name)
        else:
            node.stopped_services.discard(name)
        world.changed()
        return None

    task = world.tasks.start(node, f"srv{command}", name, request.who, lasts_s=1.5, then=then)
    return task.upid
