"""Which host keys are trusted: those a person has accepted, and those of a file given in advance.

A key is compared whole, not by its fingerprint. A first key waits; a key other than the trusted one
is refused and never takes its place: that takes two deliberate steps of a person, to forget the one
and to trust the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import structlog

from db import Database
from db.queries.host_keys import find_host_keys, forget_host_key, record_host_key
from db.rows_nodes import HostKeyRow
from services.clock import Clock
from services.nodes.config import SSH_PORT, Address
from services.nodes.errors import (
    HostKeyChanged,
    HostKeyNotShown,
    HostKeyNotTrusted,
    HostKeyUnknown,
)

log = structlog.get_logger("nodes.hostkeys")

Distrust = HostKeyUnknown | HostKeyChanged

KNOWN_HOSTS_REMEDY = (
    "Let this user read SSH_KNOWN_HOSTS_FILE, and mend what is said of it; until then no key is "
    "trusted in advance and none is revoked"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownKey:
    """A host key as a node has shown it."""

    node: str
    address: Address
    fingerprint: str
    """`SHA256:…`"""
    public_key: str
    """`ssh-ed25519 AAAA…`"""
    algorithm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHost:
    """What the file has of one address."""

    trusted: tuple[str, ...] = ()
    """Public keys."""
    revoked: tuple[str, ...] = ()


class KnownHosts:
    """Host keys trusted in advance, in OpenSSH's own file format."""

    def __init__(self, file: Path | None) -> None:
        self._known: asyncssh.SSHKnownHosts | None = None
        self.because: str | None = None
        """Why the file could not be read."""
        if file is None:
            return
        try:
            self._known = asyncssh.import_known_hosts(file.read_text())
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            self.because = f"{file} cannot be read as known_hosts: {why}"
            log.warning("known hosts unreadable", because=self.because, remedy=KNOWN_HOSTS_REMEDY)

    def find(self, address: Address) -> KnownHost:
        """The keys of an address; an entry with its port counts before one for the host alone."""
        if self._known is None:
            return KnownHost()
        names = [address.host]
        if address.port != SSH_PORT:
            names.insert(0, f"[{address.host}]:{address.port}")
        found = [self._known.match(name, "", None) for name in names]
        trusted: list[str] = next((_all_written(keys) for keys, *_ in found if keys), [])
        revoked = [key for _, _, keys, *_ in found for key in _all_written(keys)]
        return KnownHost(trusted=tuple(trusted), revoked=tuple(revoked))


class HostKeys:
    """Judges the keys that nodes show, and remembers what it was shown."""

    def __init__(self, database: Database, *, clock: Clock, known_hosts: KnownHosts) -> None:
        self._database = database
        self._clock = clock
        self._known_hosts = known_hosts
        self._trusted: dict[str, HostKeyRow] = {}
        self._shown: dict[str, ShownKey] = {}

    async def load(self) -> None:
        """Read what is trusted; before it nothing is."""
        self._trusted = {row.node: row for row in await self._database.run(find_host_keys)}

    @property
    def unread(self) -> str | None:
        """Why SSH_KNOWN_HOSTS_FILE could not be read; None where it was, or none is named."""
        return self._known_hosts.because

    def trusted_fingerprint(self, node: str, address: Address | None) -> str | None:
        """The fingerprint of the key that is trusted: a person's, else the file's first."""
        if (row := self._trusted.get(node)) is not None:
            return row.fingerprint
        known = self._known_hosts.find(address).trusted if address else ()
        return _fingerprint(known[0]) if known else None

    def shown(self, node: str) -> ShownKey | None:
        """The key a node showed last, whatever was thought of it."""
        return self._shown.get(node)

    def wanted_algorithms(self, node: str, address: Address) -> tuple[str, ...]:
        """The sorts of key to ask for: those that are trusted first, then our own preference."""
        keys = [row.public_key] if (row := self._trusted.get(node)) else []
        keys += self._known_hosts.find(address).trusted
        return tuple(dict.fromkeys(key.split()[0] for key in keys))

    def judge(self, node: str, address: Address, key: asyncssh.SSHKey) -> Distrust | None:
        """None for a trusted key; else why not. Remembers it as shown."""
        shown = ShownKey(
            node=node,
            address=address,
            fingerprint=key.get_fingerprint(),
            public_key=_written(key),
            algorithm=key.get_algorithm(),
        )
        self._shown[node] = shown
        known = self._known_hosts.find(address)
        row = self._trusted.get(node)
        trusted = ([row.public_key] if row else []) + list(known.trusted)
        if shown.public_key in known.revoked:
            return HostKeyChanged(node, str(address), shown.fingerprint, trusted="", revoked=True)
        if shown.public_key in trusted:
            return None
        if not trusted:
            return HostKeyUnknown(node, str(address), shown.fingerprint)
        return HostKeyChanged(
            node, str(address), shown.fingerprint, trusted=_fingerprint(trusted[0])
        )

    async def trust(self, node: str, fingerprint: str, *, by: str) -> bool:
        """Trust the key a node has shown; False where it was trusted already.

        Raises HostKeyNotShown for any other key, HostKeyChanged where another one is trusted.
        """
        shown = self._shown.get(node)
        if shown is None or shown.fingerprint != fingerprint:
            raise HostKeyNotShown(node, fingerprint, shown.fingerprint if shown else None)
        known = self._known_hosts.find(shown.address)
        held = self._trusted.get(node)
        if shown.public_key in known.revoked:
            raise HostKeyChanged(node, str(shown.address), fingerprint, trusted="", revoked=True)
        if (held and held.public_key == shown.public_key) or shown.public_key in known.trusted:
            return False
        if held is not None or known.trusted:
            trusted = held.fingerprint if held else _fingerprint(known.trusted[0])
            raise HostKeyChanged(node, str(shown.address), fingerprint, trusted=trusted)
        row = HostKeyRow(
            node=node,
            host=str(shown.address),
            fingerprint=shown.fingerprint,
            public_key=shown.public_key,
            trusted_at=self._clock.now(),
            trusted_by=by,
        )
        kept = await self._database.run(record_host_key, row)
        self._trusted[node] = kept  # of two who trust at once, the first one counts
        return kept == row

    async def forget(self, node: str, fingerprint: str, *, by: str) -> None:
        """Withdraw a person's trust in the key of a node. Raises HostKeyNotTrusted."""
        held = self._trusted.get(node)
        if held is None or held.fingerprint != fingerprint:
            shown = self._shown.get(node)
            of_file = bool(shown and self._known_hosts.find(shown.address).trusted)
            trusted = held.fingerprint if held else None
            raise HostKeyNotTrusted(node, fingerprint, trusted, of_file=of_file)
        await self._database.run(forget_host_key, node, at=self._clock.now(), by=by)
        self._trusted.pop(node, None)


def _written(key: asyncssh.SSHKey) -> str:
    """The key as one line, without a comment."""
    return " ".join(key.export_public_key("openssh").decode().split()[:2])


def _all_written(keys: Sequence[asyncssh.SSHKey]) -> list[str]:
    return [_written(key) for key in keys]


def _fingerprint(public_key: str) -> str:
    return asyncssh.import_public_key(public_key).get_fingerprint()
