"""What a machine says of itself: load, memory, disks, names, time."""

import re
import time

from simulator.ssh.figures import Figures, read_figures, read_file_systems, sizes
from simulator.ssh.files.proc import boot_time, cpu_vendor
from simulator.ssh.files.tree import normal
from simulator.ssh.shell.state import Call

from .options import Usage, number_of, read_options
from .registry import command


def tell_uptime(call: Call, figures: Figures) -> str:
    """The first line of `uptime` and of `top`, without the blank before it."""
    clock = time.strftime("%H:%M:%S", time.gmtime(call.machine.told_now))
    minutes = int(figures.uptime_s // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} day{'s' if days != 1 else ''}"] if days else []
    parts.append(f"{hours:>2}:{rest:02d}" if hours else f"{rest} min")
    users = call.machine.sessions
    load = ", ".join(f"{one:.2f}" for one in figures.load)
    who = f"{users} user{'s' if users != 1 else ''}"
    return f"{clock} up {', '.join(parts)},  {who},  load average: {load}"


@command("uptime", "w")
async def uptime(call: Call) -> int:
    options, _ = read_options(call, "psh", ("pretty", "since"))
    figures = read_figures(call.machine)
    if options.has("-s", "--since"):
        await call.say(f"{boot_time(call.machine)}\n")
    elif options.has("-p", "--pretty"):
        minutes = int(figures.uptime_s // 60)
        days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
        parts = [(days, "day"), (hours, "hour"), (rest, "minute")]
        told = ", ".join(f"{n} {unit}{'s' if n != 1 else ''}" for n, unit in parts if n)
        await call.say(f"up {told or '0 minutes'}\n")
    else:
        await call.say(f" {tell_uptime(call, figures)}\n")
        if call.name == "w":
            await call.say("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n")
            for user in _users(call):
                await call.say(f"{user[0]:<8} {user[1]:<8} {user[3]:<16} {user[2][-5:]}    0.00s")
                await call.say("  0.02s  0.00s -bash\n")
    return 0


def _users(call: Call) -> list[tuple[str, str, str, str]]:
    """(user, terminal, since, from) of those signed in at a terminal."""
    told = call.machine.world.told
    return [
        (
            "root",
            process.tty,
            time.strftime("%Y-%m-%d %H:%M", time.gmtime(told(process.started_at))),
            "192.0.2.50",
        )
        for process in call.machine.processes.living.values()
        if process.words == ("-bash",)
    ]


@command("who", "users")
async def who(call: Call) -> int:
    options, _ = read_options(call, "abq", ("boot",))
    if options.has("-b", "--boot"):
        await call.say(f"         system boot  {boot_time(call.machine)[:16]}\n")
        return 0
    for user, tty, since, origin in _users(call):
        await call.say(f"{user:<8} {tty:<12} {since} ({origin})\n" if call.name == "who" else user)
    return 0


@command("last", "lastlog")
async def last(call: Call) -> int:
    read_options(call, "n:ax")
    await call.say(
        f"root     pts/0        192.0.2.50       {call.machine.last_login[:16]}   gone\n"
    )
    await call.say(f"reboot   system boot  {call.machine.kernel[:16]} {boot_time(call.machine)}\n")
    return 0


@command("free")
async def free(call: Call) -> int:
    options, _ = read_options(
        call, "bkmghtwls:c:", ("bytes", "kibi", "mebi", "gibi", "human", "total", "wide")
    )
    figures = read_figures(call.machine)
    scale = 1024
    for names, size in (
        (("-b", "--bytes"), 1),
        (("-m", "--mebi"), 1 << 20),
        (("-g", "--gibi"), 1 << 30),
    ):
        scale = size if options.has(*names) else scale

    def show(count: int) -> str:
        if options.has("-h", "--human"):
            return _human(count)
        return str(count // scale)

    cached = figures.mem_cached
    memory = (
        figures.mem_total,
        figures.mem_used,
        figures.mem_free,
        58_720_256,
        cached,
        figures.mem_available,
    )
    swap = (figures.swap_total, figures.swap_used, figures.swap_total - figures.swap_used)
    head = ("total", "used", "free", "shared", "buff/cache", "available")
    await call.say(f"{'':<8}{''.join(f'{name:>12}' for name in head)}\n")
    await call.say(f"{'Mem:':<8}{''.join(f'{show(one):>12}' for one in memory)}\n")
    await call.say(f"{'Swap:':<8}{''.join(f'{show(one):>12}' for one in swap)}\n")
    if options.has("-t", "--total"):
        total = [memory[at] + swap[at] for at in range(3)]
        await call.say(f"{'Total:':<8}{''.join(f'{show(one):>12}' for one in total)}\n")
    return 0


def _human(count: int) -> str:
    """As `free -h` writes sizes: 62Gi, 512Mi, 0B."""
    if count < 1024:
        return f"{count}B"
    for unit in "KMGT":
        shown = count / 1024
        if shown < 1024:
            return f"{shown:.1f}{unit}i" if shown < 10 else f"{shown:.0f}{unit}i"
        count //= 1024
    return f"{count}Pi"


@command("df")
async def df(call: Call) -> int:
    options, paths = read_options(
        call,
        "hTlaiPkmHB:x:t:",
        ("human-readable", "print-type", "block-size=", "type=", "exclude-type=", "local"),
    )
    human = options.has("-h", "-H", "--human-readable")
    block = number_of(call, _unit(options.first("-B", "--block-size", default="1024")))
    block = 1 << 20 if options.has("-m") else block
    found = read_file_systems(call.machine)
    kinds = [value for name, value in options.each if name in ("-t", "--type")]
    without = [value for name, value in options.each if name in ("-x", "--exclude-type")]
    if paths:
        wanted = []
        for path in paths:
            real = normal(path, call.shell.cwd)
            if call.machine.files.find(real) is None:
                return await call.fail(f"{path}: No such file or directory")
            under = [one for one in found if _is_under(real, one.mounted_on)]
            wanted.append(max(under, key=lambda one: len(one.mounted_on)))
        found = wanted
    found = [
        one
        for one in found
        if (not kinds or one.kind in kinds)
        and one.kind not in without
        and not (options.has("-l", "--local") and one.kind.startswith("nfs"))
    ]
    typed = options.has("-T", "--print-type")
    wide = max([len(one.device) for one in found] + [14])
    head = f"{'Filesystem':<{wide}} {'Type     ' if typed else ''}"
    blocks = "1K-blocks" if block == 1024 else f"{block}-blocks"
    size, avail = ("Size", "Avail") if human else (blocks, "Available")
    figures = 5 if human else 10
    await call.say(
        f"{head}{size:>{figures}} {'Used':>{figures}} {avail:>{figures}} Use% Mounted on\n"
    )
    for one in found:
        free = one.total - one.used
        free = int(free * 0.95) if one.kind == "ext4" else free
        percent = -(-100 * one.used // max(1, one.used + free))
        shown = [sizes(n) if human else str(-(-n // block)) for n in (one.total, one.used, free)]
        await call.say(
            f"{one.device:<{wide}} {f'{one.kind:<8} ' if typed else ''}"
            + " ".join(f"{text:>{figures}}" for text in shown)
            + f" {percent:>3}% {one.mounted_on}\n"
        )
    return 0


def _unit(text: str) -> str:
    """`G` for `1G`."""
    return text if text[:1].isdigit() else f"1{text}"


def _is_under(path: str, mounted_on: str) -> bool:
    return f"{path}/".startswith(f"{mounted_on.rstrip('/')}/")


@command("mount", "findmnt", "lsmod")
async def mount(call: Call) -> int:
    if call.rest:
        raise Usage("only superuser's eyes are served here: nothing is mounted by this shell")
    if call.name == "lsmod":
        await call.say("Module                  Size  Used by\nzfs                  6594560  6\n")
        return 0
    for one in read_file_systems(call.machine):
        await call.say(f"{one.device} on {one.mounted_on} type {one.kind} (rw,relatime)\n")
    return 0


@command("uname", "arch")
async def uname(call: Call) -> int:
    options, _ = read_options(
        call, "asnrvmpio", ("all", "kernel-name", "nodename", "kernel-release", "machine")
    )
    machine = call.machine
    if call.name == "arch":
        await call.say("x86_64\n")
        return 0
    version = machine.uname.partition(f"{machine.kernel} ")[2].rpartition(" ")[0]
    parts = {
        "-s": "Linux",
        "-n": machine.hostname,
        "-r": machine.kernel,
        "-v": version,
        "-m": "x86_64",
        "-o": "GNU/Linux",
    }
    long = {"--kernel-name": "-s", "--nodename": "-n", "--kernel-release": "-r", "--machine": "-m"}
    wanted = {long.get(name, name) for name in options}
    if wanted & {"-a", "--all"}:
        await call.say(f"{machine.uname} GNU/Linux\n")
        return 0
    shown = [value for name, value in parts.items() if name in wanted] or ["Linux"]
    await call.say(" ".join(shown) + "\n")
    return 0


@command("hostname", "hostnamectl")
async def hostname(call: Call) -> int:
    options, names = read_options(call, "fsidIA", ("fqdn", "short", "ip-address", "domain"))
    machine = call.machine
    if names and call.name == "hostname":
        return await call.fail("the name of a simulated machine stays as it is")
    if call.name == "hostnamectl":
        await call.say(
            f" Static hostname: {machine.hostname}\n       Icon name: computer\n"
            f"Operating System: {machine.system}\n          Kernel: Linux {machine.kernel}\n"
            "    Architecture: x86-64\n"
        )
    elif options.has("-I", "-i", "--ip-address"):
        await call.say(f"{machine.ip}\n")
    elif options.has("-f", "--fqdn"):
        await call.say(f"{machine.hostname}.home.arpa\n")
    elif options.has("-d", "--domain"):
        await call.say("home.arpa\n")
    else:
        await call.say(f"{machine.hostname}\n")
    return 0


@command("whoami", "id", "groups", "logname")
async def whoami(call: Call) -> int:
    options, _ = read_options(call, "ugnGr")
    if call.name != "id":
        await call.say("root\n")
    elif options.has("-u", "-g", "-G"):
        await call.say("root\n" if options.has("-n") else "0\n")
    else:
        await call.say("uid=0(root) gid=0(root) groups=0(root)\n")
    return 0


@command("nproc")
async def nproc(call: Call) -> int:
    await call.say(f"{read_figures(call.machine).cpus}\n")
    return 0


@command("lscpu")
async def lscpu(call: Call) -> int:
    node, figures = call.machine.node, read_figures(call.machine)
    assert node is not None
    guest = call.machine.guest
    threads = max(1, figures.cpus // (node.cores if guest is None else guest.cores))
    virtual = "AMD-V" if node.cpu_model.startswith("AMD") else "VT-x"
    rows = [
        ("Architecture", "x86_64"),
        ("CPU op-mode(s)", "32-bit, 64-bit"),
        ("Byte Order", "Little Endian"),
        ("CPU(s)", figures.cpus),
        ("On-line CPU(s) list", f"0-{figures.cpus - 1}"),
        ("Vendor ID", cpu_vendor(node.cpu_model)),
        ("Model name", node.cpu_model),
        ("Thread(s) per core", threads),
        ("Core(s) per socket", node.cores if guest is None else guest.cores),
        ("Socket(s)", 1),
        ("CPU max MHz", f"{node.mhz * 1.3:.4f}"),
        ("Virtualization", virtual),
    ]
    if guest is not None and guest.kind == "qemu":
        rows += [("Hypervisor vendor", "KVM"), ("Virtualization type", "full")]
    await call.say("".join(f"{f'{name}:':<33}{value}\n" for name, value in rows))
    return 0


@command("date")
async def date(call: Call) -> int:
    options, words = read_options(call, "uRI::d:s:", ("utc", "iso-8601", "rfc-3339=", "date="))
    told = call.machine.told_now
    if options.has("-s"):
        return await call.fail("cannot set date: Operation not permitted")
    given = options.first("-d", "--date")
    if given.startswith("@") and given[1:].isdigit():
        told = int(given[1:])
    shape = "%a %b %e %H:%M:%S %Z %Y"
    if options.has("-R"):
        shape = "%a, %d %b %Y %H:%M:%S +0000"
    elif options.has("-I", "--iso-8601"):
        shape = "%Y-%m-%d"
    for word in words:
        if word.startswith("+"):
            shape = word[1:].replace("%s", str(told)).replace("%N", "000000000")
            shape = shape.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S").replace("%z", "+0000")
    text = time.strftime(re.sub("%Z", "UTC", shape), time.gmtime(told))
    await call.say(f"{text}\n")
    return 0


@command("timedatectl")
async def timedatectl(call: Call) -> int:
    now = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(call.machine.told_now))
    await call.say(
        f"               Local time: {now}\n           Universal time: {now}\n"
        "                Time zone: Etc/UTC (UTC, +0000)\n"
        "System clock synchronized: yes\n              NTP service: active\n"
    )
    return 0


@command("vmstat")
async def vmstat(call: Call) -> int:
    read_options(call, "wSn")
    figures = read_figures(call.machine)
    busy = round(figures.cpu * 100)
    await call.say(
        "procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu-------\n"
        " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st gu\n"
        f"{1 + round(figures.cpu * figures.cpus):>2}  0 {figures.swap_used // 1024:>6}"
        f" {figures.mem_free // 1024:>6} {figures.mem_cached // 12288:>6}"
        f" {figures.mem_cached // 1024:>6}    0    0    12   180 3100 5400"
        f" {busy * 7 // 10:>2} {busy * 3 // 10:>2} {100 - busy:>2}"
        f" {round(figures.iowait * 100):>2}  0  0\n"
    )
    return 0
