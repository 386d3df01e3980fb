"""The local model over real sockets: a scripted llama-server, and the simulator's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.llm.errors import (
    AnswerCut,
    AnswerUnreadable,
    ContextExceeded,
    KeyRefused,
    ModelLoading,
    ProviderError,
    ProviderFailed,
    ProviderForbidden,
    ProviderTimedOut,
    ProviderUnreachable,
    RequestRefused,
)
from services.llm.local.config import LocalConfig
from services.llm.local.prompt import local_prompt
from services.llm.local.provider import LocalProvider
from services.llm.local.server import LlamaServer
from services.llm.provider import (
    Meter,
    OfferedTool,
    StopReason,
)
from tests.support import llama_double as double
from tests.support.asked_provider import ask, failure
from tests.support.doubles import doubled
from tests.support.llama_double import LlamaDouble, llama_double
from tests.support.talks import STATUS, assistant, request, user

CHAT = "/v1/chat/completions"
COUNT = "/v1/chat/completions/input_tokens"
KEY = "sk-local-known-only-to-this-test"


@pytest.fixture
async def server() -> AsyncIterator[LlamaDouble]:
    async with llama_double() as running:
        yield running


@pytest.fixture
async def local(server: LlamaDouble) -> AsyncIterator[LocalProvider]:
    provider = provider_at(server.url)
    yield provider
    await provider.close()


def provider_at(url: str, **fields: Any) -> LocalProvider:
    config = LocalConfig(
        **{"base_url": url, "key": SecretStr(KEY), "loopback_only": True, **fields}
    )
    return LocalProvider(config, clock=SystemClock())


async def test_words_come_as_they_are_written_and_whole_at_the_end(
    server: LlamaDouble, local: LocalProvider
) -> None:
    meter = Meter()

    streamed, answered = await ask(local, meter=meter)

    assert streamed == "All is well."
    assert answered.stop is StopReason.END
    assert answered.model == "tiny-qwen2.gguf"
    usage = answered.usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens) == (1, 18, 6)
    assert meter.usage == usage
    assert answered.first_token_ms is not None
    assert local.window_tokens == 4096
    assert local.model == "tiny-qwen2.gguf"


async def test_the_request_has_its_own_prompt_the_key_and_room_for_the_answer(
    server: LlamaDouble, local: LocalProvider
) -> None:
    await ask(local, request(max_output_tokens=10_000, context="It is noon."))

    (sent,) = server.bodies()
    assert sent["messages"][0] == {"role": "system", "content": local_prompt()}
    assert "It is noon." in sent["messages"][-1]["content"]
    assert sent["stream"] is True
    assert sent["stream_options"] == {"include_usage": True}
    assert 4096 * 0.25 <= sent["max_tokens"] < 4096
    assert "tools" not in sent
    assert set(server.keys) == {f"Bearer {KEY}"}


async def test_separators_within_json_do_not_part_a_line(
    server: LlamaDouble, local: LocalProvider
) -> None:
    words = "a\u2028b\x85c\u2029d\x1ce"
    whole = double.chunk(words) + double.chunk(None, "stop") + "data: [DONE]\n\n"
    raw = whole.encode()
    server.acts[CHAT] = double.written(*(raw[n : n + 1] for n in range(len(raw))))

    assert (await ask(local))[0] == words


async def test_a_tool_is_asked_for_in_json_of_its_schema(
    server: LlamaDouble, local: LocalProvider
) -> None:
    server.acts[CHAT] = double.streamed('{"tool": "guest_', 'status", "arguments": {"vmid": 104}}')

    streamed, answered = await ask(local, request(tools=(STATUS,)))

    assert streamed == ""
    assert answered.stop is StopReason.TOOL_USE
    (asked_for,) = answered.tool_uses
    assert (asked_for.tool, dict(asked_for.arguments)) == ("guest_status", {"vmid": 104})
    (sent,) = server.bodies()
    assert sent["response_format"]["type"] == "json_schema"
    assert "guest_status" in sent["messages"][0]["content"]


async def test_words_in_the_schema_are_streamed_as_words(
    server: LlamaDouble, local: LocalProvider
) -> None:
    server.acts[CHAT] = double.streamed('{"ans', 'wer": "Good ', "day, \\u00e9", '"}')

    assert (await ask(local, request(tools=(STATUS,))))[0] == "Good day, é"


async def test_only_the_tools_that_fit_are_offered(
    server: LlamaDouble, local: LocalProvider
) -> None:
    many = tuple(
        OfferedTool(name=f"tool_{n}", summary="Reads something. " * 8, schema=STATUS.schema)
        for n in range(40)
    )

    await ask(local, request(tools=many))

    (sent,) = server.bodies()
    branches = sent["response_format"]["json_schema"]["schema"]["anyOf"]
    assert 2 <= len(branches) <= 12
    assert "tool_0" in sent["messages"][0]["content"]
    assert "tool_39" not in sent["messages"][0]["content"]


async def test_a_schema_the_server_refuses_is_left_away(
    server: LlamaDouble, local: LocalProvider
) -> None:
    server.acts[CHAT] = double.in_turn(
        double.refusing(400, "invalid_request_error", "failed to parse grammar"),
        double.streamed("All is well."),
    )

    assert (await ask(local, request(tools=(STATUS,))))[0] == "All is well."
    assert "response_format" not in server.bodies()[1]


async def test_a_talk_is_trimmed_before_it_is_sent(
    server: LlamaDouble, local: LocalProvider
) -> None:
    server.window_tokens = 1200
    told = []
    for n in range(10):
        told += [user(f"q{n} " + "word " * 100), assistant(f"a{n} " + "word " * 100)]

    _, answered = await ask(local, request((*told, user("and now?"))))

    (sent,) = server.bodies()
    assert double.count_words(sent) <= 900
    assert sent["messages"][-1]["content"] == "and now?"
    assert answered.window_used_ratio is not None
    assert answered.window_used_ratio >= 0.8, "the talk can offer a new session"
    assert answered.left_out_messages >= 14


async def test_words_too_long_for_the_window_are_not_sent(
    server: LlamaDouble, local: LocalProvider
) -> None:
    error = await failure(local, request("word " * 4_000))

    assert isinstance(error, ContextExceeded)
    assert error.tokens is not None
    assert error.tokens > 4_000
    assert server.bodies() == []


async def test_a_window_that_shrank_is_learned_from_the_refusal(
    server: LlamaDouble, local: LocalProvider
) -> None:
    server.acts[CHAT] = double.in_turn(
        double.refusing(
            400, "exceed_context_size_error", "too long", n_prompt_tokens=2_000, n_ctx=1_024
        ),
        double.streamed("All is well."),
    )
    talk = (user("one " * 700), assistant("two " * 700), user("and now?"))

    assert (await ask(local, request(talk)))[0] == "All is well."
    first, second = server.bodies()
    assert double.count_words(first) > 1_024
    assert double.count_words(second) < 1_024 * 0.75
    assert local.window_tokens == 1_024


async def test_a_window_that_is_over_full_all_the_same_is_told(
    server: LlamaDouble, local: LocalProvider
) -> None:
    server.acts[CHAT] = double.refusing(
        400, "exceed_context_size_error", "too long", n_prompt_tokens=8_019, n_ctx=4_096
    )

    error = await failure(local)

    assert isinstance(error, ContextExceeded)
    assert (error.tokens, error.limit_tokens) == (8_019, 4_096)
    assert len(server.bodies()) == 2


async def test_a_prompt_is_counted_as_it_will_be_laid_out(
    server: LlamaDouble, local: LocalProvider
) -> None:
    await ask(local)
    server.acts[COUNT] = double.refusing(404, "not_found_error")
    await ask(local)

    for path in (CHAT, COUNT, "/apply-template"):
        assert server.bodies(path)[0]["chat_template_kwargs"] == {"enable_thinking": False}


async def test_an_older_server_counts_by_its_template(
    server: LlamaDouble, local: LocalProvider
) -> None:
    del server.acts[COUNT]
    server.acts["/apply-template"] = double.told({"prompt": "<|im_start|>system…"})
    server.acts["/tokenize"] = double.told({"tokens": list(range(77))})

    await ask(local)
    await ask(local)

    assert len(server.bodies(COUNT)) == 1, "what it does not offer is not asked for again"
    assert server.bodies("/tokenize")[0]["content"] == "<|im_start|>system…"
    assert server.bodies("/tokenize")[0]["parse_special"] is True


async def test_where_nobody_counts_characters_do(server: LlamaDouble) -> None:
    del server.acts[COUNT]
    llama = LlamaServer(LocalConfig(base_url=server.url, loopback_only=True))

    counted = await llama.count([{"role": "user", "content": "x" * 350}])

    assert (counted.tokens, counted.exact) == (108, False)
    await llama.close()


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        pytest.param(double.refusing(401, "x", "Invalid API Key"), KeyRefused, id="401"),
        pytest.param(double.refusing(500, "server_error", "boom"), ProviderFailed, id="500"),
        pytest.param(
            double.refusing(503, "unavailable_error", "Loading model"), ModelLoading, id="loading"
        ),
        pytest.param(double.refusing(400, "invalid_request_error"), RequestRefused, id="400"),
        pytest.param(double.refusing(404, "not_found_error"), RequestRefused, id="404"),
        pytest.param(double.told({}, status=302), AnswerUnreadable, id="a redirect"),
        pytest.param(double.written("data: {nonsense\n\n"), AnswerUnreadable, id="no JSON"),
        pytest.param(double.written("data: [1]\n\n"), AnswerUnreadable, id="no object"),
        pytest.param(double.written('data: {"choices": 4}\n\n'), AnswerUnreadable, id="a shape"),
        pytest.param(
            double.written('error: {"code": 500, "message": "x"}\n\n'),
            ProviderFailed,
            id="an error as older servers write it",
        ),
        pytest.param(
            double.written(double.chunk("Half"), 'data: {"error": {"code": 500}}\n'),
            ProviderFailed,
            id="an error within the stream",
        ),
        pytest.param(double.written(double.chunk("Half of")), AnswerCut, id="cut after words"),
        pytest.param(double.written(), AnswerCut, id="cut before words"),
        pytest.param(
            double.written(double.chunk("Half of"), abort=True), AnswerCut, id="the line is cut"
        ),
    ],
)
async def test_every_way_to_fail_is_told(
    server: LlamaDouble, local: LocalProvider, act: double.Act, kind: type[ProviderError]
) -> None:
    server.acts[CHAT] = act

    error = await failure(local)

    assert type(error) is kind
    assert KEY not in str(error)

    server.acts[CHAT] = double.streamed("All is well.")
    assert (await ask(local))[0] == "All is well.", "and the next request goes well"


async def test_a_stream_that_stalls_is_given_up(server: LlamaDouble) -> None:
    server.acts[CHAT] = double.written(double.chunk("Well"), hold=True)
    local = provider_at(server.url, silence_timeout_s=0.2)

    error = await failure(local)

    assert isinstance(error, ProviderTimedOut)
    assert error.streamed
    await asyncio.wait_for(server.hung_up.wait(), 30)
    await local.close()


async def test_who_leaves_early_ends_the_generation(
    server: LlamaDouble, local: LocalProvider
) -> None:
    server.acts[CHAT] = double.written(double.chunk("Well " * 7), hold=True)
    meter = Meter()

    async with aclosing(local.stream(request(), meter)) as events:
        async for _ in events:
            break

    await asyncio.wait_for(server.hung_up.wait(), 30)
    assert meter.usage.estimated
    assert meter.usage.output_tokens == 10


async def test_yes_and_no_are_quick(server: LlamaDouble, local: LocalProvider) -> None:
    def says(word: str) -> double.Act:
        return double.told({"choices": [{"message": {"content": word}}]})

    server.acts[CHAT] = double.in_turn(says("YES"), says("NO"), says("perhaps"), says(""))

    assert await local.ask_yes_no("Does this need a look? <|im_end|>") is True
    assert await local.ask_yes_no("Does this need a look?") is False
    assert await local.ask_yes_no("Does this need a look?") is None
    sent = server.bodies()[0]
    assert sent["grammar"] == 'root ::= "YES" | "NO"'
    assert sent["max_tokens"] <= 4
    assert "<|" not in sent["messages"][-1]["content"]


async def test_a_doubt_that_is_not_answered_in_time_stays_one(
    server: LlamaDouble, local: LocalProvider
) -> None:
    server.acts[CHAT] = double.written(hold=True)

    async with asyncio.timeout(30):  # a quarter of what an answer has, that is not only a doubt
        assert await local.ask_yes_no("Does this need a look?", within_ms=100) is None

    await asyncio.wait_for(server.hung_up.wait(), 30)


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    local = provider_at("http://127.0.0.1:9")

    assert isinstance(await failure(local), ProviderUnreachable)
    with pytest.raises(ProviderUnreachable):
        await local.look()
    assert await local.ask_yes_no("?") is None
    await local.close()


async def test_another_machine_is_not_dialled_where_only_this_one_may_be() -> None:
    local = provider_at("http://192.0.2.20:9931")

    assert isinstance(await failure(local), ProviderForbidden)
    assert await local.ask_yes_no("?") is None
    await local.close()


async def test_a_server_that_loads_says_so(server: LlamaDouble, local: LocalProvider) -> None:
    server.acts["/health"] = double.refusing(503, "unavailable_error", "Loading model")

    with pytest.raises(ModelLoading):
        await local.look()


async def test_the_simulator_s_server_gives_what_is_asked_of_it() -> None:
    async with doubled() as doubles:
        key = SecretStr(doubles.doubles.llama_key)
        local = provider_at(doubles.doubles.llama_url, key=key)

        streamed, answered = await ask(local, request("Good morning!"))

        assert streamed
        assert not answered.usage.estimated
        assert local.window_tokens == 8_192
        await doubles.give("local-loading", "local")
        assert isinstance(await failure(local), ModelLoading)
        await doubles.clear("local-loading", "local")
        await doubles.give("llm-cut-stream", "local")
        assert isinstance(await failure(local), AnswerCut)
        await local.close()
