"""What the cluster service needs to know, taken from the settings once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
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
