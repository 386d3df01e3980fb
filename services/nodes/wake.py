"""Waking a node: every way there is, one after another, until the node answers.

That a packet was sent is not that it woke anything: only an answer counts, either the cluster that
sees the node online or its SSH port that takes a connection.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import httpx
import structlog

from services.clock import Clock, pause
from services.cluster.errors import ClusterError
from services.cluster.model import ClusterSnapshot
from services.dialing import DialRefused, believed_at, check_dialable
from services.nodes.config import Address, NodesConfig
from services.nodes.magic import is_mac, parse_mac, send_magic_packet
from services.nodes.model import WakeReport

log = structlog.get_logger("nodes.wake")

PATIENCE_S = 20.0
"""How long one way is given before the next one is tried as well."""
WITHIN_S = 180.0
LOOK_S = 3.0
CONNECT_S = 2.0
HTTP_TIMEOUT_S = 10.0
NEIGHBOURS = 2
"""How many other nodes are asked to send the packet."""

WakeByNode = Callable[[str, str], Awaitable[str]]
"""Has the first node wake the second through Proxmox's API; hands back what it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to wake a node."""

    name: str
    """`node pve`, `magic packet`, `http service`."""
    send: Callable[[], Awaitable[None]]


class _Unsent(Exception):
    """One way could not be gone."""

    def __init__(self, because: str) -> None:
        self.because = because
        super().__init__(because)


class Waker:
    """Wakes nodes, and watches whether they wake."""

    def __init__(
        self,
        config: NodesConfig,
        *,
        snapshot: Callable[[], ClusterSnapshot],
        address_of: Callable[[str], Address | None],
        wake_by_node: WakeByNode | None,
        clock: Clock,
    ) -> None:
        self._config = config
        self._snapshot = snapshot
        self._address_of = address_of
        self._wake_by_node = wake_by_node
        self._clock = clock
        self._macs = dict(config.macs)
        """Those that are configured, and those Proxmox has told when it was asked."""

    async def wake(self, node: str, *, within_s: float = WITHIN_S) -> WakeReport:
        """Try each way in turn until the node answers; never longer than `within_s`."""
        if self._snapshot().is_online(node):
            return WakeReport(
                node=node,
                sent_by=(),
                awake=True,
                after_s=0.0,
                because=f"{node} is online already; nothing was sent",
            )
        began_s = self._clock.monotonic_s()
        sent_by: list[str] = []
        failures: list[str] = []
        for way in self._ways(node):
            try:
                await way.send()
            except _Unsent as unsent:
                failures.append(f"{way.name}: {unsent.because}")
                continue
            sent_by.append(way.name)
            log.info("wake sent", node=node, way=way.name)
            left_s = within_s - (self._clock.monotonic_s() - began_s)
            if await self._answers(node, min(PATIENCE_S, left_s)):
                return self._report(node, sent_by, failures, began_s, awake=True)
        left_s = within_s - (self._clock.monotonic_s() - began_s)
        awake = bool(sent_by) and await self._answers(node, left_s)
        return self._report(node, sent_by, failures, began_s, awake=awake)

    def _report(
        self, node: str, sent_by: list[str], failures: list[str], began_s: float, *, awake: bool
    ) -> WakeReport:
        after_s = self._clock.monotonic_s() - began_s
        if awake:
            because = f"{node} answers {after_s:.0f} s after it was called"
        elif sent_by:
            because = f"{node} has not answered within {after_s:.0f} s"
        else:
            because = f"There is no way to wake {node}"
        if failures:
            because = f"{because}; {'; '.join(failures)}"
        return WakeReport(
            node=node,
            sent_by=tuple(sent_by),
            awake=awake,
            after_s=after_s if awake else None,
            because=because,
        )

    async def _answers(self, node: str, within_s: float) -> bool:
        """Whether the node answers before the time is over; it is looked for every few seconds."""
        deadline_s = self._clock.monotonic_s() + within_s
        while True:
            if self._snapshot().is_online(node) or await self._takes_connection(node):
                return True
            left_s = deadline_s - self._clock.monotonic_s()
            if left_s <= 0:
                return False
            await pause(min(LOOK_S, left_s))

    async def _takes_connection(self, node: str) -> bool:
        address = self._address_of(node)
        if address is None:
            return False
        try:
            check_dialable(address.host, loopback_only=self._config.loopback_only)
            async with asyncio.timeout(CONNECT_S):
                _, writer = await asyncio.open_connection(address.host, address.port)
        except (OSError, DialRefused):
            return False
        writer.close()
        return True

    def _ways(self, node: str) -> list[Way]:
        ways = [self._through(neighbour, node) for neighbour in self._neighbours(node)]
        ways.append(Way(name="magic packet", send=lambda: self._send_packet(node)))
        if (url := self._config.wake_url) is not None:
            ways.append(Way(name="http service", send=lambda: self._ask_service(url, node)))
        return ways

    def _neighbours(self, node: str) -> list[str]:
        if self._wake_by_node is None:
            return []
        online = [each.name for each in self._snapshot().online if each.name != node]
        return online[:NEIGHBOURS]

    def _through(self, neighbour: str, node: str) -> Way:
        wake_by_node = self._wake_by_node
        assert wake_by_node is not None

        async def send() -> None:
            try:
                told = await wake_by_node(neighbour, node)
            except ClusterError as error:
                raise _Unsent(error.because) from error
            if is_mac(told):
                self._macs.setdefault(node, parse_mac(told))

        return Way(name=f"node {neighbour}", send=send)

    async def _send_packet(self, node: str) -> None:
        mac = self._macs.get(node)
        if mac is None:
            raise _Unsent(f"no network card is known, set WOL_MACS={node}=aa:bb:cc:dd:ee:ff")
        try:
            send_magic_packet(mac, self._config.broadcast, loopback_only=self._config.loopback_only)
        except DialRefused as error:
            raise _Unsent(str(error)) from error
        except OSError as error:
            raise _Unsent(f"it could not be sent ({error.strerror or error})") from error

    async def _ask_service(self, url: str, node: str) -> None:
        mac = self._macs.get(node)
        asked = url.replace("{node}", quote(node, safe="")).replace("{mac}", quote(mac or ""))
        host = urlsplit(asked).hostname or ""
        try:
            check_dialable(host, loopback_only=self._config.loopback_only)
            verify = believed_at(asked)
            async with httpx.AsyncClient(
                timeout=HTTP_TIMEOUT_S, trust_env=False, verify=verify
            ) as client:
                answer = await client.post(asked, json={"node": node, "mac": mac})
        except DialRefused as error:
            raise _Unsent(str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _Unsent(f"{host} did not answer ({type(error).__name__})") from error
        if not answer.is_success:
            raise _Unsent(f"{host} answered {answer.status_code}")
