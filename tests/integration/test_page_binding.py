"""A page listens to the session it was built for, whoever else knows its id."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
import httpx
import pytest

from tests.support.door import DoorHouse


@dataclass
class Opened:
    """A page as its browser has it."""

    page: str
    button: int
    listener: str
    updates: list[object] = field(default_factory=list)

    def click(self) -> dict[str, object]:
        return {
            "id": self.button,
            "client_id": self.page,
            "listener_id": self.listener,
            "args": ["{}"],
        }


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoorHouse]:
    house = DoorHouse(tmp_path_factory.mktemp("house"))
    house.start()
    with house.browser() as browser:
        house.set_up(browser)
    yield house
    house.end()


@contextmanager
def sign_in(house: DoorHouse) -> Iterator[httpx.Client]:
    with house.browser() as browser:
        assert house.sign_in(browser).status_code == 303
        yield browser


def open_page(browser: httpx.Client) -> Opened:
    text = browser.get("/", headers={"accept": "text/html"}).text
    page = re.search(r"'client_id': '([0-9a-f-]{36})'", text)
    button = re.search(r'"(\d+)":\{"tag":"q-btn".*?"listener_id":"([0-9a-f-]{36})"', text)
    assert page is not None
    assert button is not None
    return Opened(page=page[1], button=int(button[1]), listener=button[2])


class Spoken:
    """A socket as NiceGUI's own script speaks it."""

    def __init__(self, opened: aiohttp.ClientWebSocketResponse, page: Opened) -> None:
        self._opened = opened
        self._page = page
        self._asked = 0

    async def say(self, event: str, told: object) -> None:
        await self._opened.send_str("42" + json.dumps([event, told]))

    async def ask(self, event: str, told: object) -> object:
        self._asked += 1
        await self._opened.send_str(f"42{self._asked}" + json.dumps([event, told]))
        while not (heard := await self.hear()).startswith(f"43{self._asked}["):
            continue
        return json.loads(heard.removeprefix(f"43{self._asked}"))[0]

    async def hear(self) -> str:
        heard = await self._opened.receive_str(timeout=30)
        if heard.startswith('42["update"'):
            self._page.updates.append(heard)
        return heard

    async def hear_update(self) -> None:
        while not self._page.updates:
            await self.hear()


@asynccontextmanager
async def socket_of(
    house: DoorHouse, browser: httpx.Client, opened: Opened, **query: str
) -> AsyncIterator[Spoken]:
    headers = {
        "cookie": f"jarvis_session={browser.cookies['jarvis_session']}",
        "origin": house.origin,
    }
    url = f"{house.origin}/_nicegui_ws/socket.io/"
    asked = {"EIO": "4", "transport": "websocket", **query}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}?{urlencode(asked)}", headers=headers) as socket,
    ):
        assert (await socket.receive_str(timeout=30)).startswith("0{")
        await socket.send_str("40")
        if not (answer := await socket.receive_str(timeout=30)).startswith("40"):
            raise Refused(answer)
        yield Spoken(socket, opened)


class Refused(Exception):
    """The socket was not let in."""


async def greet(spoken: Spoken, opened: Opened, tab: str = "t") -> bool:
    greeting = {
        "client_id": opened.page,
        "tab_id": tab,
        "document_id": f"d-{tab}",
        "next_message_id": 0,
    }
    return bool(await spoken.ask("handshake", greeting))


async def test_another_session_neither_hears_nor_moves_a_page_it_knows_the_id_of(
    house: DoorHouse,
) -> None:
    with sign_in(house) as desk, sign_in(house) as phone:
        opened = open_page(desk)
        stranger = Opened(page=opened.page, button=opened.button, listener=opened.listener)
        async with (
            socket_of(house, desk, opened) as own,
            socket_of(house, phone, stranger) as other,
        ):
            assert await greet(own, opened)

            assert not await greet(other, stranger)
            assert not await greet(other, stranger, tab="x")
            assert await other.ask("event", stranger.click()) is False
            assert opened.updates == []

            await own.say("event", opened.click())
            await own.hear_update()
        assert stranger.updates == []


async def test_another_session_cannot_name_a_page_as_it_connects(house: DoorHouse) -> None:
    with sign_in(house) as desk, sign_in(house) as phone:
        opened = open_page(desk)
        named = {
            "client_id": opened.page,
            "implicit_handshake": "true",
            "tab_id": "t",
            "document_id": "d",
            "next_message_id": "0",
        }

        with pytest.raises(Refused):
            async with socket_of(house, phone, opened, **named):
                pass
        async with socket_of(house, desk, opened, **named) as own:
            await own.say("event", opened.click())
            await own.hear_update()


async def test_what_cannot_be_read_is_passed_over_and_the_page_lives_on(house: DoorHouse) -> None:
    with sign_in(house) as desk:
        opened = open_page(desk)
        async with socket_of(house, desk, opened) as own:
            assert await greet(own, opened)
            for told in (None, [], "x", {"client_id": ["x"]}, {"client_id": opened.page}):
                assert await own.ask("event", told) is False
            click = opened.click()
            assert await own.ask("event", click | {"args": ["{"]}) is False
            assert await own.ask("event", click | {"listener_id": "x"}) is False

            await own.say("event", click)
            await own.hear_update()
    written = (house.folder / "output").read_text()
    assert "Traceback" not in written
    (line, *_) = (line for line in written.splitlines() if "cause=JSONDecodeError" in line)
    assert f"page={opened.page[:8]}" in line
    assert opened.page not in line
