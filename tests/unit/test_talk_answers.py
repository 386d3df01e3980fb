"""One page's view of the talk: what it asks for, what it is told, and what is passed over."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from components.talk import SHOWN
from services.llm.routing import Picked
from services.llm.talk_errors import TurnRuns
from services.llm.turn_events import Doing, DoingChanged, LiveTurn
from tests.support.scripted_talk import TURN, ScriptedTalk, said
from tests.support.talk_desk import joined, text, words
from tests.support.told_page import ToldPage
from tests.support.turned_clock import NOON


@pytest.fixture
async def desk(talk: ScriptedTalk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ToldPage]:
    with joined(talk, monkeypatch) as told:
        yield told


async def test_a_conversation_is_opened_with_its_messages(desk: ToldPage) -> None:
    await desk.act("talk-open", id="c1")

    (opened,) = desk.take("talk")
    assert (opened["t"], opened["id"], opened["title"]) == ("opened", "c1", "Disks")
    assert [message["id"] for message in opened["messages"]] == ["m0", "m1", "m2", "m3"]
    assert (opened["count"], opened["more"], opened["live"]) == (4, False, None)


async def test_only_the_latest_come_and_the_older_on_request(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    talk.begin("long", *[said(f"m{n:03}", of="long") for n in range(2 * SHOWN + 10)])

    await desk.act("talk-open", id="long")
    await desk.act("talk-older", id="long", before="m060")
    await desk.act("talk-older", id="long", before="m010")

    opened, older, oldest = desk.take("talk")
    assert [opened["messages"][n]["id"] for n in (0, -1)] == ["m060", "m109"]
    assert [older["messages"][n]["id"] for n in (0, -1)] == ["m010", "m059"]
    assert (opened["more"], older["more"], oldest["more"]) == (True, True, False)
    assert [message["id"] for message in oldest["messages"]] == [f"m{n:03}" for n in range(10)]


@pytest.mark.parametrize("name", ["talk-open", "talk-older"])
async def test_what_is_not_there_or_not_theirs_is_gone(desk: ToldPage, name: str) -> None:
    await desk.act(name, id="of-another", before="m1")

    assert desk.take("talk") == [{"t": "gone", "id": "of-another"}]


async def test_a_page_that_comes_in_the_middle_gets_what_stands(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    talk.turns["c1"] = LiveTurn(
        conversation_id="c1",
        turn_id=TURN,
        began_at=NOON,
        doing=Doing.ANSWERING,
        message_id="a1",
        text="It stands at ",
    )

    await desk.act("talk-open", id="c1")
    talk.publish(text("87 %"))

    (opened,) = desk.take("talk")
    assert opened["live"]["text"] == "It stands at "
    assert opened["live"]["mid"] == "a1"
    (told,) = await words(desk, "events")
    assert told["events"] == [{"k": "text", "mid": "a1", "text": "87 %"}]


async def test_a_page_without_a_conversation_finds_the_one_that_runs(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    await desk.act("talk-open")
    assert desk.take("talk") == []
    talk.begin("c2", said("m9", of="c2"))
    talk.turns["c2"] = LiveTurn(
        conversation_id="c2", turn_id=TURN, began_at=NOON, doing=Doing.THINKING
    )

    await desk.act("talk-open", id=None)

    (opened,) = desk.take("talk")
    assert opened["id"] == "c2"


async def test_events_are_gathered_and_words_that_follow_one_another_are_one(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    await desk.act("talk-open", id="c1")
    desk.take("talk")

    for n in range(200):
        talk.publish(text(f"{n} "))
    talk.publish(DoingChanged(conversation_id="c1", turn_id=TURN, doing=Doing.ACTING))
    talk.publish(text("end"))

    (told,) = await words(desk, "events")
    assert [event["k"] for event in told["events"]] == ["text", "doing", "text"]
    assert told["events"][0]["text"] == "".join(f"{n} " for n in range(200))


async def test_what_is_said_goes_to_the_talk_and_comes_back_with_its_place(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    answer = await desk.ask("talk-say", text="How full is it?", picked="local")

    assert answer == {"ok": True, "id": "new", "title": "Disks"}
    assert talk.asked == [("say", None, "How full is it?", "owner", Picked.LOCAL)]
    events, live = desk.take("talk")
    assert events["events"][0]["message"]["parts"] == [{"k": "text", "text": "How full is it?"}]
    assert (live["t"], live["live"]["doing"]) == ("live", "thinking")
    talk.publish(text("Well", of="new"))
    (told,) = await words(desk, "events")
    assert [event["k"] for event in told["events"]] == ["text"]


async def test_what_is_said_in_the_open_conversation_is_told_once(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    await desk.act("talk-open", id="c1")
    desk.take("talk")

    await desk.ask("talk-say", id="c1", text="and now?")

    (told,) = await words(desk, "events")
    assert [event["k"] for event in told["events"]] == ["began"]
    assert len(talk.listeners["c1"]) == 1


async def test_what_the_talk_refuses_is_told_with_what_to_do(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    talk.refuses = TurnRuns()

    answer = await desk.ask("talk-say", id="c1", text="hello")

    assert answer == {
        "ok": False,
        "because": "An answer is being given in this conversation",
        "remedy": "Stop it, or wait for its end",
    }


@pytest.mark.parametrize(
    "name", ["talk-stop", "talk-regenerate", "talk-delete", "talk-pin", "talk-rename"]
)
async def test_without_a_conversation_there_is_nothing_to_do_it_to(
    desk: ToldPage, talk: ScriptedTalk, name: str
) -> None:
    answer = await desk.ask(name, pinned=True, title="x")

    assert (answer["ok"], answer["because"]) == (False, "There is no conversation yet")
    assert talk.asked == []


async def test_every_other_wish_reaches_the_talk(desk: ToldPage, talk: ScriptedTalk) -> None:
    for name, args in (
        ("talk-stop", {}),
        ("talk-rename", {"title": "Disk check"}),
        ("talk-pin", {"pinned": True}),
        ("talk-delete", {}),
        ("talk-should", {"message": "m1", "wish": "local"}),
        ("talk-should", {"message": "m1", "wish": ""}),
    ):
        assert (await desk.ask(name, id="c1", **args))["ok"] is True, name

    assert talk.asked == [
        ("stop", "c1", "owner"),
        ("rename", "c1", "Disk check"),
        ("pin", "c1", True),
        ("delete", "c1"),
        ("should", "m1", "local"),
        ("should", "m1", ""),
    ]
    talk.keeps_feedback = False
    answer = await desk.ask("talk-should", id="c1", message="m1", wish="claude")
    assert (answer["ok"], answer["because"]) == (False, "there was no decision to speak of")


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("talk-say", {"text": "x" * 100_001}),
        ("talk-say", {"text": "hello", "picked": "gpt"}),
        ("talk-say", {"text": ["hello"]}),
        ("talk-say", {"text": "hello", "id": "../c1"}),
        ("talk-open", {"id": {"a": 1}}),
        ("talk-open", {"id": "x" * 65}),
        ("talk-older", {"id": "c1"}),
        ("talk-older", {"id": "c1", "before": "m1 OR 1=1"}),
        ("talk-should", {"id": "c1", "message": "m1", "wish": "gpt"}),
        ("talk-rename", {"id": "c1", "title": "x" * 201}),
        ("talk-pin", {"id": "c1", "pinned": "perhaps"}),
    ],
)
async def test_what_cannot_be_read_is_passed_over(
    desk: ToldPage, talk: ScriptedTalk, name: str, args: dict[str, Any]
) -> None:
    with capture_logs() as logged:
        await desk.act(name, **args)

    assert desk.told == []
    assert talk.asked == []
    assert [(line["event"], line["action"]) for line in logged] == [
        ("an unreadable action was passed over", name)
    ]


async def test_an_older_page_of_no_conversation_is_gone(desk: ToldPage) -> None:
    await desk.act("talk-older", before="m1")

    assert desk.take("talk") == [{"t": "gone", "id": None}]
