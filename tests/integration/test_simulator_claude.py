"""The Anthropic double, met by the real SDK: streams, tools, the cache, models."""

import json
from typing import Any

import anthropic
import httpx
import pytest

from tests.support.doubles import ASK, HAIKU, TOOLS, Doubled, doubled
from tests.support.waiting import until

CALL = {"tool": "get_node_status", "arguments": {"node": "pve", "why": "a person asked; says ünï"}}
LONG = "You are a careful butler who reads before he speaks. " * 120


async def test_a_stream_brings_the_same_as_the_whole_message(doubles: Doubled) -> None:
    words = (
        "pve is at 71 °C, and its processor is 46 % busy.\n\n| node | °C |\n|---|---|\n| pve | 71 |"
    )
    doubles.script("claude", {"text": words}, {"text": words})

    kinds, pieces = [], []
    async with doubles.claude.messages.stream(model=HAIKU, max_tokens=500, messages=ASK) as stream:
        async for event in stream:
            kinds.append(event.type)
            if event.type == "text":
                pieces.append(event.text)
        streamed = await stream.get_final_message()
        request_id = stream.request_id
    whole = await doubles.ask()

    assert "".join(pieces) == words
    assert len(pieces) > 3
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert request_id is not None
    assert request_id.startswith("req_")
    assert streamed.stop_reason == whole.stop_reason == "end_turn"
    assert streamed.content[0].text == whole.content[0].text == words  # type: ignore[union-attr]
    assert streamed.usage.output_tokens == whole.usage.output_tokens > 10
    assert streamed.usage.input_tokens == whole.usage.input_tokens > 0
    assert streamed.id != whole.id


async def test_the_wire_itself_has_the_events_of_the_real_one(doubles: Doubled) -> None:
    doubles.script("claude", {"text": "One moment.", "calls": [CALL]})

    body = {"model": HAIKU, "max_tokens": 500, "messages": ASK, "tools": TOOLS, "stream": True}
    headers = {"x-api-key": doubles.doubles.claude_key, "anthropic-version": "2026-10-21"}
    async with httpx.AsyncClient(trust_env=False) as client:
        raw = await client.post(
            f"{doubles.doubles.claude_url}/v1/messages", json=body, headers=headers
        )

    assert raw.headers["content-type"] == "text/event-stream; charset=utf-8"
    events = [block.split("\n") for block in raw.text.strip().split("\n\n")]
    names = [name.removeprefix("event: ") for name, _ in events]
    told = [json.loads(data.removeprefix("data: ")) for _, data in events]
    assert names == [data["type"] for data in told]
    shape = [name for before, name in zip(["", *names], names, strict=False) if name != before]
    assert shape == [
        *("message_start", "content_block_start", "ping", "content_block_delta"),
        *("content_block_stop", "content_block_start", "content_block_delta"),
        *("content_block_stop", "message_delta", "message_stop"),
    ]
    assert told[0]["message"]["content"] == []
    assert told[0]["message"]["stop_reason"] is None
    pieces = [
        data["delta"]["partial_json"]
        for data in told
        if data["type"] == "content_block_delta" and data["delta"]["type"] == "input_json_delta"
    ]
    assert pieces[0] == ""
    assert json.loads("".join(pieces)) == CALL["arguments"]
    assert told[-2]["delta"]["stop_reason"] == "tool_use"
    assert told[-2]["usage"]["output_tokens"] > 1


async def test_a_loop_of_tools_goes_to_its_end(doubles: Doubled) -> None:
    doubles.script(
        "claude",
        {"text": "Both at once.", "calls": [CALL, {"tool": "list_guests"}]},
        {"text": "pve is well."},
    )

    first = await doubles.ask(tools=TOOLS)
    uses = [block for block in first.content if block.type == "tool_use"]
    results: list[Any] = [
        {"type": "tool_result", "tool_use_id": use.id, "content": "well"} for use in uses
    ]
    second = await doubles.ask(
        tools=TOOLS,
        messages=[*ASK, first.to_param(), {"role": "user", "content": results}],
    )

    assert first.stop_reason == "tool_use"
    assert [use.name for use in uses] == ["get_node_status", "list_guests"]
    assert uses[0].input == CALL["arguments"]
    assert len({use.id for use in uses}) == 2
    assert second.stop_reason == "end_turn"


async def test_a_prefix_is_written_once_and_read_the_second_time(doubles: Doubled) -> None:
    system: list[Any] = [{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}]

    first = await doubles.ask(system=system, tools=TOOLS)
    second = await doubles.ask(system=system, tools=TOOLS)
    other = await doubles.ask(system=system, tools=TOOLS[:1])

    assert first.usage.cache_creation_input_tokens is not None
    assert first.usage.cache_creation_input_tokens > 512
    assert first.usage.cache_read_input_tokens == 0
    assert first.usage.cache_creation is not None
    assert first.usage.cache_creation.ephemeral_5m_input_tokens == (
        first.usage.cache_creation_input_tokens
    )
    assert second.usage.cache_read_input_tokens == first.usage.cache_creation_input_tokens
    assert second.usage.cache_creation_input_tokens == 0
    assert second.usage.input_tokens == first.usage.input_tokens < 30
    assert other.usage.cache_read_input_tokens == 0


async def test_the_mark_of_the_whole_request_moves_with_the_conversation(doubles: Doubled) -> None:
    doubles.script("claude", *[{"text": "Well, thank you."}] * 3)
    marked: Any = {"system": LONG, "cache_control": {"type": "ephemeral"}}

    first = await doubles.ask(**marked)
    longer = [*ASK, first.to_param(), {"role": "user", "content": "and agent?"}]
    second = await doubles.ask(**marked, messages=longer)
    unmarked = await doubles.ask(system=LONG)

    written = first.usage.cache_creation_input_tokens or 0
    assert first.usage.input_tokens == 0
    assert second.usage.cache_read_input_tokens == written > 512
    assert second.usage.cache_creation_input_tokens
    assert unmarked.usage.cache_read_input_tokens == 0
    assert unmarked.usage.input_tokens == written


