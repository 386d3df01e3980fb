"""Every fault of the Anthropic double, as the real SDK tells it."""

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import anthropic
import pytest

from tests.support.doubles import ASK, HAIKU, Doubled, doubled
from tests.support.waiting import until

TOOLS: list[Any] = [
    {
        "name": "list_guests",
        "description": "Lists the guests of a node.",
        "input_schema": {"type": "object", "properties": {"node": {"type": "string"}}},
    }
]
WORDS = "pve is at 71 °C, and its processor is 46 % busy: a warm afternoon, nothing more. " * 3
CALL = {"tool": "list_guests", "arguments": {"node": "pve", "note": "who makes it so hot"}}


async def stream(doubles: Doubled, heard: list[str], **more: Any) -> anthropic.types.Message:
    """One streamed answer; `heard` has what came before whatever went wrong."""
    wanted = {"model": HAIKU, "max_tokens": 2_000, "messages": ASK, **more}
    async with doubles.claude.messages.stream(**wanted) as running:
        async for event in running:
            if event.type == "text":
                heard.append(event.text)  # noqa: PERF401 - one by one, as they come
        return await running.get_final_message()


@pytest.mark.parametrize(
    ("fault", "error", "kind"),
    [
        ("llm-401", anthropic.AuthenticationError, "authentication_error"),
        ("llm-429", anthropic.RateLimitError, "rate_limit_error"),
        ("llm-529", anthropic.OverloadedError, "overloaded_error"),
    ],
)
async def test_a_refusal_before_the_answer_has_its_class_and_ends_with_the_fault(
    doubles: Doubled, fault: str, error: type[anthropic.APIStatusError], kind: str
) -> None:
    await doubles.give(fault)
    with pytest.raises(error) as refused:
        await stream(doubles, [])
    await doubles.clear(fault)
    after = await stream(doubles, [])

    assert refused.value.type == kind
    assert refused.value.request_id
    assert after.stop_reason == "end_turn"


async def test_the_wait_that_is_asked_for_is_told_and_kept_by_the_sdk(doubles: Doubled) -> None:
    patient = doubles.claude.with_options(max_retries=1)
    await doubles.give("llm-429", "0.3")
    with pytest.raises(anthropic.RateLimitError) as refused:
        await stream(doubles, [])
    await doubles.clear("llm-429")

    doubles.script("claude", {"fault": "llm-429"}, {"text": "Well."})
    began = time.monotonic()
    answer = await patient.messages.create(model=HAIKU, max_tokens=100, messages=ASK)

    assert refused.value.response.headers["retry-after"] == "0.3"
    assert answer.stop_reason == "end_turn"
    assert time.monotonic() - began >= 0.3


async def test_an_overload_in_mid_stream_is_an_error_with_status_200(doubles: Doubled) -> None:
    doubles.script("claude", {"text": WORDS, "fault": "llm-529-midstream"})
    patient = replace(doubles, claude=doubles.claude.with_options(max_retries=2))

    heard: list[str] = []
    with pytest.raises(anthropic.APIStatusError) as refused:
        await stream(patient, heard)

    assert refused.value.status_code == 200
    assert refused.value.type == "overloaded_error"
    assert 0 < len("".join(heard)) < len(WORDS)
    assert len(doubles.requests()) == 1


async def test_a_cut_stream_raises_nothing_and_has_no_stop_reason(doubles: Doubled) -> None:
    doubles.script("claude", {"text": WORDS, "fault": "llm-cut-stream"})

    heard: list[str] = []
    message = await stream(doubles, heard)

    assert message.stop_reason is None
    assert message.usage.output_tokens == 1
    assert 0 < len("".join(heard)) < len(WORDS)
    assert doubles.requests()[0]["ended"] == "cut"


async def test_a_reset_connection_is_no_end(doubles: Doubled) -> None:
    doubles.script("claude", {"text": WORDS, "fault": "llm-reset-stream"})

    heard: list[str] = []
    with pytest.raises(Exception) as broken:
        await stream(doubles, heard)

    assert "peer closed connection" in str(broken.value)
    assert 0 < len("".join(heard)) < len(WORDS)


async def test_a_stalled_answer_goes_on_once_the_fault_is_cleared(doubles: Doubled) -> None:
    await doubles.give("llm-stall")
    doubles.script("claude", {"text": WORDS})

    heard: list[str] = []
    answer = asyncio.ensure_future(stream(doubles, heard))
    await until(lambda: heard, "the first words")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await asyncio.shield(answer)
    half = "".join(heard)
    await doubles.clear("llm-stall")
    message = await answer

    assert 0 < len(half) < len(WORDS)
    assert "".join(heard) == WORDS
    assert message.stop_reason == "end_turn"


