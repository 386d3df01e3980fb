"""A loopback port that can be closed and opened again, and stays the same."""

import asyncio

from aiohttp import web


class Port:
    """Serves what `web.Application`s it is handed, one at a time."""

    def __init__(self, number: int = 0) -> None:
        """:param number: 0 lets the system choose, once."""
        self._runner: web.AppRunner | None = None
        self._number = number
        self._turning = asyncio.Lock()

    @property
    def url(self) -> str:
        """Where it listens, or listened last."""
        return f"http://127.0.0.1:{self._number}"

    @property
    def is_open(self) -> bool:
        """Whether anybody listens."""
        return self._runner is not None

    async def open(self, app: web.Application) -> None:
        """Listen; at the number of before, once there was one."""
        async with self._turning:
            if self._runner is not None:
                return
            runner = web.AppRunner(
                app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2
            )
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", self._number, reuse_address=True)
            await site.start()
            self._number = runner.addresses[0][1]
            self._runner = runner

    async def close(self) -> None:
        """Refuse connections from now on, and cut those there are."""
        async with self._turning:
            if self._runner is None:
                return
            runner, self._runner = self._runner, None
            server = runner.server
            await asyncio.gather(*(site.stop() for site in runner.sites))
            for connection in list(server.connections) if server is not None else []:
                if connection.transport is not None:
                    connection.transport.abort()
            await runner.cleanup()
