"""What reading the cluster costs: requests and CPU per tick, and the same of an exporter."""

import asyncio
import gc
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests
from pve_exporter.collector import CollectorsOptions, collect_pve
from pydantic import SecretStr

from services.clock import SystemClock
from services.cluster.client import Question
from services.cluster.config import INTERVALS_S, ClusterConfig
from services.cluster.diff import diff
from services.cluster.endpoints import Endpoints
from services.cluster.flapping import FlapDamper
from services.cluster.gather import Asker, MissingRights
from services.cluster.model import ClusterSnapshot, SourceState, Tier
from services.cluster.policy import DEFAULT_POLICY
from services.cluster.poller import Poller
from services.cluster.readings import NODES, RESOURCES, STATUS, TASKS, Reader
from services.events import Event
from services.tasks import Tasks
from simulator.process import SimulatorProcess
from tests.bench.measure import Report, scratch, told

T = TypeVar("T")
Bodies = Mapping[Question[Any], bytes]
"""One tick's answers as they came."""

SIZES = ((4, 20), (32, 2_000))
SPEED = 60.0
PAUSE_S = 0.5
"""At that speed, half a minute of the world's: what changes between two important ticks."""
ROUNDS = 10
EXPORTER_ROUNDS = 5
QUESTIONS = {Tier.CRITICAL: (NODES,), Tier.IMPORTANT: (RESOURCES, TASKS, STATUS)}
REQUESTS = {Tier.CRITICAL: 1, Tier.IMPORTANT: 3}
CPU_MS = 60.0
LARGE = CollectorsOptions(*(True for _ in CollectorsOptions._fields))
"""All of its collectors, as it has them when nobody sets them."""


def run(report: Report) -> None:
    """Poll clusters of both sizes."""
    gc.collect()
    gc.freeze()  # as the product does once it has started
    try:
        _run(report)
    finally:
        gc.unfreeze()


def _run(report: Report) -> None:
    for nodes, guests in SIZES:
        report.group(f"Poll of {nodes} nodes, {guests:,} guests")
        with (
            scratch() as folder,
            SimulatorProcess.start(folder, nodes=nodes, guests=guests, speed=SPEED) as simulator,
        ):
            bodies = asyncio.run(_poll(report, simulator))
            _export(report, simulator)
        # Without the simulator beside it, which shares the processor's caches.
        for tier, ticks in bodies.items():
            _work(report, tier, ticks)


async def _poll(report: Report, simulator: SimulatorProcess) -> dict[Tier, list[Bodies]]:
    async with _poller(simulator) as (poller, api):
        for tier in REQUESTS:
            await _poll_tier(report, poller, api, tier)
        bodies: dict[Tier, list[Bodies]] = {tier: [] for tier in QUESTIONS}
        for _ in range(ROUNDS + 1):
            await asyncio.sleep(PAUSE_S)
            for tier, questions in QUESTIONS.items():
                bodies[tier].append({each: await _body(api, each) for each in questions})
        return bodies


async def _poll_tier(report: Report, poller: Poller, api: Endpoints, tier: Tier) -> None:
    sent, spent_ms = [], []
    await poller.poll(tier)
    for _ in range(ROUNDS):
        await asyncio.sleep(PAUSE_S)
        _hang_up(api)
        with counted() as tally:
            began_s = time.process_time()
            await poller.poll(tier)
            spent_ms.append(1000 * (time.process_time() - began_s))
        sent.append(tally.requests)
        assert poller.state[tier].state is SourceState.OK, poller.state[tier].because
    limit = REQUESTS[tier]
    report.row(
        f"{tier} tick: requests sent", f"{max(sent)}, n={len(sent)}", f"{limit}", max(sent) == limit
    )
    report.row(f"{tier} tick: CPU, with HTTPS and all", told(spent_ms))


def _hang_up(api: Endpoints) -> None:
    """Proxmox drops a connection after 5 idle seconds, so each tick opens one of its own."""
    for endpoint in api._all:
        endpoint.client.session.close()


def _work(report: Report, tier: Tier, ticks: list[Bodies]) -> None:
    """The CPU of a tick without the network: the same bytes, from JSON to events."""
    spent_ms, events = asyncio.run(_replay(tier, ticks))
    size_kib = sum(map(len, ticks[0].values())) / 1024
    figure = f"{told(spent_ms)}, {size_kib:,.0f} KiB, {events} events"
    middle_ms = statistics.median(spent_ms)
    report.under(f"{tier} tick: CPU, bytes to events", middle_ms, CPU_MS, "ms", figure)


