"""The keys of the simulated machines, made once per folder so that a restart keeps them."""

import os
from pathlib import Path

import asyncssh

CLIENT_KEY = "id_ed25519"
KNOWN_HOSTS = "known_hosts"


class Keyring:
    """Host keys by machine, a second one of each for `ssh-key-changed`, and the client's key.

    Private keys are files in OpenSSH's format, mode 0600.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.client_key_file = folder / CLIENT_KEY
        self.known_hosts_file = folder / KNOWN_HOSTS
        self._made: dict[str, asyncssh.SSHKey] = {}

    def host_key(self, machine: str, *, changed: bool = False) -> asyncssh.SSHKey:
        """The key that machine shows: its own, or the one of a stranger in its place."""
        return self._kept(f"host_{machine}{'_changed' if changed else ''}")

    @property
    def authorized(self) -> bytes:
        """The public key that lies in root's `authorized_keys` on every machine."""
        return self._kept(CLIENT_KEY).public_data

    def tell_known_hosts(self, ports: dict[str, int]) -> None:
        """Write the true host keys of all machines, as OpenSSH reads them."""
        lines = []
        for machine, port in ports.items():
            where = "127.0.0.1" if port == 22 else f"[127.0.0.1]:{port}"
            shown = self.host_key(machine).export_public_key().decode().split()
            lines.append(f"{where} {shown[0]} {shown[1]}\n")
        part = self.known_hosts_file.with_suffix(".part")
        part.write_text("".join(lines))
        part.replace(self.known_hosts_file)

    def _kept(self, name: str) -> asyncssh.SSHKey:
        """The key of that file; made, and kept, when it is not there."""
        if name not in self._made:
            path = self.folder / name
            if not path.exists():
                made = asyncssh.generate_private_key("ssh-ed25519", comment="simulated")
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
                    file.write(made.export_private_key())
            self._made[name] = asyncssh.read_private_key(path)
        return self._made[name]
