"""Whatever befalls the models: a clear message, a right row of costs, a talk that goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from services.llm.claude.catalogue import Catalogue
from services.llm.messages import ProviderName, Role, ToolAnswer
from services.llm.turn_events import AnswerWithdrawn, FellBack, MessageStored, TurnOutcome
from services.tools.calls import Outcome
from simulator.process import SimulatorProcess
from tests.support.talk_house import OWNER, Heard, TalkHouse, talking
from tests.support.waiting import until

CLAUDE, LOCAL, DIRECT = ProviderName.CLAUDE, ProviderName.LOCAL, ProviderName.DIRECT
QUICK = {"silence_timeout_s": 0.6, "repeats": 0, "patience_s": 0.5}


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls, and what becomes of a question about the cluster."""

    name: str
    target: str | None = None
    question: str = "how is the cluster?"
    answered_by: ProviderName = LOCAL
    told: str = ""
    """A piece of what the footer says."""
    rows: tuple[str, ...] = ()
    """How the requests to the provider that failed are on record."""
    outcome: TurnOutcome = TurnOutcome.DONE
    withdrawn: bool = False


FAULTS = (
    Fault("llm-401", told="key", rows=("failed",)),
    Fault("llm-429", "60", told="429", rows=("failed",)),
    Fault("llm-529", told="overloaded", rows=("failed", "failed")),
    Fault("llm-529-midstream", told="overloaded", rows=("failed", "failed"), withdrawn=True),
    Fault("llm-cut-stream", told="broke off", rows=("failed", "failed"), withdrawn=True),
    Fault("llm-reset-stream", rows=("failed", "failed"), withdrawn=True),
    Fault("llm-stall", rows=("failed",), withdrawn=True),
    Fault("llm-silent", rows=("failed",)),
    Fault("llm-refusal", answered_by=CLAUDE, told="", rows=("refused",)),
    Fault("llm-context-exceeded", told="too long", rows=("done", "done"), withdrawn=True),
    Fault("claude-off", rows=("failed", "failed")),
    Fault("local-off", None, "@local hello", DIRECT, "", ("failed",)),
    Fault("local-loading", None, "@local hello", DIRECT),
    Fault(
        "llm-cut-stream",
        "local",
        "@local hello",
        DIRECT,
        "; the local model's answer broke off before its end, so it went to the rules",
        ("failed", "failed"),
    ),
    Fault("llm-stall", "local", "@local hello", DIRECT, "", ("failed",)),
    Fault(
        "llm-context-exceeded", "local", "@local hello", DIRECT, "too long", ("failed", "failed")
    ),
    Fault("llm-401", "local", "@local hello", DIRECT, "", ("failed",)),
)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("faults"), speed=20) as process:
        yield process


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.name} {f.target or ''}".strip())
async def test_a_fault_is_told_counted_and_survived(
    fault: Fault, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude_changes=QUICK) as house:
        await house.doubles.give(fault.name, fault.target)
        spoken = await house.say(fault.question)
        id = spoken.began.conversation_id

        assert spoken.ended.outcome is fault.outcome
        assert spoken.answer.provider is fault.answered_by
        assert spoken.text
        assert fault.told in f"{spoken.answer.because} {spoken.answer.ended_by}"
        assert bool(spoken.heard.of(AnswerWithdrawn)) >= fault.withdrawn
        requests = await house.models.costs.find_requests_of(spoken.began.message.id)
        failing = LOCAL if fault.question.startswith("@local") else CLAUDE
        assert tuple(r.outcome for r in requests if r.provider == failing) == fault.rows
        assert all(r.ended_because for r in requests if r.outcome in ("failed", "refused"))
        if fault.answered_by is not failing:
            assert spoken.heard.of(FellBack)[-1].next is not None

        await house.doubles.clear(fault.name, fault.target)
        after = await house.say("@direct how is the cluster?", id)
        assert after.ended.outcome is TurnOutcome.DONE
        assert "nodes are online" in after.text


async def test_arguments_that_cannot_be_read_are_refused_and_never_guessed(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude_changes=QUICK) as house:
        await house.doubles.give("llm-malformed-tool-input")

        spoken = await house.say("start win11")

        assert all(r.outcome is not Outcome.DONE for r in spoken.results if "start" in r.tool)
        assert "start_guest" not in await house.actions() or spoken.results
        refused = [r.because for r in spoken.results if r.outcome is Outcome.REFUSED]
        assert refused
        assert all("cannot be read (met " in because for because in refused)
        assert spoken.text
        await house.doubles.clear("llm-malformed-tool-input")
        after = await house.say("how is win11?", spoken.began.conversation_id)
        assert "win11 (112) is stopped" in after.text


