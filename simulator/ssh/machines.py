"""What one can sign in to: nodes, and guests as computers of their own, over the one world."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from simulator.api.handlers.agent import address_of
from simulator.api.listener import Door
from simulator.world.docker import MANAGEMENT
from simulator.world.world import World

from .computer import Computer
from .files.tree import Files, Grow
from .processes import Processes

Ask = Callable[[str, str, str, Mapping[str, str]], Awaitable[object]]
"""One API request as root, through a node: (node, verb, path, values) -> data."""


@dataclass(slots=True, kw_only=True, eq=False)
class Machine(Computer):
    """A computer with a shell: its files, what runs on it, and the house it stands in."""

    house: "House"
    files: Files = field(init=False)
    processes: Processes = field(init=False)
    history: list[str] = field(default_factory=list)
    """What was typed at its prompts."""

    def __post_init__(self) -> None:
        self.files = Files(self, self.house.grow)
        self.processes = Processes(self)

    @property
    def sessions(self) -> int:
        """How many sit at a prompt of it."""
        return sum(process.words == ("-bash",) for process in self.processes.living.values())

    async def awake(self) -> None:
        """Wait for as long as it hangs."""
        while self.door is Door.SILENT:
            await self.house.moved()


class House:
    """All machines of one world, and what their commands act through."""

    def __init__(self, world: World, ask: Ask, grow: Grow) -> None:
        self.world = world
        self.ask = ask
        self.grow = grow
        """Which files a machine has."""
        self.nodes = {name: Machine(name=name, world=world, house=self) for name in world.nodes}
        self._guests: dict[int, Machine] = {}
        self._moved = asyncio.Event()

    def guest(self, vmid: int) -> Machine | None:
        """That guest as a computer; None where there is no such guest."""
        guest = self.world.guests.get(vmid)
        if guest is None:
            return None
        if vmid not in self._guests:
            self._guests[vmid] = Machine(name=guest.name, world=self.world, house=self, vmid=vmid)
        return self._guests[vmid]

    def find(self, name: str) -> Machine | None:
        """By name, or by address: a node, or a guest."""
        if name in self.nodes:
            return self.nodes[name]
        for node in self.world.nodes.values():
            if node.ip == name:
                return self.nodes[node.name]
        for guest in self.world.guests.values():
            if name in (guest.name, address_of(guest)):
                return self.guest(guest.vmid)
        return None

    def __iter__(self) -> Iterator[Machine]:
        """Those with an SSH server of their own."""
        yield from self.nodes.values()
        management = self.guest(MANAGEMENT)
        if management is not None:
            yield management

    async def moved(self) -> None:
        """Wait until the world has changed, or a moment has passed."""
        self._moved.clear()
        try:
            async with asyncio.timeout(1.0):
                await self._moved.wait()
        except TimeoutError:
            return

    def tell_moved(self) -> None:
        """The world has changed: whoever waits may look again."""
        self._moved.set()
