"""Where a guest is, as its path in the API: what every request about it needs, and no more."""

from dataclasses import dataclass

from services.cluster.model import GuestKind, GuestSnapshot
from services.cluster.parse_resources import GuestReading


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestPlace:
    """One guest on the node that has it."""

    vmid: int
    kind: GuestKind
    node: str
    name: str | None = None

    @classmethod
    def of(cls, guest: GuestSnapshot | GuestReading) -> "GuestPlace":
        """Where a reading had it."""
        return cls(vmid=guest.vmid, kind=guest.kind, node=guest.node, name=guest.name)

    @property
    def path(self) -> tuple[str, ...]:
        """Its path in the API, piece by piece: `nodes`, `pve`, `qemu`, `104`."""
        return ("nodes", self.node, self.kind.value, str(self.vmid))

    @property
    def label(self) -> str:
        """`media (104)`, or only the vmid where no name is known."""
        return f"{self.name} ({self.vmid})" if self.name else str(self.vmid)
