"""What `jarvis tool` reads and writes, without a cluster."""

import json
from datetime import UTC, datetime

import pytest

from services.safety.actors import Actor, ActorKind
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolCall, ToolResult
from services.tools.command_line import (
    WordsUnread,
    exit_code,
    matches,
    read_words,
    result_json,
    told_approval,
    told_result,
    told_tools,
    tools_json,
)
from services.tools.gate.approvals import Approval
from services.tools.registry import REGISTRY

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OWNER = Actor(kind=ActorKind.PERSON, name="owner", session="shell", user="owner")
ASKED = Approval(
    id="ab" * 16,
    call=ToolCall(id="1", tool="stop_guest", arguments={"guest": "104"}),
    actor=OWNER,
    tier=Tier.RED,
    why="Cut a guest's power",
    blast=(("state", "running"), ("last backup", "3 h ago")),
    digest="",
    asked_at=NOON,
    expires_at=NOON,
)


def test_words_become_arguments_of_which_the_tool_knows_the_kind() -> None:
    given = read_words(["guest=media", "to_disk=yes", "text=a=b", "empty="])

    assert given == {"guest": "media", "to_disk": "yes", "text": "a=b", "empty": ""}
    arguments = REGISTRY["suspend_guest"].arguments.model_validate(
        read_words(["guest=104", "to_disk=true"])
    )
    assert arguments.model_dump() == {"guest": "104", "to_disk": True}


@pytest.mark.parametrize("words", [["media"], ["=x"], ["a b=c"], ["guest=1", "guest=2"]])
def test_words_that_are_no_arguments_are_refused_with_an_example(words: list[str]) -> None:
    with pytest.raises(WordsUnread):
        read_words(words)


def test_the_registry_is_listed_for_a_person_and_for_a_program() -> None:
    lines = told_tools(REGISTRY.values()).splitlines()
    told = json.loads(tools_json(REGISTRY.values()))

    assert len(lines) == len(REGISTRY) + 1
    assert any(line.startswith("stop_guest ") and " RED " in line for line in lines)
    assert any(line.startswith("run_command ") and " by call " in line for line in lines)
    assert [each["name"] for each in told] == list(REGISTRY)
    assert all(each["arguments"]["type"] == "object" for each in told)


def test_a_result_is_told_with_its_outcome_and_reason() -> None:
    result = ToolResult(
        call_id="1",
        tool="start_guest",
        outcome=Outcome.DONE,
        because="media (104) was running already; nothing was sent",
        text="media (104) was running already; nothing was sent",
        verified=True,
        read_at=NOON,
    )

    assert told_result(result).splitlines() == [
        "done, read back: media (104) was running already; nothing was sent"
    ]
    assert json.loads(result_json(result))["read_at"] == "2026-11-20T12:00:00.000Z"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.DONE, 0),
        (Outcome.EMPTY, 0),
        (Outcome.FAILED, 1),
        (Outcome.REFUSED, 1),
        (Outcome.TIMED_OUT, 1),
        (Outcome.UNKNOWN, 1),
        (Outcome.WAITING, 4),
    ],
)
def test_each_outcome_has_its_exit_status(outcome: Outcome, code: int) -> None:
    assert exit_code(outcome) == code


def test_the_card_shows_the_call_its_tier_and_what_hangs_on_it() -> None:
    card = told_approval(ASKED, "stop_guest media (104)")

    for part in ("stop_guest media (104)", "RED: Cut", "running", "3 h ago", "12:00:00 UTC"):
        assert part in card


@pytest.mark.parametrize(
    ("tool", "given", "same"),
    [
        ("stop_guest", {"guest": "104"}, True),
        ("stop_guest", {"guest": 104}, True),
        ("stop_guest", {"guest": "105"}, False),
        ("reset_guest", {"guest": "104"}, False),
    ],
)
def test_a_token_is_for_the_very_call_it_was_given_out_for(
    tool: str, given: dict[str, object], same: bool
) -> None:
    assert matches(ASKED, REGISTRY[tool], given) is same
