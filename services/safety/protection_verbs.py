"""What the homelab's commands act upon: a reader for each command that ends, moves or changes.

A reader gets the words after the command's name and hands back touches; words that are not known
before the shell runs stand for all they could be. A command that is in none of these tables may
do anything (`OPAQUE`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from services.safety.commands.table import COMMANDS
from services.safety.ground import Ground
from services.safety.options import judge_words
from services.safety.protection import ANY
from services.safety.protection_guests import given_to_guest, touches_of_qm, touches_of_vzdump
from services.safety.protection_touches import (
    Touches,
    Words,
    any_guest,
    at,
    guest,
    on_node,
    operands,
    power,
    touches_of_file,
)
from services.safety.tiers import Tier
from services.safety.touches import Touch, TouchKind
from services.safety.words import as_written, has_glob, is_known, name_set

Reads = Callable[[str, Words], Touches]
"""From the node it runs on, `*` where that is not known, and the words after the name."""

_SID = re.compile(r"(?:vm|ct):(\d+)")


def _ha_manager(_: str, words: Words) -> Touches:
    if not all(map(is_known, words)):
        return [any_guest()]
    found: Touches = [guest(ANY, sid[1]) for word in words for sid in _SID.finditer(word)]
    if "crm-command" in words:
        known = ("crm-command", "node-maintenance", "enable", "disable", "stop", "migrate")
        found += [on_node(word, ends=True) for word in operands(words) if word not in known]
        if "node-maintenance" not in words and not _SID.search(" ".join(words)):
            found.append(any_guest())
    return found or [any_guest()]


_READS_API: Final = ("get", "ls", "usage", "help")


def _pvesh(node: str, words: Words) -> Touches:
    named = operands(words)
    if not all(map(is_known, words)) or len(named) < 2:
        return [any_guest()]
    verb, path = named[0], named[1]
    if verb in _READS_API:
        return [on_node(node, ends=False)]
    return touches_of_path(path, node, words[words.index(path) + 1 :])


def touches_of_path(path: str, entry: str, parameters: Words = ()) -> Touches:
    """What a writing call of Proxmox's API acts upon; `entry` is the node that is asked."""
    parts = [part for part in path.strip("/").split("/") if part not in ("", "api2", "json")]
    if {".", ".."} & set(parts):
        return [any_guest()]
    told = " ".join(parameters)
    if parts[:1] == ["nodes"] and len(parts) >= 2:
        node = entry if parts[1] == "localhost" else parts[1]
        return _under_node(node, parts[2:], told)
    found: Touches = [guest(ANY, sid[1]) for sid in _SID.finditer(f"{path} {told}")]
    if parts[:3] == ["cluster", "config", "nodes"] and len(parts) > 3:
        return [on_node(parts[3], ends=True)]
    if parts[:1] == ["storage"]:
        return [Touch(kind=TouchKind.STORAGE, id="/".join(parts[1:]) or ANY, ends=True)]
    if found:
        return found
    if parts[:1] in (["access"], ["pools"]) or parts[:2] in (
        ["cluster", "notifications"],
        ["cluster", "metrics"],
        ["cluster", "acme"],
    ):
        return [Touch(kind=TouchKind.CLUSTER, id="")]
    return [any_guest()]


