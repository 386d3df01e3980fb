"""The simulator as a process of its own: started, waited for, hurt, mended, ended."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Self

from .remote import Control


class SimulatorFailed(Exception):
    """The simulator did not come up."""


class SimulatorProcess:
    """A running simulator. Use `start`, and `stop` when done, or it as a context."""

    def __init__(self, process: "subprocess.Popen[bytes]", told: dict[str, Any], log: Path) -> None:
        self._process = process
        self._told = told
        self.log_file = log
        self.pid: int = process.pid
        self.endpoints: list[str] = told["endpoints"]
        self.nodes: list[str] = told["nodes"]
        self.ca_file: str = told["ca_file"]
        self.token_id: str = told["token_id"]
        self.token_secret: str = told["token_secret"]
        self.read_token_id: str = told["read_token_id"]
        self.read_token_secret: str = told["read_token_secret"]
        self.user: str = told["user"]
        self.password: str = told["password"]
        self.ssh: dict[str, str] = told["ssh"]
        """host:port of each node's SSH server, and of the management guest's."""
        self.ssh_user: str = told["ssh_user"]
        self.ssh_key_file: str = told["ssh_key_file"]
        self.ssh_known_hosts_file: str = told["ssh_known_hosts_file"]
        self.anthropic_url: str = told["anthropic_url"]
        self.anthropic_key: str = told["anthropic_key"]
        self.llama_url: str = told["llama_url"]
        self.llama_key: str = told["llama_key"]
        self.scripted: bool = told["scripted"]
        """Whether who answers at those addresses is a script, and no model."""
        self.control_url: str = told["control_url"]
        self.control_key: str = told["control_key"]
        self.control = Control(url=self.control_url, key=self.control_key)

    def __repr__(self) -> str:
        return f"SimulatorProcess(pid={self.pid}, endpoints={self.endpoints})"

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        nodes: int = 4,
        guests: int = 20,
        seed: int = 1,
        speed: float = 1.0,
        pve: str = "9.2",
        port: int = 0,
        llm_speed: str = "realistic",
        llm_context: int = 8_192,
        llm_load_s: float = 0.0,
        deadline_s: float = 20.0,
    ) -> Self:
        """Start one in that directory and wait until it answers.

        It ends with this process, however that ends. Raises SimulatorFailed with the last lines
        of its log when it ends instead, or is not ready in time.
        """
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "simulator.log"
        command = [sys.executable, "-m", "simulator", "--dir", str(folder), "--exit-with-parent"]
        command += ["--nodes", str(nodes), "--guests", str(guests), "--seed", str(seed)]
        command += ["--speed", str(speed), "--pve", pve, "--port", str(port)]
        command += ["--llm-speed", llm_speed, "--llm-context", str(llm_context)]
        command += ["--llm-load-s", str(llm_load_s)]
        root = str(Path(__file__).resolve().parent.parent)
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        # Under a name of its own until it is ready: a running one may be writing the log.
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{log.name}.", delete=False) as errors:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
        assert process.stdout is not None
        until = time.monotonic() + deadline_s
        if _read_line(process.stdout, until) != b"ready\n":
            late = time.monotonic() >= until
            process.kill()
            process.wait()
            _close(process)
            own_log = Path(errors.name)
            tail = own_log.read_text(errors="replace")[-2000:].strip() or "it says nothing"
            own_log.unlink()
            raise SimulatorFailed(f"not ready after {deadline_s:g} s:\n{tail}" if late else tail)
        Path(errors.name).replace(log)
        told = json.loads((folder / "simulator.json").read_text())
        return cls(process, told, log)

    def fault(
        self, name: str, target: str | None = None, seconds: float | None = None
    ) -> dict[str, Any]:
        """Turn a fault on; hands back what is active. Raises ControlRefused."""
        return self.control.fault(name, target, seconds)

    def clear(self, name: str | None = None, target: str | None = None) -> dict[str, Any]:
        """Turn off a fault, all of one name, or all. Raises ControlRefused."""
        return self.control.clear(name, target)

    def world(self) -> dict[str, Any]:
        """The short summary of the world. Raises ControlRefused."""
        return self.control.world()

    def end(self) -> None:
        """Tell it to end, and go on without it; `stop` waits for it."""
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self, deadline_s: float = 5.0) -> int:
        """End it and wait, by force past the deadline; hands back its exit code."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(deadline_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        _close(self._process)
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _read_line(stream: IO[bytes], until: float) -> bytes:
    """One line, or what there was of it when the time (monotonic) or the stream was over."""
    line = b""
    while not line.endswith(b"\n") and (left := until - time.monotonic()) > 0:
        readable, _, _ = select.select([stream], [], [], left)
        if not readable:
            break
        read = os.read(stream.fileno(), 1)
        if not read:
            break
        line += read
    return line


def _close(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
