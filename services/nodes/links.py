"""The links of all nodes: where each node is, with which key it is dialled, which key it shows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncssh
import structlog

from services.clock import Clock, pause
from services.cluster.backoff import Chance
from services.cluster.model import ClusterSnapshot
from services.events import Event
from services.nodes.config import SSH_PORT, Address, NodesConfig
from services.nodes.dial import Dial, dial, read_key
from services.nodes.door import Asked
from services.nodes.errors import (
    HostKeyChanged,
    HostKeyUnknown,
    NodeNotKnown,
    SshNotConfigured,
)
from services.nodes.happenings import HostKeyRefused, HostKeyWaits, SshHappening
from services.nodes.hostkeys import HostKeys
from services.nodes.link import Link, OnLost
from services.nodes.model import LinkState, NodeLink
from services.tasks import Tasks

log = structlog.get_logger("nodes.links")

IDLE_LOOK_S = 30.0


class Links:
    """One link a node, made when it is first asked for."""

    def __init__(
        self,
        config: NodesConfig,
        *,
        keys: HostKeys,
        publish: Callable[[Event], None],
        changed: Callable[[str], None],
        snapshot: Callable[[], ClusterSnapshot],
        clock: Clock,
        chance: Chance,
        tasks: Tasks,
    ) -> None:
        self._config = config
        self._keys = keys
        self._publish = publish
        self._changed = changed
        self._snapshot = snapshot
        self._clock = clock
        self._chance = chance
        self._tasks = tasks
        self._key: asyncssh.SSHKey | None = None
        self._key_missing = SshNotConfigured("its key has not been read yet")
        self._links: dict[str, Link] = {}
        self._told: dict[str, tuple[type[SshHappening], str]] = {}

    async def start(self) -> None:
        """Read the key; without one every link is off."""
        try:
            self._key = await asyncio.to_thread(read_key, self._config.key_file)
        except SshNotConfigured as error:
            self._key_missing = error
            log.warning(
                "nodes are not reached over SSH", because=error.because, remedy=error.remedy
            )
        self._tasks.start(self._close_the_idle(), name="nodes:idle")

    def stop(self, because: str) -> None:
        """Close every connection for good."""
        for link in self._links.values():
            link.stop(because)

    @property
    def names(self) -> list[str]:
        """Every node that is known, and every other name that has an address."""
        return sorted({*self._snapshot().nodes, *self._config.addresses})

    def link(self, node: str) -> Link:
        """The link to a node, whether or not it can be dialled."""
        if (link := self._links.get(node)) is None:
            link = self._links[node] = Link(
                node,
                lambda on_lost: self._open(node, on_lost),
                clock=self._clock,
                chance=self._chance,
                tasks=self._tasks,
                is_online=lambda: self._snapshot().is_online(node),
                tell=self._publish,
                changed=lambda: self._changed(node),
            )
        return link

    @asynccontextmanager
    async def borrowed(self, node: str) -> AsyncIterator[asyncssh.SSHClientConnection]:
        """The connection to a node, which is not idle before the block ends. Raises NodesError."""
        link = self.link(node)
        async with link.held():
            yield await link.connection(urgent=True)

    def asked(self, node: str) -> Asked:
        """Whom to speak to. Raises NodeNotKnown."""
        address = self.find_address(node)
        if address is None:
            raise NodeNotKnown(node, listed=node in self._snapshot().nodes)
        return Asked(node=node, address=address, user=self._config.user)

    def find_address(self, node: str) -> Address | None:
        """The configured address, else the one the cluster tells."""
        if (address := self._config.addresses.get(node)) is not None:
            return address
        host = self._snapshot().addresses.get(node)
        return Address(host=host, port=SSH_PORT) if host else None

    def node_link(self, node: str) -> NodeLink:
        """How a node's connection stands, with the host keys shown and trusted."""
        address, shown = self.find_address(node), self._keys.shown(node)
        standing = self.link(node).standing
        state, because = standing.state, standing.because
        if state is LinkState.UNUSED and self._key is None:
            state, because = LinkState.OFF, self._key_missing.because
        elif state is LinkState.UNUSED and address is None:
            state, because = LinkState.OFF, NodeNotKnown(node, listed=True).because
        return NodeLink(
            node=node,
            state=state,
            host=address.host if address else None,
            port=address.port if address else None,
            fingerprint=shown.fingerprint if shown else None,
            trusted_fingerprint=self._keys.trusted_fingerprint(node, address),
            because=because,
            retry_at=standing.retry_at,
        )

    def tell_anew(self, node: str) -> None:
        """What was told of a node's host key may be told again."""
        self._told.pop(node, None)

    async def _open(self, node: str, on_lost: OnLost) -> asyncssh.SSHClientConnection:
        if self._key is None:
            raise self._key_missing
        asked = self.asked(node)
        try:
            return await dial(
                Dial(
                    asked=asked,
                    key=self._key,
                    judge=lambda key: self._keys.judge(node, asked.address, key),
                    wanted_algorithms=self._keys.wanted_algorithms(node, asked.address),
                    loopback_only=self._config.loopback_only,
                ),
                on_lost,
            )
        except (HostKeyUnknown, HostKeyChanged) as error:
            self._tell_distrust(node, error)
            raise

    def _tell_distrust(self, node: str, error: HostKeyUnknown | HostKeyChanged) -> None:
        """Once for each key a node shows."""
        at = self._clock.now()
        told: HostKeyWaits | HostKeyRefused
        if isinstance(error, HostKeyUnknown):
            told = HostKeyWaits(at=at, node=node, host=error.host, fingerprint=error.fingerprint)
        else:
            told = HostKeyRefused(
                at=at,
                node=node,
                host=error.host,
                fingerprint=error.fingerprint,
                trusted=error.trusted,
            )
        if self._told.get(node) != (type(told), error.fingerprint):
            self._told[node] = (type(told), error.fingerprint)
            self._publish(told)

    async def _close_the_idle(self) -> None:
        while True:
            await pause(IDLE_LOOK_S)
            for link in self._links.values():
                link.close_if_idle()
