"""The faults one can give the world, each with its clearing.

A fault stays until it is cleared, or until its `seconds` (of the wall) are over.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .api.secrets import FULL_TOKEN
from .api.server import ApiServer
from .llm.doubles import Doubles
from .llm.faults import FAULTS as DOUBLE_FAULTS
from .llm.faults import DoubleFault, NoSuchDouble, givers
from .ssh.server import SshServer
from .world import actions, power
from .world.guests import crash
from .world.model import ROOT, Guest, Node, Storage
from .world.pools import pools_of
from .world.world import World

ALL = "all"
HEAT_C = 34.0
FILLED = 0.985
JUMP_S = 3600.0


class FaultRefused(Exception):
    """The fault or its target does not exist; the text says what would be accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One entry of the catalogue."""

    name: str
    target: str
    """What it takes: node, guest, storage, endpoint, token or nothing."""
    tells: str
    give: Callable[[str], None]
    clear: Callable[[str], None]
    default: str | None = None


@dataclass(slots=True, kw_only=True)
class Active:
    """A fault that is on now."""

    name: str
    target: str
    since: float
    until: float | None
    timer: asyncio.TimerHandle | None = None


class Faults:
    """Gives and clears faults, and knows which are on."""

    def __init__(
        self, world: World, api: ApiServer, ssh: SshServer, doubles: Doubles, revoked: set[str]
    ) -> None:
        self._world = world
        self._api = api
        self._ssh = ssh
        self._doubles = doubles
        self._revoked = revoked
        self._active: dict[tuple[str, str], Active] = {}
        self.catalogue: dict[str, Fault] = {fault.name: fault for fault in self._make()}

    def give(self, name: str, target: str | None = None, seconds: float | None = None) -> Active:
        """Turn a fault on; hands back what is on. FaultRefused when there is no such thing."""
        fault = self._find(name)
        chosen = target or fault.default
        if chosen is None:
            raise FaultRefused(f"{name} wants a target: a {fault.target}")
        self._world.advance()
        fault.give(chosen)
        self._world.changed()
        before = self._active.pop((name, chosen), None)
        if before is not None and before.timer is not None:
            before.timer.cancel()
        active = Active(
            name=name,
            target=chosen,
            since=time.time(),
            until=None if seconds is None else time.time() + seconds,
        )
        if seconds is not None:
            loop = asyncio.get_running_loop()
            active.timer = loop.call_later(seconds, self._lapse, name, chosen)
        self._active[(name, chosen)] = active
        return active

    def clear(self, name: str | None = None, target: str | None = None) -> list[Active]:
        """Turn off every fault of that name and target; hands back what was on."""
        if name is not None:
            self._find(name)
        ending = [
            active
            for active in self._active.values()
            if (name is None or active.name == name) and (target is None or active.target == target)
        ]
        self._world.advance()
        for active in ending:
            if active.timer is not None:
                active.timer.cancel()
            del self._active[(active.name, active.target)]
            self.catalogue[active.name].clear(active.target)
        self._world.changed()
        return ending

    async def settle(self) -> None:
        """Let the listeners follow, and cut connections close, so that the caller meets it."""
        await self._api.follow()
        await self._ssh.follow()
        await self._doubles.follow()
        await asyncio.sleep(0.01)

    @property
    def active(self) -> list[dict[str, Any]]:
        """What is on, as the control API tells it."""
        return [
            {"fault": a.name, "target": a.target, "since": a.since, "until": a.until}
            for a in self._active.values()
        ]

    def _lapse(self, name: str, target: str) -> None:
        if (name, target) in self._active:
            self.clear(name, target)

    def _find(self, name: str) -> Fault:
        fault = self.catalogue.get(name)
        if fault is None:
            raise FaultRefused(f"no fault {name}; there are: {', '.join(self.catalogue)}")
        return fault

    def _node(self, name: str) -> Node:
        node = self._world.nodes.get(name)
        if node is None:
            raise FaultRefused(f"no node {name}; there are: {', '.join(self._world.nodes)}")
        return node

    def _guest(self, name: str) -> Guest:
        for guest in self._world.guests.values():
            if name in (str(guest.vmid), guest.name):
                return guest
        raise FaultRefused(f"no guest {name}; give a number or a name")

    def _storages(self, name: str) -> list[Storage]:
        node, _, label = name.rpartition("/")
        found = [
            storage
            for storage in self._world.storages
            if storage.name == label and (not node or storage.shared or node in storage.nodes)
        ]
        if not found:
            raise FaultRefused(f"no storage {name}; give a name, or node/name")
        return found

    def _endpoints(self, name: str) -> set[str]:
        listeners = self._api.listeners
        if name == ALL:
            return set(listeners)
        for node, listener in listeners.items():
            if name in (node, str(listener.port), f"https://127.0.0.1:{listener.port}"):
                return {node}
        raise FaultRefused(f"no endpoint {name}; there are: all, {', '.join(listeners)}")

    def _machines(self, name: str) -> set[str]:
        """Those with an SSH server, by name or address."""
        addresses = self._ssh.addresses
        if name == ALL:
            return set(addresses)
        for machine, address in addresses.items():
            if name in (machine, address):
                return {machine}
        raise FaultRefused(f"no SSH server {name}; there are: all, {', '.join(addresses)}")

    def _make(self) -> list[Fault]:
        world, trouble = self._world, self._api.trouble
        return [
            Fault(
                name="power-off",
                target="node",
                tells="the node loses power; clearing it presses the power button",
                give=lambda target: power.power_off(world, self._node(target)),
                clear=lambda target: power.power_on(world, self._node(target)),
            ),
            Fault(
                name="freeze",
                target="node",
                tells="the node hangs: it takes connections and answers nothing",
                give=lambda target: power.freeze(world, self._node(target)),
                clear=lambda target: power.thaw(world, self._node(target)),
            ),
            Fault(
                name="crash-guest",
                target="guest",
                tells="the guest's process dies without a task; clearing it starts the guest",
                give=lambda target: crash(world, self._guest(target)),
                clear=self._restart,
            ),
            Fault(
                name="silence-agent",
                target="guest",
                tells="the guest's agent no longer answers",
                give=lambda target: self._heed(target, alive=False),
                clear=lambda target: self._heed(target, alive=True),
            ),
            Fault(
                name="fill-storage",
                target="storage",
                tells="the storage is 98.5 % full",
                give=lambda target: self._fill(target, FILLED),
                clear=lambda target: self._fill(target, None),
                default="pve/local-zfs",
            ),
            Fault(
                name="overheat",
                target="node",
                tells=f"the node is {HEAT_C:.0f} °C hotter and 30 % busier",
                give=lambda target: self._heat(target, HEAT_C),
                clear=lambda target: self._heat(target, 0.0),
            ),
            Fault(
                name="degrade-pool",
                target="node",
                tells="a device of each of its ZFS pools has too many errors",
                give=lambda target: self._degrade(target, degraded=True),
                clear=lambda target: self._degrade(target, degraded=False),
            ),
            Fault(
                name="fail-drive",
                target="node",
                tells="SMART says of its last drive that it will not last",
                give=lambda target: self._wear(target, "FAILED!"),
                clear=lambda target: self._wear(target, "PASSED"),
            ),
            Fault(
                name="stall",
                target="endpoint",
                tells="every request there waits 15 s",
                give=lambda target: trouble.stalled.update(self._endpoints(target)),
                clear=self._unstall,
                default=ALL,
            ),
            Fault(
                name="reset-connections",
                target="endpoint",
                tells="every connection there is reset",
                give=self._reset,
                clear=lambda target: trouble.reset.difference_update(self._endpoints(target)),
                default=ALL,
            ),
            Fault(
                name="errors",
                target="endpoint",
                tells="every request there is answered 500 or 503",
                give=lambda target: trouble.erring.update(self._endpoints(target)),
                clear=lambda target: trouble.erring.difference_update(self._endpoints(target)),
                default=ALL,
            ),
            Fault(
                name="revoke-token",
                target="token",
                tells="the API token no longer exists",
                give=self._revoked.add,
                clear=self._revoked.discard,
                default=FULL_TOKEN,
            ),
            Fault(
                name="change-certificate",
                target="endpoint",
                tells="the endpoint shows a certificate of another CA",
                give=lambda target: self._swap(self._endpoints(target), changed=True),
                clear=lambda target: self._swap(self._endpoints(target), changed=False),
                default=ALL,
            ),
            Fault(
                name="clock-jump",
                target="number of seconds",
                tells="the clocks of all nodes jump",
                give=self._jump,
                clear=lambda target: self._jump("0"),
                default=f"{JUMP_S:.0f}",
            ),
            Fault(
                name="lose-quorum",
                target="node, or all",
                tells="the node (or each of them) is cut off from all others",
                give=self._part,
                clear=self._rejoin,
                default=ALL,
            ),
            Fault(
                name="ssh-drop",
                target="machine with SSH",
                tells="SSH connections there are cut, and new ones refused",
                give=lambda target: self._ssh.dropped.update(self._machines(target)),
                clear=lambda target: self._ssh.dropped.difference_update(self._machines(target)),
                default=ALL,
            ),
            Fault(
                name="ssh-key-changed",
                target="machine with SSH",
                tells="SSH shows another host key there, and open connections are cut",
                give=lambda target: self._ssh.changed_keys.update(self._machines(target)),
                clear=lambda target: self._ssh.changed_keys.difference_update(
                    self._machines(target)
                ),
                default=ALL,
            ),
            *(self._of_doubles(fault) for fault in DOUBLE_FAULTS),
        ]

    def _of_doubles(self, fault: DoubleFault) -> Fault:
        give, clear = givers(fault, self._doubles.trouble)

        def give_or_refuse(target: str) -> None:
            try:
                give(target)
            except NoSuchDouble as refused:
                raise FaultRefused(str(refused)) from refused

        return Fault(
            name=fault.name,
            target=fault.target,
            tells=fault.tells,
            give=give_or_refuse,
            clear=clear,
            default=fault.default,
        )

    def _restart(self, target: str) -> None:
        guest = self._guest(target)
        if not guest.is_running and self._world.nodes[guest.node].is_up:
            actions.start(self._world, guest, ROOT)

    def _heed(self, target: str, *, alive: bool) -> None:
        self._guest(target).agent_alive = alive

    def _fill(self, target: str, level: float | None) -> None:
        for storage in self._storages(target):
            storage.filled = level

    def _heat(self, target: str, heat_c: float) -> None:
        self._node(target).heat_c = heat_c

    def _degrade(self, target: str, *, degraded: bool) -> None:
        node = self._node(target)
        if not pools_of(self._world, node.name):
            raise FaultRefused(f"{node.name} has no ZFS pool")
        node.pools_degraded = degraded

    def _wear(self, target: str, health: str) -> None:
        node = self._node(target)
        node.disks = (*node.disks[:-1], replace(node.disks[-1], health=health))

    def _unstall(self, target: str) -> None:
        self._api.trouble.stalled.difference_update(self._endpoints(target))
        self._api.trouble.ease()

    def _reset(self, target: str) -> None:
        names = self._endpoints(target)
        self._api.trouble.reset.update(names)
        for name in names:
            self._api.listeners[name].cut()

    def _swap(self, names: set[str], *, changed: bool) -> None:
        current = self._api.changed_certificates
        if changed:
            current.update(names)
        else:
            current.difference_update(names)
        for name in names:
            fingerprint = self._api.certificate_of(name).fingerprint
            self._world.fingerprints[name] = fingerprint

    def _jump(self, target: str) -> None:
        try:
            self._world.clock.jump_s = float(target)
        except ValueError as error:
            raise FaultRefused(f"no jump of {target} s; give a number of seconds") from error

    def _part(self, target: str) -> None:
        world = self._world
        cut = set(world.nodes) if target == ALL else {self._node(target).name}
        world.partition = frozenset(cut | (world.partition or frozenset()))
        world.partition_at = world.now

    def _rejoin(self, target: str) -> None:
        world = self._world
        left = frozenset() if target == ALL else (world.partition or frozenset()) - {target}
        world.partition = left or None
