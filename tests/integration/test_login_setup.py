"""The first run, spoken to over real sockets: whoever has the code of the log becomes the owner."""

from pathlib import Path

import httpx
import pytest

from tests.support.door import DoorHouse as House

HTML = {"accept": "text/html"}


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
