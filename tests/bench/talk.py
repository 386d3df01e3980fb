"""The talk: Jarvis's own time to the first word, and what twelve tasks cost beside a naive loop.

The models are doubles that answer at once, so the time is Jarvis's alone. Tokens are counted by
the double of the Anthropic API, its prompt cache included; prices are those of the data file.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.llm.costs.prices import load_prices
from services.llm.messages import Usage
from services.llm.prompts import system_prompt
from services.llm.routing import Picked
from services.llm.turn_events import ApprovalWanted, TextAdded, TurnEvent
from services.llm.turns.tool_calls import told_result
from services.safety.actors import Actor, ActorKind
from services.tools.calls import Outcome, ToolCall
from services.tools.registry import offered_tools
from services.tools.schema import schema_of
from simulator.process import SimulatorProcess
from tests.bench.measure import Report, percentile, scratch, told
from tests.support.doubles import HAIKU
from tests.support.talk_house import OWNER, TalkHouse, talking
from tests.support.waiting import until

FIRST_WORDS = 40
FIRST_WORD_MS = 50.0
TASKS = (
    "hello",
    "how is the cluster?",
    "why is pve hot?",
    "what is a quorum?",
    "which guests lack a backup?",
    "how is media?",
    "restart media",
    "and nextcloud?",
    "what happened lately?",
    "what fills the storages?",
    "start win11",
    "thanks",
)
ROUNDS_MOST = 8


@dataclass(slots=True)
class Spent:
    """What one way of going about it has used."""

    requests: int = 0
    tokens_in: int = 0
    cached: int = 0
    tokens_out: int = 0
    usd: Decimal = Decimal(0)
    answers: list[str] = field(default_factory=list)

    def add(self, usage: Usage, usd: Decimal) -> None:
        """One request."""
        self.requests += 1
        self.tokens_in += usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        self.cached += usage.cache_read_tokens
        self.tokens_out += usage.output_tokens
        self.usd += usd

    @property
    def told(self) -> str:
        """In one line."""
        return (
            f"{self.requests} requests, {self.tokens_in:,} tokens in ({self.cached:,} cached), "
            f"{self.tokens_out:,} out, {self.usd:.5f} USD"
        )


def run(report: Report) -> None:
    """The time, then the money."""
    with (
        scratch() as folder,
        SimulatorProcess.start(folder / "simulator", speed=20) as simulator,
    ):
        asyncio.run(_run(report, simulator, folder))


async def _run(report: Report, simulator: SimulatorProcess, folder: Path) -> None:
    report.group("The talk, over models that answer at once")
    async with talking(simulator, folder / "first") as house:
        for picked, name in ((Picked.CLAUDE, "Claude"), (Picked.LOCAL, "the local model")):
            times = [await _first_word_ms(house, picked) for _ in range(FIRST_WORDS)]
            report.under(
                f"Jarvis's own time to the first word, {name}",
                percentile(times, 0.95),
                FIRST_WORD_MS,
                "ms",
                told(times),
            )
    async with talking(simulator, folder / "ours", day_usd=Decimal(50)) as house:
        ours = await _ours(house)
    async with talking(simulator, folder / "naive") as house:
        naive = await _naive(house)
    tasks = len(TASKS)
    report.row(f"{tasks} tasks, naive loop", naive.told)
    report.row(f"{tasks} tasks, Jarvis", ours.told)
    share = float(ours.usd / naive.usd)
    report.under("Jarvis's cost against the naive loop's", 100 * share, 50, "%")


async def _first_word_ms(house: TalkHouse, picked: Picked) -> float:
    """From the call to the first word, in a conversation of its own."""
    came_s: list[float] = []
    opened = await house.talk.find_conversations("owner", limit=1)
    id = opened[0].id if opened else (await house.say("hello")).began.conversation_id

    def listen(event: TurnEvent) -> None:
        if isinstance(event, TextAdded) and not came_s:
            came_s.append(time.perf_counter())

    leave = house.talk.listen(id, listen)
    began_s = time.perf_counter()
    await house.talk.say(id, "hello", OWNER, picked=picked)
    await until(lambda: house.talk.live(id) is None, "the end of the turn")
    leave()
    return (came_s[0] - began_s) * 1000


async def _ours(house: TalkHouse) -> Spent:
    spent = Spent()
    id: str | None = None
    for task in TASKS:
        spoken = await house.say(task, id, decide=house.proceed)
        id = spoken.began.conversation_id
        spent.answers.append(spoken.text)
        for row in await house.models.costs.find_requests_of(spoken.began.message.id):
            usage = Usage(
                input_tokens=row.input_tokens,
                output_tokens=row.output_tokens,
                cache_read_tokens=row.cache_read_tokens,
                cache_write_tokens=row.cache_write_tokens,
            )
            spent.add(usage, row.cost_usd)
    return spent


async def _naive(house: TalkHouse) -> Spent:
    """Claude for everything, every tool, the whole history in full, and no cache."""
    prices, spent = load_prices(), Spent()
    tools = [
        {"name": tool.name, "description": tool.summary, "input_schema": dict(schema_of(tool))}
        for tool in offered_tools(ActorKind.MODEL)
    ]
    actor = Actor(kind=ActorKind.MODEL, name=HAIKU, session=OWNER.session, user=OWNER.user)
    messages: list[Any] = []
    for task in TASKS:
        messages.append({"role": "user", "content": task})
        for _ in range(ROUNDS_MOST):
            answer = await house.doubles.claude.messages.create(
                model=HAIKU,
                max_tokens=4_096,
                system=system_prompt("sir"),
                tools=tools,  # type: ignore[arg-type]
                messages=messages,
            )
            usage = Usage(
                input_tokens=answer.usage.input_tokens, output_tokens=answer.usage.output_tokens
            )
            cost_usd, _ = prices.price_or_dearest(HAIKU, usage, datetime.now(UTC))
            spent.add(usage, cost_usd)
            messages.append({"role": "assistant", "content": answer.content})
            uses = [block for block in answer.content if block.type == "tool_use"]
            if not uses:
                spent.answers.append("".join(b.text for b in answer.content if b.type == "text"))
                break
            results = [await _used(house, use, actor) for use in uses]
            messages.append({"role": "user", "content": results})
    return spent


async def _used(house: TalkHouse, use: Any, actor: Actor) -> dict[str, Any]:
    """The result of one call; a person says yes at once."""
    result = await house.gate.execute(
        ToolCall(id=use.id, tool=use.name, arguments=use.input), actor
    )
    if result.outcome is Outcome.WAITING and result.approval_id:
        await house.proceed(
            ApprovalWanted(
                conversation_id="", turn_id="", call_id=use.id, approval_id=result.approval_id
            )
        )
        result = await house.gate.settled(result.approval_id)
    text = f"{result.outcome.value}\n{told_result(result)}"
    return {"type": "tool_result", "tool_use_id": use.id, "content": text}
