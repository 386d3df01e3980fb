"""The services of a machine: which there are, which run, and how one is started and stopped.

Proxmox's API knows some of a node's by names of its own; systemd knows all of them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import Guest, Node

if TYPE_CHECKING:
    from .world import World

Host = Node | Guest


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One service of systemd."""

    name: str
    """Without `.service`."""
    desc: str
    program: str = ""
    """The command line of its main process; empty where none stays."""
    api: str | None = None
    """What Proxmox's API calls it; None where it does not list it."""
    state: str = "enabled"
    """`enabled`, `static`, or `not-found` for one that is known and not installed."""
    since_major: int = 8

    @property
    def file(self) -> str:
        return f"{self.name}.service"

    @property
    def is_installed(self) -> bool:
        return self.state != "not-found"

    @property
    def stays(self) -> bool:
        """It has a process while it is active."""
        return bool(self.program)


_STATIC = frozenset(
    (
        *("dbus", "systemd-udevd", "logrotate", "pvefw-logger", "systemd-journald"),
        *("watchdog-mux", "qemu-guest-agent"),
    )
)
_ABSENT = frozenset({"syslog", "systemd-timesyncd"})
_SINCE = {"lxcfs": 9}


def _units(table: str, *, in_api: bool = False) -> tuple[Unit, ...]:
    """Rows of: name | description | program."""
    found = []
    for line in table.strip().splitlines():
        name, desc, program = (part.strip() for part in f"{line}||".split("|")[:3])
        state = "static" if name in _STATIC else "not-found" if name in _ABSENT else "enabled"
        found.append(
            Unit(
                name=name,
                desc=desc,
                program=program,
                api={"ssh": "sshd"}.get(name, name) if in_api else None,
                state=state,
                since_major=_SINCE.get(name, 8),
            )
        )
    return tuple(found)


_BASE = _units("""
dbus | D-Bus System Message Bus | /usr/bin/dbus-daemon --system
systemd-logind | User Login Management | /usr/lib/systemd/systemd-logind
systemd-udevd | Rule-based Manager for Device Events and Files | /usr/lib/systemd/systemd-udevd
logrotate | Rotate log files
networking | Raise network interfaces
""")
_IN_API = _units(
    """
chrony | chrony, an NTP client/server | /usr/sbin/chronyd -F 1
corosync | Corosync Cluster Engine | /usr/sbin/corosync -f
cron | Regular background program processing daemon | /usr/sbin/cron -f
ksmtuned | Kernel Samepage Merging (KSM) Tuning Daemon | /bin/bash /usr/sbin/ksmtuned
lxcfs | FUSE filesystem for LXC | /usr/bin/lxcfs /var/lib/lxcfs
postfix | Postfix Mail Transport Agent | /usr/lib/postfix/sbin/master -w
proxmox-firewall | Proxmox nftables firewall | /usr/libexec/proxmox/proxmox-firewall
pve-cluster | The Proxmox VE cluster filesystem | /usr/bin/pmxcfs
pve-firewall | Proxmox VE firewall | pve-firewall
pve-ha-crm | PVE Cluster HA Resource Manager Daemon | pve-ha-crm
pve-ha-lrm | PVE Local HA Resource Manager Daemon | pve-ha-lrm
pve-lxc-syscalld | Proxmox VE LXC Syscall Daemon | /usr/lib/pve-lxc-syscalld
pvedaemon | PVE API Daemon | pvedaemon
pvefw-logger | Proxmox VE firewall logger | /usr/sbin/pvefw-logger
pveproxy | PVE API Proxy Server | pveproxy
pvescheduler | Proxmox VE scheduler | pvescheduler
pvestatd | PVE Status Daemon | pvestatd
qmeventd | PVE Qemu Event Daemon | /usr/sbin/qmeventd /var/run/qmeventd.sock
spiceproxy | PVE SPICE Proxy Server | spiceproxy
ssh | OpenBSD Secure Shell server | sshd: /usr/sbin/sshd -D [listener]
syslog | syslog.service
systemd-journald | Journal Service | /usr/lib/systemd/systemd-journald
systemd-timesyncd | systemd-timesyncd.service
""",
    in_api=True,
)
_NODE = (
    *_BASE,
    *_IN_API,
    *_units("""
rrdcached | LSB: start or stop rrdcached | /usr/bin/rrdcached -B -b /var/lib/rrdcached/db/
smartmontools | Self Monitoring and Reporting Technology (SMART) Daemon | /usr/sbin/smartd -n
watchdog-mux | Proxmox VE watchdog multiplexer | /usr/sbin/watchdog-mux
zfs-zed | ZFS Event Daemon (zed) | /usr/sbin/zed -F
nfs-blkmap | pNFS block layout mapping daemon | /usr/sbin/blkmapd
rpcbind | RPC bind portmap service | /sbin/rpcbind -f -w
pve-guests | PVE guests
zfs-mount | Mount ZFS filesystems
"""),
)
_GUEST = _BASE + _units("""
cron | Regular background program processing daemon | /usr/sbin/cron -f
ssh | OpenBSD Secure Shell server | sshd: /usr/sbin/sshd -D [listener]
systemd-journald | Journal Service | /usr/lib/systemd/systemd-journald
""")
(_AGENT,) = _units("qemu-guest-agent | QEMU Guest Agent | /usr/bin/qemu-ga")
_DOCKER = _units("""
containerd | containerd container runtime | /usr/bin/containerd
docker | Docker Application Container Engine | /usr/bin/dockerd -H fd://
""")
_TRADES = {
    guest.strip(): _units(row)[0]
    for guest, _, row in (
        line.partition(": ")
        for line in """
adguard: AdGuardHome | AdGuard Home: Network-level blocker | /opt/AdGuardHome/AdGuardHome -s run
twingate: twingate-connector | Twingate Connector | /usr/bin/twingate-connector
paperless: paperless-webserver | Paperless webserver | /opt/paperless/.venv/bin/granian
vaultwarden: vaultwarden | Vaultwarden, a Bitwarden server | /opt/vaultwarden/bin/vaultwarden
frigate: frigate | Frigate NVR | /usr/local/bin/python3 -m frigate
git: forgejo | Forgejo (Beyond coding. We forge.) | /opt/forgejo/forgejo web
grafana: grafana-server | Grafana instance | /usr/share/grafana/bin/grafana server
prometheus: prometheus | Monitoring system and time series database | /usr/bin/prometheus
unifi: unifi | UniFi Network | /usr/bin/java -jar /usr/lib/unifi/lib/ace.jar start
media: jellyfin | Jellyfin Media Server | /usr/lib/jellyfin/bin/jellyfin
nextcloud: apache2 | The Apache HTTP Server | /usr/sbin/apache2 -k start
immich: immich-server | Immich server | /usr/bin/node /opt/immich/dist/main
k3s-1: k3s | Lightweight Kubernetes | /usr/local/bin/k3s server
k3s-2: k3s-agent | Lightweight Kubernetes | /usr/local/bin/k3s agent
pbs: proxmox-backup-proxy | Proxmox Backup API Proxy Server | proxmox-backup-proxy
""".strip().splitlines()
    )
}
"""What the house's guests are there for, by their names."""


