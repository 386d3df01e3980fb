"""What a machine's own tools read: the figures of the world, as a kernel would count them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.world.figures import guest_disk
from simulator.world.model import GIB, MIB
from simulator.world.pools import pools_of

if TYPE_CHECKING:
    from .computer import Computer

HZ = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One machine at one moment: bytes, seconds, fractions."""

    cpus: int
    cpu: float
    """Load as a fraction of all of them."""
    iowait: float
    load: tuple[float, float, float]
    mem_total: int
    mem_used: int
    """Without what the kernel would give back at once."""
    swap_total: int
    swap_used: int
    uptime_s: float
    rx_bytes: int
    tx_bytes: int

    @property
    def mem_available(self) -> int:
        return self.mem_total - self.mem_used

    @property
    def mem_cached(self) -> int:
        """Held for files, and given back when it is wanted."""
        return int(self.mem_available * 0.42)

    @property
    def mem_free(self) -> int:
        return self.mem_available - self.mem_cached


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """One that is mounted; bytes."""

    device: str
    kind: str
    total: int
    used: int
    mounted_on: str


def read_figures(machine: "Computer") -> Figures:
    """The figures of now."""
    world, node, guest = machine.world, machine.node, machine.guest
    at = world.now
    uptime_s = max(0.0, at - machine.booted_at)
    assert node is not None
    if guest is None:
        found = world.node_figures(node)
        if found is None:
            found = world.node_figures(node, node.outages[-1][0] - 1)
        assert found is not None
        return Figures(
            cpus=node.threads,
            cpu=found.cpu,
            iowait=found.iowait,
            load=found.load,
            mem_total=node.mem_bytes,
            mem_used=found.mem,
            swap_total=node.swap_bytes,
            swap_used=found.swap,
            uptime_s=uptime_s,
            rx_bytes=int(61_000 * uptime_s),
            tx_bytes=int(44_000 * uptime_s),
        )
    own = world.guest_figures(guest)
    busy = own.cpu * guest.cores if own else 0.0
    swap = 512 * MIB if guest.kind == "lxc" else GIB
    return Figures(
        cpus=guest.cores,
        cpu=own.cpu if own else 0.0,
        iowait=0.002,
        load=(busy * 1.05, busy, busy * 0.96),
        mem_total=guest.mem_bytes,
        mem_used=own.mem if own else 0,
        swap_total=swap,
        swap_used=int(swap * 0.03) if guest.kind == "qemu" else 0,
        uptime_s=uptime_s,
        rx_bytes=own.netin if own else 0,
        tx_bytes=own.netout if own else 0,
    )


def read_jiffies(machine: "Computer", figures: Figures) -> tuple[int, int, int, int]:
    """(user, system, idle, iowait) over all processors, in hundredths of a second.

    They only ever grow: each reading adds what was done since the one before.
    """
    counted = machine.counted
    if counted.booted_at != machine.booted_at:
        counted.booted_at, counted.at = machine.booted_at, machine.booted_at
        counted.busy = counted.waited = 0.0
    passed = max(0.0, machine.world.now - counted.at) * figures.cpus * HZ
    counted.busy += passed * figures.cpu
    counted.waited += passed * min(figures.iowait, 1 - figures.cpu)
    counted.at = machine.world.now
    total = max(0.0, counted.at - counted.booted_at) * figures.cpus * HZ
    user = int(counted.busy * 0.71)
    system = int(counted.busy) - user
    return user, system, int(total - counted.busy - counted.waited), int(counted.waited)


def read_file_systems(machine: "Computer") -> list[FileSystem]:
    """What `df` lists, in the order it was mounted."""
    world, node, guest = machine.world, machine.node, machine.guest
    figures = read_figures(machine)
    half = figures.mem_total // 2
    found = [
        _mounted("udev", "devtmpfs", half, 0, "/dev"),
        _mounted("tmpfs", "tmpfs", figures.mem_total // 10, 1_900_544, "/run"),
    ]
    if guest is not None:
        total = guest.disk_bytes if guest.kind == "lxc" else int(guest.disk_bytes * 0.965)
        used = min(guest_disk(guest, world.now, world.began), total)
        if guest.kind == "qemu":
            return [*found, _mounted("/dev/sda1", "ext4", total, used, "/")]
        kind = "zfs" if guest.storage == "local-zfs" else "ext4"
        return [_mounted(f"rpool/data/subvol-{guest.vmid}-disk-0", kind, total, used, "/"), *found]
    assert node is not None
    pools = pools_of(world, node.name)
    own = world.node_figures(node)
    found += [
        _mounted(
            "rpool/ROOT/pve-1" if pools else "/dev/mapper/pve-root",
            "zfs" if pools else "ext4",
            node.root_bytes,
            own.root if own else 0,
            "/",
        ),
        _mounted("tmpfs", "tmpfs", half, 48 * MIB, "/dev/shm"),  # noqa: S108 - as df shows it
        _mounted("/dev/fuse", "fuse", 128 * MIB, 57_344, "/etc/pve"),
    ]
    for storage in world.storages_of(node.name):
        used = world.storage_used(storage)
        if storage.path is not None and storage.shared and storage.active:
            device = f"192.0.2.60:/export/{storage.name}"
            found.append(_mounted(device, "nfs4", storage.total_bytes, used, storage.path))
        elif storage.plugin == "zfspool":
            found.append(_mounted("rpool/data", "zfs", storage.total_bytes, used, "/rpool/data"))
    return found


def _mounted(device: str, kind: str, total: int, used: int, where: str) -> FileSystem:
    return FileSystem(device=device, kind=kind, total=total, used=used, mounted_on=where)


def sizes(count: int, *, ceiling: bool = True) -> str:
    """Bytes as `df -h` and `ls -h` write them: 9.4G, 101M."""
    if count < 1024:
        return str(count)
    for unit in "KMGTP":
        count_f = count / 1024
        if count_f < 9.95:
            tenths = -(-count * 10 // 1024) if ceiling else round(count * 10 / 1024)
            return f"{tenths / 10:.1f}{unit}"
        if count_f < 1024 or unit == "P":
            whole = -(-count // 1024) if ceiling else round(count / 1024)
            return f"{whole}{unit}"
        count = count // 1024
    return str(count)
