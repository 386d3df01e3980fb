"""The connection to a node: who may come in, how long it lasts, what is told when it fails."""

import asyncio
import time
from pathlib import Path

import pytest

from services.cluster.changes_nodes import NodeCameUp
from services.cluster.model import NodeState
from services.nodes.config import Address
from services.nodes.errors import (
    NodeAway,
    NodeNotKnown,
    NodesError,
)
from services.nodes.happenings import (
    SshLost,
    SshRecovered,
)
from services.nodes.link import IDLE_S
from services.nodes.model import LinkState
from tests.support.clusters import NOON, make_node
from tests.support.openssh import OpenSsh, needs_openssh
from tests.support.ssh_house import config_for, ssh_house
from tests.support.turned_clock import TurnedClock
from tests.support.waiting import until

pytestmark = needs_openssh


async def test_an_address_comes_from_the_settings_or_else_from_the_cluster(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server, addresses={})) as house:
        house.tell(make_node("pve"), make_node("home"), addresses={"pve": "127.0.0.2"})

        assert (house.link().host, house.link().port) == ("127.0.0.2", 22)
        assert house.link("home").state is LinkState.OFF
        with pytest.raises(NodeNotKnown, match="No address of home is known"):
            await house.nodes.run("home", ["true"])
        with pytest.raises(NodeNotKnown, match="There is no node nowhere"):
            await house.nodes.run("nowhere", ["true"])


async def test_those_who_want_a_connection_at_once_share_one_attempt(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        connections = await asyncio.gather(*(house.nodes.connection("pve") for _ in range(20)))

        assert len({id(connection) for connection in connections}) == 1
        assert len(server.connections()) == 1
        assert server.log.count("Accepted publickey") == 1


async def test_one_who_stops_waiting_leaves_the_attempt_to_the_others(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        first = asyncio.create_task(house.nodes.connection("pve"))
        second = asyncio.create_task(house.nodes.connection("pve"))
        await asyncio.sleep(0)

        first.cancel()

        assert not (await second).is_closed()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_an_idle_connection_is_closed_and_a_borrowed_one_is_not(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        link = house.nodes._links.link("pve")
        async with house.nodes.borrowed("pve") as connection:
            clock.turn(IDLE_S + 1)
            link.close_if_idle()
            assert not connection.is_closed()

        clock.turn(IDLE_S - 1)
        link.close_if_idle()
        assert house.link().state is LinkState.CONNECTED
        clock.turn(2)
        link.close_if_idle()

        assert house.link().state is LinkState.UNUSED
        await until(lambda: not server.connections(), "the connection to be closed")


async def test_a_node_that_is_away_is_tried_less_and_less_but_at_once_by_hand(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        server.stop()
        waits_s = []
        for _ in range(9):
            with pytest.raises(NodeAway):
                await house.nodes._links.link("pve").connection(urgent=False)
            link = house.link()
            assert link.state is LinkState.AWAY
            assert link.retry_at is not None
            waits_s.append((link.retry_at - clock.now()).total_seconds())
            clock.turn(waits_s[-1])
        assert waits_s == [3.75, 7.5, 15, 30, 60, 120, 225, 225, 225]

        with pytest.raises(NodeAway):
            await house.nodes.run("pve", ["true"])
        server.start()
        with pytest.raises(NodeAway):
            await house.nodes._links.link("pve").connection(urgent=False)
        clock.turn(3)

        assert (await house.nodes.run("pve", ["echo", "in"])).ok
        assert house.link().state is LinkState.CONNECTED


async def test_the_loss_of_a_node_that_is_online_is_told_once_and_so_is_its_return(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        await house.nodes.run("pve", ["true"])
        server.stop()

        async def fail() -> int:
            clock.turn(10)
            with pytest.raises(NodesError):
                await house.nodes.run("pve", ["true"])
            await house.bus.drained()
            return len(house.of(SshLost))

        assert [await fail() for _ in range(4)] == [0, 1, 1, 1]
        server.start()
        clock.turn(10)
        await house.nodes.run("pve", ["true"])
        await house.nodes.run("pve", ["true"])

        await house.bus.drained()
        (recovered,) = house.of(SshRecovered)
        assert recovered.away_s == pytest.approx(50, abs=10)


async def test_of_a_node_that_is_down_anyway_nothing_is_told(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        house.tell(make_node("pve", NodeState.DOWN))
        server.stop()
        for _ in range(3):
            clock.turn(10)
            with pytest.raises(NodeAway):
                await house.nodes.run("pve", ["true"])

        await house.bus.drained()
        assert not house.of(SshLost)


async def test_a_node_that_came_back_is_tried_at_once(server: OpenSsh, tmp_path: Path) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        server.stop()
        link = house.nodes._links.link("pve")
        for _ in range(5):
            clock.turn(300)
            with pytest.raises(NodeAway):
                await link.connection(urgent=False)
        server.start()

        house.bus.publish(NodeCameUp(at=NOON, node="pve", away_s=300))
        await house.bus.drained()

        assert link.is_due
        assert not (await link.connection(urgent=False)).is_closed()


async def test_a_server_that_stands_still_is_given_up_in_time(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        server.freeze()
        try:
            began_s = time.monotonic()
            with pytest.raises(NodeAway, match="within 10 s"):
                await house.nodes.run("pve", ["true"])
            assert time.monotonic() - began_s > 9
        finally:
            server.thaw()
        await asyncio.sleep(2)

        assert (await house.nodes.run("pve", ["echo", "in"])).ok


async def test_something_that_is_no_ssh_server_is_told_as_such(
    server: OpenSsh, tmp_path: Path
) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    web = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = web.sockets[0].getsockname()[1]
    addresses = {"pve": Address(host="127.0.0.1", port=port)}
    async with ssh_house(tmp_path / "data", config_for(server, addresses=addresses)) as house:
        with pytest.raises(NodeAway) as raised:
            await house.nodes.run("pve", ["true"])
        assert f"127.0.0.1:{port}" in raised.value.because
    web.close()
    await web.wait_closed()
