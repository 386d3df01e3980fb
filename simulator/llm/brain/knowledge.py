"""The little general knowledge the script has; each entry is true, and short."""

import re
from typing import Final

from .hearing import is_question

_ENTRIES: Final[tuple[tuple[str, str], ...]] = (
    (
        r"snapshots?\b.*\bbackups?|backups?\b.*\bsnapshots?",
        "A snapshot is a state of a disk kept beside it, on the same storage: quick to go back to, "
        "and lost with that storage. A backup is a copy elsewhere: slower, and there when the "
        "storage is not.",
    ),
    (
        r"\braid\b.*\bback|back.*\braid\b",
        "RAID keeps a machine running when a drive fails. It copies every mistake at once, so it "
        "is no backup.",
    ),
    (
        r"\b(vms?|virtual machines?|qemu)\b.*\b(lxc|containers?)\b|\b(lxc|containers?)\b.*\bvms?\b",
        "A virtual machine brings its own kernel and is separated by the processor itself. An LXC "
        "container shares the node's kernel: lighter and quicker, with a thinner wall.",
    ),
    (
        r"\bzfs\b",
        "ZFS is a file system and a volume manager in one. It checks every block against a "
        "checksum, copies on write, and so offers cheap snapshots; it likes memory for its cache, "
        "the ARC, and dislikes a pool that is more than about 80 % full.",
    ),
    (
        r"\bquorum\b",
        "Quorum is the majority of a cluster's votes. Only the part that has it may change "
        "anything, so that two halves that lost sight of each other never act on the same guest.",
    ),
    (
        r"\bfencing\b",
        "Fencing makes certain that a lost node is really off before its guests are started "
        "elsewhere. Proxmox does it with a watchdog that resets a node without quorum.",
    ),
    (
        r"\bproxmox\b",
        "Proxmox VE is a free virtualisation platform on Debian. It runs virtual machines with KVM "
        "and containers with LXC, and joins nodes into a cluster.",
    ),
    (r"\bkvm\b", "KVM is the part of the Linux kernel that lets it run virtual machines."),
    (
        r"\bdocker\b",
        "Docker packs an application with all it needs into an image and runs it as a container: a "
        "process of the host's kernel with a view of its own.",
    ),
    (
        r"\bload average\b",
        "The load average is how many processes were running or waiting, for the processor or for "
        "a disk, over 1, 5 and 15 minutes. Beside the number of cores it says whether they had to "
        "queue.",
    ),
    (
        r"\bdns\b",
        "DNS turns names into addresses. A resolver asks from the root downwards, and keeps the "
        "answers for as long as they say.",
    ),
    (
        r"\bdhcp\b",
        "DHCP hands out addresses: a machine asks into the network, and a server lends it an "
        "address, a gateway and a resolver for a while.",
    ),
    (
        r"\bnat\b",
        "NAT rewrites addresses at a border, so that many machines share one public address.",
    ),
    (
        r"\bvlans?\b",
        "A VLAN divides one switched network into several: each frame carries a number, and only "
        "ports of the same number see each other.",
    ),
    (
        r"\bsubnet\b|\bcidr\b",
        "A subnet is a range of addresses that share a prefix. /24 leaves 8 bits for machines, "
        "which is 254 of them.",
    ),
    (
        r"\bssh keys?\b|\bpublic key\b",
        "A key pair has a public half, which one hands out, and a private one, which never leaves. "
        "The server asks for a signature that only the private half can make.",
    ),
    (
        r"\btls\b|\bcertificates?\b",
        "TLS encrypts a connection and proves who is at its other end: by a certificate that an "
        "authority one trusts has signed.",
    ),
    (
        r"\bvpn\b|\bwireguard\b",
        "A VPN carries a private network through a public one, encrypted. WireGuard does so with a "
        "pair of keys for each peer and very little code.",
    ),
    (
        r"\bsmart\b",
        "SMART is a drive's own record: hours, temperature, wear, and sectors it had to replace. "
        "Sectors that are pending or reallocated deserve attention.",
    ),
    (
        r"\becc\b",
        "ECC memory notices and corrects single bits that have flipped. ZFS works without it, and "
        "sleeps better with it.",
    ),
    (
        r"\bthin[- ]provision\w*",
        "Thin provisioning promises more disk than there is and takes blocks only as they are "
        "written. It is comfortable until the pool is full, which stops every guest on it.",
    ),
    (r"\bcron\b", "cron runs commands at given times: minute, hour, day, month, weekday."),
    (
        r"\bsystemd\b",
        "systemd is the first process of most Linux systems. It starts services, watches them, "
        "keeps their journal and their dependencies.",
    ),
    (
        r"\bwake[- ]on[- ]lan\b|\bwol\b",
        "Wake-on-LAN is a packet with a machine's hardware address sixteen times over. A network "
        "card that is left under power recognises it and switches the machine on.",
    ),
    (
        r"\bups\b",
        "A UPS bridges a power cut from its battery, and tells the machines to end in order before "
        "it is empty.",
    ),
    (
        r"\b3-?2-?1\b",
        "Three copies of what matters, on two kinds of media, one of them elsewhere.",
    ),
    (
        r"\bkubernetes\b|\bk3s\b",
        "Kubernetes keeps a wanted state of containers over many machines. k3s is a small "
        "distribution of it, at home in a homelab.",
    ),
    (
        r"\bip address\b|\bipv6\b",
        "An IP address names a network interface: 32 bits in IPv4, 128 in IPv6.",
    ),
)
_COMPILED: Final = tuple((re.compile(rule, re.IGNORECASE), told) for rule, told in _ENTRIES)


def explain(ask: str) -> str | None:
    """What the script knows of that; None where it knows nothing, or is not asked to explain."""
    if not is_question(ask):
        return None
    return next((told for rule, told in _COMPILED if rule.search(ask)), None)
