"""A node or a guest as a computer: what it is called, runs and shows, as the one world has it."""

import time
from dataclasses import dataclass, field

from simulator.api.handlers.access import VERSIONS
from simulator.api.handlers.agent import address_of
from simulator.api.listener import Door
from simulator.world import power
from simulator.world.docker import MANAGEMENT
from simulator.world.guests import halt
from simulator.world.model import ROOT, Guest, LogEntry, Node, Power
from simulator.world.noise import key_of
from simulator.world.units import Unit, units_of
from simulator.world.world import World

WITHOUT_SENSORS = "agent1"
"""The one of the four nodes on which nobody has installed lm-sensors."""
_NO_SENSORS = frozenset({"sensors"})


class Gone(Exception):
    """The machine is no more: its guest was destroyed, its node left the cluster."""


@dataclass(slots=True)
class Counted:
    """What a machine's processors have done since it booted, in hundredths of a second."""

    booted_at: float = -1.0
    at: float = 0.0
    busy: float = 0.0
    waited: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False)
class Computer:
    """A node, or a guest on one, with nothing on it yet."""

    name: str
    """What it is called in the told file: the node's name, or the guest's."""
    world: World
    vmid: int | None = None
    """The guest it is; None for a node."""
    counted: Counted = field(default_factory=Counted)

    @property
    def guest(self) -> Guest | None:
        """None for a node, and for a guest that was destroyed."""
        return None if self.vmid is None else self.world.guests.get(self.vmid)

    @property
    def hostname(self) -> str:
        """What `hostname` says: a guest may have been renamed since."""
        guest = self.guest
        return self.name if guest is None else guest.name

    @property
    def kernel(self) -> str:
        """The running kernel's release; a container has its node's."""
        guest = self.guest
        if guest is None or guest.kind == "lxc":
            return VERSIONS[self.world.major][3]
        return "6.12.63+deb13-amd64"

    @property
    def uname(self) -> str:
        """What `uname -a` says, up to the hardware."""
        built = "PMX" if self.kernel.endswith("-pve") else "Debian"
        return (
            f"Linux {self.hostname} {self.kernel}"
            f" #1 SMP PREEMPT_DYNAMIC {built} {self.kernel} (2025-12-02T09:12Z) x86_64"
        )

    @property
    def last_login(self) -> str:
        """The sign-in before this one, as `lastlog` writes it."""
        at = max(self.booted_at, self.world.began - 3_600 * (2 + key_of(0, self.name) % 40))
        return time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(self.world.told(at)))

    @property
    def has_docker(self) -> bool:
        return self.vmid == MANAGEMENT

    @property
    def lacks(self) -> frozenset[str]:
        """Commands that were never installed here: Proxmox comes without lm-sensors."""
        return _NO_SENSORS if self.name == WITHOUT_SENSORS or not self.is_node else frozenset()

    @property
    def host(self) -> Node | Guest:
        """What keeps its services and its log. Raises Gone."""
        host = self.node if self.is_node else self.guest
        if host is None:
            raise Gone(self.name)
        return host

    @property
    def units(self) -> tuple[Unit, ...]:
        return units_of(self.world, self.host, docker=self.has_docker)

    @property
    def told_now(self) -> int:
        """What its clock shows."""
        return self.world.told(self.world.now)

    @property
    def system(self) -> str:
        """The name of what it runs."""
        newer = self.world.major >= 9
        return f"Debian GNU/Linux {'13 (trixie)' if newer else '12 (bookworm)'}"

    def sees(self, other: "Computer") -> bool:
        """Whether the network leads there, and somebody answers."""
        node = other.node
        if other.door is not Door.OPEN or node is None or self.node is None:
            return False
        return self.world.lost_since(self.node.name, node) is None

    @property
    def ip(self) -> str:
        guest, node = self.guest, self.node
        if guest is not None:
            return address_of(guest)
        return node.ip if node is not None else "127.0.0.1"

    @property
    def mac(self) -> str:
        guest = self.guest
        if guest is not None:
            return guest.mac.lower()
        return f"52:54:00:c0:02:{int(self.ip.rpartition('.')[2]):02x}"

    def note(
        self, program: str, text: str, *, unit: str = "", pid: int = 1, priority: int = 6
    ) -> None:
        """Write a line to its journal, while it has one."""
        host = self.node if self.is_node else self.guest
        if host is None:
            return
        host.log.append(
            LogEntry(
                at=self.world.now,
                program=program,
                pid=pid,
                text=text,
                unit=unit,
                priority=priority,
            )
        )

    @property
    def is_node(self) -> bool:
        return self.vmid is None

    @property
    def node(self) -> Node | None:
        """The node it is, or the one it runs on; None for a node that left the cluster."""
        guest = self.guest
        return self.world.nodes.get(self.name if guest is None else guest.node)

    @property
    def door(self) -> Door:
        """How its ports behave."""
        node, guest = self.node, self.guest
        if node is None or node.power in (Power.OFF, Power.BOOTING):
            return Door.SHUT
        if self.vmid is not None and (guest is None or not guest.is_running):
            return Door.SHUT
        if node.frozen or (guest is not None and guest.state == "paused"):
            return Door.SILENT
        return Door.OPEN

    @property
    def has_ssh(self) -> bool:
        """Whether its SSH daemon runs."""
        host = self.node if self.is_node else self.guest
        return host is not None and not {"ssh", "sshd"} & host.stopped_services

    def changed_at(self, path: str) -> float:
        """When a file that nobody has written to was last changed; a moment of the world."""
        booted = self.booted_at
        if path.startswith(("/proc", "/sys", "/dev", "/run")):
            return booted
        return self.world.began - 1_234 * (1_400 + key_of(0, self.name, path) % 21_000)

    @property
    def booted_at(self) -> float:
        """Since when it runs; a moment of the world."""
        node, guest = self.node, self.guest
        if guest is not None:
            return guest.started_at or self.world.now
        return node.booted_at if node is not None else self.world.now

    def order(self, command: str) -> None:
        """`reboot` or `shutdown` of it from within: no quorum is asked, and no task is made."""
        node, guest = self.node, self.guest
        if guest is None and node is not None:
            power.order(self.world, node, command, ROOT)
        elif guest is not None:
            halt(self.world, guest, again=command == "reboot")