async def _replay(tier: Tier, ticks: list[Bodies]) -> tuple[list[float], int]:
    clock = SystemClock()
    snapshot = ClusterSnapshot(taken_at=clock.now())
    damper = FlapDamper()
    spent_ms, events = [], 0
    for bodies in ticks:
        reader = Reader(_Recorded(bodies), clock=clock, policy=DEFAULT_POLICY)  # type: ignore[arg-type]
        began_s = time.process_time()
        reading = await reader.read(tier, snapshot)
        old, snapshot = snapshot, reading.observe(snapshot)
        happenings = list(damper.damp(diff(old, snapshot), snapshot))
        spent_ms.append(1000 * (time.process_time() - began_s))
        events += len(happenings)
    return spent_ms[1:], events


class _Recorded:
    """Answers from bytes instead of a network, parsed as the client parses."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies

    async def fetch(self, question: Question[T]) -> T:
        body = self._bodies.get(question)
        payload = [] if body is None else json.loads(body)["data"]
        return question.parse(payload, SystemClock().now())


async def _body(api: Endpoints, question: Question[Any]) -> bytes:
    """What Proxmox answers to a question, unread."""
    raw = Question(path=question.path, params=question.params, parse=lambda payload, _: payload)
    payload = await api.fetch(raw)
    return json.dumps({"data": payload}, separators=(",", ":")).encode()


@asynccontextmanager
async def _poller(simulator: SimulatorProcess) -> AsyncIterator[tuple[Poller, Endpoints]]:
    """The poller as the cluster service makes it, but ticked by hand."""
    clock, tasks = SystemClock(), Tasks()
    config = ClusterConfig(
        endpoints=tuple(simulator.endpoints),
        token_id=simulator.token_id,
        token_secret=SecretStr(simulator.token_secret),
        ca_file=Path(simulator.ca_file),
        loopback_only=True,
    )
    told_events: list[Event] = []
    publish: Callable[[Event], None] = told_events.append
    api = Endpoints(config, clock=clock, tasks=tasks, chance=lambda: 0.5, publish=publish)
    poller = Poller(
        api,
        Reader(Asker(api, MissingRights(clock)), clock=clock, policy=DEFAULT_POLICY),
        publish=publish,
        intervals_s=INTERVALS_S,
        clock=clock,
        tasks=tasks,
        chance=lambda: 0.5,
    )
    try:
        yield poller, api
    finally:
        await tasks.stop(because="measured")
        api.stop("measured")


def _export(report: Report, simulator: SimulatorProcess) -> None:
    """One scrape of prometheus-pve-exporter, as its HTTP handler makes it."""
    user, _, token = simulator.token_id.partition("!")
    config = {
        "user": user,
        "token_name": token,
        "token_value": simulator.token_secret,
        "verify_ssl": simulator.ca_file,
    }
    host = simulator.endpoints[0].removeprefix("https://")
    for what, node in (("cluster=1&node=0", False), ("cluster=1&node=1", True)):
        sent, spent_ms = [], []
        for _ in range(EXPORTER_ROUNDS):
            with counted() as tally:
                began_s = time.process_time()
                collect_pve(config, host, True, node, LARGE)
                spent_ms.append(1000 * (time.process_time() - began_s))
            sent.append(tally.requests)
        report.row(f"pve-exporter {what}: requests sent", f"{max(sent)}, n={len(sent)}")
        report.row(f"pve-exporter {what}: CPU, with HTTPS and all", told(spent_ms))


class Sent:
    """How many requests left this process."""

    requests = 0


@contextmanager
def counted() -> Iterator[Sent]:
    """Count what leaves by way of `requests`, which Jarvis and the exporter both use."""
    tally, send = Sent(), requests.Session.send

    def counting(self: requests.Session, *args: Any, **kwargs: Any) -> requests.Response:
        tally.requests += 1
        return send(self, *args, **kwargs)

    requests.Session.send = counting  # type: ignore[method-assign]
    try:
        yield tally
    finally:
        requests.Session.send = send  # type: ignore[method-assign]
