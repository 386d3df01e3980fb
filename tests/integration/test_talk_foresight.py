"""Before a long loop with Claude it is told what it will likely cost."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.llm.messages import ProviderName
from services.llm.turn_events import AnswerBegan, CostForeseen, TurnOutcome
from simulator.process import SimulatorProcess
from tests.support.talk_house import Spoken, talking

DEAR = {"routine": "claude-opus-5-5"}
LOOKS = ("list_guests", "list_nodes", "list_storage", "get_temperatures")


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("foresight"), speed=20) as process:
        yield process


def foreseen(spoken: Spoken) -> list[CostForeseen]:
    return spoken.heard.of(CostForeseen)


def rounds(*tools: str) -> list[dict[str, Any]]:
    """What a model says that looks at one thing after another, and then answers."""
    return [
        *({"text": "One moment.", "calls": [{"tool": tool}]} for tool in tools),
        {"text": "All of it is well."},
    ]


async def test_thinking_hard_is_told_its_price_before_it_begins(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        spoken = await house.say("think as hard as you can: how is the cluster?")

        (told,) = foreseen(spoken)
        assert told.usd > Decimal("0.10")
        assert told.because.startswith("It may cost about 0.")
        kinds = [type(event) for event in spoken.heard.events]
        assert kinds.index(CostForeseen) < kinds.index(AnswerBegan)
        assert f"it may cost about {told.usd:.2f}\u00a0USD" in spoken.answer.because
        assert spoken.ended.outcome is TurnOutcome.DONE


async def test_an_everyday_question_says_nothing_of_its_price(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        spoken = await house.say("how is the cluster?")

        assert foreseen(spoken) == []
        assert "cost" not in spoken.answer.because


async def test_a_loop_that_goes_on_after_three_rounds_is_told_once(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude_changes=DEAR) as house:
        house.doubles.script("claude", *rounds(*LOOKS))

        spoken = await house.say("how is the cluster?")

        (told,) = foreseen(spoken)
        assert told.because.startswith("Going on may cost about 0.")
        began = [type(e) for e in spoken.heard.events if isinstance(e, AnswerBegan | CostForeseen)]
        assert began.index(CostForeseen) == 3
        assert len(house.asked("claude")) == len(LOOKS) + 1


async def test_a_loop_of_three_rounds_is_no_long_one(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude_changes=DEAR) as house:
        house.doubles.script("claude", *rounds(*LOOKS[:2]))

        assert foreseen(await house.say("how is the cluster?")) == []


async def test_more_than_the_budget_has_left_is_told_and_the_budget_ends_it(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, day_usd=Decimal("0.02")) as house:
        house.doubles.script("claude", *rounds(*LOOKS))

        spoken = await house.say("@opus how is the cluster?")

        (told,) = foreseen(spoken)
        assert "budget has 0.02\u00a0USD left" in told.because
        assert spoken.answer.provider is not ProviderName.CLAUDE
        assert "budget of 0.02\u00a0USD is spent" in spoken.answer.because
        assert spoken.ended.outcome is TurnOutcome.DONE


async def test_nobody_but_claude_is_told_of_a_price(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude=False) as house:
        spoken = await house.say("think as hard as you can: how is the cluster?")

        assert foreseen(spoken) == []
