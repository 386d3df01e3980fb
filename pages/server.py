"""The server under the pages: its addresses, its signals, and its end."""

import errno
import os
import signal
import socket

import uvicorn
from fastapi import FastAPI

from components.live.hub import Hub

SHUTDOWN_GRACE_S = 1
"""What still answers a browser may take this long when the house ends, which takes 5 s at most."""


class Server(uvicorn.Server):
    """uvicorn, which tells the open pages before it closes their sockets."""

    def __init__(self, application: FastAPI, hub: Hub) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                ws="wsproto",
                log_config=None,
                access_log=False,
                server_header=False,
                # The wall looks at X-Forwarded-* itself, and only from trusted proxies.
                proxy_headers=False,
                timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
            )
        )
        self._hub = hub

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await self._hub.stop(because="Jarvis is restarting")
        await super().shutdown(sockets)  # type: ignore[arg-type]


def listen(host: str, port: int) -> list[socket.socket]:
    """The page's own addresses, taken before anything is built. Raises OSError with a reason."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    taken: list[socket.socket] = []
    missing: OSError | None = None
    for family, address in dict.fromkeys((family, address) for family, *_, address in found):
        try:
            taken.append(socket.create_server(address, family=family, backlog=1024))
        except OSError as error:
            # Python adds the address it tried to the reason, which whoever is told names as well.
            missing = OSError(error.errno, os.strerror(error.errno or 0))
            if error.errno == errno.EADDRNOTAVAIL:
                continue  # such as ::1 for `localhost` where IPv6 is switched off
            break
    if missing is not None and (not taken or missing.errno != errno.EADDRNOTAVAIL):
        for opened in taken:
            opened.close()
        raise missing
    return taken


def end_on_signals() -> None:
    """Let both signals mean a clean end: uvicorn raises them again once it has shut down."""

    def end(*_: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
