"""Asking many questions gently: a few at a time, each allowed to fail alone."""

import asyncio
from collections.abc import Iterable
from typing import TypeVar

import structlog

from services.clock import Clock
from services.cluster.client import Question
from services.cluster.endpoints import Endpoints
from services.cluster.errors import PermissionMissing, RequestRefused

log = structlog.get_logger("cluster.gather")

T = TypeVar("T")

AT_ONCE = 2
GAPS_TOLD = 3
ASK_AGAIN_S = 1_800.0
"""A right that was missing is asked for again after this long; someone may have granted it."""


class MissingRights:
    """Remembers what the token may not read, so that it is not asked for at every tick."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused: dict[str, tuple[float, PermissionMissing]] = {}

    def check(self, path: str) -> None:
        """Raise the remembered PermissionMissing while it is fresh."""
        known = self._refused.get(path)
        if known is not None and self._clock.monotonic_s() - known[0] < ASK_AGAIN_S:
            raise known[1]

    def remember(self, path: str, error: PermissionMissing) -> None:
        """Take note of a refusal; only the first for a path is told in the log."""
        if path not in self._refused:
            log.warning("right missing", path=path, because=error.because, remedy=error.remedy)
        self._refused[path] = (self._clock.monotonic_s(), error)

    def forget(self, path: str) -> None:
        """The right is there."""
        if self._refused.pop(path, None) is not None:
            log.info("right granted", path=path)


class Asker:
    """Asks the cluster, and does not repeat what it was refused for want of a right."""

    def __init__(self, api: Endpoints, rights: MissingRights) -> None:
        self._api = api
        self._rights = rights

    async def fetch(self, question: Question[T]) -> T:
        """The answer; raises what Endpoints.fetch raises, a missing right without asking again."""
        path = question.told_path
        self._rights.check(path)
        try:
            answer = await self._api.fetch(question)
        except PermissionMissing as error:
            self._rights.remember(path, error)
            raise
        self._rights.forget(path)
        return answer


class Gathering:
    """The parts of one picture: what could not be read leaves its reason in `gaps`."""

    def __init__(self, asker: Asker, turns: asyncio.Semaphore) -> None:
        self.refusals: list[RequestRefused] = []
        self._asker = asker
        self._turns = turns

    async def ask(self, question: Question[T]) -> T | None:
        """The answer, or None where Proxmox refused it; raises when Proxmox is not there at all."""
        async with self._turns:
            try:
                return await self._asker.fetch(question)
            except RequestRefused as refusal:
                log.debug("a part could not be read", because=refusal.because)
                self.refusals.append(refusal)
                return None

    @property
    def gaps(self) -> str | None:
        """Why some of it is missing, for a person; None when nothing is."""
        return told_gaps(refusal.because for refusal in self.refusals)


def told_gaps(reasons: Iterable[str]) -> str | None:
    """The first few different reasons, and how many more there are; None when there is none."""
    told = list(dict.fromkeys(reasons))
    if len(told) > GAPS_TOLD:
        told[GAPS_TOLD:] = [f"and {len(told) - GAPS_TOLD} more"]
    return "; ".join(told) or None
