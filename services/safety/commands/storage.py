"""Disks, volumes, ZFS, Ceph: their state and their health."""

import re
from collections.abc import Mapping
from typing import Final

from services.safety.commands.system import counted
from services.safety.rules import device, matching, names, number, token
from services.safety.specs import Spec, each, spec, tool
from services.safety.tiers import Tier

_IMAGE: Final = matching(r"[/\w][\w./\-]*", "is no image on this node")
_VOLUME: Final = matching(r"[\w/\ue000][\w.@:/+\-]*", "is no volume")
_LOSES_POOL: Final = "destroys a pool and all that is in it"
_POOL: Final = matching(r"[A-Za-z\ue000][\w.:/@#%\-]*|/dev/[\w/.:\-]+", "is no pool or device")
_ONE_LOOK: Final = matching(r"[A-Za-z\ue000][\w.:/@#%\-]*", "would repeat without end")
_ZFS_FLAGS: Final = "-rHpjP -o: -d: -s: -S: -t: --json --json-int"
_SMART_LOG: Final = matching(
    r"(?!.*reset)(?!scttempint|scterc,|wcreorder,|devstat,.*w)[\w,.+\-x]+", "would change the disk"
)


def _ceph(words: str) -> str:
    return "|".join(re.split(r"\s*,\s*", words.strip()))


_CEPH_OPTION: Final = matching(
    r"(?!mgr)(?!.*(?:pass|secret|key|token))[a-z][\w.\-]*", "may hold a secret"
)
_LVM: Final = (
    "-aPvHjq -o: -O: -S: --all --options: --sort: --noheadings --nosuffix --units: --separator:"
    " --select: --reportformat: --segments --aligned --partial --unquoted --rows -m --maps"
    " --columns -C -c --colon -s --short -d"
)

