"""A call of which no task is on record when the process is killed: its card says what to do."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.llm.messages import Role, ToolAnswer
from services.safety.tiers import Tier
from services.tools.calls import Outcome
from services.tools.registry import REGISTRY
from services.tools.spec import Found
from simulator.process import SimulatorProcess
from tests.support.talk_house import OWNER, talking


async def test_a_change_without_a_task_stays_unknown_and_says_where_to_look(
    own_simulator: SimulatorProcess, tmp_path: Path
) -> None:
    begun = asyncio.Event()

    async def start(*_: Any) -> Found:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError("it never ends")

    registry = {**REGISTRY, "start_guest": replace(REGISTRY["start_guest"], run=start)}
    async with talking(own_simulator, tmp_path, registry=registry) as house:
        said = await house.talk.say(None, "@direct start win11", OWNER)
        await asyncio.wait_for(begun.wait(), 30)
        await house.crash()
        house.registry = dict(REGISTRY)
        await house.open()

        messages = await house.talk.find_messages(said.conversation_id, "owner")
        [answer] = [m for m in messages if m.role is Role.TOOL][-1].parts
        assert isinstance(answer, ToolAnswer)
        assert (answer.outcome, answer.tier) == (Outcome.UNKNOWN, Tier.YELLOW)
        assert answer.text == (
            "Jarvis ended in the middle: what it did is not known; no task of it is on record, so "
            "look at the tasks panel and at guest/112"
        )
        assert "looked up" not in messages[-1].text
        assert (await house.actions()).count("start_guest") == 2
