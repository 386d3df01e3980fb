"""The list of conversations as a page has it: in pieces, searched, and told of when it changes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from components.talk import LISTED
from tests.support.scripted_talk import ScriptedTalk, said
from tests.support.talk_desk import SOON_S, joined
from tests.support.told_page import ToldPage
from tests.support.turned_clock import NOON
from tests.support.waiting import until


@pytest.fixture
async def desk(talk: ScriptedTalk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ToldPage]:
    with joined(talk, monkeypatch) as told:
        yield told


async def changes(page: ToldPage) -> int:
    """How often the page was told that the list is another one, once it was."""
    await until(lambda: any(word["t"] == "changed" for _, word in page.told), "changed")
    return [word["t"] for word in page.take("talk")].count("changed")


async def test_the_list_is_told_and_searched(desk: ToldPage, talk: ScriptedTalk) -> None:
    await desk.act("talk-list", text="zfs")

    (listed,) = desk.take("talk")
    assert listed["rows"][0] == {
        "id": "c1",
        "title": "Disks",
        "pinned": False,
        "last": round(NOON.timestamp()),
        "count": 4,
        "cost": "0.0041",
    }
    assert talk.asked == [("list", "zfs", LISTED + 1)]


async def test_the_list_comes_in_pieces_and_tells_whether_there_is_more(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    for n in range(4):
        talk.begin(f"more{n}", said(f"x{n}", of=f"more{n}"))

    await desk.act("talk-list", most=2)
    await desk.act("talk-list", most=5)

    first, all = desk.take("talk")
    assert (len(first["rows"]), first["more"]) == (2, True)
    assert (len(all["rows"]), all["more"]) == (5, False)


async def test_a_change_of_the_list_is_told_once_and_looked_at(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    for watcher in talk.watchers * 3:
        watcher()

    assert await changes(desk) == 1
    await desk.act("talk-look", id="c1")
    await desk.act("talk-look", id="of-another")
    assert desk.take("talk") == [
        {"t": "named", "id": "c1", "title": "Disks", "count": 4},
        {"t": "gone", "id": "of-another"},
    ]


async def test_a_hidden_page_is_told_of_a_change_when_it_is_seen(
    desk: ToldPage, talk: ScriptedTalk
) -> None:
    desk.listening = False
    talk.watchers[0]()
    await asyncio.sleep(3 * SOON_S)
    assert desk.take("talk") == []

    desk.listening = True

    assert await changes(desk) == 1
