"""Everything that runs on a machine, as `ps` and `top` see it: the kernel's, the services', the
guests', the containers', and what somebody typed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.world.model import MIB, Guest
from simulator.world.noise import grain, key_of
from simulator.world.units import active_since, is_active

from .figures import read_figures

if TYPE_CHECKING:
    from .machines import Machine

_KERNEL = ("kthreadd", "rcu_preempt", "migration/0", "ksoftirqd/0", "kswapd0", "kworker/u64:1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One process; bytes, and a moment of the world."""

    pid: int
    ppid: int
    user: str
    cpu_percent: float
    """Of one processor."""
    rss_bytes: int
    virtual_bytes: int
    tty: str
    state: str
    started_at: float
    cpu_s: float
    line: str
    """With its arguments; in brackets where it is the kernel's."""

    @property
    def name(self) -> str:
        """Without folder and arguments."""
        if self.line.startswith("["):
            return self.line.strip("[]")
        return self.line.split()[0].rstrip(":").rpartition("/")[2].lstrip("-")


def list_processes(machine: "Machine") -> list[Listed]:
    """All of them, by number."""
    found = [*_kernel(machine), *_services(machine), *_guests(machine), *_containers(machine)]
    found += _typed(machine)
    return sorted(found, key=lambda one: one.pid)


def unit_pid(machine: "Machine", name: str) -> int:
    """The number of a service's main process: another one after each start."""
    host = machine.host
    turns = int(host.services_since.get(name, machine.booted_at))
    return 700 + key_of(0, machine.name, name, turns) % 2_900


def _listed(
    machine: "Machine",
    pid: int,
    line: str,
    *,
    cpu_percent: float = 0.0,
    rss_bytes: int = 0,
    user: str = "root",
    ppid: int = 1,
    tty: str = "?",
    state: str = "Ss",
    started_at: float | None = None,
) -> Listed:
    since = machine.booted_at if started_at is None else started_at
    lived_s = max(0.0, machine.world.now - since)
    return Listed(
        pid=pid,
        ppid=ppid,
        user=user,
        cpu_percent=cpu_percent,
        rss_bytes=rss_bytes,
        virtual_bytes=int(rss_bytes * 2.6) + (8 * MIB if rss_bytes else 0),
        tty=tty,
        state=state,
        started_at=since,
        cpu_s=lived_s * cpu_percent / 100,
        line=line,
    )


def _kernel(machine: "Machine") -> Iterator[Listed]:
    yield _listed(machine, 1, "/sbin/init", rss_bytes=13 * MIB, ppid=0, cpu_percent=0.02)
    guest = machine.guest
    if guest is not None and guest.kind == "lxc":
        return
    for number, name in enumerate(_KERNEL, 2):
        yield _listed(machine, number, f"[{name}]", ppid=0 if number == 2 else 2, state="S")


def _services(machine: "Machine") -> Iterator[Listed]:
    at = machine.world.now
    for unit in machine.units:
        if not unit.stays or not is_active(machine.host, unit):
            continue
        key = key_of(0, machine.name, unit.name)
        share = 1 + 0.5 * grain(key, int(at / 3))
        trade = machine.guest is not None and unit.program.startswith(
            ("/opt", "/usr/share", "/usr/lib/j")
        )
        yield _listed(
            machine,
            unit_pid(machine, unit.api or unit.name),
            unit.program,
            cpu_percent=round((key % 9) / 10 * share, 1) if not trade else _load_of(machine),
            rss_bytes=(6 + key % 150) * MIB,
            user="www-data" if unit.name in ("pveproxy", "spiceproxy") else "root",
            started_at=active_since(machine.host, unit, machine.booted_at),
        )


def _load_of(machine: "Machine") -> float:
    """What a guest is there for takes most of its load."""
    figures = read_figures(machine)
    return round(figures.cpu * figures.cpus * 80, 1)


def _guests(machine: "Machine") -> Iterator[Listed]:
    if not machine.is_node:
        return
    for guest in machine.world.guests_on(machine.name):
        figures = machine.world.guest_figures(guest)
        if figures is None or guest.pid is None:
            continue
        cpu = round(figures.cpu * guest.cores * 100, 1)
        if guest.kind == "qemu":
            yield _listed(
                machine,
                guest.pid,
                kvm_line(guest),
                cpu_percent=cpu,
                rss_bytes=figures.memhost,
                state="Sl",
                started_at=guest.started_at,
            )
            continue
        yield _listed(
            machine,
            guest.pid,
            f"/usr/bin/lxc-start -F -n {guest.vmid}",
            rss_bytes=4 * MIB,
            started_at=guest.started_at,
        )
        yield _listed(
            machine,
            guest.pid + 40,
            "/sbin/init",
            cpu_percent=cpu,
            rss_bytes=figures.mem,
            user="100000",
            ppid=guest.pid,
            started_at=guest.started_at,
        )


def kvm_line(guest: Guest) -> str:
    """The start of QEMU's command line, by which people know a guest's process."""
    return (
        f"/usr/bin/kvm -id {guest.vmid} -name {guest.name},debug-threads=on -no-shutdown"
        f" -chardev socket,id=qmp,path=/var/run/qemu-server/{guest.vmid}.qmp,server=on,wait=off"
        f" -daemonize -smp {guest.cores},sockets=1,cores={guest.cores},maxcpus={guest.cores}"
        f" -m {guest.mem_bytes // MIB}"
    )


def _containers(machine: "Machine") -> Iterator[Listed]:
    docker = machine.world.docker
    if not machine.has_docker or not docker.is_up:
        return
    at = machine.world.now
    for container in docker.containers:
        if container.running:
            yield _listed(
                machine,
                4_000 + container.key % 20_000,
                container.command,
                cpu_percent=round(container.load_at(at) * 100, 1),
                rss_bytes=container.memory_at(at),
                state="Ssl",
                ppid=3_900,
                started_at=container.since,
            )


def _typed(machine: "Machine") -> Iterator[Listed]:
    for process in machine.processes.living.values():
        yield _listed(
            machine,
            process.pid,
            process.line,
            rss_bytes=4 * MIB,
            tty=process.tty,
            state="Ss" if process.words[0] in ("-bash", "bash") else "S+",
            started_at=process.started_at,
        )
