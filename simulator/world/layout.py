"""The cluster of the house, and how it grows to 32 nodes and 2,000 guests."""

from dataclasses import dataclass

from .figures import make_nature
from .model import GIB, Disk, Guest, Kind, Node, Snapshot, Storage
from .noise import between, chance, key_of

TIB = 1 << 40


@dataclass(frozen=True, slots=True)
class _Host:
    cpu_model: str
    mhz: float
    cores: int
    threads: int
    mem_gib: int
    own_cpu: float
    own_mem_gib: float
    up_days: float
    pool: str
    pool_gib: int
    pool_level: float


_I7 = "12th Gen Intel(R) Core(TM) i7-12700"
_RYZEN = "AMD Ryzen 7 5800X 8-Core Processor"
_N100 = "Intel(R) N100"

_HOSTS: dict[str, _Host] = {
    "home": _Host(_I7, 2100, 12, 20, 64, 0.010, 8.5, 41.25, "local-lvm", 870, 0.54),
    "pve": _Host(_RYZEN, 3800, 8, 16, 64, 0.090, 23.5, 12.08, "local-zfs", 1853, 0.868),
    "agent": _Host(_N100, 806, 4, 4, 16, 0.012, 1.5, 88.04, "local-lvm", 410, 0.37),
    "agent1": _Host(_N100, 806, 4, 4, 16, 0.012, 1.5, 3.4, "local-lvm", 410, 0.44),
}


@dataclass(frozen=True, slots=True)
class _Spec:
    vmid: int
    kind: Kind
    name: str
    node: str
    cores: int
    mem_mib: int
    disk_gib: int
    cpu: float
    mem: float
    level: float
    tags: tuple[str, ...] = ()
    state: str = "running"
    ha: bool = False
    template: bool = False
    agent: bool = True
    pool: str | None = None
    os: str = "l26"


_GUESTS: tuple[_Spec, ...] = (
    _Spec(100, "qemu", "haos", "home", 2, 4096, 32, 0.04, 0.46, 0.41, ("home",)),
    _Spec(101, "lxc", "adguard", "pve", 1, 512, 8, 0.01, 0.31, 0.22, ("dns", "infra")),
    _Spec(102, "lxc", "twingate", "home", 1, 512, 4, 0.01, 0.22, 0.31, ("infra",)),
    _Spec(103, "qemu", "mgmt", "pve", 4, 8192, 64, 0.09, 0.52, 0.34, ("infra", "jarvis-protected")),
    _Spec(104, "qemu", "media", "pve", 12, 16384, 720, 0.46, 0.74, 0.83, ("media",)),
    _Spec(
        105, "qemu", "nextcloud", "agent", 2, 4096, 200, 0.06, 0.55, 0.62, ("prod",), pool="prod"
    ),
    _Spec(106, "lxc", "paperless", "agent", 2, 2048, 40, 0.02, 0.58, 0.35, ("prod",), pool="prod"),
    _Spec(107, "lxc", "vaultwarden", "agent1", 1, 512, 8, 0.01, 0.28, 0.25, ("prod",), pool="prod"),
    _Spec(108, "qemu", "immich", "home", 4, 8192, 250, 0.09, 0.63, 0.71, ("media",)),
    _Spec(110, "qemu", "k3s-1", "home", 4, 8192, 80, 0.17, 0.71, 0.48, ("k3s",), ha=True),
    _Spec(111, "qemu", "k3s-2", "agent1", 4, 6144, 80, 0.12, 0.68, 0.44, ("k3s",), ha=True),
    _Spec(112, "qemu", "win11", "pve", 8, 16384, 256, 0.10, 0.55, 0.51, (), "stopped", os="win11"),
    _Spec(113, "lxc", "frigate", "home", 4, 4096, 60, 0.14, 0.61, 0.56, ("media",)),
    _Spec(120, "lxc", "git", "agent", 2, 2048, 60, 0.03, 0.42, 0.53, ("dev",), pool="prod"),
    _Spec(121, "lxc", "grafana", "home", 2, 2048, 20, 0.05, 0.37, 0.33, ("infra",)),
    _Spec(122, "lxc", "prometheus", "pve", 2, 4096, 80, 0.08, 0.64, 0.58, ("infra",)),
    _Spec(123, "lxc", "unifi", "agent1", 2, 2048, 24, 0.05, 0.66, 0.39, ("infra",)),
    _Spec(130, "qemu", "pbs", "pve", 4, 8192, 64, 0.10, 0.49, 0.37, ("backup",), agent=False),
    _Spec(140, "qemu", "dev-box", "home", 4, 8192, 120, 0.10, 0.50, 0.47, ("dev",), "stopped"),
    _Spec(
        9000, "qemu", "debian-13", "pve", 2, 2048, 16, 0.0, 0.1, 0.2, (), "stopped", template=True
    ),
)

