"""What the gate needs of the settings."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """Given once, at the start."""

    own_vmid: int | None = None
    """The guest Jarvis lives in (JARVIS_VMID)."""
    docker_node: str | None = None
    """The node whose Docker daemon runs Jarvis (JARVIS_DOCKER_NODE)."""
    docker_vmid: int | None = None
    """The guest whose Docker daemon runs Jarvis (JARVIS_DOCKER_VMID)."""
    override_hash: SecretStr | None = None
    """argon2 hash of the passkey (JARVIS_OVERRIDE_HASH); it wins over one made on the page."""
    secrets: tuple[SecretStr, ...] = ()
    """The secrets of this house, found by value in whatever a tool hands back."""


class GateSettingsGiven(Protocol):
    """What is taken of the settings, which have checked it."""

    @property
    def jarvis_vmid(self) -> int | None: ...
    @property
    def jarvis_docker_node(self) -> str | None: ...
    @property
    def jarvis_docker_vmid(self) -> int | None: ...
    @property
    def jarvis_override_hash(self) -> SecretStr | None: ...
    @property
    def jarvis_password_hash(self) -> SecretStr | None: ...
    @property
    def proxmox_token_secret(self) -> SecretStr | None: ...
    @property
    def anthropic_api_key(self) -> SecretStr | None: ...
    @property
    def llama_server_key(self) -> SecretStr | None: ...


def gate_config(settings: GateSettingsGiven) -> GateConfig:
    """Where Jarvis lives, the passkey, and the secrets that no tool may hand out."""
    known = (
        settings.proxmox_token_secret,
        settings.jarvis_password_hash,
        settings.jarvis_override_hash,
        settings.anthropic_api_key,
        settings.llama_server_key,
    )
    return GateConfig(
        own_vmid=settings.jarvis_vmid,
        docker_node=settings.jarvis_docker_node,
        docker_vmid=settings.jarvis_docker_vmid,
        override_hash=settings.jarvis_override_hash,
        secrets=tuple(secret for secret in known if secret is not None),
    )
