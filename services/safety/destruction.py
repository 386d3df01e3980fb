"""What destroys or steals, by the words of one command: the BLACK rules that need more than a name.

They are told apart from the allow-lists since they must hold where nothing else is understood:
for every command in a text, behind every wrapper, with any options around.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from services.safety.places import (
    is_disk,
    one_not_to_delete,
    ruins_by_writing,
    too_much_to_delete,
    whole_folder,
)
from services.safety.secrets import is_credential
from services.safety.words import UNKNOWN, as_written, name_set

_MOST_WORDS: Final = 60
_MOST_CHARS: Final = 300
"""How far into a command the expressions look, so that none takes long."""

Destroys = Callable[[Sequence[str]], str | None]


def _options(words: Sequence[str]) -> tuple[str, list[str], list[str]]:
    """Letters of short options, long options, operands."""
    letters: list[str] = []
    long: list[str] = []
    operands: list[str] = []
    rest = False
    for word in words:
        if rest or not word.startswith("-") or word == "-":
            operands.append(word)
        elif word == "--":
            rest = True
        elif word.startswith("--"):
            long.append(word)
        else:
            letters.append(word[1:])
    return "".join(letters), long, operands


def _long(given: Sequence[str], name: str) -> bool:
    """Whether a long option is there, be it shortened as GNU allows."""
    return any(len(one) > 3 and f"--{name}".startswith(one.partition("=")[0]) for one in given)


def _rm(words: Sequence[str]) -> str | None:
    letters, long, operands = _options(words)
    deep = "r" in letters or "R" in letters or _long(long, "recursive")
    if _long(long, "no-preserve-root"):
        return "it deletes everything there"
    for operand in operands:
        if deep and (why := too_much_to_delete(operand)):
            return why
        if not deep and (why := one_not_to_delete(operand)):
            return why
    return None


def _chmod(words: Sequence[str]) -> str | None:
    letters, long, operands = _options(words)
    if not ("R" in letters or _long(long, "recursive")):
        return None
    for operand in operands:
        if operand.startswith(("/", ".", "~", UNKNOWN)) and (why := too_much_to_delete(operand)):
            return why.replace("deletes", "changes the rights of", 1)
    return None


def _dd(words: Sequence[str]) -> str | None:
    for word in words:
        name, _, value = word.partition("=")
        if name == "of" and (UNKNOWN in value or is_disk(value)):
            return f"it writes over {as_written(value)}"
        if name == "of" and (why := ruins_by_writing(value)):
            return why
        if name == "if" and is_credential(value):
            return "it copies credentials"
    return None


def _find(words: Sequence[str]) -> str | None:
    deletes = "-delete" in words or any(
        words[at + 1].rpartition("/")[2] in ("rm", "shred", "unlink", "wipe", "srm")
        for at, word in enumerate(words[:-1])
        if word in ("-exec", "-execdir", "-ok", "-okdir")
    )
    if not deletes:
        return None
    chosen = any(word.startswith(("-name", "-iname", "-path", "-regex")) for word in words)
    here = "" if chosen else "."
    starts = [word for word in words if word[:1] in ("/", "~", UNKNOWN, here or "/")]
    return next((why for one in starts if (why := too_much_to_delete(one))), None)


def _moves(words: Sequence[str]) -> str | None:
    _, _, operands = _options(words)
    if not operands:
        return None
    if as_written(operands[-1]) == "/dev/null" and len(operands) > 1:
        return "it throws away what it moves"
    if why := ruins_by_writing(operands[-1]):
        return why
    if any(is_credential(one) for one in operands[:-1]):
        return "it copies credentials"
    return next((why for one in operands[:-1] if (why := whole_folder(one))), None)


def _copies(words: Sequence[str]) -> str | None:
    _, _, operands = _options(words)
    if operands and (why := ruins_by_writing(operands[-1])) and len(operands) > 1:
        return why
    return "it copies credentials" if any(map(is_credential, operands)) else None


def _tee(words: Sequence[str]) -> str | None:
    return next((why for one in words if (why := ruins_by_writing(one))), None)


def _any_target(because: str) -> Destroys:
    return lambda words: because if any(not one.startswith("-h") for one in words) else None


def _when(expression: str, because: str) -> Destroys:
    wanted = re.compile(expression)

    def destroys(words: Sequence[str]) -> str | None:
        told = f" {' '.join(map(as_written, words[:_MOST_WORDS]))[:_MOST_CHARS]} "
        return because if wanted.search(told) else None

    return destroys


def _first(*tests: Destroys) -> Destroys:
    return lambda words: next((why for test in tests if (why := test(words))), None)


_FORMATS: Final = _any_target("it makes a new file system over what is there")
_LVM: Final = _any_target("it removes volumes and their data")
_FIREWALL_UNITS: Final = (
    r" (?:stop|disable|mask|kill)(?: --?[\w=-]+)* (?:[\w@.-]+ )*"
    r"(?:pve-firewall|proxmox-firewall|nftables|ufw|firewalld|iptables|netfilter-persistent|fail2ban)"
)
_DELETES_API = re.compile(
    r"/snapshot/[\w.-]+/?$|/firewall/(?:rules|aliases|ipset)(?:/|$)|^/?cluster/(?:jobs|options)"
)


def _pvesh(words: Sequence[str]) -> str | None:
    verb, path = next(((w, p) for w, p in pairwise(words) if not w.startswith("-")), ("", ""))
    if verb == "delete" and not _DELETES_API.search(path):
        return "it deletes through the API, and not a snapshot"
    if re.search(
        r"/disks/(?:wipedisk|initgpt|lvm|lvmthin|zfs|directory)(?:/|$)", path
    ) and verb in ("create", "set"):
        return "it erases a disk"
    if verb == "create" and re.search(r"^/access/users/[^/]+/token/", path):
        return "it hands out a new key to the cluster"
    if re.search(r"/firewall/options/?$", path) and re.search(
        r"--?enable[ =](?:0|false|no)\b", " ".join(words)
    ):
        return "it takes the firewall down"
    if verb == "get" and re.search(r"/file-read", path) and any(map(is_credential, words)):
        return "it reads credentials"
    return None


DESTROYS: Final[Mapping[str, Destroys]] = {
    **dict.fromkeys(("rm", "unlink", "srm", "rimraf", "trash", "wipe"), _rm),
    "shred": _any_target("it overwrites what cannot be had back"),
    "dd": _dd,
    **dict.fromkeys(("dcfldd", "ddrescue"), _first(_dd, _tee)),
    **dict.fromkeys(
        name_set("mkfs mke2fs mkswap mkdosfs mkntfs newfs mkreiserfs mkfs.ext4 mkfs.xfs mkexfatfs"),
        _FORMATS,
    ),
    "wipefs": _when(
        r" (?:-a|--all|-\w*a\w*|-o|--offset\S*|-f|--force) ", "it wipes a disk's signatures"
    ),
    "blkdiscard": _any_target("it discards all blocks of a disk"),
    "badblocks": _when(r" -\w*w", "it writes over a disk"),
    "hdparm": _when(
        r"--security-erase|--trim-sector|--dco-restore|--make-bad|--write-sector",
        "it erases a disk",
    ),
    "sg_format": _FORMATS,
    "sgdisk": _when(
        r" (?:-\w*[ZoOdR]|--zap|--clear|--delete|--zap-all|--load-backup|--replicate)",
        "it removes partitions",
    ),
    "gdisk": _when(r"^ /dev", "it edits partitions"),
    "sfdisk": _when(r" (?:--delete|--wipe|-w) |^ /dev", "it removes partitions"),
    **dict.fromkeys(("fdisk", "cfdisk"), _when(r"^ /dev", "it edits partitions")),
    "parted": _when(r" (?:mklabel|mktable|rm|mkpart|resizepart|rescue) ", "it changes partitions"),
    **dict.fromkeys(("lvremove", "vgremove", "pvremove"), _LVM),
    "mdadm": _when(
        r"--zero-superblock|--create|(?: -C )|--stop| -S ", "it takes a disk array apart"
    ),
    "chmod": _chmod,
    **dict.fromkeys(("chown", "chgrp", "setfacl"), _chmod),
    "find": _find,
    "mv": _moves,
    **dict.fromkeys(("cp", "install", "ln"), _copies),
    "tee": _tee,
    "truncate": _first(
        _tee,
        lambda words: next(
            (why for one in words if one[:1] != "-" and (why := one_not_to_delete(one))), None
        ),
    ),
    "fallocate": _tee,
    "rsync": _first(
        lambda words: (
            "it deletes backups, or a whole tree"
            if any(one.startswith(("--del", "--remove-source")) for one in words)
            and too_much_to_delete(words[-1])
            else None
        ),
        _copies,
    ),
    "pvesh": _pvesh,
    "docker": _first(
        _when(
            r" (?:compose|stack) (?:.* )?down (?:.* )?(?:-\w*v\w*|--volumes)",
            "it removes volumes and their data",
        ),
        _when(r" rm (?:.* )?(?:-\w*v\w*|--volumes) ", "it removes volumes and their data"),
        _when(
            r" run .*(?:-v|--volume|--mount)[ =](?:\S*[=,])?/:|--privileged .*(?:-v|--volume)[ =]/",
            "it gives a container the whole machine",
        ),
    ),
    "docker-compose": _when(
        r" down (?:.* )?(?:-\w*v\w*|--volumes)", "it removes volumes and their data"
    ),
    "zpool": _first(
        _when(r" create (?:.* )?-\w*f", "it overwrites what is on the disks"),
        _when(r" (?:add|attach|replace) (?:.* )?-\w*f", "it overwrites a disk"),
    ),
    "zfs": _when(r" (?:rollback (?:.* )?-\w*[rR]|recv|receive) .*", "it discards newer data"),
    "iptables": _when(r" (?:-F|--flush|-X|-P \w+ ACCEPT|-\w*F) ", "it takes the firewall down"),
    "ip6tables": _when(r" (?:-F|--flush|-X|-P \w+ ACCEPT|-\w*F) ", "it takes the firewall down"),
    "ufw": _when(r" (?:disable|reset) ", "it takes the firewall down"),
    "nft": _when(r" (?:flush ruleset|delete table|flush table) ?", "it takes the firewall down"),
    "systemctl": _when(_FIREWALL_UNITS, "it takes the firewall down"),
    "service": _when(
        r"(?:pve-firewall|nftables|ufw|firewalld|iptables|fail2ban) stop ",
        "it takes the firewall down",
    ),
    "kill": _when(r" -1 $| -1 -\w+ $|-- -1 ", "it ends every process"),
    "killall5": lambda words: "it ends every process",
    "crontab": _when(r" -\w*r", "it deletes all scheduled work"),
    **dict.fromkeys(
        ("userdel", "deluser"),
        _when(r" (?:root|www-data) | -\w*r| --remove", "it deletes an account and its files"),
    ),
    "passwd": _when(r" (?:-d|--delete) .*root|-d root", "it opens the root account"),
    "btrfs": _when(
        r" (?:subvolume|sub|su) (?:delete|del) | device (?:delete|remove)",
        "it deletes a subvolume or a disk",
    ),
    "kubectl": _when(
        r" delete .*(?:--all|namespace|\bns\b|pvc?\b|persistentvolume|\bnode)",
        "it deletes what it holds",
    ),
    "proxmox-backup-client": _when(r" (?:forget|prune) ", "it deletes backups"),
    "debugfs": _when(r" -\w*w", "it writes over a file system"),
    "ipmitool": _when(r" user set password", "it changes a password of the machine's controller"),
    "sysctl": _when(r"kernel\.(?:sysrq|panic)\S*=", "it can halt the kernel"),
    "qemu-img": _when(
        r" (?:create|convert|resize --shrink|commit).* /dev/", "it writes over a disk"
    ),
}
"""By the name of the command: why its words destroy, or None."""

_COPIERS: Final = name_set(
    "cat tac head tail less more most nl od xxd hexdump hd strings base64 base32 grep "
    "egrep fgrep rg ag awk gawk mawk sed cut sort uniq paste join tr wc rev fold diff cmp "
    "comm vi vim nano view scp rsync sftp tar zip gzip bzip2 xz 7z cpio pax curl wget nc "
    "ncat socat openssl gpg tee python python3 perl ruby node php xargs zcat zgrep dd "
    "mail sendmail mutt md5sum sha256sum sha1sum ftp tftp lftp rclone jq column iconv "
    "split git"
)


_SEARCHERS: Final = name_set("grep egrep fgrep zgrep rg ag awk gawk mawk sed tr git jq")
_CALLERS: Final = frozenset(["nc", "ncat", "netcat", "socat"])


def destroys(name: str, words: Sequence[str]) -> str | None:
    """Why `name words...` is BLACK by itself; None where these rules see nothing."""
    if name in _COPIERS and any(
        is_credential(word) for word in words if "/" in word or name not in _SEARCHERS
    ):
        return "it reads or sends credentials"
    if name in _CALLERS and re.search(r"^ *-\w*[ec]\b|(?i:exec|system):", " ".join(words)):
        return "it hands a shell to another host"
    if name.startswith("mkfs."):
        return _FORMATS(words)
    test = DESTROYS.get(name)
    return test(words) if test else None
