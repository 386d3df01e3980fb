"""Messages and events as the browser has them: whole, exact, and no bigger than a card shows."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from components.talk_draw import (
    RESULT_CHARS,
    draw_conversation,
    draw_events,
    draw_live,
    draw_message,
)
from db.rows_conversations import ConversationRow
from db.times import as_stored, from_stored
from services.llm import turn_events as turns
from services.llm.messages import (
    Message,
    ProviderName,
    Role,
    Text,
    ToolAnswer,
    ToolUse,
    Usage,
)
from services.llm.turn_events import (
    AnswerBegan,
    AnswerWithdrawn,
    ApprovalWanted,
    CostForeseen,
    Doing,
    DoingChanged,
    FellBack,
    LiveTool,
    LiveTurn,
    MessageStored,
    TextAdded,
    ToolBegan,
    ToolEnded,
    TurnBegan,
    TurnEnded,
    TurnEvent,
    TurnOutcome,
)
from services.safety.tiers import Tier
from services.tools.calls import Outcome
from tests.support.turned_clock import NOON

AT = round(NOON.timestamp())
OF = {"conversation_id": "c1", "turn_id": "t1"}
USE = ToolUse(id="u1", tool="stop_guest", arguments={"guest": 104})
QUESTION = Message(
    id="m1", conversation_id="c1", role=Role.USER, parts=(Text(text="<b>hi</b>"),), at=NOON
)
ANSWER = Message(
    id="m2",
    conversation_id="c1",
    role=Role.ASSISTANT,
    parts=(Text(text="It stands at 87 %"), USE),
    at=NOON,
    provider=ProviderName.CLAUDE,
    model="claude-haiku-5-5",
    usage=Usage(input_tokens=468, output_tokens=148, cache_read_tokens=2_716),
    cost_usd=Decimal("0.0041235"),
    total_ms=3_150,
    because="it names a storage",
)


def test_a_question_is_its_words() -> None:
    assert draw_message(QUESTION) == {
        "id": "m1",
        "role": "user",
        "at": AT,
        "parts": [{"k": "text", "text": "<b>hi</b>"}],
        "provider": None,
        "model": None,
        "usage": None,
        "cost": None,
        "ms": None,
        "because": "",
        "ended": "",
    }


@pytest.mark.parametrize("micros", [0, 500_300, 999_900])
def test_a_message_is_drawn_alike_before_and_after_it_was_kept(micros: int) -> None:
    told = replace(QUESTION, at=NOON.replace(microsecond=micros))

    kept = replace(told, at=from_stored(as_stored(told.at)))

    assert draw_message(told) == draw_message(kept)


def test_an_answer_carries_what_it_used_and_cost_to_the_last_decimal() -> None:
    drawn = draw_message(ANSWER)

    assert drawn["parts"][1] == {
        "k": "use",
        "id": "u1",
        "tool": "stop_guest",
        "args": {"guest": 104},
    }
    assert drawn["usage"] == {"in": 468, "out": 148, "read": 2_716, "write": 0, "est": False}
    assert (drawn["cost"], drawn["provider"]) == ("0.0041235", "claude")
    assert drawn["ms"] == 3_150


def test_what_cost_nothing_is_not_what_is_unknown() -> None:
    assert draw_message(replace(ANSWER, cost_usd=Decimal(0)))["cost"] == "0"
    assert draw_message(replace(ANSWER, cost_usd=None))["cost"] is None
    assert draw_message(replace(ANSWER, usage=Usage(estimated=True)))["usage"]["est"] is True


def test_what_a_tool_found_is_cut_to_what_a_card_shows() -> None:
    found = ToolAnswer(
        id="u1",
        tool="stop_guest",
        outcome=Outcome.TIMED_OUT,
        text="x" * (RESULT_CHARS + 1),
        duration_ms=84.4,
        because="pve was slow",
        tier=Tier.RED,
        approval_id="a1",
    )

    (part,) = draw_message(replace(ANSWER, role=Role.TOOL, parts=(found,)))["parts"]

    assert len(part.pop("text")) == RESULT_CHARS
    assert part == {
        "k": "answer",
        "id": "u1",
        "tool": "stop_guest",
        "outcome": "timed out",
        "because": "pve was slow",
        "tier": "RED",
        "approval": "a1",
        "ms": 84.4,
    }


def test_green_is_a_tier_and_not_nothing() -> None:
    green = ToolAnswer(id="u1", tool="x", outcome=Outcome.DONE, text="", tier=Tier.GREEN)

    (part,) = draw_message(replace(ANSWER, parts=(green,)))["parts"]

    assert part["tier"] == "GREEN"


EVENTS: list[tuple[TurnEvent, dict[str, Any]]] = [
    (
        TurnBegan(**OF, message=QUESTION, provider=ProviderName.LOCAL, because="smalltalk"),
        {"k": "began", "message": draw_message(QUESTION)},
    ),
    (DoingChanged(**OF, doing=Doing.WAITING), {"k": "doing", "doing": "waiting"}),
    (
        AnswerBegan(**OF, message_id="m2", provider=ProviderName.CLAUDE, model="x"),
        {"k": "answer", "mid": "m2", "provider": "claude"},
    ),
    (TextAdded(**OF, message_id="m2", text="It"), {"k": "text", "mid": "m2", "text": "It"}),
    (
        AnswerWithdrawn(**OF, message_id="m2", because="the stream was cut"),
        {"k": "withdrawn", "mid": "m2", "because": "the stream was cut"},
    ),
    (
        ToolBegan(**OF, message_id="m2", use=USE, tier=Tier.GREEN),
        {
            "k": "tool",
            "mid": "m2",
            "call": "u1",
            "tool": "stop_guest",
            "args": {"guest": 104},
            "tier": "GREEN",
        },
    ),
    (
        ApprovalWanted(**OF, call_id="u1", approval_id="a1"),
        {"k": "wants", "call": "u1", "approval": "a1"},
    ),
    (
        ToolEnded(
            **OF, call_id="u1", outcome=Outcome.DONE, because="", text="stopped", duration_ms=2.5
        ),
        {
            "k": "tooled",
            "call": "u1",
            "outcome": "done",
            "because": "",
            "text": "stopped",
            "ms": 2.5,
        },
    ),
    (
        FellBack(**OF, fallen=ProviderName.CLAUDE, next=ProviderName.LOCAL, because="529"),
        {"k": "fell", "from": "claude", "next": "local", "because": "529"},
    ),
    (
        FellBack(**OF, fallen=ProviderName.LOCAL, next=None, because="away"),
        {"k": "fell", "from": "local", "next": None, "because": "away"},
    ),
    (
        CostForeseen(**OF, provider=ProviderName.CLAUDE, usd=Decimal("0.2"), because="0.20 USD"),
        {"k": "fell", "from": "claude", "next": "claude", "because": "0.20 USD"},
    ),
    (MessageStored(**OF, message=ANSWER), {"k": "stored", "message": draw_message(ANSWER)}),
    (
        TurnEnded(**OF, outcome=TurnOutcome.LIMITED, because="eight rounds"),
        {"k": "ended", "outcome": "limited", "because": "eight rounds"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "drawn"), EVENTS, ids=[type(event).__name__ for event, _ in EVENTS]
)
def test_an_event_is_drawn(event: TurnEvent, drawn: dict[str, Any]) -> None:
    assert draw_events([event]) == [drawn]
    assert json.loads(json.dumps(draw_events([event]))) == [drawn]


def test_every_event_there_is_can_be_drawn() -> None:
    kinds = {
        kind
        for kind in vars(turns).values()
        if isinstance(kind, type) and issubclass(kind, TurnEvent) and kind is not TurnEvent
    }

    assert {type(event) for event, _ in EVENTS} == kinds


def test_an_event_that_is_unknown_is_a_fault_and_not_passed_over() -> None:
    with pytest.raises(TypeError, match="no event of a turn: TurnEvent"):
        draw_events([TurnEvent(**OF)])


def text(words: str, message: str = "m2") -> TextAdded:
    return TextAdded(**OF, message_id=message, text=words)


def test_pieces_of_one_text_are_one_and_others_keep_their_order() -> None:
    acting = DoingChanged(**OF, doing=Doing.ACTING)

    drawn = draw_events([text("a"), text("b"), text("x", "m3"), acting, text("c"), text("d")])

    assert [(event["k"], event.get("text")) for event in drawn] == [
        ("text", "ab"),
        ("text", "x"),
        ("doing", None),
        ("text", "cd"),
    ]
    assert draw_events([]) == []


def test_ten_thousand_pieces_are_joined_in_no_time() -> None:
    (drawn,) = draw_events([text("word ") for _ in range(10_000)])

    assert len(drawn["text"]) == 50_000


def test_what_stands_of_a_turn_holds_its_tools() -> None:
    waiting = LiveTool(use=USE, tier=Tier.RED, approval_id="a1")
    done = LiveTool(
        use=replace(USE, id="u2"),
        tier=None,
        outcome=Outcome.DONE,
        text="y" * 9_000,
        duration_ms=3.0,
    )
    live = LiveTurn(**OF, began_at=NOON, doing=Doing.WAITING, text="so", tools=(waiting, done))

    drawn = draw_live(live)

    assert (drawn["mid"], drawn["doing"], drawn["text"]) == (None, "waiting", "so")
    first, second = drawn["tools"]
    assert (first["tier"], first["approval"], first["outcome"]) == ("RED", "a1", None)
    assert (second["tier"], second["outcome"], len(second["text"])) == (None, "done", RESULT_CHARS)
    assert json.loads(json.dumps(drawn)) == drawn


def test_a_conversation_that_cost_nothing_shows_no_cost() -> None:
    row = ConversationRow(
        id="c1",
        title="Disks",
        pinned=True,
        at=NOON,
        last_at=NOON,
        messages_count=6,
        cost_usd=Decimal("0.0041235"),
    )

    assert draw_conversation(row) == {
        "id": "c1",
        "title": "Disks",
        "pinned": True,
        "last": AT,
        "count": 6,
        "cost": "0.0041235",
    }
    assert draw_conversation(replace(row, cost_usd=Decimal(0)))["cost"] is None
