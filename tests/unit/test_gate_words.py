"""What the gate says in words: who asked, and what is wrong with a call."""

import pytest

from services.llm.direct.provider import MODEL
from services.safety.actors import Actor, ActorKind
from services.safety.tiers import Tier
from services.tools.calls import UNREADABLE, Payload
from services.tools.gate.events import ApprovalAsked, ToolRan, told_who
from services.tools.gate.wish import Stopped, validate
from services.tools.registry import REGISTRY
from tests.support.turned_clock import NOON

RULES = Actor(kind=ActorKind.MODEL, name=MODEL, user="owner").id


def test_rules_that_ask_are_called_so_and_no_model() -> None:
    ran = ToolRan(
        at=NOON, tool="start_guest", by=RULES, touched="guest/112", what="start_guest win11 (112)",
        tier=Tier.YELLOW, outcome="done", told="", duration_s=1.0,
    )  # fmt: skip
    asked = ApprovalAsked(
        at=NOON, tool="stop_guest", by=RULES, touched="guest/104", what="stop_guest media (104)",
        approval="a", tier=Tier.RED, expires_s=300,
    )  # fmt: skip

    assert ran.sentence() == "Done for Jarvis's rules: start_guest win11 (112)"
    assert asked.sentence().startswith("Jarvis's rules ask for stop_guest media (104): RED, ")


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("person/owner", "owner"),
        ("person/rules", "rules"),
        ("model/claude", "claude (model)"),
        ("api/rules", "rules (api)"),
    ],
)
def test_whoever_else_asks_keeps_their_name(by: str, told: str) -> None:
    assert told_who(by) == told


@pytest.mark.parametrize(
    ("tool", "given", "told"),
    [
        ("list_nodes", {UNREADABLE: "{'node'"}, "of list_nodes cannot be read (met {'node')"),
        ("list_nodes", {"colour": "red"}, "colour: no such argument; it takes none"),
        ("list_storage", {"colour": "red"}, "colour: no such argument; it takes node"),
        ("list_storage", {"nodes": "pve"}, "nodes: no such argument; node is one"),
    ],
)
def test_arguments_that_do_not_fit_are_told_in_plain_words(
    tool: str, given: Payload, told: str
) -> None:
    with pytest.raises(Stopped) as stopped:
        validate(REGISTRY[tool], given)

    assert told in stopped.value.because
    assert UNREADABLE not in stopped.value.because


def test_of_long_arguments_only_their_beginning_is_told() -> None:
    with pytest.raises(Stopped) as stopped:
        validate(REGISTRY["list_nodes"], {UNREADABLE: "x" * 5_000})

    assert len(stopped.value.because) < 200
