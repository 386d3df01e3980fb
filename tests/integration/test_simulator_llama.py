"""The llama-server double, held against what a real one was recorded to answer."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.doubles import Doubled, doubled
from tests.support.waiting import until

RECORDED = Path(__file__).parents[3] / "shared/fixtures/llama-server"
CHAT = "/v1/chat/completions"
ASK: list[Any] = [
    {"role": "system", "content": "You are brief."},
    {"role": "user", "content": "how is pve?"},
]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_node_status",
        "description": "Tells how a node is.",
        "parameters": {"type": "object", "properties": {"node": {"type": "string"}}},
    },
}
CALL = {"tool": "get_node_status", "arguments": {"node": "pve"}}
recorded = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are not here")


def shape(value: Any) -> Any:
    """What is the same in two answers of different words: the keys and the kinds."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else type(value).__name__


def read_chunks(text: str) -> tuple[list[Any], list[str]]:
    """The chunks of a stream as JSON, and its other lines."""
    lines = [line for line in text.split("\n") if line]
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(one) for one in data if one != "[DONE]"], [
        line for line in lines if not line.startswith("data: {")
    ]


def recording(name: str) -> Any:
    """A recorded answer; the line with its status is left out."""
    return json.loads(re.sub(r"\nHTTP \d+\s*$", "", (RECORDED / name).read_text()))


async def chat(doubles: Doubled, **more: Any) -> httpx.Response:
    return await doubles.llama.post(CHAT, json={"messages": ASK, **more})


@recorded
@pytest.mark.parametrize("name", ["health", "props"])
async def test_what_is_got_has_the_recorded_shape(doubles: Doubled, name: str) -> None:
    answer = await doubles.llama.get(f"/{name}")

    assert shape(answer.json()) == shape(recording(f"{name}.json"))


@recorded
async def test_a_whole_answer_has_the_recorded_shape(doubles: Doubled) -> None:
    doubles.script("local", {"text": "pve is well, as far as I know."})

    answer = await chat(doubles, max_tokens=6)

    assert shape(answer.json()) == shape(recording("chat.json"))
    assert answer.json()["choices"][0]["finish_reason"] == "length"
    assert answer.json()["usage"]["completion_tokens"] == 6


@recorded
async def test_a_streamed_answer_has_the_recorded_chunks(doubles: Doubled) -> None:
    doubles.script("local", {"text": "pve is well, as far as I know. " * 10})

    answer = await chat(doubles, stream=True, stream_options={"include_usage": True}, max_tokens=60)

    ours, rest = read_chunks(answer.text)
    theirs, _ = read_chunks((RECORDED / "chat_stream.sse").read_text())
    assert [shape(one) for one in (ours[0], ours[1], *ours[-2:])] == [
        shape(one) for one in (theirs[0], theirs[1], *theirs[-2:])
    ]
    assert ours[-1]["choices"] == []
    assert rest[0].startswith(":")
    assert rest[-1] == "data: [DONE]"
    assert len({one["id"] for one in ours}) == 1


async def test_without_being_asked_for_usage_the_last_chunk_has_the_timings(
    doubles: Doubled,
) -> None:
    doubles.script("local", {"text": "well"})

    chunks, _ = read_chunks((await chat(doubles, stream=True)).text)

    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert "timings" in chunks[-1]
    assert "usage" not in chunks[-1]


@recorded
async def test_refusals_have_the_recorded_shapes(doubles: Doubled) -> None:
    stranger = await doubles.llama.post(
        CHAT, json={"messages": ASK}, headers={"Authorization": "Bearer wrong"}
    )
    broken = await doubles.llama.post(CHAT, content=b"{b")
    long = await chat(doubles, messages=[{"role": "user", "content": "word " * 9_000}])
    unasked = await doubles.llama.get(CHAT)

    assert unasked.status_code == 404
    assert unasked.json()["error"]["type"] == "not_found_error"
    assert stranger.status_code == 401
    assert stranger.json() == recording("unauthorized.txt")
    assert broken.status_code == 500
    assert shape(broken.json()) == shape(recording("bad_json.txt"))
    assert long.status_code == 400
    assert shape(long.json()) == shape(recording("context_exceeded.txt"))
    told = long.json()["error"]
    assert told["n_ctx"] == 8_192 < told["n_prompt_tokens"]
    assert f"({told['n_prompt_tokens']} tokens)" in told["message"]


async def test_its_health_is_told_to_strangers_and_its_properties_are_not(
    doubles: Doubled,
) -> None:
    async with httpx.AsyncClient(base_url=doubles.doubles.llama_url, trust_env=False) as stranger:
        assert (await stranger.get("/health")).status_code == 200
        assert (await stranger.get("/v1/models")).status_code == 401
        assert (await stranger.get("/props")).status_code == 401
        await doubles.give("local-loading", "local")
        assert (await stranger.get("/props")).status_code == 503, "loading comes before the key"


