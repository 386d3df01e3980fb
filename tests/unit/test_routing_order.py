"""`route()`: the rules in their order, and a reason for each."""

import pytest

from services.llm.claude.config import ModelRole
from services.llm.messages import ProviderName
from services.llm.routing import Budget, Conversation, Picked, Route, route, strip_mention
from services.llm.routing.availability import Availability
from tests.support.routing_messages import demo_inventory

INVENTORY = demo_inventory()
BOTH = Availability(claude=True, local=True, local_window_tokens=4096)
NO_KEY = Availability(claude=False, local=True, because_claude="there is no key for Claude")
NO_MODEL = Availability(
    claude=False,
    local=False,
    because_claude="there is no key for Claude",
    because_local="no local model is set up",
)
NO_LOCAL = Availability(claude=True, local=False, because_local="no local model is set up")
OFFLINE = Availability(claude=True, local=True, online=False)
SPENT = Budget(spent=True, because="the budget of the day, $1.00, is spent")
TALK, WORK = "what is zfs?", "is media up?"


def decide(
    message: str,
    *,
    able: Availability = BOTH,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    **before: object,
) -> Route:
    conversation = Conversation(**before)  # type: ignore[arg-type]
    return route(message, conversation, INVENTORY, able, budget)


def test_work_goes_to_claude_and_talk_stays_at_home() -> None:
    assert decide(WORK).provider is ProviderName.CLAUDE
    assert decide(WORK).needs_tools
    assert decide(TALK).provider is ProviderName.LOCAL
    assert not decide(TALK).needs_tools


@pytest.mark.parametrize(
    ("message", "provider"),
    [
        ("@claude what is zfs", ProviderName.CLAUDE),
        ("@local is media up", ProviderName.LOCAL),
        ("@Direct status", ProviderName.DIRECT),
        ("what is zfs @claude", ProviderName.CLAUDE),
    ],
)
def test_whoever_is_asked_by_name_answers(message: str, provider: ProviderName) -> None:
    decided = decide(message)

    assert (decided.provider, decided.step) == (provider, "forced")
    assert "@" in decided.because


def test_a_mention_inside_a_sentence_is_no_order() -> None:
    assert decide("write to me@local.example about zfs").step != "forced"


def test_the_name_is_not_part_of_the_message() -> None:
    assert strip_mention("@local: what is zfs") == "what is zfs"
    assert strip_mention("what is zfs @claude") == "what is zfs"
    assert decide("@claude restart media").needs_tools
    assert not decide("@claude thanks").needs_tools


@pytest.mark.parametrize(
    ("message", "role"),
    [
        ("think harder about why pve is slow", ModelRole.HARD),
        ("why is pve slow? think hard", ModelRole.HARD),
        ("@claude think as hard as you can: why is pve slow", ModelRole.ESCALATION),
        ("@opus why is pve slow", ModelRole.ESCALATION),
    ],
)
def test_harder_thinking_is_another_model(message: str, role: ModelRole) -> None:
    decided = decide(message)

    assert (decided.provider, decided.model_role) == (ProviderName.CLAUDE, role)


@pytest.mark.parametrize(
    ("picker", "provider", "role"),
    [
        (Picked.LOCAL, ProviderName.LOCAL, ModelRole.ROUTINE),
        (Picked.DIRECT, ProviderName.DIRECT, ModelRole.ROUTINE),
        (Picked.CLAUDE, ProviderName.CLAUDE, ModelRole.ROUTINE),
        (Picked.HARDER, ProviderName.CLAUDE, ModelRole.HARD),
        (Picked.HARDEST, ProviderName.CLAUDE, ModelRole.ESCALATION),
    ],
)
def test_the_picker_decides(picker: Picked, provider: ProviderName, role: ModelRole) -> None:
    decided = decide(WORK, picker=picker)

    assert (decided.provider, decided.model_role, decided.step) == (provider, role, "forced")


def test_what_is_said_in_the_message_overrules_the_picker() -> None:
    assert decide("@local hello", picker=Picked.CLAUDE).provider is ProviderName.LOCAL


def test_a_pending_approval_goes_on_where_it_was() -> None:
    decided = decide("what would it do?", pending_approval=True, last_provider=ProviderName.LOCAL)

    assert (decided.provider, decided.step) == (ProviderName.LOCAL, "pending approval")
    assert decided.needs_tools


