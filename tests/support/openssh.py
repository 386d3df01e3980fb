"""A real OpenSSH server on a loopback port, for tests that want no double of it."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncssh
import psutil
import pytest

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
PRIVSEP_FOLDER = Path("/run/sshd")

# With another home no shell reads what whoever runs the tests has in theirs.
CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile {folder}/sshd.pid
StrictModes no
UsePAM no
UseDNS no
SetEnv HOME={folder}{path}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv LANG LC_*
PrintMotd no
MaxSessions 20
MaxStartups 100
LogLevel VERBOSE
{more}
"""


class OpenSsh:
    """One sshd with keys of its own; `stop` and `start` it, change its key, cut its connections."""

    def __init__(self, folder: Path, *, path: str = "", more: str = "") -> None:
        self.folder = folder
        self.user = getpass.getuser()
        self.host = "127.0.0.1"
        self.port = _free_port()
        self.key_file = folder / "client_key"
        self.log_file = folder / "sshd.log"
        self._more = more
        self._path = f" PATH={path}" if path else ""
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(str(self.key_file))
        self.key_file.chmod(0o600)
        key.write_public_key(str(folder / "authorized_keys"))
        self.change_host_key()

    @property
    def address(self) -> str:
        """`127.0.0.1:40022`."""
        return f"{self.host}:{self.port}"

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` of the host key it shows."""
        return asyncssh.read_public_key(str(self.folder / "host_key.pub")).get_fingerprint()

    @property
    def known_hosts_line(self) -> str:
        """What a known_hosts file has of it."""
        key = (self.folder / "host_key.pub").read_text().strip()
        return f"[{self.host}]:{self.port} {key}\n"

    @property
    def log(self) -> str:
        """What the server has written since it was made."""
        return self.log_file.read_text() if self.log_file.exists() else ""

    def change_host_key(self, algorithm: str = "ssh-ed25519") -> None:
        """Take a new host key; it is shown after the next start."""
        key = asyncssh.generate_private_key(algorithm)
        key.write_private_key(str(self.folder / "host_key"))
        (self.folder / "host_key").chmod(0o600)
        key.write_public_key(str(self.folder / "host_key.pub"))

    def start(self) -> None:
        """Listen; returns once a connection is taken."""
        if os.geteuid() == 0:
            PRIVSEP_FOLDER.mkdir(mode=0o755, exist_ok=True)
        config = self.folder / "sshd_config"
        config.write_text(
            CONFIG.format(port=self.port, folder=self.folder, path=self._path, more=self._more)
        )
        self._process = subprocess.Popen(
            [SSHD, "-D", "-f", str(config), "-E", str(self.log_file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline_s = time.monotonic() + 10
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                pytest.fail(f"sshd does not listen: {self.log[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._process is None:
            return
        self.cut_connections()
        self._process.kill()
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Stand still, connections and all: nothing answers and nothing is closed."""
        for process in [*self.connections(), psutil.Process(self._listener_pid)]:
            process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after `freeze`."""
        for process in [psutil.Process(self._listener_pid), *self.connections()]:
            process.send_signal(signal.SIGCONT)

    def connections(self) -> list[psutil.Process]:
        """The processes that each serve one connection (what they started is not among them)."""
        found = []
        for child in psutil.Process(self._listener_pid).children():
            with suppress(psutil.NoSuchProcess):
                if "sshd" in child.name():
                    found.append(child)
        return found

    def cut_connections(self) -> int:
        """Kill whatever serves a connection, as when a machine loses its power; says how many."""
        killed = 0
        for process in self.connections():
            with suppress(psutil.NoSuchProcess):  # it may end by itself meanwhile
                servers = [c for c in process.children(recursive=True) if "sshd" in c.name()]
                for each in [process, *servers]:
                    each.kill()
                killed += 1
        return killed

    @property
    def _listener_pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    def _listens(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as tried:
                return tried.recv(4) == b"SSH-"
        except OSError:
            return False


def can_run() -> bool:
    """Whether there is an sshd that can be started here."""
    return Path(SSHD).is_file()


needs_openssh = pytest.mark.skipif(not can_run(), reason="OpenSSH's server is not installed")


@contextmanager
def running_openssh(folder: Path, *, path: str = "", more: str = "") -> Iterator[OpenSsh]:
    """A server for the length of the block, with a `path` for its commands and `more` settings."""
    server = OpenSsh(folder, path=path, more=more)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
