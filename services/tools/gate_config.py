"""What the gate needs of the settings."""

from dataclasses import dataclass

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
