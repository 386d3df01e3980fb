"""A task followed to its end by its UPID."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from services.clock import Clock, pause
from services.cluster.backoff import Backoff, Chance
from services.cluster.errors import (
    ClusterError,
    ClusterStopped,
    NodeTimedOut,
    NodeUnreachable,
    PermissionMissing,
    RequestRefused,
    TokenRefused,
)
from services.cluster.model import TaskOutcome, TaskSnapshot

log = structlog.get_logger("cluster.following")

FIRST_PAUSE_S = 0.3
LAST_PAUSE_S = 3.0
PAUSE_GROWS = 1.4
AWAY_PATIENCE_S = 12.0
"""For so long a task's node may be out of reach before its end is called unknown."""
TAIL_LINES = 12
LATER_AWAY_PATIENCE_S: Final = 3_600.0
"""The same where nobody waits for it any more: a node that is being mended comes back in that."""
LATER_AWAY: Final = Backoff(first_s=1.0, most_s=60.0)
LATER_LAST_PAUSE_S: Final = 10.0
LATER_DEADLINE_S: Final = 86_400.0
"""A task that still runs after that is followed no more."""

Ask = Callable[[str], Awaitable[TaskSnapshot | None]]
AskLog = Callable[[str], Awaitable[tuple[str, ...]]]
Wait = Callable[[float, asyncio.Event], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnd:
    """How a task ended, or why its end is not known."""

    upid: str
    outcome: TaskOutcome
    """RUNNING when it still ran as the time was over; UNKNOWN when it could not be watched."""
    exit_status: str | None = None
    """Proxmox's own words: `OK`, `WARNINGS: 1`, or an error."""
    tail: tuple[str, ...] = ()
    """The last lines of its log; only where it did not end with OK."""
    because: str | None = None
    """Why its end is not known."""
    waited_s: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether Proxmox counts it as done; warnings are no failure."""
        return self.outcome in (TaskOutcome.OK, TaskOutcome.WARNINGS)


def pauses(first_s: float = FIRST_PAUSE_S, last_s: float = LAST_PAUSE_S) -> "Pauses":
    """Pauses that grow: short while something may end any moment, long when it takes its time."""
    return Pauses(first_s, last_s)


class Pauses:
    """Hands out the next pause, each longer than the one before up to the last."""

    def __init__(self, first_s: float, last_s: float) -> None:
        self._next_s = first_s
        self._last_s = last_s

    def next_s(self, *, left_s: float) -> float:
        """The next pause in seconds, no longer than what is left."""
        pause_s, self._next_s = self._next_s, min(self._next_s * PAUSE_GROWS, self._last_s)
        return max(0.0, min(pause_s, left_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a task is looked at by somebody who has time: where a node is away, less and less."""

    away_s: float = LATER_AWAY_PATIENCE_S
    backoff: Backoff = LATER_AWAY
    chance: Chance

    def holds(self, error: ClusterError | None) -> float:
        """For how many seconds an end may not be seen, by why it is not.

        A node that answers, and only not of this task, will hardly say more later.
        """
        answered = error is None or isinstance(error, RequestRefused)
        gone = isinstance(error, NodeUnreachable | NodeTimedOut)
        return AWAY_PATIENCE_S if answered and not gone else self.away_s


async def follow_task(
    upid: str,
    *,
    ask: Ask,
    ask_log: AskLog,
    deadline_s: float,
    clock: Clock,
    ended: asyncio.Event,
    wait: Wait = pause,
    patience: Patience | None = None,
) -> TaskEnd:
    """Look at a task until it has ended, or until the clock's `monotonic_s` reaches `deadline_s`.

    A node, or the whole API, may be away for AWAY_PATIENCE_S meanwhile, or for as long as
    `patience` has it; past that the end of the task is not known, for nobody can see it. Raises
    ClusterStopped when `ended` is set.
    """
    began_s = clock.monotonic_s()
    rhythm = pauses() if patience is None else pauses(last_s=LATER_LAST_PAUSE_S)
    away_since_s: float | None = None
    unseen = 0
    while True:
        fault: ClusterError | None = None
        task: TaskSnapshot | None = None
        try:
            task = await ask(upid)
        except ClusterStopped:
            raise
        except (PermissionMissing, TokenRefused) as refusal:
            return _not_known(upid, refusal.because, clock.monotonic_s() - began_s)
        except ClusterError as error:
            fault = error
        because = fault.because if fault is not None else "its status says nothing"
        now_s = clock.monotonic_s()
        if task is not None and task.outcome is not TaskOutcome.RUNNING:
            return await _ended(task, ask_log, now_s - began_s)
        if task is not None:
            away_since_s, unseen = None, 0
        else:
            away_since_s, unseen = away_since_s if away_since_s is not None else now_s, unseen + 1
            if patience is not None and unseen == 1:
                log.info("a task cannot be looked at; trying again", upid=upid, because=because)
            holds_s = AWAY_PATIENCE_S if patience is None else patience.holds(fault)
            if now_s - away_since_s >= holds_s:
                return _not_known(upid, because, now_s - began_s)
        left_s = deadline_s - now_s
        if left_s <= 0:
            if task is None:
                return _not_known(upid, because, now_s - began_s)
            return TaskEnd(upid=upid, outcome=TaskOutcome.RUNNING, waited_s=now_s - began_s)
        if task is None and patience is not None:
            next_s = min(left_s, patience.backoff.delay_s(unseen, patience.chance))
        else:
            next_s = rhythm.next_s(left_s=left_s)
        if await wait(next_s, ended):
            raise ClusterStopped


async def _ended(task: TaskSnapshot, ask_log: AskLog, waited_s: float) -> TaskEnd:
    tail: tuple[str, ...] = ()
    if task.outcome is not TaskOutcome.OK:
        try:
            tail = (await ask_log(task.upid))[-TAIL_LINES:]
        except ClusterStopped:
            raise
        except ClusterError as error:
            log.info("the log of a task could not be read", because=error.because)
    return TaskEnd(
        upid=task.upid,
        outcome=task.outcome,
        exit_status=task.exit_status,
        tail=tail,
        because="it ended without a word" if task.outcome is TaskOutcome.UNKNOWN else None,
        waited_s=waited_s,
    )


def _not_known(upid: str, because: str, waited_s: float) -> TaskEnd:
    return TaskEnd(upid=upid, outcome=TaskOutcome.UNKNOWN, because=because, waited_s=waited_s)
