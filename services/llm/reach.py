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
from services.tools.calls import Payload

_PROBES: Final[Mapping[str, str]] = MappingProxyType(
    {"ping_host": "host", "check_port": "host", "resolve_name": "name"}
)
_COMMANDS: Final = frozenset({"run_command", "run_readonly_command"})
_NETWORK: Final = re.compile(
    r"\b(?:dig|delv|drill|host|nslookup|resolvectl|systemd-resolve|getent|ping6?|fping|arping|"
    r"traceroute6?|tracepath6?|mtr|nc|ncat|netcat|nmap|telnet|whois|curl|wget|ssh|scp|rsync|"
    r"openssl|socat|ftp)\b|/dev/(?:tcp|udp)/"
)
_FED: Final = re.compile(r"\b(?:xargs|parallel)\b|\s-f\b|<")
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)+\.?|"
                          r"(?<![\w:])[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")  # fmt: skip


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
        if _NETWORK.search(command) is None:
            return
        if _FED.search(command):
            yield ""
        yield from _HOST.findall(command)


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
