"""llama-server's protocol, spoken to the simulator's server and to a real one.

The real one is what the environment names in LLAMA_SERVER_URL (and its key in LLAMA_SERVER_KEY),
on this machine or another; that host alone is dialled beside the loopback.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.llm.errors import KeyRefused, ModelLoading
from services.llm.local.config import LocalConfig
from services.llm.local.prompt import PROMPT_TOKENS_MOST, local_prompt
from services.llm.local.provider import LocalProvider
from services.llm.local.server import parse_line
from services.llm.local.tools import response_format
from services.llm.provider import OfferedTool, StopReason, TextDelta
from services.safety.actors import ActorKind
from services.tools.registry import offered_tools
from services.tools.schema import schema_of
from tests.support.asked_provider import ask, failure
from tests.support.doubles import Doubled, doubled
from tests.support.talks import STATUS, answers, assistant, found, request, use, user
from tests.support.waiting import until

REAL_URL = os.environ.get("LLAMA_SERVER_URL", "")
REAL_KEY = os.environ.get("LLAMA_SERVER_KEY", "")
HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello!"}]}


def provider_at(url: str, key: SecretStr | None) -> LocalProvider:
    named = bool(REAL_URL) and url == REAL_URL
    config = LocalConfig(base_url=url, key=key, loopback_only=not named)
    return LocalProvider(config, clock=SystemClock())


@dataclass(frozen=True, slots=True)
class Server:
    """Where the protocol is spoken."""

    url: str
    key: SecretStr | None
    doubles: Doubled | None
    """The simulator's, which can be told what befalls it; None for a real one."""

    def client(self) -> httpx.AsyncClient:
        """For what has to be seen as it comes over the wire."""
        headers = {"Authorization": f"Bearer {self.key.get_secret_value()}"} if self.key else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=120.0, trust_env=False)


@pytest.fixture(params=["simulated", "real"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """The protocol's tests ask the simulator's server, and a real one where there is one."""
    if request.param == "real":
        if not REAL_URL:
            pytest.skip("LLAMA_SERVER_URL names no llama-server")
        yield Server(REAL_URL, SecretStr(REAL_KEY) if REAL_KEY else None, None)
        return
    async with doubled() as doubles:
        key = SecretStr(doubles.doubles.llama_key)
        yield Server(doubles.doubles.llama_url, key, doubles)


@pytest.fixture
async def spoken(server: Server) -> AsyncIterator[LocalProvider]:
    local = provider_at(server.url, server.key)
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
    assert answered.model == spoken.model


@pytest.mark.parametrize("tools", [(), (STATUS,)], ids=["words", "steps"])
async def test_a_prompt_takes_as_many_tokens_as_were_counted(
    spoken: LocalProvider, tools: tuple[OfferedTool, ...]
) -> None:
    talk = (user("Good morning!"), assistant("Good day."), user("How is guest 104?"))
    asked = request(talk, tools=tools, max_output_tokens=8)

    fitted = await spoken._fit(asked, tools, overcount=1.0)
    _, answered = await ask(spoken, asked)

    usage = answered.usage
    assert usage.input_tokens + usage.cache_read_tokens == fitted.prompt_tokens


async def test_an_answer_in_a_schema_is_words_or_a_call_that_parses(spoken: LocalProvider) -> None:
    turn = (user("How is guest 104?"), assistant(use("a", vmid=104)), answers(found("a")))

    for messages in (turn[:1], turn):
        asked = request(messages, tools=(STATUS,), max_output_tokens=200)
        _, answered = await ask(spoken, asked)

        for call in answered.tool_uses:
            assert call.tool == "guest_status"
            assert isinstance(call.arguments["vmid"], int)


async def test_the_schema_of_every_tool_is_one_the_server_can_keep_to(server: Server) -> None:
    offered = [
        OfferedTool(name=tool.name, summary=tool.summary, schema=schema_of(tool))
        for tool in offered_tools(ActorKind.MODEL)
    ]
    assert offered
    async with server.client() as client:
        for tools in ([tool] for tool in offered):
            body = {**HELLO, "max_tokens": 1, "response_format": response_format(tools)}
            told = await client.post("/v1/chat/completions", json=body)
            assert told.status_code == 200, f"{tools[0].name}: {told.text}"


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"type": "nope"}, "#/anyOf/1/properties/vmid: unrecognized type nope"),
        ({"type": ["null", "nope"]}, "#/anyOf/1/properties/vmid/type/1: unrecognized type nope"),
        ({"$ref": "#/$defs/Vmid"}, "#/anyOf/1/properties/vmid: cannot resolve $ref #/$defs/Vmid"),
        ({"$ref": "vmid.json"}, "#/anyOf/1/properties/vmid: unsupported $ref vmid.json"),
    ],
)
async def test_a_schema_the_server_cannot_keep_to_is_refused_with_its_place(
    server: Server, part: dict[str, Any], told: str
) -> None:
    branches = [{"type": "string"}, {"type": "object", "properties": {"vmid": part}}]
    form = {"type": "json_schema", "json_schema": {"schema": {"anyOf": branches}}}

    async with server.client() as client:
        refused = await client.post(
            "/v1/chat/completions", json={**HELLO, "max_tokens": 1, "response_format": form}
        )

    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"
    assert told in refused.json()["error"]["message"]


