"""Starts `door_house.py` as a process of its own and speaks to it."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import httpx

from tests.support.house import clean_environment
from tests.support.plain_http import NO_AUTHORITIES, is_healthy

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "three blind mice"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def awaited(condition: Callable[[], object], what: str, *, deadline_s: float = 20.0) -> None:
    ends_at = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < ends_at, f"waited {deadline_s} s for {what}"
        time.sleep(0.02)


class DoorHouse:
    """A small house behind the real wall and door, and what a browser needs to speak to it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.output = (self.folder / "output").open("ab")
        script = ROOT / "tests" / "support" / "door_house.py"
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(self.port), str(self.folder)],
            env=clean_environment({"PYTHONPATH": str(ROOT), **self.environment}),
            cwd=self.folder,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        awaited(self._answers, "the house to answer")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "output").read_text()
        return is_healthy(self.origin)

    def end(self, signal_: signal.Signals = signal.SIGTERM) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(signal_)
        code = self.process.wait(60)
        self.process = None
        self.output.close()
        return code

    def turn(self, seconds: float) -> None:
        turned = self.folder / "turned"
        before = float(turned.read_text()) if turned.exists() else 0.0
        turned.write_text(str(before + seconds))

    def browser(self, **headers: str) -> httpx.Client:
        return httpx.Client(
            base_url=self.origin, headers={"origin": self.origin, **headers}, verify=NO_AUTHORITIES
        )

    def set_up(self, browser: httpx.Client, name: str = "owner", **fields: str) -> httpx.Response:
        """Make the first account, with the code of the log unless another is given."""
        form = {"name": name, "password": PASSWORD, "again": PASSWORD, "code": self.setup_code}
        return browser.post("/setup", data={**form, **fields})

    @property
    def setup_code(self) -> str:
        return (self.folder / "code").read_text()

    def sign_in(self, browser: httpx.Client, password: str = PASSWORD) -> httpx.Response:
        return browser.post("/login", data={"name": "owner", "password": password})

    @asynccontextmanager
    async def socket(
        self, token: str | None, origin: str | None
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        headers = {"origin": origin} if origin else {}
        if token:
            headers["cookie"] = f"jarvis_session={token}"
        url = f"{self.origin}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, headers=headers) as opened,
        ):
            yield opened
