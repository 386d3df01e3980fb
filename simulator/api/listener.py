"""One node's HTTPS listener: it can be refused, frozen, cut, and given another certificate."""

import asyncio
import socket
import ssl
import struct
from enum import StrEnum

from aiohttp import web

from .certificates import NodeCertificate

_RESET = struct.pack("ii", 1, 0)


class Door(StrEnum):
    """How the port behaves."""

    OPEN = "open"
    """Accepts and answers."""
    SHUT = "shut"
    """Refuses connections, as a machine without the daemon does."""
    SILENT = "silent"
    """Takes connections and never says a word, as a hung machine does."""


class Listener:
    """Serves one node's port on loopback. The port stays the same through every fault."""

    def __init__(
        self,
        node: str,
        server: web.Server,
        certificate: NodeCertificate,
        port: int,
    ) -> None:
        self.node = node
        self.door = Door.SHUT
        self._server = server
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.num_tickets = 0
        self._bound = bind_loopback(port)
        self._serving: asyncio.Server | None = None
        self.port: int = self._bound.getsockname()[1]
        self.certificate = certificate
        self.show(certificate)

    def show(self, certificate: NodeCertificate) -> None:
        """Present that certificate from now on; open connections are cut."""
        self.certificate = certificate
        self._context.load_cert_chain(certificate.cert_file, certificate.key_file)
        self.cut()

    async def turn(self, door: Door) -> None:
        """Change how the port behaves."""
        if door is self.door:
            return
        before, self.door = self.door, door
        if self._serving is not None:
            self._serving.close()
            self._serving = None
        if door is Door.SHUT:
            self.cut()
            self._bound.close()
            self._bound = bind_loopback(self.port)
            return
        if before is Door.SHUT:
            self._bound.listen(128)
        if door is Door.OPEN:
            loop = asyncio.get_running_loop()
            self._serving = await loop.create_server(
                self._server, sock=self._bound.dup(), ssl=self._context, backlog=128
            )

    def cut(self) -> None:
        """Reset every open connection."""
        for connection in list(self._server.connections):
            transport = connection.transport
            if transport is None:
                continue
            plain = transport.get_extra_info("socket")
            if plain is not None:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            transport.abort()

    async def stop(self) -> None:
        """Close the port for good."""
        if self._serving is not None:
            self._serving.close()
        self.cut()
        self._bound.close()
        await self._server.shutdown(0.2)


def bind_loopback(port: int) -> socket.socket:
    """A port on loopback that refuses connections until it listens."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setblocking(False)
    bound.bind(("127.0.0.1", port))
    return bound
