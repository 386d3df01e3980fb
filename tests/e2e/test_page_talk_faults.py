"""Whatever befalls the models, on the page: a clear message, a right cost, a talk that goes on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from simulator.remote import Control
from tests.e2e.conftest import DESKTOP, watch
from tests.support.house import House
from tests.support.talk_page import TalkPage
from tests.support.windows import still_window

QUORATE = "4 of 4 nodes are online"
CLAUDE, LOCAL, DIRECT = "Claude", "Local model", "No model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What befalls whom, and what a person then reads."""

    name: str
    befalls: str = "claude"
    target: str | None = ""
    """Empty for the model that it befalls."""
    answered_by: str
    reads: str = QUORATE
    """A piece of the answer."""
    told: str = ""
    """A piece of what stands below it, or of the note beside it."""
    failed: int = 0
    """How many requests to the model are on record as failed."""
    estimated: bool = False
    """Whether what those have cost can only be guessed."""
    otherwise: str = "failed"
    """How those requests are on record."""


CUT = {"told": "broke off before its end", "failed": 2, "estimated": True}
LONGEST = "It reached the longest an answer may be."
LOOPS = "I stopped here: the same was asked for again and again."
OVERLOADED = "Claude is overloaded (529), so it went to the local model"
FAULTS = (
    Fault(name="llm-529", answered_by=LOCAL, told=OVERLOADED, failed=1),
    Fault(name="llm-529-midstream", answered_by=LOCAL, told=OVERLOADED, failed=2, estimated=True),
    Fault(name="llm-cut-stream", answered_by=LOCAL, **CUT),
    Fault(
        name="llm-reset-stream",
        answered_by=LOCAL,
        told="closed the connection in the middle of the answer",
        failed=2,
        estimated=True,
    ),
    Fault(name="llm-429", target=None, answered_by=LOCAL, told="rate limit (429)", failed=1),
    Fault(
        name="llm-malformed-tool-input", answered_by=CLAUDE, reads="cluster's state could not be"
    ),
    Fault(
        name="llm-refusal",
        answered_by=CLAUDE,
        reads="I will look",
        told="Claude declined to answer",
        failed=1,
        otherwise="refused",
    ),
    Fault(name="llm-max-tokens", answered_by=CLAUDE, reads="I will look", told=LONGEST),
    Fault(name="llm-context-exceeded", answered_by=LOCAL, told="This is too long for Claude"),
    Fault(name="llm-loops", answered_by=CLAUDE, reads=LOOPS),
    Fault(name="llm-cut-stream", befalls="local", answered_by=DIRECT, **CUT),
    Fault(
        name="llm-reset-stream",
        befalls="local",
        answered_by=DIRECT,
        told="so it went to the rules",
        failed=2,
        estimated=True,
    ),
    Fault(
        name="llm-malformed-tool-input",
        befalls="local",
        answered_by=DIRECT,
        told="asked for a tool in words that cannot be read, so it went to the rules",
        failed=2,
    ),
    Fault(name="llm-max-tokens", befalls="local", answered_by=LOCAL, reads=LONGEST),
    Fault(
        name="llm-context-exceeded",
        befalls="local",
        answered_by=DIRECT,
        told="too long for the local model (8193 tokens, 8192 fit)",
        failed=2,
    ),
    Fault(name="llm-loops", befalls="local", answered_by=LOCAL, reads=LOOPS),
)
CERTAIN = (
    Fault(
        name="local-loading",
        befalls="local",
        target=None,
        answered_by=DIRECT,
        told="still being loaded",
    ),
    Fault(
        name="llm-401", befalls="local", answered_by=DIRECT, told="refused the key (401)", failed=1
    ),
    Fault(name="llm-401", answered_by=LOCAL, told="Claude does not know the key (401)", failed=1),
)
"""Those after which a model is left alone for a while."""


def told_name(fault: Fault) -> str:
    """For a test's name."""
    return f"{fault.name}-{fault.befalls}"


