"""Hosts, origins, proxies and addresses, without a server."""

from typing import Any

import pytest

from pages.cookies import read_token
from pages.origins import Origins


def scope(*, client: str = "127.0.0.1", scheme: str = "http", **headers: str) -> dict[str, Any]:
    return {
        "client": (client, 1234),
        "scheme": scheme,
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }


def origins(*public: str, proxies: tuple[str, ...] = ()) -> Origins:
    return Origins(public_origins=public, trusted_proxies=proxies)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:8080", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("192.0.2.11:8080", True),
        ("jarvis.example", True),
        ("jarvis.example:8443", True),
        ("evil.example", False),
        ("jarvis.example.evil.example", False),
        ("", False),
        ("[::1", False),
        ("127.0.0.1.evil.example", False),
    ],
)
def test_a_host_is_ours_by_name_or_by_being_an_address(host: str, known: bool) -> None:
    assert origins("https://jarvis.example").knows_host(host) is known


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://192.0.2.11:8080", True),
        ("HTTP://192.0.2.11:8080", True),
        ("https://jarvis.example", True),
        ("https://jarvis.example:443", True),
        ("http://jarvis.example", False),
        ("https://192.0.2.11:8080", False),
        ("http://192.0.2.11", False),
        ("http://192.0.2.11:8081", False),
        ("http://192.0.2.11:8080.evil.example", False),
        ("https://jarvis.example.evil.example", False),
        ("null", False),
        ("", False),
        (None, False),
        ("file://", False),
        ("http://[", False),
    ],
)
def test_an_origin_is_ours_with_scheme_host_and_port(origin: str | None, own: bool) -> None:
    ours = origins("https://jarvis.example")
    seen = ours.look(scope(client="192.0.2.4", host="192.0.2.11:8080"))

    assert ours.owns(origin, seen) is own


def test_a_request_that_says_nothing_of_its_site_may_change_nothing() -> None:
    ours = origins()
    for headers, allowed in (
        ({}, False),
        ({"origin": "null"}, False),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "same-origin", "origin": "http://evil.example"}, False),
        ({"origin": "http://localhost"}, True),
    ):
        asked = scope(host="localhost", **headers)
        assert ours.same_site(asked, ours.look(asked)) is allowed, headers


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        pytest.param("192.0.2.4", "198.51.100.9", "192.0.2.4", id="nobody trusts a stranger"),
        pytest.param("10.0.0.2", "198.51.100.9", "198.51.100.9", id="a proxy is believed"),
        pytest.param("10.0.0.2", "127.0.0.1, 198.51.100.9", "198.51.100.9", id="the last counts"),
        pytest.param("10.0.0.2", "198.51.100.9, 10.0.0.3", "198.51.100.9", id="two proxies"),
        pytest.param("10.0.0.2", "198.51.100.9, rubbish", "10.0.0.2", id="rubbish"),
        pytest.param("10.0.0.2", None, "10.0.0.2", id="a proxy that tells nothing"),
    ],
)
def test_only_trusted_proxies_tell_who_asks(
    client: str, forwarded: str | None, address: str
) -> None:
    headers = {"x_forwarded_for": forwarded} if forwarded else {}
    asked = scope(client=client, host="jarvis.example", x_forwarded_proto="https", **headers)

    seen = origins(proxies=("10.0.0.0/29",)).look(asked)

    assert seen.visitor.address == address
    assert seen.scheme == ("https" if client == "10.0.0.2" else "http")


@pytest.mark.parametrize(
    "beside",
    ['theme={"dark":true}', "a=b c; d", "=; ;;", 'x="unclosed', "naïve=ü", "[1]=2; a:b=c"],
)
def test_what_other_services_of_the_host_leave_in_its_cookies_signs_nobody_out(
    beside: str,
) -> None:
    brought = f"{beside}; jarvis_session=the-token; last=one".encode()

    found = read_token({"headers": [(b"cookie", brought)]}, "http")

    assert found == "the-token"
    assert read_token({"headers": [(b"cookie", beside.encode())]}, "http") is None
    assert read_token({"headers": []}, "http") is None