def units_of(world: "World", host: Host, *, docker: bool = False) -> tuple[Unit, ...]:
    """Every service that machine has or knows of, by name."""
    if isinstance(host, Node):
        found = [unit for unit in _NODE if unit.since_major <= world.major]
    else:
        found = list(_GUEST)
        if host.agent:
            found.append(_AGENT)
        if docker:
            found += _DOCKER
        trade = _TRADES.get(host.name)
        if trade is not None:
            found.append(trade)
    return tuple(sorted(found, key=lambda unit: unit.name.lower()))


API_UNITS: dict[str, Unit] = {unit.api or "": unit for unit in _IN_API}
"""A node's services by the names that the API gives them."""


def is_active(host: Host, unit: Unit) -> bool:
    """Whether it runs, or has run and counts as active."""
    off = host.stopped_services | host.failed_services
    return unit.is_installed and (unit.api or unit.name) not in off


def has_failed(host: Host, unit: Unit) -> bool:
    return (unit.api or unit.name) in host.failed_services


def active_since(host: Host, unit: Unit, booted_at: float) -> float:
    """Since when it is as it is; a moment of the world."""
    return max(booted_at + 3.0, host.services_since.get(unit.api or unit.name, 0.0))


def start_unit(world: "World", host: Host, unit: Unit) -> None:
    """It runs from now on; a failure of before is forgotten."""
    _turn(world, host, unit, stopped=False)


def stop_unit(world: "World", host: Host, unit: Unit) -> None:
    _turn(world, host, unit, stopped=True)


def forget_failure(world: "World", host: Host, unit: Unit) -> None:
    """`reset-failed`: what failed is merely not running."""
    name = unit.api or unit.name
    if name in host.failed_services:
        host.failed_services.discard(name)
        host.stopped_services.add(name)
        world.changed()


def _turn(world: "World", host: Host, unit: Unit, *, stopped: bool) -> None:
    name = unit.api or unit.name
    host.failed_services.discard(name)
    if stopped:
        host.stopped_services.add(name)
    else:
        host.stopped_services.discard(name)
    host.services_since[name] = world.now
    world.changed()
