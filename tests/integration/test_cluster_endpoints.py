"""Several addresses of one API: who is asked when one of them fails."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from services.cluster.changes import EndpointLost, EndpointRefused, EndpointRegained
from services.cluster.client import asking, timeless
from services.cluster.config import ClusterConfig
from services.cluster.endpoints import TALLY, Endpoints, Tally
from services.cluster.errors import (
    ClusterStopped,
    NodeUnreachable,
    ProxmoxUnreachable,
    TokenRefused,
)
from services.tasks import Tasks
from tests.support.tiny_api import TinyApi, answered, tiny_apis
from tests.support.waiting import until


def plain(payload):
    return payload


RESOURCES = asking(timeless(plain), "cluster", "resources")
STATUS = asking(timeless(plain), "cluster", "status")


class TurnedClock:
    def __init__(self):
        self.s = 1_800_000_000.0

    def now(self):
        return datetime.fromtimestamp(self.s, UTC)

    def monotonic_s(self):
        return self.s


class House:
    """Three addresses that all answer with their own name, and the one who asks them."""

    def __init__(self, servers, tmp_path, *, timeout_s=1.0):
        self.first, self.second, self.third = self.servers = servers
        for server, name in zip(servers, ("first", "second", "third"), strict=True):
            server.answer = answering(name)
        self.clock = TurnedClock()
        self.told = []
        self.tasks = Tasks()
        ca_file = tmp_path / "all.pem"
        ca_file.write_text("".join(server.cert_file.read_text() for server in servers))
        self.config = ClusterConfig(
            endpoints=tuple(server.url for server in servers),
            token_id="jarvis@pve!page",
            token_secret=SecretStr("secret"),
            ca_file=ca_file,
            timeout_s=timeout_s,
            loopback_only=True,
        )
        self.api = Endpoints(
            self.config,
            clock=self.clock,
            tasks=self.tasks,
            chance=lambda: 0.5,
            publish=self.told.append,
        )

    @property
    def in_use(self):
        return [status.url for status in self.api.statuses if status.in_use]

    def state_of(self, server):
        return next(status for status in self.api.statuses if status.url == server.url)

    def let_time_pass(self, seconds):
        self.clock.s += seconds

    async def probe(self, seconds=20):
        """Let the failing addresses rest, and try each of them again."""
        self.let_time_pass(seconds)
        self.api.revive()
        await until(lambda: not self.tasks.names, "the probes' end")

    def told_of(self, server):
        return [type(event) for event in self.told if event.url == server.url]


def broken(path):
    return answered(None, "503 Service Unavailable")


def answering(name):
    return lambda path: answered(name)


def silent_until(over):
    def answer(path):
        over.wait(60)

    return answer


@pytest.fixture
async def house(tmp_path):
    with tiny_apis(tmp_path, "first", "second", "third") as servers:
        house = House(servers, tmp_path)
        yield house
        house.api.stop("the test is over")
        assert await house.tasks.stop(because="the test is over") == []


async def test_the_preferred_address_is_asked_and_no_other(house):
    assert await house.api.fetch(RESOURCES) == "first"

    assert house.in_use == [house.first.url]
    assert house.second.connections == house.third.connections == 0
    assert [status.healthy for status in house.api.statuses] == [True, None, None]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(lambda path: answered(None, "503 Service Unavailable"), id="503"),
        pytest.param(lambda path: answered(None, "500 got no worker upid"), id="500"),
        pytest.param(lambda path: None, id="reset"),
        pytest.param(lambda path: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", id="no JSON"),
    ],
)
async def test_another_address_answers_when_the_preferred_one_cannot(house, trouble):
    house.first.answer = trouble

    assert await house.api.fetch(RESOURCES) == "second"

    assert house.in_use == [house.second.url]
    assert house.state_of(house.first).healthy is False
    assert house.state_of(house.first).because
    asked = len(house.first.received)
    assert await house.api.fetch(STATUS) == "second"
    assert len(house.first.received) == asked, "a resting address was asked"


async def test_the_preferred_address_is_preferred_again_once_a_probe_found_it_well(house):
    house.first.answer = lambda path: answered(None, "503 Service Unavailable")
    await house.api.fetch(RESOURCES)
    house.first.answer = answering("first")

    house.api.revive()
    assert await house.api.fetch(RESOURCES) == "second", "it had not rested yet"
    house.let_time_pass(2)
    house.api.revive()
    await until(lambda: house.state_of(house.first).healthy, "the probe to find it well")

    assert house.first.paths[-1] == "/api2/json/version"
    assert await house.api.fetch(RESOURCES) == "first"


async def test_a_probe_that_fails_makes_the_next_one_come_later(house):
    house.first.answer = lambda path: answered(None, "503 Service Unavailable")
    await house.api.fetch(RESOURCES)
    first_rest_s = (house.state_of(house.first).retry_at - house.clock.now()).total_seconds()

    house.let_time_pass(2)
    house.api.revive()
    await until(lambda: len(house.first.received) == 2, "the probe")
    await until(lambda: not house.tasks.names, "the probe's end")

    rest_s = (house.state_of(house.first).retry_at - house.clock.now()).total_seconds()
    assert first_rest_s < rest_s <= 10


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(answered(None, "401 Authentication failed!"), TokenRefused, id="401"),
        pytest.param(answered(None, "595 No route to host"), NodeUnreachable, id="595"),
    ],
)
async def test_a_refusal_of_proxmox_is_not_asked_for_again_elsewhere(house, answer, kind):
    house.first.answer = lambda path: answer

    with pytest.raises(kind):
        await house.api.fetch(asking(timeless(plain), "nodes", "pve", "status"))

    assert house.second.connections == 0
    assert house.state_of(house.first).healthy


async def test_two_who_ask_the_same_share_one_request(house):
    release = threading.Event()
    house.first.answer = lambda path: release.wait(5) and answered("first")

    both = asyncio.gather(house.api.fetch(RESOURCES), house.api.fetch(RESOURCES))
    await until(lambda: house.first.received, "the request")
    release.set()

    assert await both == ["first", "first"]
    assert house.first.paths == ["/api2/json/cluster/resources"]


async def test_one_who_leaves_does_not_spoil_it_for_the_other(house):
    release = threading.Event()
    house.first.answer = lambda path: release.wait(5) and answered("first")
    leaving = asyncio.ensure_future(house.api.fetch(RESOURCES))
    staying = asyncio.ensure_future(house.api.fetch(RESOURCES))
    await until(lambda: house.first.received, "the request")

    leaving.cancel()
    release.set()

    assert await staying == "first"


async def test_a_changed_certificate_puts_an_address_out_and_is_told_once(house, tmp_path):
    house.first.stop()
    stranger = TinyApi(tmp_path, "stranger")
    try:
        config = ClusterConfig(
            endpoints=(stranger.url, house.second.url),
            token_id="jarvis@pve!page",
            token_secret=SecretStr("secret"),
            ca_file=house.config.ca_file,
            loopback_only=True,
        )
        api = Endpoints(
            config,
            clock=house.clock,
            tasks=house.tasks,
            chance=lambda: 0.5,
            publish=house.told.append,
        )
        assert await api.fetch(RESOURCES) == "second"
        house.let_time_pass(20)
        api.revive()
        await until(lambda: stranger.connections == 2, "the probe")
        await until(lambda: not house.tasks.names, "the probe's end")
        refused = api.statuses[0].refused
        api.stop("the test is over")
    finally:
        stranger.stop()

    assert b"".join(stranger.received) == b""
    assert [type(event) for event in house.told] == [EndpointRefused]
    assert "nothing was sent" in house.told[0].sentence()
    assert refused


async def test_an_address_that_fails_again_after_its_rest_is_told_once_and_so_is_its_return(house):
    house.first.answer = broken
    await house.api.fetch(RESOURCES)
    assert house.told == [], "once may be a proxy that restarts"

    for _ in range(3):
        await house.probe()
    house.first.answer = answering("first")
    await house.probe()
    await house.api.fetch(RESOURCES)

    lost, regained = house.told
    assert isinstance(lost, EndpointLost)
    assert (lost.url, lost.subject) == (house.first.url, f"source/{house.first.url}")
    assert "503" in lost.sentence()
    assert isinstance(regained, EndpointRegained)
    assert (regained.url, regained.away_s) == (house.first.url, 80)
    assert not house.api.statuses[0].refused


async def test_an_address_that_is_well_after_its_rest_is_no_news(house):
    for _ in range(3):
        house.first.answer = broken
        await house.api.fetch(RESOURCES)
        house.first.answer = answering("first")
        await house.probe()

    assert house.told == []


async def test_questions_that_fail_together_are_one_failure(house):
    house.first.answer = broken
    await house.api.fetch(RESOURCES)
    house.first.answer = answering("first")
    await house.probe()
    house.first.answer = broken
    asked = len(house.first.received)

    await asyncio.gather(house.api.fetch(RESOURCES), house.api.fetch(STATUS))

    assert len(house.first.received) == asked + 2
    assert house.told == []


async def test_where_none_answers_no_address_is_told_until_another_one_does(house):
    for server in house.servers:
        server.answer = broken
    with pytest.raises(ProxmoxUnreachable):
        await house.api.fetch(RESOURCES)
    for _ in range(3):
        await house.probe()
    assert house.told == []

    house.second.answer = answering("second")
    house.third.answer = answering("third")
    await house.probe()
    assert house.told_of(house.second) == house.told_of(house.third) == [], "none was told as lost"
    await house.probe()

    assert house.told_of(house.first) == [EndpointLost]
    assert len(house.told) == 1


async def test_when_no_address_answers_each_is_told_and_none_is_hammered(house):
    for server in house.servers:
        server.stop()
    tally = Tally()
    TALLY.set(tally)

    with pytest.raises(ProxmoxUnreachable) as lost:
        await house.api.fetch(RESOURCES)

    assert len(lost.value.faults) == 3
    assert all(str(server.port) in lost.value.because for server in house.servers)
    assert tally.requests == 3
    with pytest.raises(ProxmoxUnreachable):
        await house.api.fetch(RESOURCES)
    assert tally.requests == 3, "a resting address was asked"
    assert 0 < house.api.retry_in_s <= 1


async def test_it_comes_back_by_itself_when_all_had_been_lost(house):
    for server in house.servers:
        server.answer = lambda path: None
    with pytest.raises(ProxmoxUnreachable):
        await house.api.fetch(RESOURCES)

    house.third.answer = answering("third")
    house.let_time_pass(2)

    assert await house.api.fetch(RESOURCES) == "third"


async def test_a_stall_of_all_addresses_is_told_before_all_have_been_waited_for(house):
    over = threading.Event()
    for server in house.servers:
        server.answer = silent_until(over)

    asked = asyncio.ensure_future(house.api.fetch(RESOURCES))
    await until(lambda: house.first.received, "the first request")
    house.let_time_pass(1)
    await until(lambda: house.second.received, "the second request")
    house.let_time_pass(1)
    with pytest.raises(ProxmoxUnreachable):
        await asked

    assert house.third.received == []
    over.set()


async def test_a_stop_ends_what_waits_and_asks_nothing_more(tmp_path):
    over = threading.Event()
    with tiny_apis(tmp_path, "first", "second", "third") as servers:
        house = House(servers, tmp_path, timeout_s=300.0)
        house.first.answer = silent_until(over)
        asked = asyncio.ensure_future(house.api.fetch(RESOURCES))
        await until(lambda: house.first.received, "the request")

        house.api.stop("the house goes down")

        with pytest.raises(ClusterStopped):
            await asyncio.wait_for(asked, 30)
        with pytest.raises(ClusterStopped):
            await house.api.fetch(STATUS)
        assert house.second.connections == 0
        over.set()
        assert await house.tasks.stop(because="the test is over") == []
