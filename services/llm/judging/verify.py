"""What has to be read before an answer about a change is accepted; pure."""

from collections.abc import Sequence

from services.cluster.model import ClusterSnapshot
from services.llm.judging.targets import Read, Target, read_after, targets_read
from services.llm.turn import Deed
from services.tools.calls import Outcome

_READ = (Outcome.DONE, Outcome.EMPTY)


def find_unread(deeds: Sequence[Deed], snapshot: ClusterSnapshot) -> list[Read]:
    """The reads that are missing: one for each change whose effect nothing has shown since."""
    missing: list[Read] = []
    for place, deed in enumerate(deeds):
        if not deed.writes or not deed.tried or deed.shown:
            continue
        read = read_after(deed.use.tool, deed.use.arguments)
        if read is None or read in missing:
            continue
        wanted = targets_read(read.tool, read.arguments, snapshot)
        if not any(_tells(later, wanted, snapshot) for later in deeds[place + 1 :]):
            missing.append(read)
    return missing


def was_read(read: Read, deeds: Sequence[Deed], snapshot: ClusterSnapshot) -> bool:
    """Whether the same target was read already, and nothing was changed since."""
    wanted = targets_read(read.tool, read.arguments, snapshot)
    for deed in reversed(deeds):
        if deed.writes and deed.tried:
            return False
        if _tells(deed, wanted, snapshot):
            return True
    return False


def _tells(deed: Deed, wanted: frozenset[Target], snapshot: ClusterSnapshot) -> bool:
    if deed.writes or deed.result.outcome not in _READ:
        return False
    return bool(wanted & targets_read(deed.use.tool, deed.use.arguments, snapshot))
