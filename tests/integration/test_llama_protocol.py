"""llama-server's protocol, spoken to the simulator's server and to a real one.

The real one is what the environment names in LLAMA_SERVER_URL (and its key in LLAMA_SERVER_KEY),
on this machine or another; that host alone is dialled beside the loopback.
"""

import os
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.llm.local import LocalProvider
from services.llm.local_config import LocalConfig
from services.llm.local_prompt import PROMPT_TOKENS_MOST, local_prompt
from services.llm.provider import StopReason, TextDelta
from tests.support.asked_provider import ask
from tests.support.doubles import doubled
from tests.support.talks import STATUS, answers, assistant, found, request, use, user

REAL_URL = os.environ.get("LLAMA_SERVER_URL", "")
REAL_KEY = os.environ.get("LLAMA_SERVER_KEY", "")


def provider_at(url: str, key: SecretStr | None) -> LocalProvider:
    named = bool(REAL_URL) and url == REAL_URL
    config = LocalConfig(base_url=url, key=key, loopback_only=not named)
    return LocalProvider(config, clock=SystemClock())


@pytest.fixture(params=["simulated", "real"])
async def spoken(request: pytest.FixtureRequest) -> AsyncIterator[LocalProvider]:
    """The protocol's tests ask the simulator's server, and a real one where there is one."""
    if request.param == "real":
        if not REAL_URL:
            pytest.skip("LLAMA_SERVER_URL names no llama-server")
        local = provider_at(REAL_URL, SecretStr(REAL_KEY) if REAL_KEY else None)
        yield local
        await local.close()
        return
    async with doubled() as doubles:
        key = SecretStr(doubles.doubles.llama_key)
        local = provider_at(doubles.doubles.llama_url, key)
        yield local
        await local.close()


async def test_the_window_is_the_server_s_own(spoken: LocalProvider) -> None:
    facts = await spoken.look()

    assert facts.window_tokens >= 512
    assert facts.model


async def test_the_prompt_takes_at_most_300_tokens(spoken: LocalProvider) -> None:
    counted = await spoken._server.count([{"role": "system", "content": local_prompt()}])

    assert counted.exact
    assert counted.tokens <= PROMPT_TOKENS_MOST


async def test_an_answer_ends_and_tells_what_it_used(spoken: LocalProvider) -> None:
    _, answered = await ask(spoken, request("Good morning!", max_output_tokens=24))

    assert answered.stop in (StopReason.END, StopReason.MAX_TOKENS)
    assert 0 < answered.usage.output_tokens <= 24
    assert answered.usage.input_tokens + answered.usage.cache_read_tokens > 20
    assert not answered.usage.estimated


async def test_an_answer_in_a_schema_is_words_or_a_call_that_parses(spoken: LocalProvider) -> None:
    turn = (user("How is guest 104?"), assistant(use("a", vmid=104)), answers(found("a")))

    for messages in (turn[:1], turn):
        asked = request(messages, tools=(STATUS,), max_output_tokens=200)
        _, answered = await ask(spoken, asked)

        for call in answered.tool_uses:
            assert call.tool == "guest_status"
            assert isinstance(call.arguments["vmid"], int)


async def test_a_grammar_leaves_only_yes_or_no(spoken: LocalProvider) -> None:
    assert await spoken.ask_yes_no("Is water wet?", within_ms=20_000) in (True, False)


async def test_a_long_talk_is_fitted_by_exact_counts(spoken: LocalProvider) -> None:
    window = (await spoken.look()).window_tokens
    told = []
    for n in range(6):
        told += [user(f"{n} " + "word " * window), assistant("well " * window)]

    _, answered = await ask(spoken, request((*told, user("and now?")), max_output_tokens=8))

    usage = answered.usage
    assert usage.input_tokens + usage.cache_read_tokens <= window * 0.75
    assert answered.window_used_ratio is not None
    assert answered.window_used_ratio > 1


async def test_an_answer_may_be_left_and_the_next_one_comes(spoken: LocalProvider) -> None:
    stream = spoken.stream(request("Count to a hundred.", max_output_tokens=200))
    async with aclosing(stream):
        async for event in stream:
            assert isinstance(event, TextDelta)
            break

    text, answered = await ask(spoken, request("Good morning!", max_output_tokens=24))

    assert text
    assert answered.usage.output_tokens
