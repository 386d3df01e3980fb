"""A whole simulation in one process: the world, its API, its faults, and the pulse between them."""

import asyncio
import json
import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from aiohttp import web

from .api import handlers
from .api.auth import Auth
from .api.certificates import Authority
from .api.dispatch import Dispatcher, Pace
from .api.rights import Grant, Rights
from .api.secrets import FULL_TOKEN, READ_TOKEN, Secrets, load_secrets
from .api.server import ApiServer
from .control import make_control
from .faults import Faults
from .llm.doubles import Doubles, LlmOptions
from .ssh.keys import Keyring
from .ssh.server import SshServer
from .world.clock import Clock
from .world.model import ROOT
from .world.past import remember_past
from .world.world import World

PULSE_S = 0.1
READY_FILE = "simulator.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line can set."""

    folder: Path
    seed: int = 1
    speed: float = 1.0
    nodes: int = 4
    guests: int = 20
    pve: str = "9.2"
    port: int = 0
    """The first of the ports of the nodes; 0 lets the system choose."""
    ssh_port: int = 0
    """The first of the ports of their SSH servers; 0 lets the system choose."""
    pace: Pace = field(default_factory=Pace)
    llm: LlmOptions = field(default_factory=LlmOptions)


class Simulation:
    """Starts everything and tells where it listens."""

    def __init__(self, options: Options) -> None:
        options.folder.mkdir(parents=True, exist_ok=True)
        handlers.load()
        self.options = options
        self.secrets: Secrets = load_secrets(options.folder)
        self.world = World(
            seed=options.seed,
            nodes=options.nodes,
            guests=options.guests,
            pve=options.pve,
            clock=Clock(speed=options.speed),
        )
        self.auth = Auth(self.secrets, self.world.major)
        self.authority = Authority(options.folder / "ca", "Proxmox Virtual Environment")
        stranger = Authority(options.folder / "other-ca", "Somebody Else")
        dispatcher = Dispatcher(self.world, self.auth, _rights(self.world.major), options.pace)
        self.api = ApiServer(self.world, dispatcher, self.authority, stranger)
        self.ssh = SshServer(
            self.world, partial(dispatcher.ask, ROOT), Keyring(options.folder / "ssh")
        )
        remember_past(self.world)
        self.doubles = Doubles(options.llm, self.secrets.ticket_key)
        self.faults = Faults(self.world, self.api, self.ssh, self.doubles, self.auth.revoked)
        control = make_control(self.world, self.faults, self.doubles, self.secrets.control_key)
        self._control = web.AppRunner(control, access_log=None, shutdown_timeout=0.5)
        self._control_url = ""
        self._pulse: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open every port and write the file that tells them."""
        for name in self.world.nodes:
            shown = self.authority.certificate(name)
            self.world.fingerprints[name] = shown.fingerprint
            self.world.certificates[name] = {
                "pve-root-ca.pem": self.authority.ca_file.read_text(),
                "pve-ssl.pem": shown.pem,
            }
        await self.api.start(self.options.port)
        await self.ssh.start(self.options.ssh_port)
        await self.doubles.start()
        await self._control.setup()
        await web.TCPSite(self._control, "127.0.0.1", 0).start()
        self._control_url = f"http://127.0.0.1:{self._control.addresses[0][1]}"
        self._pulse = asyncio.create_task(self._beat(), name="pulse")
        self._tell()

    async def stop(self) -> None:
        """Close every port; the file stays away from a world that is gone."""
        (self.options.folder / READY_FILE).unlink(missing_ok=True)
        if self._pulse is not None:
            self._pulse.cancel()
            await asyncio.gather(self._pulse, return_exceptions=True)
        await self.api.stop()
        await self.ssh.stop()
        await self.doubles.stop()
        await self._control.cleanup()

    async def _beat(self) -> None:
        while True:
            self.world.advance()
            await self.api.catch_up()
            await self.ssh.catch_up()
            await self.doubles.follow()
            await asyncio.sleep(PULSE_S)

    def _tell(self) -> None:
        told = {
            "pid": os.getpid(),
            "endpoints": self.api.endpoints,
            "ca_file": str(self.authority.ca_file),
            "token_id": FULL_TOKEN,
            "token_secret": self.secrets.tokens[FULL_TOKEN],
            "read_token_id": READ_TOKEN,
            "read_token_secret": self.secrets.tokens[READ_TOKEN],
            "user": "jarvis@pve",
            "password": self.secrets.passwords["jarvis@pve"],
            "nodes": [*self.world.nodes],
            "ssh": self.ssh.addresses,
            "ssh_user": self.ssh.user,
            "ssh_key_file": str(self.ssh.keyring.client_key_file),
            "ssh_known_hosts_file": str(self.ssh.keyring.known_hosts_file),
            "anthropic_url": self.doubles.claude_url,
            "anthropic_key": self.doubles.claude_key,
            "llama_url": self.doubles.llama_url,
            "llama_key": self.doubles.llama_key,
            "scripted": True,
            "control_url": self._control_url,
            "control_key": self.secrets.control_key,
        }
        path = self.options.folder / READY_FILE
        part = path.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(told, file, indent=1)
        part.replace(path)


def _rights(major: int) -> Rights:
    return Rights(
        major,
        [
            Grant("/", "jarvis@pve", "Administrator"),
            Grant("/", FULL_TOKEN, "Administrator"),
            Grant("/", "auditor@pve", "PVEAuditor"),
            Grant("/", READ_TOKEN, "PVEAuditor"),
        ],
    )
