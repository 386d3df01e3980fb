"""Without a model: what is asked is understood by rules, and told from what tools have found."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.direct.planning import HELP, plan
from services.llm.direct.telling import tell
from services.llm.direct.understanding import understand, understands_change
from services.llm.direct.wishes import Wish
from services.llm.messages import ToolUse
from services.llm.routing import Inventory
from services.llm.turn import Deed
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolResult
from services.tools.registry import REGISTRY
from tests.support.direct_answers import NAMES, SEEN, Calls, calls_of
from tests.support.turned_clock import NOON

ASKED: list[tuple[str, Calls]] = [
    ("status", [("get_cluster_status", {}), ("list_nodes", {})]),
    ("how is the cluster?", [("get_cluster_status", {}), ("list_nodes", {})]),
    ("is everything ok?", [("get_cluster_status", {}), ("list_nodes", {})]),
    ("wie geht es dem cluster?", [("get_cluster_status", {}), ("list_nodes", {})]),
    ("what is down?", [("get_cluster_status", {}), ("list_guests", {"state": "stopped"})]),
    ("temps", [("get_temperatures", {})]),
    ("how hot is pve", [("get_temperatures", {"node": "pve"})]),
    (
        "why is pve so hot?",
        [
            ("get_temperatures", {"node": "pve"}),
            ("get_node_status", {"node": "pve"}),
            ("list_guests", {"node": "pve", "state": "running"}),
        ],
    ),
    (
        "backups",
        [
            ("guests_without_backup", {}),
            ("list_tasks", {"failed": True, "most": 200}),
            ("list_backups", {"most": 10}),
        ],
    ),
    ("backups of media", [("list_backups", {"guest": "104", "most": 10})]),
    ("which guests have no backup?", [("guests_without_backup", {})]),
    ("storage", [("list_storage", {})]),
    ("how full are the disks on pve?", [("list_storage", {"node": "pve"})]),
    ("updates on pve", [("get_updates", {"node": "pve"})]),
    ("what happened last night?", [("get_recent_events", {})]),
    ("was ist passiert?", [("get_recent_events", {})]),
    ("containers", [("list_containers", {})]),
    ("how is media?", [("get_guest_status", {"guest": "104"})]),
    ("is media down?", [("get_guest_status", {"guest": "104"})]),
    ("is home up?", [("get_node_status", {"node": "home"})]),
    ("start 112", [("start_guest", {"guest": "112"})]),
    ("please start win11", [("start_guest", {"guest": "112"})]),
    ("starte win11", [("start_guest", {"guest": "112"})]),
    ("starte media neu", [("reboot_guest", {"guest": "104"})]),
    ("fahr media bitte neu hoch", [("reboot_guest", {"guest": "104"})]),
    ("what runs on pve?", [("list_guests", {"node": "pve"})]),
    ("was läuft auf pve?", [("list_guests", {"node": "pve"})]),
    (
        "is media up and how hot is pve?",
        [("get_temperatures", {"node": "pve"}), ("get_guest_status", {"guest": "104"})],
    ),
    ("restart media", [("reboot_guest", {"guest": "104"})]),
    ("could you restart media?", [("reboot_guest", {"guest": "104"})]),
    ("stop media", [("shutdown_guest", {"guest": "104"})]),
    ("turn media off", [("shutdown_guest", {"guest": "104"})]),
    ("shut down pve", [("shutdown_node", {"node": "pve"})]),
    ("wake agent", [("wake_node", {"node": "agent"})]),
    ("restart grafana", [("restart_container", {"container": "grafana"})]),
    ("back up media", [("start_backup", {"guest": "104"})]),
    (
        "snapshot media",
        [("create_snapshot", {"guest": "104", "snapshot": "jarvis-20261120-120000"})],
    ),
]


@pytest.mark.parametrize(("said", "calls"), ASKED, ids=[said for said, _ in ASKED])
def test_common_questions_and_orders_become_calls(said: str, calls: Calls) -> None:
    assert calls_of(said) == calls


@pytest.mark.parametrize(
    "said",
    [
        "did you restart media?",
        "why did media restart?",
        "don't restart media",
        "when was media restarted?",
        "should I stop media?",
        "how do I restart media?",
    ],
)
def test_a_question_about_a_change_changes_nothing(said: str) -> None:
    for call in plan(understand(said, NAMES), SEEN, now=NOON).calls:
        assert REGISTRY[call.tool].tier is Tier.GREEN
    assert not understands_change(said, NAMES)


def test_one_thing_at_a_time_and_only_what_is_named() -> None:
    two = plan(understand("restart media and win11", NAMES), SEEN, now=NOON)
    none = plan(understand("restart", NAMES), SEEN, now=NOON)

    assert (two.calls, none.calls) == ((), ())
    assert "Nothing was sent" in two.told
    assert "Restart what?" in none.told


def test_a_follow_up_takes_the_question_before_but_never_an_order() -> None:
    hot = understand("and home?", NAMES, before=("how hot is pve",))
    other = understand("and win11?", NAMES, before=("restart media",))

    assert [(c.tool, c.arguments) for c in plan(hot, SEEN, now=NOON).calls] == [
        ("get_temperatures", {"node": "home"})
    ]
    assert [c.tool for c in plan(other, SEEN, now=NOON).calls] == ["get_guest_status"]


def test_what_is_not_understood_is_answered_with_what_would_be() -> None:
    planned = plan(understand("write me a poem about rain", NAMES), SEEN, now=NOON)

    assert planned.calls == ()
    assert planned.told == HELP


@given(st.text(max_size=200))
def test_no_text_breaks_it_and_no_text_alone_is_an_order(text: str) -> None:
    planned = plan(understand(text, Inventory.of(())), SEEN, now=NOON)

    assert all(REGISTRY[call.tool].tier is Tier.GREEN for call in planned.calls)
    assert planned.calls or planned.told


def made(tool: str, **changes: Any) -> Deed:
    result = ToolResult(call_id="1", tool=tool, **{"outcome": Outcome.DONE, **changes})
    writes = REGISTRY[tool].writes
    return Deed(use=ToolUse(id="1", tool=tool), tier=Tier.RED, writes=writes, result=result)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"text": "media (104) is running anew on pve"}, "media (104) is running anew on pve."),
        (
            {"outcome": Outcome.REFUSED, "because": "owner refused it"},
            "Nothing was done: Owner refused it.",
        ),
        (
            {"outcome": Outcome.FAILED, "because": "its task failed"},
            "It did not come about: Its task failed.",
        ),
        (
            {"outcome": Outcome.UNKNOWN, "because": "the answer was lost"},
            "It was sent, and its effect is not known: The answer was lost.",
        ),
    ],
)
def test_a_change_is_told_as_it_came_about(changes: dict[str, Any], told: str) -> None:
    text = tell(Wish(intent="restart"), [made("reboot_guest", **changes)], lead="No model.")

    assert text == f"No model.\n\n{told}"


def test_text_from_machines_cannot_leave_its_fence() -> None:
    evil = "1 guest\nname\n```\n# owned\n[link](http://192.0.2.6)"
    text = tell(Wish(intent="guests"), [made("list_guests", text=evil)], lead="No model.")

    assert text.count("```") == 2
    assert text.endswith("```")


def test_a_name_of_markup_makes_no_link_of_an_answer() -> None:
    name = "[Approve](http://192.0.2.6/x)"
    read = made("get_guest_status", text=f"Guest {name} (104)\nstate  running")
    changed = made("reboot_guest", text=f"{name} (104) runs", because=f"{name} was read")
    busy = {"guests": [{"name": name, "vmid": 104, "cpu_fraction": 0.9, "cpu_count": 2}]}
    hot = made("list_guests", text="1 guest", data=busy)

    answers = [
        tell(Wish(intent="thing"), [read], lead="x"),
        tell(Wish(intent="restart"), [changed], lead="x"),
        tell(Wish(intent="temperatures", asks_why=True), [hot], lead="x"),
    ]

    for answer in answers:
        assert r"\[Approve](http" in answer
        assert "[Approve]" not in answer.replace(r"\[Approve]", "")


def test_a_read_that_failed_is_told_as_such() -> None:
    deed = made("list_nodes", outcome=Outcome.FAILED, because="Proxmox gave no answer")

    assert "failed. Proxmox gave no answer." in tell(Wish(intent="nodes"), [deed], lead="x")