async def test_below_512_tokens_nothing_is_cached_without_a_word(doubles: Doubled) -> None:
    system: list[Any] = [{"type": "text", "text": "Short.", "cache_control": {"type": "ephemeral"}}]

    usages = [(await doubles.ask(system=system)).usage for _ in range(2)]

    assert {usage.cache_creation_input_tokens for usage in usages} == {0}
    assert {usage.cache_read_input_tokens for usage in usages} == {0}


async def test_a_cache_that_was_missed_is_explained(doubles: Doubled) -> None:
    system: list[Any] = [{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}]
    first = await doubles.ask(system=system)
    previous: Any = {"previous_message_id": first.id}

    same = await doubles.ask(system=system, diagnostics=previous)
    changed = await doubles.ask(system=LONG + "!", diagnostics=previous)
    stranger = await doubles.ask(diagnostics={"previous_message_id": "msg_nobody"})

    assert same.diagnostics is None
    assert changed.diagnostics is not None
    assert changed.diagnostics.cache_miss_reason is not None
    assert changed.diagnostics.cache_miss_reason.type == "system_changed"
    assert stranger.diagnostics is not None
    assert stranger.diagnostics.cache_miss_reason is not None
    assert stranger.diagnostics.cache_miss_reason.type == "previous_message_not_found"


async def test_counted_tokens_are_those_of_the_request(doubles: Doubled) -> None:
    counted = await doubles.claude.messages.count_tokens(
        model=HAIKU, system=LONG, tools=TOOLS, messages=ASK
    )
    used = (await doubles.ask(system=LONG, tools=TOOLS)).usage

    assert counted.input_tokens == used.input_tokens
    assert 3.0 < len(LONG) / counted.input_tokens < 4.5


async def test_a_signed_thought_goes_back_unchanged_or_not_at_all(doubles: Doubled) -> None:
    model = "claude-sonnet-5-5"
    doubles.script("claude", {"calls": [CALL]}, {"text": "Well."}, {"text": "Well."})

    first = await doubles.ask(model=model, tools=TOOLS, system="Be brief.")
    result = {"type": "tool_result", "tool_use_id": first.content[1].id, "content": "well"}  # type: ignore[union-attr]
    turn: list[Any] = [*ASK, first.to_param(), {"role": "user", "content": [result]}]
    await doubles.ask(model=model, tools=TOOLS, system="Be brief.", messages=turn)
    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature` in `thinking` block"):
        await doubles.ask(model=model, tools=TOOLS, system="Be long.", messages=turn)
    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature`"):
        await doubles.claude.messages.count_tokens(model=model, messages=turn, system="Be long.")
    turn[1] = {"role": "assistant", "content": [first.content[1].to_dict()]}
    await doubles.ask(model=model, tools=TOOLS, system="Be long.", messages=turn)

    assert first.content[0].type == "thinking"
    assert first.content[0].thinking == ""
    assert first.content[0].signature


async def test_models_are_told_with_their_limits_and_their_life(doubles: Doubled) -> None:
    listed = [model async for model in doubles.claude.models.list(limit=2)]
    retired = await doubles.claude.models.list(lifecycle=["retired"])
    haiku = await doubles.claude.models.retrieve(HAIKU)
    old = await doubles.claude.models.retrieve("claude-haiku-4-5")

    assert [model.id for model in listed][:3] == [
        "claude-haiku-5-5",
        "claude-sonnet-5-5",
        "claude-opus-5-5",
    ]
    assert haiku.max_input_tokens == 1_000_000
    assert haiku.max_tokens == 128_000
    assert haiku.lifecycle == "active"
    assert old.id == "claude-haiku-4-5-20251001"
    assert old.lifecycle == "deprecated"
    assert old.retires_at is not None
    assert {model.lifecycle for model in retired.data} == {"retired"}
    with pytest.raises(anthropic.NotFoundError):
        await doubles.claude.models.retrieve("claude-nobody")
    with pytest.raises(anthropic.NotFoundError, match="model: claude-3-5-haiku-20241022"):
        await doubles.ask(model=retired.data[0].id)


async def test_a_stop_sequence_and_a_budget_end_an_answer(doubles: Doubled) -> None:
    doubles.script("claude", {"text": "one END two"}, {"text": "word " * 100})

    stopped = await doubles.ask(stop_sequences=["END"])
    cut = await doubles.ask(max_tokens=10)

    assert stopped.stop_reason == "stop_sequence"
    assert stopped.stop_sequence == "END"
    assert stopped.content[0].text == "one "  # type: ignore[union-attr]
    assert cut.stop_reason == "max_tokens"
    assert cut.usage.output_tokens == 10


async def test_a_client_that_closes_its_stream_ends_the_answer() -> None:
    async with doubled(speed="realistic") as doubles:
        doubles.script("claude", {"text": "a long tale " * 500})
        async with doubles.claude.messages.stream(
            model=HAIKU, max_tokens=5_000, messages=ASK
        ) as stream:
            async for event in stream:
                if event.type == "text":
                    break
            await stream.close()
            told = stream.current_message_snapshot.usage.output_tokens

        await until(lambda: doubles.requests()[0]["ended"], "the double to notice")
        record = doubles.requests()[0]

    assert record["ended"] == "client gone"
    assert record["tokens_sent"] < 200
    assert told == 1


# What is refused
