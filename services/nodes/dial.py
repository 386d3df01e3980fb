"""Opening one SSH connection: with one key, to a host whose key is trusted, and nothing else.

No agent, no password, no key or configuration of the machine's own user, no forwarding. The host
key is judged before anything of ours is sent but the key exchange.
"""

import asyncio
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import structlog

from services.dialing import check_dialable
from services.nodes.door import CONNECT_TIMEOUT_S, Asked, translate
from services.nodes.errors import SshNotConfigured
from services.nodes.hostkeys import Distrust

log = structlog.get_logger("nodes.dial")

KEEPALIVE_S = 15.0
KEEPALIVES_MISSED = 3
ALGORITHM = "ssh-ed25519"
HOST_KEY_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""The sorts of host key we take, the best first; no certificates."""
NO_KNOWN_HOSTS: tuple[list[str], list[str], list[str]] = ([], [], [])
"""None at all would switch the check off; an empty list leaves every key to our own judgement."""

Judge = Callable[[asyncssh.SSHKey], Distrust | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """What one attempt to connect needs to know."""

    asked: Asked
    key: asyncssh.SSHKey
    judge: Judge
    wanted_algorithms: tuple[str, ...] = ()
    """The sorts of host key that are trusted already, so that the server shows one of them."""
    loopback_only: bool = False


class _Caller(asyncssh.SSHClient):
    """Our side of one connection: judges the host key, and tells when the connection is over."""

    def __init__(self, dial: Dial, on_lost: Callable[[Exception | None], None]) -> None:
        self.distrust: Distrust | None = None
        self._dial = dial
        self._on_lost = on_lost

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        peer = conn.get_extra_info("peername")
        if peer:
            check_dialable(str(peer[0]), loopback_only=self._dial.loopback_only)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost(exc)

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        self.distrust = self._dial.judge(key)
        return self.distrust is None


def read_key(file: Path | None) -> asyncssh.SSHKey:
    """The private key to sign in with. Raises SshNotConfigured. It blocks for a moment."""
    if file is None:
        raise SshNotConfigured
    try:
        mode = file.stat().st_mode
        key = asyncssh.read_private_key(str(file))
    except OSError as error:
        raise SshNotConfigured(
            f"{file} cannot be read ({error.strerror})",
            "Name the key in SSH_KEY_FILE, and let the user Jarvis runs as read it (in the "
            "container 10001); docs/operating.md tells how",
        ) from error
    except (asyncssh.KeyImportError, ValueError) as error:
        # Most locked keys are told by a KeyImportError like any other, but for its words.
        if isinstance(error, asyncssh.KeyEncryptionError) or "assphrase" in str(error):
            raise SshNotConfigured(
                f"{file} is locked with a passphrase",
                "Nobody is there to type it: take it off a copy (`ssh-keygen -p -N '' -f COPY`), "
                "or make a key for Jarvis alone, and name that in SSH_KEY_FILE",
            ) from error
        raise SshNotConfigured(f"{file} holds no private key") from error
    if key.get_algorithm() != ALGORITHM:
        raise SshNotConfigured(f"{file} holds a key of the sort {key.get_algorithm()}, not ed25519")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        log.warning("key file is open to others", file=str(file), remedy=f"chmod 600 {file}")
    return key


async def dial(
    dial: Dial, on_lost: Callable[[Exception | None], None]
) -> asyncssh.SSHClientConnection:
    """Connect and sign in, within CONNECT_TIMEOUT_S all told.

    `on_lost` is called once whenever the connection ends, whether or not it came about.
    Raises NodesError.
    """
    asked = dial.asked
    caller = _Caller(dial, on_lost)
    try:
        check_dialable(asked.address.host, loopback_only=dial.loopback_only)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await asyncssh.connect(
                asked.address.host,
                asked.address.port,
                client_factory=lambda: caller,
                config=None,
                known_hosts=NO_KNOWN_HOSTS,
                server_host_key_algs=_algorithms(dial.wanted_algorithms),
                x509_trusted_certs=None,
                username=asked.user,
                client_keys=[dial.key],
                agent_path=None,
                agent_forwarding=False,
                preferred_auth=("publickey",),
                public_key_auth=True,
                password_auth=False,
                kbdint_auth=False,
                host_based_auth=False,
                gss_kex=False,
                gss_auth=False,
                disable_trivial_auth=True,
                compression_algs=None,
                connect_timeout=None,
                login_timeout=CONNECT_TIMEOUT_S,
                keepalive_interval=KEEPALIVE_S,
                keepalive_count_max=KEEPALIVES_MISSED,
            )
    except Exception as error:
        if caller.distrust is not None:
            raise caller.distrust from error
        raise translate(error, asked) from error


def _algorithms(wanted: tuple[str, ...]) -> list[str]:
    """What is trusted first, so that a server with several keys shows that one; then the rest."""
    first: list[str] = []
    for algorithm in wanted:
        first += ["rsa-sha2-512", "rsa-sha2-256"] if algorithm == "ssh-rsa" else [algorithm]
    return list(
        dict.fromkeys([a for a in first if a in HOST_KEY_ALGORITHMS] + [*HOST_KEY_ALGORITHMS])
    )