def _under_node(node: str, rest: list[str], told: str) -> Touches:
    match rest:
        case ["qemu" | "lxc", vmid, *_]:
            begins = rest[2:] in (["status", "start"], ["status", "resume"], ["snapshot"])
            return [
                guest(node, vmid.lstrip("0"), ends=not begins),
                *given_to_guest(node, told.split()),
            ]
        case ["qemu" | "lxc"]:
            named = re.findall(r"-vmid[ =](\d+)", told)
            return [guest(node, vmid) for vmid in named] or [guest(node, ANY)]
        case ["status"]:
            return [power(node)]
        case ["wakeonlan"]:
            return [Touch(kind=TouchKind.NODE_POWER, id=node, node=at(node))]
        case ["services", unit, action]:
            ends = action not in ("start", "reload")
            return [Touch(kind=TouchKind.SERVICE, id=unit, node=at(node), ends=ends)]
        case ["vzdump"]:
            return touches_of_vzdump(node, re.findall(r"\S+", told.replace("-vmid", " ")))
        case ["startall" | "stopall" | "migrateall" | "suspendall"]:
            return [guest(node, ANY)]
        case ["storage", storage, *_]:
            volume = "/".join(rest[1:])
            return [
                Touch(kind=TouchKind.STORAGE, id=storage, node=at(node)),
                Touch(kind=TouchKind.STORAGE, id=f"{storage}:{volume}", node=at(node), ends=True),
            ]
        case ["apt" | "time" | "subscription" | "certificates" | "dns" | "hosts" | "config", *_]:
            return [on_node(node, ends=False)]
        case ["execute" | "termproxy" | "vncshell" | "spiceshell", *_]:
            return [any_guest()]
    return [on_node(node, ends=True)]


def _pvenode(node: str, words: Words) -> Touches:
    named = operands(words)
    if named[:1] in (["startall"], ["stopall"], ["migrateall"]):
        return [guest(node, ANY)]
    if named[:1] == ["wakeonlan"] and len(named) > 1 and is_known(named[1]):
        return [Touch(kind=TouchKind.NODE_POWER, id=named[1])]
    return [on_node(node, ends=False)]


def _pvecm(node: str, words: Words) -> Touches:
    named = operands(words)
    if named[:1] == ["delnode"] and len(named) > 1 and is_known(named[1]):
        return [on_node(named[1], ends=True)]
    if named[:1] in (["updatecerts"], ["keygen"]):
        return [on_node(node, ends=False)]
    return [Touch(kind=TouchKind.CLUSTER, id=ANY, ends=True), on_node(node, ends=True)]


def _pvesm(node: str, words: Words) -> Touches:
    named = operands(words)
    ends = named[:1] not in (["add"], ["alloc"])
    whose = None if named[:1] in (["set"], ["remove"]) else at(node)  # they are all nodes' own
    names = named[1:2] or [ANY]
    storages = [
        Touch(kind=TouchKind.STORAGE, id=as_written(name), node=whose, ends=ends) for name in names
    ]
    return [*storages, *(_files(node, words[1:]) if named[:1] in (["export"], ["import"]) else ())]


def _cluster_wide(_: str, __: Words) -> Touches:
    return [Touch(kind=TouchKind.CLUSTER, id=ANY, ends=True)]


_HALTS: Final = name_set(
    "reboot poweroff halt kexec soft-reboot suspend hibernate hybrid-sleep suspend-then-hibernate"
    " rescue emergency default isolate exit switch-root sleep"
)
_KEEPS_UP: Final = name_set(
    "start enable unmask reload daemon-reload daemon-reexec reset-failed preset list-units status"
)


def _systemctl(node: str, words: Words) -> Touches:
    if any(
        word.startswith(("-H", "--host", "-M", "--machine", "--root", "--image")) for word in words
    ):
        return [any_guest(), power(ANY)]
    named = operands(words)
    if not named or not is_known(named[0]) or named[0] in _HALTS:
        return [power(node)]
    verb, units = named[0], [as_written(unit) for unit in named[1:]]
    if "--now" in words and verb in ("disable", "mask"):
        verb = "stop"
    ends = verb not in _KEEPS_UP
    if not units:
        return [on_node(node, ends=ends)]
    return [_unit(node, unit, ends=ends) for unit in units]


def _unit(node: str, unit: str, *, ends: bool) -> Touch:
    unit = ANY if "…" in unit else unit.rpartition("/")[2]
    return Touch(kind=TouchKind.SERVICE, id=unit, node=at(node), ends=ends)


