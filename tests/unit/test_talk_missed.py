"""A page that looked away, went elsewhere or was not asked: told what it missed, and told once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.llm.routing import Picked
from services.llm.turn_events import MessageStored, TurnEnded, TurnOutcome
from tests.support.scripted_talk import TURN, ScriptedTalk, began, said
from tests.support.talk_desk import SOON_S, join, joined, text, words
from tests.support.told_page import ToldPage


@pytest.fixture
async def desk(talk: ScriptedTalk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ToldPage]:
    with joined(talk, monkeypatch) as told:
        yield told


async def test_an_answer_anew_shows_the_conversation_without_what_was_cut_off(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    await desk.act("talk-open", id="c1")
    desk.take("talk")

    answer = await desk.ask("talk-regenerate", id="c1", message="m0", picked="claude")

    assert ("regenerate", "c1", "m0", Picked.CLAUDE) in talk.asked

    assert answer == {"ok": True, "id": "c1"}
    (opened,) = desk.take("talk")
    assert [message["id"] for message in opened["messages"]] == ["m0"]
    assert opened["live"]["doing"] == "thinking"
    talk.publish(text("anew"))
    (told,) = await words(desk, "events")
    assert [event["k"] for event in told["events"]] == ["text"], "the beginning was shown already"


async def test_another_page_that_asks_has_this_one_look_anew(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    other, answers = join(talk)
    for page in (desk, other):
        await page.act("talk-open", id="c1")
        page.take("talk")

    await other.ask("talk-resend", id="c1", message="m0", text="otherwise", picked="local")

    assert ("resend", "c1", "m0", "otherwise", Picked.LOCAL) in talk.asked

    assert await words(desk, "missed") == [{"t": "missed", "id": "c1"}]
    await desk.act("talk-open", id="c1")
    (opened,) = desk.take("talk")
    assert [message["id"] for message in opened["messages"]] == ["q-again"]
    answers.end()


async def test_a_page_that_does_not_listen_is_told_nothing_and_catches_up(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    await desk.act("talk-open", id="c1")
    desk.take("talk")
    desk.listening = False
    talk.publish(text("unheard"))
    talk.publish(
        TurnEnded(conversation_id="c1", turn_id=TURN, outcome=TurnOutcome.DONE, because="")
    )
    await asyncio.sleep(5 * SOON_S)
    assert desk.told == []

    desk.listening = True

    assert await words(desk, "missed") == [{"t": "missed", "id": "c1"}]
    await asyncio.sleep(5 * SOON_S)
    assert desk.told == [], "it is told once"
    talk.publish(text("heard"))
    (told,) = await words(desk, "events")
    assert told["events"][0]["text"] == "heard"


async def test_a_page_that_looks_anew_by_itself_has_missed_nothing(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    await desk.act("talk-open", id="c1")
    desk.listening = False
    talk.publish(text("unheard"))
    await asyncio.sleep(3 * SOON_S)
    desk.listening = True

    await desk.act("talk-open", id="c1")
    desk.take("talk")
    talk.publish(text("heard"))

    (told,) = await words(desk, "events")
    assert told["events"] == [{"k": "text", "mid": "a1", "text": "heard"}]


async def test_a_hidden_page_that_missed_nothing_is_left_alone(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    await desk.act("talk-open", id="c1")
    desk.take("talk")
    desk.listening = False
    await asyncio.sleep(3 * SOON_S)

    desk.listening = True
    await asyncio.sleep(3 * SOON_S)

    assert desk.told == []


async def test_another_conversation_is_no_longer_heard_of(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    talk.begin("c2", said("m9", of="c2"))
    await desk.act("talk-open", id="c1")
    talk.publish(text("of the first"))

    await desk.act("talk-open", id="c2")
    talk.publish(text("of the first, too"))
    talk.publish(text("of the second", of="c2"))

    (told,) = await words(desk, "events")
    assert (told["id"], told["events"][0]["text"]) == ("c2", "of the second")
    assert talk.listeners == {"c1": [], "c2": talk.listeners["c2"]}


async def test_a_page_that_has_left_for_a_new_one_hears_of_the_old_no_more(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    await desk.act("talk-open", id="c1")
    talk.publish(text("on its way"))
    desk.take("talk")

    await desk.act("talk-leave")
    talk.publish(text("late"))
    await asyncio.sleep(5 * SOON_S)

    assert desk.told == []
    assert talk.listeners == {"c1": []}
    await desk.act("talk-open", id="c1")
    talk.publish(text("back"))
    (told,) = await words(desk, "events")
    assert told["events"][0]["text"] == "back"


async def test_a_page_that_is_gone_leaves_nothing_behind(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    other, answers = join(talk)
    await other.act("talk-open", id="c1")
    other.take("talk")
    talk.publish(text("late"))

    answers.end()
    await asyncio.sleep(5 * SOON_S)

    assert other.told == []
    assert talk.listeners == {"c1": []}
    answers.end()


async def test_a_message_that_is_stored_comes_whole(desk: ToldPage, talk: ScriptedTalk) -> None:
    await desk.act("talk-open", id="c1")
    desk.take("talk")

    talk.publish(MessageStored(conversation_id="c1", turn_id=TURN, message=said("m7", "<b>")))
    talk.publish(began(said("q9")))

    assert await words(desk, "missed"), "a question nobody asked here"
