"""The talk as a person has it: the right provider, the right tools, told as it is, and counted."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from services.llm.messages import ProviderName
from services.llm.turn_events import (
    AnswerBegan,
    AnswerWithdrawn,
    ApprovalWanted,
    Doing,
    DoingChanged,
    MessageStored,
    ToolEnded,
    TurnEnded,
    TurnOutcome,
)
from services.safety.tiers import Tier
from services.tools.calls import Outcome
from services.tools.registry import REGISTRY
from services.tools.spec import Found
from simulator.process import SimulatorProcess
from tests.support.talk_house import OWNER, Heard, talking
from tests.support.waiting import until


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("talk"), speed=20) as process:
        yield process


async def test_a_talk_from_the_first_question_to_thanks(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        status = await house.say("how is the cluster?")
        id = status.began.conversation_id
        hot = await house.say("why is pve hot?", id)
        restart = await house.say("restart media", id, decide=house.proceed)
        other = await house.say("and nextcloud?", id)
        thanks = await house.say("thanks", id)

        assert status.heard.tools == ["get_cluster_status", "list_nodes"]
        assert "4 of 4 nodes are online" in status.text
        assert {"get_temperatures", "get_node_status", "list_guests"} <= set(hot.heard.tools)
        assert "media (104)" in hot.text
        assert restart.heard.tools == ["get_guest_status", "reboot_guest", "get_guest_status"]
        assert [r.tier for r in restart.results] == [Tier.GREEN, Tier.RED, Tier.GREEN]
        assert [r.outcome for r in restart.results] == [Outcome.DONE] * 3
        assert "media (104) is back: running" in restart.text
        assert "nextcloud (105) is running" in other.text
        assert "reboot_guest" not in other.heard.tools
        for spoken in (status, hot, restart, other):
            assert spoken.answer.provider is ProviderName.CLAUDE
            assert spoken.answer.cost_usd
            assert spoken.ended.outcome is TurnOutcome.DONE
        assert thanks.answer.provider is ProviderName.LOCAL
        assert thanks.answer.because == "it says thanks"
        assert thanks.heard.tools == []

        (row,) = await house.talk.find_conversations("owner")
        assert row.title == "How is the cluster?"
        messages = await house.talk.find_messages(id, "owner", limit=200)
        assert row.messages_count == len(messages)
        told = sum((m.cost_usd or Decimal(0) for m in messages), Decimal(0))
        assert row.cost_usd == told == house.models.costs.today_usd
        requests = await house.models.costs.find_requests_of(restart.began.message.id)
        assert [r.outcome for r in requests] == ["done"] * 4
        assert {r.user for r in requests} == {"owner"}
        assert {r.because for r in requests} == {restart.began.because}


async def test_a_red_call_waits_while_the_others_of_its_round_go_on(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        house.doubles.script(
            "claude",
            {
                "calls": [
                    {"tool": "shutdown_guest", "arguments": {"guest": "unifi"}},
                    {"tool": "list_nodes", "arguments": {}},
                ]
            },
            {"text": "As you wish."},
        )
        began = await house.talk.say(None, "shut down unifi", OWNER)
        id = began.conversation_id
        heard = Heard()
        house.talk.listen(id, heard.events.append)
        await until(lambda: house.talk.doing is Doing.WAITING, "the turn to wait for a person")

        live = house.talk.live(id)
        assert live is not None
        waiting, read = live.tools
        assert waiting.approval_id is not None
        assert waiting.outcome is None
        assert read.outcome is Outcome.DONE
        assert house.talk.doing_for("owner") == {id: Doing.WAITING}
        assert house.talk.doing_for("alex") == {}

        await house.gate.refuse(waiting.approval_id, OWNER, "not now")
        await until(lambda: house.talk.live(id) is None, "the end of the turn")
        (ended,) = [e for e in heard.of(ToolEnded) if e.call_id == waiting.use.id]
        assert ended.outcome is Outcome.REFUSED
        assert "not now" in ended.because
        request = house.asked("claude")[-1]["messages"][-1]
        assert "owner refused it" in json.dumps(request)


async def test_a_target_is_read_before_it_is_changed_though_the_model_does_not(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        house.doubles.script(
            "claude",
            {"calls": [{"tool": "start_guest", "arguments": {"guest": "win11"}}]},
            {"text": "win11 (112) is running."},
        )
        spoken = await house.say("start win11")

        (answer,) = spoken.results
        assert answer.outcome is Outcome.DONE
        assert "Read before it (get_guest_status): done" in answer.text
        assert "state" in answer.text
        assert "stopped" in answer.text
        assert answer.text.rstrip().endswith("win11 (112) is running on pve")
        assert (await house.actions())[:4] == ["start_guest"] * 3 + ["get_guest_status"]


async def test_an_unverified_change_is_read_back_before_it_is_spoken_of(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async def start(*_: object) -> Found:
        return Found(outcome=Outcome.UNKNOWN, because="its answer was lost")

    registry = {**REGISTRY, "start_guest": replace(REGISTRY["start_guest"], run=start)}
    async with talking(simulator, tmp_path, registry=registry) as house:
        house.doubles.script(
            "claude",
            {"calls": [{"tool": "start_guest", "arguments": {"guest": "dev-box"}}]},
            {"text": "dev-box is running now."},
            {"text": "dev-box (140) is still stopped."},
        )
        spoken = await house.say("start dev-box")

        assert spoken.heard.tools == ["start_guest", "get_guest_status"]
        assert "running now" in spoken.heard.streamed
        assert spoken.text == "dev-box (140) is still stopped."
        assert "running now" not in " ".join(m.text for m in spoken.messages)
        (withdrawn,) = spoken.heard.of(AnswerWithdrawn)
        assert "read back" in withdrawn.because
        sent = house.asked("claude")[-1]["messages"]
        assert "running now" not in json.dumps(sent)
        asked, result = sent[-2]["content"][0], sent[-1]["content"][0]
        assert (asked["type"], asked["name"]) == ("tool_use", "get_guest_status")
        assert result["tool_use_id"] == asked["id"]


async def test_a_claim_of_a_change_that_nobody_made_does_not_stand(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        house.doubles.script(
            "claude",
            {"text": "I have restarted media for you."},
            {"text": "Nothing was restarted; I only answered."},
        )
        corrected = await house.say("is media well?")
        house.doubles.script(
            "claude",
            {"text": "I have restarted media for you."},
            {"text": "I have restarted media, as I said."},
        )
        stubborn = await house.say("is media well?")

        assert corrected.text == "Nothing was restarted; I only answered."
        assert corrected.answer.cost_usd is not None
        last = house.asked("claude")[1]["messages"][-1]
        assert "Read the state back before you answer" in json.dumps(last)
        assert stubborn.text.endswith("Nothing was changed in this turn.")


async def test_a_model_that_goes_round_in_circles_is_stopped(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        await house.doubles.give("llm-loops")

        spoken = await house.say("how is the cluster?")

        assert spoken.ended.outcome is TurnOutcome.LIMITED
        assert "again and again" in spoken.ended.because
        assert "I stopped here" in spoken.text
        assert await house.actions() == ["get_cluster_status"] * 2, "begun and ended once"
        await house.doubles.clear("llm-loops")
        again = await house.say("how is the cluster?", spoken.began.conversation_id)
        assert again.ended.outcome is TurnOutcome.DONE


async def test_no_model_at_all_and_the_rules_answer_and_say_so(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude=False, local=False) as house:
        status = await house.say("how is the cluster?")
        id = status.began.conversation_id
        restart = await house.say("restart media", id, decide=house.proceed)

        assert status.answer.provider is ProviderName.DIRECT
        assert status.text.startswith("No model answers; I read this myself.")
        assert "4 of 4 nodes are online" in status.text
        assert "Claude is not set up" in status.answer.because
        assert restart.heard.of(ApprovalWanted)
        assert [r.tier for r in restart.results] == [Tier.RED]
        assert "media (104) is running anew on pve." in restart.text
        requests = await house.models.costs.find_requests_of(status.began.message.id)
        assert [(r.provider, r.cost_usd) for r in requests] == [("direct", Decimal(0))]
        assert requests[0].always_claude_usd > 0


async def test_both_models_off_and_the_rules_answer_in_the_middle_of_a_talk(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        first = await house.say("how is the cluster?")
        id = first.began.conversation_id
        await house.doubles.give("claude-off")
        await house.doubles.give("local-off")

        second = await house.say("how is the cluster?", id)

        assert second.answer.provider is ProviderName.DIRECT
        assert [f.fallen for f in house.fallen(second)][-1] is ProviderName.LOCAL
        assert "it went to the rules" in second.answer.because
        assert second.ended.outcome is TurnOutcome.DONE
        await house.doubles.clear("claude-off")
        await house.doubles.clear("local-off")
        third = await house.say("@claude how is the cluster?", id)
        assert third.ended.outcome is TurnOutcome.DONE


async def test_stopping_waits_for_no_model_and_keeps_what_was_said(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        await house.doubles.give("llm-stall")
        heard = Heard()
        began = await house.talk.say(None, "@claude explain at length what a quorum is", OWNER)
        id = began.conversation_id
        house.talk.listen(id, heard.events.append)
        await until(lambda: heard.streamed, "the first words")
        said = (house.talk.live(id) or pytest.fail("no turn runs")).text

        await asyncio.wait_for(house.talk.stop_turn(id, OWNER), 30)

        answer = (await house.talk.find_messages(id, "owner"))[-1]
        assert answer.text.startswith(said.strip()[:20])
        assert answer.ended_by == "stopped by owner"
        assert answer.usage is not None
        assert answer.usage.estimated
        assert answer.usage.output_tokens > 0
        (request,) = await house.models.costs.find_requests_of(began.message.id)
        assert (request.outcome, request.is_estimated) == ("stopped", True)
        assert request.cost_usd == answer.cost_usd
        assert heard.of(TurnEnded)[-1].outcome is TurnOutcome.STOPPED
        await house.doubles.clear("llm-stall")
        after = await house.say("thanks", id)
        assert after.ended.outcome is TurnOutcome.DONE


async def test_stopping_takes_the_question_back(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        began = await house.talk.say(None, "restart nextcloud", OWNER)
        id = began.conversation_id
        await until(lambda: house.gate.pending, "a question")

        await house.talk.stop_turn(id, OWNER)

        assert house.gate.pending == ()
        (approval,) = await house.gate.find_approvals(1)
        assert "the answer was stopped" in approval.because
        messages = await house.talk.find_messages(id, "owner")
        assert messages[-1].ended_by == "stopped by owner"
        after = await house.say("how is nextcloud?", id)
        assert "nextcloud (105) is running" in after.text


async def test_ten_listeners_are_told_the_same_and_one_that_breaks_costs_only_itself(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        first = await house.say("hello")
        id = first.began.conversation_id
        heard = [Heard() for _ in range(10)]

        def breaks(_: object) -> None:
            raise RuntimeError("this listener is broken")

        leaves = [
            house.talk.listen(id, breaks),
            *(house.talk.listen(id, h.events.append) for h in heard),
        ]
        await house.talk.say(id, "how is the cluster?", OWNER)
        await until(lambda: heard[-1].of(TurnEnded), "the end of the turn")
        for leave in leaves:
            leave()
        count = len(heard[0].events)
        await house.say("thanks", id)

        assert all(h.events == heard[0].events for h in heard)
        assert len(heard[0].events) == count
        kinds = [type(event) for event in heard[0].events]
        assert kinds.index(AnswerBegan) < kinds.index(MessageStored)
        assert Doing.ANSWERING in [e.doing for e in heard[0].of(DoingChanged)]


async def test_a_page_that_comes_in_the_middle_finds_the_turn_as_it_stands(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        await house.doubles.give("llm-stall")
        began = await house.talk.say(None, "@claude explain what a quorum is", OWNER)
        id = began.conversation_id
        await until(lambda: (live := house.talk.live(id)) and live.text, "words")
        live = house.talk.live(id)
        later = Heard()
        house.talk.listen(id, later.events.append)
        await house.doubles.clear("llm-stall")
        await until(lambda: house.talk.live(id) is None, "the end")

        assert live is not None
        assert live.provider is ProviderName.CLAUDE
        stored = (await house.talk.find_messages(id, "owner"))[-1]
        assert stored.id == live.message_id
        assert stored.text == live.text + later.streamed
