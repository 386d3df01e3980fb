"""The ambiguous rest is asked about, for at most 400 ms, and tools are taken in doubt."""

import asyncio
from dataclasses import replace

import pytest

from services.llm.messages import ProviderName
from services.llm.routing import Budget, Conversation, Route, needs_settling, route, settle
from services.llm.routing.availability import Availability
from tests.support.routing_messages import demo_inventory

BOTH = Availability(claude=True, local=True)
INVENTORY = demo_inventory()
UNCLEAR = "revert to the original configuration"


def unclear() -> Route:
    decided = route(UNCLEAR, Conversation(), INVENTORY, BOTH, Budget())
    return replace(decided, ambiguous=True, needs_tools=True, step="tools")


async def yes(question: str) -> bool | None:
    return True


async def no(question: str) -> bool | None:
    return False


async def unable(question: str) -> bool | None:
    return None


async def test_yes_keeps_the_tools() -> None:
    settled = await settle(unclear(), UNCLEAR, yes)

    assert settled.needs_tools
    assert not settled.ambiguous
    assert "the local model agrees" in settled.because


async def test_no_leaves_it_to_the_local_model() -> None:
    settled = await settle(unclear(), UNCLEAR, no)

    assert (settled.provider, settled.needs_tools) == (ProviderName.LOCAL, False)
    assert "the local model" in settled.because


async def test_neither_means_tools() -> None:
    settled = await settle(unclear(), UNCLEAR, unable)

    assert (settled.provider, settled.needs_tools) == (ProviderName.CLAUDE, True)
    assert "in doubt" in settled.because


async def test_a_model_that_takes_too_long_is_not_waited_for() -> None:
    ended = asyncio.Event()

    async def stalls(question: str) -> bool | None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return True

    settled = await settle(unclear(), UNCLEAR, stalls, deadline_s=0.01)

    assert settled.needs_tools
    assert "in time" in settled.because
    assert ended.is_set()


async def test_what_is_clear_is_not_asked_about() -> None:
    async def never(question: str) -> bool | None:
        pytest.fail("nobody should have been asked")

    decided = route("is media up?", Conversation(), INVENTORY, BOTH, Budget())
    assert await settle(decided, "is media up?", never) is decided


async def test_the_question_holds_the_message_cut_to_size() -> None:
    asked: list[str] = []

    async def note(question: str) -> bool | None:
        asked.append(question)
        return None

    await settle(unclear(), "x" * 5_000, note)
    assert 600 < len(asked[0]) < 1_500


def test_nobody_is_asked_where_the_answer_would_change_nothing() -> None:
    assert needs_settling(unclear(), BOTH)
    assert not needs_settling(unclear(), Availability(claude=True, local=False))
    assert not needs_settling(replace(unclear(), step="forced"), BOTH)
    assert not needs_settling(replace(unclear(), ambiguous=False), BOTH)
