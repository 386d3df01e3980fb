"""A change on its way: sent once, to one address, and told for what it is when no answer comes."""

import asyncio
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.cluster.change import Change, Method, parse_change_answer
from services.cluster.client import asking, timeless
from services.cluster.config import ClusterConfig
from services.cluster.endpoints import Endpoints
from services.cluster.errors import (
    CertificateRefused,
    ChangeFailed,
    ChangeUncertain,
    ClusterError,
    ClusterStopped,
    EndpointFault,
    NodeFailed,
    NodeUnreachable,
    ParameterRefused,
    PermissionMissing,
    ProxmoxUnreachable,
    RequestRefused,
    TokenRefused,
)
from services.cluster.model import GuestKind
from services.cluster.orders import guests
from services.cluster.places import GuestPlace
from services.tasks import Tasks
from tests.support.tiny_api import TinyApi, answered, tiny_apis
from tests.support.waiting import until

MEDIA = GuestPlace(vmid=104, kind=GuestKind.QEMU, node="pve", name="media")
UPID = "UPID:pve:00002AF8:00AB12CD:69208F00:qmstart:104:jarvis@pve!page:"
START = guests.start_guest(MEDIA)
OF_CLUSTER = Change(
    method=Method.DELETE,
    path=("cluster", "config", "nodes", "agent"),
    what="take agent out of the cluster",
)


class House:
    """Two addresses of one API, and the one who changes through them."""

    def __init__(self, servers: list[TinyApi], folder: Path, **settings: object) -> None:
        self.first, self.second = servers
        self.tasks = Tasks()
        ca_file = folder / "all.pem"
        ca_file.write_text("".join(server.cert_file.read_text() for server in servers))
        given = {
            "endpoints": tuple(server.url for server in servers),
            "token_id": "jarvis@pve!page",
            "token_secret": SecretStr("secret"),
            "ca_file": ca_file,
            "timeout_s": 1.0,
            "loopback_only": True,
        }
        self.api = Endpoints(
            ClusterConfig(**(given | settings)),
            clock=SystemClock(),
            tasks=self.tasks,
            chance=lambda: 0.5,
            publish=lambda event: None,
        )

    async def end(self) -> None:
        self.api.stop("the test is over")
        assert await self.tasks.stop(because="the test is over") == []


@pytest.fixture
async def house(tmp_path):
    with tiny_apis(tmp_path, "first", "second") as servers:
        house = House(servers, tmp_path)
        for server in servers:
            server.answer = lambda path: answered(UPID)
        yield house
        await house.end()


async def refused(house: House, change: Change = START) -> ClusterError:
    with pytest.raises(ClusterError) as met:
        await house.api.send(change)
    return met.value


async def test_a_change_is_sent_once_with_its_form_and_its_task_comes_back(house):
    answer = await house.api.send(guests.shut_down_guest(MEDIA, timeout_s=60))

    assert parse_change_answer(answer).upid == UPID
    (request,) = house.first.received
    assert request.startswith(b"POST /api2/json/nodes/pve/qemu/104/status/shutdown HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\nforceStop=0&timeout=60")
    assert house.second.connections == 0


async def test_what_is_deleted_is_named_in_the_address_each_part_by_itself(house):
    from services.cluster.orders.copies import delete_backup

    await house.api.send(delete_backup("pve", "backup", "backup:backup/vzdump-qemu-104.vma.zst"))

    assert house.first.received[0].startswith(
        b"DELETE /api2/json/nodes/pve/storage/backup/content/"
        b"backup%3Abackup%2Fvzdump-qemu-104.vma.zst HTTP/1.1\r\n"
    )


async def test_two_who_want_the_same_change_get_it_twice(house):
    await asyncio.gather(house.api.send(START), house.api.send(START))

    assert len(house.first.received) == 2


async def test_a_change_never_travels_on_a_connection_that_was_used(house):
    question = asking(timeless(lambda payload: payload), "version")
    await house.api.fetch(question)
    await house.api.fetch(question)
    assert house.first.connections == 1

    await house.api.send(START)
    await house.api.send(START)

    assert house.first.connections == 3
    assert all(b"Connection: close" in each for each in house.first.received[2:])


async def test_an_address_that_refuses_the_connection_leads_to_the_next(house):
    house.first.stop()

    assert await house.api.send(START) == UPID

    assert len(house.second.received) == 1