async def test_tokens_are_counted_the_same_in_every_way(doubles: Doubled) -> None:
    llama = doubles.llama
    laid = (await llama.post("/apply-template", json={"messages": ASK})).json()["prompt"]
    tokens = (await llama.post("/tokenize", json={"content": laid})).json()["tokens"]
    counted = await llama.post(f"{CHAT}/input_tokens", json={"messages": ASK})
    used = (await chat(doubles)).json()["usage"]["prompt_tokens"]
    again = (await llama.post("/tokenize", json={"content": laid})).json()["tokens"]
    pieces = await llama.post("/tokenize", json={"content": laid, "with_pieces": True})

    assert "how is pve?" in laid
    assert len(tokens) == counted.json()["input_tokens"] == used
    assert tokens == again
    assert "".join(token["piece"] for token in pieces.json()["tokens"]) == laid


async def test_the_beginning_of_a_prompt_is_used_again(doubles: Doubled) -> None:
    first = (await chat(doubles)).json()
    second = (await chat(doubles)).json()

    assert first["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
    cached = second["usage"]["prompt_tokens_details"]["cached_tokens"]
    assert cached == second["usage"]["prompt_tokens"] - 1
    assert second["timings"]["prompt_n"] == 1


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("is media running?", "YES"),
        ("what is eating the memory on pve", "YES"),
        ("good morning", "NO"),
        ("what is a VLAN?", "NO"),
    ],
)
async def test_a_grammar_leaves_nothing_but_its_alternatives(
    doubles: Doubled, words: str, wanted: str
) -> None:
    answer = await chat(
        doubles,
        messages=[{"role": "user", "content": words}],
        grammar='root ::= "YES" | "NO"',
    )

    told = answer.json()
    assert told["choices"][0]["message"]["content"] == wanted
    assert told["usage"]["completion_tokens"] <= 3
    if RECORDED.exists():
        assert shape(told) == shape(recording("grammar_yes_no.txt"))


async def test_a_grammar_that_cannot_be_read_is_refused(doubles: Doubled) -> None:
    answer = await chat(doubles, grammar="yes or no")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        "Failed to initialize samplers: failed to parse grammar"
    )


async def test_a_schema_is_kept_to(doubles: Doubled) -> None:
    schema = {
        "type": "object",
        "properties": {
            "tool": {"type": "string", "enum": ["list_guests", "get_node_status"]},
            "arguments": {"type": "object"},
            "sure": {"type": "boolean"},
        },
        "required": ["tool", "arguments", "sure"],
    }
    form = {"type": "json_schema", "json_schema": {"name": "call", "schema": schema}}
    doubles.script("local", {"calls": [CALL]}, {"calls": [CALL]})

    whole = (await chat(doubles, response_format=form)).json()
    chunks, _ = read_chunks((await chat(doubles, response_format=form, stream=True)).text)
    streamed = "".join(
        one["choices"][0]["delta"].get("content") or "" for one in chunks if one["choices"]
    )

    told = json.loads(whole["choices"][0]["message"]["content"])
    assert told == {"tool": "get_node_status", "arguments": {"node": "pve"}, "sure": False}
    assert json.loads(streamed) == told
    assert whole["choices"][0]["finish_reason"] == "stop"


async def test_a_model_bound_by_a_schema_looks_and_then_answers(doubles: Doubled) -> None:
    def branch(**properties: Any) -> dict[str, Any]:
        return {"type": "object", "properties": properties, "required": [*properties]}

    schema = {
        "anyOf": [
            branch(answer={"type": "string"}),
            branch(tool={"const": "get_cluster_status"}, arguments={"type": "object"}),
        ]
    }
    form = {"type": "json_schema", "json_schema": {"name": "step", "schema": schema}}
    ask = "how is the cluster?"
    frame = '<data source="get_cluster_status" number="1">\n{}\n</data number="1">'
    found = frame.format("The cluster; read 3 s ago\nquorum  yes\nnodes   4 of 4 online")

    told = []
    for words in (ask, f"{ask}\n\n{found}", "good evening"):
        messages = [{"role": "user", "content": words}]
        answer = await chat(doubles, messages=messages, response_format=form)
        told.append(json.loads(answer.json()["choices"][0]["message"]["content"]))

    assert told[0] == {"tool": "get_cluster_status", "arguments": {}}
    assert "4 of 4 nodes are online" in told[1]["answer"]
    assert told[2]["answer"].startswith("Good evening")


