"""Proxmoxer in threads of its own: one endpoint asked without ever holding up the event loop."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import requests
from proxmoxer.core import ProxmoxResource

from services.clock import Clock
from services.cluster.config import ClusterConfig, Trust
from services.cluster.door import Asked, translate
from services.cluster.errors import AnswerUnreadable, EndpointUnreachable
from services.cluster.session import CONNECT_TIMEOUT_S, Session, TokenAuth

T = TypeVar("T")
Parse = Callable[[Any, datetime], T]
"""Makes frozen values of an answer's `data` and the moment it arrived."""

THREADS_MAX = 6
"""Requests that may wait for Proxmox at once; a further one waits for a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T]):
    """A GET below `/api2/json`; two askers of the same question share one request."""

    path: tuple[str, ...]
    params: tuple[tuple[str, str], ...] = ()
    parse: Parse[T]

    def __post_init__(self) -> None:
        if not all(self.path) or {".", ".."} & set(self.path):
            raise ValueError(f"no path of the API: {'/'.join(self.path)!r}")

    @property
    def told_path(self) -> str:
        """`/nodes/pve/status`."""
        return "/" + "/".join(self.path)


def asking(parse: Parse[T], *path: str | int, **params: str | int) -> Question[T]:
    """The question `GET /path…?params`, its answer read by `parse`."""
    return Question(
        path=tuple(str(part) for part in path),
        params=tuple(sorted((name, str(value)) for name, value in params.items())),
        parse=parse,
    )


@cache
def timeless(parse: Callable[[Any], T]) -> Parse[T]:
    """A `parse` that does not care when the answer arrived."""

    def without_time(payload: Any, seen_at: datetime) -> T:
        return parse(payload)

    return without_time


class AnswerReader:
    """proxmoxer's serializer, but strict: what is not Proxmox's JSON is an error."""

    def __init__(self, url: str) -> None:
        self._url = url

    def loads(self, response: requests.Response) -> Any:
        """The `data` of an answer."""
        document = json.loads(response.content)
        if not isinstance(document, dict) or "data" not in document:
            raise AnswerUnreadable(self._url, "it has no data")
        return document["data"]

    def loads_errors(self, response: requests.Response) -> dict[str, Any]:
        """`message` and `errors` of a refusal, as far as its body has any."""
        try:
            document = json.loads(response.content)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


class EndpointClient:
    """One endpoint of the API; its blocking half runs in the pool's threads."""

    def __init__(self, url: str, config: ClusterConfig, *, clock: Clock, pool: Executor) -> None:
        self.url = url
        self.trust: Trust = config.trust_for(url)
        self.timeout_s = config.timeout_s
        self.session = Session(
            url,
            auth=TokenAuth(config.token_id, config.token_secret),
            trust=self.trust,
            loopback_only=config.loopback_only,
            timeout_s=config.timeout_s,
            connections=THREADS_MAX,
        )
        self._clock = clock
        self._pool = pool
        self._root = ProxmoxResource(
            base_url=f"{url}/api2/json", session=self.session, serializer=AnswerReader(url)
        )

    async def fetch(self, question: Question[T]) -> T:
        """Ask and parse in a thread.

        Raises ClusterError. A thread that hangs past every timeout has its connection cut.
        """
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, self.ask, question)
        work.add_done_callback(let_go)
        done, _ = await asyncio.wait([work], timeout=3 * (CONNECT_TIMEOUT_S + self.timeout_s))
        if not done:
            self.session.wire.cut()
        return await work

    def close(self) -> None:
        """End what waits and let go of every connection."""
        self.session.wire.cut()
        self.session.close()

    def ask(self, question: Question[T]) -> T:
        """Ask and parse here and now: it blocks. Raises ClusterError."""
        cuts = self.session.wire.cuts
        try:
            return self._ask_once(question)
        except EndpointUnreachable as fault:
            if fault.unsent or self.session.wire.cuts != cuts:
                raise
            # Proxmox drops idle connections after 5 s, sometimes just as we write to one.
            return self._ask_once(question)

    def _ask_once(self, question: Question[T]) -> T:
        try:
            resource = self._root([quote(part, safe="") for part in question.path])
            payload = resource.get(**dict(question.params))
            seen_at = self._clock.now()
        except Exception as error:
            asked = Asked(
                url=self.url,
                path=question.told_path,
                timeout_s=self.timeout_s,
                pinned_sha256=self.trust.pinned_sha256,
            )
            raise translate(error, asked) from error
        return question.parse(payload, seen_at)


def let_go(work: asyncio.Future[Any]) -> None:
    """Whoever asked may have left; what became of it is then nobody's news."""
    if not work.cancelled():
        work.exception()