def _service(node: str, words: Words) -> Touches:
    named = operands(words)
    ends = named[1:2] not in (["start"], ["reload"], ["status"])
    return [_unit(node, as_written(named[0]) if named else ANY, ends=ends)]


_OF_CONTAINERS: Final = name_set(
    "stop restart kill rm pause unpause update rename start wait commit export checkpoint cp attach"
)


_WRITES_FILES: Final = name_set("cp export checkpoint")
_ELSEWHERE: Final = name_set(
    "run create context swarm stack service machine buildx system-connection"
)
"""What it says to Docker may reach another daemon, or the node itself."""


def _docker(node: str, words: Words) -> Touches:
    whole = Touch(kind=TouchKind.DOCKER, id=ANY, node=at(node), ends=True)
    elsewhere = ("-H", "--host", "-c", "--context", "--config", "--url", "--remote", "--tls")
    named = operands(words)
    before = words[: words.index(named[0])] if named else words
    if any(word.startswith(elsewhere) for word in before):
        return [any_guest(), whole]
    if named[:1] == ["container"]:
        named = named[1:]
    if named[:1] == ["exec"] and len(named) > 1 and is_known(named[1]):
        return [Touch(kind=TouchKind.DOCKER, id=named[1], node=at(node), ends=True)]
    if named[:1] and named[0] in _ELSEWHERE:
        return [any_guest(), whole]
    if not named or named[0] not in _OF_CONTAINERS or not named[1:]:
        return [whole] if named[:1] != ["pull"] else [on_node(node, ends=False)]
    if not all(map(is_known, named)):
        return [whole]
    containers = [
        Touch(kind=TouchKind.DOCKER, id=name.partition(":")[0], node=at(node), ends=True)
        for name in named[1:]
    ]
    return [*containers, *(_files(node, words) if named[0] in _WRITES_FILES else ())]


_REMOVES: Final = name_set(
    "remove purge autoremove autopurge -r -P --remove --purge --auto-remove --autoremove"
)
_FROM_FILE: Final = re.compile(r"[./~].*|.*\.deb|-i|--install|--unpack|--configure|--force.*")


def _packages(node: str, words: Words) -> Touches:
    elsewhere = ("-o", "--option", "-c", "--config-file", "--root", "--admindir", "--instdir")
    if any(word.startswith(elsewhere) or _FROM_FILE.fullmatch(word) for word in words):
        return [any_guest()]
    gone = any(word in _REMOVES or word.endswith("-") for word in words)
    return [on_node(node, ends=gone or not all(map(is_known, words)))]


def _files(node: str, words: Words) -> Touches:
    found: Touches = [on_node(node, ends=False)]
    for word in words:
        value = word.partition("=")[2] if word.startswith("-") or "=" in word else word
        found += touches_of_file(node, value)
        if word.startswith("-") and not word.startswith("--") and (start := word.find("/")) > 0:
            found += touches_of_file(node, word[start:])
    return found


def _sed(node: str, words: Words) -> Touches:
    """With `-i` it is a change of files, if what remains only reads."""
    kept = [word for word in words if not re.fullmatch(r"-i\S*|--in-place\S*", word)]
    elsewhere = any("/" in word for word in words if word not in kept)
    judged = judge_words("sed", COMMANDS["sed"], kept, Ground(effects_only=True))
    if elsewhere or judged.tier > Tier.GREEN or not all(map(is_known, kept)):
        return [any_guest()]
    return _files(node, operands(kept)[1:])


_TAR_RUNS: Final = re.compile(
    r"--(?:to-c|use-c|ch|rsh|rmt|inf|new|abs|com).*|-?[A-Za-z]*[IFPH][A-Za-z]*|-[A-Za-z]*I.*"
)


def _tar(node: str, words: Words) -> Touches:
    if any(_TAR_RUNS.fullmatch(word) for word in words if word[:1] == "-" or word == words[0]):
        return [any_guest()]
    return _files(node, words)


