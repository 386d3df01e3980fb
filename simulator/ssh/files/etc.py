"""/etc of any machine, and /etc/pve of a node: the cluster's own configuration, as files."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.api.handlers.guests import config_of
from simulator.world.model import Guest, Node, Storage
from simulator.world.noise import key_of
from simulator.world.world import CLUSTER_NAME

from .tree import Content, Folder, Link

if TYPE_CHECKING:
    from simulator.ssh.computer import Computer

_MOTD = "\nThe programs included with the Debian GNU/Linux system are free software.\n"
_SERVICES = ("daemon", "bin", "sys", "sync", "www-data", "backup", "nobody")
_LAST_KEYS = ("digest", "template", "parent")


def grow_etc(machine: "Computer") -> Iterable[tuple[str, Content]]:
    """Every file below /etc that is kept here."""
    major = machine.world.major
    debian, codename = (13, "trixie") if major >= 9 else (12, "bookworm")
    yield "/etc/hostname", lambda: f"{machine.hostname}\n"
    yield "/etc/hosts", lambda: hosts(machine)
    yield "/etc/os-release", Link("../usr/lib/os-release")
    yield "/usr/lib/os-release", os_release(debian, codename)
    yield "/etc/debian_version", f"{debian}.2\n"
    yield "/etc/issue", f"Debian GNU/Linux {debian} \\n \\l\n\n"
    yield "/etc/motd", _MOTD
    yield "/etc/timezone", "Etc/UTC\n"
    yield "/etc/localtime", Link("/usr/share/zoneinfo/Etc/UTC")
    yield "/etc/machine-id", f"{key_of(0, machine.name, 'id'):016x}{key_of(1, machine.name):016x}\n"
    yield "/etc/resolv.conf", "search home.arpa\nnameserver 192.0.2.53\n"
    yield "/etc/passwd", passwd()
    yield "/etc/group", "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\nsudo:x:27:\n"
    yield "/etc/fstab", fstab(machine)
    yield "/etc/shells", "/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n"
    yield "/etc/crontab", "17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n"
    yield "/etc/ssh/sshd_config", sshd_config()
    yield "/etc/network/interfaces", lambda: network_interfaces(machine)
    yield "/etc/apt/sources.list.d/debian.sources", debian_sources(codename)
    yield "/root/.bashrc", "# ~/.bashrc: executed by bash(1) for non-login shells.\n"
    yield "/root/.profile", "# ~/.profile: executed by Bourne-compatible login shells.\n"
    if machine.is_node:
        yield "/etc/apt/sources.list.d/proxmox.sources", proxmox_sources(codename)
        yield from grow_pve(machine)
    if machine.has_docker:
        yield "/etc/docker/daemon.json", '{\n  "log-driver": "json-file"\n}\n'


def grow_pve(machine: "Computer") -> Iterable[tuple[str, Content]]:
    """/etc/pve: one tree for the whole cluster, with `local` leading to this node's part."""
    world = machine.world
    base = "/etc/pve"
    yield f"{base}/storage.cfg", lambda: storage_cfg(world.storages)
    yield f"{base}/corosync.conf", lambda: corosync_conf(list(world.nodes.values()))
    yield "/etc/corosync/corosync.conf", lambda: corosync_conf(list(world.nodes.values()))
    yield f"{base}/datacenter.cfg", "keyboard: en-gb\nmigration: secure\n"
    yield f"{base}/user.cfg", user_cfg()
    yield f"{base}/jobs.cfg", jobs_cfg()
    yield f"{base}/ha/resources.cfg", lambda: ha_resources([*world.guests.values()])
    yield f"{base}/pve-root-ca.pem", lambda: _pem(machine, "pve-root-ca.pem")
    yield f"{base}/local", Link(f"nodes/{machine.name}")
    yield f"{base}/qemu-server", Link("local/qemu-server")
    yield f"{base}/lxc", Link("local/lxc")
    for name in world.nodes:
        yield f"{base}/nodes/{name}/qemu-server", Folder()
        yield f"{base}/nodes/{name}/lxc", Folder()
        yield f"{base}/nodes/{name}/pve-ssl.pem", _certificate(machine, name)
    for guest in world.guests.values():
        folder = "qemu-server" if guest.kind == "qemu" else "lxc"
        path = f"{base}/nodes/{guest.node}/{folder}/{guest.vmid}.conf"
        yield path, _configuration(machine, guest)


