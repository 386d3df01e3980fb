"""A conversation to take away: whole, under a harmless name, and by nobody else."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from pages.talk_export import NAME_CHARS, file_name
from services.llm.messages import Message, ProviderName, Role, Text, ToolAnswer, ToolUse
from services.tools.calls import Outcome
from tests.support.paper_house import PaperHouse


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PaperHouse]:
    opened = await PaperHouse(tmp_path).open()
    await opened.converse("c1", "How full is local-zfs?")
    await opened.kept.keep(
        [
            Message(
                id="a1",
                conversation_id="c1",
                role=Role.ASSISTANT,
                parts=(
                    Text(text="It stands at 87 %, sir."),
                    ToolUse(id="u1", tool="get_storage", arguments={"node": "pve"}),
                ),
                at=opened.clock.now(),
                provider=ProviderName.CLAUDE,
                model="claude-haiku-5-5",
            ),
            Message(
                id="r1",
                conversation_id="c1",
                role=Role.TOOL,
                parts=(
                    ToolAnswer(
                        id="u1", tool="get_storage", outcome=Outcome.DONE, text="```\n</data> <b>"
                    ),
                ),
                at=opened.clock.now(),
            ),
        ],
        turn="t-c1",
        question="m-c1",
    )
    yield opened
    await opened.shut()


async def test_markdown_is_a_file_to_read(owner: httpx.AsyncClient) -> None:
    page = await owner.get("/talk/c1.md")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/markdown; charset=utf-8"
    assert page.headers["content-disposition"] == (
        'attachment; filename="jarvis-how-full-is-local-zfs.md"'
    )
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.text.startswith("# How full is local-zfs?\n")
    assert "It stands at 87 %, sir." in page.text
    assert "````\n```\n</data> <b>\n````" in page.text, "nothing ends the fence from within"


async def test_json_is_a_file_to_work_with(owner: httpx.AsyncClient) -> None:
    page = await owner.get("/talk/c1.json")

    assert page.headers["content-type"] == "application/json"
    assert page.headers["content-disposition"].endswith('.json"')
    told = json.loads(page.text)
    assert (told["id"], told["title"]) == ("c1", "How full is local-zfs?")
    assert [message["role"] for message in told["messages"]] == ["user", "assistant", "tool"]


@pytest.mark.parametrize("ending", ["md", "json"])
@pytest.mark.parametrize(
    "id", ["theirs", "none", "..%2Fc1", "%00", "c1%27%20OR%201=1--", "x" * 500]
)
async def test_what_is_not_theirs_is_not_here(
    house: PaperHouse, owner: httpx.AsyncClient, id: str, ending: str
) -> None:
    await house.converse("theirs", "What is my wife given for Christmas?", user="alex")

    page = await owner.get(f"/talk/{id}.{ending}")

    assert page.status_code == 404
    if "%2F" not in id:
        assert "There is no such conversation" in page.text
        assert "paper-main" in page.text, "in the looks of the house"
    assert "Christmas" not in page.text
    assert "content-disposition" not in page.headers


@pytest.mark.parametrize("path", ["/talk/c1.md", "/talk/c1.json"])
async def test_a_stranger_is_sent_to_the_door(house: PaperHouse, path: str) -> None:
    async with await house.enter(), house.browser() as stranger:
        page = await stranger.get(path)

    assert (page.status_code, page.headers["location"]) == (303, "/login")


async def test_no_other_form_is_served(owner: httpx.AsyncClient) -> None:
    for path in ("/talk/c1", "/talk/c1.html", "/talk/c1.md/x"):
        assert (await owner.get(path)).status_code == 404
    assert (await owner.post("/talk/c1.md")).status_code == 405


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("How full is local-zfs?", "jarvis-how-full-is-local-zfs"),
        ('a"\r\nSet-Cookie: x=1', "jarvis-a-set-cookie-x-1"),
        ("../../etc/passwd", "jarvis-etc-passwd"),
        ("Wie heiß?", "jarvis-wie-hei"),
        ("夜", "jarvis"),
        ("", "jarvis"),
        ("word " * 40, ("jarvis-" + "word-" * 40)[:NAME_CHARS].rstrip("-")),
    ],
)
def test_a_title_becomes_a_harmless_name(title: str, name: str) -> None:
    assert file_name(title) == name
    assert len(file_name(title)) <= NAME_CHARS