async def test_a_certificate_that_is_not_trusted_leads_to_the_next_before_anything_is_sent(
    tmp_path,
):
    with tiny_apis(tmp_path, "first", "second") as servers:
        for server in servers:
            server.answer = lambda path: answered(UPID)
        house = House(servers, tmp_path, ca_file=servers[1].cert_file)

        assert await house.api.send(START) == UPID

        assert servers[0].received in ([], [b""])
        assert len(servers[1].received) == 1
        await house.end()


async def test_with_no_address_left_it_was_sent_nowhere(house):
    house.first.stop()
    house.second.stop()

    error = await refused(house)

    assert isinstance(error, ProxmoxUnreachable)
    assert not isinstance(error, ChangeUncertain)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(lambda path: None, id="the connection is cut"),
        pytest.param(lambda path: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", id="no JSON"),
        pytest.param(lambda path: answered(None, "503 Service Unavailable"), id="503"),
        pytest.param(lambda path: answered(None, "502 Bad Gateway"), id="502"),
        pytest.param(lambda path: answered(None, "596 Broken pipe"), id="596"),
        pytest.param(lambda path: answered("x", "302 Found"), id="a redirect"),
    ],
)
async def test_a_change_that_may_have_been_taken_is_sent_to_nobody_else(house, trouble):
    house.first.answer = trouble

    error = await refused(house)

    assert isinstance(error, ChangeUncertain)
    assert "start media (104)" in error.because
    assert len(house.first.received) == 1
    assert house.second.connections == 0


async def test_a_change_without_an_answer_in_time_is_uncertain_and_not_repeated(house):
    over = threading.Event()
    house.first.answer = lambda path: over.wait(5) and answered(UPID)

    error = await refused(house)
    over.set()

    assert isinstance(error, ChangeUncertain)
    assert len(house.first.received) == 1
    assert house.second.connections == 0


@pytest.mark.parametrize(
    ("change", "answer", "kind", "told"),
    [
        pytest.param(
            START,
            answered(None, "403 Permission check failed (/vms/104, VM.PowerMgmt)"),
            PermissionMissing,
            "may not start media (104): it lacks VM.PowerMgmt on /vms/104",
            id="403",
        ),
        pytest.param(
            START, answered(None, "401 Authentication failed!"), TokenRefused, "401", id="401"
        ),
        pytest.param(
            START,
            answered(None, "500 VM is locked (backup)"),
            NodeFailed,
            "pve would not start media (104): VM is locked (backup)",
            id="500 of a node",
        ),
        pytest.param(
            OF_CLUSTER,
            answered(None, "500 cluster not ready - no quorum?"),
            ChangeFailed,
            "Proxmox would not take agent out of the cluster: cluster not ready",
            id="500 of the cluster",
        ),
        pytest.param(
            START,
            answered(None, "400 Parameter verification failed."),
            ParameterRefused,
            "Proxmox refused to start media (104)",
            id="400",
        ),
        pytest.param(
            START,
            answered(None, "595 No route to host"),
            NodeUnreachable,
            "pve cannot be reached from its cluster",
            id="595",
        ),
    ],
)
async def test_a_refusal_is_told_as_what_was_wanted_and_asked_nowhere_else(
    house, change, answer, kind, told
):
    house.first.answer = lambda path: answer

    error = await refused(house, change)

    assert type(error) is kind
    assert isinstance(error, RequestRefused)
    assert told in error.because
    assert house.second.connections == 0


async def test_a_stop_ends_a_change_that_waits_as_a_stop_and_not_as_a_cancelled_task(house):
    over = threading.Event()
    house.first.answer = lambda path: over.wait(5) and answered(UPID)
    waiting = asyncio.ensure_future(house.api.send(START))
    await until(lambda: house.first.received, "the request")

    house.api.stop("the test is over")

    with pytest.raises((ChangeUncertain, ClusterStopped)):
        await waiting
    over.set()


async def test_a_read_after_a_change_is_asked_after_it(house):
    release = threading.Event()
    house.first.answer = lambda path: release.wait(5) and answered("old")
    question = asking(timeless(lambda payload: payload), "nodes", "pve", "status")
    early = asyncio.ensure_future(house.api.fetch(question))
    await until(lambda: house.first.received, "the early question")

    house.first.answer = lambda path: answered("new")

    assert await house.api.fetch_anew(question) == "new"
    assert not early.done()
    release.set()
    await early


async def test_no_fault_of_the_address_reaches_whoever_sent_a_change_bare(house):
    """What is told is whether it was taken; a bare fault would leave that open."""
    house.first.answer = lambda path: None

    assert not isinstance(await refused(house), EndpointFault | CertificateRefused)
