"""Rounds of housekeeping, each by itself; one that finds the disk at fault says so in one line."""

from collections.abc import Awaitable, Callable

import structlog

from db.errors import is_disk_fault
from services.cluster.ticks import HousekeepingFellDue
from services.events import Bus

log = structlog.get_logger("housekeeping")

Work = Callable[[HousekeepingFellDue], Awaitable[None]]


def keep_house(bus: Bus, name: str, work: Work) -> None:
    """Do `work` whenever housekeeping falls due; what it did not manage waits for the next time."""

    async def do(due: HousekeepingFellDue) -> None:
        try:
            await work(due)
        except Exception as error:
            if not is_disk_fault(error):
                raise
            # The journal tells people; this is for the log, where a traceback would say no more.
            log.error("housekeeping failed", name=name, because=str(error))

    bus.subscribe(HousekeepingFellDue, do, name=name, as_job=True)