def _certificate(machine: "Computer", node: str) -> Content:
    return lambda: machine.world.certificates.get(node, {}).get("pve-ssl.pem", "")


def _pem(machine: "Computer", name: str) -> str:
    return machine.world.certificates.get(machine.name, {}).get(name, "")


def _configuration(machine: "Computer", guest: Guest) -> Content:
    return lambda: guest_conf(machine, guest)


def guest_conf(machine: "Computer", guest: Guest) -> str:
    """A guest's configuration as the file holds it, its snapshots behind it."""
    values = config_of(machine.world, guest)
    description = str(values.pop("description", ""))
    lines = [f"#{line}\n" for line in description.splitlines()]
    shown = {key: value for key, value in values.items() if key != "digest"}
    lines += [f"{key}: {shown[key]}\n" for key in sorted(shown)]
    plain = [key for key in sorted(shown) if key not in _LAST_KEYS]
    for snapshot in guest.snapshots:
        lines.append(f"\n[{snapshot.name}]\n")
        if snapshot.description:
            lines.append(f"#{snapshot.description}\n")
        lines += [f"{key}: {shown[key]}\n" for key in plain]
        if snapshot.parent is not None:
            lines.append(f"parent: {snapshot.parent}\n")
        lines.append(f"snaptime: {machine.world.told(snapshot.taken_at)}\n")
    return "".join(lines)


def hosts(machine: "Computer") -> str:
    name = machine.hostname
    lines = ["127.0.0.1 localhost.localdomain localhost\n"]
    lines.append(f"{machine.ip} {name}.home.arpa {name}\n\n")
    return "".join(lines) + "::1     ip6-localhost ip6-loopback\n"


def os_release(debian: int, codename: str) -> str:
    return (
        f'PRETTY_NAME="Debian GNU/Linux {debian} ({codename})"\n'
        f'NAME="Debian GNU/Linux"\nVERSION_ID="{debian}"\nVERSION="{debian} ({codename})"\n'
        f"VERSION_CODENAME={codename}\nID=debian\n"
        'HOME_URL="https://www.debian.org/"\nSUPPORT_URL="https://www.debian.org/support"\n'
        'BUG_REPORT_URL="https://bugs.debian.org/"\n'
    )


def passwd() -> str:
    lines = ["root:x:0:0:root:/root:/bin/bash\n"]
    lines += [
        f"{name}:x:{number}:{number}:{name}:/usr/sbin:/usr/sbin/nologin\n"
        for number, name in enumerate(_SERVICES, 1)
    ]
    return "".join(lines)


def fstab(machine: "Computer") -> str:
    root = "/dev/pve/root" if machine.is_node else "/dev/sda1"
    return (
        "# <file system> <mount point> <type> <options> <dump> <pass>\n"
        f"{root} / ext4 errors=remount-ro 0 1\nproc /proc proc defaults 0 0\n"
    )


def sshd_config() -> str:
    return (
        "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM yes\n"
        "AcceptEnv LANG LC_*\nSubsystem\tsftp\t/usr/lib/openssh/sftp-server\n"
    )


def network_interfaces(machine: "Computer") -> str:
    if not machine.is_node:
        return "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n"
    return (
        "auto lo\niface lo inet loopback\n\niface eno1 inet manual\n\n"
        f"auto vmbr0\niface vmbr0 inet static\n\taddress {machine.ip}/24\n"
        "\tgateway 192.0.2.1\n\tbridge-ports eno1\n\tbridge-stp off\n\tbridge-fd 0\n"
    )


