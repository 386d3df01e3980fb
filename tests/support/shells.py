"""Shells of the simulated machines: in this process without a socket, and over real SSH."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from simulator.process import SimulatorProcess
from simulator.simulation import Options, Simulation
from simulator.ssh.machines import Machine
from simulator.ssh.shell.interpreter import run_to_end
from simulator.ssh.shell.state import Streams, new_shell
from simulator.ssh.streams import Collected, Given
from simulator.world.model import ROOT


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command line left behind."""

    status: int
    out: str
    err: str


class Shells:
    """The machines of a simulation that is made and not started: no port, no process."""

    def __init__(self, folder: Path, *, speed: float = 60.0, **options: Any) -> None:
        self.simulation = Simulation(Options(folder=folder, speed=speed, **options))
        self.world = self.simulation.world

    def machine(self, name: str) -> Machine:
        """A node, or a guest by its name."""
        found = self.simulation.ssh.house.find(name)
        assert found is not None, f"no machine {name}"
        return found

    async def run(self, line: str, *, on: str = "pve", given: str = "") -> Ran:
        """Run one line as `bash -c` does."""
        out, err = Collected(), Collected()
        shell = new_shell(self.machine(on))
        status = await run_to_end(shell, line, Streams(Given(given.encode()), out, err))
        return Ran(status, out.text, err.text)

    async def say(self, line: str, *, on: str = "pve", given: str = "") -> str:
        """The output of a line that must succeed."""
        ran = await self.run(line, on=on, given=given)
        assert ran.status == 0, f"{line}: {ran}"
        return ran.out


async def api(shells: Shells, path: str, *, through: str = "pve") -> Any:
    """What the API of the same machines answers to root."""
    dispatcher = shells.simulation.api._dispatcher
    return await dispatcher.ask(ROOT, through, "GET", path, {})


@asynccontextmanager
async def sign_in(
    process: SimulatorProcess, machine: str = "pve", **options: Any
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection to one of its machines, with its host key verified."""
    host, _, port = process.ssh[machine].rpartition(":")
    settings: dict[str, Any] = {
        "username": process.ssh_user,
        "client_keys": [process.ssh_key_file],
        "known_hosts": process.ssh_known_hosts_file,
        "config": None,
        "agent_path": None,
        **options,
    }
    async with asyncssh.connect(host, int(port), **settings) as connection:
        yield connection