def _mount(node: str, words: Words) -> Touches:
    """What is bound to another place is changed through it."""
    bound = any("bind" in word or "move" in word or word in ("-B", "-R", "-M") for word in words)
    return [on_node(node, ends=True), *(_files(node, operands(words)) if bound else ())]


def _ip(node: str, words: Words) -> Touches:
    if {"exec", "-b", "-batch", "-force"} & set(words):
        return [any_guest()]
    return [on_node(node, ends=True)]


def _power(node: str, _: Words) -> Touches:
    return [power(node)]


def _ends(node: str, _: Words) -> Touches:
    return [on_node(node, ends=True)]


def _changes(node: str, _: Words) -> Touches:
    return [on_node(node, ends=False)]


def _nothing(_: str, __: Words) -> Touches:
    return []


def _unless(mild: str) -> Reads:
    known = name_set(mild)

    def reads(node: str, words: Words) -> Touches:
        first = next(iter(operands(words)), "")
        return [on_node(node, ends=not (first in known and not any(map(has_glob, words))))]

    return reads


_NAMES: Final = (
    ("qm pct qmrestore", touches_of_qm),
    ("vzdump", touches_of_vzdump),
    ("ha-manager", _ha_manager),
    ("pvesh", _pvesh),
    ("pvenode", _pvenode),
    ("pvecm", _pvecm),
    ("pvesm", _pvesm),
    ("systemctl", _systemctl),
    ("service invoke-rc.d", _service),
    ("docker podman nerdctl", _docker),
    ("apt apt-get aptitude dpkg", _packages),
    ("ip", _ip),
    ("mount", _mount),
    ("sed", _sed),
    ("tar", _tar),
    ("zpool", _unless("scrub trim status list")),
    ("zfs", _unless("snapshot bookmark hold list get")),
    ("proxmox-boot-tool", _unless("status refresh kernel")),
    ("rbd ceph pveceph corosync-cfgtool corosync-cmapctl corosync-quorumtool", _cluster_wide),
    ("shutdown reboot poweroff halt init telinit kexec pm-suspend rtcwake", _power),
    ("rm mv cp ln tee truncate shred chmod chown chgrp chattr mkdir rmdir touch unlink gzip gunzip"
     " xz unzip cd pushd dd mkfifo journalctl useradd usermod ssh-keyscan", _files),
    ("kill pkill killall killall5 skill fuser mkfs wipefs fdisk sfdisk sgdisk gdisk cfdisk parted"
     " blkdiscard mdadm cryptsetup badblocks partprobe dmsetup losetup kpartx hdparm nvme iscsiadm"
     " multipath btrfs resize2fs e2fsck fsck tune2fs xfs_repair xfs_growfs swapoff swapon"
     " umount lvchange lvremove lvreduce lvresize lvextend lvrename lvconvert lvcreate vgchange"
     " vgremove vgreduce vgextend vgrename vgexport vgcreate vgcfgrestore pvremove pvmove pvchange"
     " pvresize pvcreate ifup ifdown ifreload ifconfig brctl bridge ovs-vsctl ovs-ofctl nmcli route"
     " iptables ip6tables iptables-restore ip6tables-restore ipset nft ebtables tc ethtool ufw"
     " pve-firewall sysctl modprobe rmmod insmod pmxcfs pvesr qmeventd qemu-img qemu-nbd lxc-stop"
     " lxc-destroy lxc-freeze lxc-start renice hostnamectl", _ends),
    ("pveum pveam pvesubscription update-grub update-initramfs smartctl fstrim timedatectl"
     " localectl userdel groupadd passwd chpasswd locale-gen wakeonlan etherwake sensors-detect"
     " logger sync", _changes),
    (": true false test [ [[ echo printf unset set shift"
     " break continue return exit wait let sleep", _nothing),
)  # fmt: skip

VERBS: Final[Mapping[str, Reads]] = {
    name: reads for names, reads in _NAMES for name in names.split()
}
"""By the name of the command; what is not in it may do anything."""
