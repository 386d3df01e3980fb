"""What queries of the nodes' room hand back: frozen values, aware times."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyRow:
    """A host key a person has trusted for a node."""

    node: str
    host: str
    """Where the node showed it: `192.0.2.11:22`."""
    fingerprint: str
    """`SHA256:…`, as OpenSSH writes it."""
    public_key: str
    """`ssh-ed25519 AAAA…`, as OpenSSH writes it."""
    trusted_at: datetime
    trusted_by: str
    """Who: `owner`."""