def debian_sources(codename: str) -> str:
    return (
        f"Types: deb\nURIs: http://deb.debian.org/debian\nSuites: {codename} {codename}-updates\n"
        "Components: main contrib non-free-firmware\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )


def proxmox_sources(codename: str) -> str:
    return (
        f"Types: deb\nURIs: http://download.proxmox.com/debian/pve\nSuites: {codename}\n"
        "Components: pve-no-subscription\n"
        "Signed-By: /usr/share/keyrings/proxmox-archive-keyring.gpg\n"
    )


def storage_cfg(storages: list[Storage]) -> str:
    """Each storage once, however many nodes have one of that name."""
    blocks: dict[str, list[str]] = {}
    nodes: dict[str, list[str]] = {}
    for storage in storages:
        nodes.setdefault(storage.name, []).extend(storage.nodes)
        lines = [f"{storage.plugin}: {storage.name}\n"]
        match storage.plugin:
            case "zfspool":
                lines += ["\tpool rpool/data\n", "\tsparse 1\n"]
            case "lvmthin":
                lines += ["\tthinpool data\n", "\tvgname pve\n"]
            case "nfs":
                lines += [f"\texport /export/{storage.name}\n", "\tserver 192.0.2.60\n"]
        if storage.path is not None:
            lines.append(f"\tpath {storage.path}\n")
        lines.append(f"\tcontent {storage.content}\n")
        blocks[storage.name] = lines
    everywhere = max((len(names) for names in nodes.values()), default=0)
    for name, lines in blocks.items():
        if len(nodes[name]) < everywhere:
            lines.append(f"\tnodes {','.join(nodes[name])}\n")
    return "\n".join("".join(lines) for lines in blocks.values())


def corosync_conf(nodes: list[Node]) -> str:
    listed = "\n".join(
        f"  node {{\n    name: {node.name}\n    nodeid: {node.nodeid}\n    quorum_votes: 1\n"
        f"    ring0_addr: {node.ip}\n  }}"
        for node in nodes
    )
    return (
        "logging {\n  debug: off\n  to_syslog: yes\n}\n\n"
        f"nodelist {{\n{listed}\n}}\n\nquorum {{\n  provider: corosync_votequorum\n}}\n\n"
        f"totem {{\n  cluster_name: {CLUSTER_NAME}\n  config_version: {len(nodes)}\n"
        "  interface {\n    linknumber: 0\n  }\n  ip_version: ipv4-6\n  link_mode: passive\n"
        "  secauth: on\n  version: 2\n}\n"
    )


def user_cfg() -> str:
    return (
        "user:root@pam:1:0:::root@home.arpa::\nuser:jarvis@pve:1:0::::::\n"
        "token:jarvis@pve!jarvis:0:1::\nuser:auditor@pve:1:0::::::\ntoken:auditor@pve!ro:0:1::\n\n"
        "acl:1:/:jarvis@pve,jarvis@pve!jarvis:Administrator:\n"
        "acl:1:/:auditor@pve,auditor@pve!ro:PVEAuditor:\n"
    )


def jobs_cfg() -> str:
    return (
        "vzdump: backup-nightly\n\tschedule 02:00\n\tall 1\n\tcompress zstd\n\tenabled 1\n"
        "\tmode snapshot\n\tnotes-template {{guestname}}\n\tprune-backups keep-daily=3\n"
        "\tstorage backup\n"
    )


def ha_resources(guests: list[Guest]) -> str:
    blocks = []
    for guest in guests:
        if guest.ha:
            prefix = "vm" if guest.kind == "qemu" else "ct"
            wanted = "stopped" if guest.hastate == "stopped" else "started"
            blocks.append(f"{prefix}: {guest.vmid}\n\tstate {wanted}\n")
    return "\n".join(blocks)