async def test_a_tool_call_comes_as_openai_tells_it(doubles: Doubled) -> None:
    doubles.script("local", {"calls": [CALL]}, {"calls": [CALL]}, {"text": "pve is well."})

    whole = (await chat(doubles, tools=[TOOL])).json()["choices"][0]
    chunks, _ = read_chunks((await chat(doubles, tools=[TOOL], stream=True)).text)
    deltas = [call for one in chunks for call in one["choices"][0]["delta"].get("tool_calls", ())]
    result = {
        "role": "tool",
        "tool_call_id": whole["message"]["tool_calls"][0]["id"],
        "content": "well",
    }
    after = await chat(doubles, tools=[TOOL], messages=[*ASK, whole["message"], result])

    assert whole["finish_reason"] == "tool_calls"
    assert whole["message"]["tool_calls"][0]["function"]["name"] == "get_node_status"
    assert json.loads(whole["message"]["tool_calls"][0]["function"]["arguments"]) == {"node": "pve"}
    assert deltas[0]["function"]["name"] == "get_node_status"
    assert deltas[0]["id"]
    assert json.loads("".join(one["function"]["arguments"] for one in deltas)) == {"node": "pve"}
    assert after.json()["choices"][0]["message"]["content"] == "pve is well."


async def test_it_says_503_while_it_loads_its_model() -> None:
    async with doubled(load_s=2.0) as doubles:
        early = await doubles.llama.get("/health")
        refused = await chat(doubles)
        async with asyncio.timeout(30):
            while (await doubles.llama.get("/health")).status_code != 200:
                await asyncio.sleep(0.02)
        late = await chat(doubles)

    assert early.status_code == refused.status_code == 503
    assert early.json() == {
        "error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}
    }
    assert late.status_code == 200


async def test_closing_the_socket_stops_the_generation() -> None:
    async with doubled(speed="realistic") as doubles:
        doubles.script("local", {"text": "a long tale " * 500}, {"text": "short"})
        async with doubles.llama.stream(
            "POST", CHAT, json={"messages": ASK, "stream": True}
        ) as answer:
            async for line in answer.aiter_lines():
                if '"content": "' in line:
                    break
        await until(lambda: doubles.requests()[0]["ended"], "the double to notice")
        free = await chat(doubles)

    assert doubles.requests()[0]["ended"] == "client gone"
    assert doubles.requests()[0]["tokens_sent"] < 200
    assert free.status_code == 200


# Its faults


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("llm-401", 401, "authentication_error"),
        ("llm-context-exceeded", 400, "exceed_context_size_error"),
        ("local-loading", 503, "unavailable_error"),
    ],
)
async def test_a_fault_that_refuses_does_so_until_it_is_cleared(
    doubles: Doubled, fault: str, status: int, kind: str
) -> None:
    await doubles.give(fault, "local")
    during = await chat(doubles)
    await doubles.clear(fault, "local")
    after = await chat(doubles)

    assert during.status_code == status
    assert during.json()["error"]["type"] == kind
    assert after.status_code == 200


async def test_a_cut_stream_has_no_end(doubles: Doubled) -> None:
    doubles.script("local", {"text": "pve is well. " * 20, "fault": "llm-cut-stream"})

    chunks, rest = read_chunks((await chat(doubles, stream=True)).text)

    assert "data: [DONE]" not in rest
    assert all(one["choices"][0]["finish_reason"] is None for one in chunks)
    assert len(chunks) > 2


async def test_a_reset_connection_is_an_error(doubles: Doubled) -> None:
    doubles.script("local", {"text": "pve is well. " * 20, "fault": "llm-reset-stream"})

    with pytest.raises(httpx.RemoteProtocolError):
        await chat(doubles, stream=True)


async def test_a_stalled_answer_goes_on_once_the_fault_is_cleared(doubles: Doubled) -> None:
    await doubles.give("llm-stall", "local")
    doubles.script("local", {"text": "pve is well. " * 20})

    answer = asyncio.ensure_future(chat(doubles, stream=True))
    await until(lambda: doubles.requests() and doubles.requests()[0]["tokens_sent"], "some words")
    assert not answer.done()
    await doubles.clear("llm-stall", "local")

    assert (await answer).text.endswith("data: [DONE]\n\n")


async def test_a_call_of_a_spoilt_model_cannot_be_read(doubles: Doubled) -> None:
    await doubles.give("llm-malformed-tool-input", "local")
    doubles.script("local", {"calls": [CALL]})

    (call,) = (await chat(doubles, tools=[TOOL])).json()["choices"][0]["message"]["tool_calls"]

    with pytest.raises(ValueError, match="delimiter"):
        json.loads(call["function"]["arguments"])


async def test_a_closed_port_refuses_and_loads_when_it_comes_back() -> None:
    async with doubled(load_s=30.0) as doubles:
        await doubles.give("local-off")
        with pytest.raises(httpx.ConnectError):
            await doubles.llama.get("/health")
        await doubles.clear("local-off")

        assert (await doubles.llama.get("/health")).status_code == 503