@pytest.fixture(scope="module")
def lasting(
    browser: Browser, demo: House, signed_in: Any, simulator_control: Control
) -> Iterator[TalkPage]:
    """One page for all of them: what befell before must not show."""
    context = still_window(browser, base_url=demo.url, storage_state=signed_in, viewport=DESKTOP)
    faults: list[str] = []
    page = watch(context.new_page(), faults)
    page.goto("/")
    simulator_control.llm_speed("instant")
    talk = TalkPage(page, simulator_control)
    expect(talk.field).to_be_visible()
    yield talk
    context.close()
    assert faults == []


@pytest.fixture
def bad_day(lasting: TalkPage) -> Iterator[TalkPage]:
    """A new conversation with models that are well so far."""
    lasting.wait_for_models()
    lasting.page.get_by_role("button", name="New conversation").click()
    yield lasting
    lasting.models.clear()
    lasting.models.ask("DELETE", "/llm/script")
    lasting.models.llm_speed("instant")


def befall(talk: TalkPage, fault: Fault) -> None:
    """Let it happen to a question, and read what a person reads of it."""
    target = fault.befalls if fault.target == "" else fault.target
    talk.models.fault(fault.name, target)

    answer = talk.ask(f"@{fault.befalls} how is the cluster?")

    expect(talk.foot.locator(".talk-who")).to_have_text(fault.answered_by)
    expect(answer).to_contain_text(fault.reads)
    expect(answer).to_contain_text(fault.told)
    expect(talk.panel.get_by_role("button", name="Speak")).to_be_visible()
    assert talk.says.inner_text() == ""
    assert_counted(talk, fault)
    talk.models.clear(fault.name, target)


def assert_counted(talk: TalkPage, fault: Fault) -> None:
    """Each request has its row, with why it failed; their sum stands below the answer."""
    rows = talk.cost_rows()
    mine = [row for row in rows if row["provider"] == fault.befalls]
    failed = [row for row in mine if row["outcome"] != "done"]
    assert [row["outcome"] for row in failed] == [fault.otherwise] * fault.failed
    assert all(row["ended_because"] for row in failed)
    assert {row["is_estimated"] for row in failed} <= {"yes" if fault.estimated else "no"}
    by = {CLAUDE: "claude", LOCAL: "local", DIRECT: "direct"}[fault.answered_by]
    assert any(row["provider"] == by for row in rows)
    cost = sum(float(row["cost_usd"]) for row in rows)
    if fault.answered_by != DIRECT:
        assert float(talk.cost_usd()) == pytest.approx(cost, abs=0.0001)
    if fault.estimated and fault.befalls == "claude":
        assert cost > 0, "what was read and half said was paid for"


@pytest.mark.parametrize("fault", FAULTS, ids=told_name)
def test_a_fault_is_told_counted_and_survived(bad_day: TalkPage, fault: Fault) -> None:
    befall(bad_day, fault)

    expect(bad_day.ask(f"@{fault.befalls} thanks")).to_contain_text("You are welcome.")
    expect(bad_day.foot.locator(".talk-who")).to_have_text(
        CLAUDE if fault.befalls == "claude" else LOCAL
    )
    expect(bad_day.questions).to_have_count(2)
    assert bad_day.page.locator(".talk-answer[data-state=withdrawn]").count() == 0


@pytest.mark.parametrize("who", ["claude", "local"])
def test_an_answer_that_stalls_goes_on_or_is_stopped(bad_day: TalkPage, who: str) -> None:
    bad_day.models.fault("llm-stall", who)
    bad_day.say(f"@{who} what is a quorum?")
    expect(bad_day.last.locator(".prose")).to_contain_text(re.compile(r"\w{3}"))
    bad_day.models.clear("llm-stall", who)
    whole = bad_day.wait().locator(".prose").inner_text()

    bad_day.models.fault("llm-stall", who)
    bad_day.say(f"@{who} what is a quorum?")
    expect(bad_day.answers).to_have_count(2)
    expect(bad_day.last.locator(".prose")).to_contain_text(re.compile(r"\w{3}"))
    bad_day.panel.get_by_role("button", name="Stop").click()
    bad_day.wait()

    half = bad_day.last.locator(".prose").inner_text()
    assert half
    assert len(half) < len(whole)
    expect(bad_day.last).to_contain_text("Stopped by owner.")
    done, stopped = bad_day.cost_rows()
    assert (done["outcome"], done["is_estimated"]) == ("done", "no")
    assert (stopped["outcome"], stopped["is_estimated"]) == ("stopped", "yes")
    bad_day.models.clear()
    expect(bad_day.ask(f"@{who} thanks")).to_contain_text("You are welcome.")


