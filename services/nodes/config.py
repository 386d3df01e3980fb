"""What the nodes' room needs to know, taken from the settings once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

SSH_PORT = 22
WAKE_PORT = 9
NO_ADDRESSES: "Mapping[str, Address]" = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something answers."""

    host: str
    port: int

    def __str__(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{shown}:{self.port}"


def parse_address(text: str, *, port: int) -> Address:
    """`host`, `host:port`, `[::1]:port` or a bare IPv6 address; `port` where none is told.

    Raises ValueError.
    """
    text = text.strip()
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError(f"'{text}' is no address; write host or host:port")
        told = rest[1:]
    elif text.count(":") > 1:
        host, told = text, ""
    else:
        host, _, told = text.partition(":")
    if told and not (told.isascii() and told.isdigit() and 0 < int(told) < 65536):
        raise ValueError(f"'{text}' has no port between 1 and 65535")
    if not host or any(char.isspace() or char in "/@=" for char in host):
        raise ValueError(f"'{text}' is no address; write host or host:port")
    return Address(host=host, port=int(told) if told else port)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesConfig:
    """How nodes are reached over SSH, what of them is watched, and how they are woken."""

    key_file: Path | None = None
    """The ed25519 key to sign in with; without it nothing is dialled."""
    user: str = "root"
    addresses: Mapping[str, Address] = field(default_factory=lambda: NO_ADDRESSES)
    """By node; one that is not in it has the address the cluster tells."""
    known_hosts_file: Path | None = None
    """Host keys that are trusted in advance, as OpenSSH writes them."""
    docker_node: str | None = None
    """The node, or another name of `addresses`, whose Docker daemon is Jarvis's own."""
    docker_vmid: int | None = None
    """The guest that daemon runs in, if it does not run on the node itself."""
    macs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By node, its network card as `aa:bb:cc:dd:ee:ff`."""
    broadcast: Address = Address(host="255.255.255.255", port=WAKE_PORT)
    """Where magic packets go."""
    wake_url: str | None = None
    """A service that wakes a machine when it is sent a POST; `{mac}` and `{node}` are filled in."""
    temperature_warning_c: float = 80.0
    """Above it a processor is too hot; it is well again 5 °C below."""
    loopback_only: bool = False
    watching: bool = True
    """Whether sensors, drives, pools, units and containers are read at all."""


class NodesSettingsGiven(Protocol):
    """What is taken of the settings, which have checked it."""

    @property
    def ssh_key_file(self) -> Path | None: ...
    @property
    def ssh_user(self) -> str: ...
    @property
    def ssh_known_hosts_file(self) -> Path | None: ...
    @property
    def jarvis_docker_node(self) -> str | None: ...
    @property
    def jarvis_docker_vmid(self) -> int | None: ...
    @property
    def temperature_warning_c(self) -> float: ...
    @property
    def wol_broadcast(self) -> str: ...
    @property
    def wol_url(self) -> str | None: ...
    @property
    def jarvis_loopback_only(self) -> bool: ...
    def node_addresses(self) -> dict[str, str]: ...
    def network_cards(self) -> dict[str, str]: ...


def nodes_config(settings: NodesSettingsGiven) -> NodesConfig:
    """What the nodes' room needs of the settings."""
    return NodesConfig(
        key_file=settings.ssh_key_file,
        user=settings.ssh_user,
        addresses={
            name: parse_address(text, port=SSH_PORT)
            for name, text in settings.node_addresses().items()
        },
        known_hosts_file=settings.ssh_known_hosts_file,
        docker_node=settings.jarvis_docker_node,
        docker_vmid=settings.jarvis_docker_vmid,
        macs=settings.network_cards(),
        broadcast=parse_address(settings.wol_broadcast, port=WAKE_PORT),
        wake_url=settings.wol_url,
        temperature_warning_c=settings.temperature_warning_c,
        loopback_only=settings.jarvis_loopback_only,
    )
