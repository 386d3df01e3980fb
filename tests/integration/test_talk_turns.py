"""Turns that take another course: tools after all, two who stop, a late yes, long talks."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db.queries.conversations import record_messages
from services.llm.conversations.storing import to_row
from services.llm.messages import Message, ProviderName, Role, Text
from services.llm.talk_errors import NoSuchConversation
from services.llm.turn_events import AnswerWithdrawn, MessageStored, TurnOutcome
from services.tools.calls import Outcome
from services.tools.registry import REGISTRY
from services.tools.spec import Arguments, Found
from simulator.process import SimulatorProcess
from tests.support.talk_house import OWNER, Heard, TalkHouse, talking
from tests.support.waiting import until


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path_factory.mktemp("turns"), speed=20) as process:
        yield process


async def test_a_model_that_lacks_the_tools_is_handed_them_once(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        house.doubles.script("local", {"text": "I have not looked at the cluster."})

        spoken = await house.say("what is a quorum?")

        assert spoken.began.provider is ProviderName.LOCAL
        assert spoken.answer.provider is ProviderName.CLAUDE
        assert "it needs the tools after all" in spoken.answer.because
        assert spoken.heard.of(AnswerWithdrawn)
        assert house.asked("claude")[-1]["tools"]
        assert "tools" not in house.asked("local")[-1]


async def test_an_answer_is_kept_with_how_long_it_took(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        spoken = await house.say("how is the cluster?")

        question, *others = spoken.messages
        took = [m.total_ms for m in others if m.role is Role.ASSISTANT]
        assert question.total_ms is None
        assert len(took) > 1
        assert took == sorted(t for t in took if t is not None)
        assert spoken.answer.total_ms
        told = await house.talk.export(spoken.began.conversation_id, "owner", "json")
        assert json.loads(told)["messages"][-1]["total_ms"] == spoken.answer.total_ms


async def test_small_talk_takes_one_request_and_no_tools(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, local=False) as house:
        await house.say("good morning")

        (body,) = house.asked("claude")
        assert not body.get("tools")


async def test_the_local_model_reads_with_the_tools_that_fit_it(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path, claude=False) as house:
        spoken = await house.say("how is the cluster?")
        order = await house.say("start win11", spoken.began.conversation_id)

        assert spoken.answer.provider is ProviderName.LOCAL
        assert "get_cluster_status" in spoken.heard.tools
        assert "4 of 4 nodes" in spoken.text
        assert order.answer.provider is ProviderName.DIRECT
        assert "no tool that changes" in order.answer.because
        assert "win11 (112) is running" in order.text


async def test_a_talk_that_began_with_a_greeting_is_named_after_the_first_question(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        hello = await house.say("hello")
        id = hello.began.conversation_id
        await house.say("how is media?", id)
        await house.say("why is pve hot?", id)

        assert (await house.talk.find_conversation(id, "owner")).title == "How is media?"


async def waiting(house: TalkHouse, text: str = "restart nextcloud") -> str:
    """A turn that waits for a person."""
    began = await house.talk.say(None, text, OWNER)
    await until(lambda: house.gate.pending, "a question")
    return began.conversation_id


async def test_two_who_stop_at_once_stop_it_once(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        id = await waiting(house)

        await asyncio.gather(*(house.talk.stop_turn(id, OWNER) for _ in range(3)))

        messages = await house.talk.find_messages(id, "owner")
        assert [m.ended_by for m in messages if m.ended_by] == ["stopped by owner"] * 2
        assert messages[-1].role is Role.ASSISTANT
        assert house.talk.live(id) is None


async def test_a_deleted_conversation_takes_its_question_back(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        id = await waiting(house)

        await house.talk.delete(id, "owner")

        assert house.gate.pending == ()
        assert house.talk.doing is None
        with pytest.raises(NoSuchConversation):
            await house.talk.find_messages(id, "owner")


async def test_a_call_that_runs_already_is_told_when_it_ends_though_the_turn_was_stopped(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    hold, begun = asyncio.Event(), asyncio.Event()

    async def slowly(_: Arguments, __: Any) -> Found:
        begun.set()
        await hold.wait()
        return Found(text="nextcloud (105) is running anew", verified=True)

    registry = {**REGISTRY, "reboot_guest": replace(REGISTRY["reboot_guest"], run=slowly)}
    async with talking(simulator, tmp_path, registry=registry) as house:
        id = await waiting(house)
        (approval,) = house.gate.pending
        yes = house.tasks.start(house.gate.proceed(approval.id, OWNER), name="yes")
        await begun.wait()
        await house.talk.stop_turn(id, OWNER)
        stopped = await house.talk.find_messages(id, "owner")
        heard = Heard()
        house.talk.listen(id, heard.events.append)
        hold.set()
        await until(lambda: heard.of(MessageStored), "the end of the call to be told")

        assert (await yes).outcome is Outcome.DONE
        assert "not known" in str(stopped[-2].parts[0])
        last = (await house.talk.find_messages(id, "owner"))[-1]
        assert "was approved and is done" in last.text
        assert "running anew" in last.text


async def test_time_stands_still_while_a_person_thinks_it_over(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        id = await waiting(house)
        time = house.talk._turns._running[id].turn.time
        stood = [(house.clock.monotonic_s(), time.spent_s)]

        def stands_still() -> bool:
            now_s, spent_s = house.clock.monotonic_s(), time.spent_s
            if spent_s != stood[0][1]:
                stood[0] = now_s, spent_s
            return now_s - stood[0][0] > 0.2

        await until(stands_still, "the time to stand still for a while")
        await house.talk.stop_turn(id, OWNER)


async def test_a_long_talk_is_sent_in_part_and_its_beginning_moves_rarely(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        spoken = await house.say("@claude how is the cluster?")
        id = spoken.began.conversation_id
        at = spoken.answer.at
        rows = [
            to_row(
                Message(
                    id=f"old-{n}",
                    conversation_id=id,
                    role=Role.ASSISTANT if n % 2 else Role.USER,
                    parts=(Text(text=f"said {n}"),),
                    at=at,
                    provider=ProviderName.CLAUDE if n % 2 else None,
                ),
                turn="old",
                answers=None,
            )
            for n in range(300)
        ]
        await house.database.run(record_messages, rows)
        firsts = []
        for _ in range(3):
            await house.say("@claude hello", id)
            sent = house.asked("claude")[-1]["messages"]
            firsts.append(json.dumps(sent[0]["content"][0]["text"]))
            assert len(sent) <= 82

        assert len(set(firsts)) == 1
        assert "said 2" in firsts[0]
        usage = house.doubles.requests("claude")[-1]["usage"]
        assert usage["cache_read_input_tokens"] > 0
        assert (await house.talk.find_conversation(id, "owner")).messages_count > 300


async def test_nothing_else_is_held_up_while_turns_run(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        id = await waiting(house)
        others = await asyncio.gather(*(house.say("@direct status") for _ in range(4)))

        assert {one.ended.outcome for one in others} == {TurnOutcome.DONE}
        assert house.talk.live(id) is not None
        await house.talk.stop_turn(id, OWNER)