async def test_a_schema_goes_before_a_grammar(server: Server) -> None:
    form = {"type": "json_schema", "json_schema": {"schema": {"const": "perhaps"}}}
    both = {"response_format": form, "grammar": 'root ::= "YES" | "NO"', "max_tokens": 60}

    async with server.client() as client:
        told = await client.post("/v1/chat/completions", json={**HELLO, **both})

    assert told.json()["choices"][0]["message"]["content"].strip() == '"perhaps"'


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


async def test_a_server_that_loads_says_so_and_then_answers(
    server: Server, spoken: LocalProvider
) -> None:
    if server.doubles is None:
        pytest.skip("a real server loads its model once, when it is started")
    await server.doubles.give("local-loading", "local")

    async with server.client() as client:
        told = await client.get("/health")
    with pytest.raises(ModelLoading):
        await spoken.look()

    error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
    assert (told.status_code, told.json()) == (503, {"error": error})
    assert isinstance(await failure(spoken), ModelLoading)
    await server.doubles.clear("local-loading", "local")
    assert (await spoken.look()).window_tokens >= 512


async def test_comments_within_a_stream_are_passed_over(
    server: Server, spoken: LocalProvider
) -> None:
    body = {**HELLO, "max_tokens": 24, "stream": True}
    async with server.client() as client:
        told = await client.post("/v1/chat/completions", json=body)

    lines = [line for line in told.text.split("\n") if line]
    comments = [line for line in lines if line.startswith(":")]
    assert all(line.startswith("data: ") for line in lines if line not in comments)
    assert lines[-1] == "data: [DONE]"
    assert all(parse_line(line) is None for line in comments)
    if server.doubles is None:  # which comments on nothing while its words come quickly
        return
    assert comments

    words = "pve is well. " * 20
    server.doubles.script("local", {"text": words})
    await server.doubles.give("llm-stall", "local")  # with a comment amid the words
    asked = asyncio.ensure_future(ask(spoken, request("How is pve?")))
    await until(lambda: latest(server.doubles)["tokens_sent"], "some words")
    await server.doubles.clear("llm-stall", "local")

    text, _ = await asked
    assert text.strip() == words.strip()


async def test_a_wrong_key_is_refused(server: Server) -> None:
    if server.key is None:
        pytest.skip("LLAMA_SERVER_KEY is not set: this server lets everybody in")
    wrong = SecretStr("sk-local-nobody-s")
    stranger = provider_at(server.url, wrong)

    async with Server(server.url, wrong, None).client() as client:
        told = await client.post("/v1/chat/completions", json={"messages": []})
    with pytest.raises(KeyRefused):
        await stranger.look()
    refused = await failure(stranger)

    assert told.status_code == 401
    assert told.json()["error"]["type"] == "authentication_error"
    assert isinstance(refused, KeyRefused)
    assert wrong.get_secret_value() not in str(refused)
    await stranger.close()


async def test_an_answer_that_is_stopped_ends_at_once_and_the_next_one_comes(
    server: Server, spoken: LocalProvider
) -> None:
    if server.doubles is not None:
        server.doubles.doubles.speed = "realistic"
        server.doubles.script("local", {"text": "a long tale " * 500})
    stream = spoken.stream(request("Count to a thousand.", max_output_tokens=2_000))
    async for event in stream:
        assert isinstance(event, TextDelta)
        break

    async with asyncio.timeout(1):
        await stream.aclose()

    if server.doubles is not None:
        await until(lambda: latest(server.doubles)["ended"], "the generation to end")
        assert latest(server.doubles)["ended"] == "client gone"
        assert latest(server.doubles)["tokens_sent"] < 200
    text, answered = await ask(spoken, request("Good morning!", max_output_tokens=24))
    assert text
    assert answered.usage.output_tokens


def latest(doubles: Doubled | None) -> dict[str, Any]:
    """How the latest answer of the double goes, as it recorded it."""
    assert doubles is not None
    asked = [one for one in doubles.requests("local") if one["path"] == "/v1/chat/completions"]
    return asked[-1] if asked else {"ended": "", "tokens_sent": 0}
