"""The socket of a terminal behind the wall: whose it is, what it takes, and when it closes."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.openssh import OpenSsh, needs_openssh, running_openssh
from tests.support.terminal_houses import (
    TerminalHouse,
    running_terminal_house,
    terminal_socket,
)

pytestmark = needs_openssh

POLICY, SESSION_ENDED, GONE = 1008, 4401, 4404


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with running_openssh(tmp_path_factory.mktemp("openssh")) as running:
        yield running


@pytest.fixture(scope="module")
def house(server: OpenSsh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TerminalHouse]:
    with running_terminal_house(tmp_path_factory.mktemp("house"), {"pve": server}) as running:
        yield running


class Visitor:
    """A signed-in browser without pages, and the terminal it has opened."""

    def __init__(self, house: TerminalHouse) -> None:
        self.house = house
        self.client = house.signed_in()
        self.cookie = f"jarvis_session={self.client.cookies['jarvis_session']}"

    def open(self) -> str:
        answer = self.client.post("/open", params={"node": "pve"})
        return str(answer.json()["id"])

    def socket(self, terminal_id: str, since: int | None = None) -> Any:
        return terminal_socket(self.house, terminal_id, self.cookie, since=since)


@pytest.fixture
async def visitor(house: TerminalHouse) -> AsyncIterator[Visitor]:
    made = await asyncio.to_thread(Visitor, house)
    yield made
    made.client.close()


async def word(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next word of this kind; what comes before it is passed over."""
    async with asyncio.timeout(30):
        while True:
            message = await socket.receive()
            assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
            if message.type is aiohttp.WSMsgType.TEXT:
                found = json.loads(message.data)
                if found["t"] == kind:
                    return dict(found)


