"""Threads that ask Proxmox: none of them can hold up the end of the process."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class AskingThreads(Executor):
    """A few daemon threads, started as they are needed.

    A ThreadPoolExecutor's threads are joined when Python ends, and one that waits for a name to
    resolve can be cut off by nothing.
    """

    def __init__(self, most: int, *, name: str) -> None:
        self._most = most
        self._name = name
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._ended = False

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `work` in a thread as soon as one is free. Raises RuntimeError after the end."""
        future: Future[T] = Future()
        with self._changed:
            if self._ended:
                raise RuntimeError(f"the threads of {self._name} have ended")
            self._waiting.append((future, lambda: work(*args, **kwargs)))
            if self._idle < len(self._waiting) and self._threads < self._most:
                self._threads += 1
                threading.Thread(
                    target=self._serve, name=f"{self._name}_{self._threads}", daemon=True
                ).start()
            self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work. With `wait`, return once all that was taken is done."""
        with self._changed:
            self._ended = True
            if cancel_futures:
                for future, _ in self._waiting:
                    future.cancel()
            self._changed.notify_all()
            while wait and self._threads:
                self._changed.wait()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                while not self._waiting and not self._ended:
                    self._changed.wait()
                self._idle -= 1
                if not self._waiting:
                    self._threads -= 1
                    self._changed.notify_all()
                    return
                future, work = self._waiting.popleft()
            _settle(future, work)


def _settle(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        answer = work()
    except BaseException as error:  # noqa: BLE001 - whoever asked is told
        future.set_exception(error)
    else:
        future.set_result(answer)