def test_being_asked_by_name_comes_before_a_pending_approval() -> None:
    assert decide("@direct status", pending_approval=True).step == "forced"


def test_an_open_override_means_work() -> None:
    decided = decide("hello", override=True)

    assert (decided.provider, decided.step) == (ProviderName.CLAUDE, "override")
    assert decided.needs_tools


@pytest.mark.parametrize(
    ("able", "budget", "step", "words"),
    [
        (NO_KEY, Budget(), "no key", "no key"),
        (OFFLINE, Budget(), "offline", "network"),
        (BOTH, SPENT, "budget", "$1.00"),
    ],
    ids=["no key", "no network", "no money"],
)
def test_without_claude_the_local_model_does_the_work_and_says_why(
    able: Availability, budget: Budget, step: str, words: str
) -> None:
    decided = decide(WORK, able=able, budget=budget)

    assert (decided.provider, decided.step) == (ProviderName.LOCAL, step)
    assert words in decided.because
    assert decided.needs_tools


def test_a_missing_key_is_told_before_a_spent_budget() -> None:
    assert decide(WORK, able=NO_KEY, budget=SPENT).step == "no key"


def test_with_no_model_at_all_rules_answer() -> None:
    decided = decide(WORK, able=NO_MODEL)

    assert decided.provider is ProviderName.DIRECT
    assert "no key" in decided.because
    assert "no local model" in decided.because


def test_asking_for_claude_without_money_says_so_and_goes_on() -> None:
    decided = decide("@claude why is pve hot", budget=SPENT)

    assert decided.provider is ProviderName.LOCAL
    assert "$1.00" in decided.because
    assert "@claude" in decided.because


def test_whoever_asks_for_the_local_model_is_not_billed_for_claude() -> None:
    assert decide("@local hello", able=NO_LOCAL).provider is ProviderName.DIRECT


def test_a_reason_within_a_reason_keeps_no_capital_but_a_name_s() -> None:
    loading = Availability(claude=True, local=False, because_local="The local model is loading")
    away = Availability(claude=False, local=True, because_claude="Claude is overloaded (529)")

    assert decide("@local hello", able=loading).because.endswith("; the local model is loading")
    assert decide("@claude hello", able=away).because.endswith("; Claude is overloaded (529)")


def test_talk_goes_to_claude_where_there_is_no_local_model() -> None:
    decided = decide(TALK, able=NO_LOCAL)

    assert decided.provider is ProviderName.CLAUDE
    assert not decided.needs_tools


def test_what_does_not_fit_the_local_window_goes_to_claude() -> None:
    decided = decide("what is zfs? " + "words of a very long story " * 600)

    assert (decided.provider, decided.step) == (ProviderName.CLAUDE, "too long")
    assert not decided.needs_tools


def test_a_script_to_be_written_is_for_claude_without_tools() -> None:
    decided = decide("write a bash script that restarts a vm")

    assert (decided.provider, decided.needs_tools) == (ProviderName.CLAUDE, False)
    assert decided.step == "default"


@pytest.mark.parametrize(
    "message", ["tell me a joke", "tell me another joke about sysadmins", "erzähl mir einen Witz"]
)
def test_a_joke_is_small_talk_and_costs_nothing(message: str) -> None:
    told = decide(message)

    assert (told.provider, told.needs_tools) == (ProviderName.LOCAL, False)


@pytest.mark.parametrize(
    "message", [WORK, TALK, "thanks", "", "???", "@local", "write a poem", "I'm home", "do it"]
)
def test_every_route_says_because_of_what(message: str) -> None:
    for able in (BOTH, NO_KEY, NO_MODEL, NO_LOCAL, OFFLINE):
        decided = decide(message, able=able)
        assert decided.because
        assert decided.step


def test_a_route_carries_what_was_weighed() -> None:
    features = decide(WORK).features

    assert any(one.name == "name.common" for one in features)
    weights = [abs(one.weight) for one in features]
    assert weights == sorted(weights, reverse=True)
    assert sum(one.weight for one in features) == pytest.approx(decide(WORK).score, abs=0.1)
