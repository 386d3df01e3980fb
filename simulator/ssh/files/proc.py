"""/proc: the kernel's own account, in the figures of the world."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.ssh.figures import read_figures, read_file_systems, read_jiffies
from simulator.world.noise import key_of

from .tree import Content, Link

if TYPE_CHECKING:
    from simulator.ssh.computer import Computer

_FLAGS = (
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse"
    " sse2 ht syscall nx pdpe1gb rdtscp lm constant_tsc nopl aes avx avx2 bmi1 bmi2 erms"
)


def grow_proc(machine: "Computer") -> Iterable[tuple[str, Content]]:
    """Every file below /proc that is kept here."""
    yield from (
        ("/proc/loadavg", lambda: loadavg(machine)),
        ("/proc/meminfo", lambda: meminfo(machine)),
        ("/proc/uptime", lambda: uptime(machine)),
        ("/proc/cpuinfo", lambda: cpuinfo(machine)),
        ("/proc/stat", lambda: stat(machine)),
        ("/proc/version", lambda: version(machine)),
        ("/proc/mounts", lambda: mounts(machine)),
        ("/proc/swaps", lambda: swaps(machine)),
        ("/proc/net/dev", lambda: net_dev(machine)),
        ("/proc/cmdline", lambda: cmdline(machine)),
        ("/proc/sys/kernel/hostname", lambda: f"{machine.hostname}\n"),
        ("/proc/sys/kernel/osrelease", lambda: f"{machine.kernel}\n"),
        ("/proc/sys/vm/swappiness", "60\n"),
        ("/proc/filesystems", "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text4\n\tvfat\n\tzfs\n"),
        ("/proc/self", Link("1")),
        ("/proc/1/comm", "systemd\n"),
        ("/proc/1/cmdline", "/sbin/init\0"),
        ("/proc/1/mounts", lambda: mounts(machine)),
        ("/proc/pressure/cpu", lambda: pressure(machine, full=False)),
        ("/proc/pressure/io", lambda: pressure(machine, full=True)),
        ("/proc/pressure/memory", lambda: pressure(machine, full=True)),
    )


def loadavg(machine: "Computer") -> str:
    figures = read_figures(machine)
    one, five, fifteen = figures.load
    running = 1 + round(figures.cpu * figures.cpus)
    tasks = 400 + 12 * len(machine.units)
    last = 600_000 + int(machine.world.now) % 90_000
    return f"{one:.2f} {five:.2f} {fifteen:.2f} {running}/{tasks} {last}\n"


def meminfo(machine: "Computer") -> str:
    figures = read_figures(machine)
    cached = figures.mem_cached
    rows = (
        ("MemTotal", figures.mem_total),
        ("MemFree", figures.mem_free),
        ("MemAvailable", figures.mem_available),
        ("Buffers", cached // 12),
        ("Cached", cached - cached // 12),
        ("SwapCached", 0),
        ("Active", int(figures.mem_used * 0.6)),
        ("Inactive", int(figures.mem_used * 0.2) + cached // 2),
        ("SwapTotal", figures.swap_total),
        ("SwapFree", figures.swap_total - figures.swap_used),
        ("Dirty", 620 * 1024),
        ("Writeback", 0),
        ("AnonPages", int(figures.mem_used * 0.7)),
        ("Mapped", int(figures.mem_used * 0.1)),
        ("Shmem", 56 * 1024 * 1024),
        ("Slab", int(figures.mem_total * 0.02)),
    )
    lines = [f"{name + ':':<16}{size // 1024:>8} kB\n" for name, size in rows]
    return "".join(lines) + "HugePages_Total:       0\nHugePages_Free:        0\n"


def uptime(machine: "Computer") -> str:
    figures = read_figures(machine)
    _, _, idle, _ = read_jiffies(machine, figures)
    return f"{figures.uptime_s:.2f} {idle / 100:.2f}\n"


def cpuinfo(machine: "Computer") -> str:
    node, guest = machine.node, machine.guest
    assert node is not None
    model, vendor = node.cpu_model, cpu_vendor(node.cpu_model)
    if guest is not None and guest.kind == "qemu":
        model = f"{model.partition('@')[0].strip()} (virtual)"
    figures = read_figures(machine)
    cores = node.cores if guest is None else guest.cores
    blocks = []
    for number in range(figures.cpus):
        mhz = node.mhz * (1 + 0.3 * figures.cpu) + (key_of(node.key, number) % 900) / 10
        rows = (
            ("processor", number),
            ("vendor_id", vendor),
            ("cpu family", 25 if vendor == "AuthenticAMD" else 6),
            ("model", 33 if vendor == "AuthenticAMD" else 151),
            ("model name", model),
            ("stepping", 2),
            ("cpu MHz", f"{mhz:.3f}"),
            ("cache size", "512 KB" if vendor == "AuthenticAMD" else "25600 KB"),
            ("physical id", 0),
            ("siblings", figures.cpus),
            ("core id", number % cores),
            ("cpu cores", cores),
            ("fpu", "yes"),
            ("flags", _FLAGS + (" svm" if vendor == "AuthenticAMD" else " vmx")),
            ("bogomips", f"{node.mhz * 2:.2f}"),
        )
        blocks.append("".join(f"{name + chr(9):<16}: {value}\n" for name, value in rows))
    return "\n".join(blocks) + "\n"


def cpu_vendor(model: str) -> str:
    return "AuthenticAMD" if model.startswith("AMD") else "GenuineIntel"


def stat(machine: "Computer") -> str:
    figures = read_figures(machine)
    user, system, idle, waited = read_jiffies(machine, figures)

    def row(name: str, share: int) -> str:
        shares = (user // share, 0, system // share, idle // share, waited // share)
        return f"{name} {' '.join(map(str, shares))} 0 0 0 0 0\n"

    lines = [row("cpu ", 1)]
    lines += [row(f"cpu{number}", figures.cpus) for number in range(figures.cpus)]
    booted = machine.world.told(machine.booted_at)
    running = 1 + round(figures.cpu * figures.cpus)
    return (
        "".join(lines)
        + f"intr {int(figures.uptime_s * 3100)}\nctxt {int(figures.uptime_s * 5400)}\n"
        + f"btime {booted}\nprocesses {600_000 + int(figures.uptime_s / 3)}\n"
        + f"procs_running {running}\nprocs_blocked 0\n"
    )


def version(machine: "Computer") -> str:
    return (
        f"Linux version {machine.kernel} (build@proxmox) (gcc (Debian 14.2.0-19) 14.2.0)"
        f" {machine.uname.partition(machine.kernel)[2].rpartition(' ')[0].strip()}\n"
    )


def mounts(machine: "Computer") -> str:
    fixed = (
        "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0\nproc /proc proc rw,relatime 0 0\n"
    )
    return fixed + "".join(
        f"{one.device} {one.mounted_on} {one.kind} rw,relatime 0 0\n"
        for one in read_file_systems(machine)
    )


def swaps(machine: "Computer") -> str:
    figures = read_figures(machine)
    head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    name = "/dev/dm-0" if machine.is_node else "/dev/sda2"
    return (
        f"{head}{name:<40}partition\t{figures.swap_total // 1024}\t\t"
        f"{figures.swap_used // 1024}\t\t-2\n"
    )


def interfaces(machine: "Computer") -> tuple[str, ...]:
    """Its network interfaces, the one with the address last."""
    return ("lo", "eno1", "vmbr0") if machine.is_node else ("lo", "eth0")


def net_dev(machine: "Computer") -> str:
    figures = read_figures(machine)
    lines = [
        "Inter-|   Receive                                                |  Transmit\n",
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs"
        " drop fifo colls carrier compressed\n",
    ]
    for name in interfaces(machine):
        rx, tx = (4096, 4096) if name == "lo" else (figures.rx_bytes, figures.tx_bytes)
        lines.append(
            f"{name:>6}: {rx:>8} {rx // 900:>7}    0    0    0     0          0         0"
            f" {tx:>8} {tx // 900:>7}    0    0    0     0       0          0\n"
        )
    return "".join(lines)


def cmdline(machine: "Computer") -> str:
    root = "root=/dev/mapper/pve-root ro quiet" if machine.is_node else "root=/dev/sda1 ro"
    return f"BOOT_IMAGE=/boot/vmlinuz-{machine.kernel} {root}\n"


def pressure(machine: "Computer", *, full: bool) -> str:
    figures = read_figures(machine)
    some = max(0.0, figures.cpu - 0.7) * 20 / (8 if full else 1)
    total = int(figures.uptime_s * 1000)
    lines = f"some avg10={some:.2f} avg60={some:.2f} avg300={some / 2:.2f} total={total}\n"
    return lines + "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"


def boot_time(machine: "Computer") -> str:
    """As `who -b` and `uptime -s` write it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(machine.world.told(machine.booted_at)))
