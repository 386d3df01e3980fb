"""The account's page over real sockets: another password, the passkey, and whose sessions live."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from services.auth.happenings import PasswordChanged
from tests.support.gate_house import CHEAP, OWNER, PASSKEY, PASSKEY_HASH
from tests.support.paper_house import HOME, PASSWORD, PaperHouse

NEW = "four sighted voles"
MOTHS = "nine-green-moths"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PaperHouse]:
    opened = await PaperHouse(tmp_path).open()
    yield opened
    await opened.shut()


def said(page: httpx.Response) -> str:
    """What the page says came of a form."""
    found = re.findall(r'<p class="said[^"]*" role="status">(.*?)</p>', page.text)
    assert len(found) == 1, found
    return unescape(found[0])


async def change(browser: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await browser.post("/account/password", data=form)


async def set_passkey(browser: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await browser.post("/account/passkey", data=form)


async def lives(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/account")).status_code == 200


async def test_the_password_is_changed_and_other_sessions_end(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    async with await house.enter() as phone:
        page = await change(owner, present=PASSWORD, wanted=NEW, again=NEW)

        assert (page.status_code, said(page)) == (200, "It is changed; other sessions ended.")
        assert await lives(owner)
        assert not await lives(phone)
    await house.auth.sign_in("owner", NEW, HOME)
    await house.bus.drained()
    assert [event.sessions for event in house.told(PasswordChanged)] == [1]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"present": "wrong", "wanted": NEW, "again": NEW}, "The present password is wrong."),
        ({"present": PASSWORD, "wanted": NEW, "again": "other"}, "The two new ones differ"),
        ({"present": PASSWORD, "wanted": "short", "again": "short"}, "10 or more are wanted."),
        ({"present": PASSWORD, "wanted": "owner" * 3}, "The two new ones differ"),
        ({"wanted": NEW, "again": NEW}, "The present password is wrong."),
        ({}, "The present password is wrong."),
        ({"present": PASSWORD, "wanted": "x" * 300, "again": "x" * 300}, "256"),
    ],
    ids=["wrong", "differing", "weak", "once", "no present one", "empty", "endless"],
)
async def test_nothing_is_changed_and_why_not_is_told(
    house: PaperHouse, owner: httpx.AsyncClient, form: dict[str, str], says: str
) -> None:
    async with await house.enter() as phone:
        page = await change(owner, **form)

        assert page.status_code == 400
        assert says in said(page)
        assert await lives(phone)
    await house.auth.sign_in("owner", PASSWORD, HOME)


async def test_a_form_beyond_its_bounds_is_an_empty_one(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    page = await change(owner, present=PASSWORD, wanted="x" * 9_000, again="x" * 9_000)

    assert page.status_code == 400
    await house.auth.sign_in("owner", PASSWORD, HOME)


async def test_who_guesses_the_present_one_has_to_wait(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    for _ in range(4):
        page = await change(owner, present="guess", wanted=NEW, again=NEW)
    assert "Next try in 2\u00a0s" in said(page)

    page = await change(owner, present=PASSWORD, wanted=NEW, again=NEW)

    assert page.status_code == 400
    assert "Too many attempts." in said(page)
    house.clock.turn(3)
    page = await change(owner, present=PASSWORD, wanted=NEW, again=NEW)
    assert page.status_code == 200


async def test_who_came_by_a_link_sets_the_first_password(house: PaperHouse) -> None:
    async with await house.enter_by_link() as linked:
        page = await change(linked, present="", wanted=NEW, again=NEW)

        assert page.status_code == 200
    await house.auth.sign_in("owner", NEW, HOME)


async def test_no_password_comes_back_on_the_page(owner: httpx.AsyncClient) -> None:
    page = await change(owner, present="guess-4711", wanted=NEW, again=NEW)

    assert "guess-4711" not in page.text
    assert NEW not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_password_of_the_settings_is_not_changed_here(tmp_path: Path) -> None:
    house = PaperHouse(tmp_path)
    house.given_hash = CHEAP.hash(PASSWORD)
    await house.open()
    async with await house.enter(set_up=False) as browser:
        page = await change(browser, present=PASSWORD, wanted=NEW, again=NEW)

    assert page.status_code == 400
    assert "JARVIS_PASSWORD_HASH" in said(page)
    await house.shut()


async def test_a_passkey_is_set_and_then_changed_by_who_knows_it(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    assert "Set the passkey" in (await owner.get("/account")).text

    page = await set_passkey(owner, wanted=MOTHS, again=MOTHS)

    assert (page.status_code, said(page)) == (200, "The passkey is set.")
    assert "Change the passkey" in page.text
    assert MOTHS not in page.text
    wrong = await set_passkey(owner, present="guess", wanted="ten-red-moths", again="ten-red-moths")
    assert (wrong.status_code, said(wrong)) == (400, "The passkey is wrong.")
    none = await set_passkey(owner, wanted="ten-red-moths", again="ten-red-moths")
    assert none.status_code == 400
    right = await set_passkey(owner, present=MOTHS, wanted="ten-red-moths", again="ten-red-moths")
    assert right.status_code == 200
    await house.gate.open_override(SecretStr("ten-red-moths"), 5, OWNER)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"wanted": MOTHS, "again": "other"}, "The two new ones differ"),
        (
            {"wanted": "short", "again": "short"},
            "The passkey has 5 characters; 10 or more are wanted.",
        ),
        ({"wanted": "x" * 300, "again": "x" * 300}, "256"),
        ({}, ""),
    ],
    ids=["differing", "weak", "endless", "empty"],
)
async def test_an_unfit_passkey_is_refused(
    house: PaperHouse, owner: httpx.AsyncClient, form: dict[str, str], says: str
) -> None:
    page = await set_passkey(owner, **form)

    assert page.status_code == 400
    assert says in said(page)
    assert ".." not in said(page)
    assert not house.gate.has_passkey


async def test_who_guesses_the_passkey_is_told_how_long_to_wait(owner: httpx.AsyncClient) -> None:
    await set_passkey(owner, wanted=MOTHS, again=MOTHS)
    for _ in range(4):
        page = await set_passkey(
            owner, present="guess", wanted="ten-red-moths", again="ten-red-moths"
        )

    assert said(page) == "The passkey is wrong. Next try in 2\u00a0s."
    page = await set_passkey(owner, present=MOTHS, wanted="ten-red-moths", again="ten-red-moths")
    assert page.status_code == 400
    assert "Too many wrong passkeys." in said(page)


async def test_a_passkey_of_the_settings_is_not_changed_here(tmp_path: Path) -> None:
    house = await PaperHouse(tmp_path, override_hash=PASSKEY_HASH).open()
    async with await house.enter() as browser:
        shown = await browser.get("/account")
        page = await set_passkey(
            browser, present=PASSKEY.get_secret_value(), wanted=MOTHS, again=MOTHS
        )

    assert "It is set by JARVIS_OVERRIDE_HASH" in shown.text
    assert 'action="/account/passkey"' not in shown.text
    assert page.status_code == 400
    await house.shut()


async def test_the_passkey_is_nowhere_in_the_house(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    await set_passkey(owner, wanted=MOTHS, again=MOTHS)
    await set_passkey(owner, present="guess-4711", wanted=MOTHS, again=MOTHS)

    path = house.database.path
    kept = b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
    for secret in (MOTHS, "guess-4711"):
        assert secret.encode() not in kept
        assert secret not in f"{house.heard}{await house.entries()}"
    assert [row.action for row in await house.entries()][-2:] == ["passkey.set", "passkey"]


async def test_the_sessions_are_listed_and_this_one_is_marked(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    async with await house.enter():
        page = await owner.get("/account")

    rows = re.findall(r"<tr><td>(.*?)</td>.*?</tr>", page.text)
    assert rows == ["127.0.0.1", "127.0.0.1"]
    assert page.text.count("this one") == 1
    for session in house.auth.guard.of_user(1):
        assert session.key not in page.text


@pytest.mark.parametrize("path", ["/account/password", "/account/passkey"])
async def test_only_a_page_of_ours_may_send_it(
    house: PaperHouse, owner: httpx.AsyncClient, path: str
) -> None:
    foreign = await owner.post(
        path, data={"present": PASSWORD}, headers={"origin": "https://evil.test"}
    )
    async with house.browser() as stranger:
        unknown = await stranger.post(path, data={"present": PASSWORD})

    assert (foreign.status_code, unknown.status_code) == (403, 401)
    assert [row.action for row in await house.entries()] == ["set-up", "sign-in"]


async def test_where_there_is_nothing_a_page_says_so_and_leads_back(
    house: PaperHouse, owner: httpx.AsyncClient
) -> None:
    page = await owner.get("/nothing-here", headers={"accept": "text/html"})
    other = await owner.get("/nothing-here", headers={"accept": "application/json"})

    assert (page.status_code, other.status_code) == (404, 404)
    assert "There is nothing at this address." in page.text
    assert 'href="/"' in page.text
    assert "HTTPException" not in page.text
    assert other.json() == {"detail": "Not Found"}
