"""Proxmox VE's own tools: guests, storages, the cluster, users, backups, the API's shell."""

import re
from collections.abc import Mapping
from typing import Final

from services.safety.commands.api_paths import api_path, open_api_path
from services.safety.rules import by_word, known, matching, number, text, token, vmid
from services.safety.specs import Call, Spec, Style, spec, tool
from services.safety.tiers import Tier

PVE: Final = Style.PVE
_OUT: Final = (
    "--output-format: --noborder? --noheader? --human-readable? --quiet? --full? --verbose? --help?"
)
_GETS: Final = (
    f"{_OUT} --type: --limit: --start: --since: --until: --timeframe: --cf: --node: --vmid:"
    " --content: --storage: --source: --userfilter: --typefilter: --errors? --statusfilter:"
    " --service: --enabled? --format: --target: --current? --snapshot: --poolid: --path:"
    " --lastentries: --max: --include-disabled? --vmtype: --ns: --dir: --cfg: --history?"
)
_START_PATH = re.compile(
    r"/nodes/[\w.\-]+/(?:(?:qemu|lxc)/\d+/(?:status/(?:start|resume)|snapshot)|vzdump)/?"
)
_BACKUP: Final = (
    "--storage: --mode: --compress: --notes-template: --node: --quiet? --zstd: --pigz:"
    " --bwlimit: --ionice: --protected? --notification-mode: --mailnotification: --fleecing:"
    " --lockwait: --remove:"
)
_KEEPS_ALL: Final = matching("0", "deletes older backups, by the rule of its storage")


def _keeps_backups(call: Call) -> str | None:
    """A backup prunes the older ones unless it is told not to."""
    backs_up = any(word.rstrip("/").endswith("/vzdump") for word in call.operands)
    return (
        "it deletes older backups unless it says --remove 0"
        if backs_up and "--remove" not in call.options
        else None
    )


_STARTS: Final = "starts what can be stopped again"
_SNAPSHOT: Final = spec(
    "--description: --vmstate?",
    vmid,
    matching(r"[A-Za-z][\w\-]*", "is no snapshot's name"),
    least=2,
    style=PVE,
    tier=Tier.YELLOW,
    because="makes a snapshot",
    values={"--description": text},
)


@by_word
def _starting_path(word: str) -> str | None:
    return None if _START_PATH.fullmatch(word) else "it is not one of the calls that start or save"


def _reports(call: Call) -> str | None:
    return call.ground.of_telling("it tells all configuration at once, secrets in it included")


_SEES_ONE: Final = spec(f"{_OUT} --current? --snapshot: --pretty?", vmid, least=1, style=PVE)
_AGENT: Final = matching(
    r"ping|info|network-get-interfaces|get-(?:osinfo|host-name|time|timezone|users|vcpus|fsinfo"
    r"|memory-blocks|memory-block-info)",
    "is more than a question to the guest's agent",
)
_LISTS: Final = spec(f"{_OUT} --vmid: --content: --node: --enabled? --type:", rest=token, style=PVE)

