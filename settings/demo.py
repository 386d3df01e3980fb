"""The settings of the demo: those of the environment, but for what its homelab is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from settings.loading import Settings, load_settings


class Homelab(Protocol):
    """What a simulated homelab tells of itself."""

    @property
    def endpoints(self) -> Sequence[str]: ...
    @property
    def token_id(self) -> str: ...
    @property
    def token_secret(self) -> str: ...
    @property
    def ca_file(self) -> str: ...
    @property
    def ssh(self) -> Mapping[str, str]: ...
    @property
    def ssh_user(self) -> str: ...
    @property
    def ssh_key_file(self) -> str: ...
    @property
    def ssh_known_hosts_file(self) -> str: ...
    @property
    def anthropic_url(self) -> str: ...
    @property
    def anthropic_key(self) -> str: ...
    @property
    def llama_url(self) -> str: ...
    @property
    def llama_key(self) -> str: ...


def demo_folder(data_dir: Path) -> Path:
    """Where the demo keeps its homelab and its database."""
    return data_dir / "demo"


def demo_settings(folder: Path, homelab: Homelab) -> Settings:
    """Those of a house in that folder over that homelab. Raises SettingsError."""
    return load_settings(
        jarvis_data_dir=folder,
        jarvis_loopback_only=True,
        proxmox_endpoints=homelab.endpoints,
        proxmox_token_id=homelab.token_id,
        proxmox_token_secret=homelab.token_secret,
        proxmox_ca_file=Path(homelab.ca_file),
        proxmox_fingerprints=[],
        ssh_key_file=Path(homelab.ssh_key_file),
        ssh_user=homelab.ssh_user,
        ssh_nodes=[f"{node}={address}" for node, address in homelab.ssh.items()],
        ssh_known_hosts_file=Path(homelab.ssh_known_hosts_file),
        anthropic_api_key=homelab.anthropic_key,
        anthropic_base_url=homelab.anthropic_url,
        llama_server_url=homelab.llama_url,
        llama_server_key=homelab.llama_key,
        jarvis_vmid=103,
        jarvis_docker_node="mgmt",
    )
