"""What runs on a machine because somebody typed it: each has a number, and can be killed by it."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from .files.tree import Missing

if TYPE_CHECKING:
    from .computer import Computer

FIRST_PID = 600_000
MOST_SHELLS = 400
"""Shells within shells that one machine runs at once: pipes and jobs that breed end there."""


@dataclass(slots=True, kw_only=True, eq=False)
class Process:
    """A command that runs now."""

    pid: int
    words: tuple[str, ...]
    tty: str
    started_at: float
    """A moment of the world."""
    task: "asyncio.Task[int] | None" = None
    killed_by: int | None = field(default=None)
    """The number of the signal that ends it."""

    @property
    def line(self) -> str:
        return " ".join(self.words)

    def kill(self, signal: int) -> None:
        """End it, as far as it has a task of its own."""
        self.killed_by = signal
        if self.task is not None:
            self.task.cancel()


class Processes:
    """The living ones of one machine, by number."""

    def __init__(self, machine: "Computer") -> None:
        self._machine = machine
        self._numbers = count(FIRST_PID)
        self.living: dict[int, Process] = {}
        self._shells = 0

    @contextmanager
    def fork(self) -> Iterator[None]:
        """One more shell at work, for as long as it lasts. Raises Missing beyond the most."""
        if self._shells >= MOST_SHELLS:
            raise Missing("fork: retry: Resource temporarily unavailable")
        self._shells += 1
        try:
            yield
        finally:
            self._shells -= 1

    def next_pid(self) -> int:
        return next(self._numbers)

    def enter(self, words: tuple[str, ...], tty: str) -> Process:
        """A process that is there until `leave`."""
        process = Process(
            pid=self.next_pid(), words=words, tty=tty, started_at=self._machine.world.now
        )
        self.living[process.pid] = process
        return process

    def leave(self, process: Process) -> None:
        self.living.pop(process.pid, None)

    async def run(self, words: tuple[str, ...], work: Coroutine[Any, Any, int], tty: str) -> int:
        """Let it run as a process; hands back its status, or that of the signal that ended it."""
        process = self.enter(words, tty)
        task = process.task = asyncio.create_task(work, name=f"ssh {words[0]}")
        try:
            return await task
        except asyncio.CancelledError:
            if process.killed_by is None:
                raise
            return 128 + process.killed_by
        finally:
            self.leave(process)
