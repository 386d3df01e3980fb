"""systemd: units, journals, sessions, boot, time."""

from collections.abc import Mapping
from typing import Final

from services.safety.rules import known, matching, names, rounds, seconds, text, token
from services.safety.specs import Call, Spec, each, spec, tool
from services.safety.tiers import Tier

RESTARTABLE: Final = (
    "pveproxy", "pvedaemon", "pvestatd", "pvescheduler", "spiceproxy", "pvefw-logger",
    "chrony", "chronyd", "ntp", "ntpsec", "systemd-timesyncd", "rsyslog",
    "cron", "postfix", "smartd", "smartmontools", "zfs-zed",
    "prometheus-node-exporter", "node_exporter", "prometheus-pve-exporter", "lm-sensors",
    "fancontrol", "nginx", "haproxy", "snmpd", "lldpd", "avahi-daemon",
    "ksmtuned", "rrdcached", "telegraf", "promtail", "zabbix-agent", "zabbix-agent2",
    "qemu-guest-agent", "proxmox-backup-proxy", "proxmox-backup", "nut-monitor",
)  # fmt: skip
"""Units whose restart interrupts no guest, no login, no network and no quorum."""

_UNIT: Final = matching(
    rf"(?:{'|'.join(RESTARTABLE)})(?:\.service)?", "is not among the units that may be restarted"
)
_NAME: Final = matching(r"[\w@][\w@.:\\\-*\ue001\ue000]*", "is no unit")
_OPTIONS: Final = (
    "--no-pager --no-legend --all -alqr --full --plain --quiet --recursive --reverse --after"
    " --before --system --value --failed --show-types --with-dependencies --legend?"
    " -n: -o: -t: -p: -P: --lines: --output: --type: --state: --property: --timestamp: --what:"
)
_FIELDS: Final = matching(r"(?!(?i:.*(?:environ|credential)))\w+(?:,\w+)*", "may tell secrets")
_PROPERTIES: Final = dict.fromkeys(("-p", "-P", "--property"), _FIELDS)


def _names_properties(call: Call) -> str | None:
    named = call.options & {"-p", "-P", "--property"}
    why = None if named else "it tells the environment, so name the properties"
    return call.ground.of_telling(why)


_LOOK: Final = spec("", rest=_NAME)
_RESTART: Final = spec(
    "", rest=_UNIT, least=1, tier=Tier.YELLOW, because="restarts what comes back by itself"
)

SERVICES: Final[Mapping[str, Spec]] = {
    "systemctl": tool(
        _OPTIONS,
        subs={
            "|status|cat|list-units|list-unit-files|list-timers|list-sockets|list-jobs"
            "|list-dependencies|list-machines|list-automounts|list-paths|list-mounts|is-active"
            "|is-enabled|is-failed|is-system-running|get-default": _LOOK,
            "show": spec("", rest=_NAME, values=_PROPERTIES, check=_names_properties),
            "restart|try-restart|reload|reload-or-restart|try-reload-or-restart|start": _RESTART,
        },
    ),
    "service": spec(
        "--status-all",
        token,
        matching("status", "is more than a look"),
        check=lambda call: (
            None
            if "--status-all" in call.options or len(call.operands) == 2
            else "it wants `status`"
        ),
    ),
    "journalctl": spec(
        "-rkxeaqmlN -n? -b? -u: -t: -p: -S: -U: -o: -g: -F: -D: -I -T: -c: --no-pager --reverse"
        " --dmesg --catalog --pager-end --all --quiet --merge --full --no-full --fields --utc"
        " --no-hostname --system --list-boots --list-catalog? --disk-usage --header --lines?"
        " --boot? --unit: --identifier: --priority: --since: --until: --output: --grep:"
        " --case-sensitive? --field: --directory: --facility: --output-fields: --truncate-newline"
        " --invocation: --list-invocations --show-cursor --user-unit: --exclude-identifier:"
        " --verify --this-boot --no-tail --cursor: --after-cursor: --transport:",
        rest=matching(r"[A-Z_]+=[\w@.:/\-]+|\d+|all|\+|/[\w./\-]+", "is no match"),
        numeric=True,
        values={
            "--grep": text,
            "-g": text,
            **dict.fromkeys(("-F", "--field", "--output-fields"), _FIELDS),
            "-D": names,
            "-u": known,
            "--unit": known,
            "-t": known,
            "--identifier": known,
        },
    ),
    "timedatectl": tool(
        "--no-pager -a --all -p: --property: --value",
        subs={
            "|status|show|timesync-status|show-timesync|list-timezones": spec(""),
        },
    ),
    "hostnamectl": tool(
        "--static --transient --pretty --json: --no-pager",
        subs={
            "|status": spec(""),
            "hostname|icon-name|chassis|deployment|location": spec(""),
        },
    ),
    "localectl": tool("--no-pager", subs={"|status|list-locales|list-keymaps": spec("")}),
    "loginctl": tool(
        "--no-pager --no-legend -a -l --full --all -p: --property: --value -n: -o:",
        subs={
            "|list-sessions|list-users|list-seats|session-status|user-status"
            "|show-session|show-user|seat-status": spec("", rest=token)
        },
    ),
    "systemd-analyze": tool(
        "--no-pager --system --fuzz: --order --require --json: --iterations:",
        subs={
            "|time|blame|critical-chain|calendar|timespan|timestamp|unit-paths|security"
            "|syscall-filter|exit-status|capability": spec("", rest=known),
        },
    ),
    "systemd-cgls": spec("-alk --all --full --no-pager -u: --unit:", rest=names),
    "systemd-cgtop": spec(
        "-b -pctmi -1 -n: -d: --batch --iterations: --depth: --raw --order:",
        needs="-b|--batch -n|--iterations|-1",
        values={
            **dict.fromkeys(("-n", "--iterations"), rounds),
            **dict.fromkeys(("-d", "--delay"), seconds),
        },
    ),
    "systemd-detect-virt": spec("-cvrq --vm --container --quiet"),
    "systemd-path": spec("", token),
    "systemd-delta": spec("--no-pager --diff: -t: --type:", rest=names),
    "systemd-escape": spec("-upm --path --unescape --suffix: --template:", rest=text),
    "bootctl": tool("--no-pager", subs={"status|list|is-installed": spec("")}),
    "coredumpctl": tool(
        "--no-pager --no-legend -r -n: -S: -U: --since: --until: -1",
        subs={
            "|list|info": spec("", rest=token),
        },
    ),
    "busctl": tool(
        "--no-pager --no-legend --system", subs={"|list|tree|status": spec("", rest=token)}
    ),
    "machinectl": tool(
        "--no-pager --no-legend", subs={"|list|status|show|list-images": spec("", rest=token)}
    ),
    "udevadm": tool(
        subs={
            "info": spec(
                "-q: -n: -p: -x -e -r --query: --name: --path: --export"
                " --attribute-walk --export-db -a --root",
                rest=names,
            )
        }
    ),
    **each("runlevel", spec("")),
}
"""Commands of systemd, by name."""