async def ready(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Read until there is a prompt to type at."""
    await shown(socket, b"$ " if os.geteuid() else b"# ")


async def shown(socket: aiohttp.ClientWebSocketResponse, wanted: bytes) -> bytes:
    """Read until the output has this."""
    output = b""
    async with asyncio.timeout(30):
        while wanted not in output:
            message = await socket.receive()
            assert message.type is not aiohttp.WSMsgType.CLOSE, message
            if message.type is aiohttp.WSMsgType.BINARY:
                output += message.data
    return output


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """The code it is closed with."""
    async with asyncio.timeout(30):
        async for _ in socket:
            pass
    return socket.close_code


async def test_a_page_types_and_reads_and_comes_back_to_where_it_was(visitor: Visitor) -> None:
    terminal_id = visitor.open()
    async with visitor.socket(terminal_id) as socket:
        assert await word(socket, "size") == {"t": "size", "cols": 80, "rows": 24, "writing": True}
        begin = await word(socket, "begin")
        assert begin["fresh"]
        await ready(socket)
        await socket.send_json({"t": "size", "cols": 91, "rows": 33})
        await socket.send_bytes(b"stty size; echo here-$((1+1))\r")
        assert b"33 91" in await shown(socket, b"here-2")

    async with visitor.socket(terminal_id) as socket:
        assert b"here-2" in await shown(socket, b"here-2")
    async with visitor.socket(terminal_id, since=5) as socket:
        begin = await word(socket, "begin")
        assert (begin["at"], begin["fresh"]) == (5, False)
    async with visitor.socket(terminal_id, since=10**12) as socket:
        assert (await word(socket, "begin"))["fresh"]


async def test_the_end_of_the_shell_is_told_on_the_socket(visitor: Visitor) -> None:
    async with visitor.socket(visitor.open()) as socket:
        await ready(socket)
        await socket.send_bytes(b"exit 4\r")

        over = await word(socket, "over")

        assert over == {"t": "over", "because": "the shell ended with status 4", "status": 4}


async def test_a_terminal_of_another_session_is_not_there(
    visitor: Visitor, house: TerminalHouse
) -> None:
    terminal_id = visitor.open()
    other = await asyncio.to_thread(Visitor, house)

    async with other.socket(terminal_id) as socket:
        assert await closed(socket) == GONE
    async with visitor.socket("never-was") as socket:
        assert await closed(socket) == GONE
    async with visitor.socket(terminal_id) as socket:
        await word(socket, "begin")
    other.client.close()


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        pytest.param({"origin": "http://evil.example"}, "foreign origin", id="a foreign page"),
        pytest.param({}, "foreign origin", id="a page that does not say where it is from"),
        pytest.param({"cookie": "jarvis_session=made-up"}, "no session", id="a made-up session"),
    ],
)
async def test_strangers_are_refused_at_the_wall(
    visitor: Visitor, house: TerminalHouse, headers: dict[str, str], why: str
) -> None:
    terminal_id = visitor.open()
    if "origin" not in headers and why == "no session":
        headers = {**headers, "origin": house.url}
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(
                f"{house.url}/terminals/{terminal_id}",
                headers={"cookie": visitor.cookie, **headers},
            )
    assert refused.value.status == 403


async def test_signing_out_closes_the_socket(house: TerminalHouse) -> None:
    visitor = await asyncio.to_thread(Visitor, house)
    async with visitor.socket(visitor.open()) as socket:
        await word(socket, "begin")

        await asyncio.to_thread(visitor.client.post, "/logout")

        assert await closed(socket) == SESSION_ENDED
    visitor.client.close()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("no json", id="what is no JSON"),
        pytest.param('{"t":"size","cols":-1,"rows":4}', id="a size that cannot be"),
        pytest.param('{"t":"drawn","at":99999999}', id="more drawn than was sent"),
        pytest.param('{"t":"shutdown"}', id="a word that there is not"),
        pytest.param(b"x" * 65_537, id="too long a message"),
    ],
)
async def test_what_cannot_be_closes_the_socket_and_not_the_terminal(
    visitor: Visitor, said: str | bytes
) -> None:
    terminal_id = visitor.open()
    async with visitor.socket(terminal_id) as socket:
        await ready(socket)
        if isinstance(said, str):
            await socket.send_str(said)
        else:
            await socket.send_bytes(said)
        assert await closed(socket) == POLICY

    async with visitor.socket(terminal_id) as socket:
        await socket.send_json({"t": "size", "cols": 80, "rows": 24})
        await socket.send_bytes(b"echo still-$((1+1))\r")
        await shown(socket, b"still-2")


async def test_a_page_that_ignores_the_bounds_of_input_is_cut_off(visitor: Visitor) -> None:
    async with visitor.socket(visitor.open()) as socket:
        await ready(socket)
        await socket.send_bytes(b"stty raw -echo; printf G''O; sleep 60\r")
        await shown(socket, b"GO")

        async def flood() -> None:
            for _ in range(64):
                await socket.send_bytes(b"a" * 60_000)

        flooding = asyncio.ensure_future(flood())
        assert await closed(socket) == POLICY
        flooding.cancel()


async def test_a_page_that_is_alive_is_answered(visitor: Visitor) -> None:
    async with visitor.socket(visitor.open()) as socket:
        await socket.send_str('{"t":"alive"}')
        assert await word(socket, "alive") == {"t": "alive"}


async def test_a_terminal_nobody_looks_at_goes_and_its_socket_says_so(
    server: OpenSsh, tmp_path: Path
) -> None:
    with running_terminal_house(tmp_path, {"pve": server}, LEFT_ALONE_S="0.5") as house:
        visitor = await asyncio.to_thread(Visitor, house)
        terminal_id = visitor.open()
        async with visitor.socket(terminal_id) as socket:
            await ready(socket)
            await asyncio.sleep(1.0)
            await socket.send_bytes(b"echo there-$((1+1))\r")
            await shown(socket, b"there-2")

        for _ in range(200):
            record = visitor.client.get("/record").json()
            if not record["open"]:
                break
            await asyncio.sleep(0.05)

        assert "no page has looked" in record["closed"][0][2]
        async with visitor.socket(terminal_id) as socket:
            assert await closed(socket) == GONE
        visitor.client.close()
