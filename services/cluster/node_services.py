"""The services of a node that Proxmox lists (`/nodes/{node}/services`); pure."""

from dataclasses import dataclass

ESSENTIAL_SERVICES = frozenset(
    {"pve-cluster", "pvedaemon", "pveproxy", "pvescheduler", "pvestatd", "pve-firewall"}
)
"""Without these a node is not itself; the others may rest, as Corosync does on a node alone."""
ESSENTIAL_UNITS = frozenset(f"{name}.service" for name in ESSENTIAL_SERVICES)
_OTHER_NAMES = {"sshd": "ssh", "syslog": "rsyslog"}
"""Proxmox's names for services that Debian's units call otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReading:
    """One row of `/nodes/{node}/services`."""

    name: str
    description: str | None = None
    state: str | None = None
    """`running`, `dead`, `exited`…"""
    active_state: str | None = None
    """`active`, `inactive`, `failed`…"""
    unit_state: str | None = None
    """`enabled`, `disabled`, `masked`, `not-found`…"""

    @property
    def unit(self) -> str:
        """The name of its systemd unit."""
        return f"{_OTHER_NAMES.get(self.name, self.name)}.service"

    @property
    def failed(self) -> bool:
        """Whether systemd counts it as failed."""
        return "failed" in (self.state, self.active_state)

    @property
    def is_missed(self) -> bool:
        """Whether it rests although its node cannot do without it."""
        if self.failed or self.unit_state != "enabled" or self.name not in ESSENTIAL_SERVICES:
            return False
        return self.active_state == "inactive" or self.state in ("dead", "stopped")

    @property
    def wants_a_look(self) -> bool:
        """Whether a person has to see to it."""
        return self.failed or self.is_missed

    @property
    def complaint(self) -> str:
        """What is wrong, to stand after its name; empty where nothing is."""
        if self.failed:
            return "failed"
        return "does not run" if self.is_missed else ""