_NESTING = "WARN: Systemd 257 detected. You may need to enable nesting."


def make_nodes(seed: int, count: int, began: float) -> dict[str, Node]:
    """The first four are the house's own; further ones are called node05, node06, …"""
    names = [*_HOSTS][:count] + [f"node{n:02d}" for n in range(5, count + 1)]
    nodes: dict[str, Node] = {}
    for index, name in enumerate(names):
        host = _HOSTS.get(name) or _Host(
            _I7, 2100, 12, 20, 128, 0.012, 3.0, between(1, 200, seed, name), "local-lvm", 1740, 0.5
        )
        nodes[name] = Node(
            name=name,
            nodeid=index + 1,
            ip=f"192.0.2.{10 + index}",
            mac=f"52:54:00:c0:02:{10 + index:02x}" if name != "home" else None,
            cpu_model=host.cpu_model,
            mhz=host.mhz,
            sockets=1,
            cores=host.cores,
            threads=host.threads,
            mem_bytes=host.mem_gib * GIB - int(0.6 * GIB),
            swap_bytes=8 * GIB,
            root_bytes=94 * GIB,
            root_used_bytes=int(between(0.14, 0.36, seed, name, "root") * 94 * GIB),
            own_cpu=host.own_cpu,
            own_mem_bytes=int(host.own_mem_gib * GIB),
            key=key_of(seed, "node", name),
            disks=_disks(seed, name, host),
            booted_at=began - host.up_days * 86_400,
            pending_updates=int(between(0, 24, seed, name, "updates")),
            failed_services={"logrotate"} if name == "agent" else set(),
            services_since={"logrotate": began - 5.2 * 3600} if name == "agent" else {},
        )
    return nodes


def _disks(seed: int, name: str, host: _Host) -> tuple[Disk, ...]:
    serial = f"S{key_of(seed, name, 'disk') % 10**11:011d}"
    wear = 60 + int(40 * chance(seed, name, "wear"))
    used = "ZFS" if host.pool == "local-zfs" else "LVM"
    main = Disk(
        dev="/dev/nvme0n1",
        kind="nvme",
        model="Samsung SSD 990 PRO 2TB" if host.pool_gib > 1000 else "WD_BLACK SN770 1TB",
        serial=serial,
        size_bytes=2_000_398_934_016 if host.pool_gib > 1000 else 1_000_204_886_016,
        wear_left_percent=wear,
        used=used,
    )
    if name != "pve":
        return (main,)
    spare = Disk(
        dev="/dev/sda",
        kind="hdd",
        model="WDC WD40EFPX-68C6CN0",
        serial=f"WD-WX{serial[-8:]}",
        size_bytes=4_000_787_030_016,
        wear_left_percent=None,
        used="partitions",
    )
    return (main, spare)


def make_storages(seed: int, nodes: dict[str, Node]) -> list[Storage]:
    """local and a pool on each node, nas and backup shared by all."""
    storages: list[Storage] = []
    for name, node in nodes.items():
        host = _HOSTS.get(name)
        pool = host.pool if host else "local-lvm"
        pool_bytes = (host.pool_gib if host else 1740) * GIB
        level = host.pool_level if host else between(0.2, 0.8, seed, name, "pool")
        storages.append(
            Storage(
                name="local",
                plugin="dir",
                content="iso,vztmpl,backup,snippets",
                shared=False,
                nodes=(name,),
                total_bytes=node.root_bytes,
                used_bytes=node.root_used_bytes,
                grows_bytes_day=0.02 * GIB,
                key=key_of(seed, name, "local"),
                path="/var/lib/vz",
            )
        )
        storages.append(
            Storage(
                name=pool,
                plugin="zfspool" if pool == "local-zfs" else "lvmthin",
                content="images,rootdir",
                shared=False,
                nodes=(name,),
                total_bytes=pool_bytes,
                used_bytes=int(level * pool_bytes),
                grows_bytes_day=(4.0 if pool == "local-zfs" else 0.6) * GIB,
                key=key_of(seed, name, pool),
            )
        )
    everyone = tuple(nodes)
    for label, total, level, content in (
        ("nas", 8 * TIB, 0.43, "images,iso,rootdir,snippets,vztmpl"),
        ("backup", int(3.6 * TIB), 0.61, "backup"),
    ):
        storages.append(
            Storage(
                name=label,
                plugin="nfs",
                content=content,
                shared=True,
                nodes=everyone,
                total_bytes=total,
                used_bytes=int(level * total),
                grows_bytes_day=3.0 * GIB,
                key=key_of(seed, label),
                path=f"/mnt/pve/{label}",
            )
        )
    return storages


