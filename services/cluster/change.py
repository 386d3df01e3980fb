"""A change as a value: the one request that Proxmox is not merely asked but told.

Only the functions of `services/cluster/orders/` make one, each for one action, so that no path
and no form ever comes from outside; a test holds the house to it.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.cluster import wire
from services.cluster.upid import parse_upid

BLOCKERS_TOLD = 10


class Method(StrEnum):
    """The verbs of the API that change something."""

    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One request below `/api2/json` that changes something.

    It is sent once: never shared, and never repeated unless it is certain that nothing was sent.
    """

    method: Method
    path: tuple[str, ...]
    form: tuple[tuple[str, str], ...] = ()
    what: str
    """What it does, to be read after `to`: `start media (104)`."""

    def __post_init__(self) -> None:
        if not all(self.path) or {".", ".."} & set(self.path):
            raise ValueError(f"no path of the API: {'/'.join(self.path)!r}")

    @property
    def told_path(self) -> str:
        """`/nodes/pve/qemu/104/status/start`."""
        return "/" + "/".join(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAnswer:
    """What Proxmox answered to a change: that it was accepted, which is not that it is done."""

    upid: str | None = None
    """The task that does it; none where it was done at once, or nobody will tell."""
    text: str | None = None
    """A line that is no task, such as the address a wake-up was sent to."""
    blocked_by: tuple[str, ...] = ()
    """What keeps high availability from doing it: `vm:105 (negative affinity)`."""


def parse_change_answer(payload: object) -> ChangeAnswer:
    """Read what stands under `data` in the answer to a change."""
    if parse_upid(payload) is not None:
        return ChangeAnswer(upid=str(payload))
    row = wire.fields(payload)
    blockers = [
        f"{sid} ({cause})" if (cause := wire.text(each.get("cause"))) else sid
        for each in wire.rows(row.get("blocking-resources"))
        if (sid := wire.text(each.get("sid"))) is not None
    ]
    return ChangeAnswer(text=wire.text(payload), blocked_by=tuple(blockers[:BLOCKERS_TOLD]))
