"""Chunks of llama-server, recorded and invented, in whatever pieces they come."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.errors import (
    AnswerCut,
    ContextExceeded,
    KeyRefused,
    ModelLoading,
    ProviderError,
    ProviderFailed,
    ProviderUnreachable,
)
from services.llm.local.door import DOOR, Asked, refusal, translate
from services.llm.local.reading import LocalReading
from services.llm.local.server import DONE, parse_line
from services.llm.local.tools import StepReader, response_format, without_deep
from services.llm.provider import OfferedTool, StopReason
from tests.support.llama_double import RECORDED

ASKED = Asked(base_url="http://192.0.2.20:9931", silence_timeout_s=120)
UNDER_WAY = Asked(base_url="http://192.0.2.20:9931", silence_timeout_s=120, under_way=True)

recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not here")


def read(name: str, *, in_steps: bool = False) -> LocalReading:
    reading = LocalReading(prompt_tokens=19, in_steps=in_steps)
    for line in (RECORDED / name).read_text().split("\n"):
        chunk = parse_line(line)
        if chunk is not None and chunk is not DONE:
            reading.take(chunk)
    return reading


@recorded
def test_a_recorded_answer_is_read() -> None:
    reading = read("chat_stream.sse")

    assert reading.text == "offee sharedPreferences重中之快讯寺院 decl"
    assert reading.stop_reason() is StopReason.MAX_TOKENS
    assert reading.model == "tiny-qwen2.gguf"
    usage = reading.usage()
    assert (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens) == (1, 18, 6)
    assert not usage.estimated


@recorded
def test_a_recorded_answer_in_a_schema_is_read_as_a_call() -> None:
    reading = read("json_schema_stream.sse", in_steps=True)

    (use,) = reading.tool_uses()
    assert use.tool == "get_node_status"
    assert reading.stop_reason() is StopReason.TOOL_USE
    assert reading.text == ""


@recorded
@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("context_exceeded.txt", ContextExceeded),
        ("unauthorized.txt", KeyRefused),
        ("bad_json.txt", ProviderFailed),
    ],
)
def test_a_recorded_refusal_means_what_the_server_means_by_it(
    file: str, kind: type[ProviderError]
) -> None:
    body, _, status = (RECORDED / file).read_text().strip().rpartition("\nHTTP ")

    error = refusal(int(status), json.loads(body), ASKED)

    assert type(error) is kind
    if isinstance(error, ContextExceeded):
        assert (error.tokens, error.limit_tokens) == (8019, 4096)


def test_a_window_that_requests_share_is_full_as_any_other() -> None:
    body = {"code": 500, "message": "Context size has been exceeded.", "type": "server_error"}

    error = refusal(500, {"error": body}, UNDER_WAY)

    assert type(error) is ContextExceeded, "so that it is asked again with less"
    assert (error.tokens, error.limit_tokens) == (None, None)


def test_a_model_that_loads_is_told_as_such() -> None:
    body = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}

    assert isinstance(refusal(503, body, ASKED), ModelLoading)


@given(st.text(), st.booleans(), st.data())
def test_words_in_a_schema_come_whole_however_they_are_cut(
    words: str, ascii_only: bool, data: st.DataObject
) -> None:
    clean = words.encode("utf-8", "replace").decode()
    whole = " {\n " + json.dumps({"answer": clean}, ensure_ascii=ascii_only)[1:] + " "
    reader, got, at = StepReader(), "", 0
    while at < len(whole):
        size = data.draw(st.integers(1, 9))
        piece = reader.take(whole[at : at + size])
        piece.encode()
        got += piece
        at += size

    assert got == clean
    assert reader.tool_use("x") is None
    assert reader.unread() == ""


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers()), st.data())
def test_a_call_in_a_schema_is_read_when_it_is_whole(
    arguments: dict[str, Any], data: st.DataObject
) -> None:
    whole = json.dumps({"tool": "guest_status", "arguments": arguments})
    cut = data.draw(st.integers(0, len(whole)))
    reader = StepReader()

    assert reader.take(whole[:cut]) == ""
    assert cut == len(whole) or reader.tool_use("x") is None, "a call that was cut is none"
    assert reader.take(whole[cut:]) == ""
    use = reader.tool_use("x")
    assert use is not None
    assert dict(use.arguments) == arguments


@pytest.mark.parametrize(
    ("text", "finish", "unreadable"),
    [
        ('{"tool": "list_guests", "arguments": {\', oops', "stop", True),
        ('{"tool": "list_guests", "arguments": {}}', "stop", False),
        ('{"tool": "list_gue', "length", False),
        ('{"answer": "Good mor', "stop", False),
    ],
)
def test_a_call_that_ended_and_cannot_be_read_is_known_as_such(
    text: str, finish: str, unreadable: bool
) -> None:
    reading = LocalReading(prompt_tokens=1, in_steps=True)

    reading.take({"choices": [{"delta": {"content": text}, "finish_reason": finish}]})

    assert reading.asks_unreadably is unreadable


def test_a_server_that_does_not_keep_to_the_schema_is_read_all_the_same() -> None:
    reading = LocalReading(prompt_tokens=1, in_steps=True)

    streamed = reading.take({"choices": [{"delta": {"content": "Good day, sir."}}]})
    reading.take({"choices": [{"delta": {}, "finish_reason": "stop"}]})

    assert streamed == ""
    assert reading.rest() == reading.text == "Good day, sir."
    assert reading.stop_reason() is StopReason.END


def test_usage_is_a_guess_until_it_is_told() -> None:
    reading = LocalReading(prompt_tokens=300, in_steps=False)
    reading.take({"choices": [{"delta": {"content": "x" * 35}}]})

    usage = reading.usage()
    assert usage.estimated
    assert (usage.input_tokens, usage.output_tokens) == (300, 10)


@pytest.mark.parametrize("line", ["", ":", ": ping", "event: x", "id: 4", "data:", "retry: 10"])
def test_lines_without_a_chunk_are_passed_over(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    "line", ['error: {"code": 500, "message": "x"}', 'data: {"error": {"code": 500}}']
)
def test_an_error_within_a_stream_is_seen(line: str) -> None:
    chunk = parse_line(line)

    assert chunk is not None
    assert chunk["error"]["code"] == 500


def test_the_schema_of_a_step_allows_words_or_one_call_of_a_tool() -> None:
    tool = OfferedTool(
        name="guest_status",
        summary="Reads.",
        schema={
            "type": "object",
            "title": "GuestStatus",
            "properties": {
                "title": {"$ref": "#/$defs/Vmid", "description": "Which.", "default": 1}
            },
            "$defs": {"Vmid": {"type": "integer", "minimum": 100}},
            "required": ["title"],
        },
    )

    words, call = response_format([tool])["json_schema"]["schema"]["anyOf"]

    assert words["required"] == ["answer"]
    assert call["properties"]["tool"] == {"const": "guest_status"}
    assert call["properties"]["arguments"] == {
        "type": "object",
        "properties": {"title": {"type": "integer", "minimum": 100}},
        "required": ["title"],
    }


def test_a_schema_that_refers_to_itself_is_not_offered() -> None:
    schema = {
        "$defs": {"Tree": {"properties": {"left": {"$ref": "#/$defs/Tree"}}}},
        "properties": {"tree": {"$ref": "#/$defs/Tree"}},
    }

    assert without_deep([OfferedTool(name="x", summary="", schema=schema)]) == ()


def public_exceptions() -> Iterator[object]:
    for name, kind in inspect.getmembers(httpx, inspect.isclass):
        if issubclass(kind, Exception) and not issubclass(kind, Warning):
            yield pytest.param(kind, id=name)


@pytest.mark.parametrize("kind", list(public_exceptions()))
@pytest.mark.parametrize("asked", [ASKED, UNDER_WAY], ids=["before", "under way"])
def test_every_public_error_of_the_library_has_a_meaning(
    kind: type[Exception], asked: Asked
) -> None:
    assert any(issubclass(kind, known) for known, _ in DOOR), f"{kind} goes through no door"
    error = translate(kind.__new__(kind), asked)

    assert error.because
    assert not error.because.endswith(".")
    assert "Error" not in error.because


def test_a_connection_lost_within_the_answer_is_a_cut_answer() -> None:
    lost = httpx.RemoteProtocolError("peer closed connection")

    assert isinstance(translate(lost, UNDER_WAY), AnswerCut)
    assert isinstance(translate(lost, ASKED), ProviderUnreachable)
