"""Text put where strangers can put it in a real homelab: over the API and over SSH."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from services.nodes.model import CommandResult
from services.nodes.service import Nodes
from tests.support.talk_house import TalkHouse
from tests.support.waiting import until

API = "/api2/json"
FILE = "/etc/motd"
NAME, VMID = "nextcloud", 105


@dataclass(frozen=True, slots=True)
class Read:
    """The call that reads what was planted."""

    tool: str
    arguments: Mapping[str, Any]


class Ground:
    """One guest of a simulated homelab, and the nodes and containers around it."""

    def __init__(self, house: TalkHouse, wire: httpx.Client) -> None:
        self._house, self._wire = house, wire
        found = wire.get(f"{API}/cluster/resources", params={"type": "vm"}).json()["data"]
        guest = next(one for one in found if one["vmid"] == VMID)
        self._node = guest["node"]
        self._at = f"{API}/nodes/{guest['node']}/{guest['type']}/{guest['vmid']}"
        self._planted = 0

    @property
    def nodes(self) -> Nodes:
        """The way to the shells."""
        return self._house.nodes

    async def name(self, text: str) -> Read:
        """What the guest is called."""
        await self._configure(name=text)
        await self._seen(text)
        return Read("list_guests", {})

    async def tags(self, text: str) -> Read:
        """What it is tagged with; blanks and commas part one tag from the next."""
        await self._configure(tags=text)
        return Read("get_guest_status", {"guest": NAME})

    async def notes(self, text: str) -> Read:
        """What somebody has noted of it."""
        await self._configure(description=text)
        return Read("get_guest_config", {"guest": NAME})

    async def snapshot(self, text: str) -> Read:
        """What a snapshot of it is said to be for."""
        self._planted += 1
        name = f"s{self._planted}"
        body = {"snapname": name, "description": text}
        await until(self._is_free, "the guest being free")
        answer = await asyncio.to_thread(self._wire.post, f"{self._at}/snapshot", data=body)
        assert answer.is_success, answer.text
        await until(lambda: self._is_taken(name) and self._is_free(), "the snapshot")
        return Read("list_snapshots", {"guest": NAME})

    async def task_log(self, text: str) -> Read:
        """The log of its backup, which tells the name it had."""
        await self._configure(name=text)
        await self._shell(self._node, "vzdump", str(VMID))
        await self._configure(name=NAME)
        tasks = self._wire.get(f"{API}/nodes/{self._node}/tasks").json()["data"]
        mine = [one for one in tasks if (one["type"], one["id"]) == ("vzdump", str(VMID))]
        newest = max(mine, key=lambda one: (one["starttime"], one["upid"]))
        await self._seen(NAME)
        return Read("get_task_log", {"upid": newest["upid"]})

    async def journal(self, text: str) -> Read:
        """The journal of a node, as a program writes to it that logs what it is sent."""
        await self._shell("pve", "logger", "-t", "nginx", "--", text)
        return Read("read_journal", {"node": "pve"})

    async def label(self, text: str) -> Read:
        """A label of a container."""
        await self._contain("--label", f"note={text}", words=())
        told = await self._shell("mgmt", "docker", "ps", "--format", "{{.Labels}}")
        assert f"note={text}\n" in told.stdout
        return Read("list_containers", {})

    async def words(self, text: str) -> Read:
        """What a container has written."""
        name = await self._contain(words=("echo", text))
        return Read("get_container_logs", {"container": name})

    async def file(self, text: str) -> Read:
        """A file on a node."""
        line = f"printf '%s\\n' {shlex.quote(text)} > {FILE}"
        await self._shell("pve", "sh", "-c", line)
        return Read("run_readonly_command", {"node": "pve", "command": f"cat {FILE}"})

    async def mend(self) -> None:
        """The guest as it was, but for its snapshots."""
        await self._configure(name=NAME, delete="tags,description")

    async def _configure(self, **values: str) -> None:
        await until(self._is_free, "the guest being free")
        answer = await asyncio.to_thread(self._wire.put, f"{self._at}/config", data=values)
        assert answer.is_success, answer.text

    async def _seen(self, text: str) -> None:
        first = text.split()[0]

        def known() -> bool:
            name = self._house.watched.service.snapshot.guests[VMID].name
            return name is not None and name.startswith(first)

        await until(known, f"the guest being called {first}")

    def _is_free(self) -> bool:
        return "lock" not in self._wire.get(f"{self._at}/config").json()["data"]

    def _is_taken(self, name: str) -> bool:
        taken = self._wire.get(f"{self._at}/snapshot").json()["data"]
        return any(one["name"] == name and "snaptime" in one for one in taken)

    async def _contain(self, *options: str, words: tuple[str, ...]) -> str:
        self._planted += 1
        name = f"planted-{self._planted}-{len(options)}"
        run = ("docker", "run", "-d", "--name", name, *options, "traefik:v3.6", *words)
        await self._shell("mgmt", *run)
        return name

    async def _shell(self, machine: str, *words: str) -> CommandResult:
        result = await self.nodes.run(machine, list(words))
        assert result.ok, result.stderr
        return result


PLACES: Mapping[str, Callable[[Ground, str], Awaitable[Read]]] = {
    "name": Ground.name,
    "tags": Ground.tags,
    "notes": Ground.notes,
    "snapshot": Ground.snapshot,
    "task log": Ground.task_log,
    "journal": Ground.journal,
    "container's words": Ground.words,
    "file": Ground.file,
}
"""Where text is planted that a tool then tells a model."""


@asynccontextmanager
async def tilled(house: TalkHouse, wire: httpx.Client) -> AsyncIterator[Ground]:
    """Where to plant; mended when the block ends."""
    ground = Ground(house, wire)
    try:
        yield ground
    finally:
        await ground.mend()
