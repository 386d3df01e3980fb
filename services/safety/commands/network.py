"""The network: addresses, routes, sockets, names, and whether a host answers."""

from collections.abc import Mapping
from typing import Final

from services.safety.rules import host, known, matching, number, rounds, seconds, token
from services.safety.specs import Call, Spec, Style, each, spec, tool
from services.safety.tiers import Tier

_SHOW: Final = matching("show|sh|list|ls|lst", "is more than a look")
_SHOW_ROUTE: Final = matching("show|sh|list|ls|lst|get|g", "is more than a look")
_LOOK: Final = spec("", _SHOW, rest=token)
_MAC: Final = matching(r"(?:[0-9A-Fa-f]{2}[:\-]){5}[0-9A-Fa-f]{2}", "is no hardware address")
_QUERY: Final = matching(r"[\w@+.*:/=\-]+", "is no query")
_WAKES: Final = "wakes a machine"


def _objects(names: str, one: Spec) -> dict[str, Spec]:
    return {"|".join(names.split()): one}


def _probes(call: Call) -> str | None:
    return None if len(call.operands) == 2 else "it wants a host and a port"


NETWORK: Final[Mapping[str, Spec]] = {
    "ip": tool(
        "-s -ss -d -h -4 -6 -0 -br -brief -j -json -p -pretty -c -c=never -color -color=never"
        " -color=auto -o -oneline -details -statistics -stats -human -human-readable -iec -t"
        " -N -r -resolve -f: -family: -a -all",
        subs={
            **_objects("a ad addr addre addres address", _LOOK),
            **_objects("l li lin link", _LOOK),
            **_objects("n ne nei neigh neighbor neighbour", _LOOK),
            **_objects("r ro rou rout route", spec("", _SHOW_ROUTE, rest=token)),
            **_objects(
                "ru rule maddr maddress mroute tunnel vrf ntable nexthop tcp_metrics", _LOOK
            ),
            "netns": spec("", matching("list|list-id|ls|show", "is more than a look")),
            "netns identify": spec("", number),
            "netconf": spec("", _SHOW, rest=token),
        },
        style=Style.WHOLE,
        apart=True,
    ),
    "ss": spec(
        "-alntupemioHOsrxwdMZ460bhNQT -f: -A: --all --listening --tcp --udp --numeric --processes"
        " --summary --no-header --extended --options --memory --info --unix --ipv4 --ipv6"
        " --resolve --raw --family: --query: --oneline --tos --bpf",
        rest=known,
    ),
    "netstat": spec(
        "-tulnparisegoxwvWMNC46F -A: --all --listening --tcp --udp --numeric"
        " --programs --route --interfaces --statistics --wide --extend"
    ),
    "arp": spec("-aenv -i:", rest=host),
    "route": spec("-nev4 -6"),
    "bridge": tool(
        "-s -d -j -p -c -color -o -statistics -details -json -4 -6",
        subs={
            "link|fdb|vlan|mdb|vni": _LOOK,
        },
        style=Style.WHOLE,
    ),
    "brctl": tool(subs={"show|showmacs|showstp": spec("", rest=token)}),
    "ifconfig": spec("-a -s", token),
    "ethtool": spec(
        "-i -S -k -a -g -c -l -m -T -P -n -x --driver --statistics --show-features --show-offload"
        " --show-pause --show-ring --show-coalesce --show-channels --module-info"
        " --show-time-stamping --show-permaddr --show-eee --show-fec --json",
        matching(r"[A-Za-z][\w.:@\-]*", "is no interface"),
        style=Style.WHOLE,
        least=1,
    ),
    "mii-tool": spec("-v", rest=token),
    "tc": tool(
        "-s -d -j -p -statistics -details",
        subs={
            "qdisc|class|filter": _LOOK,
        },
        style=Style.WHOLE,
    ),
    **each(
        "iptables ip6tables iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft",
        spec(
            "-LSnvxw -t: --list --list-rules --numeric --verbose --line-numbers --exact"
            " --table: --wait?",
            token,
            number,
            needs="-L|-S|--list|--list-rules",
        ),
    ),
    **each("iptables-save ip6tables-save", spec("-c -t: --counters --table:")),
    **each("ebtables ebtables-legacy", spec("-L -t: --Lc --Ln --Lx", token, needs="-L")),
    "arptables": spec("-L -n -v", token, needs="-L"),
    "ipset": tool(subs={"list|-L": spec("-n -t -name -terse", token, style=Style.WHOLE)}),
    "nft": tool(
        "-a -n -s -j -y -S -t --handle --json --numeric --stateless --terse",
        subs={"list": spec("", rest=token)},
        ruins={"flush ruleset": "it takes the whole firewall down"},
    ),
    "ufw": tool(
        subs={
            "status|status verbose|status numbered|show added|show listening|version"
            "|app list": spec("")
        },
        ruins={
            "disable": "it takes the firewall down",
            "reset": "it takes the firewall down",
            "--force reset": "it takes the firewall down",
        },
    ),
    "firewall-cmd": spec(
        "--state --list-all --list-ports --list-services --get-default-zone"
        " --get-active-zones --get-zones --list-all-zones --zone:"
    ),
    "fail2ban-client": tool(subs={"status|ping|version|banned": spec("", token)}),
    "conntrack": spec("-L -C -S -p: -s: -d: -o: -f:", token, needs="-L|-C|-S"),
    **each(
        "ping ping6",
        spec(
            "-nqv46DOaU -c: -W: -w: -i: -s: -I: -t: -M: -Q: -L -d",
            host,
            least=1,
            needs="-c|-w",
            values={
                "-c": rounds,
                "-w": seconds,
                "-W": seconds,
                "-I": token,
                "-i": matching(r"(?:0\.[2-9]\d*|[1-9]|10)", "is no moderate pace"),
            },
        ),
    ),
    "fping": spec(
        "-aAeuqs4n6d -c: -C: -t: -p: -r: -i:",
        rest=host,
        least=1,
        values={"-c": rounds, "-C": rounds},
    ),
    "arping": spec("-c: -I: -w: -i: -q -D -b", host, needs="-c", values={"-c": rounds}),
    **each(
        "traceroute traceroute6", spec("-nITU46 -w: -q: -m: -p: -f: -i:", host, number, least=1)
    ),
    **each("tracepath tracepath6", spec("-nb46 -m: -l: -p:", host, least=1)),
    "mtr": spec(
        "-rwnb46TujlzC -c: -i: -m: -s: --report --report-wide --no-dns --report-cycles:"
        " --json --show-ips --tcp --udp",
        host,
        least=1,
        needs="-r|-w|-j|--report|--report-wide|--json",
        values={"-c": rounds, "--report-cycles": rounds},
    ),
    "dig": spec("-x: -t: -4 -6 -p: -c: -q: -b: -u -r", rest=_QUERY),
    "host": spec("-aCdlrTUvw46 -t: -W: -R: -N: -p:", rest=host),
    "nslookup": spec(
        "-type: -query: -port: -timeout: -debug -class: -retry:",
        rest=host,
        style=Style.WHOLE,
        least=1,
    ),
    "delv": spec("-4 -6 -t: -x:", rest=_QUERY),
    "whois": spec("-H -h: -p:", host),
    **each(
        "nc ncat netcat",
        spec(
            "-zvnu46 -w:",
            host,
            matching(r"\d+(?:-\d+)?", "is no port"),
            needs="-z",
            least=2,
            check=_probes,
            values={"-w": seconds},
        ),
    ),
    "resolvectl": tool(
        "--no-pager --legend: -4 -6 -i: -t: --cache:",
        subs={
            "|status|statistics|query": spec("", rest=token),
            "dns|domain|llmnr|mdns|dnssec|nta|default-route": spec("", token),
        },
    ),
    "systemd-resolve": spec("--status --statistics"),
    "networkctl": tool(
        "--no-pager --no-legend -a --all -s --stats -l --full --json:",
        subs={
            "|list|status|lldp|label": spec("", rest=token),
        },
    ),
    "nmcli": tool(
        "-t -p -f: -g: -m: -c: --terse --pretty --fields: --get-values: --colors:",
        apart=True,
        subs={
            "|general|general status|g|device|device status|d|device show|device wifi list|dev"
            "|device list|networking|radio|connection|con|c": spec(""),
            "connection show|con show|c show|device show|dev show|d show|dev status|con list": spec(
                "--active", rest=token
            ),
        },
    ),
    "iw": tool(subs={"dev|list|phy|reg get": spec("")}),
    "iwconfig": spec("", token),
    **each("ifquery", spec("-l -a --list --all --state", rest=token)),
    "wg": tool(subs={"|show": spec("", matching(r"[A-Za-z][\w.\-]*", "is no interface"))}),
    "tailscale": tool(
        subs={
            "status|ip|netcheck|version": spec("--json --peers? --active --self? -4 -6 -1", token)
        }
    ),
    "zerotier-cli": tool(subs={"info|status|listpeers|peers|listnetworks": spec("-j")}),
    "vnstat": spec("-hdwmyt5 -i: --json? --oneline? -s --short --hours --days --months --top"),
    "lldpcli": tool(
        "-f:",
        subs={
            "show neighbors|show neighbors details|show neighbors summary"
            "|show chassis|show interfaces|show statistics": spec("")
        },
    ),
    "lldpctl": spec("-a -f:", rest=token),
    "ovs-vsctl": tool(
        subs={"show|list-br|list-ports|list-ifaces|get-manager|get-controller": spec("", token)}
    ),
    "rpcinfo": spec("-p -s -m", host),
    "showmount": spec("-ade --no-headers --exports --all", host),
    "smbstatus": spec("-bpSLvnd"),
    "nfsstat": spec("-csnromlv -34"),
    "exportfs": spec("-v", needs="-v"),
    **each(
        "wakeonlan wol etherwake ether-wake",
        spec("-i: -p: -b", _MAC, least=1, tier=Tier.YELLOW, because=_WAKES),
    ),
    "chronyc": tool(
        "-n -c -v",
        subs={
            "tracking|sources|sourcestats|activity|ntpdata|serverstats|rtcdata|clients"
            "|selectdata|authdata": spec("-v -a -n", rest=token),
        },
    ),
    "ntpq": spec(
        "-p -n -c: -4 -6",
        token,
        values={"-c": matching(r"peers|lpeers|rv|associations|as|sysinfo", "is more than a look")},
    ),
    "ntpstat": spec(""),
}
"""Commands about the network, by name."""
