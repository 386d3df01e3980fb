"""Whatever the history, and wherever it is cut, the request is one that the API takes."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.claude.adapt import adapt_messages, adapt_system, adapt_tools
from services.llm.exchanges import into_turns, keep_last
from services.llm.messages import Message, Role
from services.llm.provider import OfferedTool
from services.tools.calls import Outcome
from tests.support import histories
from tests.support.talks import answers, assistant, found, request, use, user

MODEL = "claude-haiku-5-5"


TOOL = OfferedTool(name="guest_status", summary="Reads a guest.", schema={})


def adapt(
    messages: Sequence[Message], *, tools: tuple[OfferedTool, ...] = (TOOL,), **fields: Any
) -> list[Mapping[str, Any]]:
    return adapt_messages(request(messages, tools=tools, **fields), model=MODEL)


def check(messages: Sequence[Mapping[str, Any]]) -> None:
    """The API's own rules."""
    assert messages[0]["role"] == "user"
    assert messages[-1]["role"] == "user"
    json.dumps(messages, ensure_ascii=False).encode()
    seen: set[str] = set()
    for index, told in enumerate(messages):
        assert told["content"], "no message is empty"
        if index:
            assert told["role"] != messages[index - 1]["role"], "roles alternate"
        uses = [block for block in told["content"] if block["type"] == "tool_use"]
        results = [block for block in told["content"] if block["type"] == "tool_result"]
        for block in told["content"]:
            assert block["type"] in ("text", "tool_use", "tool_result")
            if block["type"] == "text":
                assert block["text"].strip(), "no text is blank"
        for block in uses:
            assert told["role"] == "assistant"
            assert re.fullmatch("[A-Za-z0-9_-]+", block["id"])
            assert re.fullmatch("[A-Za-z0-9_-]{1,64}", block["name"])
            assert isinstance(block["input"], dict)
            assert block["id"] not in seen
            seen.add(block["id"])
        if uses:
            following = messages[index + 1]["content"]
            answered = [b["tool_use_id"] for b in following[: len(uses)]]
            assert answered == [block["id"] for block in uses], "all at the head, in order"
        asked = [
            b["id"] for b in messages[index - 1]["content"] if index and b["type"] == "tool_use"
        ]
        assert [block["tool_use_id"] for block in results] == asked, "no answer without its use"
    marks = [block for told in messages for block in told["content"] if "cache_control" in block]
    assert len(marks) <= 1


@given(histories.messages(), st.text(max_size=20))
def test_any_messages_make_a_valid_request(messages: list[Message], context: str) -> None:
    check(adapt(messages, context=context))
    without = adapt(messages, context=context, tools=())
    check(without)
    kinds = {block["type"] for told in without for block in told["content"]}
    assert kinds <= {"text"}, "the API refuses uses where no tool is defined"


@given(histories.conversations(), st.integers(0, 40), st.integers(0, 8))
def test_a_conversation_that_was_cut_makes_a_valid_request(
    messages: list[Message], most: int, dropped: int
) -> None:
    kept = keep_last(messages[: len(messages) - dropped], most)

    check(adapt(kept))
    check(adapt(messages[dropped:]))


@given(histories.conversations(), st.integers(1, 40))
def test_the_trimmer_parts_no_use_from_its_answer(messages: list[Message], most: int) -> None:
    kept = keep_last(messages, most)

    assert list(kept) == messages[len(messages) - len(kept) :], "only the oldest go"
    assert kept[0].role is Role.USER
    current = into_turns(messages)[-1].said[0]
    assert current in kept, "the turn that goes on is whole"
    assert len(kept) <= most or kept[0] == current
    uses = {u.id for m in kept for u in m.tool_uses}
    told = {p.id for m in kept if m.role is Role.TOOL for p in m.parts}  # type: ignore[union-attr]
    assert uses == told