async def test_an_answer_that_is_too_long_is_kept_and_called_unfinished(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude_changes=QUICK) as house:
        await house.doubles.give("llm-max-tokens")

        spoken = await house.say("@claude explain what a quorum is")

        assert spoken.text
        assert "longest" in spoken.answer.ended_by
        assert spoken.heard.tools == []


async def test_a_spent_budget_leaves_claude_out_and_says_so(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, day_usd=Decimal(0)) as house:
        spoken = await house.say("how is the cluster?")

        assert spoken.answer.provider in (LOCAL, DIRECT)
        assert "the day's budget of" in spoken.answer.because
        assert house.asked("claude") == []


async def cut_off(house: TalkHouse) -> tuple[str, str]:
    """A turn that waits for a person when the process ends without a word."""
    began = await house.talk.say(None, "restart nextcloud", OWNER)
    id = began.conversation_id

    def asked() -> str | None:
        live = house.talk.live(id)
        return (
            next((tool.approval_id for tool in live.tools if tool.approval_id), None)
            if live
            else None
        )

    await until(asked, "a question that the conversation tells of")
    approval = asked()
    assert approval is not None
    await house.crash()
    return id, approval


async def test_a_turn_that_a_restart_cut_off_is_closed_and_its_approval_still_counts(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        id, approval = await cut_off(house)
        await house.open()

        messages = await house.talk.find_messages(id, "owner")
        assert house.talk.live(id) is None
        assert "started anew in the middle" in messages[-1].text
        assert "still waits for your decision" in messages[-1].text
        assert [m.role for m in messages][-2] is Role.TOOL
        (left,) = messages[-2].parts
        assert isinstance(left, ToolAnswer)
        assert (left.outcome, left.approval_id) == (Outcome.WAITING, approval)
        meanwhile = await house.say("go on", id)
        assert "approval" in meanwhile.began.because
        assert [one.id for one in house.gate.pending] == [approval]
        heard = Heard()
        house.talk.listen(id, heard.events.append)
        result = await house.gate.proceed(approval, OWNER)
        assert result.outcome is Outcome.DONE

        await until(lambda: heard.of(MessageStored), "the end of the call to be told")
        last = (await house.talk.find_messages(id, "owner"))[-1]
        assert "nextcloud (105)" in last.text
        assert last.because == "it was decided after the turn had ended"
        after = await house.say("how is nextcloud?", id)
        assert "nextcloud (105) is" in after.text
        assert after.ended.outcome is TurnOutcome.DONE


async def test_a_restart_in_the_middle_of_an_answer_keeps_what_was_on_record(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        first = await house.say("how is the cluster?")
        id = first.began.conversation_id
        await house.doubles.give("llm-stall")
        await house.talk.say(id, "@claude explain what a quorum is", OWNER)
        await until(lambda: (live := house.talk.live(id)) and live.text, "words")
        await house.shut()
        await house.doubles.clear("llm-stall")
        await house.open()

        messages = await house.talk.find_messages(id, "owner")
        assert messages[: len(first.messages)] == first.messages
        partial, note = messages[-2:]
        assert partial.text
        assert partial.ended_by == "the test is over"
        assert note.ended_by == "Jarvis was started anew in the middle"
        after = await house.say("thanks", id)
        assert after.ended.outcome is TurnOutcome.DONE


@pytest.mark.parametrize("known", [True, False], ids=["listed as such", "not known to be"])
async def test_a_model_that_is_gone_leaves_the_question_to_claudes_everyday_one(
    known: bool, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude_changes={"hard": "claude-sonnet-9"}) as house:
        if not known:
            house.models._learn(Catalogue(models=()))

        spoken = await house.say("think harder: how is the cluster?")

        assert spoken.answer.provider is CLAUDE
        assert spoken.answer.model == "claude-haiku-5-5"
        assert "Claude's model claude-sonnet-9 is not known, so " in spoken.answer.because
        assert spoken.ended.outcome is TurnOutcome.DONE
        assert all(provider is CLAUDE for provider in house.providers(spoken))
        asked = [body["model"] for body in house.asked("claude")]
        assert asked.count("claude-sonnet-9") == (0 if known else 1)


async def test_without_an_everyday_model_the_local_one_answers(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    gone = {"hard": "claude-sonnet-9", "routine": "claude-haiku-9"}
    async with talking(simulator, tmp_path, claude_changes=gone) as house:
        spoken = await house.say("think harder: how is the cluster?")

        assert spoken.answer.provider is LOCAL
        assert "claude-haiku-9 is not known" in spoken.answer.because
