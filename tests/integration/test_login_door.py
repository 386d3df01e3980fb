"""The wall and the door, spoken to over real sockets."""

import asyncio
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from db import Database
from db.maintenance import check_integrity
from db.queries.events import find_events
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
    "headers", [{}, {"host": "localhost"}, {"x-forwarded-for": "192.0.2.66"}], ids=str
)
def test_the_first_run_leads_to_the_setup_and_wants_the_code_of_the_log_from_everyone(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    house = House(tmp_path)
    house.start()
    try:
        assert httpx.get(f"{house.origin}/", headers=HTML).headers["location"] == "/setup"
        with house.browser(**headers) as visitor:
            visitor.headers["origin"] = f"http://{headers.get('host', house.origin[7:])}"
            assert "Setup code" in visitor.get("/setup").text
            for code in ("", "AAAA-BBBB-CCCC"):
                refusal = house.set_up(visitor, "mallory", code=code)
                assert refusal.status_code == 401
                assert "Wrong setup code" in refusal.text
                assert 'value="mallory"' in refusal.text
                assert "set-cookie" not in refusal.headers

            differing = house.set_up(visitor, again="another")
            assert differing.status_code == 422
            assert "differ" in differing.text
            assert house.set_up(visitor, "tony").status_code == 303
            assert visitor.get("/api/who").json() == {"user": "tony"}
            assert visitor.get("/setup").headers["location"] == "/login"
            assert house.set_up(visitor).headers["location"] == "/login"
    finally:
        house.end()


def test_an_address_that_names_the_code_has_it_filled_in(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.start()
    try:
        page = httpx.get(f"{house.origin}/setup", params={"code": '2345-<b>"'}).text
        assert 'value="2345-&lt;b&gt;&quot;"' in page
    finally:
        house.end()


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
                closing = await opened.receive(timeout=5)
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
            await own.receive(timeout=5)
            assert own.close_code == 4401
            await other.send_str("40/_nicegui_ws/,")
            assert await other.receive_str(timeout=5)
            assert other.close_code is None
        assert phone.get("/api/who").status_code == 200


async def test_a_socket_is_deaf_once_its_session_has_expired(
    house: House, owner: httpx.Client
) -> None:
    async with house.socket(token_of(owner), house.origin) as opened:
        await opened.receive_str()
        house.turn(337 * 3_600)
        await opened.send_str("3")
        await opened.receive(timeout=5)
        assert opened.close_code == 4401


async def test_a_socket_that_says_too_much_is_closed(house: House, owner: httpx.Client) -> None:
    async with house.socket(token_of(owner), house.origin) as opened:
        await opened.receive_str()
        try:
            for _ in range(3_000):
                await opened.send_str("3")
        except aiohttp.ClientConnectionError:
            pass
        while (await opened.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert opened.close_code == 1008
    assert owner.get("/api/who").status_code == 200


def test_killed_in_the_middle_of_writing_nothing_told_is_lost(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.start()
    told: list[int] = []
    with house.browser(connection="close") as browser:
        house.set_up(browser)
        for n in range(30):
            told += browser.post("/happen?n=20").json()["ids"]
            if n == 28:
                assert house.process is not None
                killer = subprocess.Popen(["kill", "-9", str(house.process.pid)])
                try:
                    while True:
                        told += browser.post("/happen?n=20").json()["ids"]
                except (httpx.TransportError, json.JSONDecodeError):
                    killer.wait()
                    break
        assert house.process is not None
        house.process.wait(10)
        house.process = None
        house.output.close()

        database = Database(tmp_path / "data", slow_query_ms=10_000)
        database.open()
        asyncio.run(check_integrity(database))
        held: set[int] = set()
        before: int | None = None
        while page := database.run_blocking(find_events, before_id=before, limit=500):
            held |= {row.id for row in page}
            before = page[-1].id
        database.close()
        assert len(told) >= 580
        assert set(told) <= held

        house.start()
        assert browser.get("/api/who").json() == {"user": "owner"}
        assert house.end() in (0, -signal.SIGTERM)
    assert not list((tmp_path / "data").glob("*-wal"))
    assert "Traceback" not in (tmp_path / "output").read_text()


def test_a_clean_end_leaves_one_file(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.start()

    began = time.monotonic()
    assert house.end() in (0, -signal.SIGTERM)

    assert time.monotonic() - began < 5
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["jarvis.db"]
