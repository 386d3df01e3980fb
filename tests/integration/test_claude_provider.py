"""Claude over real sockets: every way an answer can end, and what is told of it."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.llm.claude import ClaudeProvider
from services.llm.claude_config import ClaudeConfig
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
from services.llm.models_check import check_models
from services.llm.provider import (
    Effort,
    Meter,
    OfferedTool,
    StopReason,
)
from tests.support import claude_double as double
from tests.support.asked_provider import ask, failure
from tests.support.claude_double import ClaudeDouble, claude_double
from tests.support.talks import answers, assistant, found, request, use, user

KEY = "sk-ant-known-only-to-this-test-0451"


@pytest.fixture
async def api() -> AsyncIterator[ClaudeDouble]:
    async with claude_double() as running:
        yield running


@pytest.fixture
async def claude(api: ClaudeDouble) -> AsyncIterator[ClaudeProvider]:
    provider = provider_at(api.url)
    yield provider
    await provider.close()


def provider_at(url: str, **fields: Any) -> ClaudeProvider:
    config = ClaudeConfig(api_key=SecretStr(KEY), base_url=url, loopback_only=True, **fields)
    return ClaudeProvider(config, clock=SystemClock())


async def test_words_come_as_they_are_written_and_whole_at_the_end(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [double.answer("media ", "runs.")]
    meter = Meter()

    streamed, answered = await ask(claude, meter=meter)

    assert streamed == answered.text == "media runs."
    assert answered.stop is StopReason.END
    assert answered.message_id == "msg_01"
    assert answered.model == "claude-haiku-5-5"
    assert (answered.usage.input_tokens, answered.usage.output_tokens) == (120, 12)
    assert (answered.usage.cache_read_tokens, answered.usage.cache_write_tokens) == (900, 40)
    assert not answered.usage.estimated
    assert meter.usage == answered.usage
    assert answered.first_token_ms is not None
    assert 0 < answered.first_token_ms <= answered.total_ms


async def test_the_request_is_one_the_api_takes(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    tool = OfferedTool(name="guest_status", summary="Reads a guest.", schema={"properties": {}})

    await ask(claude, request(tools=(tool,), context="It is noon.", max_output_tokens=500))

    (sent,) = api.requests
    assert sent["model"] == "claude-haiku-5-5"
    assert sent["stream"] is True
    assert sent["cache_control"] == {"type": "ephemeral"}
    assert sent["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert sent["tools"][0]["input_schema"]["type"] == "object"
    assert not {"temperature", "top_p", "top_k"} & set(sent)
    (headers,) = api.headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["anthropic-version"] == "2026-10-21"
    assert sent["messages"][-1]["role"] == "user"
    assert "It is noon." in sent["messages"][-1]["content"][-1]["text"]
    assert "It is noon." not in sent["system"][0]["text"]


@pytest.mark.parametrize(
    ("role_model", "effort", "thinking"),
    [
        pytest.param("claude-haiku-5-5", "low", None, id="routine, before the API told"),
        pytest.param("claude-sonnet-5-5", "medium", "adaptive", id="hard"),
        pytest.param("claude-opus-5-5", "high", "adaptive", id="escalation"),
    ],
)
async def test_a_role_s_model_thinks_as_deep_as_its_role_asks(
    api: ClaudeDouble, claude: ClaudeProvider, role_model: str, effort: str, thinking: str | None
) -> None:
    await ask(claude, request(model=role_model, max_output_tokens=500))

    sent = api.requests[-1]
    assert sent["output_config"] == {"effort": effort}
    assert sent.get("thinking", {}).get("type") == thinking
    assert sent["max_tokens"] > 500, "thinking has room of its own"


async def test_the_depth_of_a_request_counts_before_the_role_s(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    await ask(claude, request(model="claude-sonnet-5-5", effort=Effort.LOW))

    assert api.requests[-1]["thinking"] == {"type": "between_tools"}


async def test_tools_are_asked_for_with_their_arguments(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.thinking_block(0),
            *double.text_block(1, "I shall look."),
            *double.tool_block(2, "toolu_1", "guest_status", '{"vm', 'id": 104}'),
            *double.tool_block(3, "toolu_2", "cluster_status"),
            *double.ended("tool_use"),
        )
    ]

    streamed, answered = await ask(claude)

    assert streamed == "I shall look."
    assert answered.stop is StopReason.TOOL_USE
    assert [(u.id, u.tool, dict(u.arguments)) for u in answered.tool_uses] == [
        ("toolu_1", "guest_status", {"vmid": 104}),
        ("toolu_2", "cluster_status", {}),
    ]
    assert [block["type"] for block in answered.opaque] == [
        "thinking",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert answered.opaque[0]["signature"] == "sig"


STATUS = OfferedTool(name="guest_status", summary="Reads a guest.", schema={"properties": {}})


async def test_signed_thinking_goes_back_unchanged_in_its_turn_alone(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.thinking_block(0, "hm", "signed"),
            *double.tool_block(1, "toolu_1", "guest_status", '{"vmid": 104}'),
            *double.ended("tool_use"),
        ),
        double.answer("It runs."),
    ]
    _, first = await ask(claude)
    step = assistant(*first.tool_uses, id="m1", model=first.model)
    turn = (user("How is media?"), step, answers(found("toolu_1")))

    held: dict[str, Any] = {"opaque": {"m1": first.opaque}, "tools": (STATUS,)}

    await ask(claude, request(turn, **held))
    await ask(claude, request((*turn, user("And nextcloud?")), **held))
    await ask(claude, request(turn, model="claude-opus-5-5", **held))

    inside, after, elsewhere = (sent["messages"] for sent in api.requests[1:])
    assert inside[1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "signed"}
    assert "thinking" not in str(after)
    assert "signed" not in str(elsewhere), "it is signed for the model that thought it"


async def test_a_call_whose_arguments_cannot_be_read_is_handed_on_as_such(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.tool_block(0, "toolu_1", "guest_stop", '{"vmid": 10'),
            *double.ended("tool_use"),
        )
    ]

    _, answered = await ask(claude)

    assert dict(answered.tool_uses[0].arguments) == {"unreadable_arguments": '{"vmid": 10'}


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("max_tokens", StopReason.MAX_TOKENS),
        ("refusal", StopReason.REFUSAL),
        ("model_context_window_exceeded", StopReason.CONTEXT),
        ("pause_turn", StopReason.PAUSE),
        ("stop_sequence", StopReason.END),
        ("something_new", StopReason.END),
    ],
)
async def test_no_tool_is_run_unless_the_answer_ended_in_order_to_ask(
    api: ClaudeDouble, claude: ClaudeProvider, reason: str, stop: StopReason
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.text_block(0, "I would"),
            *double.tool_block(1, "toolu_1", "guest_stop", '{"vmid": 1'),
            *double.ended(reason),
        )
    ]

    _, answered = await ask(claude)

    assert answered.stop is stop
    assert answered.tool_uses == ()
    assert answered.text == "I would"
    assert ("something_new" in answered.because) is (reason == "something_new")


async def test_a_refusal_names_its_category(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": None}
    api.acts = [double.stream(double.started(), *double.ended("refusal", stop_details=details))]

    _, answered = await ask(claude)

    assert answered.because == "Claude declined to answer (category cyber)"


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

    async with asyncio.timeout(5), aclosing(claude.stream(request(), meter)) as events:
        async for _ in events:
            break

    await asyncio.wait_for(api.hung_up.wait(), 5)
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
    await asyncio.wait_for(heard.wait(), 5)
    task.cancel()

    await asyncio.wait_for(api.hung_up.wait(), 5)


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

    async with asyncio.timeout(5):
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


async def test_the_catalogue_tells_which_models_are_there_and_how_they_are_asked(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    types = {"adaptive": {"supported": True}, "disabled": {"supported": True}}
    capabilities = {
        "effort": {"supported": True, "low": {"supported": True}},
        "thinking": {"supported": True, "types": types},
    }
    api.catalogue = [
        double.model("claude-haiku-5-5", capabilities=capabilities),
        double.model("claude-sonnet-5-5", "deprecated", retires_at="2027-01-31T00:00:00Z"),
        double.model("claude-opus-5-5", "retired"),
    ]
    config = ClaudeConfig(api_key=SecretStr(KEY), base_url=api.url)

    catalogue = check_models(await claude.fetch_catalogue(), config)
    claude.learn(catalogue)

    assert catalogue.there == ("claude-haiku-5-5", "claude-sonnet-5-5")
    assert [(f.role, f.what, f.usable) for f in catalogue.findings] == [
        ("hard", "is deprecated", True),
        ("escalation", "was retired", False),
    ]
    await ask(claude)
    assert api.requests[-1]["thinking"] == {"type": "disabled"}
    error = await failure(claude, request(model="claude-opus-5-5"))
    assert isinstance(error, ModelUnknown)
    assert error.because == "Claude's model claude-opus-5-5 was retired"
    assert len(api.requests) == 1, "a model that was retired is not asked"


async def test_a_model_whose_listed_name_has_a_date_is_known(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.catalogue = [double.model(f"{name}-20260901") for name in double.MODELS]
    config = ClaudeConfig(api_key=SecretStr(KEY), base_url=api.url)

    assert check_models(await claude.fetch_catalogue(), config).findings == ()


async def test_a_catalogue_that_cannot_be_had_is_told_why() -> None:
    claude = provider_at("http://127.0.0.1:9", repeats=0)

    with pytest.raises(ProviderUnreachable):
        await claude.fetch_catalogue()
    await claude.close()
