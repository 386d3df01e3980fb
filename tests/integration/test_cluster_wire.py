"""One endpoint over real TLS: whom it is believed to be, and what is never sent to a stranger."""

import asyncio
import gc
import gzip
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.cluster import session
from services.cluster.client import EndpointClient, asking, timeless
from services.cluster.config import ClusterConfig
from services.cluster.errors import (
    AnswerUnreadable,
    CertificateRefused,
    DialForbidden,
    EndpointTimedOut,
    EndpointUnreachable,
    NodeTimedOut,
    TokenRefused,
)
from tests.support.tiny_api import answered, tiny_apis
from tests.support.waiting import until

SECRET = "5ca1ab1e-dead-4bee-8bad-f00dcafe0001"


def plain(payload):
    return payload


VERSION = asking(timeless(plain), "version")


@pytest.fixture
def api(tmp_path):
    with tiny_apis(tmp_path, "pve") as (server,):
        yield server


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as threads:
        yield threads


def config_for(api, **changes):
    settings = {
        "endpoints": (api.url,),
        "token_id": "jarvis@pve!page",
        "token_secret": SecretStr(SECRET),
        "ca_file": api.cert_file,
        "timeout_s": 5.0,
        "loopback_only": True,
    }
    return ClusterConfig(**(settings | changes))


@pytest.fixture
def dial(pool):
    clients = []

    def client_for(config):
        client = EndpointClient(config.endpoints[0], config, clock=SystemClock(), pool=pool)
        clients.append(client)
        return client

    yield client_for
    for client in clients:
        client.close()


def test_a_certificate_signed_by_the_ca_file_is_believed(api, dial):
    assert dial(config_for(api)).ask(VERSION) == {"version": "9.2.3"}

    assert b"Authorization: PVEAPIToken=jarvis@pve!page=" + SECRET.encode() in api.received[0]


@pytest.mark.parametrize("named_with", ["host", "host and port"])
def test_a_pinned_certificate_is_believed_without_any_ca(api, dial, named_with):
    name = "127.0.0.1" if named_with == "host" else f"127.0.0.1:{api.port}"
    config = config_for(api, ca_file=None, pins={name: api.fingerprint})

    assert dial(config).ask(VERSION) == {"version": "9.2.3"}


@pytest.mark.parametrize(
    "trust",
    [
        pytest.param({"pins": {"127.0.0.1": "AB" * 32}}, id="another certificate is pinned"),
        pytest.param({"ca_file": None}, id="nobody known has signed it"),
    ],
)
def test_nothing_is_sent_to_an_endpoint_with_a_strange_certificate(api, dial, trust):
    client = dial(config_for(api, **trust))

    with pytest.raises(CertificateRefused) as refused:
        client.ask(VERSION)

    assert "nothing was sent" in refused.value.because
    assert api.connections == 1
    assert b"".join(api.received) == b""


def test_a_changed_certificate_tells_both_fingerprints(api, dial):
    pinned = "AB" * 32

    with pytest.raises(CertificateRefused) as refused:
        dial(config_for(api, pins={"127.0.0.1": pinned})).ask(VERSION)

    assert refused.value.pinned == pinned
    assert refused.value.shown.upper().replace(":", "") == api.fingerprint


def test_a_certificate_for_another_name_is_refused(api, dial):
    config = config_for(api, endpoints=(f"https://localhost:{api.port}",))

    with pytest.raises(CertificateRefused):
        dial(config).ask(VERSION)

    assert b"".join(api.received) == b""


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(
            answered(None, "302 Found", "Location: https://x/\r\n"), "redirect", id="redirect"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<html>404", "not JSON", id="a web page"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "no data", id="other JSON"),
    ],
)
def test_what_is_no_proxmox_answer_is_not_taken_for_one(api, dial, answer, told):
    api.answer = lambda path: answer

    with pytest.raises(AnswerUnreadable) as unreadable:
        dial(config_for(api)).ask(VERSION)

    assert told in unreadable.value.because
    assert len(api.received) == 1, "a redirect was followed"


def test_a_packed_answer_that_unpacks_without_end_is_given_up(api, dial, monkeypatch):
    monkeypatch.setattr(session, "ANSWER_BYTES_MAX", 1024 * 1024)
    packed = gzip.compress(json.dumps({"data": "x" * 20_000_000}).encode())
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    api.answer = lambda path: head.encode() + packed

    with pytest.raises(AnswerUnreadable) as unreadable:
        dial(config_for(api)).ask(VERSION)

    assert "larger than 1 MiB" in unreadable.value.because


