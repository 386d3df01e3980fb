"""The settings of the nodes over SSH: where they answer, who may be trusted, how they wake."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from settings.forms import CommaList

_NODE = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62})$")
_HOST = re.compile(r"^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?$")
_BARE_IPV6 = re.compile(r"^[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$")
_MAC = re.compile(r"^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$")


class NodesSettings(BaseSettings):
    """How nodes are reached, watched and woken."""

    ssh_key_file: Path | None = Field(
        None,
        description="ed25519 key to sign in to the nodes with; without it there is the API alone.",
    )
    ssh_user: str = Field("root", min_length=1, max_length=32, description="User on the nodes.")
    ssh_nodes: CommaList = Field(
        default_factory=list,
        description="Where nodes answer SSH, as name=host or name=host:port; a node that is not "
        "listed has the address Proxmox tells.",
    )
    ssh_known_hosts_file: Path | None = Field(
        None,
        description="Host keys of the nodes, trusted in advance, as OpenSSH writes them; any other "
        "first key waits for a person.",
    )
    jarvis_docker_node: str | None = Field(
        None,
        description="Node, or another name of SSH_NODES, whose Docker daemon runs Jarvis; its "
        "containers are shown.",
    )
    jarvis_docker_vmid: int | None = Field(
        None,
        ge=1,
        description="Guest the Docker daemon runs in, if it does not run on the node itself.",
    )
    temperature_warning_c: float = Field(
        80.0, ge=30, le=110, description="Temperature of a processor that wants attention."
    )
    wol_macs: CommaList = Field(
        default_factory=list,
        description="Network cards of the nodes to wake, as name=aa:bb:cc:dd:ee:ff; Proxmox is "
        "asked first.",
    )
    wol_broadcast: str = Field(
        "255.255.255.255", description="Address magic packets are sent to, with :port if not 9."
    )
    wol_url: str | None = Field(
        None,
        description="Service that wakes a machine when it is sent a POST; {node} and {mac} in it "
        "are filled in.",
    )

    @field_validator("ssh_nodes")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for text in value:
            name, _, host = text.partition("=")
            if not _NODE.match(name.strip()) or not _is_address(host.strip()):
                raise ValueError(f"'{text}' names no node; write pve=192.0.2.11 or pve=host:22")
        return value

    @field_validator("wol_macs")
    @classmethod
    def _network_cards(cls, value: list[str]) -> list[str]:
        for text in value:
            name, _, mac = text.partition("=")
            if not _NODE.match(name.strip()) or not _MAC.match(mac.strip()):
                raise ValueError(f"'{text}' is no network card; write pve=aa:bb:cc:dd:ee:ff")
        return value

    @field_validator("wol_broadcast")
    @classmethod
    def _broadcast(cls, value: str) -> str:
        if not _is_address(value):
            raise ValueError(f"'{value}' is no address; write 192.0.2.255 or 192.0.2.255:9")
        return value

    @field_validator("wol_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return value
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is no address of a service; write http://192.0.2.5/wake/{mac}")
        return value

    def node_addresses(self) -> dict[str, str]:
        """Name to `host` or `host:port`, of SSH_NODES."""
        return _pairs(self.ssh_nodes)

    def network_cards(self) -> dict[str, str]:
        """Name to the address of its network card, of WOL_MACS."""
        return {name: mac.lower().replace("-", ":") for name, mac in _pairs(self.wol_macs).items()}


def _pairs(listed: list[str]) -> dict[str, str]:
    split = (text.partition("=") for text in listed)
    return {name.strip(): value.strip() for name, _, value in split}


def _is_address(text: str) -> bool:
    if _BARE_IPV6.match(text):
        return True
    found = _HOST.match(text)
    return found is not None and (found["port"] is None or 0 < int(found["port"]) < 65_536)
