"""Tasks with a name and an owner: the one place where the process starts them."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context, copy_context
from typing import Any

import structlog

log = structlog.get_logger("tasks")


class Tasks:
    """Starts tasks, keeps them, reports their failures, and ends them at shutdown."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(
        self,
        work: Coroutine[Any, Any, Any],
        *,
        name: str,
        job: str | None = None,
        apart: bool = False,
    ) -> asyncio.Task[Any]:
        """Run `work` as a task called `name`; its exception is logged, never lost.

        Its log lines carry `job`, and so do those of the tasks it starts; without one they carry
        what its starter's carry. A task `apart` outlives its starter's concern and carries nothing
        of it.
        """
        context = Context() if apart else copy_context()
        if job is not None:
            context.run(structlog.contextvars.bind_contextvars, job=job)
        task = asyncio.get_running_loop().create_task(work, name=name, context=context)
        self._running.add(task)
        task.add_done_callback(self._ended, context=context)
        return task

    @property
    def names(self) -> list[str]:
        """The names of the tasks that run now."""
        return sorted(task.get_name() for task in self._running)

    async def stop(self, *, because: str, grace_s: float = 2.0) -> list[str]:
        """Cancel every task and wait; hands back the names of those that would not end.

        Tasks that others start on their way out are ended as well; the caller's own goes on.
        """
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + grace_s
        cancelled: set[asyncio.Task[Any]] = set()
        while running := self._running - {asyncio.current_task(loop)}:
            for task in running - cancelled:
                task.cancel(because)
            cancelled |= running
            left_s = deadline_s - loop.time()
            if left_s <= 0:
                break
            await asyncio.wait(running, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        names = sorted(task.get_name() for task in running)
        if names:
            log.warning("tasks would not end", names=names, because=because)
        return names

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task failed", name=task.get_name(), exc_info=error)
