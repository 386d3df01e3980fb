"""The SSH side of the world: a listener for each node, and one for the management guest."""

import asyncio

from simulator.api.listener import Door
from simulator.world.world import World

from .commands import registry
from .files.trees import grow
from .keys import Keyring
from .listener import USER, SshListener
from .machines import Ask, House


class SshServer:
    """Listeners that follow the state of their machines."""

    def __init__(self, world: World, ask: Ask, keyring: Keyring) -> None:
        registry.load()
        self.world = world
        self.keyring = keyring
        self.house = House(world, ask, grow)
        self.dropped: set[str] = set()
        """Machines whose SSH is cut and refused."""
        self.changed_keys: set[str] = set()
        """Machines that show another host key."""
        self.listeners: dict[str, SshListener] = {}
        self._followed = -1
        self._following = asyncio.Lock()

    @property
    def addresses(self) -> dict[str, str]:
        """Machine -> host:port."""
        return {name: listener.address for name, listener in self.listeners.items()}

    @property
    def user(self) -> str:
        return USER

    async def start(self, base_port: int = 0) -> None:
        """Open a listener per machine; a base port of 0 lets the system choose."""
        for index, machine in enumerate(self.house):
            port = base_port + index if base_port else 0
            self.listeners[machine.name] = SshListener(machine, self.keyring, port)
        self.keyring.tell_known_hosts({n: one.port for n, one in self.listeners.items()})
        await self.follow()

    async def follow(self) -> None:
        """Bring the listeners in line with the world and the faults."""
        async with self._following:
            self._followed = self.world.version
            self.house.tell_moved()
            for name, listener in self.listeners.items():
                dropped, door = name in self.dropped, listener.machine.door
                ended = door is Door.OPEN and not listener.machine.has_ssh
                await listener.turn(
                    Door.SHUT if dropped or ended else door,
                    changed=name in self.changed_keys,
                    kept=ended and not dropped,
                )

    async def catch_up(self) -> None:
        """Follow when anything has changed."""
        if self.world.version != self._followed:
            await self.follow()

    async def stop(self) -> None:
        self.house.tell_moved()
        await asyncio.gather(*(listener.stop() for listener in self.listeners.values()))
