"""The machine: processes, memory, hardware, sensors, accounts, time."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from services.safety.rules import (
    by_word,
    device,
    known,
    matching,
    names,
    number,
    paths,
    rounds,
    seconds,
    text,
    token,
)
from services.safety.specs import Call, Spec, Style, each, spec, tool

_PS_BUNDLE = re.compile(r"[aAcfghjlLmnrSTuvwxXZ]+(?:[ok])?")
_PLAIN_FIELDS = re.compile(r"[-+]?%?[a-z]+(?:,[-+]?%?[a-z]+)*")
PS_FIELDS: Final = matching(r"(?!.*environ)[\w%,:=+\- ]+", "are not fields of ps")


def old_fields(operands: Sequence[str]) -> str | None:
    """A bundle of old letters without `e`, which would show environments."""
    if not operands:
        return None
    if not _PS_BUNDLE.fullmatch(operands[0]):
        return None if operands[0].isdigit() else f"{operands[0]} could show environments"
    rest = operands[1:]
    if operands[0][-1] in "ok" and rest:
        if not _PLAIN_FIELDS.fullmatch(rest[0]):
            return "the fields are not plain"
        if "environ" in rest[0]:
            return "environments would be shown"
        rest = rest[1:]
    # Each further word is a bundle of old letters of its own, and one of them could be `e`.
    return next((f"{one} could show environments" for one in rest if not one.isdigit()), None)


def counted(call: Call) -> str | None:
    """An interval wants a count, and a bounded one: else it never ends."""
    numbers = [one for one in call.operands if re.fullmatch(r"\d+(?:\.\d+)?", one)]
    if not numbers:
        return None
    if len(numbers) != 2:
        return "an interval without a count never ends"
    if float(numbers[0]) * float(numbers[1]) > 120:
        return "it would take longer than two minutes"
    return None


@by_word
def _date_operand(word: str) -> str | None:
    return None if word.startswith("+") else "it could set the clock"


_DATES: Final = matching(r"(?!.*\.\.)[\w@ .:+\-/,]+", "is no date")

SYSTEM: Final[Mapping[str, Spec]] = {
    "ps": spec(
        "-eAafFlLjMHTwyZcdNr -o: -O: -p: -u: -U: -C: -t: -g: -G: -q: -s: --sort: --pid: --ppid:"
        " --user: --forest --no-headers --headers --cols: --width: --format: --cumulative"
        " --tty:",
        rest=text,
        values={"-o": PS_FIELDS, "--format": PS_FIELDS, "-O": PS_FIELDS, "--sort": PS_FIELDS},
        check=lambda call: old_fields(call.operands),
    ),
    "pgrep": spec(
        "-alfcnovxwi -u: -U: -P: -t: -g: -s: -d: -G: --full --list-full --list-name"
        " --count --newest --oldest --exact --euid: --parent:",
        rest=text,
    ),
    "pidof": spec("-sxcq -o: -S:", rest=token),
    "pstree": spec("-aAcChglnpsStTuUZ -H: --arguments --show-pids", rest=token),
    "pwdx": spec("", rest=number),
    "top": spec(
        "-b -c -i -H -S -n: -d: -o: -u: -U: -p: -w? -E: -e: -1",
        needs="-b -n",
        values={
            "-n": matching("[1-9]", "is more than a few rounds"),
            "-d": matching(r"[0-5](?:\.\d+)?", "is slow"),
        },
        rest=number,
    ),
    "uptime": spec("-ps --pretty --since"),
    "w": spec("-hsfiou", rest=token),
    **each("who", spec("-abdHlmpqrstTuw --all --boot --count --heading", rest=token)),
    **each("whoami users logname arch hostid tty ", spec("-s")),
    "groups": spec("", rest=token),
    "id": spec("-ugGnrzZ --user --group --groups --name --real", rest=token),
    **each(
        "last lastb",
        spec(
            "-adFiRwx -n: -s: -t: -p: -f: --limit: --since: --until:"
            " --fulltimes --hostlast --ip --fullnames --system",
            rest=token,
            numeric=True,
            values={"-f": paths},
        ),
    ),
    "lastlog": spec("-b: -t: -u:"),
    "free": spec(
        "-bkmghlLtwv --human --mega --giga --mebi --gibi --total --wide --lohi --si"
        " --bytes --kibi --committed -s: -c:",
        check=lambda call: (
            "an interval without a count never ends"
            if "-s" in call.options and "-c" not in call.options
            else None
        ),
        values={"-c": rounds, "-s": rounds},
    ),
    "vmstat": spec(
        "-adDfmnstwty -S: -p: --active --disk --slabs --stats --wide --timestamp",
        rest=number,
        check=counted,
    ),
    "iostat": spec(
        "-cdhHjkmNstVxyz -p? -o: --dec: --human --pretty -g:", rest=token, check=counted
    ),
    "mpstat": spec("-AunV -P: -I: -N: --dec: -T", rest=number, check=counted),
    "pidstat": spec("-dhHIlRrstUuvw -p: -C: -G: -T: --human --dec:", rest=number, check=counted),
    "sar": spec(
        "-ABbdFHqrRSuvWwyzphtC -n: -P: -f: -s: -e: -I: -m: --human --dec: -r -i:",
        rest=number,
        check=counted,
    ),
    "iotop": spec(
        "-obPakqtu -n: -d: -p: --only --batch --iter: --accumulated --processes",
        needs="-b|--batch -n|--iter",
        values={"-n": rounds, "--iter": rounds, "-d": seconds},
    ),
    "nproc": spec("--all --ignore:"),
    "uname": spec(
        "-asnrvmpio --all --kernel-name --kernel-release --machine --nodename"
        " --operating-system --kernel-version --processor"
    ),
    "hostname": spec(
        "-fiIsdAyv --fqdn --long --short --ip-address --all-ip-addresses --domain --all-fqdns"
    ),
    "dnsdomainname": spec(""),
    "lsb_release": spec("-aidrcs --all --id --description --release --codename --short"),
    "lscpu": spec("-abcBxyJr -e? -p? -C? --all --extended? --json --caches? --parse?"),
    "lsmem": spec("-abJnPrS -o: --all --json --summary? --output:"),
    "lspci": spec("-vknnmtDbxPP -nn -s: -d: -i: -H: -k"),
    "lsusb": spec("-vt -s: -d: -D:"),
    **each(
        "lsmod lsipc lslocks lsns lsirq lslogins",
        spec("-abcefgJlmnopqrstuyz -i: --output: --json --notruncate"),
    ),
    "lsinitramfs": spec("-l", rest=names),
    "modinfo": spec("-0 -F: -a -d -l -p -n -k: --field: --filename --parameters", rest=token),
    "lshw": spec(
        "-short -businfo -class: -C: -c: -json -xml -html -numeric -quiet -sanitize"
        " -notime -disable: -enable:",
        style=Style.WHOLE,
    ),
    "dmidecode": spec("-q -t: -s: -H: -u --type: --string: --quiet --no-sysfs"),
    "hwinfo": spec(
        "--short --disk --cpu --memory --network --netcard --all --storage --usb --pci --bios"
    ),
    "inxi": spec("-FbCDGIMNRSAmnopstuxz -c: -y:", numeric=True),
    "cpuid": spec("-1r"),
    "cpupower": tool(
        subs={
            "frequency-info|idle-info|info|monitor": spec("-p -d -m -w -o -e -g -l -s -y -f -a -b")
        }
    ),
    "turbostat": spec(
        "--quiet --show: --num_iterations: --interval: -n: -i: -S -q -s:",
        needs="-n|--num_iterations",
        values={
            **dict.fromkeys(("-n", "--num_iterations"), rounds),
            **dict.fromkeys(("-i", "--interval"), seconds),
        },
    ),
    "sensors": spec("-A -u -j -f --no-adapter", rest=token),
    "hddtemp": spec("-n -u: -q", rest=device),
    "nvidia-smi": spec(
        "-q -L -x -i: --query --query-gpu: --query-compute-apps: --format:"
        " --list-gpus --id: --display: --xml-format",
        values=dict.fromkeys(("--query-gpu", "--query-compute-apps"), text),
    ),
    "intel_gpu_top": spec("-L", needs="-L"),
    "vainfo": spec("--display: --device:"),
    "ipmitool": tool(
        "-I:",
        subs={
            "sdr|sensor|sensor list|sel|sel info|sel time get": spec(""),
            "sdr list|sdr elist|sdr type|sensor get|sel list|sel elist": spec("", rest=known),
            "fru|fru print|fru list|mc info|mc guid|bmc info|chassis status|chassis poh": spec(""),
            "chassis power status|power status|chassis restart_cause": spec(""),
            "chassis bootparam get": spec("", rest=token),
            "lan print|user list|channel info|dcmi power reading|dcmi sensors": spec(
                "", rest=token
            ),
        },
        ruins={"user set password": "it changes the password of the machine's controller"},
    ),
    "upsc": spec("-l -L", rest=token),
    "apcaccess": spec("-u", rest=token),
    "acpi": spec("-abcistV -V"),
    "getconf": spec("-a", rest=token),
    "locale": spec("-a -k -m", rest=token),
    "printenv": spec(
        "",
        matching("PATH|HOME|USER|SHELL|LANG|LC_[A-Z]+|TERM|PWD|TZ|LOGNAME", "may hold a secret"),
        least=1,
    ),
    "pwd": spec("-LP"),
    "cd": spec("-LP", known),
    **each("which", spec("-as --all", rest=token)),
    "whereis": spec("-bmsu", rest=token),
    "type": spec("-afptP", rest=token),
    **each("apropos whatis", spec("-a -e -s:", rest=text)),
    "date": spec(
        "-uR -I? -d: -r: --utc --universal --iso-8601? --rfc-3339: --rfc-email --date:"
        " --reference: --resolution",
        rest=_date_operand,
        values={"-d": _DATES, "--date": _DATES},
    ),
    "hwclock": spec(
        "-r -u -l -v --show --get --utc --localtime --verbose", needs="-r|--show|--get"
    ),
    "dmesg": spec(
        "-HkrtTuxeLPSdJp -l: -f: -F: --level: --facility: --human --kernel --ctime"
        " --color? --nopager --decode --notime --reltime --since: --until: --userspace"
        " --time-format: --json --raw --noescape",
        values={"-F": paths},
    ),
    "sysctl": spec(
        "-anNeq -r: --all --names --values --pattern: --ignore",
        rest=matching(r"[a-z][\w.\-/*]*", "would set a value"),
        least=0,
    ),
    "ulimit": spec("-aHSncdefilmpqrstuvx", rest=matching("", "would set a limit")),
    "getent": spec(
        "-i",
        matching(
            "passwd|group|hosts|services|protocols|networks|ahosts|ahostsv4|ahostsv6"
            "|netgroup|rpc|ethers|initgroups",
            "is not open to all",
        ),
        rest=token,
        least=1,
    ),
    "crontab": spec("-l -u:", needs="-l"),
    **each("atq", spec("-V -q:")),
    "chage": spec("-l", token, needs="-l"),
    "faillog": spec("-a -u:"),
    "getenforce": spec(""),
    **each("aa-status apparmor_status", spec("--json --pretty-json --verbose --enabled")),
    "numactl": spec("-H -s --hardware --show", needs="-H|-s|--hardware|--show"),
    "numastat": spec("-cmnsvz -p:", rest=token),
    "slabtop": spec("-o -s: --once --sort:", needs="-o|--once"),
    "pmap": spec("-xXdqp", rest=number),
    "prlimit": spec("-p: --pid: --raw --noheadings -o:"),
    "taskset": spec("-p -c -cp -pc", number, needs="-p"),
    "chrt": spec("-p -m -a", number),
    "ipcs": spec("-amqstpclu -i:"),
    "mokutil": spec("--sb-state --list-enrolled -l"),
    "efibootmgr": spec("-v"),
    "edac-util": spec("-v -s -r?"),
    "ras-mc-ctl": spec("--status --summary --errors --mainboard --layout --error-count"),
    "mcelog": spec("--client"),
    "virt-what": spec(""),
}
"""Commands about the machine, by name."""
