"""Starts Jarvis as a user would, as a process of its own, and tells where it listens."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from settings import Settings
from simulator.process import SimulatorProcess
from tests.support.plain_http import is_healthy

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 60.0
PORTS_TRIED = 4
QUICK_TIERS = {
    "POLL_CRITICAL_S": "1",
    "POLL_IMPORTANT_S": "1.5",
    "POLL_ROUTINE_S": "5",
    "POLL_BACKGROUND_S": "5",
}


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(wanted: str, look: Callable[[], T | None], *, within_s: float = 30.0) -> T:
    """The first answer of `look` that is neither None nor False; fails saying what was wanted."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while True:
        met = look()
        if met is not None and met is not False:
            return met
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within_s:g} s in vain for {wanted}")
        pause.wait(0.05)


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that pytest or a developer's shell may have left in it."""
    ours = {name.upper() for name in Settings.model_fields}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("JARVIS_", "PYTEST_", "NICEGUI_"))
    }
    return kept | {"PYTHONWARNINGS": "default"} | dict(extra)


@dataclass
class House:
    """A running Jarvis."""

    process: subprocess.Popen[str]
    url: str
    folder: Path
    lines: list[str] = field(default_factory=list)
    reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, name="house output", daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip("\n"))

    def healthy(self) -> bool:
        """Whether it answers on /healthz."""
        return is_healthy(self.url)

    def login_link(self) -> str:
        """The one-time link it printed."""

        def find() -> str | None:
            for line in self.lines:
                if match := re.search(r"https?://\S+/enter/\S+", line):
                    return match.group(0)
            return None

        return eventually("a printed login link", find, within_s=READY_WITHIN_S)

    def setup_link(self) -> str:
        """The address of the first run it printed, with the code in it."""

        def find() -> str | None:
            found = (re.search(r"https?://\S+/setup\?code=\S+", line) for line in self.lines)
            return next((match.group(0) for match in found if match), None)

        return eventually("a printed setup link", find, within_s=READY_WITHIN_S)

    def stop(self, how: signal.Signals = signal.SIGTERM, within_s: float = 60.0) -> int:
        """Send the signal and wait; hands back the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(within_s)
        self.reader.join(within_s)
        return code

    @property
    def log(self) -> str:
        """Everything it has written so far."""
        return "\n".join(self.lines)


def start_house(
    arguments: list[str], folder: Path, *, port: int | None = None, **settings: str
) -> House:
    """Run `jarvis <arguments>` in `folder` and wait until it is healthy."""
    if port is not None:
        return _start_house(arguments, folder, port, settings)
    for _ in range(PORTS_TRIED - 1):
        try:
            return _start_house(arguments, folder, free_port(), settings)
        except AssertionError as error:
            # Between its choice and its use, another process can have taken a port.
            if "Address already in use" not in str(error):
                raise
    return _start_house(arguments, folder, free_port(), settings)


def _start_house(
    arguments: list[str], folder: Path, port: int, settings: Mapping[str, str]
) -> House:
    environment = clean_environment(
        {"JARVIS_PORT": str(port), "JARVIS_DATA_DIR": str(folder / "data"), **settings}
    )
    process = subprocess.Popen(
        [sys.executable, "-c", "import cli; cli.main()", *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    house = House(process, f"http://127.0.0.1:{port}", folder)

    def ready() -> bool:
        if process.poll() is not None:
            raise AssertionError(f"jarvis ended with {process.returncode}:\n{house.log}")
        return house.healthy()

    try:
        eventually("jarvis to answer on /healthz", ready, within_s=READY_WITHIN_S)
    except AssertionError:
        process.kill()
        raise
    return house


def settings_for(simulator: SimulatorProcess) -> dict[str, str]:
    """The environment that points Jarvis at a running simulator."""
    return {
        "PROXMOX_ENDPOINTS": ",".join(simulator.endpoints),
        "PROXMOX_TOKEN_ID": simulator.token_id,
        "PROXMOX_TOKEN_SECRET": simulator.token_secret,
        "PROXMOX_CA_FILE": str(simulator.ca_file),
        "JARVIS_LOOPBACK_ONLY": "true",
    }
