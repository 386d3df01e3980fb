"""Looks once, after the start, in which guest Jarvis lives, where nobody has told.

Until that look is over nothing is changed: what is protected is not known yet.
"""

import asyncio
from typing import Final

import structlog

from services.clock import Clock, pause
from services.cluster.errors import ClusterError, ClusterStopped
from services.cluster.model import GuestState
from services.cluster.parse_guest import GuestConfig
from services.cluster.places import GuestPlace
from services.events import Bus
from services.safety.protection_place import find_own_guest, own_macs
from services.tools.gate.events import GateChanged
from services.tools.gate.stages import Stages

log = structlog.get_logger("gate")

AT_ONCE: Final = 4
_LOOKS_EVERY_S: Final = 0.5


async def find_itself(stages: Stages, *, bus: Bus, clock: Clock, stopping: asyncio.Event) -> None:
    """Compare this machine's addresses with those of the running guests, each asked once."""
    macs = await asyncio.to_thread(own_macs)
    if macs:
        while stages.snapshot.guests_at is None:
            if await pause(_LOOKS_EVERY_S, stopping):
                return
        stages.found_vmid = find_own_guest(await _configs(stages), macs)
    stages.known.set()
    if stages.found_vmid is None:
        log.info("which guest Jarvis lives in was not found out; JARVIS_VMID tells")
    else:
        log.info("Jarvis lives in a guest", vmid=stages.found_vmid)
    bus.publish(GateChanged(at=clock.now()))


async def _configs(stages: Stages) -> dict[int, GuestConfig]:
    running = [
        GuestPlace.of(guest)
        for guest in stages.snapshot.guests.values()
        if guest.state is not GuestState.STOPPED and not guest.template
    ]
    slots = asyncio.Semaphore(AT_ONCE)
    found: dict[int, GuestConfig] = {}

    async def fetch(place: GuestPlace) -> None:
        async with slots:
            try:
                found[place.vmid] = await stages.hands.cluster.lookups.fetch_guest_config(place)
            except ClusterStopped:
                raise
            except ClusterError as error:
                log.info("a guest's addresses were not read", vmid=place.vmid, why=error.because)

    await asyncio.gather(*map(fetch, running))
    return found
