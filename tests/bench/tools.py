"""What a tool costs above the call of the API itself, and what the gate adds to it.

The same question is asked three ways in turn, of one simulated homelab over real HTTPS: by the
lookup alone, by the tool, and by the tool through the gate with its entries in the audit. A change
is measured on the journal, which answers without a network, so that nothing hides the gate's cost.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from db import Database
from db.queries.events import record_events
from db.rows import NewEvent
from services.clock import SystemClock
from services.events import Bus
from services.safety.actors import Actor, ActorKind
from services.tasks import Tasks
from services.tools.calls import Outcome, ToolCall
from services.tools.gate.config import GateConfig
from services.tools.gate.gate import Gate
from services.tools.registry import REGISTRY
from simulator.process import SimulatorProcess
from tests.bench.measure import Report, percentile, scratch, told
from tests.support.tool_bench import Bench, bench_over

WARM = 20
TURNS = 200
NODE = "pve"

Ask = Callable[[int], Awaitable[object]]


def run(report: Report) -> None:
    """A read over HTTPS and a change in the database, each bare, as a tool, by the gate."""
    with scratch() as folder, SimulatorProcess.start(folder / "simulator") as simulator:
        asyncio.run(_measure(report, simulator, folder / "gate"))


async def _measure(report: Report, simulator: SimulatorProcess, folder: Path) -> None:
    async with AsyncExitStack() as stack:
        bench = await stack.enter_async_context(bench_over(simulator))
        gate = await _open_gate(stack, bench, folder)
        report.group("Tools, above the call itself")
        lookups, journal = bench.hands.cluster.lookups, bench.hands.journal
        await _compare(
            report,
            "a read (get_node_status)",
            ("the API alone", lambda _: lookups.fetch_node_status(NODE)),
            ("the tool", lambda _: bench.use("get_node_status", node=NODE)),
            ("through the gate", lambda turn: _through(gate, turn, "get_node_status", node=NODE)),
        )
        events = iter(await _events(bench, 3 * (WARM + TURNS)))
        await _compare(
            report,
            "a change (acknowledge_event)",
            ("the journal alone", lambda _: journal.acknowledge_event(next(events), by="bench")),
            ("the tool", lambda _: bench.use("acknowledge_event", event=next(events))),
            (
                "through the gate",
                lambda turn: _through(gate, turn, "acknowledge_event", event=next(events)),
            ),
        )


async def _open_gate(stack: AsyncExitStack, bench: Bench, folder: Path) -> Gate:
    database, tasks = Database(folder, slow_query_ms=10_000), Tasks()
    await asyncio.to_thread(database.open)
    gate = Gate(
        REGISTRY,
        bench.hands,
        database=database,
        bus=Bus(tasks),
        clock=SystemClock(),
        tasks=tasks,
        config=GateConfig(),
    )
    await gate.start()

    async def close() -> None:
        await gate.stop("the measurement is over")
        await tasks.stop(because="the measurement is over")
        await asyncio.to_thread(database.close)

    stack.push_async_callback(close)
    return gate


async def _through(gate: Gate, turn: int, tool: str, **arguments: object) -> None:
    # A new asker each time: what is measured is a call, not how soon one of them has had enough.
    asker = Actor(kind=ActorKind.PERSON, name=f"b{turn}", session="bench", user=f"b{turn}")
    call = ToolCall(id=f"{tool}-{turn}", tool=tool, arguments=arguments)
    result = await gate.execute(call, asker)
    if result.outcome is not Outcome.DONE:
        raise RuntimeError(f"{tool} was not done: {result.because}")


async def _events(bench: Bench, number: int) -> Sequence[int]:
    now = bench.hands.clock.now()
    one = NewEvent(
        at=now, kind="Bench", severity="warning", node=NODE, subject="node/pve", text="to be noted"
    )
    rows = await bench.database.run(record_events, [one] * number)
    return [row.id for row in rows]


async def _compare(report: Report, what: str, *ways: tuple[str, Ask]) -> None:
    spent_ms: dict[str, list[float]] = {name: [] for name, _ in ways}
    for turn in range(WARM + TURNS):
        for name, ask in ways:
            began_s = time.perf_counter()
            await ask(turn)
            if turn >= WARM:
                spent_ms[name].append(1000 * (time.perf_counter() - began_s))
    (bare, alone), *others = spent_ms.items()
    report.row(f"{what}, {bare}", told(alone))
    for name, figures in others:
        added = [figure - base for figure, base in zip(figures, alone, strict=True)]
        figure = f"p50 {statistics.median(added):.2f} ms, p95 {percentile(added, 0.95):.2f} ms"
        report.row(f"{what}, {name}", told(figures))
        report.row(f"  above {bare}", figure)