def test_a_packed_answer_of_a_fair_size_is_read(api, dial):
    packed = gzip.compress(json.dumps({"data": ["x" * 50] * 20_000}).encode())
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    api.answer = lambda path: head.encode() + packed

    assert len(dial(config_for(api)).ask(VERSION)) == 20_000


def test_proxies_and_passwords_of_the_environment_are_not_used(api, dial, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")

    assert dial(config_for(api)).ask(VERSION) == {"version": "9.2.3"}
    assert b"PVEAPIToken=" in api.received[0]


@pytest.mark.parametrize("url", ["https://192.0.2.1:8006", "https://pve.example:8006"])
def test_no_other_machine_is_dialled_where_only_this_one_may_be(api, dial, url):
    with pytest.raises(DialForbidden):
        dial(config_for(api, endpoints=(url,))).ask(VERSION)


def test_an_idle_connection_that_was_dropped_costs_one_more_try(api, dial):
    answers = [None, answered({"version": "9.2.3"})]
    api.answer = lambda path: answers.pop(0)

    assert dial(config_for(api)).ask(VERSION) == {"version": "9.2.3"}
    assert len(api.received) == 2


def test_a_connection_that_is_always_reset_is_given_up(api, dial):
    api.answer = lambda path: None

    with pytest.raises(EndpointUnreachable):
        dial(config_for(api)).ask(VERSION)

    assert len(api.received) == 2


def test_the_reason_phrase_of_an_old_version_is_told(api, dial):
    api.answer = lambda path: answered(None, "401 invalid token value!")

    with pytest.raises(TokenRefused) as refused:
        dial(config_for(api)).ask(VERSION)

    assert refused.value.text == "invalid token value!"
    assert "PROXMOX_TOKEN_SECRET" in refused.value.remedy


@pytest.mark.parametrize(
    ("path", "kind"),
    [(("version",), EndpointTimedOut), (("nodes", "pve", "status"), NodeTimedOut)],
)
def test_a_slow_node_is_not_mistaken_for_a_slow_endpoint(api, dial, path, kind):
    with api_that_never_answers(api), pytest.raises(kind) as slow:
        dial(config_for(api, timeout_s=1.0)).ask(asking(timeless(plain), *path))

    assert slow.value.timeout_s == 1.0


class api_that_never_answers:  # noqa: N801 - it reads as a sentence
    def __init__(self, api):
        import threading

        self.over = threading.Event()
        api.answer = lambda path: self.over.wait(60) and None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.over.set()


async def test_closing_ends_a_request_that_waits(api, dial):
    client = dial(config_for(api, timeout_s=60.0))
    with api_that_never_answers(api):
        waiting = asyncio.ensure_future(client.fetch(VERSION))
        while not api.received:
            await asyncio.sleep(0.01)

        client.close()

        with pytest.raises(EndpointUnreachable):
            await asyncio.wait_for(waiting, 30)


def test_a_path_cannot_leave_the_api(api, dial):
    client = dial(config_for(api))

    with pytest.raises(ValueError, match="no path"):
        asking(timeless(plain), "nodes", "..", "access")
    client.ask(
        asking(timeless(plain), "nodes", "pve/../../../x", "tasks", "UPID:pve:0:root@pam!a:")
    )

    assert api.paths == [
        "/api2/json/nodes/pve%2F..%2F..%2F..%2Fx/tasks/UPID%3Apve%3A0%3Aroot%40pam%21a%3A"
    ]


def test_the_secret_shows_in_no_representation_and_no_log_line(api, dial, caplog):
    caplog.set_level(logging.DEBUG)
    config = config_for(api)
    client = dial(config)
    client.ask(VERSION)
    api.answer = lambda path: answered(None, "401 no")
    with pytest.raises(TokenRefused) as refused:
        client.ask(VERSION)

    shown = [repr(config), repr(client.session.auth), repr(refused.value), str(refused.value)]
    assert all(SECRET not in text for text in [*shown, caplog.text])


async def test_an_answer_that_nobody_waits_for_any_more_is_no_error(api, pool):
    asked, over = threading.Event(), threading.Event()

    def hang_up_late(path):
        asked.set()
        over.wait(60)

    api.answer = hang_up_late
    unseen = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, told: unseen.append(told))
    client = EndpointClient(api.url, config_for(api), clock=SystemClock(), pool=pool)
    leaving = asyncio.ensure_future(client.fetch(VERSION))
    await until(asked.is_set, "the question to be on its way")

    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    over.set()
    pool.shutdown()
    client.close()
    await asyncio.sleep(0)
    gc.collect()

    assert unseen == []
