"""`jarvis route`: a message a line in, a JSON object a line out, whatever the bytes."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.routing.lines import LineRouter, find_availability
from tests.support.routing_messages import demo_inventory, labelled

ROUTER = LineRouter(
    inventory=demo_inventory(), availability=find_availability(claude=True, local=True)
)


def told(*lines: bytes, router: LineRouter = ROUTER) -> list[dict[str, object]]:
    return [json.loads(line) for line in router.route_lines(lines)]


def test_a_line_in_is_a_line_out() -> None:
    rows = told(b"is media up\n", b"what is zfs")

    assert [row["provider"] for row in rows] == ["claude", "local"]
    assert [row["needs_tools"] for row in rows] == [True, False]
    assert [row["text"] for row in rows] == ["is media up", "what is zfs"]
    assert all(set(row) == {"text", "provider", "needs_tools", "reason", "ms"} for row in rows)
    assert all(row["reason"] for row in rows)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"\r\n",
        b"\x00\x00",
        b"\xff\xfe\xc3\x28",
        "🙂🙂🙂".encode(),
        "‮evil\u200b".encode(),
        b"?" * 10_000,
        b"a" * 1_000_000,
        b"is media up? " * 80_000,
        b"'" * 5_000,
        b"- " * 50_000,
        ("ä" * 300_000).encode(),
        b"\n".join([b"Nov 26 03:12:44 pve x[1]: y"] * 9).replace(b"\n", b" "),
    ],
    ids=lambda line: repr(line[:12]),
)
def test_any_line_is_answered_and_soon(line: bytes) -> None:
    began_s = time.thread_time()
    (row,) = told(line)

    assert row["text"] == line.removesuffix(b"\n").decode("utf-8", "surrogateescape")
    assert time.thread_time() - began_s < 3


@given(st.binary(max_size=300))
def test_no_bytes_break_it(line: bytes) -> None:
    assert len(told(line)) == 1


def test_ten_thousand_lines_take_seconds() -> None:
    messages = [one.text.encode() for one in labelled("messages")]
    lines = (messages * 10)[:10_000]

    began_s = time.thread_time()
    rows = told(*lines)
    assert len(rows) == 10_000
    assert time.thread_time() - began_s < 30


def test_lines_are_strangers_to_each_other_unless_they_are_one_talk() -> None:
    lines = (b"is media up?", b"why?")
    talk = LineRouter(
        inventory=ROUTER.inventory, availability=ROUTER.availability, is_one_conversation=True
    )

    assert told(b"what is zfs?", b"why?", router=talk)[1]["needs_tools"] is False
    assert told(*lines, router=talk)[1]["needs_tools"] is True


def test_a_model_is_asked_only_about_what_is_unclear() -> None:
    asked: list[str] = []

    async def note(question: str) -> bool | None:
        asked.append(question)
        return False

    unclear = b"revert to the original configuration"
    rows = [json.loads(row) for row in ROUTER.route_lines([b"is media up", unclear], note)]

    assert rows[0]["needs_tools"] is True
    assert all("original configuration" in question for question in asked)
    assert rows[1]["needs_tools"] is (not asked)
