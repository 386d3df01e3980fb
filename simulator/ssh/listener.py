"""One machine's SSH port: refused, silent or open as the machine is, under one of two host keys."""

import asyncio
import socket
import struct

import asyncssh

from simulator.api.listener import Door, bind_loopback

from .keys import Keyring
from .machines import Machine
from .session import Session

_RESET = struct.pack("ii", 1, 0)
BANNER = "OpenSSH_10.0p2 Debian-7"
USER = "root"


class SshListener:
    """Serves one machine's port on loopback. The port stays the same through every fault."""

    def __init__(self, machine: Machine, keyring: Keyring, port: int) -> None:
        self.machine = machine
        self.door = Door.SHUT
        self.changed = False
        """It shows another host key than its own."""
        self.authorized = keyring.authorized
        self._keyring = keyring
        self._bound = bind_loopback(port)
        self._serving: asyncssh.SSHAcceptor | None = None
        self._options: dict[bool, asyncssh.SSHServerConnectionOptions] = {}
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self.port: int = self._bound.getsockname()[1]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def turn(self, door: Door, *, changed: bool, kept: bool = False) -> None:
        """Change how the port behaves, and which host key it shows.

        Connections live on where they are `kept`: when only the daemon has ended.
        """
        if door is self.door and changed == self.changed:
            return
        before = self.door
        if changed != self.changed:
            self.cut()
        self.door, self.changed = door, changed
        if self._serving is not None:
            self._serving.close()
            self._serving = None
        if door is Door.SHUT:
            if not kept:
                self.cut()
            self._bound.close()
            self._bound = bind_loopback(self.port)
            return
        if before is Door.SHUT:
            self._bound.listen(128)
        for connection in self._connections:
            _hold(connection, held=door is Door.SILENT)
        if door is Door.OPEN:
            self._serving = await asyncssh.listen(
                sock=self._bound.dup(), options=await self._opened(changed), backlog=128
            )

    def cut(self) -> None:
        """Reset every open connection."""
        for connection in list(self._connections):
            plain = connection.get_extra_info("socket")
            if plain is not None and plain.fileno() >= 0:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            connection.abort()

    async def stop(self) -> None:
        """Close the port for good."""
        if self._serving is not None:
            self._serving.close()
        self.cut()
        self._bound.close()

    async def _opened(self, changed: bool) -> asyncssh.SSHServerConnectionOptions:
        """How connections are met; made once for each of the two keys."""
        if changed not in self._options:
            self._options[changed] = await asyncssh.SSHServerConnectionOptions.construct(
                config=None,
                server_factory=lambda: _Door(self),
                server_host_keys=[self._keyring.host_key(self.machine.name, changed=changed)],
                server_version=BANNER,
                encoding=None,
                line_editor=False,
                allow_scp=False,
                agent_forwarding=False,
                x11_forwarding=False,
                compression_algs=None,
                gss_host=None,
                login_timeout=60,
            )
        return self._options[changed]

    def enter(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.add(connection)

    def leave(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.discard(connection)


class _Door(asyncssh.SSHServer):
    """One connection: root and the one authorised key, sessions and nothing else."""

    def __init__(self, listener: SshListener) -> None:
        self._listener = listener
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._listener.enter(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._listener.leave(self._connection)

    def auth_completed(self) -> None:
        """It stands in the journal who came in, and from where."""
        peer = self._connection.get_extra_info("peername") if self._connection else None
        port = peer[1] if peer else 0
        self._listener.machine.note(
            "sshd-session",
            f"Accepted publickey for {USER} from 192.0.2.50 port {port} ssh2: ED25519",
            unit="ssh",
            pid=port,
        )

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key.public_data == self._listener.authorized

    def session_requested(self) -> Session:
        return Session(self._listener.machine)


def _hold(connection: asyncssh.SSHServerConnection, *, held: bool) -> None:
    """Stop or go on reading what it sends: asyncssh has no word for a machine that hangs."""
    transport = getattr(connection, "_transport", None)
    if isinstance(transport, asyncio.Transport) and not transport.is_closing():
        if held:
            transport.pause_reading()
        else:
            transport.resume_reading()
