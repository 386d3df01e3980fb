"""Every fault of the simulated models ends in a reason, a right row and a next request."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.llm.claude.config import ClaudeConfig
from services.llm.costs.metered import Metered
from services.llm.errors import (
    AnswerCut,
    ContextExceeded,
    KeyRefused,
    ModelLoading,
    ProviderError,
    ProviderOverloaded,
    ProviderUnreachable,
    ProviderUnready,
)
from services.llm.local.config import LocalConfig
from services.llm.provider import ModelRequest, StopReason
from tests.support.doubles import doubled
from tests.support.models_room import ACCOUNT, a_room, ask
from tests.support.talks import request

Ending = type[ProviderError] | StopReason


FAULTS: list[tuple[str, str, Ending]] = [
    ("llm-401", "claude", KeyRefused),
    ("llm-529", "claude", ProviderOverloaded),
    ("llm-529-midstream", "claude", ProviderOverloaded),
    ("llm-cut-stream", "claude", AnswerCut),
    ("llm-reset-stream", "claude", AnswerCut),
    ("llm-refusal", "claude", StopReason.REFUSAL),
    ("llm-max-tokens", "claude", StopReason.MAX_TOKENS),
    ("llm-context-exceeded", "claude", StopReason.CONTEXT),
    ("claude-off", "claude", ProviderUnreachable),
    ("llm-401", "local", KeyRefused),
    ("llm-cut-stream", "local", AnswerCut),
    ("llm-reset-stream", "local", AnswerCut),
    ("llm-max-tokens", "local", StopReason.MAX_TOKENS),
    ("llm-context-exceeded", "local", ContextExceeded),
    ("local-loading", "local", ModelLoading),
    ("local-off", "local", ProviderUnreachable),
]


async def ending(provider: Metered, asked: ModelRequest) -> Ending:
    try:
        return (await ask(provider, asked)).stop
    except ProviderError as error:
        return type(error)


@pytest.mark.parametrize(
    ("fault", "who", "end"), FAULTS, ids=[f"{fault} of {who}" for fault, who, _ in FAULTS]
)
async def test_every_fault_of_the_simulator_ends_in_a_reason_and_a_right_row(
    fault: str, who: str, end: Ending, tmp_path: Path
) -> None:
    async with doubled() as doubles, a_room(tmp_path) as room:
        models = room.models = room.make(
            claude=ClaudeConfig(
                api_key=SecretStr(doubles.doubles.claude_key),
                base_url=doubles.doubles.claude_url,
                loopback_only=True,
                repeats=0,
            ),
            local=LocalConfig(
                base_url=doubles.doubles.llama_url,
                key=SecretStr(doubles.doubles.llama_key),
                loopback_only=True,
            ),
        )
        await models.costs.start()
        provider = models.claude if who == "claude" else models.local
        asked = request("How is media?", account=ACCOUNT)
        assert (await ask(provider, asked)).text
        await doubles.give(fault, who)

        assert await ending(provider, asked) is end

        await models.costs.stop()
        first, *others = await room.rows()
        rows = [first, *others]
        assert first.outcome == "done"
        if isinstance(end, StopReason):
            assert others[0].outcome == ("refused" if end is StopReason.REFUSAL else "done")
        elif not issubclass(end, ProviderUnready):
            assert others[0].outcome == "failed"
            assert others[0].ended_because
        assert models.costs.today_usd == sum(row.cost_usd for row in rows)
        assert models.costs.states[0].reserved_usd == 0
        await doubles.clear(fault, who)
        room.clock.turn(700)
        async with asyncio.timeout(30):
            await models.look()
            assert (await ask(provider, asked)).text, "and the next request goes well"
