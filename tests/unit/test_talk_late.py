"""What is still being read for a page when the page has gone elsewhere in the conversations."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.rows_conversations import ConversationRow
from services.llm.messages import Message
from services.llm.turn_events import TurnBegan
from tests.support.scripted_talk import ScriptedTalk, said
from tests.support.talk_desk import joined, text, words
from tests.support.told_page import ToldPage


class SlowTalk(ScriptedTalk):
    """Answers what is asked of one conversation only once it is let go; None is a new one."""

    def __init__(self, slow: str | None) -> None:
        super().__init__()
        self.slow = slow
        self.go = asyncio.Event()

    async def find_conversation(self, conversation_id: str, user: str) -> ConversationRow:
        await self._wait(conversation_id)
        return await super().find_conversation(conversation_id, user)

    async def find_messages(self, conversation_id: str, *args: Any, **more: Any) -> list[Message]:
        await self._wait(conversation_id)
        return await super().find_messages(conversation_id, *args, **more)

    async def say(self, conversation_id: str | None, *args: Any, **more: Any) -> TurnBegan:
        await self._wait(conversation_id)
        return await super().say(conversation_id, *args, **more)

    async def regenerate(self, conversation_id: str, *args: Any, **more: Any) -> TurnBegan:
        await self._wait(conversation_id)
        return await super().regenerate(conversation_id, *args, **more)

    async def _wait(self, conversation_id: str | None) -> None:
        if conversation_id == self.slow:
            await self.go.wait()


@pytest.fixture
def talk() -> SlowTalk:
    talk = SlowTalk("c1")
    talk.begin("c1", said("m0"), said("m1"))
    talk.begin("c2", said("n0", of="c2"))
    return talk


@pytest.fixture
async def desk(talk: SlowTalk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ToldPage]:
    with joined(talk, monkeypatch) as told:
        yield told


async def sent(desk: ToldPage, name: str, **args: Any) -> asyncio.Task[None]:
    """A wish that is taken up and waits."""
    task = asyncio.ensure_future(desk.act(name, **args))
    await asyncio.sleep(0)
    return task


def hears(talk: ScriptedTalk) -> list[str]:
    """Of which conversations the page hears."""
    return [id for id, listeners in talk.listeners.items() if listeners]


async def test_one_that_was_left_before_it_was_read_is_not_listened_to(
    desk: ToldPage, talk: SlowTalk
) -> None:
    opening = await sent(desk, "talk-open", id="c1")
    await desk.act("talk-leave")

    talk.go.set()
    await opening

    assert hears(talk) == []
    assert desk.take("talk") == []


async def test_one_that_is_read_late_does_not_take_the_ear_off_the_one_opened_since(
    desk: ToldPage, talk: SlowTalk
) -> None:
    opening = await sent(desk, "talk-open", id="c1")
    await desk.act("talk-open", id="c2")

    talk.go.set()
    await opening

    assert [word["id"] for word in desk.take("talk")] == ["c2"]
    talk.publish(text("87 %", of="c2"))
    (told,) = await words(desk, "events")
    assert told["id"] == "c2"


async def test_one_that_runs_is_not_shown_to_a_page_that_has_chosen_meanwhile(
    desk: ToldPage, talk: SlowTalk
) -> None:
    await ScriptedTalk.regenerate(talk, "c1", None)  # type: ignore[arg-type]
    opening = await sent(desk, "talk-open")
    await desk.ask("talk-say", text="how is media?")

    talk.go.set()
    await opening

    assert {word["id"] for word in desk.take("talk")} == {"new"}
    assert hears(talk) == ["new"]


@pytest.mark.parametrize("wish", ["talk-regenerate", "talk-resend"])
async def test_an_answer_anew_is_not_shown_to_a_page_that_went_elsewhere(
    desk: ToldPage, talk: SlowTalk, wish: str
) -> None:
    talk.go.set()
    await desk.act("talk-open", id="c1")
    talk.go.clear()
    asking = await sent(desk, wish, id="c1", message="m0", text="otherwise")
    await desk.act("talk-open", id="c2")
    desk.take("talk")

    talk.go.set()
    await asking

    assert desk.take("talk") == []
    assert hears(talk) == ["c2"]


async def test_what_was_said_before_going_elsewhere_does_not_take_the_ear_along(
    talk: SlowTalk, desk: ToldPage
) -> None:
    talk.slow = None
    saying = await sent(desk, "talk-say", ask=1, text="how is media?")
    await desk.act("talk-open", id="c2")
    desk.take("talk")

    talk.go.set()
    await saying

    assert [word["id"] for word in desk.take("act")] == ["new"], "it was said all the same"
    assert hears(talk) == ["c2"]
    assert desk.take("talk") == []


async def test_what_is_said_into_one_that_is_still_being_read_is_shown_with_all_of_it(
    desk: ToldPage, talk: SlowTalk
) -> None:
    opening = await sent(desk, "talk-open", id="c1")
    saying = await sent(desk, "talk-say", id="c1", text="how is media?")

    talk.go.set()
    await asyncio.gather(opening, saying)

    opened = [word for word in desk.take("talk") if word["t"] == "opened"][-1]
    assert [message["id"] for message in opened["messages"]][:2] == ["m0", "m1"]
    talk.publish(text("87 %"))
    assert (await words(desk, "events"))[-1]["id"] == "c1"
