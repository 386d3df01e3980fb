"""Waking a node: every way in turn, and only an answer counts."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services.cluster.errors import EndpointTimedOut
from services.cluster.model import NodeState
from services.nodes.config import Address, NodesConfig
from services.nodes.errors import NodeNotKnown
from services.nodes.happenings import NodeWoken
from services.nodes.magic import magic_packet
from tests.support.clusters import make_node
from tests.support.ssh_house import SshHouse, ssh_house
from tests.support.waiting import until

MAC = "aa:bb:cc:dd:ee:01"


@pytest.fixture
def card() -> Iterator[socket.socket]:
    """A network card that listens for its packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        yield listening


def heard(card: socket.socket) -> list[bytes]:
    packets = []
    while True:
        try:
            packets.append(card.recv(4096))
        except BlockingIOError:
            return packets


def config(card: socket.socket | None = None, **more: Any) -> NodesConfig:
    port = card.getsockname()[1] if card else 9
    given: dict[str, Any] = {
        "addresses": {"agent1": Address(host="127.0.0.1", port=_closed_port())},
        "macs": {"agent1": MAC} if card else {},
        "broadcast": Address(host="127.0.0.1", port=port),
        "loopback_only": True,
        "watching": False,
    }
    return NodesConfig(**{**given, **more})


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asleep(house: SshHouse) -> None:
    house.tell(make_node("pve"), make_node("home"), make_node("agent1", NodeState.DOWN))


def awake(house: SshHouse) -> None:
    house.tell(make_node("pve"), make_node("home"), make_node("agent1"))


@asynccontextmanager
async def service(status: int) -> AsyncIterator[tuple[str, list[Any]]]:
    """A wake-up service over HTTP; tells what it was asked."""
    asked: list[Any] = []

    async def wake(request: web.Request) -> web.Response:
        asked.append((request.path, await request.json()))
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/{rest:.*}", wake)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/wake/{{node}}/{{mac}}", asked
    finally:
        await runner.cleanup()


def test_a_magic_packet_is_six_ones_and_sixteen_addresses() -> None:
    packet = magic_packet("AA-bb-CC-dd-EE-01")

    assert len(packet) == 102
    assert packet[:6] == b"\xff" * 6
    assert packet[6:] == bytes.fromhex("aabbccddee01") * 16


async def test_another_node_is_asked_first_and_nothing_else_when_that_wakes_it(
    card: socket.socket, tmp_path: Path
) -> None:
    asked: list[tuple[str, str]] = []

    async def wake_by_node(neighbour: str, node: str) -> str:
        asked.append((neighbour, node))
        awake(house)
        return MAC

    async with ssh_house(tmp_path, config(card), wake_by_node=wake_by_node) as house:
        asleep(house)

        report = await house.nodes.wake("agent1")

        assert asked == [("home", "agent1")]
        assert (report.awake, report.sent_by) == (True, ("node home",))
        assert report.after_s is not None
        assert report.because.startswith("agent1 answers")
        assert heard(card) == []
        await house.bus.drained()
        (woken,) = house.of(NodeWoken)
        assert (woken.node, woken.sent_by) == ("agent1", ("node home",))


async def test_what_proxmox_cannot_do_the_packet_does(card: socket.socket, tmp_path: Path) -> None:
    async def wake_by_node(neighbour: str, node: str) -> str:
        raise EndpointTimedOut(f"https://{neighbour}:8006", 10, connected=True)

    async with ssh_house(tmp_path, config(card), wake_by_node=wake_by_node) as house:
        asleep(house)
        waking = asyncio.create_task(house.nodes.wake("agent1"))
        packets: list[bytes] = []
        await until(lambda: packets.extend(heard(card)) or packets, "the packet")
        awake(house)

        report = await waking

        assert packets == [magic_packet(MAC)]
        assert (report.awake, report.sent_by) == (True, ("magic packet",))
        assert "node home: home:8006 gave no answer" in report.because
        assert "node pve: pve:8006 gave no answer" in report.because


async def test_a_port_that_takes_a_connection_is_an_answer_too(
    card: socket.socket, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path, config(card)) as house:
        asleep(house)
        waking = asyncio.create_task(house.nodes.wake("agent1"))
        packets: list[bytes] = []
        await until(lambda: packets.extend(heard(card)) or packets, "the packet")
        port = house.nodes._config.addresses["agent1"].port
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", port)

        report = await waking

        assert report.awake
        server.close()
        await server.wait_closed()


async def test_a_service_is_asked_last_with_the_names_filled_in(
    card: socket.socket, tmp_path: Path
) -> None:
    async with service(204) as (url, asked), ssh_house(tmp_path, config(wake_url=url)) as house:
        asleep(house)
        waking = asyncio.create_task(house.nodes.wake("agent1", within_s=20))
        await until(lambda: asked, "the service to be asked")
        awake(house)

        report = await waking

        assert report.sent_by == ("http service",)
        assert asked == [("/wake/agent1/", {"node": "agent1", "mac": None})]
        assert "set WOL_MACS=agent1=" in report.because


async def test_a_node_that_does_not_answer_is_not_said_to_be_awake(
    card: socket.socket, tmp_path: Path
) -> None:
    async with service(500) as (url, _), ssh_house(tmp_path, config(card, wake_url=url)) as house:
        asleep(house)

        report = await house.nodes.wake("agent1", within_s=1.0)

        assert (report.awake, report.after_s) == (False, None)
        assert report.sent_by == ("magic packet",)
        assert "has not answered within" in report.because
        assert "127.0.0.1 answered 500" in report.because
        await house.bus.drained()
        assert not house.of(NodeWoken)


async def test_where_there_is_no_way_that_is_told_with_what_is_missing(tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config()) as house:
        asleep(house)

        report = await house.nodes.wake("agent1", within_s=60)

        assert (report.awake, report.sent_by) == (False, ())
        assert report.because.startswith("There is no way to wake agent1")
        assert "WOL_MACS" in report.because


async def test_one_that_is_awake_is_not_called(card: socket.socket, tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config(card)) as house:
        awake(house)

        report = await house.nodes.wake("agent1")

        assert (report.awake, report.sent_by, report.after_s) == (True, (), 0.0)
        assert heard(card) == []
        await house.bus.drained()
        assert not house.of(NodeWoken)


async def test_nobody_calls_a_node_nobody_knows(tmp_path: Path) -> None:
    async with ssh_house(tmp_path, config()) as house:
        asleep(house)
        with pytest.raises(NodeNotKnown):
            await house.nodes.wake("nowhere")


async def test_beyond_this_machine_nothing_is_sent_where_that_is_forbidden(
    card: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []

    class Sealed(socket.socket):
        def sendto(self, *args: Any) -> int:
            sent.append(args)
            return 0

    far = config(
        card,
        broadcast=Address(host="255.255.255.255", port=9),
        wake_url="http://192.0.2.5/wake",
        addresses={"agent1": Address(host="192.0.2.14", port=22)},
    )
    async with ssh_house(tmp_path, far) as house:
        asleep(house)
        monkeypatch.setattr(socket, "socket", Sealed)

        report = await house.nodes.wake("agent1", within_s=1.0)

        assert report.sent_by == ()
        assert sent == []
        assert report.because.count("was not dialled") == 2
