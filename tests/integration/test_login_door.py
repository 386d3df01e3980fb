"""The wall and the door, spoken to over real sockets."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import aiohttp
import httpx
import pytest
from fastapi import FastAPI
from nicegui import App

from pages import login
from services.auth.errors import SessionEnded
from services.auth.service import Auth
from tests.support.door import PASSWORD
from tests.support.door import DoorHouse as House

HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"), JARVIS_TRUSTED_PROXIES="127.0.0.9")
    house.start()
    yield house
    house.end()


@pytest.fixture
def house(empty_house: House) -> House:
    """The house with an owner, and with nobody locked out."""
    with empty_house.browser() as browser:
        empty_house.set_up(browser)
    empty_house.turn(7_200)
    return empty_house


@pytest.fixture
def owner(house: House) -> Iterator[httpx.Client]:
    with house.browser() as signed_in:
        assert house.sign_in(signed_in).status_code == 303
        yield signed_in


def token_of(browser: httpx.Client) -> str:
    return browser.cookies["jarvis_session"]


async def refused(house: House, token: str | None, origin: str | None) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as told:
        async with house.socket(token, origin):
            pass
    return told.value.status


@pytest.mark.parametrize(
    "path", ["/enter/a/b", "/enter/%2e%2e/%2e%2e/", "/enter/", "/enter//", "/login/x", "/setup/x"]
)
def test_no_page_is_built_for_a_stranger_who_asks_for_what_is_not_there(
    house: House, path: str
) -> None:
    with house.browser() as stranger:
        answer = stranger.get(path)

        assert answer.status_code == 401
        assert "nicegui" not in answer.text.lower()


def test_without_a_session_nothing_but_the_door_answers(house: House) -> None:
    with house.browser() as stranger:
        page = stranger.get("/", headers=HTML)
        assert (page.status_code, page.headers["location"]) == (303, "/login")
        assert stranger.get("/anything", headers=HTML).status_code == 303
        for path in ("/api/who", "/session", "/_nicegui/auto/static/x.js", "/openapi.json"):
            answer = stranger.get(path)
            assert answer.status_code == 401, path
            assert answer.json()["error"]["code"] == "session_ended"
        assert stranger.post("/happen").status_code == 401
        poll = stranger.get("/_nicegui_ws/socket.io/?EIO=4&transport=polling")
        assert poll.status_code == 401
        assert stranger.get("/healthz").status_code == 200
        assert stranger.get("/login").status_code == 200


def test_a_forged_session_is_nobody(house: House) -> None:
    with house.browser() as stranger:
        stranger.cookies.set("jarvis_session", "planted")
        assert stranger.get("/api/who").status_code == 401

        house.sign_in(stranger)

        assert "planted" not in stranger.headers.get("cookie", "")
        assert stranger.get("/login").headers["location"] == "/"


def test_signing_in_rotates_the_session(house: House, owner: httpx.Client) -> None:
    first = token_of(owner)

    assert house.sign_in(owner).status_code == 303

    second = token_of(owner)
    assert first != second
    with house.browser() as other:
        other.cookies.set("jarvis_session", first)
        assert other.get("/api/who").status_code == 401
        other.cookies.set("jarvis_session", second)
        assert other.get("/api/who").json() == {"user": "owner"}


def test_the_cookie_keeps_to_itself(house: House) -> None:
    with house.browser() as browser:
        cookie = house.sign_in(browser).headers["set-cookie"]
    assert cookie.startswith("jarvis_session=")
    for manner in ("HttpOnly", "Path=/", "SameSite=lax", "Max-Age="):
        assert manner in cookie
    assert "Secure" not in cookie


def test_under_tls_of_a_trusted_proxy_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    house = House(
        tmp_path,
        JARVIS_TRUSTED_PROXIES="127.0.0.1",
        JARVIS_PUBLIC_ORIGINS="https://jarvis.example",
    )
    house.start()
    proxied = {
        "host": "jarvis.example",
        "origin": "https://jarvis.example",
        "x-forwarded-for": "192.0.2.7",
        "x-forwarded-proto": "https",
    }
    form = {"name": "tony", "password": PASSWORD, "again": PASSWORD}
    try:
        with httpx.Client(base_url=house.origin, headers=proxied) as browser:
            form["code"] = (tmp_path / "code").read_text()
            answer = browser.post("/setup", data=form)
            assert answer.status_code == 303, answer.text
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-jarvis_session=")
            assert "Secure" in cookie
            token = cookie.split("=", 1)[1].split(";")[0]
            browser.cookies.clear()
            for name, status in (("__Host-jarvis_session", 200), ("jarvis_session", 401)):
                who = browser.get("/api/who", headers={"cookie": f"{name}={token}"})
                assert who.status_code == status, name
        with house.browser(**{"x-forwarded-proto": "http"}) as direct:
            foreign = direct.post("/login", data=form, headers={"origin": "http://jarvis.example"})
            assert foreign.status_code == 403
    finally:
        house.end()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "http://evil.example"}, id="foreign"),
        pytest.param({"origin": "null"}, id="null"),
        pytest.param({"origin": ""}, id="empty"),
        pytest.param({"origin": "http://127.0.0.1:1"}, id="another port"),
        pytest.param({"origin": "", "sec-fetch-site": "cross-site"}, id="cross-site"),
    ],
)
def test_a_form_of_another_site_is_refused(
    house: House, owner: httpx.Client, headers: dict[str, str]
) -> None:
    for path in ("/login", "/logout", "/logout-everywhere", "/happen", "/setup"):
        answer = owner.post(path, headers=headers)
        assert answer.status_code == 403, path
        assert "set-cookie" not in answer.headers
    assert owner.get("/api/who").status_code == 200


def test_a_host_that_is_not_ours_is_refused(house: House, owner: httpx.Client) -> None:
    answer = owner.get("/login", headers={"host": "rebound.example"})

    assert answer.status_code == 421
    assert "JARVIS_PUBLIC_ORIGINS" in answer.text
    assert owner.get("/login", headers={"host": f"localhost:{house.port}"}).status_code == 303


def test_the_delay_grows_and_is_told_and_the_name_stays(house: House) -> None:
    with house.browser() as guesser:
        told = []
        for _ in range(6):
            answer = guesser.post("/login", data={"name": '"><b>owner', "password": "wrong"})
            assert answer.status_code == 401
            assert 'value="&quot;&gt;&lt;b&gt;owner"' in answer.text
            assert "<b>owner" not in answer.text
            retry_s = int(answer.headers.get("retry-after", 0))
            told.append(retry_s)
            if retry_s:
                assert f"Next try in {retry_s}" in answer.text
                assert f'data-retry="{retry_s}"' in answer.text
                house.turn(retry_s)
        assert told == [0, 0, 0, 2, 4, 8]

        guesser.post("/login", data={"name": "owner", "password": "wrong"})
        locked = house.sign_in(guesser)
        assert locked.status_code == 401
        assert "Too many attempts" in locked.text
        assert "jarvis_session" not in guesser.cookies
        house.turn(20)
        again = house.sign_in(guesser)
        assert again.status_code == 303, re.findall(r"told.*?</p>", again.text)


def test_every_answer_wears_its_headers(house: House, owner: httpx.Client) -> None:
    page = owner.get("/")
    login = httpx.get(f"{house.origin}/login")

    policy = page.headers["content-security-policy"]
    for rule in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    strict = login.headers["content-security-policy"]
    assert "default-src 'none'" in strict
    assert "unsafe" not in strict
    nonces = set(re.findall(r'nonce="([^"]+)"', login.text))
    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in strict
    for answer in (page, login, owner.get("/api/who")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "no-store" in answer.headers["cache-control"]
        assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["x-request-id"])


def test_the_login_page_loads_nothing_else(house: House) -> None:
    login = httpx.get(f"{house.origin}/login")

    assert not re.findall(r'(?:src|href)="', login.text)
    assert "nicegui" not in login.text.lower()
    assert len(login.content) < 20_000
    assert login.text.count("<label for=") == login.text.count("<input")


def test_a_link_opens_once(house: House, owner: httpx.Client) -> None:
    token = owner.post("/link").json()["token"]
    with house.browser() as other:
        preview = other.get(f"/enter/{token}", headers={"sec-purpose": "prefetch"})
        assert (preview.status_code, preview.cookies.get("jarvis_session")) == (204, None)
        opened = other.get(f"/enter/{token}")
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        assert other.get("/api/who").json() == {"user": "owner"}
    with house.browser() as late:
        spent = late.get(f"/enter/{token}")
        assert spent.status_code == 410
        assert "used or has expired" in spent.text
        assert "set-cookie" not in spent.headers


async def test_a_socket_wants_a_session_and_its_own_origin(
    house: House, owner: httpx.Client
) -> None:
    token = token_of(owner)

    assert await refused(house, token, "http://evil.example") == 403
    assert await refused(house, token, None) == 403
    assert await refused(house, None, house.origin) == 403
    assert await refused(house, "forged", house.origin) == 403
    async with house.socket(token, house.origin) as opened:
        assert (await opened.receive_str()).startswith("0{")


def test_polling_wants_its_own_origin_as_well(house: House, owner: httpx.Client) -> None:
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"

    assert owner.get(path, headers={"origin": "http://evil.example"}).status_code == 403
    cross = {"origin": house.origin, "sec-fetch-site": "cross-site"}
    assert owner.get(path, headers=cross).status_code == 403
    assert owner.get(path).status_code == 200


async def test_signing_out_everywhere_closes_every_open_socket(
    house: House, owner: httpx.Client
) -> None:
    with house.browser() as phone:
        house.sign_in(phone)
        async with (
            house.socket(token_of(owner), house.origin) as one,
            house.socket(token_of(phone), house.origin) as two,
        ):
            await one.receive_str()
            await two.receive_str()

            answer = await asyncio.to_thread(owner.post, "/logout-everywhere")

            assert answer.headers["location"] == "/login"
            for opened in (one, two):
                closing = await opened.receive(timeout=30)
                assert closing.type is aiohttp.WSMsgType.CLOSE
                assert opened.close_code == 4401
        for gone in (owner, phone):
            assert gone.get("/api/who").status_code == 401


async def test_signing_out_closes_its_own_socket_and_no_other(
    house: House, owner: httpx.Client
) -> None:
    with house.browser() as phone:
        house.sign_in(phone)
        async with (
            house.socket(token_of(owner), house.origin) as own,
            house.socket(token_of(phone), house.origin) as other,
        ):
            await own.receive_str()
            await other.receive_str()
            await asyncio.to_thread(owner.post, "/logout")
            await own.receive(timeout=30)
            assert own.close_code == 4401
            await other.send_str("40/_nicegui_ws/,")
            assert await other.receive_str(timeout=30)
            assert other.close_code is None
        assert phone.get("/api/who").status_code == 200


async def test_a_socket_is_deaf_once_its_session_has_expired(
    house: House, owner: httpx.Client
) -> None:
    async with house.socket(token_of(owner), house.origin) as opened:
        await opened.receive_str()
        house.turn(337 * 3_600)
        await opened.send_str("3")
        await opened.receive(timeout=30)
        assert opened.close_code == 4401


async def test_a_socket_that_says_too_much_is_closed(house: House, owner: httpx.Client) -> None:
    async with house.socket(token_of(owner), house.origin) as opened:
        await opened.receive_str()
        try:
            for _ in range(3_000):
                await opened.send_str("3")
        except aiohttp.ClientConnectionError:
            pass
        while (await opened.receive(timeout=30)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert opened.close_code == 1008
    assert owner.get("/api/who").status_code == 200


@pytest.mark.parametrize(("before", "between"), [("", "\x1e"), ("d=", "%1E"), ("d=", "%1e")])
def test_what_is_posted_counts_by_its_events(
    house: House, owner: httpx.Client, before: str, between: str
) -> None:
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    opened = owner.get(path).text
    sid = json.loads(opened.removeprefix("0"))["sid"]
    said = before + between.join(["3"] * 16)

    answers = [owner.post(f"{path}&sid={sid}", content=said).status_code]
    while answers[-1] == 200:
        answers.append(owner.post(f"{path}&sid={sid}", content=said).status_code)

    assert answers[-1] == 429
    assert 60 <= len(answers) <= 250, "sixteen at a time, a thousand at once and a hundred a second"
    house.turn(60)
    assert owner.post(f"{path}&sid={sid}", content="3").status_code == 200


async def test_whoever_s_session_ends_on_the_way_to_a_page_is_sent_to_the_door() -> None:
    web = FastAPI()
    login.register(cast(App, web), auth=cast(Auth, None))

    @web.get("/costs")
    async def costs() -> None:
        raise SessionEnded

    inside = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=inside, base_url="http://jarvis.test") as browser:
        page = await browser.get("/costs")

    assert (page.status_code, page.headers["location"]) == (303, "/login")
