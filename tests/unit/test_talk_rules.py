"""How far a turn may go, what it must have read, and what a model is shown of what was before."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.conversations.pruning import (
    HISTORY_MOST,
    RESULT_CHARS,
    cap_result,
    history_size,
    make_digest,
    shrink_history,
    shrink_rounds,
)
from services.llm.exchanges import into_turns
from services.llm.judging.targets import READERS, Read, read_after, read_before, targets_read
from services.llm.judging.verify import find_unread, was_read
from services.llm.limits import Limits, TurnTime, over_limit
from services.llm.messages import Message, Role, Text, ToolAnswer, ToolUse
from services.llm.prompts import SYSTEM_TOKENS_MOST, HouseState, house_context, system_prompt
from services.llm.tokens import CLAUDE_CHARS_PER_TOKEN, guess_tokens
from services.llm.turn import Deed
from services.llm.turns.fresh import FRESH_S, FreshReads
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolResult
from services.tools.registry import REGISTRY
from tests.support.clusters import make_node, make_snapshot
from tests.support.gate_house import homelab
from tests.support.talks import message, user
from tests.support.turned_clock import NOON, TurnedClock

SEEN = homelab()


def deed(
    tool: str, outcome: Outcome = Outcome.DONE, *, verified: bool | None = None, **arguments: Any
) -> Deed:
    tier = Tier.RED if REGISTRY[tool].writes else Tier.GREEN
    return Deed(
        use=ToolUse(id="1", tool=tool, arguments=arguments),
        tier=tier,
        writes=REGISTRY[tool].writes,
        result=ToolResult(
            call_id="1", tool=tool, outcome=outcome, verified=verified, tier=tier, text="x"
        ),
    )


# Limits


@pytest.mark.parametrize(
    ("spent", "told"),
    [
        ({"rounds": 8}, "8 rounds"),
        ({"spent_s": 120.0}, "120\u00a0s"),
        ({"tokens": 250_000}, "250,000 tokens"),
        ({"idle_rounds": 2}, "again and again"),
    ],
)
def test_each_limit_ends_a_turn_and_says_which(spent: dict[str, Any], told: str) -> None:
    nothing: dict[str, Any] = {"rounds": 7, "spent_s": 119.0, "tokens": 9, "idle_rounds": 1}

    assert over_limit(Limits(), **nothing) is None
    assert told in (over_limit(Limits(), **{**nothing, **spent}) or "")


def test_an_override_doubles_the_rounds() -> None:
    assert Limits.of(override=True).rounds == 16
    assert Limits.of(override=False).rounds == 8


def test_time_stands_still_while_it_is_held_however_often() -> None:
    clock = TurnedClock()
    time = TurnTime(clock, 120.0)
    clock.turn(10)
    with time.held():
        clock.turn(100)
        with time.held():
            clock.turn(100)
        clock.turn(100)
        assert time.spent_s == 10
    clock.turn(5)

    assert time.spent_s == 15
    assert time.left_s == 105
    clock.turn(1_000)
    assert time.left_s == 0


# Targets and verification


def test_every_tool_that_changes_something_nameable_has_a_read_of_its_target() -> None:
    without = {
        name
        for name, tool in REGISTRY.items()
        if tool.writes and tool.offered and name not in READERS
    }

    assert without == {"acknowledge_event", "open_terminal", "trust_host_key"}
    assert {reader for pair in READERS.values() for reader in pair} <= set(REGISTRY)


@pytest.mark.parametrize("tool", sorted(READERS))
def test_a_read_of_a_target_takes_arguments_its_tool_knows(tool: str) -> None:
    given_ = {
        "guest": "104",
        "node": "pve",
        "service": "cron",
        "host": "mgmt",
        "container": "grafana",
        "command": "ls",
        "snapshot": "before",
        "target": "home",
    }
    arguments = {k: v for k, v in given_.items() if k in REGISTRY[tool].arguments.model_fields}
    for read in (read_before(tool, arguments), read_after(tool, arguments)):
        assert read is not None
        REGISTRY[read.tool].arguments.model_validate(dict(read.arguments))
        assert targets_read(read.tool, read.arguments, SEEN)


def test_a_guest_is_the_same_by_number_name_and_both() -> None:
    named = [
        targets_read("get_guest_status", {"guest": guest}, SEEN)
        for guest in ("104", "media", "MEDIA", "media (104)")
    ]

    assert all(one == named[0] for one in named)
    assert targets_read("get_guest_status", {"guest": "112"}, SEEN) != named[0]


def test_a_change_that_verified_itself_needs_no_read_after_it() -> None:
    assert find_unread([deed("reboot_guest", verified=True, guest="104")], SEEN) == []


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNKNOWN])
def test_a_change_whose_effect_is_not_known_is_read_back(outcome: Outcome) -> None:
    (read,) = find_unread([deed("reboot_guest", outcome, guest="104")], SEEN)

    assert (read.tool, dict(read.arguments)) == ("get_guest_status", {"guest": "104"})


def test_a_read_counts_only_when_it_came_after_and_of_the_same_thing() -> None:
    change = deed("reboot_guest", Outcome.UNKNOWN, guest="104")
    same = deed("get_guest_status", guest="media")
    other = deed("get_guest_status", guest="112")
    failed = deed("get_guest_status", Outcome.FAILED, guest="104")

    assert find_unread([same, change], SEEN)
    assert find_unread([change, other], SEEN)
    assert find_unread([change, failed], SEEN)
    assert find_unread([change, same], SEEN) == []


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.WAITING])
def test_what_was_never_tried_needs_no_read(outcome: Outcome) -> None:
    assert find_unread([deed("reboot_guest", outcome, guest="104")], SEEN) == []


def test_a_target_counts_as_read_until_something_is_changed() -> None:
    read = Read(tool="get_guest_status", arguments={"guest": "104"})
    seen = deed("get_guest_status", guest="media")

    assert not was_read(read, [], SEEN)
    assert was_read(read, [seen], SEEN)
    assert not was_read(read, [seen, deed("stop_guest", guest="112")], SEEN)
    assert was_read(read, [seen, deed("stop_guest", Outcome.REFUSED, guest="112")], SEEN)


# What was read a moment ago


def test_a_read_is_fresh_for_seconds_and_never_after_a_change() -> None:
    clock = TurnedClock()
    fresh = FreshReads(clock)
    found = deed("list_nodes").result
    fresh.keep("owner", "k", found, since=fresh.changes("owner"))

    assert fresh.find("owner", "k") is found
    assert fresh.find("alex", "k") is None
    clock.turn(FRESH_S)
    assert fresh.find("owner", "k") is None
    began = fresh.changes("owner")
    fresh.forget("owner")
    fresh.keep("owner", "k", found, since=began)
    assert fresh.find("owner", "k") is None, "it was read while something changed"
    fresh.keep("owner", "k", replace(found, outcome=Outcome.FAILED), since=fresh.changes("owner"))
    assert fresh.find("owner", "k") is None, "a failure is worth another try"


# What a model is shown


def answer(id: str, text: str) -> ToolAnswer:
    return ToolAnswer(
        id=id,
        tool="list_nodes",
        outcome=Outcome.DONE,
        text=text,
        digest=make_digest(Outcome.DONE, text, ""),
    )


def exchange(number: int, text: str) -> list[Message]:
    id = f"u{number}"
    return [
        user(f"question {number}"),
        message(Role.ASSISTANT, ToolUse(id=id, tool="list_nodes")),
        message(Role.TOOL, answer(id, text)),
        message(Role.ASSISTANT, Text(text=f"answer {number}")),
    ]


LONG = "4 nodes, 4 online\n" + "pve  online\n" * 100


def test_what_tools_found_in_earlier_turns_is_one_line() -> None:
    (_, _, result, _) = shrink_history(exchange(1, LONG))

    (part,) = result.parts
    assert isinstance(part, ToolAnswer)
    assert part.text == part.digest
    assert "\n" not in part.text
    assert len(part.text) <= 240
    assert part.text.startswith("4 nodes, 4 online")


def test_within_a_turn_only_results_older_than_three_rounds_shrink() -> None:
    rounds = [m for n in range(5) for m in exchange(n, LONG)[1:3]]

    young, touched = shrink_rounds(rounds[:6])
    assert not touched
    assert list(young) == rounds[:6]
    shown, touched = shrink_rounds(rounds)
    assert touched
    lengths = [len(p.text) for m in shown for p in m.parts if isinstance(p, ToolAnswer)]
    assert [n > 240 for n in lengths] == [False, False, True, True, True]


@given(st.integers(0, 60), st.integers(1, 3))
def test_a_history_begins_with_a_person_and_keeps_uses_with_their_answers(
    turns: int, more: int
) -> None:
    history = [m for n in range(turns) for m in exchange(n, LONG)]

    def sent(messages: list[Message]) -> tuple[Message, ...]:
        return shrink_history(messages[len(messages) - history_size(len(messages)) :])

    shown = sent(history)

    assert len(shown) <= HISTORY_MOST
    assert not shown or shown[0].role is Role.USER
    for turn in into_turns(shown):
        assert turn.said
        for step in turn.steps:
            assert all(a.outcome is Outcome.DONE for a in step.answers)
    longer = sent([*history, *(m for n in range(more) for m in exchange(100 + n, LONG))])
    same = [m.id for m in longer[: len(shown)]] == [m.id for m in shown]
    assert same or len(longer) < len(shown) + more * 4, "its start moves rarely, and then by much"


@given(st.text(max_size=40_000))
def test_a_result_is_capped_with_both_ends_kept(text: str) -> None:
    shown = cap_result(text)

    assert len(shown) <= RESULT_CHARS + 60
    assert shown.startswith(text[:1_000])
    assert shown.endswith(text[-1_000:])


# Prompts


@pytest.mark.parametrize("address", ["sir", "", "Commander of the Whole Homelab and Beyond"])
def test_the_system_prompt_is_short_and_the_same_every_time(address: str) -> None:
    prompt = system_prompt(address)

    assert guess_tokens(prompt, chars_per_token=CLAUDE_CHARS_PER_TOKEN) < SYSTEM_TOKENS_MOST
    assert prompt == system_prompt(address)
    assert (f"Call the user {address}" in prompt) is bool(address)
    assert "guest as **name** (vmid) and a node as **name**" in prompt


def test_the_state_beside_a_message_is_a_few_short_lines() -> None:
    snapshot = make_snapshot(nodes=[make_node(f"node-{n}" + "x" * 40) for n in range(60)])
    told = house_context(
        HouseState(
            now=NOON,
            snapshot=snapshot,
            alarms=["pve is down" * 50],
            stood_down="maintenance",
            pending=["stop_guest media (104)"] * 20,
            override="owner",
        )
    )

    assert len(told.splitlines()) == 6
    assert all(len(line) <= 240 for line in told.splitlines())
    assert "Friday 2026-11-20 12:00:00 UTC" in told
    assert "stood down (maintenance)" in told


def test_an_unread_cluster_is_called_unread() -> None:
    snapshot = replace(make_snapshot(), nodes_at=None)

    assert "Cluster: not read yet" in house_context(HouseState(now=NOON, snapshot=snapshot))
