"""Packages: what is installed, what could be, and a trial run of what would change."""

from collections.abc import Mapping
from typing import Final

from services.safety.rules import known, names, text, token
from services.safety.specs import Spec, each, spec, tool
from services.safety.tiers import Tier

_TRIAL: Final = "-s -V -q -y -m -u --simulate --dry-run --just-print --no-act --verbose-versions"
_NEEDS_TRIAL: Final = "-s|--simulate|--dry-run|--just-print|--no-act"
_TRIES: Final = spec(
    f"{_TRIAL} --with-new-pkgs --no-install-recommends --purge --autoremove --auto-remove",
    rest=token,
    needs=_NEEDS_TRIAL,
)
_REFRESH: Final = spec(
    "-qy --quiet? --yes --assume-yes", tier=Tier.YELLOW, because="refreshes the package lists"
)
_SHOWS: Final = spec(
    "-aqn --all-versions --no-all-versions --installed --names-only --full"
    " --recurse --no-recommends --no-suggests --important",
    rest=known,
)

PACKAGES: Final[Mapping[str, Spec]] = {
    **each(
        "apt",
        tool(
            subs={
                "list": spec(
                    "-a -v -q --installed --upgradable --upgradeable --all-versions --verbose"
                    " --manual-installed --quiet?",
                    rest=text,
                ),
                "show|search|policy|depends|rdepends|madison|showsrc|info": _SHOWS,
                "update": _REFRESH,
                "upgrade|full-upgrade|dist-upgrade|install|remove|autoremove|purge": _TRIES,
                "help|moo": spec(""),
            }
        ),
    ),
    "apt-get": tool(
        "-sq --simulate --dry-run --just-print --no-act",
        subs={
            "update": _REFRESH,
            "upgrade|dist-upgrade|full-upgrade|install|remove|autoremove|purge|autopurge": _TRIES,
            "check|indextargets": spec("-q"),
        },
    ),
    "apt-cache": tool(
        "-q",
        subs={
            "policy|show|search|depends|rdepends|madison|pkgnames|stats|showpkg|showsrc|unmet"
            "|dump|dumpavail": _SHOWS,
        },
    ),
    "apt-mark": tool(subs={"showhold|showmanual|showauto|showinstall": spec("", rest=token)}),
    "apt-config": tool(subs={"dump": spec("", rest=token)}),
    "apt-file": tool(subs={"search|list|show|find": spec("-lxF", rest=known)}),
    "apt-key": tool(subs={"list": spec("")}),
    "apt-show-versions": spec("-uabin", rest=token),
    "dpkg": spec(
        "-lLsSpcICV --list --listfiles --status --search --print-avail --contents --info --audit"
        " --verify --get-selections --print-architecture --print-foreign-architectures"
        " --compare-versions --no-pager --field -W",
        rest=known,
        needs="-l|-L|-s|-S|-p|-c|-I|-C|-V|--list|--listfiles|--status|--search|--print-avail"
        "|--contents|--info|--audit|--verify|--get-selections|--print-architecture"
        "|--print-foreign-architectures|--compare-versions",
    ),
    "dpkg-query": spec(
        "-lLsSWcp -f: --list --listfiles --status --search --show --showformat:"
        " --no-pager --control-list",
        rest=names,
        values={"-f": text, "--showformat": text},
    ),
    "debsums": spec("-sacel --all --changed --silent --config", rest=token),
    "aptitude": tool(subs={"search|show|why|why-not|versions": spec("-F: -w:", rest=known)}),
    "needrestart": spec("-b -k -l -v -p", needs="-b"),
    "checkrestart": spec("-v"),
    "snap": tool(subs={"list|info|version|services|changes": spec("--all", rest=token)}),
    "flatpak": tool(subs={"list|info|remotes": spec("--app --columns:", rest=token)}),
    "pip": tool(subs={"list|show|freeze|check": spec("-o --outdated --format:", rest=token)}),
    **each("rpm", spec("-qailcfVR", rest=names, needs="-q")),
    **each("apk", tool(subs={"list|info|version|policy|stats": spec("-aIvu", rest=token)})),
}
"""Commands about packages, by name."""
