"""Conversations as their owner keeps them: found, renamed, cut, exported, and nobody else's."""

import json
from pathlib import Path

import pytest

from services.llm.messages import ProviderName, Role
from services.llm.routing import Picked
from services.llm.talk_errors import (
    EmptyMessage,
    NoSuchConversation,
    NoSuchMessage,
    NotAPerson,
    TooLong,
    TurnRuns,
)
from simulator.process import SimulatorProcess
from tests.support.gate_house import MODEL, PASSKEY
from tests.support.talk_house import ALEX, OWNER, Heard, talking
from tests.support.waiting import until


async def test_a_conversation_is_its_owners_alone(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        talk = house.talk
        mine = await house.say("hello")
        id = mine.began.conversation_id

        assert await talk.find_conversations("alex") == []
        for attempt in (
            talk.find_messages(id, "alex"),
            talk.say(id, "hello", ALEX),
            talk.stop_turn(id, ALEX),
            talk.regenerate(id, ALEX),
            talk.resend(id, mine.began.message.id, "x", ALEX),
            talk.rename(id, "alex", "mine"),
            talk.pin(id, "alex", True),
            talk.delete(id, "alex"),
            talk.export(id, "alex", "json"),
        ):
            with pytest.raises(NoSuchConversation):
                await attempt
        assert await talk.should_have_been(mine.answer.id, "claude", ALEX) is False
        with pytest.raises(NotAPerson):
            await talk.say(None, "hello", MODEL)
        assert [row.title for row in await talk.find_conversations("owner")] == ["Hello"]


async def test_what_cannot_be_said_is_refused_with_its_reason(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        talk = house.talk
        with pytest.raises(EmptyMessage):
            await talk.say(None, "  \n ", OWNER)
        with pytest.raises(TooLong) as long:
            await talk.say(None, "x" * 40_000, OWNER)
        assert "32,000" in long.value.because
        began = await talk.say(None, "restart nextcloud", OWNER)
        id = began.conversation_id
        with pytest.raises(TurnRuns):
            await talk.say(id, "hello", OWNER)
        with pytest.raises(TurnRuns):
            await talk.regenerate(id, OWNER)
        await until(lambda: house.gate.pending, "a question")
        await talk.stop_turn(id, OWNER)
        with pytest.raises(NoSuchMessage):
            await talk.resend(id, "nothing", "x", OWNER)


async def test_another_answer_and_another_question_cut_off_what_came_after(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        talk = house.talk
        first = await house.say("what is a quorum?")
        id = first.began.conversation_id
        began = await talk.regenerate(id, OWNER, picked=Picked.CLAUDE)
        second = await house.hear_out(began, Heard())

        assert first.answer.provider is ProviderName.LOCAL
        assert second.answer.provider is ProviderName.CLAUDE
        assert "Claude is picked" in second.answer.because
        ids = [m.id for m in await talk.find_messages(id, "owner")]
        assert first.answer.id not in ids
        assert second.answer.id in ids

        began = await talk.resend(id, first.began.message.id, "how is media?", OWNER)
        third = await house.hear_out(began, Heard())
        assert "media (104)" in third.text
        said = [m.text for m in await talk.find_messages(id, "owner") if m.role is Role.USER]
        assert said == ["how is media?"]
        sent = json.dumps(house.asked("claude")[-1])
        assert "what is a quorum" not in sent


async def test_conversations_are_listed_found_renamed_pinned_exported_and_deleted(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        talk = house.talk
        one = await house.say("Hi Jarvis, what is a 100%_quorum? I wonder.")
        two = await house.say("hello there")
        a, b = one.began.conversation_id, two.began.conversation_id

        titles = [row.title for row in await talk.find_conversations("owner")]
        assert titles == ["Hello there", "What is a 100%_quorum?"] or titles[1].startswith(
            "What is"
        )
        assert [r.id for r in await talk.find_conversations("owner", text="QUORUM")] == [a]
        assert [r.id for r in await talk.find_conversations("owner", text="0%_q")] == [a]
        assert await talk.find_conversations("owner", text="0__q") == []
        await talk.pin(a, "owner", True)
        await talk.rename(b, "owner", "  Größe\n des Hauses ")
        rows = await talk.find_conversations("owner")
        assert [(r.id, r.pinned) for r in rows] == [(a, True), (b, False)]
        assert [r.title for r in await talk.find_conversations("owner", text="GRÖSSE DES")] == [
            "Größe des Hauses"
        ]
        told = json.loads(await talk.export(a, "owner", "json"))
        assert [m["role"] for m in told["messages"]] == ["user", "assistant"]
        markdown = await talk.export(a, "owner", "markdown")
        assert markdown.startswith("# What is")
        assert "## Jarvis" in markdown
        await talk.delete(a, "owner")
        assert [r.id for r in await talk.find_conversations("owner")] == [b]
        with pytest.raises(NoSuchConversation):
            await talk.find_messages(a, "owner")


async def test_a_person_says_what_a_route_should_have_been(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with talking(simulator, tmp_path) as house:
        spoken = await house.say("what is a quorum?")

        assert await house.talk.should_have_been(spoken.answer.id, "claude", OWNER)

        from db.queries.routes import find_route_of

        route = await house.database.run(find_route_of, spoken.began.message.id)
        assert route is not None
        assert (route.should_have_been, route.told_by) == ("claude", "person/owner")
        assert route.excerpt == "what is a quorum?"


async def test_a_passkey_typed_in_the_talk_goes_nowhere(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    secret = PASSKEY.get_secret_value()
    async with talking(simulator, tmp_path) as house:
        spoken = await house.say(f"the passkey is {secret}, open the override and restart media")
        await house.say(f"@local {secret}", spoken.began.conversation_id)

        assert secret not in spoken.began.message.text
        assert secret not in json.dumps(house.doubles.requests())
        assert secret not in await house.talk.export(
            spoken.began.conversation_id, "owner", "markdown"
        )
        assert house.gate.override is None
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert secret.encode() not in stored
