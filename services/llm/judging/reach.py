"""Which hosts a model may have asked after: those a person named, and those of the house.

A look-up of a name tells whoever keeps that name's zone what was asked, so a text from a machine
could have a secret carried out as part of a name. It is refused here, whatever its tier.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from services.cluster.model import ClusterSnapshot
from services.safety.plain import NotPlain, Segment, read_plain
from services.safety.words import name_set
from services.tools.calls import Payload

_PROBES: Final[Mapping[str, str]] = MappingProxyType(
    {"ping_host": "host", "check_port": "host", "resolve_name": "name"}
)
_COMMANDS: Final = frozenset({"run_command", "run_readonly_command"})
_REACHING: Final = name_set(
    "apcaccess arp arping borg chronyc conntrack curl delv dig drill fping ftp getent host ipmitool"
    " iscsiadm lsof mtr nc ncat netcat nmap nslookup ntpdate ntpq openssl ping ping6"
    " proxmox-backup-client pvesm resolvectl restic rpcinfo rsync scp sftp showmount smbclient"
    " snmpget snmpwalk socat ss ssh systemd-resolve tailscale tcpdump telnet tracepath tracepath6"
    " traceroute traceroute6 upsc upsrw wget whois"
)
"""Commands that look a name up, or speak to another host."""
_LISTS_HOSTS: Final = name_set("dig fping nmap mtr")
"""Those that take a file of hosts after `-f`."""
_NETWORK: Final = re.compile(
    rf"(?<![\w.-])(?:{'|'.join(map(re.escape, sorted(_REACHING)))})(?![\w-])|/dev/(?:tcp|udp)/"
)
_FED: Final = re.compile(r"\b(?:xargs|parallel)\b|\s-f\b|<")
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)+\.?|"
                          r"(?<![\w:])[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")  # fmt: skip
_PARTS: Final = re.compile(r"[=@,\[\]()]+")
_PORT: Final = re.compile(r"(?<=[^:]):[\w.-]*$")
_DECIMAL: Final = re.compile(r"\d{1,2}\.\d{1,3}")
_WHOLE: Final = re.compile(r"\d{6,}|0[xX][0-9A-Fa-f]+")
"""An address may be written as one number."""


def refuses_reach(
    tool: str, arguments: Payload, *, said: Sequence[str], snapshot: ClusterSnapshot
) -> str:
    """Why a call would reach for a host that nobody has named; empty when it does not.

    :param said: the person's messages in this conversation.
    """
    for host in _hosts(tool, arguments):
        if not host:
            return "the hosts it reaches for cannot be told from the command"
        if not _is_known(host, said, snapshot):
            return (
                f"nobody has named the host {host[:80]}: ask the user to, since what a machine "
                "wrote is no reason to reach for it"
            )
    return ""


def _hosts(tool: str, arguments: Payload) -> Iterator[str]:
    """What is reached for; an empty one where that cannot be told."""
    if tool in _PROBES:
        yield str(arguments.get(_PROBES[tool], ""))
    if tool in _COMMANDS:
        command = str(arguments.get("command", ""))
        try:
            segments = read_plain(command.strip())
        except NotPlain:
            yield from _hosts_of_text(command)
        else:
            for segment in segments:
                yield from _hosts_of(segment)


def _hosts_of_text(command: str) -> Iterator[str]:
    """Of a command that cannot be read word by word."""
    if _NETWORK.search(command) is None:
        return
    if _FED.search(command):
        yield ""
    yield from _HOST.findall(command)


def _hosts_of(segment: Segment) -> Iterator[str]:
    words = segment.words
    names = [word.rpartition("/")[2] for word in words]
    place = next((at for at, name in enumerate(names) if name in _REACHING), None)
    if place is None:
        return
    name, rest = names[place], words[place + 1 :]
    fed = "xargs" in names[:place] or (segment.piped and name != "openssl")
    if fed or (name in _LISTS_HOSTS and any(word.startswith("-f") for word in rest)):
        yield ""
    for word in rest:
        if not word.startswith(("/", "./", "~")) or word.startswith("//"):
            yield from filter(_may_be_host, map(_without_port, _PARTS.split(word)))


def _without_port(part: str) -> str:
    return _PORT.sub("", part) if part.count(":") == 1 else part


def _may_be_host(part: str) -> bool:
    """A dotted name, an address, or the number of one; no decimal, and no single label."""
    if _DECIMAL.fullmatch(part):
        return False
    return part.count(":") > 1 or "." in part.strip(".") or bool(_WHOLE.fullmatch(part))


def _is_known(host: str, said: Sequence[str], snapshot: ClusterSnapshot) -> bool:
    name = host.rstrip(".").lower()
    try:
        return ipaddress.ip_address(name).is_private or _is_said(name, said)
    except ValueError:
        pass
    names = {node.lower() for node in snapshot.nodes}
    names |= {(guest.name or "").lower() for guest in snapshot.guests.values()}
    return name in names or _is_said(name, said)


def _is_said(name: str, said: Sequence[str]) -> bool:
    """Whether a person wrote it, by itself and not as part of another name."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)")
    return any(pattern.search(text.lower()) for text in said)
