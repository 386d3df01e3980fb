"""`/nodes/{node}/{qemu|lxc}/{vmid}/status/current`: how a guest is at this moment."""

from dataclasses import dataclass

from services.cluster import wire
from services.cluster.model import GuestState
from services.cluster.parse_resources import guest_state


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestStatusReading:
    """One guest as its own node tells it, which knows sooner than any list."""

    state: GuestState
    state_detail: str | None = None
    """Proxmox's own word where it says more than the state: `io-error`, `prelaunch`…"""
    name: str | None = None
    lock: str | None = None
    """What holds its configuration: `backup`, `snapshot`, `migrate`…"""
    uptime_s: int | None = None
    """None unless it runs."""
    ha_managed: bool | None = None
    ha_state: str | None = None
    agent_configured: bool | None = None
    """Which does not mean that it answers."""
    template: bool = False
    tags: tuple[str, ...] = ()
    cpu_fraction: float | None = None
    cpu_count: float | None = None
    mem_used_bytes: int | None = None
    mem_total_bytes: int | None = None
    disk_used_bytes: int | None = None
    """Unknown for virtual machines."""
    disk_total_bytes: int | None = None
    net_in_bytes: int | None = None
    """Since it was started, as is what follows."""
    net_out_bytes: int | None = None


def parse_guest_status(payload: object) -> GuestStatusReading:
    """Read `status/current`; a virtual machine's `qmpstatus` says more than its `status`."""
    row = wire.fields(payload)
    lock = wire.text(row.get("lock"))
    word = wire.text(row.get("qmpstatus")) or wire.text(row.get("status"))
    if wire.text(row.get("status")) == "stopped":
        word = "stopped"
    state = guest_state(word, lock)
    ha = wire.fields(row.get("ha"))
    uptime_s = wire.whole(row.get("uptime"))
    return GuestStatusReading(
        state=state,
        state_detail=word if word != state else None,
        name=wire.text(row.get("name")),
        lock=lock,
        uptime_s=uptime_s if state is not GuestState.STOPPED else None,
        ha_managed=wire.truth(ha.get("managed")),
        ha_state=wire.text(ha.get("state")),
        agent_configured=wire.truth(row.get("agent")),
        template=wire.truth(row.get("template")) or False,
        tags=wire.words(row.get("tags"), ";,"),
        cpu_fraction=wire.fraction(row.get("cpu")) if state is not GuestState.STOPPED else None,
        cpu_count=wire.number(row.get("cpus")) or None,
        mem_used_bytes=wire.whole(row.get("mem")),
        mem_total_bytes=wire.size(row.get("maxmem")),
        disk_used_bytes=wire.size(row.get("disk")),
        disk_total_bytes=wire.size(row.get("maxdisk")),
        net_in_bytes=wire.whole(row.get("netin")),
        net_out_bytes=wire.whole(row.get("netout")),
    )