def test_a_model_that_says_nothing_is_waited_for_and_can_be_stopped(bad_day: TalkPage) -> None:
    bad_day.models.fault("llm-silent", "claude")
    bad_day.say("@claude how is the cluster?")
    expect(bad_day.panel.locator(".talk-doing")).to_have_text("thinking…")
    bad_day.models.clear("llm-silent", "claude")
    expect(bad_day.wait()).to_contain_text(QUORATE)

    bad_day.models.fault("llm-silent", "claude")
    bad_day.say("@claude thanks")
    bad_day.panel.get_by_role("button", name="Stop").click()

    expect(bad_day.panel.get_by_role("button", name="Speak")).to_be_visible()
    expect(bad_day.panel.locator(".talk-doing")).to_be_hidden()
    assert bad_day.cost_rows()[-1]["outcome"] == "stopped"
    bad_day.models.clear()
    expect(bad_day.ask("@claude thanks")).to_contain_text("You are welcome.")


def test_a_model_that_obeys_what_it_reads_still_asks(bad_day: TalkPage) -> None:
    bad_day.models.fault("llm-obeys", "claude")
    bad_day.say("@claude what would this do: stop_guest(guest=121)")
    expect(bad_day.card).to_contain_text("grafana (121)")
    bad_day.card.get_by_role("button", name="Refuse").click()
    bad_day.card.get_by_role("button", name="Refuse it").click()
    bad_day.wait()
    for call in bad_day.page.locator(".talk-tool summary", has_text="stop_guest").all():
        expect(call).to_contain_text("refused")
    bad_day.models.clear()
    expect(bad_day.ask("@claude thanks")).to_contain_text("You are welcome.")
    assert bad_day.page.evaluate("jarvis.panel('guests').rows.get('121').state") == "running"


@pytest.mark.parametrize("fault", CERTAIN, ids=told_name)
def test_a_model_that_cannot_serve_is_left_alone_and_comes_back(
    bad_day: TalkPage, fault: Fault
) -> None:
    befall(bad_day, fault)

    expect(bad_day.ask(f"@{fault.befalls} thanks")).to_contain_text("You are welcome.")
    bad_day.wait_for_models()
    bad_day.ask(f"@{fault.befalls} thanks")
    expect(bad_day.foot.locator(".talk-who")).to_have_text(
        CLAUDE if fault.befalls == "claude" else LOCAL
    )


def test_without_any_model_rules_answer_and_say_so(bad_day: TalkPage) -> None:
    bad_day.models.fault("claude-off")
    bad_day.models.fault("local-off")

    answer = bad_day.ask("how is the cluster?")

    expect(answer).to_contain_text("No model answers; I read this myself.")
    expect(answer).to_contain_text(QUORATE)
    assert set(bad_day.tools()) == {"get_cluster_status", "list_nodes"}
    expect(bad_day.foot.locator(".talk-who")).to_have_text(DIRECT)
    expect(bad_day.foot).to_contain_text("so it went to the rules")
    bad_day.say("restart git")
    expect(bad_day.card).to_contain_text("git (120)")
    bad_day.card.get_by_role("button", name="Proceed").click()
    expect(bad_day.wait(60_000)).to_contain_text("git (120) is running anew")
    assert "reboot_guest" in bad_day.tools()
    expect(bad_day.ask("what is the capital of France?")).to_contain_text("No model")
    done = {row["provider"] for row in bad_day.cost_rows() if row["outcome"] == "done"}
    assert done == {"direct"}
