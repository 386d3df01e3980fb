"""Claude over real sockets: every way an answer can fail, and what is told of it."""

import asyncio
import traceback
from contextlib import aclosing
from typing import Any

import pytest

from services.llm.claude.provider import ClaudeProvider
from services.llm.errors import (
    AnswerCut,
    AnswerUnreadable,
    ContextExceeded,
    CreditSpent,
    KeyRefused,
    ModelUnknown,
    ProviderError,
    ProviderForbidden,
    ProviderOverloaded,
    ProviderTimedOut,
    ProviderUnreachable,
    RateLimited,
    RequestRefused,
)
from services.llm.provider import (
    Meter,
)
from tests.support import claude_double as double
from tests.support.asked_provider import ask, failure
from tests.support.claude_double import KEY, ClaudeDouble, provider_at
from tests.support.talks import STATUS, answers, assistant, found, request, use, user


async def test_an_error_in_mid_stream_may_be_tried_again(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.text_block(0, "The clus"),
            double.error_event("overloaded_error"),
        ),
        double.answer("All is well."),
    ]

    error = await failure(claude)

    assert isinstance(error, ProviderOverloaded)
    assert error.streamed
    assert error.repeat_helps
    assert len(api.requests) == 1, "the SDK does not repeat what has begun"
    assert (await ask(claude))[0] == "All is well."


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([double.started(), *double.text_block(0, "Half of")[:2]], id="in a block"),
        pytest.param([double.started(), *double.text_block(0, "Half of")], id="after a block"),
        pytest.param([double.started()], id="before a word"),
        pytest.param([], id="before anything"),
    ],
)
async def test_a_stream_that_ends_before_its_end_is_a_failure(
    api: ClaudeDouble, claude: ClaudeProvider, events: list[dict[str, Any]]
) -> None:
    api.acts = [double.stream(*events)]

    error = await failure(claude)

    assert isinstance(error, AnswerCut)
    assert error.repeat_helps
    assert error.streamed is (len(events) > 1)


