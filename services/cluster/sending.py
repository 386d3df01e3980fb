"""Changes on their way to one endpoint: each sent once, over a connection of its own."""

import asyncio
from concurrent.futures import Executor
from typing import Any
from urllib.parse import quote

import structlog
from proxmoxer.core import ProxmoxResource

from services.cluster.change import Change, Method
from services.cluster.client import AnswerReader, let_go
from services.cluster.config import ClusterConfig
from services.cluster.door import Asked, translate
from services.cluster.errors import (
    ChangeUncertain,
    ClusterError,
    EndpointTimedOut,
    NodeTimedOut,
    NodeUnreachable,
    RequestRefused,
)
from services.cluster.session import CONNECT_TIMEOUT_S, Session, TokenAuth

log = structlog.get_logger("cluster.sending")

HANDSHAKE_FAILED = 595
"""The entry node could not even connect to the node meant, so nothing reached it."""


class Sender:
    """One endpoint of the API, as far as it is told to change something.

    Proxmox closes idle connections just when somebody writes to one, and then nobody can tell
    whether a request was taken. So a change never travels on a connection that was used before.
    """

    def __init__(self, url: str, config: ClusterConfig, *, pool: Executor) -> None:
        self.url = url
        self._trust = config.trust_for(url)
        self._timeout_s = config.timeout_s
        self._pool = pool
        self._session = Session(
            url,
            auth=TokenAuth(config.token_id, config.token_secret),
            trust=self._trust,
            loopback_only=config.loopback_only,
            timeout_s=config.timeout_s,
            connections=1,
            once=True,
        )
        self._session.headers["Connection"] = "close"
        self._root = ProxmoxResource(
            base_url=f"{url}/api2/json", session=self._session, serializer=AnswerReader(url)
        )

    async def send(self, change: Change) -> Any:
        """Send a change in a thread; hands back the `data` of its answer.

        Raises EndpointFault only when it is certain that nothing was sent, so that another
        address may be tried; RequestRefused when Proxmox would not; ChangeUncertain otherwise.
        Whoever is cancelled while it waits for a thread has sent nothing.
        """
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, self._send_once, change)
        work.add_done_callback(let_go)
        done, _ = await asyncio.wait([work], timeout=3 * (CONNECT_TIMEOUT_S + self._timeout_s))
        if not done:
            self._session.wire.cut()
        return await work

    def close(self) -> None:
        """End what waits for an answer and let go of every connection."""
        self._session.wire.cut()
        self._session.close()

    def _send_once(self, change: Change) -> Any:
        self._session.wire.sent = False
        log.info("change sent", path=change.told_path, what=change.what)
        try:
            resource = self._root([quote(part, safe="") for part in change.path])
            match change.method:
                case Method.POST:
                    return resource.post(**dict(change.form))
                case Method.PUT:
                    return resource.put(**dict(change.form))
                case Method.DELETE:
                    return resource.delete(**dict(change.form))
        except Exception as error:
            asked = Asked(
                url=self.url,
                path=change.told_path,
                timeout_s=self._timeout_s,
                pinned_sha256=self._trust.pinned_sha256,
                doing=change.what,
            )
            raise self._judge(translate(error, asked), change) from error

    def _judge(self, meant: ClusterError, change: Change) -> ClusterError:
        """What a failure means for a change: refused, not sent, or nobody knows."""
        if not self._session.wire.sent:
            if isinstance(meant, NodeTimedOut):
                return EndpointTimedOut(self.url, meant.timeout_s, connected=False)
            return meant
        if isinstance(meant, NodeUnreachable) and meant.status == HANDSHAKE_FAILED:
            return meant
        if isinstance(meant, RequestRefused) and not isinstance(
            meant, NodeUnreachable | NodeTimedOut
        ):
            return meant
        return ChangeUncertain(change.what, meant)