PROXMOX: Final[Mapping[str, Spec]] = {
    "qm": tool(
        subs={
            "list": spec(_OUT, style=PVE),
            "status|config|pending|listsnapshot|showcmd": _SEES_ONE,
            "cloudinit pending": spec("", vmid, least=1),
            "guest cmd|agent": spec("", vmid, _AGENT, least=2),
            "guest exec-status": spec("", vmid, number, least=2),
            "help": spec("--verbose?", rest=token),
            "start": spec("--timeout:", vmid, least=1, tier=Tier.YELLOW, because=_STARTS),
            "resume": spec("", vmid, least=1, tier=Tier.YELLOW, because=_STARTS),
            "snapshot": _SNAPSHOT,
        },
        ruins={
            "destroy": "removes a guest and its disks",
            "disk unlink|unlink": "may destroy a disk of a guest",
        },
        style=PVE,
    ),
    "pct": tool(
        subs={
            "list": spec(_OUT, style=PVE),
            "status|config|pending|listsnapshot|df": _SEES_ONE,
            "cpusets": spec(""),
            "help": spec("--verbose?", rest=token),
            "start": spec("--debug?", vmid, least=1, tier=Tier.YELLOW, because=_STARTS),
            "resume": spec("", vmid, least=1, tier=Tier.YELLOW, because=_STARTS),
            "snapshot": _SNAPSHOT,
        },
        ruins={"destroy": "removes a container and its disks"},
        style=PVE,
    ),
    "pvesh": tool(
        subs={
            "get": spec(_GETS, open_api_path, least=1, style=PVE, values={"--path": token}),
            "ls": spec(_OUT, api_path, style=PVE),
            "usage|help": spec("--verbose? --command: --returns?", rest=known, style=PVE),
            "create": spec(
                f"{_BACKUP} {_OUT} --snapname: --description: --vmid: --vmstate?",
                _starting_path,
                least=1,
                style=PVE,
                tier=Tier.YELLOW,
                because=_STARTS,
                values={
                    "--mode": matching("snapshot", "interrupts the guest"),
                    "--description": text,
                    "--notes-template": text,
                    "--remove": _KEEPS_ALL,
                },
                check=_keeps_backups,
            ),
        },
        style=PVE,
    ),
    "pvesm": tool(
        subs={
            "status|list|path": spec(
                f"{_OUT} --vmid: --content: --storage: --enabled? --target:", rest=token, style=PVE
            ),
            "extractconfig": spec(_OUT, token, style=PVE),
            "scan nfs|nfsscan|lvmscan|zfsscan|scan lvm|scan zfs|lvmthinscan|scan lvmthin": spec(
                _OUT, token, style=PVE
            ),
            "help": spec("", rest=token),
        },
        ruins={
            "free": "deletes a volume, be it a disk or a backup",
            "remove": "takes a storage out of the cluster",
            "prune-backups": "deletes backups",
        },
        style=PVE,
    ),
    "pvecm": tool(
        subs={"status|nodes|apiver|help": spec("--verbose?", rest=token)},
        ruins={"delnode": "takes a node out of the cluster for good"},
        style=PVE,
    ),
    "pveversion": spec("-v --verbose?", style=PVE),
    "ha-manager": tool(
        subs={
            "status|config|groupconfig|rules list|rules config": spec(
                f"{_OUT} --type: --resource:", rest=token, style=PVE
            ),
            "help": spec("", rest=token),
        },
        style=PVE,
    ),
    "vzdump": spec(
        _BACKUP,
        vmid,
        rest=vmid,
        least=1,
        style=PVE,
        tier=Tier.YELLOW,
        because="makes a backup",
        needs="--remove",
        values={
            "--mode": matching("snapshot", "interrupts the guest"),
            "--notes-template": text,
            "--remove": _KEEPS_ALL,
        },
    ),
    "pveum": tool(
        subs={
            "user list|role list|acl list|group list|realm list|pool list"
            "|user permissions|user token list|user token permissions|user tfa list"
            "|help": _LISTS,
        },
        ruins={"user token add": "hands out a new key to the cluster"},
        style=PVE,
    ),
    "pveam": tool(subs={"list|available": spec("--section:", rest=token, style=PVE)}, style=PVE),
    "pvenode": tool(
        subs={
            "config get|cert info|task list|task log|task status|acme account list": spec(
                f"{_OUT} --property: --limit: --start: --source: --errors? --since: --until:"
                " --userfilter: --typefilter: --vmid: --statusfilter:",
                rest=token,
                style=PVE,
            ),
            "wakeonlan": spec("", token, least=1, tier=Tier.YELLOW, because="wakes a node"),
            "help": spec("", rest=token),
        },
        style=PVE,
    ),
    "pvesr": tool(
        subs={"status|list|read": spec(f"{_OUT} --guest:", rest=token, style=PVE)}, style=PVE
    ),
    "pvesubscription": tool(subs={"get": spec(_OUT, style=PVE)}, style=PVE),
    "pvereport": spec("", check=_reports),
    "pve-firewall": tool(
        subs={
            "status|compile|localnet|simulate": spec(
                "--verbose? --from: --to: --source: --dest: --protocol: --dport: --sport:",
                style=PVE,
            )
        },
        ruins={"stop": "takes the firewall down"},
        style=PVE,
    ),
    **{
        name: tool(subs={"status": spec("")})
        for name in (
            "pvedaemon",
            "pveproxy",
            "pvestatd",
            "pvescheduler",
            "spiceproxy",
            "pvefw-logger",
            "proxmox-firewall",
        )
    },
    "proxmox-boot-tool": tool(subs={"status|kernel list": spec("--quiet")}),
    "pve-efiboot-tool": tool(subs={"status|kernel list": spec("")}),
    **{name: spec("--full --verbose") for name in ("pve6to7", "pve7to8", "pve8to9", "pbs3to4")},
    "pveceph": tool(
        subs={
            "status|pool ls|lspools|pool get|osd details|osd ls|fs list": spec(
                _OUT, rest=token, style=PVE
            )
        },
        ruins={
            "purge": "destroys the node's part of the Ceph cluster",
            "osd destroy": "destroys a disk of the Ceph cluster",
            "pool destroy": "destroys a pool and all that is in it",
            "mon destroy": "removes a monitor of the Ceph cluster",
            "fs destroy": "destroys a file system",
        },
        style=PVE,
    ),
    "corosync-quorumtool": spec("-sliV"),
    "corosync-cfgtool": spec("-snb"),
    "corosync-cmapctl": spec("-g: -b", rest=matching(r"[\w.]+", "is no key")),
    "lxc-ls": spec("-fF1 --fancy --running --stopped --active --frozen", rest=token),
    "lxc-info": spec("-n: -c: -siSpH --name: --state --pid --ips --stats", token),
    "lxc-config": spec("-l", token),
    "proxmox-backup-client": tool(
        subs={
            "list|snapshot list|snapshots|snapshot files|status|version|namespace list|task list"
            "|catalog dump": spec(
                "--repository: --output-format: --ns: --limit:", rest=token, style=PVE
            ),
        },
        ruins={"snapshot forget|forget": "deletes a backup", "prune": "deletes backups"},
        style=PVE,
    ),
    "proxmox-backup-manager": tool(
        subs={
            "datastore list|datastore show|garbage-collection status|disk list|verify-job list"
            "|sync-job list|prune-job list|versions|remote list|user list|task list|task log"
            "|disk smart-attributes|network list|cert info|node show|subscription get|acl list"
            "|disk fs list|disk zpool list|traffic-control list": spec(
                "--output-format: --limit: --verbose? --all?", rest=token, style=PVE
            ),
        },
        ruins={
            "datastore remove": "takes a datastore of backups away",
            "prune-job run": "deletes backups",
            "disk wipe": "erases a disk",
        },
        style=PVE,
    ),
    "virsh": tool(
        subs={
            "list|dominfo|domstate|net-list|pool-list|nodeinfo|version": spec(
                "--all --name", rest=token
            )
        },
        ruins={"undefine": "removes a guest"},
    ),
}
"""Proxmox's commands, by name."""