async def test_a_connection_cut_in_mid_stream_is_a_failure(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [double.cut]
    meter = Meter()

    with pytest.raises(AnswerCut) as caught:
        await ask(claude, meter=meter)

    assert caught.value.streamed
    assert meter.usage.estimated
    assert meter.usage.cache_read_tokens == 900
    assert meter.usage.output_tokens >= 3


async def test_a_stream_that_stalls_is_given_up(api: ClaudeDouble) -> None:
    api.acts = [double.stream(double.started(), *double.text_block(0, "Well"), hold=True)]
    claude = provider_at(api.url, silence_timeout_s=0.2)

    error = await failure(claude)

    assert isinstance(error, ProviderTimedOut)
    assert error.streamed
    assert "0.2" in error.because
    await claude.close()


async def test_who_leaves_early_ends_the_generation_and_knows_about_what_it_cost(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [double.stream(double.started(), *double.text_block(0, "Well " * 40), hold=True)]
    meter = Meter()

    async with asyncio.timeout(30), aclosing(claude.stream(request(), meter)) as events:
        async for _ in events:
            break

    await asyncio.wait_for(api.hung_up.wait(), 30)
    assert meter.usage.estimated
    assert meter.usage.input_tokens == 120
    assert 50 < meter.usage.output_tokens < 100, "200 characters are neither 1 token nor 200"


async def test_a_task_that_is_cancelled_ends_the_generation(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [double.stream(double.started(), *double.text_block(0, "Well"), hold=True)]
    heard = asyncio.Event()

    async def listen() -> None:
        async with aclosing(claude.stream(request())) as events:
            async for _ in events:
                heard.set()

    task = asyncio.create_task(listen())
    await asyncio.wait_for(heard.wait(), 30)
    task.cancel()

    await asyncio.wait_for(api.hung_up.wait(), 30)


@pytest.mark.parametrize(
    ("status", "kind", "meant", "requests"),
    [
        (400, "invalid_request_error", RequestRefused, 2),
        (401, "authentication_error", KeyRefused, 1),
        (402, "billing_error", CreditSpent, 1),
        (403, "permission_error", KeyRefused, 1),
        (404, "not_found_error", ModelUnknown, 1),
        (413, "request_too_large", ContextExceeded, 1),
        (429, "rate_limit_error", RateLimited, 2),
        (503, "api_error", ProviderOverloaded, 2),
        (504, "timeout_error", ProviderTimedOut, 2),
        (529, "overloaded_error", ProviderOverloaded, 2),
    ],
)
async def test_a_refusal_means_what_the_api_means_by_it(
    api: ClaudeDouble,
    claude: ClaudeProvider,
    status: int,
    kind: str,
    meant: type[ProviderError],
    requests: int,
) -> None:
    api.acts = [double.refusal(status, kind, **{"retry-after-ms": "1"})]

    error = await failure(claude)

    assert type(error) is meant
    assert not error.streamed
    assert not error.repeat_helps, "what was repeated already is not worth another time"
    assert len(api.requests) == requests
    if status != 400:
        assert error.attempts == requests


async def test_one_repeat_is_often_enough(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    api.acts = [
        double.refusal(529, "overloaded_error", **{"retry-after-ms": "1"}),
        double.answer("All is well."),
    ]

    assert (await ask(claude))[0] == "All is well."
    assert len(api.requests) == 2


async def test_a_long_wait_is_told_and_not_sat_out(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [double.refusal(429, "rate_limit_error", **{"retry-after": "240"})]

    async with asyncio.timeout(30):
        error = await failure(claude)

    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 240
    assert len(api.requests) == 1


async def test_a_prompt_that_is_too_long_is_told_with_its_figures(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.refusal(
            400,
            "invalid_request_error",
            "prompt is too long: 1000213 tokens > 1000000 maximum",
        )
    ]

    error = await failure(claude)

    assert isinstance(error, ContextExceeded)
    assert (error.tokens, error.limit_tokens) == (1_000_213, 1_000_000)
    assert len(api.requests) == 1


async def test_what_is_special_is_left_out_when_it_may_be_why_a_request_is_refused(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.refusal(400, "invalid_request_error", "Invalid `signature` in `thinking` block"),
        double.answer("It runs."),
    ]
    blocks = (
        {"type": "thinking", "thinking": "", "signature": "stale"},
        {"type": "tool_use", "id": "toolu_1", "name": "guest_status", "input": {}},
    )
    turn = (user("media?"), assistant(use("toolu_1"), id="m1"), answers(found("toolu_1")))

    streamed, _ = await ask(claude, request(turn, opaque={"m1": blocks}, tools=(STATUS,)))

    assert streamed == "It runs."
    assert "stale" in str(api.requests[0]["messages"])
    assert "stale" not in str(api.requests[1]["messages"])
    assert "output_config" not in api.requests[1]


async def test_an_address_where_nobody_listens_is_unreachable() -> None:
    claude = provider_at("http://127.0.0.1:9", repeats=0)

    error = await failure(claude)

    assert isinstance(error, ProviderUnreachable)
    assert "127.0.0.1:9" in error.because
    await claude.close()


async def test_what_is_no_json_cannot_be_read(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    api.acts = [double.stream("event: message_start\ndata: <html>\n\n")]

    assert isinstance(await failure(claude), AnswerUnreadable)


async def test_events_of_a_strange_shape_cannot_be_read(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [double.stream(double.started(), double.delta(7, {"type": "text_delta"}))]

    assert isinstance(await failure(claude), AnswerUnreadable)


async def test_a_redirect_is_not_followed(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    api.acts = [double.refusal(307, "x", location="http://192.0.2.1/v1/messages")]

    error = await failure(claude)

    assert isinstance(error, AnswerUnreadable)
    assert "redirect" in error.because


async def test_another_machine_is_not_dialled_where_only_this_one_may_be() -> None:
    claude = provider_at("http://192.0.2.1:80")

    assert isinstance(await failure(claude), ProviderForbidden)
    with pytest.raises(ProviderForbidden):
        await claude.fetch_catalogue()
    await claude.close()


async def test_a_grammar_is_not_for_claude(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    assert isinstance(await failure(claude, request(grammar='root ::= "YES"')), RequestRefused)
    assert api.requests == []


async def test_the_key_is_in_no_error(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    for act in (double.refusal(401, "authentication_error"), double.cut):
        api.acts = [act]
        error = await failure(claude)

        told = "".join(traceback.format_exception(error)) + repr(error) + repr(claude)
        assert KEY not in told
    assert KEY not in repr(claude._config)
