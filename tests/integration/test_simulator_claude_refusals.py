"""The Anthropic double refuses what the real API refuses, in its words."""

import json
from typing import Any

import anthropic
import httpx
import pytest

from tests.support.doubles import ASK, HAIKU, TOOLS, Doubled

USE: Any = {"type": "tool_use", "id": "toolu_1", "name": "list_guests", "input": {}}
DONE: Any = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "none"}


def turn(role: str, *blocks: Any) -> Any:
    return {"role": role, "content": [*blocks]}


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no message", {"messages": []}, "at least one message is required"),
    (
        "the assistant speaks first",
        {"messages": [turn("assistant", {"type": "text", "text": "hello"}), *ASK]},
        'first message must use the "user" role',
    ),
    (
        "an empty text",
        {"messages": [{"role": "user", "content": ""}]},
        "messages.0: all messages must have non-empty content",
    ),
    (
        "an empty block",
        {"messages": [turn("user", {"type": "text", "text": ""})]},
        "text content blocks must be non-empty",
    ),
    (
        "a prefilled answer",
        {"messages": [*ASK, {"role": "assistant", "content": "pve is"}]},
        "does not support assistant message prefill",
    ),
    (
        "a call without its result",
        {"messages": [*ASK, turn("assistant", USE), *ASK], "tools": TOOLS},
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: "
        "toolu_1",
    ),
    (
        "words before the result",
        {
            "messages": [
                *ASK,
                turn("assistant", USE),
                turn("user", {"type": "text", "text": "here"}, DONE),
            ]
        },
        "without `tool_result` blocks immediately after",
    ),
    (
        "a result without its call",
        {"messages": [turn("user", DONE)]},
        "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
    ),
    (
        "the same id twice",
        {
            "messages": [
                *ASK,
                turn("assistant", USE),
                turn("user", DONE),
                turn("assistant", USE),
                turn("user", DONE),
            ]
        },
        "`tool_use` ids must be unique",
    ),
    (
        "a field of ours",
        {"messages": [turn("user", {"type": "text", "text": "x", "at": "noon"})]},
        "messages.0.content.0.text.at: Extra inputs are not permitted",
    ),
    ("too long an answer", {"max_tokens": 128_001, "timeout": 10}, "128001 > 128000"),
    (
        "two tools of one name",
        {"tools": [TOOLS[0], TOOLS[0]]},
        "Tool names must be unique",
    ),
    (
        "a name no tool may have",
        {"tools": [{**TOOLS[0], "name": "get status"}]},
        "String should match pattern",
    ),
    (
        "a forced tool on Opus",
        {"model": "claude-opus-5-5", "tools": TOOLS, "tool_choice": {"type": "any"}},
        "does not support forced tool use",
    ),
    (
        "no thinking on Opus",
        {"model": "claude-opus-5-5", "thinking": {"type": "disabled"}},
        "'disabled' is not supported",
    ),
    ("an effort that does not exist", {"output_config": {"effort": "huge"}}, "effort"),
    (
        "five marks",
        {"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5},
        "A maximum of 4 blocks with cache_control may be provided. Found 5",
    ),
    ("a temperature", {"extra_body": {"temperature": 1.0}}, "temperature: Extra inputs"),
    ("a field nobody knows", {"extra_body": {"mood": "good"}}, "mood: Extra inputs"),
]


@pytest.mark.parametrize(("more", "words"), [pytest.param(*rest, id=name) for name, *rest in WRONG])
async def test_a_request_that_is_wrong_is_refused_in_words(
    doubles: Doubled, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        await doubles.ask(**more)

    assert words in refused.value.message
    assert refused.value.type == "invalid_request_error"
    assert refused.value.request_id
    assert doubles.requests()[0]["ended"] == "refused"


async def test_a_prompt_longer_than_the_window_is_refused(doubles: Doubled) -> None:
    long = "word " * 300_000
    with pytest.raises(anthropic.BadRequestError, match=r"prompt is too long: \d+ tokens > 200000"):
        await doubles.ask(model="claude-haiku-4-5", messages=[{"role": "user", "content": long}])


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        pytest.param({}, 401, "x-api-key header is required", id="no key"),
        pytest.param({"x-api-key": "sk-wrong"}, 401, "invalid x-api-key", id="a wrong key"),
        pytest.param(
            {"authorization": "Bearer no"}, 401, "invalid bearer token", id="a wrong bearer"
        ),
        pytest.param(
            {"x-api-key": "KEY"}, 400, "anthropic-version: header is required", id="no version"
        ),
        pytest.param(
            {"x-api-key": "KEY", "anthropic-version": "2025-01-01"},
            400,
            "is not a valid version",
            id="a version there never was",
        ),
        pytest.param(
            {"x-api-key": "KEY", "anthropic-version": "2026-10-21"},
            400,
            "max_tokens: Field required",
            id="no budget",
        ),
    ],
)
async def test_the_door_looks_at_key_and_version(
    doubles: Doubled, headers: dict[str, str], status: int, words: str
) -> None:
    headers = {
        name: doubles.doubles.claude_key if value == "KEY" else value
        for name, value in headers.items()
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{doubles.doubles.claude_url}/v1/messages",
            json={"model": HAIKU, "messages": ASK},
            headers=headers,
        )

    told = answer.json()
    assert answer.status_code == status
    assert told["type"] == "error"
    assert words in told["error"]["message"]
    assert told["request_id"] == answer.headers["request-id"]


async def test_no_record_holds_the_key(doubles: Doubled) -> None:
    await doubles.ask()

    (record,) = doubles.requests()
    assert record["signed_in"] is True
    assert record["body"]["messages"] == ASK
    assert record["headers"]["anthropic-version"] == "2026-10-21"
    assert doubles.doubles.claude_key not in json.dumps(record)