def make_guests(seed: int, count: int, nodes: dict[str, Node], began: float) -> dict[int, Guest]:
    """The house's twenty first; further ones are numbered from 200."""
    specs = [*_GUESTS][:count]
    names = [*nodes]
    for index in range(count - len(specs)):
        specs.append(_further(seed, 200 + index, names))
    guests: dict[int, Guest] = {}
    for spec in specs:
        node = spec.node if spec.node in nodes else names[spec.vmid % len(names)]
        guests[spec.vmid] = _guest(seed, spec, nodes[node], began)
    return guests


def _further(seed: int, vmid: int, names: list[str]) -> _Spec:
    kind: Kind = "lxc" if chance(seed, vmid, "kind") < 0.4 else "qemu"
    trade = ("web", "db", "cache", "ci", "build", "queue", "app", "proxy")[vmid % 8]
    return _Spec(
        vmid,
        kind,
        f"{trade}-{vmid}",
        names[vmid % len(names)],
        (1, 2, 2, 4)[vmid % 4],
        (512, 1024, 1024, 2048)[(vmid // 4) % 4],
        (8, 16, 32, 32)[(vmid // 3) % 4],
        between(0.01, 0.20, seed, vmid, "cpu"),
        between(0.2, 0.8, seed, vmid, "mem"),
        between(0.2, 0.8, seed, vmid, "disk"),
        (trade,),
        "stopped" if chance(seed, vmid, "off") < 0.08 else "running",
        agent=chance(seed, vmid, "agent") < 0.7,
    )


def _guest(seed: int, spec: _Spec, node: Node, began: float) -> Guest:
    disk_bytes = spec.disk_gib * GIB
    pool = _HOSTS[node.name].pool if node.name in _HOSTS else "local-lvm"
    longest = began - node.booted_at
    running = spec.state == "running"
    since = node.booted_at + min(longest * 0.9, 40 + 4 * (spec.vmid % 50))
    if running and chance(seed, spec.vmid, "restarted") < 0.5:
        since = began - longest * between(0.05, 0.8, seed, spec.vmid, "since")
    guest = Guest(
        vmid=spec.vmid,
        kind=spec.kind,
        name=spec.name,
        node=node.name,
        cores=spec.cores,
        mem_bytes=spec.mem_mib << 20,
        disk_bytes=disk_bytes,
        disk_used_bytes=int(spec.level * disk_bytes),
        storage="nas" if spec.ha else pool,
        nature=make_nature(
            seed,
            spec.vmid,
            cpu=spec.cpu,
            mem=spec.mem,
            net_bps=2_000 + 400_000 * spec.cpu,
            disk_bps=4_000 + 600_000 * spec.cpu,
            grows=(0.002 + 0.004 * chance(seed, spec.vmid, "grows")) * disk_bytes,
        ),
        mac="BC:24:11:" + ":".join(f"{key_of(seed, spec.vmid, n) % 256:02X}" for n in range(3)),
        ostype="debian" if spec.kind == "lxc" else spec.os,
        tags=spec.tags,
        template=spec.template,
        onboot=running,
        protection="jarvis-protected" in spec.tags,
        ha=spec.ha,
        hastate="started" if spec.ha else None,
        pool=spec.pool,
        agent=spec.kind == "qemu" and spec.agent and not spec.template,
        backed_up=running,
        warns=_NESTING if spec.name == "unifi" else None,
        state="running" if running else "stopped",
        started_at=since if running else None,
        pid=1200 + spec.vmid * 7 % 60_000 if running else None,
        runs=[(since, None)] if running else [],
    )
    guest.snapshots = _snapshots(seed, guest, began)
    return guest


def _snapshots(seed: int, guest: Guest, began: float) -> list[Snapshot]:
    how_many = 11 if guest.name == "media" else (0, 0, 1, 2)[key_of(seed, guest.vmid, "snap") % 4]
    if guest.template:
        how_many = 0
    taken = sorted(
        began - 86_400 * between(0.3, 9.0, seed, guest.vmid, "snap", n) for n in range(how_many)
    )
    snapshots: list[Snapshot] = []
    for number, at in enumerate(taken, 1):
        parent = snapshots[-1].name if snapshots else None
        snapshots.append(
            Snapshot(name=f"auto{number:02d}", taken_at=at, description="nightly", parent=parent)
        )
    return snapshots