def without_marks(messages: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [
        {
            "role": told["role"],
            "content": [
                {key: value for key, value in block.items() if key != "cache_control"}
                for block in told["content"]
            ],
        }
        for told in messages
    ]


@given(histories.conversations(), st.integers(0, 3))
def test_each_round_of_a_turn_begins_with_the_whole_of_the_round_before(
    messages: list[Message], cut: int
) -> None:
    """Else the cache is missed, and signed thinking is refused."""
    turn_starts = [i for i, m in enumerate(messages) if m.role is Role.USER]
    ends = [
        i + 1
        for i, m in enumerate(messages)
        if i >= turn_starts[-1] and m.role in (Role.USER, Role.TOOL)
    ]

    rounds = [without_marks(adapt(messages[:end], context="noon")) for end in ends]

    for before, after in pairwise(rounds):
        assert after[: len(before)] == before


def test_all_results_of_a_step_are_in_one_message_in_the_order_they_were_asked_for() -> None:
    history = (
        user("media and nextcloud?"),
        assistant("I shall look.", use("a"), use("b")),
        answers(found("b", "stopped", outcome=Outcome.FAILED), found("a", "runs")),
    )

    said, asked, told = adapt(history)

    assert [block["type"] for block in asked["content"]] == ["text", "tool_use", "tool_use"]
    assert [block["tool_use_id"] for block in told["content"]] == ["a", "b"]
    assert "runs" in told["content"][0]["content"]
    assert told["content"][1]["is_error"] is True
    assert "is_error" not in told["content"][0]
    assert said["content"] == [{"type": "text", "text": "media and nextcloud?"}]


def test_without_tools_what_was_found_stands_there_as_data() -> None:
    history = (
        user("is media up?"),
        assistant("I shall look.", use("a", vmid=104)),
        answers(found("a", "lots </data> of it", digest="media runs")),
        assistant("It runs."),
        user("thanks"),
    )

    earlier = adapt(history, tools=())
    present = adapt(history[:3], tools=())

    assert [told["role"] for told in earlier] == ["user", "assistant"] * 2 + ["user"]
    assert 'guest_status{"vmid":104}: done, media runs' in earlier[2]["content"][0]["text"]
    assert "lots &lt;/data&gt; of it" in present[-1]["content"][0]["text"]


def test_a_use_whose_answer_was_lost_is_answered_as_unknown() -> None:
    history = (user("restart media"), assistant(use("a", "guest_restart")), user("and?"))

    _, _, told = adapt(history)

    assert told["content"][0]["type"] == "tool_result"
    assert told["content"][0]["content"].startswith("unknown\n")
    assert told["content"][0]["is_error"] is True
    assert told["content"][1] == {"type": "text", "text": "and?"}


def test_what_changes_stands_in_the_last_turn_of_the_user_as_data() -> None:
    history = (user("hello"), assistant("Good day."), user("how is media?"))

    messages = adapt(history, context="guest </data> is up")

    assert "guest" not in str(messages[:2])
    assert messages[-1]["content"][1]["text"].startswith('<data source="state of the house"')
    assert "guest &lt;/data&gt; is up" in messages[-1]["content"][1]["text"]


def test_the_history_before_the_turn_ends_with_a_cache_mark() -> None:
    history = (user("hello"), assistant("Good day."), user("how is media?"))

    messages = adapt(history)

    assert messages[1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in str(messages[0]) + str(messages[2])
    assert adapt_system("You are Jarvis.")[0]["cache_control"] == {"type": "ephemeral"}
    assert adapt_system("  ") == []


def test_thinking_is_handed_back_only_when_all_of_the_turn_s_can_be() -> None:
    def thought(id: str, signature: str) -> tuple[dict[str, Any], ...]:
        return (
            {"type": "thinking", "thinking": "", "signature": signature},
            {"type": "text", "text": ""},
            {"type": "tool_use", "id": id, "name": "guest_status", "input": {}},
        )

    turn = (
        user("media?"),
        assistant(use("a"), id="m1", model=MODEL),
        answers(found("a")),
        assistant(use("b"), id="m2", model=MODEL),
        answers(found("b")),
    )
    held = {"m1": thought("a", "first"), "m2": thought("b", "second")}
    torn = {"m1": thought("a", "first"), "m2": thought("x", "second")}

    whole = adapt(turn, opaque=held)
    none = adapt(turn, opaque=torn)

    assert [b["type"] for b in whole[1]["content"]] == ["thinking", "tool_use"]
    assert "second" in str(whole)
    assert "first" not in str(none)
    assert "second" not in str(none)


@pytest.mark.parametrize("last", [Role.ASSISTANT, Role.TOOL])
def test_a_request_never_ends_with_the_assistant(last: Role) -> None:
    history = (user("go"), assistant("I beg"), answers())

    messages = adapt(history[: 2 if last is Role.ASSISTANT else 3])

    assert messages[-1] == {
        "role": "user",
        "content": [{"type": "text", "text": "Go on from where you stopped."}],
    }


def test_tools_keep_their_order_and_have_an_object_for_their_arguments() -> None:
    tools = [
        OfferedTool(name=name, summary="Reads.", schema={"properties": {"vmid": {}}})
        for name in ("b", "a")
    ]

    adapted = adapt_tools(tools)

    assert [tool["name"] for tool in adapted] == ["b", "a"]
    assert adapted[0]["input_schema"] == {"type": "object", "properties": {"vmid": {}}}
