"""What the cluster service needs to know, taken from the settings once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from services.cluster.model import Tier

INTERVALS_S: Mapping[Tier, float] = MappingProxyType(
    {Tier.CRITICAL: 12.0, Tier.IMPORTANT: 32.0, Tier.ROUTINE: 300.0, Tier.BACKGROUND: 1_800.0}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How one endpoint proves who it is.

    A pinned certificate counts before a CA file; with neither, the public CAs of this machine.
    """

    ca_file: Path | None = None
    pinned_sha256: str | None = None
    """64 upper-case hex digits of the certificate's SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConfig:
    """Where Proxmox is, how it is trusted, who we are to it, and how often it is asked."""

    endpoints: tuple[str, ...]
    """`https://host:port`, best first."""
    token_id: str
    """`user@realm!name`."""
    token_secret: SecretStr
    ca_file: Path | None = None
    pins: Mapping[str, str] = field(default_factory=dict)
    """`host` or `host:port` to the SHA-256 of its certificate."""
    timeout_s: float = 10.0
    """For one answer; a connection must stand within 3 s."""
    loopback_only: bool = False
    intervals_s: Mapping[Tier, float] = field(default_factory=lambda: INTERVALS_S)

    def trust_for(self, url: str) -> Trust:
        """What `url` must show to be believed."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        for name in (f"{host}:{parts.port}", parts.netloc.lower(), host):
            if (pinned := self.pins.get(name)) is not None:
                return Trust(pinned_sha256=pinned.replace(":", "").upper())
        return Trust(ca_file=self.ca_file)


class ClusterSettingsGiven(Protocol):
    """What is taken of the settings, which have checked it."""

    @property
    def proxmox_endpoints(self) -> list[str]: ...
    @property
    def proxmox_token_id(self) -> str | None: ...
    @property
    def proxmox_token_secret(self) -> SecretStr | None: ...
    @property
    def proxmox_ca_file(self) -> Path | None: ...
    @property
    def proxmox_timeout_s(self) -> float: ...
    @property
    def jarvis_loopback_only(self) -> bool: ...
    @property
    def poll_critical_s(self) -> float: ...
    @property
    def poll_important_s(self) -> float: ...
    @property
    def poll_routine_s(self) -> float: ...
    @property
    def poll_background_s(self) -> float: ...
    def pins(self) -> dict[str, str]: ...


def cluster_config(settings: ClusterSettingsGiven) -> ClusterConfig:
    """What the cluster service needs of the settings, which must name a cluster."""
    assert settings.proxmox_token_id is not None
    assert settings.proxmox_token_secret is not None
    return ClusterConfig(
        endpoints=tuple(settings.proxmox_endpoints),
        token_id=settings.proxmox_token_id,
        token_secret=settings.proxmox_token_secret,
        ca_file=settings.proxmox_ca_file,
        pins=settings.pins(),
        timeout_s=settings.proxmox_timeout_s,
        loopback_only=settings.jarvis_loopback_only,
        intervals_s={
            Tier.CRITICAL: settings.poll_critical_s,
            Tier.IMPORTANT: settings.poll_important_s,
            Tier.ROUTINE: settings.poll_routine_s,
            Tier.BACKGROUND: settings.poll_background_s,
        },
    )