async def test_a_silent_api_runs_into_the_clients_patience(doubles: Doubled) -> None:
    await doubles.give("llm-silent")

    with pytest.raises(anthropic.APITimeoutError):
        await doubles.claude.with_options(timeout=0.3).messages.create(
            model=HAIKU, max_tokens=10, messages=ASK
        )

    await until(lambda: doubles.requests()[0]["ended"] == "client gone", "the double to notice")


async def test_arguments_that_cannot_be_read_are_an_error_of_the_stream(doubles: Doubled) -> None:
    await doubles.give("llm-malformed-tool-input")
    doubles.script("claude", {"text": "Let me see.", "calls": [CALL]}, {"text": "No tool here."})

    heard: list[str] = []
    with pytest.raises(ValueError, match="Unable to parse tool parameter JSON"):
        await stream(doubles, heard, tools=TOOLS)
    plain = await stream(doubles, [])

    assert "".join(heard) == "Let me see."
    assert plain.stop_reason == "end_turn"


async def test_a_looping_model_asks_for_the_same_for_ever(doubles: Doubled) -> None:
    await doubles.give("llm-loops")
    messages = list(ASK)
    asked = []
    for _ in range(4):
        answer = await stream(doubles, [], tools=TOOLS, messages=messages)
        use = next(block for block in answer.content if block.type == "tool_use")
        asked.append((use.name, json.dumps(use.input)))
        result = {"type": "tool_result", "tool_use_id": use.id, "content": "as before"}
        messages += [answer.to_param(), {"role": "user", "content": [result]}]

    assert len(set(asked)) == 1
    assert answer.stop_reason == "tool_use"


async def test_a_refusal_tells_its_category(doubles: Doubled) -> None:
    await doubles.give("llm-refusal")
    doubles.script("claude", {"text": WORDS, "calls": [CALL]})

    message = await stream(doubles, [], tools=TOOLS)

    assert message.stop_reason == "refusal"
    assert message.stop_details is not None
    assert message.stop_details.category == "cyber"
    assert not [block for block in message.content if block.type == "tool_use"]


async def test_a_call_may_be_cut_by_the_limit(doubles: Doubled) -> None:
    await doubles.give("llm-max-tokens")
    doubles.script("claude", {"text": "Let me see.", "calls": [CALL]}, {"text": WORDS})

    cut = await stream(doubles, [], tools=TOOLS)
    words = await stream(doubles, [])

    assert cut.stop_reason == words.stop_reason == "max_tokens"
    use = next(block for block in cut.content if block.type == "tool_use")
    assert use.input != CALL["arguments"]
    assert 0 < len(words.content[0].text) < len(WORDS)  # type: ignore[union-attr]


async def test_a_full_window_ends_the_answer(doubles: Doubled) -> None:
    await doubles.give("llm-context-exceeded")
    doubles.script("claude", {"text": WORDS})

    assert (await stream(doubles, [])).stop_reason == "model_context_window_exceeded"


async def test_a_closed_port_refuses_and_comes_back_at_the_same_place(doubles: Doubled) -> None:
    url = doubles.doubles.claude_url
    await doubles.give("claude-off")
    with pytest.raises(anthropic.APIConnectionError):
        await stream(doubles, [])
    await doubles.clear("claude-off")

    assert (await stream(doubles, [])).stop_reason == "end_turn"
    assert doubles.doubles.claude_url == url


async def test_closing_the_port_cuts_what_is_being_said() -> None:
    async with doubled(speed="realistic") as doubles:
        doubles.script("claude", {"text": WORDS * 20})
        heard: list[str] = []
        answer = asyncio.ensure_future(stream(doubles, heard))
        await until(lambda: heard, "the first words")
        await doubles.give("claude-off")

        with pytest.raises(Exception, match="closed"):
            await answer


async def test_a_script_is_used_up_line_by_line(doubles: Doubled) -> None:
    doubles.script("claude", {"text": "one"}, {"fault": "llm-529"}, {"text": "three"})

    first = await stream(doubles, [])
    with pytest.raises(anthropic.OverloadedError):
        await stream(doubles, [])
    third = await stream(doubles, [])

    assert [first.content[0].text, third.content[0].text] == ["one", "three"]  # type: ignore[union-attr]
    assert [record["faults"] for record in doubles.requests()] == [[], ["llm-529"], []]