STORAGE: Final[Mapping[str, Spec]] = {
    "zpool": tool(
        subs={
            "status": spec("-vxLPgsitDejp -T: --json --power", rest=_ONE_LOOK),
            "list": spec("-vHpLPgj -o: -T:", rest=_ONE_LOOK),
            "get": spec("-Hpj -o:", token, rest=_POOL, least=1),
            "iostat": spec("-vlqwrHLPgpyn -T:", rest=token, check=counted),
            "history": spec("-il", rest=_POOL),
            "events": spec("-vH", rest=_POOL),
            "version": spec(""),
            "import": spec(""),
        },
        ruins={
            "destroy": _LOSES_POOL,
            "labelclear": "makes a disk of a pool unreadable",
        },
    ),
    "zfs": tool(
        subs={
            "list": spec(_ZFS_FLAGS, rest=_POOL),
            "get": spec(_ZFS_FLAGS, token, rest=_POOL, least=1),
            "holds": spec("-rHp", rest=_POOL),
            "userspace|groupspace|projectspace": spec("-nHpiS -o: -s: -t:", rest=_POOL),
            "diff": spec("-FHth", _POOL, _POOL, least=1),
            "version": spec("-j"),
            "mount": spec("-j"),
            "snapshot|snap": spec(
                "-r",
                rest=matching(r"[A-Za-z][\w.:/\-]*@[\w.:\-]+", "is no snapshot's name"),
                least=1,
                tier=Tier.YELLOW,
                because="makes a snapshot",
            ),
        },
        ruins={"destroy": "destroys a dataset or a snapshot for good"},
    ),
    "arcstat": spec("-avxp -f: -s:", rest=number, check=counted),
    **each("arc_summary arc_summary.py arcstat.py", spec("-adgr -s: -p: --section: --graph")),
    "smartctl": spec(
        "-aAHixcjV -l: -g: -d: -n: -q: -f: -v: -T: --all --xall --health --info --attributes"
        " --capabilities --log: --json? --scan --scan-open --device: --nocheck: --get: --format:"
        " --quietmode: --tolerance:",
        device,
        values={"-l": _SMART_LOG, "--log": _SMART_LOG, "-n": token},
    ),
    "nvme": tool(
        "-o: --output-format: -v --verbose -H --human-readable",
        subs={
            "list|list-subsys|list-ns|smart-log|id-ctrl|id-ns|error-log|fw-log|self-test-log"
            "|endurance-log|effects-log|show-regs|get-feature|get-log|version|intel smart-log-add"
            "|supported-log-pages|show-topology|list-ctrl|ana-log|sanitize-log": spec(
                "-n: -f: -e: -s: -l: -i: --namespace-id: --log-entries:", rest=device
            ),
        },
        ruins={
            "format": "erases a disk",
            "sanitize": "erases a disk",
            "delete-ns": "deletes a namespace",
            "write": "writes over a disk",
            "write-zeroes": "writes over a disk",
            "dsm": "discards blocks of a disk",
        },
    ),
    "hdparm": spec("-Iigq -C -i", rest=device, needs="-I|-i|-g|-C"),
    "sdparm": spec("-a -i -q --all --inquiry", rest=device),
    "lsscsi": spec("-cdgiklsStuUvwH --size --transport --generic --unit --scsi_id"),
    **each(
        "lsblk",
        spec(
            "-abdDfilmnOpPrSstTzJAMN -o: -e: -I: -x: -w: -E: --all --bytes --json --fs --output:"
            " --paths --nodeps --list --tree? --noheadings --perms --scsi --topology --discard"
            " --raw --exclude: --include: --sort: --output-all --inverse --zoned --pairs",
            rest=names,
        ),
    ),
    "blkid": spec(
        "-ikp -o: -s: -t: -L: -U: -c: -u: -n: --output: --match-tag:",
        rest=device,
        values={"-c": matching("/dev/null", "is no fresh look")},
    ),
    **each(
        "findmnt",
        spec(
            "-aAbcCDefiJklmnPrRsuUvx -d: -o: -t: -S: -T: -M: -O: -N: --df --json --output:"
            " --types: --source: --target: --mountpoint: --verify --real --pseudo --list --raw"
            " --fstab --kernel --mtab --noheadings --submounts --tree --options: --bytes",
            rest=names,
        ),
    ),
    "mount": spec("-lv -t: --types: --show-labels"),
    "swapon": spec(
        "-s --show? --summary --noheadings --bytes --raw", least=0, needs="-s|--show|--summary"
    ),
    "zramctl": spec("-nb --noheadings --bytes --raw -o: --output: --output-all", device),
    "losetup": spec(
        "-alnJ -j: -O: --all --list --json --output:", device, needs="-a|-l|-j|--all|--list"
    ),
    **each("lvs vgs pvs lvdisplay vgdisplay pvdisplay lvscan", spec(_LVM, rest=_VOLUME)),
    "pvscan": spec("-s -n -e --short --novolumegroup"),
    "dmsetup": tool(
        "-c -C --noheadings --columns -o: --separator:",
        subs={
            "ls|info|status|table|deps|targets|version|splitname": spec(
                "--tree --target: -j: -m:", rest=token
            ),
        },
        ruins={"remove_all": "takes all mapped volumes away"},
    ),
    "mdadm": spec(
        "-DQEsv --detail --query --examine --scan --verbose --brief --export -b",
        rest=device,
        needs="-D|-Q|-E|--detail|--query|--examine",
    ),
    "cryptsetup": tool(
        subs={"status|isLuks": spec("", device)},
        ruins={
            "luksFormat": "overwrites an encrypted disk",
            "erase": "destroys the keys of an encrypted disk",
            "luksErase": "destroys the keys of an encrypted disk",
            "luksKillSlot": "destroys a key of an encrypted disk",
            "reencrypt": "writes over an encrypted disk",
        },
    ),
    "fdisk": spec(
        "-lx -b: --list --list-details -o: --output: --bytes",
        rest=device,
        needs="-l|-x|--list|--list-details",
    ),
    "sfdisk": spec(
        "-lsdVJF --list --dump --verify --json --list-free --show-size",
        rest=device,
        needs="-l|-d|-V|-J|-F|-s|--list|--dump|--verify|--json|--list-free",
    ),
    "sgdisk": spec(
        "-p -v -i: --print --verify --info:", device, needs="-p|-v|-i|--print|--verify|--info"
    ),
    "gdisk": spec("-l", device, needs="-l"),
    "parted": spec(
        "-lsm --list --script --machine",
        device,
        matching("print|p|unit", "is more than a look"),
        rest=matching("free|all|devices|list|print|s|B|MiB|GiB|GB|MB", "is more than a look"),
        check=lambda call: (
            None
            if call.options & {"-l", "--list"}
            or call.operands[1:2] == ["print"]
            or (call.operands[1:2] == ["unit"] and call.operands[3:4] == ["print"])
            else "only `print` is a look"
        ),
    ),
    "partx": spec("-lsbPrn -o: --show --list", device, needs="-s|-l|--show|--list"),
    **each("dumpe2fs", spec("-h", device, needs="-h")),
    "tune2fs": spec("-l", device, needs="-l"),
    "xfs_info": spec("", device),
    "btrfs": tool(
        subs={
            "filesystem show|filesystem df|filesystem usage|fi show|fi df|fi usage|subvolume list"
            "|subvolume show|device stats|scrub status|balance status|device usage": spec(
                "-hbkmgtdTaprsu --raw --human-readable --si", rest=names
            ),
        }
    ),
    "repquota": spec("-avugs", rest=names),
    "quota": spec("-vugs", rest=token),
    "multipath": spec("-ll -l -v:", rest=token, needs="-l"),
    "iscsiadm": spec(
        "-m: -P: --mode: --print:",
        matching("", "is more than a look"),
        values=dict.fromkeys(
            ("-m", "--mode"), matching("session|node|iface", "is more than a look")
        ),
    ),
    **each(
        "storcli storcli64 perccli perccli64",
        spec("", rest=matching(r"(?:/\w+)+|show|all|J|nolog", "is more than a look")),
    ),
    "ceph": tool(
        "-f: --format: --connect-timeout: --cluster:",
        subs={
            "": spec("-s --status", needs="-s|--status"),
            _ceph(
                "status, health, health detail, df, df detail, quorum_status, versions, version,"
                "features, time-sync-status, report, fsid, osd tree, osd df, osd df tree,"
                "osd status, osd stat, osd dump, osd perf, osd ls, osd tree down, osd utilization,"
                "osd blocked-by, osd pool ls, osd pool ls detail, osd pool stats,"
                "osd pool autoscale-status, osd crush tree, osd crush rule ls,"
                "osd crush rule dump, osd crush dump, osd erasure-code-profile ls, osd numa-status,"
                "osd crush class ls, osd safe-to-destroy, osd ok-to-stop, pg stat,"
                "pg dump, pg ls, pg dump_stuck, pg ls-by-osd, pg ls-by-pool, pg map, mon stat,"
                "mon dump, mon metadata, mgr stat, mgr dump, mgr services, mgr module ls, mds stat,"
                "mds metadata, fs ls, fs status, fs dump, fs get, fs volume ls, device ls,"
                "device info, crash ls, crash ls-new, crash info, crash stat, log last,"
                "orch ls, orch ps, orch status, orch host ls,"
                "balancer status, progress, telemetry status, osd getmaxosd, node ls,"
                "service dump"
            ): spec("--detail"),
            _ceph(
                "osd pool get, osd find, osd metadata, osd map, osd ls-tree, pg ls-by-pool,"
                "pg ls-by-osd, pg map, pg dump, pg dump_stuck, pg ls, mds metadata, fs get,"
                "device info, device ls-by-host, device ls-by-daemon, crash info,"
                "log last, orch ls, orch ps, osd safe-to-destroy, osd ok-to-stop,"
                "mon metadata, osd pool stats, osd df tree, osd crush rule dump"
            ): spec("--detail", rest=token),
            "config get|config show": spec("", rest=_CEPH_OPTION),
        },
        ruins={
            "osd purge": "removes a disk of the cluster and its data",
            "osd destroy": "destroys a disk of the cluster",
            "osd rm": "removes a disk of the cluster",
            "osd lost": "gives data up for lost",
            "osd pool delete|osd pool rm": "destroys a pool and all that is in it",
            "fs rm|fs volume rm": "destroys a file system",
            "mon remove|mon rm": "removes a monitor of the cluster",
            "auth get|auth export|auth print-key|auth get-key": "hands out the cluster's keys",
            "auth ls|auth list": "hands out the cluster's keys",
        },
    ),
    "rados": tool(
        "-p: --pool: --format:",
        subs={"df|lspools|ls": spec("")},
        ruins={"purge": "empties a pool", "rmpool": _LOSES_POOL},
    ),
    "rbd": tool(
        "-p: --pool: --format: --long -l",
        subs={
            "ls|list|info|du|status|snap ls|showmapped|device list|pool stats|mirror pool status"
            "|children|lock ls": spec("", rest=token),
        },
        ruins={
            "rm|remove": "destroys a disk image",
            "snap purge": "destroys snapshots",
            "snap rm": "destroys a snapshot",
            "trash purge": "destroys disk images",
        },
    ),
    "ceph-volume": tool(
        subs={"lvm list|inventory|raw list": spec("--format:", rest=device)},
        ruins={"lvm zap": "erases a disk"},
    ),
    "qemu-img": tool(
        subs={
            "info": spec("-U -f: --backing-chain --output: --force-share", _IMAGE, least=1),
            "measure": spec("-O: -f: --output:", _IMAGE),
            "snapshot": spec("-l -U", _IMAGE, needs="-l"),
            "map": spec("--output: -f: -U", _IMAGE),
        }
    ),
    "gluster": tool(
        subs={"volume info|volume status|volume list|peer status|pool list": spec("", rest=token)},
        ruins={"volume delete": "destroys a volume"},
    ),
    "drbdadm": tool(subs={"status|cstate|dstate|role": spec("", rest=token)}),
    "borg": tool(subs={}, ruins={"delete": "deletes backups", "prune": "deletes backups"}),
    "restic": tool(subs={}, ruins={"forget": "deletes backups", "prune": "deletes backups"}),
    "fstrim": spec("-n -v -a --dry-run", rest=names, needs="-n|--dry-run"),
}
"""Commands about storage, by name."""
