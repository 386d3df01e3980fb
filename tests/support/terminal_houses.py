"""Starts `terminal_house.py` as a process of its own, over SSH servers on this machine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import httpx

from tests.support.house import clean_environment, eventually, free_port
from tests.support.openssh import OpenSsh
from tests.support.plain_http import NO_AUTHORITIES, is_healthy

ROOT = Path(__file__).resolve().parents[2]


class TerminalHouse:
    """A running house with terminals."""

    def __init__(
        self, folder: Path, servers: dict[str, OpenSsh], *, rcfile: str = "", **environment: str
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        told = {
            node: {
                "host": server.host,
                "port": server.port,
                "user": server.user,
                "key_file": str(server.key_file),
                "known_hosts": server.known_hosts_line,
            }
            for node, server in servers.items()
        }
        (folder / "servers.json").write_text(json.dumps(told))
        self._output = (folder / "output").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "tests/support/terminal_house.py"),
                str(self.port),
                str(folder),
            ],
            env=clean_environment({"PYTHONPATH": str(ROOT), **environment}),
            cwd=folder,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        eventually("the house to answer", self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "output").read_text()[-3_000:]
        return is_healthy(self.url)

    def link(self) -> str:
        """A link that signs a browser in, once."""
        token = httpx.get(f"{self.url}/assets/link", verify=NO_AUTHORITIES).json()["token"]
        return f"{self.url}/enter/{token}"

    def signed_in(self) -> httpx.Client:
        """A browser without pages."""
        browser = httpx.Client(
            base_url=self.url, headers={"origin": self.url}, verify=NO_AUTHORITIES
        )
        browser.get(self.link())
        return browser

    def stop(self) -> int:
        """End it; hands back its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._output.close()
        return code

    @property
    def log(self) -> str:
        """What it has written."""
        return (self.folder / "output").read_text()


@contextmanager
def running_terminal_house(
    folder: Path, servers: dict[str, OpenSsh], **environment: str
) -> Iterator[TerminalHouse]:
    """A house that runs for the length of the block."""
    house = TerminalHouse(folder, servers, **environment)
    try:
        yield house
    finally:
        house.stop()


@asynccontextmanager
async def terminal_socket(
    house: TerminalHouse, terminal_id: str, cookie: str, *, since: int | None = None
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A page's socket of a terminal."""
    query = "" if since is None else f"?since={since}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"{house.url}/terminals/{terminal_id}{query}",
            headers={"origin": house.url, "cookie": cookie},
            max_msg_size=0,
        ) as opened,
    ):
        yield opened


def forget_os_environment() -> None:
    """What a developer's shell has set must not reach a shell under test."""
    for name in ("PROMPT_COMMAND", "BASH_ENV"):
        os.environ.pop(name, None)
